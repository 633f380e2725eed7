//! Random histories, and what must be true of a store that they were fused into.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rushes_fuse::driver::{Options, fuse_asset, fuse_batch};
use rushes_store::Effect;
use rushes_timeline::{MemoryTimeline, TimelineStore};
use rushes_types::*;

use super::fake::{Fake, Plain, annotation, asset_id};
use super::naive;

const HALF: i64 = NS_PER_SECOND / 2;

/// Something that happens to an asset, or a pass of fusion.
#[derive(Debug, Clone)]
pub enum Op {
    Loose { model: usize, rows: Vec<(i64, i64, usize, u8)> },
    Run { model: usize, replace: bool, coverage: Option<(i64, i64)>, rows: Vec<(i64, i64, usize, u8)> },
    Restore(usize),
    Visibility(usize, bool),
    EraseRun(usize),
    EraseModel(usize),
    EraseAnnotation(usize),
    EraseAsset,
    Language(usize),
    Fuse { page: usize, step: u64 },
}

const MODELS: [&str; 4] = ["faces@1", "faces@2", "places@1", "words@9"];
const LABELS: [&str; 4] = ["joey", "bonjour joey", "vector", "the kitchen the"];

fn rows() -> impl Strategy<Value = Vec<(i64, i64, usize, u8)>> {
    prop::collection::vec((0i64..14, 0i64..7, 0usize..LABELS.len(), any::<u8>()), 0..7)
}

pub fn op() -> impl Strategy<Value = Op> {
    let coverage = prop::option::of((0i64..12, 1i64..8).prop_map(|(s, n)| (s, s + n)));
    prop_oneof![
        4 => (0usize..4, rows()).prop_map(|(model, rows)| Op::Loose { model, rows }),
        6 => (0usize..4, any::<bool>(), coverage, rows())
            .prop_map(|(model, replace, coverage, rows)| Op::Run { model, replace, coverage, rows }),
        2 => any::<usize>().prop_map(Op::Restore),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(n, kept)| Op::Visibility(n, kept)),
        1 => any::<usize>().prop_map(Op::EraseRun),
        1 => (0usize..4).prop_map(Op::EraseModel),
        1 => any::<usize>().prop_map(Op::EraseAnnotation),
        1 => Just(Op::EraseAsset).boxed(),
        1 => (0usize..3).prop_map(Op::Language),
        5 => (1usize..5, 1u64..9).prop_map(|(page, step)| Op::Fuse { page, step }),
    ]
}

fn options(page: usize, step: u64) -> Options<'static> {
    Options { history_page: page, step_annotations_max: step, ..Options::new(&Plain) }
}

fn annotations(n: u64, model: &str, run: &str, rows: &[(i64, i64, usize, u8)]) -> Vec<Annotation> {
    let mut out: Vec<Annotation> = Vec::new();
    for (i, (start, long, label, id)) in rows.iter().enumerate() {
        // Loose ids are few, so that they come back after they were superseded; at another time too.
        let id = if run == RunId::LOOSE { format!("l{}", id % 5) } else { format!("r{n}-{i}") };
        let a = annotation(model, run, &id, start * HALF, (start + long) * HALF, LABELS[*label]);
        if out.iter().all(|b| b.id != a.id) {
            out.push(a);
        }
    }
    out
}

fn perform(fake: &mut Fake, op: &Op) {
    if fake.asset.is_none() {
        fake.register(None);
    }
    let n = fake.next;
    match op {
        Op::Loose { model, rows } => {
            let mut new = annotations(n, MODELS[*model], RunId::LOOSE, rows);
            let known = naive::rows(fake);
            let is_current = |a: &Annotation| {
                known.values().any(|r| {
                    r.annotation.key() == a.key() && r.validities.last().unwrap().died == Commit::NEVER
                })
            };
            new.retain(|a| !is_current(a));
            if !new.is_empty() {
                fake.segment(MODELS[*model], RunId::LOOSE, RunMode::Append, None, new);
            }
        }
        Op::Run { model, replace, coverage, rows } => {
            let run = format!("run-{n}");
            let new = annotations(n, MODELS[*model], &run, rows);
            let mode = if *replace { RunMode::Replace } else { RunMode::Append };
            let coverage = coverage.map(|(s, e)| TimeRange::new(s * HALF, e * HALF).unwrap());
            fake.segment(MODELS[*model], &run, mode, coverage, new);
        }
        Op::Restore(pick) => {
            let runs = fake.runs();
            if !runs.is_empty() {
                fake.commit(Effect::Restored(runs[pick % runs.len()].clone()));
            }
        }
        Op::Visibility(pick, kept) => {
            let runs = fake.runs();
            if !runs.is_empty() {
                let visibility = if *kept { Visibility::Kept } else { Visibility::Archived };
                fake.commit(Effect::Visibility(runs[pick % runs.len()].run.clone(), visibility));
            }
        }
        Op::EraseRun(pick) => {
            let runs = fake.runs();
            if !runs.is_empty() {
                fake.erase_run(&runs[pick % runs.len()].run.clone());
            }
        }
        Op::EraseModel(model) => fake.erase_model(&ModelRef::parse(MODELS[*model]).unwrap()),
        Op::EraseAnnotation(pick) => {
            let mut all: Vec<Annotation> = fake.segments.values().flatten().cloned().collect();
            all.sort_by_key(|a| (a.key(), a.range));
            if !all.is_empty() {
                fake.erase_annotation(&all[pick % all.len()].clone());
            }
        }
        Op::EraseAsset => fake.erase_asset(),
        Op::Language(pick) => fake.register([None, Some("en"), Some("de")][*pick]),
        Op::Fuse { .. } => {}
    }
}

