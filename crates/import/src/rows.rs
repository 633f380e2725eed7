//! Rows out of the text of a file: tables, JSON documents, JSON lines.

use std::collections::HashMap;
use std::io::{BufRead, Read};
use std::ops::ControlFlow;
use std::rc::Rc;

use csv::ByteRecord;

use crate::bytes::{Tap, Tapped};
use crate::import::FilePass;
use crate::limits::COLUMNS_MAX;
use crate::mapping::{AssetTemplate, Constant, SpanEnd};
use crate::problem::Fault;
use crate::record::Cells;
use crate::scan::Scanner;
use crate::template::Template;
use crate::value::Value;

/// The table reader takes its text in pieces of this size.
const PIECE_BYTES: usize = 64 * 1024;

/// The names and the number of a table's columns.
struct Header {
    places: HashMap<String, usize>,
    count: usize,
}

impl FilePass<'_, '_, '_> {
    /// Reads CSV or TSV.
    pub(crate) fn table(&mut self, mut text: Box<dyn BufRead + '_>, delimiter: u8) -> ControlFlow<()> {
        let rule = &self.source.table;
        for skipped in 0..rule.skip_lines {
            if let Err(error) = skip_line(&mut text) {
                return self.stopped(skipped + 1, &error.to_string());
            }
        }
        let tap = Rc::new(Tap::default());
        // The reader reads in pieces, so a little more than the limit may be buffered.
        let row_bytes = self.row_bytes().saturating_add(2 * PIECE_BYTES as u64);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(rule.delimiter.unwrap_or(delimiter))
            .quoting(rule.quotes)
            .buffer_capacity(PIECE_BYTES)
            .from_reader(Tapped { inner: text, tap: Rc::clone(&tap), row_bytes });
        let first_line = rule.skip_lines;
        let header = match &rule.columns {
            Some(columns) => self.header(columns),
            None => {
                let mut names = ByteRecord::new();
                match reader.read_byte_record(&mut names) {
                    Ok(true) => {}
                    Ok(false) => return self.stopped(first_line + 1, "the table has no header"),
                    Err(error) => return self.stopped(first_line + 1, &error.to_string()),
                }
                let trimmed = |name: &[u8]| String::from_utf8_lossy(name).trim().to_owned();
                self.header(&names.iter().map(trimmed).collect::<Vec<_>>())
            }
        };
        let header = match header {
            Ok(header) => header,
            Err(fault) => return self.fault(0, fault),
        };
        // One row is held back: an unclosed quote shows only when there is no next row.
        let mut held: Option<(u64, ByteRecord)> = None;
        loop {
            let mut record = ByteRecord::new();
            tap.row_done();
            let read = reader.read_byte_record(&mut record);
            let more = matches!(read, Ok(true));
            if let Some((line, held)) = held.take() {
                self.table_row(line, &held, &header, !more && rule.quotes && tap.quotes_are_odd())?;
            }
            match read {
                Ok(true) => {
                    let place = record.position().cloned().unwrap_or_else(csv::Position::new);
                    held = Some((first_line + place.line() + tap.newlines_at(place.byte()), record));
                }
                Ok(false) => return ControlFlow::Continue(()),
                Err(error) => return self.stopped(first_line + reader.position().line(), &why(&error)),
            }
        }
    }

    fn table_row(
        &mut self,
        line: u64,
        record: &ByteRecord,
        header: &Header,
        quote_open: bool,
    ) -> ControlFlow<()> {
        self.next_row();
        if record.as_slice().len() as u64 > self.row_bytes() {
            return self.fault(line, too_long(self.row_bytes()));
        }
        if quote_open && record.as_slice().contains(&b'\n') {
            let mend = "close the quote, or say `quotes = false` where quotes mean nothing";
            return self.fault(line, Fault::new("", "a double quote is opened here and not closed", mend));
        }
        if record.len() != header.count {
            let why = format!("the row has {} fields, the table {} columns", record.len(), header.count);
            return self.fault(line, Fault::new("", why, "mend the row: is a delimiter or a quote missing?"));
        }
        let fields: Result<Vec<&str>, _> = record.iter().map(std::str::from_utf8).collect();
        match fields {
            Ok(fields) => self.cells(line, Cells::Table(&header.places, &fields)),
            Err(_) => {
                self.fault(line, Fault::new("", "the row is not valid UTF-8", "save the file as UTF-8"))
            }
        }
    }

    /// Checks that everything the mapping names is there, once.
    fn header(&self, columns: &[String]) -> Result<Header, Fault> {
        if columns.len() > COLUMNS_MAX {
            let why = format!("{} columns are more than the {COLUMNS_MAX} that are allowed", columns.len());
            return Err(Fault::new("", why, "take columns away"));
        }
        let mut places = HashMap::new();
        let mut twice = Vec::new();
        for (place, name) in columns.iter().enumerate() {
            if places.insert(name.clone(), place).is_some() {
                twice.push(name.as_str());
            }
        }
        for (field, needed) in self.needed_columns() {
            let listed = || columns.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            if !needed.iter().any(|name| places.contains_key(*name)) {
                let why = format!("there is no column `{}`", needed.join("` or `"));
                return Err(Fault::new(&field, why, format!("the columns are {}", listed())));
            }
            if let Some(name) = needed.iter().find(|name| twice.contains(name)) {
                let why = format!("the column `{name}` is there twice");
                return Err(Fault::new(&field, why, "name the columns with `columns` and `skip_lines`"));
            }
        }
        if self.source.words.is_some() || self.source.each.is_some() {
            let field = if self.source.each.is_some() { "each" } else { "words" };
            return Err(Fault::new(field, "a table has no lists", "take this key out of the mapping"));
        }
        Ok(Header { places, count: columns.len() })
    }

    /// The columns that templates name, in groups of which one is enough.
    fn needed_columns(&self) -> Vec<(String, Vec<&str>)> {
        let fields = &self.source.fields;
        let optional = [
            ("movie_id", &fields.movie_id),
            ("annotation_id", &fields.annotation_id),
            ("label", &fields.label),
            ("text", &fields.text),
            ("language", &fields.language),
            ("confidence", &fields.confidence),
        ];
        let mut templates: Vec<(String, &Template)> = vec![
            ("asset_id".into(), &fields.asset_id),
            ("model".into(), &fields.model),
            ("type".into(), &fields.kind),
            ("start".into(), &fields.span.start.template),
        ];
        match &fields.span.end {
            SpanEnd::Point => {}
            SpanEnd::At { moment, .. } => templates.push(("end".into(), &moment.template)),
            SpanEnd::After(moment) => templates.push(("duration".into(), &moment.template)),
        }
        let given =
            optional.into_iter().filter_map(|(name, template)| Some((name.into(), template.as_ref()?)));
        templates.extend(given);
        templates.extend(self.source.when.iter().map(|condition| ("when".into(), &condition.value)));
        templates.extend(constants("attributes", &fields.attributes));
        for (name, value) in self.asset_fields() {
            match value {
                AssetTemplate::One(Constant::Template(template)) => {
                    templates.push((format!("asset.{name}"), template));
                }
                AssetTemplate::One(Constant::Raw(_)) => {}
                AssetTemplate::Attributes(list) => templates.extend(constants("asset.attributes", list)),
            }
        }
        let mut needed: Vec<_> = Vec::new();
        for (name, template) in templates {
            needed.extend(template.cells().map(|cells| (name.clone(), cells)));
        }
        needed.extend(self.source.flags.iter().map(|(cell, _)| ("flags".into(), vec![cell.whole.as_str()])));
        needed
            .extend(self.source.embedding.iter().map(|cell| ("embedding".into(), vec![cell.whole.as_str()])));
        needed
    }

    /// Reads one JSON document.
    pub(crate) fn json(&mut self, text: Box<dyn BufRead + '_>, row_bytes: u64) -> ControlFlow<()> {
        let mut scanner = Scanner::new(text, row_bytes);
        let path = self.source.rows.clone();
        let mut last_line = 0;
        let walked = scanner.rows(&path, &mut |cut| {
            self.next_row();
            last_line = cut.line;
            match cut.bytes {
                None => self.fault(cut.line, too_long(row_bytes)),
                Some(bytes) => self.json_row(cut.line, bytes),
            }
        });
        match walked {
            Ok(ControlFlow::Break(())) => ControlFlow::Break(()),
            Ok(ControlFlow::Continue(true)) => ControlFlow::Continue(()),
            Ok(ControlFlow::Continue(false)) => {
                let why = format!("the file has no `{}`", self.source.rows_text);
                self.fault(0, Fault::new("rows", why, "mend the path in the mapping, or the file"))
            }
            Err(broken) => self.stopped(broken.line, &broken.why),
        }
    }

    /// Reads a JSON value a line.
    pub(crate) fn json_lines(&mut self, mut text: Box<dyn BufRead + '_>, row_bytes: u64) -> ControlFlow<()> {
        let mut line = 0;
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            line += 1;
            let read = text.by_ref().take(row_bytes.saturating_add(1)).read_until(b'\n', &mut bytes);
            match read {
                Ok(0) => return ControlFlow::Continue(()),
                Ok(_) => {}
                Err(error) => return self.stopped(line, &error.to_string()),
            }
            if bytes.trim_ascii().is_empty() && bytes.ends_with(b"\n") {
                continue;
            }
            self.next_row();
            if bytes.len() as u64 > row_bytes && !bytes.ends_with(b"\n") {
                self.fault(line, too_long(row_bytes))?;
                if let Err(error) = skip_line(&mut text) {
                    return self.stopped(line, &error.to_string());
                }
                continue;
            }
            self.json_row(line, &bytes)?;
        }
    }

    fn json_row(&mut self, line: u64, bytes: &[u8]) -> ControlFlow<()> {
        match Value::parse(bytes) {
            Ok(value) => self.cells(line, Cells::Json(&value)),
            Err(why) => self.fault(line, Fault::new("", why, "mend the row; JSON is what RFC 8259 says")),
        }
    }
}

fn constants<'t>(
    prefix: &'t str,
    list: &'t [(String, Constant)],
) -> impl Iterator<Item = (String, &'t Template)> + 't {
    list.iter().filter_map(move |(name, constant)| match constant {
        Constant::Template(template) => Some((format!("{prefix}.{name}"), template)),
        Constant::Raw(_) => None,
    })
}

fn too_long(row_bytes: u64) -> Fault {
    Fault::new("", format!("the row is longer than {row_bytes} bytes"), "split it, or leave it out")
}

fn why(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    }
}

/// Passes the rest of a line without keeping it.
fn skip_line(text: &mut dyn BufRead) -> std::io::Result<()> {
    loop {
        let buffer = text.fill_buf()?;
        let newline = buffer.iter().position(|byte| *byte == b'\n');
        let count = newline.map_or(buffer.len(), |place| place + 1);
        text.consume(count);
        if newline.is_some() || count == 0 {
            return Ok(());
        }
    }
}
