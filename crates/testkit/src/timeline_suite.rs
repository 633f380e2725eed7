//! The laws of the timeline.
//!
//! [`timeline_suite!`](crate::timeline_suite) lists them for one implementation: give it an expression that makes a
//! fresh, empty store and whatever must outlive it (a folder), as `(store, guard)`.

use rushes_timeline::{TimelineEvent, TimelineStore, TimelineUpdate};
use rushes_types::{
    Annotation, AnnotationId, AnnotationType, Asset, AssetDocument, AssetId, AssetStep, Attributes, Bucket,
    BucketMember, BucketNo, Change, Commit, ErrorKind, FusedAnnotation, FusedKey, ModelRef, MovieId, Result,
    RunId, TimeRange, Validity, Watermark,
};

/// Makes one test for each law.
#[macro_export]
macro_rules! timeline_suite {
    (@ $fresh:expr; $($law:ident),* $(,)?) => {
        $(
            #[test]
            fn $law() {
                let Some((store, _guard)) = $fresh else { return };
                $crate::timeline_suite::$law(&store).expect("the law holds");
            }
        )*
    };
    // For engines whose server may be missing: `Option<(store, guard)>`.
    (perhaps $fresh:expr) => {
        $crate::timeline_suite! {
            @ $fresh;
            an_empty_store_answers_with_nothing,
            what_was_applied_is_read_back,
            a_lower_commit_loses_and_a_gap_is_a_conflict,
            annotations_come_by_start_and_key_in_pages,
            assets_with_like_names_do_not_mix,
            changes_come_once_as_they_stand_now,
            words_are_counted_over_all_assets,
            the_outbox_is_ordered_and_trimmed,
            a_watermark_that_comes_again_is_given_again,
            the_digest_covers_content_and_not_how_it_came,
            an_erased_asset_keeps_its_progress_only,
            a_purged_and_a_cleared_store_go_on,
        }
    };
    ($fresh:expr) => {
        $crate::timeline_suite!(perhaps Some($fresh));
    };
}

/// The watermark of the only partition.
#[must_use]
pub fn watermark(upto: u64) -> Watermark {
    Watermark { partition: 0, upto: Commit(upto) }
}

fn id(text: &str) -> AssetId {
    AssetId::new(text).unwrap_or_else(|e| panic!("{e}"))
}

/// An annotation of an asset, born at commit 1.
///
/// # Panics
/// Where a name is no id: a mistake of the test.
#[must_use]
pub fn annotation(asset: &str, name: &str, start_ns: i64, label: &str) -> FusedAnnotation {
    let bad = |e: &dyn std::fmt::Display| -> ! { panic!("{e}") };
    FusedAnnotation {
        annotation: Annotation {
            asset: id(asset),
            model: ModelRef::parse("m@1").unwrap_or_else(|e| bad(&e)),
            run: RunId::loose(),
            id: AnnotationId::new(name).unwrap_or_else(|e| bad(&e)),
            kind: AnnotationType::new("T").unwrap_or_else(|e| bad(&e)),
            range: TimeRange::new(start_ns, start_ns + 5).unwrap_or_else(|e| bad(&e)),
            label: Some(label.to_owned()),
            text: None,
            words: Vec::new(),
            language: None,
            vector: Some(vec![0.25; 600]), // large enough to be kept apart from its key
            confidence: None,
            attributes: Attributes::new(),
        },
        validities: vec![Validity::from(Commit(1))],
        kept: false,
    }
}

/// An update that puts annotations, without buckets and words.
#[must_use]
pub fn update(asset: &str, after: u64, upto: u64, puts: &[FusedAnnotation]) -> TimelineUpdate {
    let movie = MovieId::new("film").unwrap_or_else(|e| panic!("{e}"));
    TimelineUpdate {
        step: AssetStep {
            document: Some(AssetDocument {
                asset: Asset::new(id(asset), movie),
                models: Vec::new(),
                analysed: Vec::new(),
            }),
            asset: id(asset),
            after: Commit(after),
            upto: Commit(upto),
            changes: puts.iter().map(|f| Change::Put(Box::new(f.clone()))).collect(),
            buckets: Vec::new(),
        },
        word_counts: Vec::new(),
        annotation_count: 0,
    }
}

