//! Files of an archive: listed, and copied without their holes.

use std::fs::{self, File};
use std::path::Path;

/// Files that hold nothing: locks.
const EMPTY: [&str; 2] = ["archive.lock", "lock"];

/// Every file below a folder that holds something, by its path there.
pub fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    walk(dir, dir, &mut found);
    found.sort();
    found
}

fn walk(dir: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = entry.path();
        if path.is_dir() {
            walk(dir, &path, found);
        } else if !EMPTY.iter().any(|name| entry.file_name() == *name) {
            found.push(path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned());
        }
    }
}

/// Copies a folder into one that may be there.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            copy_file(&entry.path(), &target);
        }
    }
}

fn copy_file(from: &Path, to: &Path) {
    let (source, mut target) = (File::open(from).unwrap(), File::create(to).unwrap());
    let length = source.metadata().unwrap().len();
    rushes_kv::copy_range(&source, &mut target, 0, length).unwrap();
}
