//! What is on the disk: crashes, broken files, erased bytes.

use std::path::{Path, PathBuf};

use rushes_index::{Budget, EmbeddedIndex, EmbeddedOptions, Index};
use rushes_plan::{Filter, Test};
use rushes_testkit::index_suite::{
    IndexFixture, SECOND, asset_id, clause, current, label, labelled, line, put, update, vectored,
};
use rushes_types::{Change, Commit, ErrorKind, Validity, limits::READ_POINT_SECONDS};

use crate::fixtures::Embedded;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    all.sort();
    all
}

fn holds(folder: &Path, marker: &str) -> bool {
    files(folder).iter().any(|file| {
        let bytes = std::fs::read(file).unwrap();
        bytes.windows(marker.len()).any(|window| window == marker.as_bytes())
    })
}

fn count(index: &dyn Index) -> usize {
    index
        .reader(None)
        .unwrap()
        .hits(&clause(Test::Any), &Filter::default(), Budget::of_maintenance())
        .unwrap()
        .hits
        .len()
}

#[test]
fn erased_bytes_are_gone_after_a_purge() {
    let fixture = Embedded::new();
    let index = fixture.index();
    let secret = current(line("a", "1", 1, "sesame qxzmark words"), 1);
    let stays = current(line("a", "2", 2, "open door"), 1);
    let mut whole = current(labelled("b", "3", 1, "Qxzname"), 1);
    whole.annotation.attributes.insert("qxzattr".to_owned(), rushes_types::Value::Null);
    let mut titled = update("b", 0, 1, vec![put(&whole)]);
    if let Some(document) = &mut titled.document {
        document.asset.title = Some("qxztitle".to_owned());
    }
    index.apply(&[update("a", 0, 1, vec![put(&secret), put(&stays)]), titled]).unwrap();
    index.publish(Commit(1)).unwrap();
    for marker in ["qxzmark", "Qxzname", "qxzattr", "qxztitle"] {
        assert!(holds(fixture.folder.path(), marker), "{marker}");
    }
    let gone = rushes_index::AssetUpdate { document: None, ..update("b", 1, 2, Vec::new()) };
    index.apply(&[update("a", 1, 2, vec![Change::Erased(secret.fused_key())]), gone]).unwrap();
    index.publish(Commit(2)).unwrap();
    assert_eq!(count(index), 1);
    index.purge().unwrap();
    // Dictionaries spell their keys backwards.
    for marker in ["qxz", "kramzxq", "emanzxq"] {
        assert!(!holds(fixture.folder.path(), marker), "{marker}");
    }
    assert!(!holds(fixture.folder.path(), "Qxz"));
    assert!(holds(fixture.folder.path(), "open"));
    assert_eq!(count(index), 1);
}

#[test]
fn what_no_read_point_sees_is_dropped_when_segments_are_joined() {
    let fixture = Embedded::new();
    let index = fixture.index();
    for commit in 1..=8_u64 {
        let mut changes = vec![put(&current(labelled("a", &commit.to_string(), 1, "Joey"), commit))];
        if commit > 1 {
            let mut old = current(labelled("a", &(commit - 1).to_string(), 1, "Joey"), commit - 1);
            (old.validities[0].died, old.kept) = (Commit(commit), false);
            changes.push(put(&old));
        }
        index.apply(&[update("a", commit - 1, commit, changes)]).unwrap();
        index.publish(Commit(commit)).unwrap();
    }
    fixture.pass(READ_POINT_SECONDS + 1);
    while index.maintain().unwrap() {}
    assert_eq!(index.counts().unwrap().entries, 1);
    assert_eq!(count(index), 1);
}

