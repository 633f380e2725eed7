//! The torturer's hands: each does one kind of thing to the server until it dies.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::ledger::{
    Backup, Fate, Ledger, Random, Request, SWITCH, TAKES, body, doomed_asset, doomed_lines, lock,
    loose_lines, model_of, run_of, size_of, take_lines,
};
use super::life::{Doing, Life};

/// Moments of the exchanged asset that can be seen: none of its takes has more.
const PAGE: usize = 1_000;
/// A take whose successor's successor is committed is erased every so many takes.
const ERASED_EVERY: u32 = 3;

/// What the third hand does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chore {
    Erase,
    Backup,
    Purge,
    Rebuild,
    RebuildIndex,
}

impl Chore {
    pub fn some(random: &mut Random) -> Self {
        match random.below(10) {
            0..=4 => Self::Erase,
            5..=6 => Self::Backup,
            7 => Self::Purge,
            8 => Self::Rebuild,
            _ => Self::RebuildIndex,
        }
    }
}

fn pause(random: &mut Random, most_ms: u64) {
    std::thread::sleep(Duration::from_millis(random.below(most_ms)));
}

/// Sends loose lines.
pub fn write(life: &Life, ledger: &Ledger, doing: &Doing, random: &mut Random) -> Option<()> {
    loop {
        let number = {
            let mut requests = lock(&ledger.loose);
            let number = requests.len();
            requests.push(Request { lines: loose_lines(number, random), acknowledged: false });
            number
        };
        let lines = lock(&ledger.loose)[number].lines.clone();
        let sent = body(&lines);
        let reply = doing.this("ingest", || life.lines("/v1/annotations", &sent))?.json();
        assert_eq!(reply["accepted"], lines.len(), "{reply}");
        lock(&ledger.loose)[number].acknowledged = true;
        pause(random, 15);
    }
}

/// Exchanges all that is said of an asset.
pub fn switch(life: &Life, ledger: &Ledger, doing: &Doing, random: &mut Random) -> Option<()> {
    loop {
        let take = lock(&ledger.switch).committed + 1;
        lock(&ledger.switch).trying = Some(take);
        fill(life, doing, take)?;
        doing.this("commit", || commit(life, take))?;
        {
            let mut switch = lock(&ledger.switch);
            switch.committed = take;
            switch.trying = None;
        }
        // While a reader may still stand at the old take, erasing it would show him nothing: rightly so.
        if take.is_multiple_of(ERASED_EVERY) && ledger.seen.load(Ordering::SeqCst) >= take - 1 {
            let old = take - 2;
            lock(&ledger.switch).erasing = Some(old);
            doing.this("erase a run", || erase(life, &json!({"target": "run", "run": run_of(old)})))?;
            let mut switch = lock(&ledger.switch);
            switch.erasing = None;
            switch.erased.push(old);
        }
        pause(random, 60);
    }
}

/// Opens and fills the run of a take; doing it again is harmless.
pub fn fill(life: &Life, doing: &Doing, take: u32) -> Option<()> {
    let run = run_of(take);
    doing.this("open a run", || {
        life.lines("/v1/assets", json!({"asset_id": SWITCH, "movie_id": "film"}).to_string().as_bytes())?;
        life.post("/v1/runs", &json!({"run": run, "asset_id": SWITCH, "model": model_of(take)}))
    })?;
    for part in take_lines(take).chunks(55) {
        let sent = body(part);
        let path = format!("/v1/runs/{run}/annotations");
        let reply = doing.this("append", || life.lines(&path, &sent))?.json();
        let number = |name: &str| reply[name].as_u64().unwrap();
        assert_eq!(number("accepted") + number("duplicates"), part.len() as u64, "{reply}");
    }
    Some(())
}

/// Commits the run of a take.
pub fn commit(life: &Life, take: u32) -> Option<()> {
    life.done("POST", &format!("/v1/runs/{}/commit", run_of(take)), "application/json", b"").map(drop)
}

/// Erases; what is gone already is gone.
pub fn erase(life: &Life, target: &Value) -> Option<()> {
    let reply = life.ask("POST", "/v1/erase", "application/json", target.to_string().as_bytes())?;
    assert!(matches!(reply.status, 200 | 404), "{}", String::from_utf8_lossy(&reply.body));
    Some(())
}

