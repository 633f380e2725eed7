//! Walks through a JSON document without holding it, and cuts out the rows.
//!
//! A row is cut by its brackets and quotes alone and read afterwards, so a row that is not valid (Python writes
//! `NaN`) is one problem and the next row goes on, and a document of any length costs the memory of one row.

use std::io::{self, BufRead};
use std::ops::ControlFlow;

/// Member names longer than this are no names that a mapping could mean.
const NAME_BYTES_MAX: u64 = 64 * 1024;

/// One step to the rows: `videos[].insights` is a member, every item, a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hop {
    Member(String),
    Items,
}

/// Reads `a.b[].c`; `None` where a part is empty or brackets are not `[]`.
pub(crate) fn parse_hops(path: &str) -> Option<Vec<Hop>> {
    let mut hops = Vec::new();
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
            hops.push(Hop::Member(name.to_owned()));
        }
        hops.extend((0..items).map(|_| Hop::Items));
    }
    // The rows are the items of what the path leads to, with or without the last brackets.
    if hops.last() == Some(&Hop::Items) {
        hops.pop();
    }
    Some(hops)
}

/// A row that was cut out: its line, and its bytes unless it was too long.
pub(crate) struct Cut<'b> {
    pub line: u64,
    pub bytes: Option<&'b [u8]>,
}

/// Why the rest of a document cannot be read.
#[derive(Debug)]
pub(crate) struct Broken {
    pub line: u64,
    pub why: String,
}

/// What is called with every row.
pub(crate) type RowSink<'s> = dyn FnMut(Cut<'_>) -> ControlFlow<()> + 's;

/// A walk through one document.
pub(crate) struct Scanner<R> {
    input: R,
    line: u64,
    row_bytes: u64,
    /// True once the path has led to something.
    arrived: bool,
    row: Vec<u8>,
}

type Step<T> = Result<T, Broken>;

impl<R: BufRead> Scanner<R> {
    pub(crate) fn new(input: R, row_bytes: u64) -> Scanner<R> {
        Scanner { input, line: 1, row_bytes, arrived: false, row: Vec::new() }
    }

    /// Calls `sink` with every row under `hops`. Answers whether the path led anywhere.
    pub(crate) fn rows(&mut self, hops: &[Hop], sink: &mut RowSink<'_>) -> Step<ControlFlow<(), bool>> {
        if self.walk(hops, sink)?.is_break() {
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
    fn walk(&mut self, hops: &[Hop], sink: &mut RowSink<'_>) -> Step<ControlFlow<()>> {
        self.skip_space()?;
        let first = self.peek()?;
        match (hops.split_first(), first) {
            (_, None) => Err(self.broken("the JSON document ends too early")),
            (None, Some(b'[')) => {
                self.arrived = true;
                self.items(&mut |scanner| scanner.emit(sink))
            }
            (None, Some(_)) => {
                self.arrived = true;
                self.emit(sink)
            }
            (Some((Hop::Items, rest)), Some(b'[')) => self.items(&mut |scanner| scanner.walk(rest, sink)),
            (Some((Hop::Member(name), rest)), Some(b'{')) => self.members(name, rest, sink),
            // `null` in place of a list, or a list in place of an object: there are no rows here.
            _ => {
                self.value(None)?;
                Ok(ControlFlow::Continue(()))
            }
        }
    }

    fn items(&mut self, visit: &mut dyn FnMut(&mut Self) -> Step<ControlFlow<()>>) -> Step<ControlFlow<()>> {
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

    fn members(&mut self, name: &str, rest: &[Hop], sink: &mut RowSink<'_>) -> Step<ControlFlow<()>> {
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

    fn emit(&mut self, sink: &mut RowSink<'_>) -> Step<ControlFlow<()>> {
        self.row.clear();
        let line = self.line;
        let whole = self.value(Some(self.row_bytes))?;
        let bytes = if whole { Some(self.row.as_slice()) } else { None };
        Ok(sink(Cut { line, bytes }))
    }

    /// Passes one value, keeping at most `keep` bytes of it in `row`; false where it was longer.
    fn value(&mut self, keep: Option<u64>) -> Step<bool> {
        let mut length: u64 = 0;
        let mut depth: u64 = 0;
        let mut in_string = false;
        loop {
            let Some(byte) = self.peek()? else {
                // A bare number may end with the document; anything else may not.
                return if length > 0 && depth == 0 && !in_string {
                    Ok(keep.is_none_or(|keep| length <= keep))
                } else {
                    Err(self.broken("the JSON document ends too early"))
                };
            };
            let delimiter = matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\n' | b'\r');
            if depth == 0 && !in_string && delimiter {
                return if length > 0 {
                    Ok(keep.is_none_or(|keep| length <= keep))
                } else {
                    Err(self.broken("a JSON value is missing"))
                };
            }
            self.keep(byte, &mut length, keep)?;
            match byte {
                b'"' => in_string = !in_string,
                b'\\' if in_string => {
                    if let Some(escaped) = self.peek()? {
                        self.keep(escaped, &mut length, keep)?;
                    }
                }
                b'{' | b'[' if !in_string => depth += 1,
                b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && !in_string && matches!(byte, b'"' | b'}' | b']') {
                return Ok(keep.is_none_or(|keep| length <= keep));
            }
        }
    }

    fn keep(&mut self, byte: u8, length: &mut u64, keep: Option<u64>) -> Step<()> {
        *length += 1;
        if keep.is_some_and(|keep| *length <= keep) {
            self.row.push(byte);
        }
        self.next()?;
        Ok(())
    }

    fn skip_space(&mut self) -> Step<()> {
        while matches!(self.peek()?, Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.next()?;
        }
        Ok(())
    }

    fn peek(&mut self) -> Step<Option<u8>> {
        loop {
            match self.input.fill_buf() {
                Ok(buffer) => return Ok(buffer.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Broken { line: self.line, why: error.to_string() }),
            }
        }
    }

    fn next(&mut self) -> Step<Option<u8>> {
        let byte = self.peek()?;
        if byte.is_some() {
            self.input.consume(1);
            self.line += u64::from(byte == Some(b'\n'));
        }
        Ok(byte)
    }

    fn broken(&self, why: &str) -> Broken {
        Broken { line: self.line, why: why.to_owned() }
    }
}
