//! Scans a JSON document without holding it in memory, and cuts out the rows.
//!
//! A row is delimited by its brackets and quotes alone and parsed afterwards, so an invalid row (Python writes `NaN`)
//! is one problem and the next row is read, and a document of any length needs the memory of one row.

use std::io::{self, Read};
use std::ops::ControlFlow;

/// Member names longer than this match no mapping.
const NAME_BYTES_MAX: u64 = 64 * 1024;
/// A document is read in pieces of this size.
const PIECE_BYTES: usize = 64 * 1024;

/// One step to the rows: `videos[].insights` is a member, every item, a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathStep {
    /// A member of that name.
    Member(String),
    /// Every item of a list.
    Items,
}

/// Reads `a.b[].c`; `None` where a part is empty or brackets are not `[]`.
#[must_use]
pub fn parse_path(path: &str) -> Option<Vec<PathStep>> {
    let mut steps = Vec::new();
    for part in path.split('.').filter(|_| !path.is_empty()) {
        let mut name = part;
        let mut items = 0;
        while let Some(rest) = name.strip_suffix("[]") {
            name = rest;
            items += 1;
        }
        if (name.is_empty() && items == 0) || name.contains(['[', ']']) {
            return None;
        }
        if !name.is_empty() {
            steps.push(PathStep::Member(name.to_owned()));
        }
        steps.extend((0..items).map(|_| PathStep::Items));
    }
    // The rows are the items of what the path leads to, with or without the last brackets.
    if steps.last() == Some(&PathStep::Items) {
        steps.pop();
    }
    Some(steps)
}

/// A row that was cut out: its line, and its bytes unless it was too long.
#[derive(Debug)]
pub struct RawRow<'b> {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Its bytes; `None` where it is longer than a row may be.
    pub bytes: Option<&'b [u8]>,
}

/// Why the rest of a document cannot be read.
#[derive(Debug)]
pub struct ScanFailure {
    /// The line where it breaks off, from 1.
    pub line: u64,
    /// What is wrong there.
    pub why: String,
}

/// Called with every row.
pub type RowSink<'s> = dyn FnMut(RawRow<'_>) -> ControlFlow<()> + 's;

/// A scan of one document.
#[derive(Debug)]
pub struct Scanner<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    line: u64,
    row_bytes: u64,
    /// True once the path has led to something.
    arrived: bool,
    row: Vec<u8>,
}

type ScanResult<T> = Result<T, ScanFailure>;

impl<R: Read> Scanner<R> {
    /// A walk through `input`, whose rows are at most `row_bytes` long.
    pub fn new(input: R, row_bytes: u64) -> Scanner<R> {
        let buffer = vec![0; PIECE_BYTES];
        Scanner { input, buffer, at: 0, filled: 0, line: 1, row_bytes, arrived: false, row: Vec::new() }
    }

    /// Calls `sink` with every row under `steps`. Returns whether the path led anywhere.
    ///
    /// # Errors
    /// [`ScanFailure`] where the document cannot be read on; the rows before were handed out.
    pub fn rows(&mut self, steps: &[PathStep], sink: &mut RowSink<'_>) -> ScanResult<ControlFlow<(), bool>> {
        if self.walk(steps, sink)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        self.skip_space()?;
        match self.peek()? {
            None => Ok(ControlFlow::Continue(self.arrived)),
            Some(_) => Err(self.broken(
                "something follows the JSON document; for one value a line say `format = \"jsonl\"`",
            )),
        }
    }

    // The path is as deep as the mapping says, so this recursion is bounded by the mapping.
    fn walk(&mut self, steps: &[PathStep], sink: &mut RowSink<'_>) -> ScanResult<ControlFlow<()>> {
        self.skip_space()?;
        let first = self.peek()?;
        match (steps.split_first(), first) {
            (_, None) => Err(self.broken("the JSON document ends too early")),
            (None, Some(b'[')) => {
                self.arrived = true;
                self.items(&mut |scanner| scanner.emit(sink))
            }
            (None, Some(_)) => {
                self.arrived = true;
                self.emit(sink)
            }
            (Some((PathStep::Items, rest)), Some(b'[')) => {
                self.items(&mut |scanner| scanner.walk(rest, sink))
            }
            (Some((PathStep::Member(name), rest)), Some(b'{')) => self.members(name, rest, sink),
            // `null` in place of a list, or a list in place of an object: there are no rows here.
            _ => {
                self.value(None)?;
                Ok(ControlFlow::Continue(()))
            }
        }
    }

