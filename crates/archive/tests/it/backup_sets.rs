//! Sets of backups: what did not change is kept once, old ones go, a commit is found again, and a schedule makes them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rushes_archive::{
    Archive, BackupReport, BackupRequest, BackupSchedule, Caller, NoProgress, OpenOptions, RestoreRequest,
    restore, verify_backups,
};
use rushes_types::ErrorKind;
use tempfile::TempDir;

use crate::backups::{found, joey, opened};
use crate::flow::Open;

/// Long enough for anything on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn into_set(open: &Open, keep: Option<usize>) -> BackupReport {
    let set = open.dir.path().join("set");
    open.archive.backup(&open.caller, &BackupRequest::set(&set, keep), &NoProgress).unwrap()
}

/// Lines enough for a table file of some size.
fn many(asset: &str) -> String {
    (0..400).map(|n| joey(asset, n)).collect()
}

fn tables(report: &BackupReport) -> Vec<PathBuf> {
    let tables = report.list.files.iter().filter(|f| f.path.contains("/tables/") && f.bytes > 4096);
    tables.map(|file| report.path.join(&file.path)).collect()
}

#[test]
fn the_second_backup_of_a_set_keeps_once_what_did_not_change() {
    let open = Open::new();
    open.ingest(&many("e1"));
    open.archive.engines().store.purge().unwrap();
    let first = into_set(&open, None);
    assert_eq!(first.linked, 0);
    open.ingest(&joey("e2", 1));
    let second = into_set(&open, None);
    assert!(second.linked > 0 && second.written < first.written, "{} {}", second.written, first.written);
    let tables = tables(&second);
    assert!(!tables.is_empty());
    for table in &tables {
        assert_eq!(fs::metadata(table).unwrap().nlink(), 2, "{}", table.display());
    }
    for check in verify_backups(&open.dir.path().join("set"), &NoProgress).unwrap() {
        assert_eq!(check.problems, Vec::<String>::new());
    }
    // The older one goes, and the newer one is whole.
    fs::remove_dir_all(&first.path).unwrap();
    let copy = open.dir.path().join("copy");
    restore(&RestoreRequest::new(&second.path, &copy), &NoProgress).unwrap();
    assert_eq!(found(&opened(&copy)), found(&open));
    // A restored archive shares no file with the backup.
    assert_eq!(fs::metadata(&tables[0]).unwrap().nlink(), 1);
}

#[test]
fn a_damaged_file_of_the_backup_before_is_not_handed_on() {
    let open = Open::new();
    open.ingest(&many("e1"));
    open.archive.engines().store.purge().unwrap();
    let first = into_set(&open, None);
    let table = tables(&first).remove(0);
    let mut bytes = fs::read(&table).unwrap();
    bytes[100] ^= 1;
    fs::write(&table, &bytes).unwrap();
    let second = into_set(&open, None);
    let checks = verify_backups(&open.dir.path().join("set"), &NoProgress).unwrap();
    assert_eq!(checks.iter().map(|check| check.problem_count).collect::<Vec<_>>(), [1, 0], "{checks:?}");
    restore(&RestoreRequest::new(&second.path, &open.dir.path().join("copy")), &NoProgress).unwrap();
}

#[test]
fn only_the_newest_stay_and_what_was_interrupted_goes() {
    let open = Open::new();
    open.ingest(&joey("e1", 1));
    let set = open.dir.path().join("set");
    let first = into_set(&open, Some(2));
    let half = set.join("20240229T000000Z-1.partial");
    fs::create_dir_all(half.join("store")).unwrap();
    fs::create_dir(set.join("20240229T000000Z-1.removed")).unwrap();
    fs::write(set.join("notes.txt"), "mine").unwrap();
    for _ in 0..3 {
        open.ingest(&joey("e1", 20));
        into_set(&open, Some(2));
    }
    assert!(!first.path.exists() && !half.exists());
    let mut names: Vec<String> =
        fs::read_dir(&set).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!(names[2..], ["notes.txt", "set.lock"]);
}

#[test]
fn two_archives_share_a_set_and_neither_removes_the_others_backups() {
    let (one, two) = (Open::new(), Open::new());
    one.ingest(&joey("e1", 1));
    let set = one.dir.path().join("set");
    for open in [&one, &two, &two, &one] {
        let request = BackupRequest::set(&set, Some(1));
        open.archive.backup(&open.caller, &request, &NoProgress).unwrap();
    }
    assert_eq!(verify_backups(&set, &NoProgress).unwrap().len(), 2);
    let to = one.dir.path().join("to");
    let error = restore(&RestoreRequest::new(&set, &to), &NoProgress).unwrap_err();
    assert!(error.message().contains("several archives"), "{error}");
}