/// Purging and merging write what is published: a reader learns nothing of later changes, and their publish, or their
/// repetition after a restart, brings them.
#[test]
fn a_rewritten_segment_tells_nothing_that_is_not_published() {
    let settlings: [fn(&dyn Index); 2] =
        [|index| assert!(index.purge().unwrap()), |index| while index.maintain().unwrap() {}];
    for (settle, restarts) in settlings.iter().flat_map(|settle| [(settle, false), (settle, true)]) {
        let mut fixture = Embedded::new();
        let [mut ends, mut hidden, mut restored, mut pinned, gone] =
            ["ends", "hidden", "restored", "pinned", "gone"]
                .map(|id| current(labelled("a", id, 1, "Joey"), 1));
        let first = [&ends, &hidden, &restored, &pinned, &gone].map(put).to_vec();
        fixture.index().apply(&[update("a", 0, 1, first)]).unwrap();
        fixture.index().publish(Commit(1)).unwrap();
        for old in [&mut restored, &mut pinned] {
            (old.validities[0].died, old.kept) = (Commit(2), false);
        }
        let second = vec![put(&restored), put(&pinned), Change::Erased(gone.fused_key())];
        fixture.index().apply(&[update("a", 1, 2, second)]).unwrap();
        fixture.index().publish(Commit(2)).unwrap();
        fixture.pass(READ_POINT_SECONDS + 1);

        let wanted = ["ends", "hidden", "restored", "pinned", "gone"];
        let told = |index: &dyn Index| {
            let reader = index.reader(None).unwrap();
            wanted.map(|id| reader.find(&asset_id("a"), id, Budget::of_maintenance()).unwrap())
        };
        let published = [Some(ends.clone()), Some(hidden.clone()), None, None, None];
        assert_eq!(told(fixture.index()), published);
        ends.validities[0].died = Commit(3);
        (hidden.validities[0].died, hidden.kept) = (Commit(3), false);
        restored.validities.push(Validity::from(Commit(3)));
        pinned.kept = true;
        let third = update("a", 2, 3, [&ends, &hidden, &restored, &pinned].map(put).to_vec());
        fixture.index().apply(std::slice::from_ref(&third)).unwrap();
        settle(fixture.index());
        assert_eq!(fixture.index().counts().unwrap().entries, 4, "what is erased is left out");
        assert_eq!(told(fixture.index()), published);
        if restarts {
            fixture.reopen();
            assert_eq!(told(fixture.index()), published);
            fixture.index().apply(&[third]).unwrap();
        }
        fixture.index().publish(Commit(3)).unwrap();
        assert_eq!(told(fixture.index()), [Some(ends), None, Some(restored), Some(pinned), None]);
    }
}

/// A copy of the folder as a crash would leave it after some of the files of a publish.
#[test]
fn a_crash_in_the_middle_of_a_publish_leaves_the_publish_before() {
    let mut fixture = Embedded::new();
    let first = current(labelled("a", "1", 1, "Joey"), 1);
    fixture.index().apply(&[update("a", 0, 1, vec![put(&first)])]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
    fixture.close();
    let before = tempfile::tempdir().unwrap();
    for file in files(fixture.folder.path()) {
        std::fs::copy(&file, before.path().join(file.file_name().unwrap())).unwrap();
    }
    fixture.reopen();
    let mut ended = first.clone();
    ended.validities[0].died = Commit(2);
    let second = current(vectored("a", "2", 2, &[1.0, 2.0]), 2);
    let third = current(vectored("b", "3", 2, &[1.0, 2.0]), 2);
    let updates = [update("a", 1, 2, vec![put(&ended), put(&second)]), update("b", 0, 2, vec![put(&third)])];
    fixture.index().apply(&updates).unwrap();
    fixture.index().publish(Commit(2)).unwrap();
    fixture.close();
    let new: Vec<_> = files(fixture.folder.path())
        .into_iter()
        .filter(|file| !before.path().join(file.file_name().unwrap()).exists())
        .collect();
    assert_eq!(new.len(), 2, "a segment and the lives of the other: {new:?}");
    // Each kill point: nothing, a part of each file, all files; the manifest is the old one.
    for (whole, part) in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)] {
        let crashed = tempfile::tempdir().unwrap();
        for file in files(before.path()) {
            std::fs::copy(&file, crashed.path().join(file.file_name().unwrap())).unwrap();
        }
        for (at, file) in new.iter().enumerate().take(whole + part) {
            let bytes = std::fs::read(file).unwrap();
            let bytes = if at < whole { &bytes[..] } else { &bytes[..bytes.len() / 2] };
            std::fs::write(crashed.path().join(file.file_name().unwrap()), bytes).unwrap();
        }
        std::fs::write(crashed.path().join("manifest.tmp"), b"half").unwrap();
        let index = EmbeddedIndex::open(crashed.path(), fixture.options()).unwrap();
        assert_eq!(index.progress(&asset_id("a")).unwrap(), Commit(1));
        assert_eq!(count(&index), 1);
        assert_eq!(files(crashed.path()).len(), 2, "what the manifest does not name is removed");
        index.apply(&updates).unwrap();
        index.publish(Commit(2)).unwrap();
        assert_eq!(count(&index), 2);
    }
}

