//! Damage to any file of an archive: the answers are the same, or what is wrong is mended and said, or it is refused and named.
//! Never another answer that looks right, never a panic.
//!
//! The short form tries every file with every kind of damage once, at a place that the seed gives; `cargo xtask torture --damage`
//! tries as many as it is told.

mod harms;
mod healing;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rushes_archive::{Archive, Caller, NoProgress, OpenOptions, SearchRequest};
use rushes_plan::Plan;
use rushes_testkit::random::{Random, seed_from};
use rushes_types::{AssetId, ErrorKind};
use serde_json::json;
use tempfile::TempDir;

use self::harms::{HARMS, Harm};
use crate::files::{copy, files};
use crate::flow::{Open, line};

/// How long what is rebuilt may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of a damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Nothing is missing, in any answer.
    Same,
    /// It does not open, and says which part is damaged.
    Refused,
    /// It opens, and verifying or a search names what is wrong.
    Named,
    /// Something else: the reason.
    Wrong,
}

/// An archive with a bit of everything, closed, and what it answers.
struct Base {
    dir: TempDir,
    /// An earlier state of the same archive.
    earlier: TempDir,
    answers: Vec<String>,
    exported: BTreeMap<String, Vec<u8>>,
}

fn plans() -> Vec<Plan> {
    [
        json!({"all": [{"type": "CHARACTER_SEARCH", "label": "joey"}], "limit": 100}),
        json!({"all": [{"type": "DIALOGUE_SEARCH", "text": "kitchen"}], "limit": 100}),
        json!({"all": [{"label": "joey"}, {"type": "SCENE_SEARCH", "vector": {"values": [0.9, 0.1, 0.2, 0.1], "k": 5}}], "limit": 100}),
        json!({"any": [{"label": "joey"}, {"label": "chandler"}], "rank_by": "start", "limit": 100}),
    ]
    .into_iter()
    .map(|plan| Plan::parse(&plan.to_string()).unwrap())
    .collect()
}

fn lines(from: i64) -> String {
    let mut all = String::new();
    for n in from..from + 12 {
        let asset = format!("e{}", n % 4);
        all += &line(
            &asset,
            "faces@1",
            "CHARACTER_SEARCH",
            if n % 3 == 0 { "Chandler" } else { "Joey" },
            n * 3,
            n * 3 + 2,
        );
        all += &(json!({
            "movie_id": "show", "asset_id": asset, "model": "asr@1", "type": "DIALOGUE_SEARCH",
            "text": format!("in the kitchen, take {n}"),
            "time_range": {"start_time_ns": n * 2_000_000_000, "end_time_ns": n * 2_000_000_000 + 1_500_000_000},
        })
        .to_string()
            + "\n");
        let part = |k: i64| ((n * 7 + k * 3) % 10) as f64 / 10.0 + 0.05;
        all += &(json!({
            "movie_id": "show", "asset_id": asset, "model": "clip@1", "type": "SCENE_SEARCH",
            "embedding_vector": [part(1), part(2), part(3), part(4)],
            "time_range": {"start_time_ns": n * 1_000_000_000, "end_time_ns": (n + 1) * 1_000_000_000},
        })
        .to_string()
            + "\n");
    }
    all
}

impl Base {
    fn new() -> Self {
        let open = Open::new();
        open.ingest(&lines(0));
        open.archive.engines().store.purge().unwrap();
        open.archive.engines().timeline.purge().unwrap();
        open.catch_up();
        let earlier = place();
        open.archive.close();
        let (caller, dir) = (open.caller, open.dir);
        let path = open.archive.dir().to_owned();
        drop(open.archive);
        copy(&path, earlier.path());
        let archive = Archive::open(&path, OpenOptions::default()).unwrap();
        let open = Open { archive, caller, dir };
        open.ingest(&lines(100));
        open.catch_up();
        open.verify_clean();
        let (answers, exported) = (answers(&open.archive).unwrap(), exported(&open.archive).unwrap());
        assert!(answers.iter().all(|answer| answer.len() > 100), "{answers:?}");
        open.archive.close();
        let kept = place();
        drop(open.archive);
        copy(&path, kept.path());
        Self { dir: kept, earlier, answers, exported }
    }
}

/// The moments of every question, and its total.
fn answers(archive: &Archive) -> rushes_types::Result<Vec<String>> {
    let mut all = Vec::new();
    for plan in plans() {
        let answer =
            archive.search(&Caller::local(), &SearchRequest { q: None, plan, ..SearchRequest::default() })?;
        all.push(format!("{} {}", answer.total, serde_json::to_string(&answer.moments).unwrap()));
    }
    Ok(all)
}

/// The lines of every asset, as they were sent.
fn exported(archive: &Archive) -> rushes_types::Result<BTreeMap<String, Vec<u8>>> {
    let mut all = BTreeMap::new();
    let store = &archive.engines().store;
    for asset in store.assets_with_history(None, 100)? {
        let bytes: &mut Vec<u8> = all.entry(asset.as_str().to_owned()).or_default();
        for record in store.history(&asset, rushes_types::Commit::NONE, 1_000)? {
            if let rushes_store::Effect::Segment(segment) = record.effect {
                store.blocks(&AssetId::new(asset.as_str())?, segment.id, &mut |block| {
                    bytes.extend(block.bytes.iter());
                    Ok(())
                })?;
            }
        }
    }
    Ok(all)
}

/// Opens a damaged archive and tells what came of it, with the reason.
fn tried(base: &Base, dir: &Path) -> (Outcome, String) {
    let archive = match Archive::open(dir, OpenOptions::default()) {
        Ok(archive) => archive,
        Err(error) if error.kind() == ErrorKind::Bug => return (Outcome::Wrong, error.to_string()),
        Err(error) => return (Outcome::Refused, error.to_string()),
    };
    let told = told(base, &archive);
    archive.close();
    told
}

