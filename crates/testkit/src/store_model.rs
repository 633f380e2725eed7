//! Compares a store with the memory store, over random operations.

use proptest::prelude::*;
use rushes_store::{AnnotationStore, AppendMode, Effect, EraseTarget, MemoryStore};
use rushes_types::{AnnotationId, Asset, Commit, Error, MovieId, Result, RunId, RunMode, Visibility};

use crate::store_suite::{
    StoreFixture, TestAnnotation, asset, asset_id, bytes_of, current, history, lines, lines_of, model,
    run_id, spec,
};

/// How a store's numbers compare with those of the memory store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// The same: commits 1, 2, 3 …, and a position in the outbox is a commit's number.
    Same,
    /// Its own growing numbers; generated run ids are its own, too.
    Own,
}

impl Numbers {
    /// As the store declares.
    pub fn of(store: &dyn AnnotationStore) -> Self {
        if store.capabilities().dense_commits { Self::Same } else { Self::Own }
    }
}

/// The assets that operations are on.
pub const ASSETS: [&str; 3] = ["a", "ab", "b"];
const MODELS: [&str; 3] = ["m@1", "m@2", "n@1"];
const RUNS: [&str; 4] = ["r1", "r2", "r3", "run-2"];
const IDS: [&str; 6] = ["1", "2", "3", "4", "5", "6"];
const TEXTS: [&str; 2] = ["x", "y"];

/// Lines of an operation: id, start in seconds, text.
pub type Lines = Vec<(usize, i64, usize)>;

/// An operation.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "named after the calls of the seam")]
pub enum Op {
    PutAsset(usize, bool),
    PutModel(usize, bool),
    Open(Option<usize>, usize, usize, bool, Option<(i64, i64)>),
    Append(usize, Lines, AppendMode),
    AppendElsewhere(usize, usize, usize, Lines),
    Commit(usize),
    Abort(usize),
    Restore(usize),
    SetVisibility(usize, bool),
    Loose(Vec<(usize, usize, Lines)>, AppendMode),
    EraseAsset(usize),
    EraseMovie,
    EraseModel(usize, Option<usize>),
    EraseRun(usize),
    EraseAnnotation(usize, usize, Option<usize>, usize),
    Trim(u64),
    Reopen,
    Purge,
}

fn some_lines() -> impl Strategy<Value = Lines> {
    prop::collection::vec((0..IDS.len(), 0..10i64, 0..TEXTS.len()), 0..6)
}

fn mode() -> impl Strategy<Value = AppendMode> {
    prop_oneof![3 => Just(AppendMode::Partial), 2 => Just(AppendMode::Atomic), 1 => Just(AppendMode::DryRun)]
}

/// A random operation.
pub fn op() -> impl Strategy<Value = Op> {
    let (assets, models, runs) = (0..ASSETS.len(), 0..MODELS.len(), 0..RUNS.len());
    let coverage = prop::option::of((0..6i64, 0..6i64).prop_map(|(from, len)| (from, from + len)));
    let group = (assets.clone(), models.clone(), some_lines());
    prop_oneof![
        4 => (assets.clone(), any::<bool>()).prop_map(|(a, b)| Op::PutAsset(a, b)),
        1 => (models.clone(), any::<bool>()).prop_map(|(a, b)| Op::PutModel(a, b)),
        6 => (prop::option::weighted(0.9, runs.clone()), assets.clone(), models.clone(), any::<bool>(), coverage)
            .prop_map(|(r, a, m, b, c)| Op::Open(r, a, m, b, c)),
        8 => (runs.clone(), some_lines(), mode()).prop_map(|(r, l, t)| Op::Append(r, l, t)),
        1 => (runs.clone(), assets.clone(), models.clone(), some_lines())
            .prop_map(|(r, a, m, l)| Op::AppendElsewhere(r, a, m, l)),
        5 => runs.clone().prop_map(Op::Commit),
        1 => runs.clone().prop_map(Op::Abort),
        3 => runs.clone().prop_map(Op::Restore),
        1 => (runs.clone(), any::<bool>()).prop_map(|(r, b)| Op::SetVisibility(r, b)),
        8 => (prop::collection::vec(group, 1..4), mode()).prop_map(|(g, t)| Op::Loose(g, t)),
        1 => assets.clone().prop_map(Op::EraseAsset),
        1 => Just(Op::EraseMovie),
        1 => (models.clone(), prop::option::of(assets.clone())).prop_map(|(m, a)| Op::EraseModel(m, a)),
        1 => runs.clone().prop_map(Op::EraseRun),
        4 => (assets, models, prop::option::of(runs), 0..IDS.len())
            .prop_map(|(a, m, r, i)| Op::EraseAnnotation(a, m, r, i)),
        1 => (0..20u64).prop_map(Op::Trim),
        1 => Just(Op::Reopen),
    ]
}

