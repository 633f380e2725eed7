//! Templates: text with placeholders, such as `friends-s{season:02}e{episode:02}`.
//!
//! Placeholders are resolved when the mapping is read: a name is a builtin (`@row`), a capture of the file name, or
//! else a cell of the row. So a misspelt format or map is found before the first row, and a missing column at the
//! header.

use std::collections::BTreeMap;

use crate::decimal::Decimal;
use crate::problem::{Fault, shown};
use crate::record::{Builtin, CellPath, CellValue, Name, SourceRow};

/// Numbers are padded to at most this many digits.
const PADDED_DIGITS_MAX: usize = 18;

/// The maps of a mapping: name → from → to.
pub(crate) type Maps = BTreeMap<String, BTreeMap<String, String>>;

/// A template, ready to be filled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Slot(Slot),
}

#[derive(Debug, Clone, PartialEq)]
struct Slot {
    /// The first of these that is not empty counts.
    names: Vec<Name>,
    formats: Vec<Format>,
}

#[derive(Debug, Clone, PartialEq)]
enum Format {
    /// `02`: a whole number with at least that many digits.
    Padded(usize),
    Lower,
    Upper,
    Trim,
    /// Lower case, every run of other characters than letters and digits a hyphen.
    Slug,
    /// `map NAME`: through a map of the mapping.
    Map(String, BTreeMap<String, String>),
    /// A JSON number, true or false, or any JSON value, in place of a string.
    Number,
    Bool,
    Json,
}

/// A filled template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FilledTemplate {
    /// Every placeholder was empty: the field is left out.
    Absent,
    /// Text.
    Text(String),
    /// JSON text that goes into the line as it is.
    Raw(String),
}

impl Template {
    /// Reads a template. `captures` are the named groups that the source has.
    pub(crate) fn parse(text: &str, captures: &[String], maps: &Maps) -> Result<Template, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("{{") {
                plain.push('{');
                rest = after;
            } else if let Some(after) = rest.strip_prefix("}}") {
                plain.push('}');
                rest = after;
            } else if letter == '}' {
                return Err("a `}` without its `{`; write `}}` for the character itself".into());
            } else if letter == '{' {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                let (slot, after) = Slot::parse(&rest[1..], captures, maps)?;
                pieces.push(Piece::Slot(slot));
                rest = after;
            } else {
                plain.push(letter);
                rest = &rest[letter.len_utf8()..];
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        let raw = |piece: &Piece| matches!(piece, Piece::Slot(slot) if slot.is_raw());
        if pieces.len() > 1 && pieces.iter().any(raw) {
            return Err("`number`, `bool` and `json` need a placeholder that stands alone".into());
        }
        Ok(Template { pieces })
    }

    /// The cells it names, for the check of a table's header: of each group one must be there.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Vec<&str>> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Slot(slot) => slot
                .names
                .iter()
                .map(|name| match name {
                    Name::Cell(path) => Some(path.whole.as_str()),
                    _ => None,
                })
                .collect(),
            Piece::Text(_) => None,
        })
    }

    /// The first cell it names, where one is named at all.
    pub(crate) fn first_cell(&self) -> Option<&str> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Slot(slot) => slot.names.iter().find_map(|name| match name {
                Name::Cell(path) => Some(path.whole.as_str()),
                _ => None,
            }),
            Piece::Text(_) => None,
        })
    }

    /// Fills the template from a row.
    pub(crate) fn fill(&self, field: &str, row: &SourceRow<'_>) -> Result<FilledTemplate, Fault> {
        let mut text = String::new();
        let mut slots = 0;
        let mut empty_slots = 0;
        for piece in &self.pieces {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Slot(slot) => {
                    slots += 1;
                    match slot.fill(field, row)? {
                        FilledTemplate::Absent => empty_slots += 1,
                        FilledTemplate::Text(part) => text.push_str(&part),
                        FilledTemplate::Raw(json) => return Ok(FilledTemplate::Raw(json)),
                    }
                }
            }
        }
        Ok(if text.is_empty() || (slots > 0 && slots == empty_slots) {
            FilledTemplate::Absent
        } else {
            FilledTemplate::Text(text)
        })
    }

    /// Fills the template with text; raw values become their text.
    pub(crate) fn text(&self, field: &str, row: &SourceRow<'_>) -> Result<Option<String>, Fault> {
        Ok(match self.fill(field, row)? {
            FilledTemplate::Absent => None,
            FilledTemplate::Text(text) | FilledTemplate::Raw(text) => Some(text),
        })
    }
}

