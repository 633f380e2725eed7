//! Taking annotations in.

use std::io::Write;

use serde_json::json;

use crate::support::{Place, line, lines};

#[test]
fn what_is_taken_in_is_found_to_the_nanosecond() {
    let place = Place::new();
    let file = place.file("a.jsonl", lines());
    let report = place.run(&["ingest", "--wait", "--json", file.to_str().unwrap()]).ok().json();
    assert_eq!(report["accepted"], 6);
    assert_eq!(report["searchable"], true);
    assert_eq!(report["assets"], 2);
    let plan = json!({"all": [{"type": "CHARACTER_SEARCH", "label": "Joey"}, {"type": "SCENE_SEARCH", "label": "kitchen"}]});
    assert_eq!(place.moments(&plan), [("one".into(), 4.0, 8.0), ("two".into(), 4.0, 8.0)]);
    let again = place.run(&["ingest", "--json", file.to_str().unwrap()]).ok().json();
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(6)));
}

#[test]
fn a_search_finds_what_an_earlier_command_did_not_wait_for() {
    let place = Place::new();
    place.run_with(&["ingest", "-"], lines()).ok().warns("searchable once");
    place.run(&["search", "Joey"]).ok().says("2 moments");
}

#[test]
fn refused_lines_are_named_by_file_and_line_and_the_others_go_in() {
    let place = Place::new();
    // Long lines, so that they go in several requests: line numbers are of the file all the same.
    let pad = "x".repeat(700 << 10);
    let mut text = String::new();
    for n in 0..30 {
        if n == 25 {
            text.push_str("\n{\"asset_id\":\"one\"}\n");
        }
        let more = json!({"label": format!("l{n}"), "attributes": {"pad": pad}});
        text.push_str(&line("one", "faces@3", "CHARACTER_SEARCH", f64::from(n), f64::from(n) + 1.0, more));
        text.push('\n');
    }
    text.push_str("no json");
    let file = place.file("long.jsonl", text);
    let name = file.to_str().unwrap();
    let ran = place.run(&["ingest", name]).code(1);
    ran.says("30 accepted, 0 there already, 2 refused")
        .warns(&format!("{name}:27:"))
        .warns(&format!("{name}:33:"));
    let json = place.run(&["ingest", "--json", name]).code(1).json();
    assert_eq!(json["errors"][0]["line"], 27);
    assert_eq!(json["errors"][1]["file"], name);
}

#[test]
fn strict_takes_all_or_nothing_and_dry_run_takes_nothing() {
    let place = Place::new();
    let bad = lines() + "{}\n";
    let report = place.run_with(&["ingest", "--strict", "--json", "-"], &bad).code(1).json();
    assert_eq!((&report["accepted"], &report["rejected"]), (&json!(0), &json!(1)));
    let report = place.run_with(&["ingest", "--dry-run", "--json", "-"], lines()).ok().json();
    assert_eq!((&report["accepted"], &report["dry_run"]), (&json!(6), &json!(true)));
    assert_eq!(place.run(&["status", "--json"]).ok().json()["store"]["annotations"], 0);
}

#[test]
fn replacing_leaves_only_the_new_of_the_same_model_and_asset() {
    let place = Place::filled();
    // In two files: what the second says of an asset does not replace what the first says of it.
    let a =
        place.file("b.jsonl", line("one", "faces@4", "CHARACTER_SEARCH", 1.0, 2.0, json!({"label": "Joey"})));
    let b =
        place.file("c.jsonl", line("one", "faces@4", "CHARACTER_SEARCH", 5.0, 6.0, json!({"label": "Joey"})));
    let (a, b) = (a.to_str().unwrap(), b.to_str().unwrap());
    let report = place.run(&["ingest", "--replace", "--wait", "--json", a, b]).ok().json();
    assert_eq!((&report["accepted"], &report["runs"]), (&json!(2), &json!(1)));
    let plan = json!({"all": [{"label": "Joey"}]});
    assert_eq!(
        place.moments(&plan),
        [("one".into(), 1.0, 2.0), ("one".into(), 5.0, 6.0), ("two".into(), 2.0, 8.0)]
    );
    // With --strict and a refused line nothing is replaced.
    let bad = line("one", "faces@5", "CHARACTER_SEARCH", 7.0, 8.0, json!({"label": "Joey"}))
        + "\n{\"asset_id\":\"one\",\"model\":\"faces@5\"}\n";
    place.run_with(&["ingest", "--replace", "--strict", "--wait", "-"], bad).code(1).warns("-:2:");
    assert_eq!(place.moments(&plan).len(), 3);
}

