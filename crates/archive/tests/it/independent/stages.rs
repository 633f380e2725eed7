//! Stages 1 and 2 of one archive, read by the page, against what was put in and what the archive says.

use std::collections::{BTreeMap, BTreeSet};

use rushes_archive::{Archive, Caller, OpenOptions};
use rushes_text::{for_each_token, normalise_label};
use rushes_types::{AssetId, BucketNo, Change, Commit, TimeRange};
use xxhash_rust::xxh3::xxh3_128;

use super::codec::Annotation;
use super::fused::{self, Fused, annotation_key};
use super::made::{self, Made, asset_id};
use super::said::{self, Said};
use super::store::{self, Effect, Segment, Store};
use super::wanted;

const LOOSE: &str = "-";
const ALL: usize = 100_000;

/// An annotation that is stored.
struct Stored {
    /// Segment, block, position.
    place: (u64, u32, u64),
    scope: u64,
    line: Option<String>,
    said: Said,
}

/// Committed segments by asset and commit.
fn committed(store: &Store) -> Vec<(&str, u64, &Segment)> {
    let mut all = Vec::new();
    for (asset, commits) in &store.history {
        for (commit, effect) in commits {
            if let Effect::Committed(segment) = effect {
                all.push((asset.as_str(), *commit, segment));
            }
        }
    }
    all
}

fn of_segment(store: &Store, segment: u64, scope: u64) -> Vec<Stored> {
    let blocks = store.blocks.range((segment, 0)..=(segment, u32::MAX));
    let stored = blocks.flat_map(|((segment, no), block)| {
        let all = said::of_block(block).into_iter();
        all.map(|(position, line, said)| Stored { place: (*segment, *no, position), scope, line, said })
    });
    stored.collect()
}

/// All annotations: of committed segments, and of open runs.
fn annotations(store: &Store) -> Vec<Stored> {
    let mut all = Vec::new();
    for (asset, _, segment) in committed(store) {
        let scope = match segment.run.as_str() {
            LOOSE => store.scopes[&(asset.to_owned(), segment.model.clone())],
            _ => segment.number,
        };
        let stored = of_segment(store, segment.number, scope);
        assert_eq!(stored.len() as u64, segment.annotations, "{segment:?}");
        assert!(stored.iter().all(|s| s.said.asset == asset && s.said.model == segment.model));
        all.extend(stored);
    }
    for run in store.runs.values().filter(|run| run.state == 0) {
        let stored = of_segment(store, run.segment, run.segment);
        assert_eq!(stored.len() as u64, run.annotations, "{run:?}");
        all.extend(stored);
    }
    all
}

fn check_records(store: &Store, archive: &Archive) {
    let caller = Caller::local();
    let assets = archive.assets(&caller, None, ALL).unwrap();
    let assets: BTreeMap<_, _> = assets.iter().map(wanted::asset).map(|a| (a.id.clone(), a)).collect();
    assert_eq!(store.assets, assets);
    let models = archive.models(&caller).unwrap();
    let models: BTreeMap<_, _> = models.iter().map(wanted::model).map(|m| (m.model.clone(), m)).collect();
    assert_eq!(store.models, models);
    let labels = archive.labels(&caller).unwrap().into_iter();
    let labels = labels.map(|label| ((label.kind.as_str().to_owned(), label.label), label.aliases));
    assert_eq!(store.labels, labels.collect());
    let runs = archive.runs(&caller, None, None, ALL).unwrap();
    let runs: BTreeMap<_, _> = runs
        .iter()
        .map(|run| (run.id.as_str().to_owned(), wanted::run(run, &store.runs[run.id.as_str()])))
        .collect();
    assert_eq!(store.runs, runs);
    assert_eq!(store.runs.values().map(|run| run.state).collect::<BTreeSet<_>>(), [0, 1, 2].into());
    assert!(store.runs.values().any(|run| !run.kept));
    let runs = store.runs.values().map(|run| (run.asset.clone(), run.run.clone()));
    assert_eq!(store.runs_of_assets, runs.collect());
    let counts = archive.engines().store.counts().unwrap();
    assert_eq!((store.counters.assets, store.counters.annotations), (counts.assets, counts.annotations));
    assert_eq!(store.counters.last_commit, archive.status().unwrap().last_commit.0);
    assert!(store.counters.runs >= store.runs.len() as u64);
    assert!(store.scopes.values().all(|scope| *scope > 0));
    assert_eq!(store.scopes.values().collect::<BTreeSet<_>>().len(), store.scopes.len());
}