fn all(store: &dyn TimelineStore) -> Vec<FusedAnnotation> {
    store.annotations(&asset_id(), TimeRange::everything(), None, usize::MAX).unwrap()
}

fn check_against_naive(fake: &Fake, store: &dyn TimelineStore) {
    let expected = naive::rows(fake);
    let got: naive::NaiveRows = all(store)
        .into_iter()
        .map(|f| {
            let (annotation, validities, kept) = (f.annotation.clone(), f.validities.clone(), f.kept);
            (f.fused_key(), naive::NaiveRow { annotation, validities, kept })
        })
        .collect();
    assert_eq!(got, expected);
    let mut buckets = store.buckets(&asset_id(), BucketNo(0), BucketNo(1 << 40), usize::MAX).unwrap();
    buckets.retain(|b| !b.annotations.is_empty());
    assert_eq!(buckets, naive::buckets(&expected, NS_PER_SECOND));
    let words = naive::words(&expected);
    let mut asked: Vec<String> = words.keys().cloned().collect();
    asked.push("never said".to_owned());
    let counts = store.word_counts(&asked).unwrap();
    let wanted: Vec<u64> = words.values().copied().chain([0]).collect();
    assert_eq!(counts.counts, wanted);
    let current = expected.values().filter(|r| r.validities.last().unwrap().died == Commit::NEVER);
    assert_eq!(counts.annotations, current.count() as u64);
    check_analysed(fake, store);
}

fn check_analysed(fake: &Fake, store: &dyn TimelineStore) {
    let document = store.document(&asset_id()).unwrap();
    assert_eq!(document.is_some(), fake.asset.is_some());
    let erased: Vec<Commit> =
        fake.records.iter().filter(|r| matches!(r.effect, Effect::Erased(_))).map(|r| r.commit).collect();
    let Some(document) = document else { return };
    // Erased runs are gone whatever the read point, so only what is there now is compared.
    let runs: Vec<RunId> = fake.runs().into_iter().map(|s| s.run).collect();
    let last = Commit(fake.next);
    for record in fake.records.iter().filter(|r| erased.last().is_none_or(|e| r.commit > *e)) {
        for seen in [record.commit, last] {
            for name in ["faces", "places", "words"] {
                for at in (0..20).map(|n| n * HALF) {
                    let mut got: Vec<RunId> = document
                        .analysed
                        .iter()
                        .filter(|a| a.model.name() == name && a.validity.contains(&ReadPoint::at(seen)))
                        .filter(|a| a.range.start_ns() <= at && at < a.range.end_ns())
                        .map(|a| a.run.clone())
                        .collect();
                    got.sort();
                    let mut wanted = naive::looked(fake, name, at, seen);
                    wanted.retain(|run| runs.contains(run));
                    assert_eq!(got, wanted, "{name} at {at} seen at {seen}");
                }
            }
        }
    }
}

/// Follows a store by its changes, as an index does.
#[derive(Default)]
struct Mirror {
    rows: BTreeMap<FusedKey, FusedAnnotation>,
    progress: Commit,
}

impl Mirror {
    fn follow(&mut self, store: &dyn TimelineStore) {
        let progress = store.progress(&asset_id()).unwrap();
        let rows = &mut self.rows;
        store
            .changes(&asset_id(), self.progress, &mut |change| {
                match change {
                    Change::Put(f) => drop(rows.insert(f.fused_key(), *f)),
                    Change::Erased(key) => drop(rows.remove(&key)),
                }
                Ok(())
            })
            .unwrap();
        self.progress = progress;
        assert!(self.rows.values().cloned().eq(all(store)), "the changes lead to the same rows");
    }
}

/// Fuses a history as it is cut, and compares with the naive model, with a follower and with a rebuild.
pub fn run(ops: &[Op], store: &dyn TimelineStore) {
    let mut fake = Fake::new();
    let mut mirror = Mirror::default();
    for (n, op) in ops.iter().enumerate() {
        perform(&mut fake, op);
        if let Op::Fuse { page, step } = op {
            fuse_asset(&fake, store, &asset_id(), options(*page, *step)).unwrap();
            check_against_naive(&fake, store);
            if n % 3 == 0 {
                mirror.follow(store);
            }
        }
    }
    fuse_asset(&fake, store, &asset_id(), options(3, 5)).unwrap();
    check_against_naive(&fake, store);
    mirror.follow(store);
    let rebuilt = MemoryTimeline::new().unwrap();
    assert!(fuse_batch(&fake, &rebuilt, &[asset_id()], options(2, 3), &|| false).unwrap());
    rebuilt.apply(&[], &[Watermark { partition: 0, upto: Commit(fake.next) }]).unwrap();
    check_against_naive(&fake, &rebuilt);
    assert_eq!(rebuilt.document(&asset_id()).unwrap(), store.document(&asset_id()).unwrap());
    assert_eq!(
        rebuilt.content_digest(&asset_id()).unwrap(),
        store.content_digest(&asset_id()).unwrap(),
        "a rebuild is byte-identical"
    );
}
