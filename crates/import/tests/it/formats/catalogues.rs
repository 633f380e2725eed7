//! Catalogues.

use std::ops::ControlFlow;

use rushes_import::formats::{Item, catalogue, is_catalogue};
use serde_json::{Value, json};

fn read(text: &str) -> (Vec<Value>, Vec<String>) {
    let (mut assets, mut told) = (Vec::new(), Vec::new());
    let counts = catalogue("c.csv", text.as_bytes(), &mut |item| {
        match item {
            Item::Asset(line) => assets.push(serde_json::from_str(&line).unwrap()),
            Item::Annotation(line) => panic!("{line}"),
            Item::Problem(problem) => told.push(problem.to_string()),
            Item::Note(note) => told.push(note.to_string()),
        }
        ControlFlow::Continue(())
    });
    assert_eq!(counts.assets, assets.len() as u64);
    (assets, told)
}

#[test]
fn csv_columns_are_known_by_what_people_call_them() {
    let text = "\u{feff}Asset ID,Movie,Season,Ep,Title,FPS,Start TC,Tape,Circled,Duration,File Name,Weather\n\
        a1,film,1,02,\"One, two\",23.976,01:00:00:00,A001,yes,00:00:01:00,/m/a1.mov,fog\n\
        a2,,,,,25.00,,,,90.5,,\na3,,one,,,,,,,,,\n,,,,,,,,,,,\na1,,,,,,,,maybe,,,\n";
    let (assets, told) = read(text);
    assert_eq!(
        assets,
        [
            json!({"asset_id":"a1","movie_id":"film","season":1,"episode":2,"title":"One, two","start_timecode":"01:00:00:00",
                "reel":"A001","frame_rate":"24000/1001","path":"/m/a1.mov","circled":true,"duration_ns":1_001_000_000,
                "attributes":{"Weather":"fog"}}),
            json!({"asset_id":"a2","frame_rate":"25/1","duration_ns":90_500_000_000_i64}),
        ]
    );
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("c.csv:4: row 3: field `season`: `one` is not a whole number"), "{told:?}");
    assert!(told[1].contains("c.csv:6: row 4: field `circled`: `maybe`"), "{told:?}");
}

#[test]
fn avid_logs_are_read_with_their_headings() {
    let text = "Heading\r\nFIELD_DELIM\tTABS\r\nVIDEO_FORMAT\t1080\r\nFPS\t29.97\r\n\r\nColumn\r\nName\tTracks\tStart\tEnd\tTape\tScene\r\n\r\nData\r\n\
        A001C001.mov\tV\t01:00:00;00\t01:00:10;00\tA001\t12\r\nA001C002.mov\tV\t01:00:10;00\t01:00:12;00\tA001\t12\r\n";
    let (assets, told) = read(text);
    assert_eq!(told, [""; 0]);
    assert_eq!(
        assets[0],
        json!({"asset_id":"A001C001","title":"A001C001.mov","start_timecode":"01:00:00;00","reel":"A001","scene":"12",
            "frame_rate":"30000/1001","duration_ns":10_010_000_000_i64,"attributes":{"Tracks":"V"}})
    );
    assert_eq!(assets.len(), 2);
    let (assets, told) = read("Heading\nFPS\t25\n");
    assert!(assets.is_empty() && told[0].contains("no `Column`"), "{told:?}");
}

#[test]
fn tables_that_name_no_assets_are_refused() {
    for text in ["", "a,b\n1,2\n"] {
        let (assets, told) = read(text);
        assert!(assets.is_empty());
        assert_eq!(told.len(), 1, "{told:?}");
    }
    let (assets, told) = read("id;title\nx;y\nx;z\n\"open;\n");
    assert_eq!(assets.len(), 3, "{assets:?}");
    assert!(told[0].contains("name an asset again"), "{told:?}");
    assert!(
        is_catalogue("a.ALE", b"") && is_catalogue("x", b"Heading\r\n") && !is_catalogue("a.jsonl", b"{")
    );
}