fn check_history(store: &Store, archive: &Archive) {
    let engine = &archive.engines().store;
    let assets = engine.assets_with_history(None, ALL).unwrap();
    let of_asset = |asset: &AssetId| {
        engine.history(asset, Commit::NONE, ALL).unwrap().iter().map(wanted::effect).collect()
    };
    let history: BTreeMap<_, BTreeMap<_, _>> =
        assets.iter().map(|a| (a.as_str().to_owned(), of_asset(a))).collect();
    assert_eq!(store.history, history);
    let effects: Vec<&Effect> = store.history.values().flat_map(BTreeMap::values).collect();
    let kinds: BTreeSet<_> = effects
        .iter()
        .map(|effect| format!("{effect:?}").split(['(', ' ']).next().unwrap().to_owned())
        .collect();
    assert_eq!(kinds.len(), 8, "{kinds:?}");
    // An erased run that replaced stays as a record that is hollow.
    let is_hollow = |segment: &Segment| segment.run != LOOSE && !store.runs.contains_key(&segment.run);
    let (hollow, there): (Vec<_>, Vec<_>) = committed(store).into_iter().partition(|(.., s)| is_hollow(s));
    let hollow: Vec<_> = hollow.iter().map(|(.., s)| (s.run.as_str(), s.annotations)).collect();
    assert_eq!(hollow, [("doomed", 0)]);
    let segments = there.into_iter().map(|(asset, commit, s)| (s.number, (asset.to_owned(), commit)));
    assert_eq!(store.segments, segments.collect());
    for (_, commit, segment) in committed(store).into_iter().filter(|(.., s)| s.run == LOOSE) {
        assert_eq!((segment.number, segment.append, segment.coverage), (commit, true, None));
    }
    let used = committed(store).into_iter().map(|(asset, _, s)| (s.model.clone(), asset.to_owned()));
    let opened = store.runs.values().map(|run| (run.model.clone(), run.asset.clone()));
    assert_eq!(store.uses, used.chain(opened).collect());
    for run in store.runs.values() {
        let mut blocks = store.blocks.range((run.segment, 0)..=(run.segment, u32::MAX));
        assert!(run.segment > 1 << 62 && blocks.all(|((_, no), _)| u64::from(*no) < run.blocks), "{run:?}");
    }
}

fn check_annotations(store: &Store, archive: &Archive, made_lines: &[String], made_rows: &[&str]) {
    let stored = annotations(store);
    let mut lines: Vec<&String> = stored.iter().filter_map(|s| s.line.as_ref()).collect();
    lines.sort();
    assert_eq!(lines, made_lines.iter().collect::<Vec<_>>());
    let rows: BTreeSet<_> =
        stored.iter().filter(|s| s.line.is_none()).map(|s| s.said.id.clone().unwrap()).collect();
    assert_eq!(rows, made_rows.iter().map(|id| (*id).to_owned()).collect());
    assert!(
        store.blocks.values().any(|block| block.is_packed)
            && store.blocks.values().any(|block| !block.is_packed)
    );
    // Each has a place under its id, and no place names what is not there.
    let mut places = BTreeMap::new();
    for ((scope, id), all) in &store.ids {
        for place in all {
            let known = places.insert((place.segment, place.block, place.position), (*scope, *id, *place));
            assert!(known.is_none(), "two ids for {place:?}");
        }
    }
    assert!(store.ids.values().any(|all| all.len() > 1));
    for Stored { place, scope, said, .. } in &stored {
        let (of_scope, id, known) = places.remove(place).unwrap_or_else(|| panic!("no id for {said:?}"));
        assert_eq!(of_scope, *scope);
        assert_eq!(known.start.unsigned_abs(), said.range.0);
        assert_eq!(known.digest, said.digest(), "{said:?}");
        let name = said.id.clone().unwrap_or_else(|| format!("{:032x}", said.digest()));
        assert_eq!(xxh3_128(name.as_bytes()), id);
    }
    assert!(places.is_empty(), "{places:?}");
    check_export(store, archive);
}

