//! Bins go where the archive goes, and what is erased is in none.

use rushes_archive::{
    ArchiveStore, BackupRequest, Caller, EmbeddedEngines, NoProgress, RestoreRequest, restore,
};
use rushes_bins::{Addition, Change};
use rushes_store::EraseTarget;

use crate::migrate::support::{Folders, embedded, fill, id, open};

fn moment(asset: &str) -> Addition {
    Addition {
        asset_id: asset.into(),
        start_ns: 5,
        end_ns: 9,
        note: format!("of {asset}"),
        ..Addition::default()
    }
}

/// What a store keeps of the bin.
fn kept(dir: &std::path::Path, bin: &str) -> Option<(u64, String)> {
    let archive = open(dir);
    let found = archive.engines().store.document("bin", bin).unwrap();
    archive.close();
    drop(archive);
    found.map(|document| (document.version, String::from_utf8(document.bytes).unwrap()))
}

#[test]
fn bins_go_along_in_migrations_and_backups_and_erased_moments_do_not() {
    let folders = Folders::new();
    let first = folders.path("first");
    fill(&first);
    let archive = open(&first);
    let change =
        Change { name: Some("Mara".into()), add: vec![moment("a"), moment("b")], ..Change::default() };
    let bin = archive.make_bin(&Caller::local(), &change).unwrap();
    let gone = archive.make_bin(&Caller::local(), &change).unwrap();
    archive.remove_bin(&Caller::local(), &gone.id, Some(1)).unwrap();
    let backup = folders.path("backup");
    archive.backup(&Caller::local(), &BackupRequest::folder(&backup), &NoProgress).unwrap();
    archive.erase(&Caller::local(), &EraseTarget::Asset(id("a"))).unwrap();
    archive.close();
    drop(archive);
    let (version, text) = kept(&first, &bin.id).unwrap();
    assert_eq!(version, 2);
    assert!(text.contains("of b") && !text.contains("of a"), "{text}");

    let second = folders.path("second");
    let report = embedded(&first, &second).unwrap();
    assert!(report.compared.is_same(), "{report:?}");
    assert_eq!(kept(&second, &bin.id), kept(&first, &bin.id));
    // What differs is found.
    let archive = open(&second);
    archive
        .change_bin(
            &Caller::local(),
            &bin.id,
            None,
            &Change { name: Some("Other".into()), ..Change::default() },
        )
        .unwrap();
    archive.close();
    drop(archive);
    let (source, target) = (
        ArchiveStore::open(&first, &EmbeddedEngines).unwrap(),
        ArchiveStore::open(&second, &EmbeddedEngines).unwrap(),
    );
    let found = rushes_archive::migrate::compare(source.store(), target.store(), 1, &NoProgress).unwrap();
    assert!(!found.is_same(), "{found:?}");
    drop((source, target));

    let third = folders.path("third");
    restore(&RestoreRequest::new(&backup, &third), &NoProgress).unwrap();
    let (version, text) = kept(&third, &bin.id).unwrap();
    assert_eq!(version, 1);
    assert!(text.contains("of a"), "{text}");
}