impl Slot {
    /// Reads what follows a `{`; also answers what follows the `}`.
    fn parse<'t>(text: &'t str, captures: &[String], maps: &Maps) -> Result<(Slot, &'t str), String> {
        let mut names = Vec::new();
        let mut rest = text;
        loop {
            let (name, after) = read_name(rest, captures)?;
            names.push(name);
            rest = after;
            match rest.strip_prefix('|') {
                Some(after) => rest = after,
                None => break,
            }
        }
        let end = rest.find('}').ok_or("a `{` without its `}`; write `{{` for the character itself")?;
        let mut formats = Vec::new();
        for word in rest[..end].split(':').skip(1) {
            formats.push(Format::parse(word.trim(), maps)?);
        }
        Ok((Slot { names, formats }, &rest[end + 1..]))
    }

    fn is_raw(&self) -> bool {
        self.formats.iter().any(|format| matches!(format, Format::Number | Format::Bool | Format::Json))
    }

    fn fill(&self, field: &str, row: &SourceRow<'_>) -> Result<FilledTemplate, Fault> {
        for name in &self.names {
            match row.find(name) {
                CellValue::Text(text) if text.trim().is_empty() => {}
                CellValue::Text(text) => {
                    if self.formats == [Format::Json]
                        && let Name::Cell(path) = name
                        && let Some(value) = row.tree(path)
                    {
                        let mut json = String::new();
                        value.write(&mut json);
                        return Ok(FilledTemplate::Raw(json));
                    }
                    return self.format(field, &text);
                }
                CellValue::Tree(value) if self.formats == [Format::Json] => {
                    let mut json = String::new();
                    value.write(&mut json);
                    return Ok(FilledTemplate::Raw(json));
                }
                CellValue::Tree(_) => {
                    return Err(Fault::new(
                        field,
                        "the value is a list or an object",
                        "name a member of it, or add `:json` to keep it whole",
                    ));
                }
            }
        }
        Ok(FilledTemplate::Absent)
    }

    fn format(&self, field: &str, text: &str) -> Result<FilledTemplate, Fault> {
        let mut text = text.to_owned();
        for format in &self.formats {
            match format.apply(field, &text)? {
                FilledTemplate::Text(changed) => text = changed,
                done => return Ok(done),
            }
        }
        Ok(FilledTemplate::Text(text))
    }
}

fn read_name<'t>(text: &'t str, captures: &[String]) -> Result<(Name, &'t str), String> {
    if let Some(quoted) = text.trim_start().strip_prefix('"') {
        let (name, after) = quoted.split_once('"').ok_or("a name in quotes has no closing quote")?;
        return Ok((Name::Cell(CellPath::verbatim(name)), after.trim_start()));
    }
    let end =
        text.find(['|', ':', '}']).ok_or("a `{` without its `}`; write `{{` for the character itself")?;
    let name = text[..end].trim();
    if name.is_empty() {
        return Err("a placeholder without a name; write `{column}`".into());
    }
    if name.starts_with('@') {
        let builtin = Builtin::NAMES.iter().find(|(known, _)| *known == name);
        let known: Vec<&str> = Builtin::NAMES.iter().map(|(known, _)| *known).collect();
        let (_, builtin) =
            builtin.ok_or_else(|| format!("`{name}` is not known; there are {}", known.join(", ")))?;
        return Ok((Name::Builtin(*builtin), &text[end..]));
    }
    let name = match captures.iter().position(|capture| capture == name) {
        Some(index) => Name::Capture(index),
        None => Name::Cell(CellPath::new(name)),
    };
    Ok((name, &text[end..]))
}

