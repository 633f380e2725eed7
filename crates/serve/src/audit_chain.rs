//! The chain of the audit log: each line has a number, the checksum of the line before, and its own.
//!
//! A checksum is the SHA-256 of the line as it was written, without the field `sum`, its last. A line that is altered does
//! not fit its own checksum; one that is taken out, put in or moved does not fit the next one. What was taken off the
//! end is told by `audit.head`, which notes the last number and checksum. Who may write to the folder can make a whole
//! chain anew: who must be able to show that nobody did keeps a number with its checksum elsewhere.
//!
//! Files: `audit.jsonl`, and those that were put aside when they were long, `audit-N.jsonl`, where N is the number of the
//! last line. The chain goes on from file to file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::limits::AUDIT_PROBLEMS_MAX;

/// The audit log's name in the archive's folder.
pub const AUDIT_FILE: &str = "audit.jsonl";
/// The note of where it ends.
const HEAD_FILE: &str = "audit.head";
/// What the names of files that were put aside begin and end with.
const ASIDE: (&str, &str) = ("audit-", ".jsonl");
/// What stands between a line and its checksum.
const SUM_KEY: &[u8] = b",\"sum\":\"";
/// What ends a line after its checksum.
const LINE_END: &[u8] = b"\"}";
/// Hexadecimal digits of a checksum.
const SUM_DIGITS: usize = 64;
/// Bytes at the end of a file in which its last line is looked for: one names at most a thousand ids.
const TAIL_BYTES: u64 = 2 << 20;

fn checksum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// A line (a JSON object) with its checksum and its end, and the checksum.
pub(crate) fn sealed(mut line: Vec<u8>) -> (Vec<u8>, String) {
    let sum = checksum(&line);
    line.pop();
    line.extend_from_slice(SUM_KEY);
    line.extend_from_slice(sum.as_bytes());
    line.extend_from_slice(LINE_END);
    line.push(b'\n');
    (line, sum)
}

/// The name of a file that is put aside.
pub(crate) fn aside(last: u64) -> String {
    format!("{}{last:020}{}", ASIDE.0, ASIDE.1)
}

/// The number and the checksum of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub no: u64,
    pub sum: String,
}

impl Head {
    /// The last line of the log of a folder; the default where there is none.
    pub fn read(dir: &Path) -> io::Result<Self> {
        let mut last = Self::default();
        for path in files(dir)?.iter().rev() {
            if let Some(found) = last_chained(path)? {
                last = found;
                break;
            }
        }
        // Where lines are gone, their numbers are not given again: the gap shows.
        Ok(Self::noted(dir).filter(|noted| noted.no > last.no).unwrap_or(last))
    }

    fn noted(dir: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(dir.join(HEAD_FILE)).ok()?;
        let (no, sum) = text.trim_end().split_once(' ')?;
        let is_sum = sum.len() == SUM_DIGITS && sum.bytes().all(|b| b.is_ascii_hexdigit());
        Some(Self { no: no.parse().ok().filter(|_| is_sum)?, sum: sum.to_owned() })
    }

    /// Notes that the log ends here.
    pub fn note(&self, dir: &Path) -> io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(dir.join(HEAD_FILE));
        // Numbers only grow, so what was there is overwritten.
        file?.write_all(format!("{} {}\n", self.no, self.sum).as_bytes())
    }
}

/// What a line says of its place in the chain.
#[derive(Deserialize)]
struct Place {
    no: u64,
    before: String,
    sum: String,
    time: String,
}

/// The place of a line, and whether it is as it was written; `None` where it is no line of a chain.
fn read_place(line: &[u8]) -> Option<(Place, bool)> {
    let place: Place = serde_json::from_slice(line).ok()?;
    let end = [SUM_KEY, place.sum.as_bytes(), LINE_END].concat();
    let intact = line.strip_suffix(end.as_slice()).is_some_and(|body| {
        let mut body = body.to_vec();
        body.push(b'}');
        checksum(&body) == place.sum
    });
    Some((place, intact))
}

/// The files of a log, the oldest lines first.
fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|n| n.strip_prefix(ASIDE.0)?.strip_suffix(ASIDE.1));
        if number.is_some_and(|n| n.parse::<u64>().is_ok()) {
            found.push(dir.join(name));
        }
    }
    found.sort();
    let current = dir.join(AUDIT_FILE);
    found.extend(current.exists().then_some(current));
    Ok(found)
}

/// Does a file end within a line?
pub(crate) fn ends_within_a_line(path: &Path) -> io::Result<bool> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(e),
    };
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

