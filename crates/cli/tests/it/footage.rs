//! A folder of footage, as a new user has it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rushes_testkit::skips::skipped;
use serde_json::{Value, json};

use crate::support::{Place, finish};

/// A clip of four seconds that cuts once, at two seconds. `false`, and counted as skipped, without ffmpeg.
fn clip(to: &Path, more: &[&str]) -> bool {
    let source = |n: u32| {
        let kind =
            if n == 0 { "testsrc=s=320x180:r=25:d=2" } else { "mandelbrot=s=320x180:r=25,trim=duration=2" };
        ["-f".to_owned(), "lavfi".to_owned(), "-i".to_owned(), kind.to_owned()]
    };
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y"])
        .args((0..2).flat_map(source))
        .args([
            "-f",
            "lavfi",
            "-i",
            "sine=d=4",
            "-filter_complex",
            "[0][1]concat=n=2[v]",
            "-map",
            "[v]",
            "-map",
            "2:a",
        ])
        .args(["-c:v", "mpeg4", "-q:v", "3", "-c:a", "aac"])
        .args(more)
        .arg(to)
        .status();
    let is_made = made.is_ok_and(|s| s.success());
    if !is_made {
        skipped("ffmpeg", "commands on media files: ffmpeg is not installed");
    }
    is_made
}

const SRT: &str =
    "1\n00:00:01,000 --> 00:00:02,500\nPass the salt\n\n2\n00:00:03,000 --> 00:00:03,800\nAye\n";

fn folder(place: &Place) -> PathBuf {
    let folder = place.path("in");
    std::fs::create_dir_all(folder.join("Season 1")).unwrap();
    folder
}

fn footage(place: &Place, args: &[&str]) -> Value {
    let mut all = vec!["ingest", "--json", "--wait"];
    all.extend(args);
    place.run(&all).ok().json()
}

fn numbers(answer: &Value) -> [u64; 5] {
    ["new", "changed", "unchanged", "dialogue", "shots"].map(|n| answer["footage"][n].as_u64().unwrap())
}

#[test]
fn a_folder_of_footage_goes_in_whole_and_only_what_changed_goes_in_again() {
    let place = Place::new();
    let folder = folder(&place);
    let episode = folder.join("Season 1/Night Ferry - S01E02 - The Fog.mov");
    if !clip(&episode, &["-timecode", "10:00:00:00"]) {
        return;
    }
    // The clock of these subtitles begins at the start timecode.
    let shifted = SRT.replace("00:00:0", "10:00:0");
    let subtitles = folder.join("Season 1/Night Ferry - S01E02 - The Fog.en.srt");
    std::fs::write(&subtitles, shifted).unwrap();
    std::fs::write(folder.join("alone.de.srt"), SRT.replace("Pass the salt", "Das Salz bitte")).unwrap();
    std::fs::write(folder.join("fake.mp4"), "#EXTM3U\nfile:///etc/passwd\n").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.join("out.mp4")).unwrap();
    let name = folder.to_str().unwrap();
    let first = footage(&place, &["--serve-media", name]);
    assert_eq!(numbers(&first), [2, 0, 0, 4, 2], "{first}");
    let skipped: Vec<&str> =
        first["footage"]["skipped"].as_array().unwrap().iter().map(|s| s["file"].as_str().unwrap()).collect();
    assert_eq!(skipped, ["out.mp4", "fake.mp4"]);
    assert_eq!(first["footage"]["without_media"], json!(["alone"]));
    let asset = place.run(&["asset", "show", "--json", "night-ferry-s01e02"]).ok().json();
    for (field, wanted) in [
        ("series", json!("Night Ferry")),
        ("season", json!(1)),
        ("episode", json!(2)),
        ("title", json!("The Fog")),
        ("movie_id", json!("night-ferry")),
        ("frame_rate", json!("25/1")),
        ("start_timecode", json!("10:00:00:00")),
    ] {
        assert_eq!(asset[field], wanted, "{asset}");
    }
    // Found where it is said, and cut where it is cut.
    let at = |plan: Value| place.moments(&plan);
    assert_eq!(at(json!({"all": [{"phrase": "pass the salt"}]})), [("night-ferry-s01e02".into(), 1.0, 2.5)]);
    let shots = at(json!({"all": [{"type": "SHOT"}], "mode": "union"}));
    assert!(!shots.is_empty(), "{shots:?}");
    // The same again: nothing to do; then one file changes.
    assert_eq!(numbers(&footage(&place, &[name])), [0, 0, 2, 0, 0]);
    std::fs::write(&subtitles, SRT.replace("salt", "sugar")).unwrap();
    assert_eq!(numbers(&footage(&place, &["--no-shots", name]))[..3], [0, 1, 1]);
    assert_eq!(at(json!({"all": [{"phrase": "pass the salt"}]})), []);
    assert_eq!(at(json!({"all": [{"phrase": "pass the sugar"}]})).len(), 1);
    let config = std::fs::read_to_string(place.archive().join("rushes.toml")).unwrap();
    assert!(config.starts_with("media_roots = ["), "{config}");
    assert!(place.run(&["config", "check"]).ok().out.contains("/in"));
    place.run(&["verify"]).ok();
}

