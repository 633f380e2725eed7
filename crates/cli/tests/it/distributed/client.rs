//! Clients of the fleet: they write all the time, send again what was not acknowledged, and remember what was; one reads
//! all the time, and must never see half of what was exchanged.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fleet::{ANSWERING, Fleet, TAKING};
use crate::support::line;
use crate::torture::http::Reply;
use crate::torture::ledger::{Random, body, lock};

/// How long a client sends a request again before it gives up.
const PATIENCE: Duration = Duration::from_secs(120);
/// Pause between two attempts.
const AGAIN: Duration = Duration::from_millis(250);
/// Assets that take loose lines.
pub const LOOSE: [&str; 6] = ["loose-0", "loose-1", "loose-2", "loose-3", "loose-4", "loose-5"];
/// The asset whose annotations are exchanged again and again.
pub const SWITCH: &str = "switch";
const LINES: &str = "application/x-ndjson";
const JSON: &str = "application/json";

/// What was sent and acknowledged, and what was seen.
#[derive(Default)]
pub struct Ledger {
    /// Loose lines: their asset, the start of each in seconds, their text.
    pub loose: Mutex<Vec<(&'static str, u64, String)>>,
    /// The take whose commit was acknowledged last, and the one that is under way.
    pub takes: Mutex<(u32, u32)>,
    /// Places of loose lines that are given out.
    pub places: AtomicU64,
    /// Requests that were acknowledged; those that had to be sent again; lines that were there already then.
    pub acknowledged: AtomicU64,
    pub again: AtomicU64,
    pub there_already: AtomicU64,
    /// Searches that were answered, and that were not.
    pub answered: AtomicU64,
    pub unanswered: AtomicU64,
    /// How requests were answered while something failed: by status, 0 for a connection that broke off. The second: those that did
    /// not say when to ask again.
    pub refused: Mutex<BTreeMap<(u16, bool), u64>>,
    /// Requests that are on their way.
    pub sending: AtomicU64,
    pub searching: AtomicU64,
    /// Writers hold it for reading while they do one thing; who looks at all of it, for writing.
    pub quiet: RwLock<()>,
    pub stop: AtomicBool,
}

impl Ledger {
    /// Notes an answer other than 200.
    fn note(&self, reply: Option<&Reply>) {
        let key = reply.map_or((0, true), |reply| (reply.status, reply.says_when));
        if key.0 != 200 {
            *lock(&self.refused).entry(key).or_default() += 1;
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}

/// How many annotations a take has.
pub const fn size_of(take: u32) -> usize {
    if take.is_multiple_of(2) { 30 } else { 40 }
}

/// Sends a request until it is acknowledged, to whichever process takes annotations.
#[track_caller]
fn deliver(fleet: &Fleet, ledger: &Ledger, path: &str, kind: &str, body: &[u8]) -> Reply {
    let until = Instant::now() + PATIENCE;
    let first = ledger.acknowledged.load(Ordering::SeqCst) as usize;
    let mut last = None;
    for attempt in 0.. {
        let member = TAKING[(first + attempt) % TAKING.len()];
        ledger.sending.fetch_add(1, Ordering::SeqCst);
        let reply = fleet.ask(member, "POST", path, kind, body);
        ledger.sending.fetch_sub(1, Ordering::SeqCst);
        ledger.note(reply.as_ref());
        match reply {
            Some(reply) if reply.status == 200 => {
                ledger.acknowledged.fetch_add(1, Ordering::SeqCst);
                ledger.again.fetch_add(u64::from(attempt > 0), Ordering::SeqCst);
                return reply;
            }
            Some(reply) => {
                let text = String::from_utf8_lossy(&reply.body).into_owned();
                let may_mend = reply.status >= 500 || matches!(reply.status, 409 | 429);
                assert!(may_mend, "POST {path} to {}: {} {text}", member.0, reply.status);
                last = Some(text);
            }
            None => {}
        }
        assert!(Instant::now() < until && !ledger.stopped(), "POST {path} is never taken: {last:?}");
        std::thread::sleep(AGAIN);
    }
    unreachable!("attempts do not end")
}

/// Both of a reply's numbers: lines that are new, and lines that were there.
#[track_caller]
fn taken(ledger: &Ledger, reply: &Reply, lines: usize) {
    let reply = reply.json();
    let number = |name: &str| reply[name].as_u64().unwrap();
    assert_eq!(number("accepted") + number("duplicates"), lines as u64, "{reply}");
    ledger.there_already.fetch_add(number("duplicates"), Ordering::SeqCst);
}

/// Loose lines that were never sent before: each has a place of its own in its asset, which tells it.
pub fn loose_lines(number: usize, count: usize, from: usize) -> Vec<(&'static str, u64, String)> {
    (0..count)
        .map(|n| {
            let asset = LOOSE[(number + n % 3) % LOOSE.len()];
            let start = 2 * (from + n) as u64;
            let mut more =
                json!({"label": format!("loose {number}"), "annotation_id": format!("{number}-{n}")});
            if n % 5 == 0 {
                let part = |k: u64| ((start * 31 + k * 17) % 100) as f64 / 50.0 - 0.99;
                more["embedding_vector"] = json!([part(1), part(2), part(3), part(4)]);
            }
            (asset, start, line(asset, "loose@1", "LOOSE", start as f64, start as f64 + 1.0, more))
        })
        .collect()
}

/// Sends loose lines, all of them in one request.
pub fn send_loose(fleet: &Fleet, ledger: &Ledger, number: usize, count: usize) {
    let from = ledger.places.fetch_add(count as u64, Ordering::SeqCst) as usize;
    let lines = loose_lines(number, count, from);
    let sent = body(&lines.iter().map(|(.., line)| line.clone()).collect::<Vec<_>>());
    let reply = deliver(fleet, ledger, "/v1/annotations", LINES, &sent);
    taken(ledger, &reply, count);
    lock(&ledger.loose).extend(lines);
}

/// Writes loose lines until it is stopped.
pub fn write(fleet: &Fleet, ledger: &Ledger, random: &mut Random) {
    for number in 0.. {
        if ledger.stopped() {
            return;
        }
        let one = ledger.quiet.read().unwrap_or_else(PoisonError::into_inner);
        send_loose(fleet, ledger, number, 3 + random.below(12) as usize);
        drop(one);
        std::thread::sleep(Duration::from_millis(100 + random.below(300)));
    }
}

/// Exchanges all that is said of an asset until it is stopped.
pub fn switch(fleet: &Fleet, ledger: &Ledger, random: &mut Random) {
    let asset = json!({"asset_id": SWITCH, "movie_id": "film"}).to_string();
    for take in 1.. {
        if ledger.stopped() {
            return;
        }
        let one = ledger.quiet.read().unwrap_or_else(PoisonError::into_inner);
        lock(&ledger.takes).1 = take;
        let (run, model) = (format!("take-{take}"), format!("cut@{}", take % 3));
        deliver(fleet, ledger, "/v1/assets", LINES, asset.as_bytes());
        let open = json!({"run": run, "asset_id": SWITCH, "model": model}).to_string();
        deliver(fleet, ledger, "/v1/runs", JSON, open.as_bytes());
        let say = |n: usize| {
            let start = 2.0 * n as f64 + f64::from(take) / 1000.0;
            line(SWITCH, &model, "SWITCH", start, start + 1.0, json!({"label": run}))
        };
        let lines: Vec<String> = (0..size_of(take)).map(say).collect();
        for part in lines.chunks(25) {
            let reply = deliver(fleet, ledger, &format!("/v1/runs/{run}/annotations"), LINES, &body(part));
            taken(ledger, &reply, part.len());
        }
        deliver(fleet, ledger, &format!("/v1/runs/{run}/commit"), JSON, b"");
        lock(&ledger.takes).0 = take;
        drop(one);
        std::thread::sleep(Duration::from_millis(300 + random.below(700)));
    }
}

/// What a search finds; `None` where it is not answered.
fn search(fleet: &Fleet, ledger: &Ledger, plan: &Value) -> Option<Value> {
    ledger.searching.fetch_add(1, Ordering::SeqCst);
    let reply = fleet.ask(ANSWERING, "POST", "/v1/search", JSON, plan.to_string().as_bytes());
    ledger.searching.fetch_sub(1, Ordering::SeqCst);
    ledger.note(reply.as_ref());
    let reply = reply?;
    let text = String::from_utf8_lossy(&reply.body);
    assert!(reply.status == 200 || reply.status >= 500 || reply.status == 429, "{} {text}", reply.status);
    (reply.status == 200).then(|| reply.json())
}

/// The take that a search finds, whole; `None` where it finds nothing.
pub fn take_in(answer: &Value) -> Option<u32> {
    let starts = answer["moments"].as_array().unwrap().iter().map(|m| m["start_ns"].as_u64().unwrap());
    let takes: Vec<u32> = starts.map(|ns| (ns % 1_000_000_000 / 1_000_000) as u32).collect();
    let first = *takes.first()?;
    assert!(takes.iter().all(|take| *take == first), "two takes at once: {takes:?}");
    assert_eq!(answer["total"], takes.len(), "{answer}");
    assert_eq!(takes.len(), size_of(first), "not the whole of take {first}");
    Some(first)
}

/// What asks for the exchanged annotations.
pub fn takes_plan() -> Value {
    json!({"all": [{"type": "SWITCH"}], "scope": {"assets": [SWITCH]}, "limit": 100})
}

/// Looks at the asset until it is stopped: it sees one take, whole, and never an earlier one than before.
pub fn watch(fleet: &Fleet, ledger: &Ledger) {
    let mut newest_seen = 0;
    while !ledger.stopped() {
        std::thread::sleep(Duration::from_millis(40));
        let Some(answer) = search(fleet, ledger, &takes_plan()) else {
            ledger.unanswered.fetch_add(1, Ordering::SeqCst);
            continue;
        };
        ledger.answered.fetch_add(1, Ordering::SeqCst);
        let sent = lock(&ledger.takes).1;
        let seen = take_in(&answer).unwrap_or(0);
        assert!(
            (newest_seen..=sent).contains(&seen),
            "saw take {seen} after {newest_seen}; {sent} were sent"
        );
        newest_seen = seen;
    }
}
