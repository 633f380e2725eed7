//! Files of no known format: what is said of them, and the mapping that is offered.

use std::ops::ControlFlow;

use rushes_import::formats::{suggest, unknown};
use rushes_import::{Item, Mapping};

fn imported(name: &str, text: &str) -> Vec<String> {
    let mapping = suggest(name, text.as_bytes()).unwrap();
    let mapping = Mapping::parse(&mapping).unwrap_or_else(|error| panic!("{error}\n{mapping}"));
    let file = mapping.source_file(0, name).unwrap();
    let mut lines = Vec::new();
    let _ = mapping.import().read(&file, text.as_bytes(), &mut |item| {
        match item {
            Item::Annotation(line) => lines.push(line),
            Item::Problem(problem) => lines.push(format!("! {problem}")),
            Item::Asset(_) | Item::Note(_) => {}
        }
        ControlFlow::Continue(())
    });
    lines
}

#[test]
fn the_mapping_that_is_suggested_reads_the_file() {
    for (name, text, expect) in [
        (
            "ferry.csv",
            "from,to,what,score\n1.5,2.25,gull,0.5\n",
            r#""time_range":{"start_time_ns":1500000000,"end_time_ns":2250000000},"label":"gull","confidence_score":0.5"#,
        ),
        (
            "ferry.txt",
            "00:00:01.500;00:00:02;gull\n00:00:03;00:00:04;tern\n",
            r#""start_time_ns":1500000000,"end_time_ns":2000000000"#,
        ),
        (
            "ferry.json",
            r#"{"meta":{},"hits":[{"start_ms":1500,"duration":500,"text":"Aye"}]}"#,
            r#""text":"Aye""#,
        ),
        (
            "ferry.x",
            "{\"frame\":25,\"label\":\"gull\"}\n{\"frame\":50,\"label\":\"tern\"}\n",
            r#""start_time_ns":1000000000"#,
        ),
    ] {
        let lines = imported(name, text);
        assert!(lines[0].contains(expect) && lines[0].contains(r#""asset_id":"ferry""#), "{name}: {lines:?}");
        assert!(lines.iter().all(|line| !line.starts_with('!')), "{lines:?}");
    }
    assert_eq!(suggest("x", b"a log without columns"), suggest("x", b"a log without columns"));
    assert_eq!(suggest("x", b"word"), None);
    assert_eq!(suggest("x", b""), None);
}

#[test]
fn a_file_of_no_known_format_is_shown() {
    let why = unknown(b"from,to,what\n1,2,gull\n3,4,tern\n5,6,x\n").unwrap();
    assert!(why.contains("it begins `from,to,what`, `1,2,gull`, `3,4,tern`"), "{why}");
    assert!(why.contains("it looks like csv with the columns `from`, `to`, `what`"), "{why}");
    assert_eq!(unknown(br#"{"asset_id":"a","type":"T"}"#), None);
    assert_eq!(unknown(b""), None);
    assert_eq!(unknown(&[0xff, 0xff, 0xff, 0xff, 1]), None);
}
