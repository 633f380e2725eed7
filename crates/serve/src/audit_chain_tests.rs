//! The chain shows what was done to it, and goes on over files and starts.

use super::*;
use crate::audit::{Action, Actor, Audit};

fn log(lines: usize, file_bytes_max: u64) -> (tempfile::TempDir, Audit) {
    let dir = tempfile::tempdir().unwrap();
    let audit = Audit::new(dir.path(), file_bytes_max);
    write(&audit, lines);
    (dir, audit)
}

fn write(audit: &Audit, lines: usize) {
    for no in 0..lines {
        let by = Actor { request: "r", caller: "anna", from: None };
        audit.write(by, "ok", &Action::of("play").asset(&format!("a{no}"))).unwrap();
    }
}

fn verified(audit: &Audit) -> Verified {
    audit.reader().unwrap().verify().unwrap()
}

/// What is wrong after the lines of the only file were changed.
fn after(change: impl Fn(&mut Vec<String>)) -> Vec<String> {
    let (dir, audit) = log(6, u64::MAX);
    let path = dir.path().join(AUDIT_FILE);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    std::fs::write(&path, lines.iter().map(|l| format!("{l}\n")).collect::<String>()).unwrap();
    verified(&audit).problems
}

#[test]
fn gaps_and_alterations_show() {
    assert_eq!(after(|_| {}), Vec::<String>::new());
    let altered = after(|l| l[2] = l[2].replace("anna", "ben"));
    assert!(altered.len() == 1 && altered[0].contains("number 3, was altered"), "{altered:?}");
    // With a checksum that fits, it no longer fits the next line.
    let resealed = after(|l| {
        let (body, _) = l[2].rsplit_once(",\"sum\"").unwrap();
        let (line, _) = sealed(format!("{body}}}").replace("anna", "ben").into_bytes());
        l[2] = String::from_utf8(line).unwrap().trim_end().to_owned();
    });
    assert!(resealed.len() == 1 && resealed[0].contains("number 4, does not follow"), "{resealed:?}");
    let taken_out = after(|l| drop(l.drain(2..4)));
    assert!(taken_out[0].contains("numbers 3 to 4 are missing"), "{taken_out:?}");
    let cut = after(|l| l.truncate(4));
    assert!(cut[0].contains("ends with number 4, and number 6 was written"), "{cut:?}");
    let moved = after(|l| l.swap(1, 2));
    assert!(moved.len() >= 2, "{moved:?}");
    let twice = after(|l| l.insert(3, l[2].clone()));
    assert!(twice[0].contains("has number 3, after number 3"), "{twice:?}");
    let put_in = after(|l| l.insert(3, "{\"caller\":\"anna\"}".to_owned()));
    assert!(put_in[0].contains("no line of the chain"), "{put_in:?}");
    let emptied = after(Vec::clear);
    assert!(emptied[0].contains("ends with number 0"), "{emptied:?}");
}

#[test]
fn the_chain_goes_on_from_file_to_file_and_over_a_start() {
    let (dir, audit) = log(9, 600);
    let again = Audit::new(dir.path(), 600);
    write(&again, 3);
    assert!(files(dir.path()).unwrap().len() >= 3, "files are put aside");
    let found = verified(&again);
    assert_eq!((found.lines, found.first, found.last, found.problems.len()), (12, 1, 12, 0), "{found:?}");
    drop(audit);
    // One between must not be missing; the oldest may be moved away.
    let paths = files(dir.path()).unwrap();
    let between = std::fs::read(&paths[1]).unwrap();
    std::fs::remove_file(&paths[1]).unwrap();
    assert!(verified(&again).problems[0].contains("are missing before"));
    std::fs::write(&paths[1], between).unwrap();
    std::fs::remove_file(&paths[0]).unwrap();
    write(&again, 1);
    let found = verified(&again);
    assert!(found.first > 1 && found.last == 13 && found.problems.is_empty(), "{found:?}");
    // Where all of it is moved away, numbers go on.
    files(dir.path()).unwrap().iter().for_each(|path| std::fs::remove_file(path).unwrap());
    let third = Audit::new(dir.path(), 600);
    write(&third, 1);
    assert_eq!((verified(&third).first, verified(&third).last), (14, 14));
}

#[test]
fn lines_of_an_earlier_version_stay_before_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(AUDIT_FILE), "{\"time\":\"2026\",\"caller\":\"anna\"}\n").unwrap();
    let audit = Audit::new(dir.path(), u64::MAX);
    write(&audit, 2);
    let found = verified(&audit);
    assert_eq!((found.unchained, found.lines, found.problems.len()), (1, 2, 0), "{found:?}");
}

#[test]
fn lines_are_selected_by_time_and_number() {
    let (_dir, audit) = log(5, 500);
    let select = |wanted: Wanted| {
        let bytes = audit.reader().unwrap().select(&wanted).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|l| read_place(l.as_bytes()).unwrap().0.no).collect::<Vec<_>>()
    };
    let all = || Wanted { limit: 100, ..Wanted::default() };
    assert_eq!(select(all()), [1, 2, 3, 4, 5]);
    assert_eq!(select(Wanted { after: 1, limit: 2, ..all() }), [2, 3]);
    assert_eq!(select(Wanted { from: Some("2100".into()), ..all() }), [0; 0]);
    assert_eq!(select(Wanted { to: Some("2000-01-01".into()), ..all() }), [0; 0]);
    assert_eq!(select(Wanted { from: Some("2000-01-01".into()), to: Some("2100".into()), ..all() }).len(), 5);
}