#[test]
fn tracks_inside_of_a_file_go_in_where_no_file_beside_it_says_the_same() {
    let place = Place::new();
    let folder = folder(&place);
    let subtitles = place.file("s.srt", SRT);
    let film = folder.join("Film (2010).mkv");
    let languages = ["-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=fre"];
    // Inputs stand before outputs: the file is made in two steps.
    let plain = place.path("plain.mkv");
    if !clip(&plain, &[]) {
        return;
    }
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-i", plain.to_str().unwrap(), "-i", subtitles.to_str().unwrap()])
        .args(["-map", "0", "-map", "1:s", "-map", "1:s", "-c", "copy"])
        .args(languages)
        .arg(&film)
        .status();
    assert!(made.unwrap().success());
    std::fs::write(folder.join("Film (2010).en.srt"), SRT).unwrap();
    let answer = footage(&place, &["--no-shots", folder.to_str().unwrap()]);
    assert_eq!(numbers(&answer), [1, 0, 0, 4, 0], "{answer}");
    let models = place.run(&["model", "list", "--json"]).ok().json();
    let names: Vec<&str> = models.as_array().unwrap().iter().map(|m| m["model"].as_str().unwrap()).collect();
    assert_eq!(names, ["subtitles-en@1", "subtitles-fr@1"]);
}

#[test]
fn without_ffprobe_dialogue_goes_in_and_that_is_said_once() {
    let place = Place::new();
    let folder = folder(&place);
    for n in 1..=3 {
        std::fs::write(folder.join(format!("ep{n}.mov")), "x").unwrap();
        std::fs::write(folder.join(format!("ep{n}.srt")), SRT).unwrap();
    }
    let mut command = place.command(&["ingest", "--wait", "--fps", "25", folder.to_str().unwrap()]);
    command.env("PATH", place.path("nowhere"));
    let ran = finish(command, b"").ok().warns("install FFmpeg").says("3 new");
    assert_eq!(ran.err.matches("ffprobe").count(), 1, "{ran:?}");
    assert_eq!(place.moments(&json!({"all": [{"phrase": "pass the salt"}]})).len(), 3);
    let asset = place.run(&["asset", "show", "--json", "ep1"]).ok().json();
    assert_eq!((asset["frame_rate"].as_str(), asset["duration_ns"].as_i64()), (Some("25/1"), None));
}

#[test]
fn two_files_of_one_name_are_two_assets_and_a_moved_one_stays_the_same() {
    let place = Place::new();
    for sub in ["a", "b"] {
        std::fs::create_dir(place.path(sub)).unwrap();
        std::fs::write(place.path(sub).join("ep1.srt"), SRT).unwrap();
        if !clip(&place.path(sub).join("ep1.mov"), &[]) {
            return;
        }
        place.run(&["ingest", "--no-shots", place.path(sub).to_str().unwrap()]).ok();
    }
    let list = || {
        let assets = place.run(&["asset", "list", "--json"]).ok().json();
        let one =
            |a: &Value| (a["asset_id"].as_str().unwrap().to_owned(), a["path"].as_str().unwrap().to_owned());
        assets.as_array().unwrap().iter().map(one).collect::<Vec<_>>()
    };
    let before = list();
    assert_eq!(before.len(), 2, "{before:?}");
    assert_eq!(before[0].0, "ep1");
    assert!(before[1].0.starts_with("ep1-"));
    std::fs::rename(place.path("a"), place.path("c")).unwrap();
    place.run(&["ingest", "--no-shots", place.path("c").to_str().unwrap()]).ok();
    let after = list();
    assert_eq!((after.len(), after[0].0.as_str()), (2, "ep1"));
    assert!(after[0].1.ends_with("/c/ep1.mov"), "{after:?}");
}

#[test]
fn an_annotator_in_python_says_where_it_is_loud() {
    let place = Place::new();
    let folder = folder(&place);
    if !clip(&folder.join("ep1.mov"), &[]) {
        return;
    }
    if !Command::new("python3").arg("--version").output().is_ok_and(|o| o.status.success()) {
        skipped("python3", "the annotator in Python: python3 is not installed");
        return;
    }
    place.run(&["ingest", "--no-shots", folder.to_str().unwrap()]).ok();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/annotators/loudness.py");
    let args = ["annotate", "--model", "loudness@1", "--", "python3", script.to_str().unwrap(), "{media}"];
    place.run(&args).ok().says("ep1");
    let found = place.moments(&json!({"all": [{"type": "SOUND", "label": "quiet"}]}));
    assert_eq!((found.len(), found[0].0.as_str(), found[0].1), (1, "ep1", 0.0), "{found:?}");
    // One that fails leaves what was there.
    place
        .run(&["annotate", "--model", "loudness@1", "--", "python3", script.to_str().unwrap(), "/dev/null"])
        .code(1);
    assert_eq!(place.moments(&json!({"all": [{"type": "SOUND", "label": "quiet"}]})).len(), 1);
    place.run(&["annotate", "--model", "x@1", "--", "no-such-program"]).code(2).warns("cannot be started");
}

#[test]
fn an_annotator_is_ended_with_all_that_it_started() {
    let place = Place::filled();
    let media = place.file("one.mov", "");
    let asset = json!({"asset_id": "one", "movie_id": "film", "path": media}).to_string();
    place.run_with(&["asset", "import", "-"], asset).ok();
    let mark = place.path("started");
    // The shell's own child holds the pipe open, whatever becomes of the shell.
    let script = format!("touch '{}'; sleep 60 & wait", mark.display());
    let mut command = place.command(&["annotate", "--model", "slow@1", "--", "sh", "-c", &script]);
    let child = command.spawn().unwrap();
    let began = Instant::now();
    while !mark.exists() && began.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(began.elapsed() < Duration::from_secs(30));
    let runs = place.run(&["run", "list", "--json", "--asset", "one"]);
    assert!(!runs.out.contains("\"open\""), "{runs:?}");
}