/// Looks all the time: the asset shows a take whole or, during a rebuild, nothing. Says how far the stages are.
pub fn watch(life: &Life, ledger: &Ledger, stages: &Doing) -> Option<()> {
    let mut floor = 0;
    loop {
        let newest = {
            let switch = lock(&ledger.switch);
            switch.trying.unwrap_or(switch.committed)
        };
        let seen = seen_take(life)?;
        // What was sent while we looked may be seen already.
        let newest = newest.max(lock(&ledger.switch).trying.unwrap_or(0));
        let rebuilding = ledger.rebuilding.load(Ordering::SeqCst);
        match seen {
            Some(seen) => {
                let take = (floor.max(1)..=newest).find(|t| t % TAKES == seen.0 && size_of(*t) == seen.1);
                assert!(
                    take.is_some() || rebuilding,
                    "saw {seen:?} after take {floor}, the newest is {newest}"
                );
                floor = take.unwrap_or(floor);
                ledger.seen.store(floor, Ordering::SeqCst);
            }
            None => assert!(floor == 0 || rebuilding, "saw nothing after take {floor}"),
        }
        let status = life.get("/v1/status")?.json();
        let behind = |name: &str| {
            let lags = status["lag"].as_array().unwrap().iter();
            lags.filter(|l| l["consumer"] == name).any(|l| l["behind"] != 0)
        };
        let stage = match (behind("fuse"), behind("index")) {
            (true, _) => Some("fuse"),
            (_, true) => Some("index"),
            _ => None,
        };
        match stage {
            // Said until the next look.
            Some(stage) => drop(stages.this(stage, || None::<()>)),
            None => drop(stages.this("", || Some(()))),
        }
    }
}

/// The take that a search finds: its milliseconds, and how many annotations; `None` where it finds nothing. More
/// than one at once is what must never be.
pub fn seen_take(life: &Life) -> Option<Option<(u32, usize)>> {
    let plan = json!({"all": [{"type": "SWITCH"}], "scope": {"assets": [SWITCH]}, "limit": PAGE});
    let answer = life.post("/v1/search", &plan)?.json();
    let starts = answer["moments"].as_array().unwrap().iter().map(|m| m["start_ns"].as_u64().unwrap());
    let takes: Vec<u32> = starts.map(|ns| (ns % 1_000_000_000 / 1_000_000) as u32).collect();
    let Some(first) = takes.first() else { return Some(None) };
    assert!(takes.iter().all(|t| t == first), "two takes at once: {takes:?}");
    assert_eq!(answer["total"], takes.len());
    assert!(matches!(takes.len(), 120 | 150), "half a take: {} annotations", takes.len());
    Some(Some((*first, takes.len())))
}

/// Erases assets made for it, backs up, purges, rebuilds.
pub fn chores(
    life: &Life,
    ledger: &Ledger,
    doing: &Doing,
    random: &mut Random,
    mut chore: Chore,
    backups: &Path,
) -> Option<()> {
    loop {
        match chore {
            Chore::Erase => {
                let number = lock(&ledger.doomed).len();
                lock(&ledger.doomed).push(Fate::Sending);
                doing.this("ingest", || life.lines("/v1/annotations", &body(&doomed_lines(number))))?;
                lock(&ledger.doomed)[number] = Fate::There;
                pause(random, 50);
                lock(&ledger.doomed)[number] = Fate::Erasing;
                let target = json!({"target": "asset", "asset_id": doomed_asset(number)});
                doing.this("erase an asset", || erase(life, &target))?;
                lock(&ledger.doomed)[number] = Fate::Erased;
            }
            Chore::Backup => {
                let holds = lock(&ledger.loose).iter().take_while(|r| r.acknowledged).count();
                let mut all = lock(&ledger.backups);
                let path = backups.join(format!("backup-{}", all.len()));
                all.push(Backup { path: path.clone(), acknowledged: false, holds });
                let number = all.len() - 1;
                drop(all);
                let reply = doing.this("backup", || life.post("/v1/backup", &json!({"to": path})))?;
                assert!(reply.result()["files"].as_u64().is_some_and(|n| n > 0));
                lock(&ledger.backups)[number].acknowledged = true;
            }
            Chore::Purge => {
                doing.this("purge", || life.post("/v1/purge", &Value::Null))?.result();
            }
            Chore::Rebuild | Chore::RebuildIndex => {
                ledger.rebuilding.store(true, Ordering::SeqCst);
                let what = if chore == Chore::Rebuild { "all" } else { "index" };
                doing.this("rebuild", || life.post("/v1/rebuild", &json!({"what": what})))?.result();
            }
        }
        pause(random, 30);
        chore = Chore::some(random);
    }
}
