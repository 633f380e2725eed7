//! A store whose files were damaged says so, whatever was done to them, and is left as it was found.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rushes_store::prelude::*;
use rushes_store::{AppendMode, EmbeddedStore, OnDamage, StoreGuard, StoreOptions};
use rushes_testkit::import_suite::headers;
use rushes_testkit::store_suite::{asset, current, lines};
use rushes_types::{Commit, Error, ErrorKind, Result};
use tempfile::TempDir;

pub const IDENTITY: u128 = 7;

pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn store(&self) -> PathBuf {
        self.0.path().join("store")
    }

    fn chain(&self) -> PathBuf {
        self.0.path().join("store.chain")
    }

    pub fn open_as(&self, identity: u128, on_damage: OnDamage) -> Result<EmbeddedStore> {
        let guard = StoreGuard {
            chain: self.chain(),
            identity,
            now_ms: || 1_790_000_000_000,
            show_time: |ms| format!("<{ms}>"),
            on_damage,
            read_headers: |_, _, _, block| Ok(headers(block)),
        };
        EmbeddedStore::open(&self.store(), StoreOptions { guard: Some(guard), ..StoreOptions::default() })
    }

    pub fn open(&self) -> Result<EmbeddedStore> {
        self.open_as(IDENTITY, OnDamage::Refuse)
    }

    /// A store with annotations of two assets: seven changes, the first three of them in table files.
    fn filled() -> Self {
        let place = Self::new();
        let store = place.open().unwrap();
        store.put_assets(&[asset("a"), asset("b")]).unwrap();
        add(&store, "a", "1");
        add(&store, "b", "2");
        store.purge().unwrap();
        for n in ["3", "4", "5", "6"] {
            add(&store, "a", n);
        }
        drop(store);
        place
    }

    /// Every file of the store, with its bytes without the hole at its end.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        walk(&self.store(), &mut |path| {
            let mut bytes = fs::read(path).unwrap();
            bytes.truncate(bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1));
            files.insert(path.to_owned(), bytes);
        });
        files
    }

    pub fn journal(&self) -> PathBuf {
        let mut journals: Vec<PathBuf> =
            self.files().into_keys().filter(|path| path.extension().is_some_and(|e| e == "jnl")).collect();
        journals.pop().unwrap()
    }

    /// Opening is refused, says why, and leaves every file as it was.
    #[track_caller]
    fn is_refused(&self) -> Error {
        let before = self.files();
        let Err(error) = self.open() else { panic!("a damaged store opens") };
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert!(self.files() == before, "files have changed: {error}");
        error
    }
}

fn walk(folder: &Path, each: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, each) } else { each(&path) }
    }
}