fn said(lines: &Lines) -> Vec<TestAnnotation<'static>> {
    lines.iter().map(|(id, start, text)| (IDS[*id], *start, TEXTS[*text])).collect()
}

/// Runs an operation; returns its result as text, to compare two stores.
pub fn do_it(store: &dyn AnnotationStore, op: &Op, numbers: Numbers) -> String {
    fn show<T: std::fmt::Debug>(outcome: Result<T>) -> String {
        outcome.map(|v| format!("{v:?}")).unwrap_or_else(|e: Error| format!("{:?}: {e}", e.kind()))
    }
    match op {
        Op::PutAsset(a, other) => {
            let movie = MovieId::new(if *a == 2 { "another" } else { "movie" }).unwrap();
            let title = other.then(|| "title".to_owned());
            show(store.put_assets(&[Asset { title, movie, ..asset(ASSETS[*a]) }]))
        }
        Op::PutModel(m, german) => show(store.put_model(&rushes_types::Model {
            model: model(MODELS[*m]),
            types: Vec::new(),
            language: german.then(|| "de".to_owned()),
            space: None,
        })),
        Op::Open(run, a, m, replace, coverage) => {
            let mode = if *replace { RunMode::Replace } else { RunMode::Append };
            let mut spec = spec(RUNS[run.unwrap_or(0)], ASSETS[*a], MODELS[*m], mode, *coverage);
            if run.is_none() && numbers == Numbers::Same {
                spec.id = None;
            }
            show(store.open_run(&spec))
        }
        Op::Append(r, all, take) => match store.run(&run_id(RUNS[*r])).unwrap() {
            Some(run) => show(store.append(
                &run.id,
                &[lines(run.asset.as_str(), run.model.as_str(), &said(all))],
                *take,
            )),
            None => show(store.append(&run_id(RUNS[*r]), &[], *take)),
        },
        Op::AppendElsewhere(r, a, m, all) => show(store.append(
            &run_id(RUNS[*r]),
            &[lines(ASSETS[*a], MODELS[*m], &said(all))],
            AppendMode::Partial,
        )),
        Op::Commit(r) => show(store.commit_run(&run_id(RUNS[*r]))),
        Op::Abort(r) => show(store.abort_run(&run_id(RUNS[*r]))),
        Op::Restore(r) => show(store.restore_run(&run_id(RUNS[*r]))),
        Op::SetVisibility(r, kept) => {
            let visibility = if *kept { Visibility::Kept } else { Visibility::Archived };
            show(store.set_visibility(&run_id(RUNS[*r]), visibility))
        }
        Op::Loose(groups, take) => {
            let blocks: Vec<_> =
                groups.iter().map(|(a, m, all)| lines(ASSETS[*a], MODELS[*m], &said(all))).collect();
            show(store.append_loose(&blocks, *take))
        }
        Op::EraseAsset(a) => show(store.erase(&EraseTarget::Asset(asset_id(ASSETS[*a])))),
        Op::EraseMovie => show(store.erase(&EraseTarget::Movie(MovieId::new("another").unwrap()))),
        Op::EraseModel(m, a) => {
            show(store.erase(&EraseTarget::Model(model(MODELS[*m]), a.map(|a| asset_id(ASSETS[a])))))
        }
        Op::EraseRun(r) => show(store.erase(&EraseTarget::Run(run_id(RUNS[*r])))),
        Op::EraseAnnotation(a, m, r, i) => show(store.erase(&EraseTarget::Annotation {
            asset: asset_id(ASSETS[*a]),
            model: model(MODELS[*m]),
            run: r.map_or_else(RunId::loose, |r| run_id(RUNS[r])),
            id: AnnotationId::new(IDS[*i]).unwrap(),
        })),
        Op::Trim(upto) if numbers == Numbers::Same => show(store.trim_outbox(*upto)),
        // All or nothing: the order of assets is the store's own.
        Op::Trim(upto) if *upto % 2 == 0 => {
            let last = store.outbox(0, 10_000).unwrap().rows.last().map(|row| row.sequence);
            show(store.trim_outbox(last.unwrap_or(0)))
        }
        Op::Trim(_) => String::new(),
        Op::Purge => show(store.purge()),
        Op::Reopen => String::new(),
    }
}