fn bucket(no: u64, of: &[FusedAnnotation]) -> Bucket {
    let member = |f: &FusedAnnotation| {
        let key = f.fused_key();
        BucketMember { start_ns: key.start_ns, key: key.key, end_ns: f.annotation.range.end_ns() }
    };
    Bucket {
        no: BucketNo(no),
        annotations: of.iter().map(member).collect(),
        intersections: Vec::new(),
        truncated: false,
    }
}

fn all(store: &dyn TimelineStore, asset: &str) -> Result<Vec<FusedAnnotation>> {
    store.annotations(&id(asset), TimeRange::everything(), None, usize::MAX)
}

fn changes(store: &dyn TimelineStore, asset: &str, after: u64) -> Result<Vec<Change>> {
    let mut out = Vec::new();
    store.changes(&id(asset), Commit(after), &mut |change| {
        out.push(change);
        Ok(())
    })?;
    Ok(out)
}

/// Nothing was applied.
pub fn an_empty_store_answers_with_nothing(store: &dyn TimelineStore) -> Result<()> {
    assert_eq!(store.progress(&id("a"))?, Commit::NONE);
    assert_eq!(store.document(&id("a"))?, None);
    assert!(store.assets(None, 10)?.is_empty() && all(store, "a")?.is_empty());
    assert!(store.buckets(&id("a"), BucketNo(0), BucketNo(u64::MAX), 10)?.is_empty());
    let key = annotation("a", "x", 0, "l").fused_key();
    assert_eq!(store.get(&id("a"), &[key])?, [None]);
    assert!(changes(store, "a", 0)?.is_empty() && store.outbox(0, 10)?.is_empty());
    assert_eq!(store.word_counts(&["x".to_owned()])?.counts, [0]);
    store.purge()
}

/// Annotations, buckets, document and progress.
pub fn what_was_applied_is_read_back(store: &dyn TimelineStore) -> Result<()> {
    let (x, y) = (annotation("a", "x", 3, "l"), annotation("a", "y", 9, "l"));
    let mut first = update("a", 0, 4, &[x.clone(), y.clone()]);
    first.step.buckets = vec![bucket(0, &[x.clone(), y.clone()]), bucket(7, std::slice::from_ref(&y))];
    store.apply(std::slice::from_ref(&first), &[])?;
    assert_eq!(store.progress(&id("a"))?, Commit(4));
    assert_eq!(store.document(&id("a"))?, first.step.document);
    assert_eq!(all(store, "a")?, [x.clone(), y.clone()]);
    let missing = FusedKey { start_ns: 4, ..x.fused_key() };
    let got = store.get(&id("a"), &[y.fused_key(), missing, x.fused_key()])?;
    assert_eq!(got, [Some(y.clone()), None, Some(x.clone())]);
    let read = |from, to, limit| store.buckets(&id("a"), BucketNo(from), BucketNo(to), limit);
    assert_eq!(read(0, 99, 99)?, first.step.buckets);
    assert_eq!(read(1, 7, 99)?, first.step.buckets[1..]);
    assert_eq!(read(0, 99, 1)?, first.step.buckets[..1]);
    assert!(read(1, 6, 99)?.is_empty() && read(8, 3, 99)?.is_empty());
    let mut second = update("a", 4, 5, &[]);
    second.step.changes = vec![Change::Erased(x.fused_key())];
    second.step.buckets = vec![bucket(0, &[])];
    store.apply(&[second], &[])?;
    assert_eq!(all(store, "a")?, [y]);
    assert!(read(0, 0, 9)?[0].annotations.is_empty(), "an emptied bucket is written empty");
    Ok(())
}

