//! What must hold after every fault, once all has caught up.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{LOOSE, Ledger, take_in, takes_plan};
use super::fleet::{ANSWERING, Fleet, everybody};
use crate::torture::ledger::lock;

/// How long the stages may stand still before they have caught up, and how long an answer may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Moments of a page.
const PAGE: usize = 500;

/// Waits until all that is acknowledged is searchable; says how it stands where that does not come.
#[track_caller]
pub fn catch_up(fleet: &Fleet) -> Duration {
    let began = Instant::now();
    let mut last = String::from("no answer");
    let (mut lag, mut moved) = (Value::Null, Instant::now());
    while moved.elapsed() < PATIENCE {
        if let Some(reply) = fleet.ask(ANSWERING, "GET", "/v1/status", "application/json", b"") {
            last = String::from_utf8_lossy(&reply.body).into_owned();
            let status: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
            let behind = status["lag"].as_array().is_none_or(|lag| lag.iter().any(|l| l["behind"] != 0));
            if status["lag"] != lag {
                (lag, moved) = (status["lag"].clone(), Instant::now());
            }
            if reply.status == 200 && status["catching_up"] == false && !behind {
                return began.elapsed();
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let tails: Vec<String> = everybody().map(|m| format!("{}: {}", m.0, fleet.tail(m))).collect();
    panic!("the stages do not catch up: {last}\n{}", tails.join("\n"));
}

/// Everything acknowledged is found, once; the stages agree. How long catching up took, and the rest.
#[track_caller]
pub fn all(fleet: &Fleet, ledger: &Ledger) -> (Duration, Duration) {
    let _quiet = ledger.quiet.write().unwrap_or_else(PoisonError::into_inner);
    let caught_up = catch_up(fleet);
    let began = Instant::now();
    let report = verify(fleet);
    assert_eq!((&report["problem_count"], &report["catching_up"]), (&json!(0), &json!(false)), "{report}");
    exported(fleet, ledger);
    found(fleet, ledger);
    let committed = lock(&ledger.takes).0;
    let seen = take_in(&answer(fleet, &takes_plan())).unwrap_or(0);
    assert_eq!(seen, committed, "the take that was committed last");
    (caught_up, began.elapsed())
}

/// What a search answers, in the end: a fault that is just over may still cost a request.
#[track_caller]
fn answer(fleet: &Fleet, plan: &Value) -> Value {
    let began = Instant::now();
    loop {
        let reply =
            fleet.ask(ANSWERING, "POST", "/v1/search", "application/json", plan.to_string().as_bytes());
        match reply {
            Some(reply) if reply.status == 200 => return reply.json(),
            reply if began.elapsed() > PATIENCE => {
                let said = reply.map(|reply| String::from_utf8_lossy(&reply.body).into_owned());
                panic!("no answer to {plan}: {said:?}\n{}", fleet.tail(ANSWERING));
            }
            reply => {
                let said = reply.map(|reply| String::from_utf8_lossy(&reply.body).into_owned());
                eprintln!("    asked again: {said:?}");
                std::thread::sleep(Duration::from_millis(500));
            }
        }
    }
}

/// What `verify` says.
#[track_caller]
pub fn verify(fleet: &Fleet) -> Value {
    let reply = fleet.ask(ANSWERING, "POST", "/v1/verify", "application/json", b"null");
    let reply = reply.unwrap_or_else(|| panic!("verify breaks off\n{}", fleet.tail(ANSWERING)));
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    reply.result()
}

/// The store gives back every line that was acknowledged, and no other, to the byte.
#[track_caller]
fn exported(fleet: &Fleet, ledger: &Ledger) {
    let sent = lock(&ledger.loose);
    for asset in LOOSE {
        let path = format!("/v1/annotations?asset={asset}");
        let reply = fleet.ask(ANSWERING, "GET", &path, "application/json", b"");
        let reply = reply.unwrap_or_else(|| panic!("no lines of {asset}\n{}", fleet.tail(ANSWERING)));
        if reply.status == 404 {
            assert!(sent.iter().all(|(of, ..)| *of != asset), "{asset} is not there");
            continue;
        }
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        let text = String::from_utf8(reply.body).unwrap();
        let there: Vec<&str> = text.lines().collect();
        let is: BTreeSet<&str> = there.iter().copied().collect();
        assert_eq!(is.len(), there.len(), "{asset}: a line is there twice");
        let should: BTreeSet<&str> =
            sent.iter().filter(|(of, ..)| *of == asset).map(|(.., line)| line.as_str()).collect();
        let (lost, extra) = (should.difference(&is).count(), is.difference(&should).count());
        assert_eq!((lost, extra), (0, 0), "{asset}: lost and extra lines in the store");
    }
}

/// A search finds each of them, and no other.
#[track_caller]
fn found(fleet: &Fleet, ledger: &Ledger) {
    let mut is = BTreeSet::new();
    let mut plan = json!({"all": [{"type": "LOOSE"}], "rank_by": "start", "limit": PAGE});
    loop {
        let answer = answer(fleet, &plan);
        for moment in answer["moments"].as_array().unwrap() {
            let at = moment["start_ns"].as_u64().unwrap() / 1_000_000_000;
            let new = is.insert((moment["asset_id"].as_str().unwrap().to_owned(), at));
            assert!(new, "found twice: {moment}");
        }
        match &answer["next_cursor"] {
            Value::Null => {
                assert_eq!(answer["total"], is.len());
                break;
            }
            cursor => plan["cursor"] = cursor.clone(),
        }
    }
    let sent = lock(&ledger.loose);
    let should: BTreeSet<(String, u64)> =
        sent.iter().map(|(asset, start, _)| ((*asset).to_owned(), *start)).collect();
    assert_eq!(should.len(), sent.len());
    let (lost, extra) = (should.difference(&is).count(), is.difference(&should).count());
    assert_eq!((lost, extra), (0, 0), "lost and extra annotations in the index");
}