/// All that a store shows.
fn see(store: &dyn AnnotationStore, numbers: Numbers) -> String {
    let mut shown = String::new();
    let mut add = |what: &dyn std::fmt::Debug| shown.push_str(&format!("{what:?}\n"));
    let mut known: Vec<(String, Commit)> = Vec::new();
    for on in ASSETS {
        let records = history(store, on);
        assert!(records.windows(2).all(|w| w[0].commit < w[1].commit), "the commits of `{on}` grow");
        for record in &records {
            known.push((on.to_owned(), record.commit));
            match (&record.effect, numbers) {
                (Effect::Segment(s) | Effect::Restored(s), Numbers::Own) => {
                    add(&(&s.model, &s.run, s.mode, s.coverage, s.annotations));
                }
                (effect, Numbers::Own) => add(effect),
                (_, Numbers::Same) => add(record),
            }
            if let Effect::Segment(s) = &record.effect {
                add(&lines_of(store, on, s.id));
                add(&String::from_utf8_lossy(&bytes_of(store, on, s.id)));
                assert_eq!(s.annotations, lines_of(store, on, s.id).len() as u64, "{s:?}");
            }
        }
        add(&current(store, on));
        add(&store.runs(Some(&asset_id(on)), None, 100).unwrap());
    }
    add(&store.assets(None, 100).unwrap());
    add(&store.models().unwrap());
    add(&store.runs(None, None, 100).unwrap());
    let rows = store.outbox(0, 10_000).unwrap().rows;
    let counts = store.counts().unwrap();
    add(&(counts.assets, counts.annotations, counts.commits));
    if numbers == Numbers::Same {
        add(&rows);
        add(&store.last_commit().unwrap());
        return shown;
    }
    let mut told: Vec<(String, Commit)> =
        rows.into_iter().map(|row| (row.asset.as_str().to_owned(), row.commit)).collect();
    for on in ASSETS {
        let of: Vec<&Commit> = told.iter().filter(|(a, _)| a == on).map(|(_, c)| c).collect();
        assert!(of.is_sorted(), "the outbox tells `{on}` in order");
    }
    told.sort();
    add(&told);
    if let Some((_, last)) = known.iter().max_by_key(|(_, commit)| *commit) {
        assert!(store.last_commit().unwrap() >= *last);
    }
    in_own_words(&shown, &known)
}

/// Replaces commits by their position in their asset's history; those in no history by a star.
fn in_own_words(shown: &str, known: &[(String, Commit)]) -> String {
    let mut words = String::new();
    let mut rest = shown;
    while let Some((before, after)) = rest.split_once("Commit(") {
        let (number, after) = after.split_once(')').unwrap();
        let commit = Commit(number.parse().unwrap());
        words.push_str(before);
        match known.iter().position(|(_, known)| *known == commit) {
            Some(at) => words.push_str(&format!("commit {at}")),
            None => words.push('*'),
        }
        rest = after;
    }
    words + rest
}

/// Runs operations on a store and on the memory store, and compares their results and contents after each.
pub fn check(ops: &[Op], fixture: &mut dyn StoreFixture) {
    let numbers = Numbers::of(&*fixture.store());
    let memory = MemoryStore::new();
    let words = |answer: String| match numbers {
        Numbers::Same => answer,
        Numbers::Own => in_own_words(&answer, &[]),
    };
    for (n, op) in ops.iter().enumerate() {
        if matches!(op, Op::Reopen) {
            fixture.reopen();
        } else {
            let other = words(do_it(&*fixture.store(), op, numbers));
            assert_eq!(other, words(do_it(&memory, op, numbers)), "step {n}: {op:?}");
        }
        assert_eq!(see(&*fixture.store(), numbers), see(&memory, numbers), "after step {n}: {op:?}");
    }
}

/// Operations that begin with registering assets.
pub fn ops(most: usize) -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op(), 1..most).prop_map(|ops| {
        let mut all: Vec<Op> = (0..ASSETS.len()).map(|a| Op::PutAsset(a, false)).collect();
        all.extend(ops);
        all
    })
}
