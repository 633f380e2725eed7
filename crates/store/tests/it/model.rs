//! Random operations on the embedded store and on the store in memory: both answer the same.

use proptest::prelude::*;
use rushes_store::{AnnotationStore, EmbeddedStore, EraseTarget, MemoryStore, StoreOptions, Take};
use rushes_testkit::store_suite::{
    Said, asset, asset_id, bytes_of, current, history, lines, lines_of, model, run_id, spec,
};
use rushes_types::{AnnotationId, Asset, Error, MovieId, Result, RunId, RunMode, Visibility};

pub const ASSETS: [&str; 3] = ["a", "ab", "b"];
const MODELS: [&str; 3] = ["m@1", "m@2", "n@1"];
const RUNS: [&str; 4] = ["r1", "r2", "r3", "run-2"];
const IDS: [&str; 6] = ["1", "2", "3", "4", "5", "6"];
const TEXTS: [&str; 2] = ["x", "y"];

pub type Lines = Vec<(usize, i64, usize)>;

#[derive(Debug, Clone)]
pub enum Op {
    PutAsset(usize, bool),
    PutModel(usize, bool),
    Open(Option<usize>, usize, usize, bool, Option<(i64, i64)>),
    Append(usize, Lines, Take),
    AppendElsewhere(usize, usize, usize, Lines),
    Commit(usize),
    Abort(usize),
    Restore(usize),
    SetVisibility(usize, bool),
    Loose(Vec<(usize, usize, Lines)>, Take),
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

fn take() -> impl Strategy<Value = Take> {
    prop_oneof![3 => Just(Take::WhatFits), 2 => Just(Take::AllOrNothing), 1 => Just(Take::Nothing)]
}

pub fn op() -> impl Strategy<Value = Op> {
    let (assets, models, runs) = (0..ASSETS.len(), 0..MODELS.len(), 0..RUNS.len());
    let coverage = prop::option::of((0..6i64, 0..6i64).prop_map(|(from, len)| (from, from + len)));
    let group = (assets.clone(), models.clone(), some_lines());
    prop_oneof![
        4 => (assets.clone(), any::<bool>()).prop_map(|(a, b)| Op::PutAsset(a, b)),
        1 => (models.clone(), any::<bool>()).prop_map(|(a, b)| Op::PutModel(a, b)),
        6 => (prop::option::weighted(0.9, runs.clone()), assets.clone(), models.clone(), any::<bool>(), coverage)
            .prop_map(|(r, a, m, b, c)| Op::Open(r, a, m, b, c)),
        8 => (runs.clone(), some_lines(), take()).prop_map(|(r, l, t)| Op::Append(r, l, t)),
        1 => (runs.clone(), assets.clone(), models.clone(), some_lines())
            .prop_map(|(r, a, m, l)| Op::AppendElsewhere(r, a, m, l)),
        5 => runs.clone().prop_map(Op::Commit),
        1 => runs.clone().prop_map(Op::Abort),
        3 => runs.clone().prop_map(Op::Restore),
        1 => (runs.clone(), any::<bool>()).prop_map(|(r, b)| Op::SetVisibility(r, b)),
        8 => (prop::collection::vec(group, 1..4), take()).prop_map(|(g, t)| Op::Loose(g, t)),
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

fn said(lines: &Lines) -> Vec<Said<'static>> {
    lines.iter().map(|(id, start, text)| (IDS[*id], *start, TEXTS[*text])).collect()
}

/// What an operation answered, so that two stores can be compared.
pub fn do_it(store: &dyn AnnotationStore, op: &Op) -> String {
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
            if run.is_none() {
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
            Take::WhatFits,
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
        Op::Trim(upto) => show(store.trim_outbox(*upto)),
        Op::Purge => show(store.purge()),
        Op::Reopen => String::new(),
    }
}

/// All that a store shows.
fn see(store: &dyn AnnotationStore) -> String {
    let mut shown = String::new();
    let mut add = |what: &dyn std::fmt::Debug| shown.push_str(&format!("{what:?}\n"));
    for on in ASSETS {
        let records = history(store, on);
        for record in &records {
            add(record);
            if let rushes_store::Effect::Segment(s) = &record.effect {
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
    add(&store.outbox(0, 1_000).unwrap().rows);
    let counts = store.counts().unwrap();
    add(&(counts.assets, counts.annotations, counts.commits, store.last_commit().unwrap()));
    shown
}

fn check(ops: &[Op]) {
    let folder = tempfile::tempdir().unwrap();
    let memory = MemoryStore::new();
    let mut embedded = EmbeddedStore::open(folder.path(), StoreOptions::default()).unwrap();
    for (n, op) in ops.iter().enumerate() {
        if matches!(op, Op::Reopen) {
            drop(embedded);
            embedded = EmbeddedStore::open(folder.path(), StoreOptions::default()).unwrap();
        } else {
            assert_eq!(do_it(&embedded, op), do_it(&memory, op), "step {n}: {op:?}");
        }
        assert_eq!(see(&embedded), see(&memory), "after step {n}: {op:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_embedded_store_does_what_the_store_in_memory_does(ops in prop::collection::vec(op(), 1..50)) {
        let mut all: Vec<Op> = (0..ASSETS.len()).map(|a| Op::PutAsset(a, false)).collect();
        all.extend(ops);
        check(&all);
    }
}

#[test]
fn a_purge_changes_nothing_that_is_seen() {
    check(&[
        Op::PutAsset(0, false),
        Op::Loose(vec![(0, 0, vec![(0, 0, 0), (1, 5, 0)])], Take::WhatFits),
        Op::Open(Some(0), 0, 0, true, Some((0, 3))),
        Op::Append(0, vec![(2, 1, 1)], Take::WhatFits),
        Op::Commit(0),
        Op::EraseAnnotation(0, 0, None, 1),
        Op::Purge,
        Op::Loose(vec![(0, 0, vec![(0, 0, 0), (1, 5, 0)])], Take::WhatFits),
        Op::Reopen,
        Op::Purge,
    ]);
}
