//! Looking after an archive.

use serde_json::json;

use crate::support::{Place, finish, line, lines, rushes};

#[test]
fn an_archive_that_is_not_there_is_not_made_by_reading() {
    let place = Place::new();
    for args in [&["status"][..], &["search", "x"], &["verify"], &["asset", "list"], &["export", "--all"]] {
        let ran = place.run(args).code(1);
        assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    }
    assert!(!place.archive().exists());
}

#[test]
fn status_verify_and_rebuild() {
    let place = Place::filled();
    let status = place.run(&["status", "--json"]).ok().json();
    assert_eq!(status["store"]["annotations"], 6);
    assert_eq!(status["catching_up"], false);
    place.run(&["status"]).ok().says("6 annotations of 2 assets").says("all of it can be searched");
    place.run(&["verify"]).ok().says("all is well");
    assert_eq!(place.run(&["verify", "--json"]).ok().json()["problem_count"], 0);
    place.run(&["rebuild"]).ok().says("rebuilt");
    place.run(&["rebuild", "--index", "--json"]).ok();
    place.run(&["rebuild", "--online"]).code(2).warns("--index");
    place.run(&["rebuild", "--index", "--online"]).code(1).warns("leave `--online` away");
    place.run(&["verify"]).ok();
    place.run(&["search", "Joey"]).ok().says("2 moments");
}

#[test]
fn export_gives_the_bytes_as_sent() {
    let place = Place::filled();
    let sent: Vec<String> = lines().lines().filter(|l| l.contains("\"one\"")).map(str::to_owned).collect();
    let mut got: Vec<String> = place.run(&["export", "one"]).ok().out.lines().map(str::to_owned).collect();
    got.sort();
    let mut sorted = sent.clone();
    sorted.sort();
    assert_eq!(got, sorted);
    assert_eq!(place.run(&["export", "--movie", "film"]).ok().out.lines().count(), 6);
    assert_eq!(place.run(&["export", "--all"]).ok().out.lines().count(), 6);
    place.run(&["export", "nowhere"]).code(1);
}

#[test]
fn a_backup_is_an_archive_again() {
    let place = Place::filled();
    place.run(&["backup", "saved"]).ok().says("holds all up to commit");
    place.run(&["backup", "saved"]).code(1);
    place.run(&["restore", "saved", "again"]).ok();
    let mut search = rushes();
    search.current_dir(place.path("")).args(["--archive", "again", "search", "Joey", "kitchen"]);
    finish(search, b"").ok().says("2 moments");
    place.run(&["restore", "nowhere", "third"]).code(1).warns("holds no backup");
}

#[test]
fn what_is_erased_is_gone_and_stays_gone() {
    let place = Place::filled();
    place.run(&["erase", "--asset", "one"]).code(2).warns("--yes");
    place.run(&["erase", "--asset", "one", "--yes"]).ok().says("erased asset `one`");
    place.run(&["search", "Joey"]).ok().says("1 moment");
    place.run(&["purge"]).ok();
    place.run(&["verify"]).ok();
    place.run(&["rebuild"]).ok();
    place.run(&["search", "starving"]).ok().says("no moments");
    place.run(&["erase", "--model", "faces@3", "--of", "two", "--yes", "--json"]).ok();
    place.run(&["search", "Joey"]).ok().says("no moments");
    place.run(&["erase", "--yes"]).code(2);
    place.run(&["erase", "--asset", "two", "--of", "two", "--yes"]).code(2);
}

