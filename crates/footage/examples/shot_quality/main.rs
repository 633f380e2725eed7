//! How good the shot cuts are: precision and recall on drawn films, and on real ones where they are there.
//!
//!     cargo run --release -p rushes-footage --example shot_quality [-- FOLDER]
//!
//! Beside it stands ffmpeg's own `scdet` at its default threshold, on the same films.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // it prints what it measured, or cannot go on

#[path = "../../tests/it/films.rs"]
mod films;

use std::path::{Path, PathBuf};
use std::process::Command;

use films::{FPS, KINDS, LOOKED_AT, Tally, draw};
use rushes_footage::{Tools, probe, shots};

/// Films of each kind, each of so many shots.
const FILMS: u64 = 6;
const SHOTS: usize = 14;

fn main() {
    let tools = Tools::find();
    if tools.ffmpeg().is_err() || tools.ffprobe().is_err() {
        println!("FFmpeg is not installed: nothing can be measured");
        return;
    }
    let dir = std::env::temp_dir().join(format!("shot-quality-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary folder");
    println!("{:<42} {:>26}   {:>26}", "", "ours", "ffmpeg scdet (10)");
    println!("{0:<42} {1:>8} {2:>8} {3:>8}   {1:>8} {2:>8} {3:>8}", "film", "precis.", "recall", "exact");
    let mut all = (Tally::default(), Tally::default());
    let only = std::env::var("ONLY").unwrap_or_default();
    for kind in KINDS.into_iter().filter(|k| only.is_empty() || only.contains(&format!("{k:?}"))) {
        let mut both = (Tally::default(), Tally::default());
        for seed in 0..FILMS {
            let film = draw(kind, seed, SHOTS);
            let path = dir.join("film.mp4");
            assert!(film.write(&path), "ffmpeg writes the film");
            both.0.add(Tally::of(&ours(&tools, &path), &film.cuts, &film.soft));
            both.1.add(Tally::of(&scdet(&path), &film.cuts, &film.soft));
        }
        say(&format!("drawn: {kind:?}"), both);
        all.0.add(both.0);
        all.1.add(both.1);
    }
    say("drawn: all", all);
    let folder = std::env::args()
        .nth(1)
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/open-films"));
    for (name, truth) in LOOKED_AT {
        let path = folder.join(name);
        if path.is_file() {
            say(name, (Tally::of(&ours(&tools, &path), truth, &[]), Tally::of(&scdet(&path), truth, &[])));
        } else {
            println!("{name:<42} is not there: skipped");
        }
    }
    let _ = std::fs::remove_dir_all(&dir);
}

fn say(name: &str, (a, b): (Tally, Tally)) {
    let columns = |t: Tally| {
        let exact = if t.right == 0 { 1.0 } else { t.exact as f64 / t.right as f64 };
        format!("{:>8.3} {:>8.3} {:>8.3}", t.precision(), t.recall(), exact)
    };
    println!(
        "{name:<42} {}   {}   {} right, {} wrong, {} missed",
        columns(a),
        columns(b),
        a.right,
        a.wrong,
        a.missed
    );
}

fn frame(ns: i64) -> usize {
    ((ns as f64) * FPS as f64 / 1e9).round() as usize
}

fn ours(tools: &Tools, path: &Path) -> Vec<usize> {
    let media = std::fs::File::open(path).expect("the film");
    let facts = probe(tools, &media, &|| false).expect("ffprobe reads it");
    let found = shots(tools, &media, &facts, &|| false, &|_| {}).expect("ffmpeg reads it");
    if std::env::var_os("SHOW").is_some() {
        let list: Vec<String> =
            found.iter().map(|s| format!("{}:{:.2}", frame(s.start_ns), s.change)).collect();
        println!("{}", list.join(" "));
    }
    found.iter().skip(1).map(|s| frame(s.start_ns)).collect()
}

fn scdet(path: &Path) -> Vec<usize> {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostats", "-i"]).arg(path);
    let output = command.args(["-vf", "scdet", "-an", "-f", "null", "-"]).output().expect("ffmpeg runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines()
        .filter_map(|l| l.split_once("lavfi.scd.time: "))
        .filter_map(|(_, t)| t.trim().parse::<f64>().ok())
        .map(|t| (t * FPS as f64).round() as usize)
        .collect()
}