/// What `rushes export` writes: lines as they are, rows as lines.
fn check_export(store: &Store, archive: &Archive) {
    for asset in store.assets.keys() {
        let mut exported = Vec::new();
        let mut take = |line: &[u8]| {
            exported.push(String::from_utf8(line.to_vec()).unwrap().trim_end_matches('\n').to_owned());
            Ok(())
        };
        archive.export(&Caller::local(), &asset_id(asset), &mut take).unwrap();
        let segments = committed(store).into_iter().filter(|(of, ..)| of == asset);
        let stored: Vec<Stored> = segments.flat_map(|(.., s)| of_segment(store, s.number, 0)).collect();
        assert_eq!(stored.len(), exported.len());
        for (stored, exported) in stored.iter().zip(&exported) {
            match &stored.line {
                Some(line) => assert_eq!(line, exported),
                None => assert_eq!(stored.said, said::line(exported)),
            }
        }
    }
}

fn check_fused(fused: &Fused, archive: &Archive) {
    let timeline = &archive.engines().timeline;
    let assets = timeline.assets(None, ALL).unwrap();
    let mut annotations = BTreeMap::new();
    for (asset, upto) in &assets {
        let name = asset.as_str().to_owned();
        let document = timeline.document(asset).unwrap().as_ref().map(wanted::document);
        assert_eq!(fused.documents[&name], (upto.0, document));
        let all = timeline.annotations(asset, TimeRange::everything(), None, ALL).unwrap();
        annotations.extend(all.iter().map(wanted::annotation));
        assert_eq!(fused.digests.get(&name), Some(&timeline.content_digest(asset).unwrap()), "{name}");
        let mut changed = BTreeSet::new();
        let mut change = |change: Change| {
            let key = match &change {
                Change::Put(fused) => fused.fused_key(),
                Change::Erased(key) => *key,
            };
            changed.insert((key.start_ns.unsigned_abs(), key.key.0));
            Ok(())
        };
        // Who has nothing yet is not told of what was erased; with the first commit no annotation came.
        timeline.changes(asset, Commit(1), &mut change).unwrap();
        let read = fused.changes.iter().filter(|(of, ..)| *of == name).map(|(.., start, key)| (*start, *key));
        assert_eq!(read.collect::<BTreeSet<_>>(), changed);
    }
    assert_eq!(fused.documents.len(), assets.len());
    assert!(fused.documents.values().any(|(_, document)| document.is_none()));
    assert_eq!(fused.annotations, annotations);
    for ((_, start, key), a) in &fused.annotations {
        assert_eq!((*start, *key), (a.range.0, annotation_key(&a.model, &a.run, &a.id)));
    }
    assert!(fused.annotations.values().any(|a| a.validities.len() > 1));
    assert!(fused.annotations.values().any(|a| !a.kept));
}

fn check_buckets(fused: &Fused, archive: &Archive) {
    let mut buckets = BTreeMap::new();
    for asset in archive.assets(&Caller::local(), None, ALL).unwrap() {
        let all = archive.buckets(&Caller::local(), &asset.id, BucketNo(0), BucketNo(u64::MAX), ALL).unwrap();
        for view in all {
            let key = (asset.id.as_str().to_owned(), view.bucket.no.0);
            let shown: Vec<_> = view.annotations.iter().map(|shown| wanted::annotation(shown)).collect();
            let bucket = &fused.buckets[&key];
            let named = bucket.annotations.iter().map(|(start, _, annotation)| {
                let key = (key.0.clone(), start.unsigned_abs(), *annotation);
                (key.clone(), fused.annotations[&key].clone())
            });
            assert_eq!(named.collect::<Vec<_>>(), shown);
            buckets.insert(key, wanted::bucket(&view.bucket));
        }
    }
    let filled = fused.buckets.iter().filter(|(_, bucket)| !bucket.annotations.is_empty());
    assert_eq!(
        filled.map(|(key, bucket)| (key.clone(), bucket.clone())).collect::<BTreeMap<_, _>>(),
        buckets
    );
    assert!(buckets.len() < fused.buckets.len(), "none was emptied");
    assert!(buckets.values().any(|bucket| bucket.truncated));
    // Each current annotation is in the buckets that it touches.
    for ((asset, start, key), a) in fused.annotations.iter().filter(|(_, a)| is_current(a)) {
        let member = (start.cast_signed(), a.range.1.cast_signed(), *key);
        for no in start / 1_000_000_000..=a.range.1 / 1_000_000_000 {
            assert!(buckets[&(asset.clone(), no)].annotations.contains(&member), "{asset} {no} {a:?}");
        }
    }
}

