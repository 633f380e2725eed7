//! Catalogues of assets: CSV, TSV, and Avid log exchange (ALE), as asset lines.
//!
//! Column names are those of asset lines, ignoring case, spaces and punctuation, and the names that logging tools use
//! (`Tape`, `Start`, `FPS`). Other columns become free attributes. A start timecode stays as it is written; a duration
//! written as timecode is counted in frames at the row's rate, and where there is none it is the end less the start.

use std::io::Read;

use crate::bytes::open;
use crate::decimal::Decimal;
use crate::object::JsonObject;
use crate::problem::{Fault, shown};
use crate::time::clock_ns;
use crate::{COLUMNS_MAX, Counts, Item, Note, Sink};
use csv::{ReaderBuilder, StringRecord};
use rushes_types::{FrameRate, Timecode};

use crate::formats::encoding::decode;
use crate::formats::limits::CATALOGUE_BYTES_MAX;
use crate::formats::out::clean;
use crate::formats::text::told;

/// A field of an asset line, and the column names that mean it, letters and digits only, in lower case.
const FIELDS: [(&str, &[&str]); 19] = [
    ("asset_id", &["assetid", "asset", "id", "clipid"]),
    ("movie_id", &["movieid", "movie", "film", "project"]),
    ("collection", &["collection", "franchise"]),
    ("series", &["series", "show"]),
    ("season", &["season"]),
    ("episode", &["episode", "ep"]),
    ("title", &["title", "name", "clipname"]),
    ("duration_ns", &["durationns"]),
    ("duration", &["duration", "length"]),
    ("end", &["end", "endtc", "endtimecode"]),
    ("frame_rate", &["framerate", "fps", "rate"]),
    ("start_timecode", &["starttimecode", "start", "starttc", "timecode", "tc"]),
    ("drop_frame", &["dropframe", "drop", "df"]),
    ("reel", &["reel", "tape", "reelname", "tapename", "tapeid", "camroll"]),
    ("scene", &["scene", "slate"]),
    ("take", &["take"]),
    ("camera", &["camera", "cam"]),
    ("circled", &["circled", "circle", "circletake", "good"]),
    ("language", &["language", "lang"]),
];
const PATHS: [&str; 8] =
    ["path", "file", "filename", "filepath", "sourcefile", "sourcefilepath", "sourcepath", "mediapath"];
const NEEDED: &str = "name a column `asset_id`, or `Name`, or `Source File`";

/// Is it a catalogue that [`catalogue`] reads, rather than asset lines in JSON?
#[must_use]
pub fn is_catalogue(name: &str, head: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let named =
        [".csv", ".tsv", ".ale", ".csv.gz", ".tsv.gz", ".ale.gz"].iter().any(|end| name.ends_with(end));
    named || head.starts_with(b"Heading\r") || head.starts_with(b"Heading\n")
}

/// Reads a catalogue and hands out an asset line for each row, and its problems.
pub fn catalogue(file: &str, reader: impl Read, sink: &mut Sink<'_>) -> Counts {
    let mut pass = FilePass { file, sink, counts: Counts { files: 1, ..Counts::default() }, stopped: false };
    let mut bytes = Vec::new();
    let read = open(reader, CATALOGUE_BYTES_MAX).and_then(|mut text| text.read_to_end(&mut bytes));
    if let Err(error) = read {
        pass.problem(0, Fault::new("", error.to_string(), "mend the file, or split it"));
        return pass.counts;
    }
    let text = match decode(bytes, None, None) {
        Ok((text, how)) => {
            told(&how).into_iter().for_each(|note| pass.note(note));
            text
        }
        Err(fault) => {
            pass.problem(0, Fault { mend: "save it as UTF-8".to_owned(), ..fault });
            return pass.counts;
        }
    };
    if text.lines().next().is_some_and(|line| line.trim() == "Heading") {
        pass.ale(&text);
    } else {
        pass.table(&text, delimiter(&text), 0, None);
    }
    pass.counts
}

/// The column delimiter: the candidate that occurs most often in the first line.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or("");
    let count = |mark: &u8| first.bytes().filter(|byte| byte == mark).count();
    [b',', b'\t', b';'].into_iter().max_by_key(|mark| (count(mark), *mark == b',')).unwrap_or(b',')
}

struct FilePass<'p, 's> {
    file: &'p str,
    sink: &'p mut Sink<'s>,
    counts: Counts,
    stopped: bool,
}

impl FilePass<'_, '_> {
    fn send(&mut self, item: Item) {
        if !self.stopped {
            self.stopped = (self.sink)(item).is_break();
        }
    }