    fn items(
        &mut self,
        visit: &mut dyn FnMut(&mut Self) -> ScanResult<ControlFlow<()>>,
    ) -> ScanResult<ControlFlow<()>> {
        self.next()?;
        self.skip_space()?;
        if self.peek()? == Some(b']') {
            self.next()?;
            return Ok(ControlFlow::Continue(()));
        }
        loop {
            self.skip_space()?;
            if visit(self)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.skip_space()?;
            match self.next()? {
                Some(b',') => {}
                Some(b']') => return Ok(ControlFlow::Continue(())),
                _ => return Err(self.broken("a comma or the end of the list is missing")),
            }
        }
    }

    fn members(
        &mut self,
        name: &str,
        rest: &[PathStep],
        sink: &mut RowSink<'_>,
    ) -> ScanResult<ControlFlow<()>> {
        self.next()?;
        self.skip_space()?;
        if self.peek()? == Some(b'}') {
            self.next()?;
            return Ok(ControlFlow::Continue(()));
        }
        loop {
            self.skip_space()?;
            if self.peek()? != Some(b'"') {
                return Err(self.broken("a member name in double quotes is missing"));
            }
            self.row.clear();
            self.value(Some(NAME_BYTES_MAX))?;
            let key: Option<String> = serde_json::from_slice(&self.row).ok();
            self.skip_space()?;
            if self.next()? != Some(b':') {
                return Err(self.broken("a colon is missing"));
            }
            self.skip_space()?;
            if key.as_deref() == Some(name) {
                if self.walk(rest, sink)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            } else {
                self.value(None)?;
            }
            self.skip_space()?;
            match self.next()? {
                Some(b',') => {}
                Some(b'}') => return Ok(ControlFlow::Continue(())),
                _ => return Err(self.broken("a comma or the end of the object is missing")),
            }
        }
    }

    fn emit(&mut self, sink: &mut RowSink<'_>) -> ScanResult<ControlFlow<()>> {
        self.row.clear();
        let line = self.line;
        let whole = self.value(Some(self.row_bytes))?;
        let bytes = if whole { Some(self.row.as_slice()) } else { None };
        Ok(sink(RawRow { line, bytes }))
    }

    /// Passes one value, keeping at most `keep` bytes of it in `row`; false where it was longer.
    ///
    /// Processes whole pieces of input, not single bytes: most of a document passes through here.
    fn value(&mut self, keep: Option<u64>) -> ScanResult<bool> {
        let mut length: u64 = 0;
        let mut extent = Extent::default();
        loop {
            if self.peek()?.is_none() {
                // A bare number may end with the document; anything else may not.
                if length == 0 || !extent.may_end() {
                    return Err(self.broken("the JSON document ends too early"));
                }
                return Ok(keep.is_none_or(|keep| length <= keep));
            }
            let piece = self.buffer.get(self.at..self.filled).unwrap_or_default();
            let (count, done) = extent.pass(piece);
            let piece = &piece[..count];
            let room = keep.map_or(0, |keep| keep.saturating_sub(length)).min(count as u64);
            self.row.extend_from_slice(&piece[..usize::try_from(room).unwrap_or(count)]);
            self.line += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
            self.at += count;
            length += count as u64;
            if done && length == 0 {
                return Err(self.broken("a JSON value is missing"));
            }
            if done {
                return Ok(keep.is_none_or(|keep| length <= keep));
            }
        }
    }

    fn skip_space(&mut self) -> ScanResult<()> {
        while matches!(self.peek()?, Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.next()?;
        }
        Ok(())
    }

    fn peek(&mut self) -> ScanResult<Option<u8>> {
        while self.at >= self.filled {
            match self.input.read(&mut self.buffer) {
                Ok(0) => return Ok(None),
                Ok(count) => {
                    self.at = 0;
                    self.filled = count;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ScanFailure { line: self.line, why: error.to_string() }),
            }
        }
        Ok(self.buffer.get(self.at).copied())
    }

