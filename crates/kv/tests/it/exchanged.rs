//! Files in each other's place.

use std::fs;
use std::path::{Path, PathBuf};

use rushes_types::ErrorKind;

use crate::place::{Place, keys, sync, write};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The library meets some of them with assertions, also while its database goes: that would end the program.
#[test]
fn files_of_two_tables_that_were_exchanged_are_refused_and_end_no_program() {
    let place = Place::new();
    let folder = place.open().unwrap();
    for n in 0..3 {
        write(&folder, &format!("key {n}"), 100);
        sync(&folder);
        folder.table(0).rotate_memtable_and_wait().unwrap();
    }
    let wanted = keys(&folder);
    drop(folder);
    let mut all = Vec::new();
    files(&place.folder(), &mut all);
    let relative = |path: &PathBuf| path.strip_prefix(place.folder()).unwrap().to_owned();
    let of_first = |path: &&PathBuf| path.starts_with("keyspaces/0");
    let all: Vec<PathBuf> = all.iter().map(relative).filter(|path| path.starts_with("keyspaces")).collect();
    let (mut refused, mut tried) = (0, 0);
    for one in all.iter().filter(of_first) {
        for other in all.iter().filter(|path| !of_first(path)) {
            let copy = place.copy();
            let (one, other) = (copy.folder().join(one), copy.folder().join(other));
            let bytes = (fs::read(&one).unwrap(), fs::read(&other).unwrap());
            if bytes.0 == bytes.1 {
                continue;
            }
            fs::write(&one, &bytes.1).unwrap();
            fs::write(&other, &bytes.0).unwrap();
            tried += 1;
            match copy.open() {
                Ok(folder) => assert_eq!(keys(&folder), wanted, "{} {}", one.display(), other.display()),
                Err(error) => {
                    assert_ne!(error.kind(), ErrorKind::Bug, "{error}");
                    assert_eq!(fs::read(&one).unwrap(), bytes.1, "it was changed");
                    refused += 1;
                }
            }
        }
    }
    assert!(tried > 10 && refused > 10, "{refused} of {tried}");
}
