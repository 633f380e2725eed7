//! A backup holds what was there when it began, though clients and compaction go on while it is copied.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use rushes_archive::{
    Archive, BackupRequest, Body, Caller, IngestMode, IngestOptions, NoProgress, OpenOptions, Progress,
    RestoreRequest, restore,
};
use tempfile::TempDir;

use crate::flow::{Open, line};

const STAGED: &str = "backup.staged";

pub fn joey(asset: &str, start_s: i64) -> String {
    line(asset, "faces@1", "CHARACTER_SEARCH", "Joey", start_s, start_s + 2)
}

pub fn found(open: &Open) -> Vec<(String, i64, i64)> {
    open.search(&serde_json::json!({"all": [{"type": "CHARACTER_SEARCH", "label": "joey"}], "limit": 100}))
}

pub fn opened(dir: &Path) -> Open {
    let archive = Archive::open(dir, OpenOptions::default()).unwrap();
    let open = Open { archive, caller: Caller::local(), dir: TempDir::new().unwrap() };
    open.catch_up();
    open
}

/// When the first file is copied, a client commits, and the store rewrites all its files.
struct Busy {
    archive: Arc<Archive>,
    begun: AtomicBool,
}

impl Progress for Busy {
    fn set(&self, what: &str, _: u64, _: Option<u64>) {
        if what != "bytes backed up" || self.begun.swap(true, Ordering::SeqCst) {
            return;
        }
        let (archive, (say, done)) = (Arc::clone(&self.archive), mpsc::channel());
        std::thread::spawn(move || {
            let options = IngestOptions { mode: IngestMode::Replace, ..IngestOptions::default() };
            let lines = joey("e1", 50) + &joey("late", 50);
            archive.ingest(&Caller::local(), Body::Lines(lines.as_bytes()), &options).unwrap();
            archive.engines().store.purge().unwrap();
            say.send(()).unwrap();
        });
        assert!(done.recv_timeout(Duration::from_secs(30)).is_ok(), "a client waits until all is copied");
    }

    fn cancelled(&self) -> bool {
        false
    }
}

#[test]
fn clients_and_compaction_go_on_while_a_backup_is_copied_and_it_holds_what_was_there() {
    let open = Open::new();
    for asset in ["e1", "e2", "e3"] {
        open.ingest(&(joey(asset, 1) + &joey(asset, 10)));
    }
    // Some in table files, some only in the journal.
    open.archive.engines().store.purge().unwrap();
    open.ingest(&joey("e4", 1));
    let (before, commit) = (found(&open), open.archive.status().unwrap().last_commit);
    assert_eq!(before.len(), 7);
    let (backup, copy) = (open.dir.path().join("backup"), open.dir.path().join("copy"));
    let busy = Busy { archive: Arc::clone(&open.archive), begun: AtomicBool::new(false) };
    let report = open.archive.backup(&open.caller, &BackupRequest::folder(&backup), &busy).unwrap();
    assert!(busy.begun.load(Ordering::SeqCst));
    assert_eq!(report.list.commit, commit.0);
    assert!(!open.archive.dir().join(STAGED).exists());
    let tables = report.list.files.iter().filter(|file| file.path.contains("/tables/")).count();
    assert!(tables > 0, "{report:?}");
    open.catch_up();
    assert_eq!(found(&open).len(), 7);
    assert_ne!(found(&open), before);
    open.verify_clean();
    restore(&RestoreRequest::new(&backup, &copy), &NoProgress).unwrap();
    let restored = opened(&copy);
    assert_eq!(found(&restored), before);
    assert_eq!(restored.archive.status().unwrap().last_commit, commit);
    restored.verify_clean();
    // It goes on by itself: the next commit is the next number.
    restored.ingest(&joey("e5", 1));
    assert_eq!(restored.archive.status().unwrap().last_commit.0, commit.0 + 2);
    restored.verify_clean();
}

#[test]
fn a_backup_in_a_folder_that_is_taken_is_refused_and_leaves_nothing() {
    let open = Open::new();
    open.ingest(&joey("e1", 1));
    let backup = open.dir.path().join("backup");
    let request = BackupRequest::folder(&backup);
    open.archive.backup(&open.caller, &request, &NoProgress).unwrap();
    let refused = open.archive.backup(&open.caller, &request, &NoProgress).unwrap_err();
    assert_eq!(refused.kind(), rushes_types::ErrorKind::Conflict);
    assert!(!open.archive.dir().join(STAGED).exists());
    open.ingest(&joey("e2", 1));
}

#[test]
fn what_a_killed_backup_has_staged_goes_when_the_archive_is_opened() {
    let open = Open::new();
    open.ingest(&joey("e1", 1));
    let dir = open.archive.dir().to_owned();
    open.archive.close();
    let Open { archive, dir: folder, .. } = open;
    drop(archive);
    std::fs::create_dir_all(dir.join(STAGED).join("store")).unwrap();
    std::fs::write(dir.join(STAGED).join("store/0.jnl"), "kitchen").unwrap();
    let open = opened(&dir);
    assert!(!dir.join(STAGED).exists());
    assert_eq!(found(&open).len(), 1);
    drop(folder);
}