#[test]
fn a_broken_file_is_named_with_the_mend() {
    let mut fixture = Embedded::new();
    let all = [
        labelled("a", "1", 1, "Joey"),
        line("a", "2", 2, "how you doin"),
        vectored("a", "3", 3, &[1.0, 2.0]),
    ];
    let changes = all.into_iter().map(|annotation| put(&current(annotation, 1))).collect();
    fixture.index().apply(&[update("a", 0, 1, changes)]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
    fixture.close();
    for file in files(fixture.folder.path()) {
        let sound = std::fs::read(&file).unwrap();
        for at in (0..sound.len()).step_by(7) {
            let mut broken = sound.clone();
            broken[at] ^= 0x41;
            std::fs::write(&file, &broken).unwrap();
            let opened = EmbeddedIndex::open(fixture.folder.path(), fixture.options());
            let found = opened.and_then(|index| {
                let reader = index.reader(None)?;
                reader.hits(&clause(Test::Any), &Filter::default(), Budget::of_maintenance())?;
                reader.hits(&label(&["joey"]), &Filter::default(), Budget::of_maintenance())?;
                index.verify()
            });
            // Bytes between sections belong to nothing.
            if let Err(error) = found {
                assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
                assert!(error.message().contains("rushes rebuild"), "{error}");
            }
        }
        for length in (0..sound.len()).step_by(sound.len() / 16 + 1) {
            std::fs::write(&file, &sound[..length]).unwrap();
            let opened = EmbeddedIndex::open(fixture.folder.path(), fixture.options());
            assert_eq!(opened.map(|_| ()).unwrap_err().kind(), ErrorKind::Corrupt);
        }
        std::fs::write(&file, &sound).unwrap();
    }
    fixture.reopen();
    assert_eq!(count(fixture.index()), 3);
}

#[test]
fn an_index_of_other_rules_is_refused_and_recreated() {
    let mut fixture = Embedded::new();
    let joey = current(labelled("a", "1", 1, "Joey"), 1);
    fixture.index().apply(&[update("a", 0, 1, vec![put(&joey)])]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
    fixture.close();
    let other = || EmbeddedOptions { analyzer_name: "lemmas 2".to_owned(), ..fixture.options() };
    let refused = EmbeddedIndex::open(fixture.folder.path(), other()).map(|_| ()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    assert!(refused.message().contains("rushes rebuild"), "{refused}");
    let fresh = EmbeddedIndex::recreate(fixture.folder.path(), other()).unwrap();
    assert_eq!((fresh.counts().unwrap().segments, count(&fresh)), (0, 0));
    assert!(files(fixture.folder.path()).is_empty());
}

#[test]
fn readers_outlive_the_files_they_read() {
    let fixture = Embedded::new();
    let index = fixture.index();
    for commit in 1..=8_u64 {
        let at = i64::try_from(commit).unwrap();
        let joey = current(labelled("a", &commit.to_string(), at, "Joey"), commit);
        index.apply(&[update("a", commit - 1, commit, vec![put(&joey)])]).unwrap();
        index.publish(Commit(commit)).unwrap();
    }
    let reader = index.reader(None).unwrap();
    while index.maintain().unwrap() {}
    index.clear().unwrap();
    let hits = reader.hits(&label(&["joey"]), &Filter::default(), Budget::of_maintenance()).unwrap().hits;
    assert_eq!(hits.len(), 8);
    assert_eq!(hits[7].range.start_ns(), 8 * SECOND);
}