#[test]
fn a_dry_run_of_a_replacement_answers_what_the_replacement_would() {
    let place = Place::new();
    let named = |label: &str| {
        let more = json!({"label": label, "annotation_id": "a1"});
        line("one", "faces@3", "CHARACTER_SEARCH", 1.0, 2.0, more)
    };
    place.run_with(&["ingest", "-"], named("Joey")).ok();
    let new = place.file("new.jsonl", named("Chandler"));
    let new = new.to_str().unwrap();
    let would = place.run(&["ingest", "--replace", "--dry-run", "--json", new]).ok().json();
    assert_eq!((&would["accepted"], &would["rejected"], &would["runs"]), (&json!(1), &json!(0), &json!(0)));
    // What is there already is replaced as well: it counts as new.
    place
        .run_with(&["ingest", "--replace", "--dry-run", "-"], named("Joey"))
        .ok()
        .says("1 would be accepted");
    assert_eq!(place.moments(&json!({"all": [{"label": "Chandler"}]})), []);
    assert_eq!(place.run(&["run", "list", "--json"]).ok().json(), json!([]));
    place.run(&["ingest", "--replace", "--wait", new]).ok().says("1 accepted");
    assert_eq!(place.moments(&json!({"all": [{"label": "Chandler"}]})).len(), 1);
    // All or nothing is so in a dry run, too.
    let bad = format!("{}\n{{\"asset_id\":\"one\",\"model\":\"faces@3\"}}\n", named("Ross"));
    let strict = ["ingest", "--replace", "--strict", "--dry-run", "-"];
    place.run_with(&strict, bad).code(1).says("0 would be accepted").says("1 refused");
}

#[test]
fn a_model_in_two_spellings_is_one_run_of_the_movie_that_any_line_names() {
    let place = Place::new();
    let bare = |text: String| text.replace("\"movie_id\":\"film\",", "");
    let said =
        |model: &str, at: f64| line("one", model, "CHARACTER_SEARCH", at, at + 1.0, json!({"label": "Joey"}));
    let lines = [bare(said("faces", 1.0)), bare(said("faces@1", 3.0)), said("faces", 5.0)];
    assert!(!lines[0].contains("movie"), "{}", lines[0]);
    let report =
        place.run_with(&["ingest", "--replace", "--wait", "--json", "-"], lines.join("\n")).ok().json();
    assert_eq!((&report["accepted"], &report["runs"]), (&json!(3), &json!(1)));
    let moments = place.moments(&json!({"all": [{"label": "Joey"}]}));
    assert_eq!(moments.iter().map(|m| m.1).collect::<Vec<_>>(), [1.0, 3.0, 5.0]);
    assert_eq!(place.run(&["asset", "show", "one", "--json"]).ok().json()["movie_id"], "film");
    // Another model of the same asset may be the one that names it.
    let lines = bare(said("faces", 1.0).replace("\"one\"", "\"two\""))
        + "\n"
        + &said("other", 3.0).replace("\"one\"", "\"two\"");
    place.run_with(&["ingest", "--replace", "-"], lines).ok().says("2 accepted");
    assert_eq!(place.run(&["asset", "show", "two", "--json"]).ok().json()["movie_id"], "film");
}

#[test]
fn folders_and_gzip_are_read() {
    let place = Place::new();
    let folder = place.path("in");
    std::fs::create_dir_all(folder.join("deep")).unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(lines().as_bytes()).unwrap();
    std::fs::write(folder.join("deep/a.jsonl.gz"), gz.finish().unwrap()).unwrap();
    std::fs::write(folder.join("readme.txt"), "not taken").unwrap();
    place.run(&["ingest", "in"]).ok().says("6 accepted").says("1 file,");
}