/// Progress only grows, without holes.
pub fn a_lower_commit_loses_and_a_gap_is_a_conflict(store: &dyn TimelineStore) -> Result<()> {
    let x = annotation("a", "x", 3, "first");
    store.apply(&[update("a", 0, 4, std::slice::from_ref(&x))], &[])?;
    let other = annotation("a", "x", 3, "second");
    store.apply(&[update("a", 0, 4, std::slice::from_ref(&other))], &[])?;
    store.apply(&[update("a", 0, 2, std::slice::from_ref(&other))], &[])?;
    assert_eq!(all(store, "a")?, std::slice::from_ref(&x));
    assert_eq!(store.outbox(0, 10)?.len(), 1, "what changes nothing is not told");
    for after in [3, 5] {
        let gap = store.apply(&[update("a", after, 9, std::slice::from_ref(&other))], &[]);
        assert!(gap.is_err_and(|e| e.kind() == ErrorKind::Conflict));
    }
    // One bad update fails the whole step.
    let both = [update("b", 0, 5, &[annotation("b", "y", 1, "l")]), update("a", 5, 9, &[])];
    assert!(store.apply(&both, &[watermark(9)]).is_err());
    assert_eq!(store.progress(&id("b"))?, Commit::NONE);
    assert_eq!(all(store, "a")?, [x]);
    Ok(())
}

/// Paging over ties.
pub fn annotations_come_by_start_and_key_in_pages(store: &dyn TimelineStore) -> Result<()> {
    let mut rows: Vec<FusedAnnotation> =
        (0..20).map(|n| annotation("a", &n.to_string(), i64::from(n) / 3, "l")).collect();
    store.apply(&[update("a", 0, 1, &rows)], &[])?;
    rows.sort_by_key(FusedAnnotation::fused_key);
    for page in [1, 2, 7, 100] {
        let mut got: Vec<FusedAnnotation> = Vec::new();
        loop {
            let after = got.last().map(FusedAnnotation::fused_key);
            let next = store.annotations(&id("a"), TimeRange::everything(), after, page)?;
            assert!(next.len() <= page);
            if next.is_empty() {
                break;
            }
            got.extend(next);
        }
        assert_eq!(got, rows);
    }
    let range = TimeRange::new(2, 4).map_err(|e| rushes_types::Error::bug(e.to_string()))?;
    let starts: Vec<i64> = store
        .annotations(&id("a"), range, None, 100)?
        .iter()
        .map(|f| f.annotation.range.start_ns())
        .collect();
    assert_eq!(starts, [2, 2, 2, 3, 3, 3, 4, 4, 4], "both ends of the range count");
    Ok(())
}

/// `a`, `a1` and `a!`.
pub fn assets_with_like_names_do_not_mix(store: &dyn TimelineStore) -> Result<()> {
    let names = ["a", "a!", "a1", "é"];
    for name in names {
        let mut new = update(name, 0, 1, &[annotation(name, "x", 1, name)]);
        new.step.buckets = vec![bucket(1, &[])];
        store.apply(&[new], &[])?;
    }
    for name in names {
        assert_eq!(all(store, name)?.len(), 1);
        assert_eq!(changes(store, name, 0)?.len(), 1);
        assert_eq!(store.buckets(&id(name), BucketNo(0), BucketNo(u64::MAX), 9)?.len(), 1);
    }
    let listed: Vec<AssetId> = store.assets(None, 99)?.into_iter().map(|(a, _)| a).collect();
    assert_eq!(listed, names.map(id));
    assert_eq!(store.assets(Some(&id("a")), 1)?, [(id("a!"), Commit(1))]);
    Ok(())
}