fn last_chained(path: &Path) -> io::Result<Option<Head>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut tail)?;
    let mut lines = tail.split(|b| *b == b'\n').rev();
    let found = lines.find_map(|line| read_place(line).filter(|(_, intact)| *intact));
    Ok(found.map(|(place, _)| Head { no: place.no, sum: place.sum }))
}

/// What a look at the chain found.
#[derive(Debug, Default)]
pub(crate) struct Verified {
    /// Lines of the chain.
    pub lines: u64,
    /// Lines that an earlier version wrote, which belong to no chain.
    pub unchained: u64,
    /// The number of the first line that is there; 0: none is.
    pub first: u64,
    /// The number of the last one.
    pub last: u64,
    /// Its checksum.
    pub sum: String,
    /// What is wrong, the first of it.
    pub problems: Vec<String>,
    /// How much is wrong.
    pub problem_count: u64,
}

impl Verified {
    fn problem(&mut self, what: String) {
        self.problem_count += 1;
        if self.problems.len() < AUDIT_PROBLEMS_MAX {
            self.problems.push(what);
        }
    }

    fn look(&mut self, line: &[u8], at: &str) {
        let Some((place, intact)) = read_place(line) else {
            if self.lines == 0 && serde_json::from_slice::<serde_json::Map<_, _>>(line).is_ok() {
                self.unchained += 1;
            } else {
                self.problem(format!("{at} is no line of the chain"));
            }
            return;
        };
        let no = place.no;
        if !intact {
            self.problem(format!("{at}, number {no}, was altered"));
        }
        if self.lines == 0 {
            self.first = no;
            if no == 1 && !place.before.is_empty() {
                self.problem(format!("{at}, number 1, follows a line that is not there"));
            }
        } else if no > self.last + 1 {
            self.problem(format!("numbers {} to {} are missing before {at}", self.last + 1, no - 1));
        } else if no <= self.last {
            self.problem(format!("{at} has number {no}, after number {}", self.last));
        } else if place.before != self.sum {
            self.problem(format!("{at}, number {no}, does not follow number {} as that is now", self.last));
        }
        self.lines += 1;
        (self.last, self.sum) = (no, place.sum);
    }
}

/// Which lines are read.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Not before this time, as far as it is written.
    pub from: Option<String>,
    /// Before this time.
    pub to: Option<String>,
    /// After this number.
    pub after: u64,
    /// At most so many.
    pub limit: usize,
}

/// The log as it was when this was made.
pub(crate) struct LogReader {
    files: Vec<(String, io::Take<File>)>,
    noted: Option<Head>,
}

impl LogReader {
    pub fn open(dir: &Path) -> io::Result<Self> {
        let mut opened = Vec::new();
        for path in files(dir)? {
            let file = File::open(&path)?;
            let length = file.metadata()?.len();
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            opened.push((name, file.take(length)));
        }
        Ok(Self { files: opened, noted: Head::noted(dir) })
    }

    /// Calls `each` with every line and where it is, until that says to stop.
    fn lines(self, mut each: impl FnMut(&[u8], &str, u64) -> bool) -> io::Result<()> {
        for (name, file) in self.files {
            let mut reader = BufReader::new(file);
            let mut line = Vec::new();
            for no in 1.. {
                line.clear();
                if reader.read_until(b'\n', &mut line)? == 0 {
                    break;
                }
                let text = line.strip_suffix(b"\n").unwrap_or(&line);
                if !text.is_empty() && !each(text, &name, no) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Looks at the whole chain.
    pub fn verify(mut self) -> io::Result<Verified> {
        let noted = self.noted.take();
        let mut found = Verified::default();
        self.lines(|line, file, no| {
            found.look(line, &format!("line {no} of `{file}`"));
            true
        })?;
        if let Some(noted) = noted.filter(|noted| noted.no > found.last) {
            let (last, was) = (found.last, noted.no);
            found.problem(format!("the log ends with number {last}, and number {was} was written"));
        }
        Ok(found)
    }

    /// The lines that are wanted, as they lie.
    pub fn select(self, wanted: &Wanted) -> io::Result<Vec<u8>> {
        let (mut out, mut count) = (Vec::new(), 0);
        self.lines(|line, _, _| {
            let Some((place, _)) = read_place(line) else { return true };
            let (from, to) = (wanted.from.as_deref(), wanted.to.as_deref());
            let in_time = from.is_none_or(|from| place.time.as_str() >= from)
                && to.is_none_or(|to| place.time.as_str() < to);
            if place.no > wanted.after && in_time {
                out.extend_from_slice(line);
                out.push(b'\n');
                count += 1;
            }
            count < wanted.limit
        })?;
        Ok(out)
    }
}

#[cfg(test)]
#[path = "audit_chain_tests.rs"]
mod tests;