pub fn add(store: &EmbeddedStore, on: &str, id: &str) {
    store.append_loose(&[lines(on, "m@1", &[(id, 0, id)])], AppendMode::Partial).unwrap();
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x20;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_store_that_was_closed_or_killed_opens_again() {
    let place = Place::filled();
    let store = place.open().unwrap();
    assert_eq!(current(&store, "a").len(), 5);
    assert!(store.damage().is_none());
    assert_eq!(store.examine(&mut |_| Ok(())).unwrap(), [""; 0]);
    add(&store, "b", "7");
    drop(store);
    assert_eq!(place.open().unwrap().last_commit().unwrap(), Commit(9));
}

#[test]
fn a_journal_that_is_gone_or_empty_or_changed_is_damage_that_names_what_is_missing() {
    type Harm = fn(&Path);
    let harms: [Harm; 4] = [
        |path| fs::remove_file(path).unwrap(),
        |path| fs::write(path, b"").unwrap(),
        |path| flip(path, 40),
        |path| {
            let length = fs::read(path).unwrap().iter().rposition(|b| *b != 0).unwrap();
            fs::File::options().write(true).open(path).unwrap().set_len(length as u64 / 2).unwrap();
        },
    ];
    for harm in harms {
        let place = Place::filled();
        harm(&place.journal());
        let error = place.is_refused();
        // One that fails its checksum is not opened at all; what was acknowledged is known all the same.
        let is_named = error.message().contains("are missing, the first at <1790000000000>: up to commit ");
        assert!(is_named || error.message().contains("7 changes were acknowledged, the last at"), "{error}");
        // Again, and still nothing was changed.
        place.is_refused();
    }
}

#[test]
fn a_table_that_is_lost_is_damage() {
    let place = Place::filled();
    let names: Vec<PathBuf> = place.files().into_keys().filter(|path| path.ends_with("current")).collect();
    assert!(names.len() >= 4, "{names:?}");
    for name in names {
        let place = Place::filled();
        let relative = name.strip_prefix(name.ancestors().nth(3).unwrap()).unwrap();
        fs::remove_file(
            place.store().join("keyspaces").join(relative.strip_prefix("keyspaces").unwrap_or(relative)),
        )
        .unwrap();
        place.is_refused();
    }
}

#[test]
fn a_store_that_is_gone_or_of_another_time_or_of_another_archive_is_damage() {
    let place = Place::filled();
    fs::remove_dir_all(place.store()).unwrap();
    assert!(place.open().is_err_and(|error| error.kind() == ErrorKind::Corrupt));
    // An empty folder is all that this leaves.
    assert!(place.open().is_err());

    let place = Place::filled();
    let old = tempfile::tempdir().unwrap();
    fs::rename(place.store(), old.path().join("store")).unwrap();
    fs::remove_file(place.chain()).unwrap();
    let other = place.open().unwrap();
    (0..3).for_each(|n| add_new(&other, n));
    drop(other);
    fs::remove_dir_all(place.store()).unwrap();
    fs::rename(old.path().join("store"), place.store()).unwrap();
    // More changes than the chain knows, but they do not follow what it acknowledged.
    let error = place.is_refused();
    assert!(error.message().contains("is not the one that was acknowledged"), "{error}");

    let place = Place::filled();
    let Err(error) = place.open_as(IDENTITY + 1, OnDamage::Refuse) else { panic!("it opens") };
    assert!(error.message().contains("belong to another archive"), "{error}");
}

fn add_new(store: &EmbeddedStore, n: usize) {
    store.put_assets(&[asset("a"), asset("b")]).unwrap();
    add(store, "a", &format!("new {n}"));
}

#[test]
fn a_chain_that_is_lost_or_cut_or_changed_begins_again_or_goes_on() {
    type Harm = fn(&Path);
    let harms: [Harm; 6] = [
        |path| fs::remove_file(path).unwrap(),
        |path| fs::write(path, b"").unwrap(),
        |path| flip(path, 3),
        |path| flip(path, 20),
        |path| flip(path, fs::read(path).unwrap().len() - 30),
        |path| {
            let length = fs::metadata(path).unwrap().len();
            fs::File::options().write(true).open(path).unwrap().set_len(length - 10).unwrap();
        },
    ];
    for (n, harm) in harms.into_iter().enumerate() {
        let place = Place::filled();
        harm(&place.chain());
        let store = place.open().unwrap_or_else(|error| panic!("{n}: {error}"));
        assert_eq!(current(&store, "a").len(), 5, "{n}");
        add(&store, "a", "9");
        assert_eq!(store.examine(&mut |_| Ok(())).unwrap(), [""; 0], "{n}");
        drop(store);
        // It guards again.
        assert_eq!(current(&place.open().unwrap(), "a").len(), 6, "{n}");
        fs::write(place.journal(), b"").unwrap();
        place.is_refused();
    }
}

#[test]
fn a_changed_record_in_the_middle_of_a_chain_is_found_by_examining() {
    let place = Place::filled();
    flip(&place.chain(), 100);
    let store = place.open().unwrap();
    assert_eq!(store.examine(&mut |_| Ok(())).unwrap().len(), 1);
}

#[test]
fn a_damaged_store_can_be_read_and_is_left_as_it_is() {
    let place = Place::filled();
    fs::write(place.journal(), b"").unwrap();
    let before = place.files();
    let store = place.open_as(IDENTITY, OnDamage::ReadOnly).unwrap();
    assert_eq!(current(&store, "a").len(), 1, "what was in table files");
    assert!(store.damage().is_some());
    assert!(!store.examine(&mut |_| Ok(())).unwrap().is_empty());
    assert!(store.append_loose(&[lines("a", "m@1", &[("8", 0, "x")])], AppendMode::Partial).is_err());
    drop(store);
    assert!(place.open().is_err());
    assert!(place.files() == before);
    place.is_refused();
}

#[test]
fn a_damaged_store_that_is_taken_as_it_is_goes_on_and_gives_no_number_twice() {
    let place = Place::filled();
    let last = Commit(8);
    fs::write(place.journal(), b"").unwrap();
    let before = place.files();
    let store = place.open_as(IDENTITY, OnDamage::Accept).unwrap();
    assert!(store.damage().is_none());
    // Numbers that are left out are told of with the last row before them.
    let page = store.outbox(0, 100).unwrap();
    assert!(!page.rows.is_empty());
    assert_eq!(page.watermark, Some(store.settled().unwrap()));
    let receipt = store.append_loose(&[lines("a", "m@1", &[("3", 0, "3")])], AppendMode::Partial).unwrap();
    assert!(receipt.commit.unwrap() > last, "{receipt:?}");
    assert_eq!(store.examine(&mut |_| Ok(())).unwrap(), [""; 0]);
    drop(store);
    assert_eq!(current(&place.open().unwrap(), "a").len(), 2);
    let kept: Vec<PathBuf> = fs::read_dir(place.0.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("store.damaged-"))
        .collect();
    assert_eq!(kept.len(), 1);
    for (path, bytes) in before {
        let copy = kept[0].join(path.strip_prefix(place.store()).unwrap());
        let mut there = fs::read(copy).unwrap();
        there.truncate(there.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1));
        assert!(there == bytes, "{}", path.display());
    }
}

