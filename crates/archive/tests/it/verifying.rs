//! Checks of an archive: the quick one, the one that is made by itself, and what is kept of them.

use std::time::{Duration, Instant};

use rushes_archive::{Archive, NoProgress, OpenOptions};

use crate::flow::{Open, line};

fn filled() -> Open {
    let open = Open::new();
    open.ingest(
        &(line("a", "m@1", "SCENE_SEARCH", "x", 0, 5) + &line("b", "m@1", "SCENE_SEARCH", "y", 1, 6)),
    );
    open
}

#[test]
fn a_quick_check_finds_files_that_are_gone_or_cut() {
    let open = filled();
    assert_eq!(open.archive.verify_quickly(&open.caller).unwrap().problems, [""; 0]);
    assert_eq!(open.archive.verify_quickly(&open.caller).unwrap().assets, 2);
    let index = open.archive.dir().join("index");
    let segment = std::fs::read_dir(&index)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().starts_with("segment-"))
        .unwrap();
    std::fs::rename(&segment, segment.with_extension("away")).unwrap();
    let problems = open.archive.verify_quickly(&open.caller).unwrap().problems;
    assert!(problems.iter().any(|p| p.contains("it is missing")), "{problems:?}");
    std::fs::rename(segment.with_extension("away"), &segment).unwrap();
    assert_eq!(open.archive.verify_quickly(&open.caller).unwrap().problems, [""; 0]);
    // The chain of an earlier time would call every later change unacknowledged; one of another archive is told.
    std::fs::write(open.archive.dir().join("store.chain"), b"").unwrap();
    let problems = open.archive.verify_quickly(&open.caller).unwrap().problems;
    assert!(problems.iter().any(|p| p.contains("chain of changes")), "{problems:?}");
}

#[test]
fn a_check_by_itself_is_kept_and_not_made_again_before_its_time() {
    let open = filled();
    assert_eq!(open.archive.status().unwrap().verify.last, None);
    let path = open.archive.dir().to_owned();
    open.archive.close();
    let Open { archive, caller, dir } = open;
    drop(archive);
    let options = || OpenOptions {
        verify_every: Some(Duration::from_secs(3600)),
        verifies_here: true,
        ..OpenOptions::default()
    };
    let open = Open { archive: Archive::open(&path, options()).unwrap(), caller, dir };
    let until = Instant::now() + Duration::from_secs(60);
    let last = loop {
        if let Some(last) = open.archive.status().unwrap().verify.last {
            break last;
        }
        assert!(Instant::now() < until, "no check is made");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!((last.problem_count, last.assets), (0, 2));
    open.archive.close();
    let Open { archive, caller, dir } = open;
    drop(archive);
    let open = Open { archive: Archive::open(&path, options()).unwrap(), caller, dir };
    std::thread::sleep(Duration::from_millis(1_500));
    let verify = open.archive.status().unwrap().verify;
    assert_eq!((verify.last, verify.running), (Some(last), None));
}

#[test]
fn a_store_of_an_earlier_time_is_told_by_the_last_check() {
    let open = filled();
    open.verify_clean();
    let path = open.archive.dir().join("verify.json");
    let kept = std::fs::read_to_string(&path).unwrap();
    let commit = open.archive.status().unwrap().last_commit.0;
    let later = kept.replace(&format!("\"commit\": {commit}"), &format!("\"commit\": {}", commit + 1));
    assert_ne!(kept, later);
    let dir = open.archive.dir().to_owned();
    open.archive.close();
    let Open { archive, caller, dir: _keep } = open;
    drop(archive);
    std::fs::write(&path, later).unwrap();
    let archive = Archive::open(&dir, OpenOptions::default()).unwrap();
    let quick = archive.verify_quickly(&caller).unwrap();
    assert!(quick.problems.iter().any(|p| p.contains("of an earlier time")), "{quick:?}");
    let whole = archive.verify(&caller, &NoProgress).unwrap();
    assert!(whole.problems.iter().any(|p| p.contains("of an earlier time")), "{whole:?}");
}