    fn problem(&mut self, line: u64, fault: Fault) {
        self.counts.problems += 1;
        let row = if line == 0 { 0 } else { self.counts.rows };
        let problem = fault.at(self.file, line, row);
        self.send(Item::Problem(problem));
    }

    fn note(&mut self, text: String) {
        let file = self.file.to_owned();
        self.send(Item::Note(Note { file, line: 0, text }));
    }

    /// Avid log exchange: a heading of settings, a line of columns, rows, all parted by tabs.
    fn ale(&mut self, text: &str) {
        let mut rate = None;
        let mut columns_at = None;
        let mut data_at = None;
        let mut offset = 0;
        let mut lines = 0;
        for (number, line) in (1..).zip(text.split_inclusive('\n')) {
            let bare = line.trim();
            match (bare, bare.split_once('\t')) {
                ("Column", _) => columns_at = Some(offset + line.len()),
                ("Data", _) => {
                    data_at = Some(offset + line.len());
                    lines = number;
                    break;
                }
                (_, Some(("FPS", fps))) if columns_at.is_none() => rate = Some(fps.trim().to_owned()),
                _ => {}
            }
            offset += line.len();
        }
        let (Some(columns_at), Some(data_at)) = (columns_at, data_at) else {
            let why = "there is no `Column` and no `Data` after the heading";
            return self.problem(0, Fault::new("", why, "export the bin as ALE again"));
        };
        let columns = text[columns_at..].lines().next().unwrap_or("");
        // Joined into one table of columns and rows; line numbers stay those of the rows.
        let table = format!("{columns}\n{}", &text[data_at..]);
        self.table(&table, b'\t', lines - 1, rate.as_deref());
    }

    fn table(&mut self, text: &str, delimiter: u8, before: u64, rate: Option<&str>) {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .quoting(delimiter != b'\t')
            .from_reader(text.as_bytes());
        let mut record = StringRecord::new();
        let columns = match reader.read_record(&mut record) {
            Ok(true) if record.len() <= COLUMNS_MAX => Columns::new(&record),
            Ok(true) => {
                let why =
                    format!("{} columns are more than the {COLUMNS_MAX} that are allowed", record.len());
                return self.problem(1, Fault::new("", why, "take columns away"));
            }
            _ => return self.problem(0, Fault::new("", "the file is empty", NEEDED)),
        };
        if !columns.has_id() {
            let why = "no column names the assets";
            return self.problem(before + 1, Fault::new("asset_id", why, NEEDED));
        }
        let mut seen = std::collections::HashSet::new();
        let mut again = 0u64;
        while !self.stopped {
            let line = before + reader.position().line();
            match reader.read_record(&mut record) {
                Ok(false) => break,
                Err(error) => {
                    return self.problem(line, Fault::new("", error.to_string(), "mend the row"));
                }
                Ok(true) if record.iter().all(|field| field.trim().is_empty()) => {}
                Ok(true) => {
                    self.counts.rows += 1;
                    match columns.asset(&record, rate) {
                        Ok((id, json)) => {
                            again += u64::from(!seen.insert(id));
                            self.counts.assets += 1;
                            self.send(Item::Asset(json));
                        }
                        Err(fault) => self.problem(line, fault),
                    }
                }
            }
        }
        if again > 0 {
            self.note(format!("rows that name an asset again; the last of each counts: {again}"));
        }
    }
}

/// What each column is.
struct Columns {
    /// The field of an asset line; `path`; or empty for an attribute.
    fields: Vec<&'static str>,
    names: Vec<String>,
}

impl Columns {
    fn new(header: &StringRecord) -> Columns {
        let mut fields: Vec<&'static str> = Vec::new();
        for name in header {
            let bare: String =
                name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
            let field =
                FIELDS.iter().find(|(_, names)| names.contains(&bare.as_str())).map(|(field, _)| *field);
            let field = field.or_else(|| PATHS.contains(&bare.as_str()).then_some("path")).unwrap_or("");
            // The first column of a kind is that; the others are attributes.
            let field = if fields.contains(&field) { "" } else { field };
            fields.push(field);
        }
        Columns { fields, names: header.iter().map(clean).collect() }
    }

    fn has_id(&self) -> bool {
        ["asset_id", "title", "path"].iter().any(|field| self.fields.contains(field))
    }