fn told(base: &Base, archive: &Archive) -> (Outcome, String) {
    // A search that meets damage of what is derived has it made again.
    let until = Instant::now() + PATIENCE;
    while answers(archive).is_err_and(|error| error.kind() == ErrorKind::Unavailable) {
        if Instant::now() > until {
            return (Outcome::Wrong, "it is never made again".to_owned());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let status = match archive.status() {
        Ok(status) => status,
        Err(error) => return (Outcome::Named, error.to_string()),
    };
    match archive.wait_caught_up(status.last_commit, PATIENCE) {
        Ok(true) => {}
        Ok(false) => return (Outcome::Wrong, format!("it never catches up: {status:?}")),
        Err(error) => return (Outcome::Named, error.to_string()),
    }
    let report = match archive.verify(&Caller::local(), &NoProgress) {
        Ok(report) if report.problem_count > 0 => return (Outcome::Named, report.problems.join("; ")),
        Ok(report) => report,
        Err(error) => return (Outcome::Named, error.to_string()),
    };
    let (answers, exported) = match (answers(archive), exported(archive)) {
        (Ok(answers), Ok(exported)) => (answers, exported),
        (Err(error), _) | (_, Err(error)) => return (Outcome::Named, error.to_string()),
    };
    if answers == base.answers && exported == base.exported && !report.catching_up {
        return (Outcome::Same, String::new());
    }
    (
        Outcome::Wrong,
        format!("other answers, and verifying says nothing; catching up: {}", report.catching_up),
    )
}

/// Panics of any thread, with their place.
fn panics() -> Arc<Mutex<Vec<String>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (all, before) = (Arc::clone(&seen), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |info| {
        // What the store below asserts about its files is caught where it is opened or examined; other tests fail for themselves.
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let is_of_others = ["lsm-tree", "fjall", "/tests/"].iter().any(|part| place.contains(part));
        if !is_of_others {
            all.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{place}: {info}"));
        }
        before(info);
    }));
    seen
}

/// Where archives are damaged: in memory where there is room for that, since every opening makes files durable.
fn place() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

/// A damage to try.
struct Case {
    file: String,
    harm: Harm,
    random: Random,
}

fn cases(base: &Base, seed: u64) -> Vec<Case> {
    let all = files(base.dir.path());
    let times = std::env::var("TORTURE_DAMAGES").ok().and_then(|n| n.parse::<usize>().ok());
    (0..times.unwrap_or(all.len()))
        .map(|nth| {
            let mut random = Random::of_case(seed, nth as u64);
            // The short form tries every file.
            let file = if times.is_some() { random.pick(&all).clone() } else { all[nth].clone() };
            Case { file, harm: *random.pick(&HARMS), random }
        })
        .collect()
}

/// What came of all damages.
#[derive(Default)]
struct Outcomes {
    table: BTreeMap<(String, Outcome), usize>,
    wrong: Vec<String>,
    said: Vec<String>,
}

impl Outcomes {
    fn add(&mut self, case: &Case, outcome: Outcome, why: &str) {
        let (file, harm) = (&case.file, case.harm.name);
        let part = file.split('/').next().unwrap_or(file).to_owned();
        // What can be made again is made again: nobody is asked.
        let is_derived = ["events", "fused", "index"].iter().any(|derived| part.starts_with(derived));
        let is_of_store = why.contains("the annotation store");
        let is_wrong = outcome == Outcome::Wrong || is_derived && outcome == Outcome::Refused && !is_of_store;
        *self.table.entry((part, outcome)).or_default() += 1;
        if outcome != Outcome::Same {
            self.said.push(format!("{file}: {harm}: {outcome:?}: {why}"));
        }
        if is_wrong {
            self.wrong.push(format!("{file}: {harm}: {why}"));
        }
    }
}

/// Most of a trial is waiting for threads to begin and to end, so more run at once than there are cores.
fn jobs() -> usize {
    let named = std::env::var("TORTURE_JOBS").ok().and_then(|n| n.parse().ok());
    named.unwrap_or_else(|| std::thread::available_parallelism().map_or(2, usize::from) * 2)
}

#[test]
fn no_damage_to_any_file_gives_another_answer_that_looks_right() {
    let seen = panics();
    let base = Base::new();
    let seed = seed_from("TORTURE_SEED");
    let begun = Instant::now();
    let cases = Mutex::new(cases(&base, seed).into_iter());
    let outcomes = Mutex::new(Outcomes::default());
    std::thread::scope(|scope| {
        for _ in 0..jobs() {
            scope.spawn(|| {
                loop {
                    let Some(mut case) = cases.lock().unwrap().next() else { return };
                    let dir = place();
                    copy(base.dir.path(), dir.path());
                    if !(case.harm.act)(dir.path(), base.earlier.path(), &case.file, &mut case.random) {
                        continue;
                    }
                    let outcome = catch_unwind(AssertUnwindSafe(|| tried(&base, dir.path())));
                    let (outcome, why) = outcome.unwrap_or_else(|_| (Outcome::Wrong, "a panic".to_owned()));
                    outcomes.lock().unwrap().add(&case, outcome, &why);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    outcomes.said.iter().for_each(|said| println!("{said}"));
    for ((part, outcome), count) in &outcomes.table {
        println!("{part:>20} {outcome:?}: {count}");
    }
    let count: usize = outcomes.table.values().sum();
    println!("{count} damages in {:.1?}", begun.elapsed());
    assert_eq!(outcomes.wrong, [""; 0], "seed {seed}");
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen, [""; 0]);
}
