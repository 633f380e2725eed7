//! The example mapping on the data that it was written for, where that is at hand.
//!
//! The expectation is made here by other means: files are split at tabs, JSON is read by `serde_json`, and times are
//! whole thousandths of a second put together from the digits around the point.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rushes_import::{Item, Mapping, RunMode};
use serde_json::Value;

const FLAGS: [(&str, &str); 7] = [
    ("loc_apt1_Mon_Rach", "apartment of Monica and Rachel"),
    ("loc_apt2_Chan_Joey", "apartment of Chandler and Joey"),
    ("loc_apt3_Ross", "apartment of Ross"),
    ("loc_apt4_Phoeb_Rach", "apartment of Phoebe"),
    ("loc_coffeeshop", "coffee house"),
    ("loc_outside", "outside"),
    ("loc_other", "other place"),
];

/// Model, asset, start, end, label or text, and the words as (text, start, end).
type Fact = (String, String, i64, i64, String, Vec<(String, i64, i64)>);

fn ns(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let padded = format!("{fraction:0<9}");
    assert_eq!(padded.len(), 9, "{text} has more digits than a nanosecond");
    whole.parse::<i64>().unwrap() * 1_000_000_000 + padded.parse::<i64>().unwrap()
}

/// `f64` prints the shortest digits that mean it, which are those of the file where it has few.
fn json_ns(value: &Value) -> i64 {
    ns(&value.as_f64().unwrap().to_string())
}

fn files(data: &Path, folder: &str) -> Vec<PathBuf> {
    let of_season = |season: &str| fs::read_dir(data.join(season).join(folder)).unwrap();
    let mut files: Vec<PathBuf> =
        ["s1", "s2", "s3"].into_iter().flat_map(of_season).map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn asset_of(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    let code = name.split('_').nth(1).unwrap().trim_start_matches('s').trim_start_matches('0');
    format!("friends-s0{code}")
}

fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let row = |line: &str| {
        header.iter().map(|name| name.to_string()).zip(line.split('\t').map(String::from)).collect()
    };
    lines.map(row).collect()
}

fn expected(data: &Path) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    for path in files(data, "derived-speakers") {
        for row in table(&path) {
            let label = row["character"].clone();
            facts.push((
                "speakers@1".into(),
                asset_of(&path),
                ns(&row["onset"]),
                ns(&row["offset"]),
                label,
                vec![],
            ));
        }
    }
    for path in files(data, "segments") {
        for row in table(&path) {
            for (_, label) in FLAGS.iter().filter(|(column, _)| row[*column] == "True") {
                let (start, end) = (ns(&row["onset"]), ns(&row["offset"]));
                facts.push(("locations@1".into(), asset_of(&path), start, end, label.to_string(), vec![]));
            }
        }
    }
    for path in files(data, "shots") {
        for row in table(&path) {
            let start = ns(&row["onset"]);
            let frame = row["onset_frame"].clone();
            facts.push((
                "shots@1".into(),
                asset_of(&path),
                start,
                start + ns(&row["duration"]),
                frame,
                vec![],
            ));
        }
    }
    for path in files(data, "speech2text") {
        let mut text = String::new();
        let file = fs::File::open(&path).unwrap();
        flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        for row in document["sentences"].as_array().unwrap() {
            let word = |word: &Value| {
                (word["word"].as_str().unwrap().to_owned(), json_ns(&word["start"]), json_ns(&word["end"]))
            };
            let words = row["words"].as_array().unwrap().iter().map(word).collect();
            let text = row["text"].as_str().unwrap().to_owned();
            let (start, end) = (json_ns(&row["start"]), json_ns(&row["end"]));
            facts.push(("transcript@1".into(), asset_of(&path), start, end, text, words));
        }
    }
    facts
}

fn fact(line: &str) -> Fact {
    let line: Value = serde_json::from_str(line).unwrap();
    let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let label = match line["type"].as_str().unwrap() {
        "DIALOGUE_SEARCH" => text("text"),
        "SHOT" => line["attributes"]["onset_frame"].to_string(),
        _ => text("label"),
    };
    let word = |word: &Value| {
        let ns = |key: &str| word[key].as_i64().unwrap();
        (word["text"].as_str().unwrap().to_owned(), ns("start_time_ns"), ns("end_time_ns"))
    };
    let words = line["words"].as_array().map(|words| words.iter().map(word).collect()).unwrap_or_default();
    let range = &line["time_range"];
    let ns = |key: &str| range[key].as_i64().unwrap();
    (text("model"), text("asset_id"), ns("start_time_ns"), ns("end_time_ns"), label, words)
}

#[test]
fn every_row_of_the_friends_data_becomes_its_line() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = root.join("../shared/data/friends-cneuromod");
    if !data.is_dir() {
        println!("not run: {} is not there", data.display());
        return;
    }
    let mapping = fs::read_to_string(root.join("examples/mappings/friends-cneuromod.toml")).unwrap();
    let mapping = Mapping::parse(&mapping).unwrap();
    assert!(mapping.sources_in(&data).files.iter().all(|file| file.run == Some(RunMode::Replace)));
    let (mut assets, mut got) = (Vec::new(), Vec::new());
    let mut import = mapping.import();
    let _ = import.folder(&data, &mut |item| {
        match item {
            Item::Asset(line) => assets.push(line),
            Item::Annotation(line) => got.push(fact(&line)),
            Item::Problem(problem) => panic!("{problem}"),
            Item::Note(note) => panic!("{note}"),
        }
        ControlFlow::Continue(())
    });
    let counts = import.counts();
    println!("{counts:?}");
    let expect = expected(&data);
    let of_model = |model: &str| got.iter().filter(|fact| fact.0 == model).count();
    assert_eq!(of_model("speakers@1"), 20_795);
    assert_eq!(of_model("shots@1"), 23_358);
    assert_eq!(of_model("transcript@1"), 37_343);
    assert_eq!(of_model("locations@1"), 867 + 241 + 462 + 549 + 811);
    assert_eq!(got.iter().map(|fact| fact.5.len()).sum::<usize>(), 195_887);
    assert_eq!(got.len(), expect.len());
    for (got, expect) in got.iter().zip(&expect) {
        assert_eq!(got, expect);
    }
    assert_eq!((assets.len(), counts.files, counts.assets, counts.points), (146, 584, 146, 0));
    let ids: BTreeSet<&String> = expect.iter().map(|fact| &fact.1).collect();
    assert_eq!(ids.len(), 146);
    assert_eq!(
        assets[0],
        concat!(
            r#"{"asset_id":"friends-s01e01a","movie_id":"friends","series":"Friends","season":1,"episode":1,"#,
            r#""title":"Friends, season 1, episode 1, part a","language":"en","attributes":{"half":"a"}}"#
        )
    );
}
