//! Asking.

use serde_json::json;

use crate::support::{Place, line, spans};

#[test]
fn moments_are_printed_with_their_evidence() {
    let place = Place::filled();
    place
        .run(&["search", "Joey", "in", "the", "kitchen"])
        .ok()
        .says("0:00:04.000 – 0:00:08.000")
        .says("2 moments");
    place.run(&["search", "\"starving over\""]).ok().says("[starving over]").says("1 moment");
    let plan = json!({"all": [{"type": "DIALOGUE_SEARCH", "text": "run"}]}).to_string();
    place.run_with(&["search", "--plan", "-"], plan).ok().says("[ran]");
    let asset =
        json!({"asset_id": "one", "movie_id": "film", "frame_rate": "25/1", "start_timecode": "10:00:00:00"});
    place.run_with(&["asset", "import", "-"], asset.to_string()).ok();
    place.run(&["search", "Joey"]).ok().says("10:00:02:00 – 10:00:08:00");
}

#[test]
fn nothing_found_says_what_was_looked_for() {
    let place = Place::filled();
    let plan =
        json!({"all": [{"type": "CHARACTER_SEARCH", "label": "Nobody"}, {"label": "kitchen"}]}).to_string();
    let ran = place.run_with(&["search", "--plan", "-"], plan).ok();
    ran.says("no moments").says("nothing matches character “Nobody” (/all/0)");
    place.run(&["search", "zebra"]).ok().says("no moments");
}

#[test]
fn a_wrong_plan_names_the_field() {
    let place = Place::filled();
    let ran = place.run_with(&["search", "--plan", "-"], r#"{"all":[{"label":"x","fuzzines":1}]}"#).code(1);
    ran.warns("/all/0").warns("fuzzines");
    place.run_with(&["search", "--plan", "-"], "{").code(2).warns("-: this is no JSON");
    place.run(&["search", "--plan", "-", "words"]).code(2);
    place.run(&["search"]).code(2);
}

#[test]
fn pages_go_on_where_the_one_before_ended() {
    let place = Place::new();
    let many: Vec<String> = (0..7)
        .map(|n| {
            line(
                "one",
                "faces@3",
                "CHARACTER_SEARCH",
                f64::from(n) * 10.0,
                f64::from(n) * 10.0 + 1.0,
                json!({"label": "Joey"}),
            )
        })
        .collect();
    place.run_with(&["ingest", "--wait", "-"], many.join("\n")).ok();
    let plan = json!({"all": [{"label": "Joey"}], "rank_by": "start", "limit": 3}).to_string();
    let plan = place.file("plan.json", plan);
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    for page in 0..3 {
        let mut args = vec!["search", "--json", "--plan", plan.to_str().unwrap()];
        if let Some(cursor) = &cursor {
            args.extend(["--cursor", cursor]);
        }
        let answer = place.run(&args).ok().json();
        assert_eq!(answer["total"], 7);
        found.extend(spans(&answer));
        cursor = answer["next_cursor"].as_str().map(str::to_owned);
        assert_eq!(cursor.is_some(), page < 2);
    }
    assert_eq!(found.len(), 7);
    assert!(found.is_sorted_by(|a, b| a.1 < b.1), "{found:?}");
    place.run(&["search", "--limit", "3", "Joey"]).ok().says("7 moments, 3 shown").says("--cursor ");
}

#[test]
fn groups_are_headings() {
    let place = Place::filled();
    let plan = json!({"all": [{"label": "Joey"}], "group_by": ["asset"], "top": 1}).to_string();
    place
        .run_with(&["search", "--plan", "-"], plan)
        .ok()
        .says("asset one: 1 moment")
        .says("asset two: 1 moment");
}

#[test]
fn flags_change_the_question() {
    let place = Place::filled();
    let union = place.run(&["search", "--json", "--mode", "union", "Joey", "kitchen"]).ok().json();
    assert_eq!(spans(&union).first().unwrap().1, 2.0);
    assert_eq!(spans(&union).first().unwrap().2, 9.0);
    let exact = place.run(&["search", "--json", "--exact", "Joey", "kitchen"]).ok().json();
    assert_eq!(spans(&exact).len(), 2);
    place.run(&["search", "--explain", "Joey"]).ok().says("adds");
}

#[test]
fn suggestions_and_buckets_are_printed() {
    let place = Place::filled();
    place.run(&["suggest", "jo"]).ok().says("Joey");
    let json = place.run(&["suggest", "--json", "kit"]).ok().json();
    assert_eq!(json["suggestions"][0]["text"], "kitchen");
    place.run(&["suggest", "zzz"]).ok().says("nothing begins like that");
    let buckets = place.run(&["buckets", "one", "--json", "--from", "8", "--to", "9"]).ok().json();
    let buckets = buckets.as_array().unwrap();
    assert_eq!(buckets.len(), 2);
    assert_eq!(buckets[0]["associated_ids"]["ASSET_ID"], "one");
    // The end point counts: Joey ends at 8 s and touches the bucket of 8 s, not that of 9 s.
    assert_eq!(buckets[0]["source_annotations"].as_array().unwrap().len(), 2);
    assert_eq!(buckets[1]["source_annotations"].as_array().unwrap().len(), 1);
    place.run(&["buckets", "one"]).ok().says("Joey").says("███████·").says("I'm starving over here");
    place.run(&["buckets", "nowhere"]).code(1).warns("`nowhere`");
    place.run(&["buckets", "one", "--from", "soon"]).code(1).warns("`soon` is no time");
}