/// The union over the commits above one.
pub fn changes_come_once_as_they_stand_now(store: &dyn TimelineStore) -> Result<()> {
    let (x, y, z) =
        (annotation("a", "x", 1, "l"), annotation("a", "y", 2, "l"), annotation("a", "z", 3, "l"));
    store.apply(&[update("a", 0, 2, &[x.clone(), y.clone(), z.clone()])], &[])?;
    let mut dead = x.clone();
    dead.validities[0].died = Commit(3);
    store.apply(&[update("a", 2, 3, std::slice::from_ref(&dead))], &[])?;
    let mut again = dead.clone();
    again.validities.push(Validity::from(Commit(5)));
    let mut last = update("a", 3, 5, std::slice::from_ref(&again));
    last.step.changes.push(Change::Erased(y.fused_key()));
    store.apply(&[last], &[])?;
    let sorted = |after| {
        changes(store, "a", after).map(|mut list| {
            list.sort_by_key(|c| match c {
                Change::Put(f) => f.fused_key(),
                Change::Erased(key) => *key,
            });
            list
        })
    };
    let put = |f: &FusedAnnotation| Change::Put(Box::new(f.clone()));
    assert_eq!(sorted(0)?, [put(&again), put(&z)], "a reader that has nothing has nothing to forget");
    assert_eq!(sorted(1)?, [put(&again), Change::Erased(y.fused_key()), put(&z)]);
    assert_eq!(sorted(2)?, [put(&again), Change::Erased(y.fused_key())]);
    assert!(sorted(5)?.is_empty());
    Ok(())
}

/// Counts add up, and a word without annotations is gone.
pub fn words_are_counted_over_all_assets(store: &dyn TimelineStore) -> Result<()> {
    let count = |asset: &str, after, upto, words: &[(&str, i64)], n| {
        let mut new = update(asset, after, upto, &[]);
        new.word_counts = words.iter().map(|(w, by)| ((*w).to_owned(), *by)).collect();
        new.annotation_count = n;
        new
    };
    let first = count("a", 0, 1, &[("joey", 2), ("=joey", 1)], 2);
    store.apply(&[first, count("b", 0, 2, &[("joey", 3)], 3)], &[])?;
    let words = ["joey".to_owned(), "=joey".to_owned(), "ross".to_owned()];
    let counts = store.word_counts(&words)?;
    assert_eq!((counts.counts, counts.annotations), (vec![5, 1, 0], 5));
    store.apply(&[update("a", 1, 3, &[])], &[])?;
    assert_eq!(store.word_counts(&words)?.version, counts.version, "no word changed");
    store.apply(&[count("b", 2, 4, &[("joey", -3)], -3)], &[])?;
    let later = store.word_counts(&words)?;
    assert_eq!((later.counts, later.annotations), (vec![2, 1, 0], 2));
    assert!(later.version > counts.version);
    Ok(())
}

/// A caller that rebuilt the index waits for it, even if nothing else changed.
pub fn a_watermark_that_comes_again_is_given_again(store: &dyn TimelineStore) -> Result<()> {
    for _ in 0..3 {
        store.apply(&[], &[watermark(7)])?;
        let rows = store.outbox(0, 10)?;
        let told: Vec<&TimelineEvent> = rows.iter().map(|r| &r.row).collect();
        assert_eq!(told, [&TimelineEvent::Watermark(watermark(7))]);
        let last = rows.last().map(|row| row.sequence);
        store.trim_outbox(last.unwrap_or_default())?;
    }
    Ok(())
}