#[test]
fn a_set_is_restored_to_the_commit_that_is_asked_for() {
    let open = Open::new();
    let mut commits = Vec::new();
    for asset in ["e1", "e2", "e3"] {
        open.ingest(&joey(asset, 1));
        open.ingest(&joey(asset, 50));
        commits.push(into_set(&open, None).list.commit);
    }
    let set = open.dir.path().join("set");
    let at = |name: &str, commit: Option<u64>| {
        let to = open.dir.path().join(name);
        let report = restore(&RestoreRequest { at: commit, ..RestoreRequest::new(&set, &to) }, &NoProgress);
        report.map(|r| (found(&opened(&to)).len(), r.content.commit, r.warnings.join("\n")))
    };
    assert_eq!(at("newest", None).unwrap(), (6, commits[2], String::new()));
    assert_eq!(at("exact", Some(commits[0])).unwrap(), (2, commits[0], String::new()));
    assert_eq!(at("between", Some(commits[2] - 1)).unwrap(), (5, commits[2] - 1, String::new()));
    // Before the first backup, and from one backup alone.
    assert_eq!(at("early", Some(commits[0] - 1)).unwrap(), (1, commits[0] - 1, String::new()));
    let newest =
        restore(&RestoreRequest::new(&set, &open.dir.path().join("again")), &NoProgress).unwrap().from;
    let one = RestoreRequest { at: Some(2), ..RestoreRequest::new(&newest, &open.dir.path().join("one")) };
    assert_eq!(restore(&one, &NoProgress).unwrap().content.commit, 2);
    fs::write(newest.join("backup.json"), "{}").unwrap();
    let (_, commit, said) = at("passed", None).unwrap();
    assert_eq!(commit, commits[1]);
    assert!(said.contains("passed over") && said.contains(newest.to_str().unwrap()), "{said}");
    let late = at("late", Some(commits[2])).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::NotFound);
    assert!(late.message().contains(&format!("`--at {}`", commits[1])), "{late}");
    assert!(!open.dir.path().join("late").exists());
}

fn scheduled(dir: &Path, to: &Path, every: Duration) -> Open {
    let schedule = BackupSchedule {
        every,
        to: to.to_owned(),
        keep: 2,
        with_tokens: false,
        with_config: false,
        runs_here: true,
    };
    let options = OpenOptions { backups: Some(schedule), ..OpenOptions::default() };
    let archive = Archive::open(dir, options).unwrap();
    Open { archive, caller: Caller::local(), dir: TempDir::new().unwrap() }
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{what} never");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_schedule_makes_backups_by_itself_and_status_says_how_they_fare() {
    let dir = TempDir::new().unwrap();
    let (path, set) = (dir.path().join("a"), dir.path().join("set"));
    let open = scheduled(&path, &set, Duration::from_secs(3600));
    open.ingest(&joey("e1", 1));
    let status = |open: &Open| open.archive.status().unwrap().backups.unwrap();
    wait_until("a backup", || status(&open).last.is_some());
    let first = status(&open).last.unwrap();
    assert_eq!((status(&open).error, status(&open).failures), (None, 0));
    assert!(first.path.starts_with(&set));
    // An archive that is opened again knows the one that is there: none is due.
    drop(open);
    let open = scheduled(&path, &set, Duration::from_secs(3600));
    wait_until("the last one", || status(&open).last.is_some());
    assert_eq!(status(&open).last.unwrap(), first);
    assert!(status(&open).age.unwrap() < Duration::from_secs(3600));
    // A backup that is asked for is made beside it.
    let request = BackupRequest::set(&set, None);
    open.archive.backup(&open.caller, &request, &NoProgress).unwrap();
    assert_eq!(verify_backups(&set, &NoProgress).unwrap().len(), 2);
}

#[test]
fn a_scheduled_backup_that_fails_is_said_and_stops_nothing() {
    let dir = TempDir::new().unwrap();
    let taken = dir.path().join("taken");
    fs::write(&taken, "a file").unwrap();
    let open = scheduled(&dir.path().join("a"), &taken, Duration::from_secs(3600));
    let status = || open.archive.status().unwrap().backups.unwrap();
    wait_until("a failure", || status().error.is_some());
    assert!(status().error.unwrap().contains("taken"));
    assert_eq!((status().failures, status().last), (1, None));
    open.ingest(&joey("e1", 1));
    assert_eq!(found(&open).len(), 1);
    open.verify_clean();
}

/// Many write while backups are made: each backup holds a beginning of what was acknowledged.
#[test]
fn backups_under_writers_hold_what_was_acknowledged_before_them() {
    let open = Arc::new(Open::new());
    open.ingest(&joey("e0", 1));
    let over = AtomicBool::new(false);
    let set = open.dir.path().join("set");
    let reports: Vec<(u64, BackupReport)> = std::thread::scope(|scope| {
        for writer in 0..3 {
            let (open, over) = (&open, &over);
            scope.spawn(move || {
                for n in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    open.archive
                        .ingest(
                            &open.caller,
                            rushes_archive::Body::Lines(joey(&format!("w{writer}"), n).as_bytes()),
                            &rushes_archive::IngestOptions::default(),
                        )
                        .unwrap();
                }
            });
        }
        let reports = (0..4)
            .map(|_| {
                let before = open.archive.status().unwrap().last_commit.0;
                (
                    before,
                    open.archive.backup(&open.caller, &BackupRequest::set(&set, None), &NoProgress).unwrap(),
                )
            })
            .collect();
        over.store(true, Ordering::Relaxed);
        reports
    });
    for (n, (before, report)) in reports.iter().enumerate() {
        assert!(report.list.commit >= *before);
        let to = open.dir.path().join(format!("restored-{n}"));
        // The counts and the last commit of the restored store are compared within.
        let restored = restore(&RestoreRequest::new(&report.path, &to), &NoProgress).unwrap();
        assert_eq!(restored.content, report.list.content());
    }
}