    fn get<'r>(&self, record: &'r StringRecord, field: &str) -> Option<&'r str> {
        let place = self.fields.iter().position(|known| *known == field)?;
        record.get(place).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The id and the asset line of a row.
    fn asset(&self, record: &StringRecord, rate: Option<&str>) -> Result<(String, String), Fault> {
        if record.len() > self.names.len() {
            let why = format!("the row has {} fields, the table {} columns", record.len(), self.names.len());
            return Err(Fault::new("", why, "mend the row: is a quote or a tab too many?"));
        }
        let get = |field: &str| self.get(record, field);
        let path = get("path");
        let stem = |path: &str| crate::formats::split_stem(path).0;
        let id = get("asset_id")
            .map(str::to_owned)
            .or_else(|| path.map(stem))
            .or_else(|| get("title").map(stem))
            .ok_or_else(|| Fault::new("asset_id", "the row names no asset", "fill its id, file or name"))?;
        let rate = get("frame_rate").or(rate).map(parse_rate).transpose()?;
        let mut json = JsonObject::new();
        json.text("asset_id", &id);
        for field in ["movie_id", "collection", "series"] {
            if let Some(text) = get(field) {
                json.text(field, text);
            }
        }
        for field in ["season", "episode"] {
            if let Some(text) = get(field) {
                json.raw(field, &whole(field, text)?.to_string());
            }
        }
        for field in ["title", "start_timecode", "reel", "scene", "take", "camera", "language"] {
            if let Some(text) = get(field) {
                json.text(field, text);
            }
        }
        if let Some(rate) = rate {
            json.text("frame_rate", &rate.to_string());
        }
        if let Some(path) = path {
            json.text("path", path);
        }
        for field in ["drop_frame", "circled"] {
            if let Some(text) = get(field) {
                json.raw(field, if truth(field, text)? { "true" } else { "false" });
            }
        }
        if let Some(ns) = self.duration_ns(record, rate)? {
            json.raw("duration_ns", &ns.to_string());
        }
        let mut attributes = JsonObject::new();
        for ((field, name), value) in self.fields.iter().zip(&self.names).zip(record) {
            if field.is_empty() && !name.is_empty() && !value.trim().is_empty() {
                attributes.text(name, value.trim());
            }
        }
        if !attributes.is_empty() {
            json.raw("attributes", &attributes.finish());
        }
        Ok((id, json.finish()))
    }

    fn duration_ns(&self, record: &StringRecord, rate: Option<FrameRate>) -> Result<Option<i64>, Fault> {
        let get = |field: &str| self.get(record, field);
        if let Some(text) = get("duration_ns") {
            return whole("duration_ns", text).map(Some);
        }
        if let Some(text) = get("duration") {
            let wrong = || {
                let why = format!("{} is no length of time", shown(text));
                Fault::new("duration", why, "write seconds, H:MM:SS.mmm, or timecode with a frame rate")
            };
            let fields = text.split([':', ';']).count();
            let ns = match (fields, rate) {
                (4, Some(rate)) => Timecode::parse(text, rate).ok().map(|tc| rate.start_of(tc.frames())),
                (2 | 3, _) => clock_ns(text).ok().and_then(|ns| i64::try_from(ns).ok()),
                (1, _) => {
                    Decimal::parse(text).and_then(|s| s.scaled(9)).and_then(|ns| i64::try_from(ns).ok())
                }
                _ => None,
            };
            return ns.filter(|ns| *ns >= 0).map(Some).ok_or_else(wrong);
        }
        let (Some(rate), Some(start), Some(end)) = (rate, get("start_timecode"), get("end")) else {
            return Ok(None);
        };
        let frames = |text: &str| Timecode::parse(text, rate).map(Timecode::frames);
        match (frames(start), frames(end)) {
            (Ok(start), Ok(end)) if end >= start => Ok(Some(rate.start_of(end - start))),
            // A wrong timecode is named where the line is read.
            _ => Ok(None),
        }
    }
}

fn parse_rate(text: &str) -> Result<FrameRate, Fault> {
    let bare = text.trim().trim_end_matches(|letter: char| letter.is_alphabetic() || letter == ' ');
    let bare = if bare.contains('.') { bare.trim_end_matches('0').trim_end_matches('.') } else { bare };
    FrameRate::parse(bare).map_err(|error| Fault::new("frame_rate", error.to_string(), "mend the row"))
}

fn whole(field: &str, text: &str) -> Result<i64, Fault> {
    let number = Decimal::parse(text).and_then(|number| number.whole());
    let number = number.and_then(|number| i64::try_from(number).ok());
    number.ok_or_else(|| Fault::new(field, format!("{} is not a whole number", shown(text)), "mend the row"))
}

fn truth(field: &str, text: &str) -> Result<bool, Fault> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "x" | "df" | "drop" | "*" => Ok(true),
        "false" | "no" | "n" | "0" | "ndf" | "non-drop" => Ok(false),
        _ => Err(Fault::new(field, format!("{} is not true or false", shown(text)), "write yes or no")),
    }
}