#[test]
fn tables_go_in_by_a_mapping() {
    let place = Place::new();
    let mapping = "version = 1\n[asset]\nasset_id = \"{name}\"\nmovie_id = \"m\"\nseason = 2\n\
        [[source]]\nfiles = \"*.tsv\"\ncaptures = '(?<name>\\w+)\\.tsv'\nmodel = \"who@1\"\ntype = \"CHARACTER_SEARCH\"\n\
        label = \"{who}\"\nstart = \"{from}\"\nend = \"{to}\"\n";
    let mapping = place.file("map.toml", mapping);
    std::fs::create_dir(place.path("tables")).unwrap();
    std::fs::write(place.path("tables/ep.tsv"), "from\tto\twho\n0.1\t2.5\tAna\nlate\t3\tBob\n").unwrap();
    let ran = place.run(&["ingest", "--wait", "--mapping", mapping.to_str().unwrap(), "tables"]).code(1);
    ran.warns("ep.tsv:3:").says("1 accepted");
    assert_eq!(place.moments(&json!({"all": [{"label": "Ana"}]})), [("ep".into(), 0.1, 2.5)]);
    assert_eq!(place.run(&["asset", "show", "ep", "--json"]).ok().json()["season"], 2);
}

#[test]
fn a_file_that_is_not_there_is_one_clear_line() {
    let place = Place::new();
    let ran = place.run(&["ingest", "nowhere.jsonl"]).code(1);
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    ran.warns("`nowhere.jsonl` cannot be read");
}

#[test]
fn a_program_annotates_assets() {
    let place = Place::new();
    let media = place.file("one.mov", "");
    let asset = json!({"asset_id": "one", "movie_id": "film", "path": media}).to_string();
    place.run_with(&["asset", "import", "-"], asset).ok().says("1 asset registered");
    let says = r#"{"type":"CHARACTER_SEARCH","label":"Joey","time_range":{"start_time_ns":0,"end_time_ns":1000000000}}"#;
    place
        .run(&[
            "annotate",
            "--model",
            "faces@1",
            "--",
            "sh",
            "-c",
            &format!("test -e {{media}} && echo '{says}'"),
        ])
        .ok();
    assert_eq!(place.moments(&json!({"all": [{"label": "Joey"}]})), [("one".into(), 0.0, 1.0)]);
    let failing = format!("echo '{}'; exit 3", says.replace("Joey", "Ross"));
    place
        .run(&["annotate", "--model", "faces@1", "--", "sh", "-c", &failing])
        .code(1)
        .warns("exit status: 3");
    assert_eq!(place.moments(&json!({"all": [{"label": "Ross"}]})), []);
    assert_eq!(place.moments(&json!({"all": [{"label": "Joey"}]})).len(), 1);
}

const SUBTITLES: &str =
    "1\n00:00:01,000 --> 00:00:02,500\nPass the salt\n\n2\n00:00:03,000 --> 00:00:04,000\nAye\n";

#[test]
fn files_of_other_tools_go_in_as_they_are() {
    let place = Place::new();
    std::fs::create_dir(place.path("in")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(place.path("in").join(name), text).unwrap();
    write("ep 1.en.srt", SUBTITLES);
    write("ep 1.rttm", "SPEAKER x 1 1.0 1.5 <NA> <NA> Mara <NA> <NA>\n");
    write("notes.txt", "nothing to read here");
    let ran = place.run(&["ingest", "--wait", "in"]).ok();
    ran.says("3 accepted").says("2 files, 1 asset registered").warns("`in/notes.txt`");
    let plan = json!({"all": [{"type": "CHARACTER_SEARCH", "label": "Mara"}, {"type": "DIALOGUE_SEARCH", "phrase": "the salt"}]});
    assert_eq!(place.moments(&plan), [("ep 1".into(), 1.0, 2.5)]);
    let again = place.run(&["ingest", "--json", "in"]).ok().json();
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(3)));
}

