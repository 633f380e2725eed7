//! Taking a damaged folder as it is, cut off at each of its steps: what was acknowledged and is missing stays known.

use std::fs;
use std::path::Path;

use rushes_kv::{Folder, OnDamage};
use rushes_types::ErrorKind;

use crate::place::{Place, copy_folder, keys, sync};

/// The highest mark that is acknowledged.
const MARK: u64 = 7;

fn change(folder: &Folder, key: &str, mark: u64) {
    let mut batch = folder.batch();
    batch.insert(0, key, "one");
    batch.insert(1, key, "other");
    folder.write(batch, mark).unwrap();
    sync(folder);
}

/// One change in table files, and a second one, of which `harm` takes something away.
fn damaged(harm: impl Fn(&Place, &Place)) -> Place {
    let place = Place::new();
    let folder = place.open().unwrap();
    change(&folder, "first", 3);
    folder.purge().unwrap();
    let before = place.copy();
    change(&folder, "second", MARK);
    drop(folder);
    harm(&place, &before);
    place
}

fn swap(place: &Place, before: &Place, table: &str) {
    let (ours, theirs) = (place.folder().join(table), before.folder().join(table));
    fs::remove_dir_all(&ours).unwrap();
    copy_folder(&theirs, &ours);
}

fn without_journal() -> Place {
    damaged(|place, _| {
        let (journal, _) = place.journals().pop().unwrap();
        fs::write(journal, b"").unwrap();
    })
}

/// A table is of an earlier time than the others.
fn with_an_old_table() -> Place {
    for table in 0..8 {
        let place = damaged(|place, before| {
            place.open().unwrap().purge().unwrap();
            let table = format!("keyspaces/{table}");
            if place.folder().join(&table).is_dir() && before.folder().join(&table).is_dir() {
                swap(place, before, &table);
            }
        });
        let copy = place.copy();
        if copy.open().is_err_and(|error| error.message().contains("the table `others` holds")) {
            return place;
        }
    }
    panic!("no table can be exchanged for an older one");
}

/// It is damaged, or was taken as it is: never as if nothing were missing. Taken as it is then, it knows what was acknowledged.
fn still_known(place: &Place, step: &str) {
    match place.open() {
        Ok(folder) => assert_eq!(folder.taken_over(), Some(MARK), "{step}"),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{step}: {error}");
            let folder = place.open_as(OnDamage::Accept).unwrap();
            assert_eq!(folder.taken_over(), Some(MARK), "{step}");
        }
    }
    let folder = place.open().unwrap();
    assert_eq!(folder.taken_over(), Some(MARK), "{step}");
    assert!(keys(&folder).iter().any(|key| key == "first"), "{step}");
    change(&folder, "third", MARK + 1);
    drop(folder);
    assert_eq!(place.open().unwrap().taken_over(), None, "{step}");
}

#[test]
fn taking_over_that_is_cut_off_at_any_step_forgets_nothing() {
    for original in [without_journal(), with_an_old_table()] {
        still_known(&original.copy(), "not begun");
        let done = original.copy();
        drop(done.open_as(OnDamage::Accept).unwrap());
        let kept = fs::read_dir(done.folder().parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
        let kept: Vec<_> =
            kept.filter(|path| path.display().to_string().contains("store.damaged-")).collect();
        let [kept] = kept.as_slice() else { panic!("{kept:?}") };
        let keep = |place: &Place| copy_folder(kept, &place.beside(name(kept)));

        let held = original.copy();
        copy_folder(&held.folder(), &held.beside("store.held-part"));
        still_known(&held, "files are being held");

        let place = original.copy();
        keep(&place);
        still_known(&place, "the files as they were found are kept");

        let place = original.copy();
        keep(&place);
        fs::write(place.beside("store.chain.new"), b"half").unwrap();
        still_known(&place, "the chain is being begun");

        let place = original.copy();
        keep(&place);
        fs::copy(done.chain(), place.chain()).unwrap();
        still_known(&place, "the chain is begun, the tables do not say so");

        still_known(&done, "done");
    }
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}
