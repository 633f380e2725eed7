//! Kinds of damage.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use rushes_testkit::random::Random;

use crate::files::files;

/// What a disk writes at once, as the system sees it.
const PAGE: usize = 4096;

/// A kind of damage: what is done to a file of an archive, with an earlier state of it at hand. `false` where it does not apply.
#[derive(Clone, Copy)]
pub struct Harm {
    pub name: &'static str,
    pub act: fn(&Path, &Path, &str, &mut Random) -> bool,
}

pub const HARMS: [Harm; 10] = [
    Harm { name: "emptied", act: |dir, _, file, _| write(dir, file, b"") },
    Harm { name: "deleted", act: |dir, _, file, _| fs::remove_file(dir.join(file)).is_ok() },
    Harm { name: "cut", act: cut },
    Harm {
        name: "a byte changed",
        act: |dir, _, file, random| {
            change(dir, file, random, 1, |byte, random| byte ^ (1 << random.below(8)))
        },
    },
    Harm { name: "a byte of the first 256 changed", act: at_start },
    Harm { name: "64 bytes zeroed", act: |dir, _, file, random| change(dir, file, random, 64, |_, _| 0) },
    Harm { name: "a page zeroed", act: page },
    Harm { name: "an earlier version", act: earlier },
    Harm { name: "exchanged with another", act: exchanged },
    Harm { name: "its folder deleted", act: folder },
];

fn write(dir: &Path, file: &str, bytes: &[u8]) -> bool {
    fs::write(dir.join(file), bytes).is_ok()
}

/// How many bytes the file has before the hole at its end, and the file.
fn open(dir: &Path, file: &str) -> Option<(usize, File)> {
    let path = dir.join(file);
    let bytes = fs::read(&path).ok()?;
    let length = bytes.iter().rposition(|byte| *byte != 0)? + 1;
    Some((length, File::options().read(true).write(true).open(path).ok()?))
}

fn cut(dir: &Path, _: &Path, file: &str, random: &mut Random) -> bool {
    open(dir, file).is_some_and(|(length, open)| open.set_len(random.below(length) as u64).is_ok())
}

fn change(dir: &Path, file: &str, random: &mut Random, count: usize, new: fn(u8, &mut Random) -> u8) -> bool {
    let Some((length, open)) = open(dir, file) else { return false };
    let at = random.below(length);
    let mut bytes = vec![0; count.min(length - at)];
    open.read_exact_at(&mut bytes, at as u64).unwrap();
    let before = bytes.clone();
    bytes.iter_mut().for_each(|byte| *byte = new(*byte, random));
    open.write_all_at(&bytes, at as u64).unwrap();
    bytes != before
}

/// As a power cut leaves it.
fn page(dir: &Path, _: &Path, file: &str, random: &mut Random) -> bool {
    let Some((length, open)) = open(dir, file) else { return false };
    let at = random.below(length) / PAGE * PAGE;
    open.write_all_at(&vec![0; PAGE.min(length - at)], at as u64).is_ok()
}

fn at_start(dir: &Path, _: &Path, file: &str, random: &mut Random) -> bool {
    let Some((length, open)) = open(dir, file) else { return false };
    let at = random.below(length.min(256)) as u64;
    let mut byte = [0];
    open.read_exact_at(&mut byte, at).unwrap();
    open.write_all_at(&[byte[0] ^ (1 << random.below(8))], at).is_ok()
}

fn earlier(dir: &Path, earlier: &Path, file: &str, _: &mut Random) -> bool {
    let (old, new) = (earlier.join(file), dir.join(file));
    let (Ok(before), Ok(now)) = (fs::read(&old), fs::read(&new)) else { return false };
    before != now && fs::write(new, before).is_ok()
}

/// With another file of the same ending.
fn exchanged(dir: &Path, _: &Path, file: &str, random: &mut Random) -> bool {
    let ending = |name: &str| Path::new(name).extension().map(|e| e.to_owned());
    let others: Vec<String> =
        files(dir).into_iter().filter(|other| other != file && ending(other) == ending(file)).collect();
    if others.is_empty() {
        return false;
    }
    let other = dir.join(&others[random.below(others.len())]);
    let (one, between) = (dir.join(file), dir.join("between"));
    if fs::read(&one).ok() == fs::read(&other).ok() {
        return false;
    }
    fs::rename(&one, &between).unwrap();
    fs::rename(&other, &one).unwrap();
    fs::rename(&between, &other).is_ok()
}

fn folder(dir: &Path, _: &Path, file: &str, random: &mut Random) -> bool {
    let parents: Vec<&Path> =
        Path::new(file).ancestors().skip(1).filter(|p| !p.as_os_str().is_empty()).collect();
    !parents.is_empty() && fs::remove_dir_all(dir.join(parents[random.below(parents.len())])).is_ok()
}
