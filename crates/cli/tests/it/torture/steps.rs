//! Taking over a damaged store, killed at each call to the system that changes files: whatever it left, it ends when it is done again,
//! and nothing that was there is lost. `strace` kills it.
//!
//! The short form takes a few of the calls; `cargo xtask torture --steps` takes all.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use rushes_testkit::random::{Random, seed_from};
use rushes_testkit::skips::skipped;
use serde_json::json;

use super::commands::ends;
use super::number;
use crate::doctor::{harm, two_lamps};
use crate::support::Place;

/// Calls that change files, or make a change last.
const CALLS: [&str; 9] =
    ["rename", "unlink", "unlinkat", "linkat", "mkdir", "ftruncate", "fsync", "fdatasync", "write"];
/// Each of the calls of the short form is made at least so often.
const SHORT: usize = 4;
/// The signal that cannot be caught.
const SIGKILL: i32 = 9;

/// `rushes doctor --take-over`, killed as it makes a call for the n-th time in one of its threads; `false` where it came to its end.
fn killed_at(place: &Place, call: &str, nth: usize) -> bool {
    let mut words = Command::new("strace");
    words.args(["-f", "-o", "/dev/null", "-e"]).arg(format!("trace={call}"));
    words.arg("-e").arg(format!("inject={call}:signal=SIGKILL:when={nth}"));
    let ours = place.command(&["doctor", "--take-over"]);
    words.arg(ours.get_program()).args(ours.get_args());
    let status = words.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    status.signal() == Some(SIGKILL)
}

/// Takes over what is left of a place that was killed, and looks whether all is as if it had not been. `last` was the last commit
/// that was acknowledged.
fn goes_on(place: &Place, last: u64, said: &str) {
    ends(place.command(&["doctor", "--take-over"])).ok();
    let lamps = || place.moments(&json!({"all": [{"label": "lamp"}]})).len();
    place.run(&["ingest", "--wait", "first.jsonl"]).ok();
    assert_eq!(lamps(), 1, "{said}: what was whole is lost");
    place.run(&["ingest", "--wait", "second.jsonl"]).ok();
    assert_eq!(lamps(), 2, "{said}");
    place.run(&["verify"]).ok().says("all is well");
    let status = place.run(&["status", "--json"]).ok().json();
    assert_eq!(status["last_commit"], status["read_point"], "{said}: {status}");
    assert!(status["last_commit"].as_u64().unwrap() > last, "{said}: numbers were given again: {status}");
}

fn can_trace() -> bool {
    let mut strace = Command::new("strace");
    strace.args(["-o", "/dev/null", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
    strace.status().is_ok_and(|status| status.success())
}

#[test]
fn taking_over_that_is_killed_at_any_step_ends_when_it_is_done_again() {
    if !can_trace() {
        skipped("strace", "kills at each call of taking over a damaged store: `strace` cannot trace here");
        return;
    }
    let seed = seed_from("TORTURE_SEED");
    let original = two_lamps();
    let last = original.run(&["status", "--json"]).ok().json()["last_commit"].as_u64().unwrap();
    harm(&original);
    let one = |call: &str, nth: usize| {
        let place = original.copy();
        let is_killed = killed_at(&place, call, nth);
        if is_killed {
            goes_on(&place, last, &format!("seed {seed}, killed at `{call}` {nth}"));
        }
        is_killed
    };
    if number("TORTURE_STEPS").is_none() {
        let mut random = Random::new(seed);
        for call in ["rename", "fsync", "unlinkat"] {
            assert!(one(call, 1 + random.below(SHORT)), "it does not call `{call}` so often");
        }
        return;
    }
    for call in CALLS {
        let kills = (1..).take_while(|nth| one(call, *nth)).count();
        assert!(kills > 0, "it never calls `{call}`");
        eprintln!("killed at each of {kills} calls of `{call}`, and taken over again");
    }
}