#[test]
fn a_store_that_is_taken_over_without_its_journals_keeps_what_comes_then() {
    type Harm = fn(&Path);
    let harms: [Harm; 2] = [|path| flip(path, 40), |path| fs::remove_file(path).unwrap()];
    for harm in harms {
        let place = Place::filled();
        harm(&place.journal());
        let store = place.open_as(IDENTITY, OnDamage::Accept).unwrap();
        for (n, id) in ["8", "9"].iter().enumerate() {
            add(&store, "a", id);
            assert_eq!(current(&store, "a").len(), n + 2);
        }
        drop(store);
        for n in 3..5 {
            let store = place.open().unwrap();
            assert_eq!(current(&store, "a").len(), n);
            add(&store, "a", &format!("later {n}"));
            assert_eq!(store.examine(&mut |_| Ok(())).unwrap(), [""; 0]);
        }
    }
}

#[test]
fn what_is_held_of_an_opening_before_the_system_went_down_counts_for_nothing() {
    let place = Place::filled();
    let held = place.0.path().join("store.held");
    crate::faults::copy_as_after_a_crash(&place.store(), &held);
    let store = place.open().unwrap();
    assert!(!held.exists());
    drop(store);
    // Of this boot it goes back in place; what came after it is then missing, and said to be.
    crate::faults::copy_as_after_a_crash(&place.store(), &held);
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    add(&place.open().unwrap(), "a", "7");
    crate::faults::copy_as_after_a_crash(&place.store(), &held);
    fs::write(place.0.path().join("store.held-boot"), boot.trim()).unwrap();
    assert_eq!(current(&place.open().unwrap(), "a").len(), 6);
}

#[test]
fn what_is_put_back_outlasts_a_power_cut_before_it_is_in_place() {
    let place = Place::filled();
    fs::write(place.journal(), b"").unwrap();
    // Read only, it leaves what was held; a power cut comes when the folder is out of the way.
    drop(place.open_as(IDENTITY, OnDamage::ReadOnly).unwrap());
    let boot = fs::read_to_string(place.0.path().join("store.held-boot")).unwrap();
    assert_eq!(boot, "synced");
    fs::rename(place.store(), place.0.path().join("store.replaced")).unwrap();
    assert!(place.open().is_err_and(|error| error.message().contains("are missing")));
    assert_eq!(current(&place.open_as(IDENTITY, OnDamage::ReadOnly).unwrap(), "a").len(), 1);
}

#[test]
fn a_store_that_another_process_has_open_is_left_alone() {
    let place = Place::filled();
    let store = place.open().unwrap();
    let before = place.files();
    assert!(place.open().is_err_and(|error| error.kind() == ErrorKind::Busy));
    assert!(place.files() == before);
    add(&store, "a", "7");
    drop(store);
    assert_eq!(current(&place.open().unwrap(), "a").len(), 6);
}

#[test]
fn a_crash_at_any_moment_is_no_damage() {
    let place = Place::new();
    let copies = tempfile::tempdir().unwrap();
    let store = place.open().unwrap();
    store.put_assets(&[asset("a")]).unwrap();
    for n in 0..6 {
        add(&store, "a", &format!("{n}"));
        // What a crash leaves; without the last records of the chain too, which come after the tables.
        let copy = Place(tempfile::tempdir_in(copies.path()).unwrap());
        crate::faults::copy_as_after_a_crash(&place.store(), &copy.store());
        let chain = fs::read(place.chain()).unwrap();
        for cut in [0, 1, 40, 70, 100] {
            fs::write(copy.chain(), &chain[..chain.len() - cut]).unwrap();
            let again = copy.open().unwrap_or_else(|error| panic!("{n} {cut}: {error}"));
            assert_eq!(current(&again, "a").len(), n + 1, "{n} {cut}");
        }
    }
}