    fn next(&mut self) -> ScanResult<Option<u8>> {
        let byte = self.peek()?;
        if byte.is_some() {
            self.at += 1;
            self.line += u64::from(byte == Some(b'\n'));
        }
        Ok(byte)
    }

    fn broken(&self, why: &str) -> ScanFailure {
        ScanFailure { line: self.line, why: why.to_owned() }
    }
}

/// How far a value reaches, by its brackets and quotes.
#[derive(Debug, Default)]
struct Extent {
    depth: u64,
    in_string: bool,
    escaped: bool,
    begun: bool,
}

impl Extent {
    /// How many bytes of a piece belong to the value, and whether it ends there.
    fn pass(&mut self, piece: &[u8]) -> (usize, bool) {
        for (place, byte) in piece.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_string = false;
                        if self.depth == 0 {
                            return (place + 1, true);
                        }
                    }
                    _ => {}
                }
                continue;
            }
            let outside = self.depth == 0;
            match byte {
                b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\n' | b'\r' if outside => return (place, true),
                b'"' | b'{' | b'[' if outside && self.begun => return (place, true),
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (place + 1, true);
                    }
                }
                _ => {}
            }
            self.begun = true;
        }
        (piece.len(), false)
    }

    /// True where the document may end now.
    fn may_end(&self) -> bool {
        self.depth == 0 && !self.in_string
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};
    use std::ops::ControlFlow;

    use super::{Scanner, parse_path};

    /// Hands out one byte at a time, so that every place is once the edge of a piece.
    struct Drops<'t>(&'t [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            match (self.0.split_first(), out.first_mut()) {
                (Some((byte, rest)), Some(out)) => {
                    *out = *byte;
                    self.0 = rest;
                    Ok(1)
                }
                _ => Ok(0),
            }
        }
    }

    fn rows(text: &str, path: &str, row_bytes: u64) -> Vec<String> {
        let walk = |reader: &mut dyn Read| {
            let mut rows = Vec::new();
            let end = Scanner::new(reader, row_bytes).rows(&parse_path(path).unwrap(), &mut |cut| {
                let row = cut.bytes.map_or("too long".into(), String::from_utf8_lossy);
                rows.push(format!("{}:{row}", cut.line));
                ControlFlow::Continue(())
            });
            rows.extend(end.err().map(|broken| format!("{}! {}", broken.line, broken.why)));
            rows
        };
        let rows = walk(&mut text.as_bytes());
        assert_eq!(walk(&mut Drops(text.as_bytes())), rows, "{text}");
        rows
    }

    #[test]
    fn rows_are_cut_out_wherever_a_piece_of_input_ends() {
        for (text, path, expect) in [
            (
                r#"[1,"a,]\"}\\",{"b":[2]} , [] ]"#,
                "",
                vec!["1:1", r#"1:"a,]\"}\\""#, r#"1:{"b":[2]}"#, "1:[]"],
            ),
            ("{\"x\":[\"]\",\n{}],\n\"r\" : [\n7,\n8]}", "r", vec!["4:7", "5:8"]),
            (r#"{"a":{"r":1},"r":[2],"r":[3]}"#, "r", vec!["1:2", "1:3"]),
            (r#"[[1,2],[3]]"#, "[][]", vec!["1:1", "1:2", "1:3"]),
            ("12", "", vec!["1:12"]),
            ("[1234567,{\"a\":12345},1]", "", vec!["1:too long", "1:too long", "1:1"]),
            ("[nan,-]", "", vec!["1:nan", "1:-"]),
            ("[1\"a\"]", "", vec!["1:1", "1! a comma or the end of the list is missing"]),
            ("\"abc", "", vec!["1! the JSON document ends too early"]),
            ("[\n\n:]", "", vec!["3! a JSON value is missing"]),
            ("{1:2}", "r", vec!["1! a member name in double quotes is missing"]),
            ("{\"r\" 2}", "r", vec!["1! a colon is missing"]),
        ] {
            let limit = if text.contains("12345") { 5 } else { 100 };
            assert_eq!(rows(text, path, limit), expect, "{text}");
        }
    }
}