fn is_current(annotation: &Annotation) -> bool {
    annotation.validities.last().is_some_and(|(_, died)| *died == u64::MAX)
}

/// What is fused is what the lines say.
fn check_said(fused: &Fused, store: &Store) {
    let stored: BTreeMap<_, _> = annotations(store).into_iter().map(|s| (s.place, s.said)).collect();
    for ((asset, ..), a) in &fused.annotations {
        let scope = match a.run.as_str() {
            LOOSE => store.scopes[&(asset.clone(), a.model.clone())],
            run => store.runs[run].segment,
        };
        let places = &store.ids[&(scope, xxh3_128(a.id.as_bytes()))];
        let place = places.iter().rfind(|place| place.start.unsigned_abs() == a.range.0).unwrap();
        let said = stored[&(place.segment, place.block, place.position)].clone();
        let language = said.language.clone().or_else(|| store.assets[asset].texts.get("language").cloned());
        assert!(language.is_none() || a.language == language, "{a:?}");
        let as_said = Said {
            id: said.id.as_ref().map(|_| a.id.clone()),
            asset: asset.clone(),
            model: a.model.clone(),
            kind: a.kind.clone(),
            range: a.range,
            label: a.label.clone(),
            text: a.text.clone(),
            language: said.language.clone(),
            words: a.words.clone(),
            confidence: a.confidence,
            vector: a.vector.clone(),
            attributes: a.attributes.clone(),
            others: said.others.clone(),
        };
        assert_eq!(as_said, said);
    }
}

fn check_words(fused: &Fused, archive: &Archive) {
    let mut words: BTreeMap<String, u64> = BTreeMap::new();
    let current: Vec<&Annotation> = fused.annotations.values().filter(|a| is_current(a)).collect();
    for a in &current {
        let mut own: BTreeSet<String> =
            a.label.iter().map(|label| format!("={}", normalise_label(label))).collect();
        for text in [&a.label, &a.text].into_iter().flatten() {
            for_each_token(text, |token| own.extend([token.folded.to_owned()]));
        }
        own.into_iter().for_each(|word| *words.entry(word).or_default() += 1);
    }
    assert_eq!(fused.words, words);
    let names: Vec<String> = words.keys().cloned().collect();
    let counts = archive.engines().timeline.word_counts(&names).unwrap();
    assert_eq!(counts.counts, words.into_values().collect::<Vec<_>>());
    assert_eq!(
        (fused.meta["words_version"], fused.meta["annotations"]),
        (counts.version, counts.annotations)
    );
    assert_eq!(fused.meta["annotations"], current.len() as u64);
    assert!(fused.meta.contains_key("erased") && fused.meta.len() == 4, "{:?}", fused.meta);
}

#[test]
fn an_archive_is_read_back_by_the_page() {
    let Made { open, lines, rows } = made::everything();
    let (open, copy) = made::copied(open, OpenOptions::default());
    let store = store::read(&copy.join("store"));
    check_records(&store, &open.archive);
    check_history(&store, &open.archive);
    check_annotations(&store, &open.archive, &lines, &rows);
    let fused = fused::read(&copy.join("fused"));
    check_fused(&fused, &open.archive);
    check_buckets(&fused, &open.archive);
    check_said(&fused, &store);
    check_words(&fused, &open.archive);
}