impl Format {
    fn parse(word: &str, maps: &Maps) -> Result<Format, String> {
        if let Some(name) = word.strip_prefix("map ") {
            let name = name.trim();
            let map =
                maps.get(name).ok_or_else(|| format!("there is no map `{name}`; write `[maps.{name}]`"))?;
            return Ok(Format::Map(name.to_owned(), map.clone()));
        }
        match word {
            "lower" => return Ok(Format::Lower),
            "upper" => return Ok(Format::Upper),
            "trim" => return Ok(Format::Trim),
            "slug" => return Ok(Format::Slug),
            "number" => return Ok(Format::Number),
            "bool" => return Ok(Format::Bool),
            "json" => return Ok(Format::Json),
            _ => {}
        }
        match word.parse::<usize>() {
            Ok(digits) if word.starts_with('0') && (1..=PADDED_DIGITS_MAX).contains(&digits) => {
                Ok(Format::Padded(digits))
            }
            _ => Err(format!(
                "`{word}` is not a format; there are 02, lower, upper, trim, slug, map NAME, number, bool, json"
            )),
        }
    }

    fn apply(&self, field: &str, text: &str) -> Result<FilledTemplate, Fault> {
        Ok(FilledTemplate::Text(match self {
            Format::Lower => text.to_lowercase(),
            Format::Upper => text.to_uppercase(),
            Format::Trim => text.trim().to_owned(),
            Format::Slug => slug(text),
            Format::Padded(digits) => {
                let number = Decimal::parse(text.trim()).filter(|number| !number.is_negative());
                let number = number.and_then(|number| number.whole()).ok_or_else(|| {
                    Fault::new(field, format!("{} is not a whole number", shown(text)), "mend the value")
                })?;
                format!("{number:0digits$}")
            }
            Format::Map(name, map) => {
                map.get(text.trim()).or_else(|| map.get("*")).cloned().ok_or_else(|| {
                    let why = format!("{} is not in the map `{name}`", shown(text));
                    Fault::new(field, why, "add it to the map, or `\"*\"` for all others")
                })?
            }
            Format::Number => {
                let number =
                    Decimal::parse(text.trim()).and_then(|number| number.to_json()).ok_or_else(|| {
                        Fault::new(
                            field,
                            format!("{} is not a number", shown(text)),
                            "mend it or drop `:number`",
                        )
                    })?;
                return Ok(FilledTemplate::Raw(number));
            }
            Format::Bool => {
                let truth = truth(text.trim()).ok_or_else(|| {
                    Fault::new(
                        field,
                        format!("{} is not true or false", shown(text)),
                        "mend it or drop `:bool`",
                    )
                })?;
                return Ok(FilledTemplate::Raw(truth.to_string()));
            }
            // Only JSON rows hold trees; a table's cell is read as JSON text when it is valid.
            Format::Json => {
                let value = crate::value::Value::parse(text.as_bytes()).map_err(|error| {
                    Fault::new(field, format!("the cell is not JSON: {error}"), "mend it or drop `:json`")
                })?;
                let mut json = String::new();
                value.write(&mut json);
                return Ok(FilledTemplate::Raw(json));
            }
        }))
    }
}

/// What the usual words for yes and no mean.
pub(crate) fn truth(text: &str) -> Option<bool> {
    let word = text.to_ascii_lowercase();
    match word.as_str() {
        "true" | "yes" | "y" | "t" | "x" | "1" | "1.0" => Some(true),
        "false" | "no" | "n" | "f" | "0" | "0.0" | "" => Some(false),
        _ => None,
    }
}

fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}