#[test]
fn what_a_file_does_not_say_is_said_by_flags_or_by_its_asset() {
    let place = Place::new();
    let clocked = SUBTITLES.replace("00:00:0", "10:00:0");
    let file = place.file("raw.txt", &clocked);
    let flags = [
        "--asset",
        "ep1",
        "--movie",
        "ferry",
        "--language",
        "en",
        "--fps",
        "25",
        "--start-timecode",
        "10:00:00:00",
    ];
    let args: Vec<&str> =
        ["ingest", "--wait"].into_iter().chain(flags).chain([file.to_str().unwrap()]).collect();
    place.run(&args).ok().says("2 accepted").warns("begins at the start timecode `10:00:00:00`");
    let again = place.run(&[
        "ingest",
        "--json",
        "--asset",
        "ep1",
        "--language",
        "en",
        "--characters",
        file.to_str().unwrap(),
    ]);
    assert!(again.ok().json()["notes"][0].as_str().unwrap().contains("shifted back"));
    let asset = place.run(&["asset", "show", "ep1", "--json"]).ok().json();
    assert_eq!((&asset["movie_id"], &asset["frame_rate"]), (&json!("ferry"), &json!("25/1")));
    let plan = json!({"all": [{"phrase": "the salt"}]});
    assert_eq!(place.moments(&plan), [("ep1".into(), 1.0, 2.5)]);
    // Now the archive knows the rate and the timecode.
    let rows = "1,1,1,2,3,4,1,-1,-1,-1\n2,1,1,2,3,4,1,-1,-1,-1\n";
    place.run_with(&["ingest", "--wait", "--asset", "ep1", "-"], rows).ok().says("1 accepted");
    assert_eq!(place.moments(&json!({"all": [{"label": "person"}]})), [("ep1".into(), 0.0, 0.08)]);
    place.run_with(&["ingest", "--asset", "ep2", "-"], rows).code(1).warns("`--fps 25`");
    place
        .run_with(&["ingest", "--format", "drawing", "-"], rows)
        .code(2)
        .warns("`--format drawing` is not known");
    place.run_with(&["ingest", "--format", "mot", "-"], rows).code(2).warns("give `--asset`");
    place.run(&["ingest", "--offset", "soon", file.to_str().unwrap()]).code(2).warns("`--offset soon`");
}

#[test]
fn strict_takes_all_of_a_file_of_another_tool_or_nothing_of_it() {
    let place = Place::new();
    let bad = place.file("bad.srt", format!("{SUBTITLES}\n3\n00:00:09,000 --> 00:00:08,000\nBackward\n"));
    let good = place.file("good.srt", SUBTITLES);
    let (bad, good) = (bad.to_str().unwrap(), good.to_str().unwrap());
    place.run(&["ingest", "--strict", bad, good]).code(1).says("2 accepted").warns("bad.srt:10:");
    place.run(&["ingest", bad]).code(1).says("2 accepted, 0 there already, 1 refused");
    place.run(&["ingest", "--dry-run", "--asset", "new", good]).ok().says("2 would be accepted");
}

#[test]
fn catalogues_become_assets() {
    let place = Place::new();
    let file =
        place.file("c.csv", "Name,FPS,Start,Tape\nA001.mov,23.976,01:00:00:00,A001\nA002.mov,,99,\n,,,x\n");
    let ran = place.run(&["asset", "import", file.to_str().unwrap()]).code(1);
    ran.says("2 assets registered, 1 refused").warns("c.csv:4: row 3: field `asset_id`");
    let asset = place.run(&["asset", "show", "A001", "--json"]).ok().json();
    assert_eq!((&asset["reel"], &asset["frame_rate"]), (&json!("A001"), &json!("24000/1001")));
}

#[test]
fn lines_meant_as_bombs_are_named_and_the_others_go_in() {
    let place = Place::new();
    let good = line("one", "faces@3", "CHARACTER_SEARCH", 1.0, 2.0, json!({"label": "Joey"}));
    let with = |more| line("one", "faces@3", "CHARACTER_SEARCH", 1.0, 2.0, more);
    let vector = |numbers: Vec<f64>| with(json!({"embedding_vector": numbers}));
    let bombs = [
        good.replace("\"end_time_ns\":2000000000", "\"end_time_ns\":9223372036854775807"),
        with(json!({"label": "x".repeat(1 << 20)})),
        with(json!({"label": "x".repeat(20 << 10)})),
        good.replace("\"Joey\"", &format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000))),
        vector(vec![0.5; 4097]),
        vector(vec![0.0; 8]),
        good.replace("\"Joey\"", "NaN"),
    ];
    let text = format!("{}\n{good}\n", bombs.join("\n"));
    let file = place.file("bombs.jsonl", &text);
    let name = file.to_str().unwrap();
    let ran = place.run(&["ingest", "--strict", name]).code(1).says("0 accepted");
    for number in 1..=bombs.len() {
        assert!(ran.err.contains(&format!("{name}:{number}:")), "line {number}: {}", ran.err);
    }
    assert!(ran.err.len() < 10_000, "a bomb is not printed");
    place.run(&["ingest", "--wait", name]).code(1).says("1 accepted, 0 there already, 7 refused");
    place.run(&["search", "Joey"]).ok().says("1 moment");
    place.run(&["verify"]).ok();
}