/// Rows of updates, then the watermark. A later watermark may stand for an earlier one.
pub fn the_outbox_is_ordered_and_trimmed(store: &dyn TimelineStore) -> Result<()> {
    store.apply(&[update("a", 0, 1, &[]), update("b", 0, 2, &[])], &[watermark(2)])?;
    store.apply(&[], &[watermark(3)])?;
    let rows = store.outbox(0, 10)?;
    let mut told: Vec<TimelineEvent> = rows.iter().map(|r| r.row.clone()).collect();
    told.retain(|event| *event != TimelineEvent::Watermark(watermark(2)));
    assert_eq!(
        told,
        [
            TimelineEvent::Asset(id("a"), Commit(1)),
            TimelineEvent::Asset(id("b"), Commit(2)),
            TimelineEvent::Watermark(watermark(3)),
        ]
    );
    assert!(rows.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    assert_eq!(store.outbox(rows[1].sequence, 1)?, rows[2..3]);
    let last = rows.last().map_or(0, |row| row.sequence);
    store.trim_outbox(last)?;
    assert!(store.outbox(0, 10)?.is_empty());
    store.apply(&[update("a", 1, 4, &[])], &[])?;
    let next = store.outbox(0, 10)?;
    assert!(next.len() == 1 && next[0].sequence > last, "sequences are not used again");
    Ok(())
}

/// Empty buckets and the number of steps do not count.
pub fn the_digest_covers_content_and_not_how_it_came(store: &dyn TimelineStore) -> Result<()> {
    let (x, y) = (annotation("a", "x", 1, "l"), annotation("a", "y", 2, "l"));
    let digest = || store.content_digest(&id("a"));
    let empty = digest()?;
    let mut whole = update("a", 0, 2, &[x.clone(), y.clone()]);
    whole.step.buckets = vec![bucket(0, &[x.clone(), y.clone()])];
    store.apply(&[whole], &[])?;
    let one_step = digest()?;
    assert_ne!(one_step, empty);
    store.clear()?;
    assert_eq!(digest()?, empty);
    let mut first = update("a", 0, 1, std::slice::from_ref(&x));
    first.step.buckets = vec![bucket(0, std::slice::from_ref(&x)), bucket(9, std::slice::from_ref(&x))];
    store.apply(&[first], &[])?;
    assert_ne!(digest()?, one_step);
    let mut second = update("a", 1, 2, std::slice::from_ref(&y));
    second.step.buckets = vec![bucket(0, &[x, y]), bucket(9, &[])];
    store.apply(&[second, update("b", 0, 1, &[])], &[])?;
    assert_eq!(digest()?, one_step);
    Ok(())
}

/// The tombstone of an asset.
pub fn an_erased_asset_keeps_its_progress_only(store: &dyn TimelineStore) -> Result<()> {
    let x = annotation("a", "x", 1, "l");
    store.apply(&[update("a", 0, 1, std::slice::from_ref(&x))], &[])?;
    let mut gone = update("a", 1, 2, &[]);
    gone.step.document = None;
    gone.step.changes = vec![Change::Erased(x.fused_key())];
    store.apply(&[gone], &[])?;
    assert_eq!(store.document(&id("a"))?, None);
    assert_eq!(store.assets(None, 9)?, [(id("a"), Commit(2))]);
    assert_eq!(changes(store, "a", 1)?, [Change::Erased(x.fused_key())]);
    store.apply(&[update("a", 2, 3, std::slice::from_ref(&x))], &[])?;
    assert_eq!(all(store, "a")?, [x]);
    Ok(())
}

/// Nothing but what was erased is lost.
pub fn a_purged_and_a_cleared_store_go_on(store: &dyn TimelineStore) -> Result<()> {
    let (x, y) = (annotation("a", "x", 1, "l"), annotation("a", "y", 2, "l"));
    store.apply(&[update("a", 0, 1, &[x.clone(), y.clone()])], &[watermark(1)])?;
    let mut gone = update("a", 1, 2, &[]);
    gone.step.changes = vec![Change::Erased(x.fused_key())];
    store.apply(&[gone], &[])?;
    let before = (store.content_digest(&id("a"))?, store.outbox(0, 9)?);
    store.purge()?;
    store.purge()?;
    assert_eq!((store.content_digest(&id("a"))?, store.outbox(0, 9)?), before);
    store.apply(&[update("a", 2, 3, std::slice::from_ref(&x))], &[])?;
    assert_eq!(all(store, "a")?, [x, y.clone()]);
    store.clear()?;
    an_empty_store_answers_with_nothing(store)?;
    store.apply(&[update("a", 0, 1, std::slice::from_ref(&y))], &[])?;
    assert_eq!(all(store, "a")?, [y]);
    Ok(())
}