#[test]
fn runs_are_seen_whole_or_not_at_all() {
    let place = Place::filled();
    let run = place.run(&["run", "open", "--asset", "one", "--model", "faces@4", "--coverage", "0-5"]).ok();
    let run = run.out.trim().to_owned();
    let new =
        place.file("n.jsonl", line("one", "faces@4", "CHARACTER_SEARCH", 1.0, 3.0, json!({"label": "Joey"})));
    place.run(&["run", "append", &run, new.to_str().unwrap()]).ok().says("1 accepted");
    let joey = json!({"all": [{"label": "Joey"}], "scope": {"assets": ["one"]}});
    assert_eq!(place.moments(&joey), [("one".into(), 2.0, 8.0)]);
    place.run(&["run", "commit", &run]).ok().says("is committed");
    assert_eq!(place.moments(&joey), [("one".into(), 1.0, 3.0)]);
    let list = place.run(&["run", "list", "--asset", "one", "--json"]).ok().json();
    assert!(
        list.as_array().unwrap().iter().any(|r| r["run"] == json!(run) && r["state"] == "committed"),
        "{list}"
    );
    place.run(&["run", "list"]).ok().says(&run);
    let other =
        place.run(&["run", "open", "--asset", "one", "--model", "faces@5"]).ok().out.trim().to_owned();
    place.run(&["run", "append", &other, "-"]).ok();
    place.run(&["run", "abort", &other]).ok();
    place.run(&["run", "commit", &other]).code(1);
    let third = place.run(&["run", "open", "--asset", "one", "--model", "faces@6", "--json"]).ok().json();
    let third = third["run"].as_str().unwrap();
    place.run(&["run", "commit", third]).ok();
    assert_eq!(place.moments(&joey), []);
    place.run(&["run", "restore", &run]).ok();
    assert_eq!(place.moments(&joey), [("one".into(), 1.0, 3.0)]);
    place.run(&["run", "archive", third]).ok();
    place.run(&["run", "keep", third]).ok();
    place.run(&["run", "open", "--asset", "one", "--model", "faces@6", "--coverage", "9-3"]).code(2);
}

#[test]
fn assets_models_and_labels_are_registered_and_listed() {
    let place = Place::filled();
    place.run(&["asset", "list"]).ok().says("one").says("film");
    assert_eq!(place.run(&["asset", "list", "--json"]).ok().json().as_array().unwrap().len(), 2);
    place.run(&["model", "list"]).ok().says("faces@3");
    place.run_with(&["model", "import", "-"], r#"{"model":"x@1","types":["SHOT"]}"#).ok();
    let ran = place.run_with(&["asset", "import", "-"], "{\"asset_id\":\"a\"}\nno\n").code(1);
    ran.warns("-:2:").says("1 asset registered, 1 refused");
    let alias = json!({"type": "CHARACTER_SEARCH", "label": "Joey", "aliases": ["Joseph"]}).to_string();
    place.run_with(&["label", "import", "-"], alias).ok();
    place.run(&["label", "list"]).ok().says("Joseph");
    place.run(&["search", "Joseph"]).ok().says("2 moments");
}

#[test]
fn configuration_is_checked() {
    let place = Place::new();
    place.run(&["config", "check"]).ok().says("limits.page").says("default");
    std::fs::create_dir_all(place.archive()).unwrap();
    std::fs::write(place.archive().join("rushes.toml"), "[limits]\npage = 7\npaeg = 3\n").unwrap();
    let ran = place.run(&["config", "check", "--json"]).code(1);
    let json = ran.json();
    let page = json["settings"].as_array().unwrap().iter().find(|s| s["key"] == "limits.page").unwrap();
    assert_eq!((&page["value"], &page["origin"]), (&json!(7), &json!("file")));
    assert!(json["problems"][0].as_str().unwrap().contains("`limits.paeg`"));
    place.run(&["search", "x"]).code(2).warns("`limits.paeg`");
    std::fs::write(place.archive().join("rushes.toml"), "page = \n").unwrap();
    place.run(&["config", "check"]).code(1).warns("rushes.toml`:1:");
    std::fs::write(place.archive().join("rushes.toml"), "").unwrap();
    let mut command = place.command(&["config", "check", "--json"]);
    command.env("RUSHES_LIMITS_PAGE", "nine");
    finish(command, b"").code(1).says("`RUSHES_LIMITS_PAGE`");
    place.run(&["--server", "http://127.0.0.1:1", "status"]).code(2).warns("not both");
    place.run(&["--config", "nowhere.toml", "status"]).code(2).warns("nowhere.toml");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::filled();
    let mut command = place.command(&["schema"]);
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
