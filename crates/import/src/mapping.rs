//! A mapping, checked and ready to be applied.

use std::path::PathBuf;

use regex::Regex;

use crate::problem::{Fault, MappingError, Problem};
use crate::record::CellPath;
use crate::scan::PathStep;
use crate::template::Template;
use crate::time::Unit;

/// A mapping: which files hold what, and how their rows become annotation lines.
///
/// The format is described in `docs/mapping.md`.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub(crate) asset: Option<AssetRule>,
    pub(crate) sources: Vec<Source>,
}

/// Whether a source's lines belong into a run, and of which kind. The importer only passes this on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunMode {
    /// The run supersedes earlier annotations of the model.
    Replace,
    /// The run adds to earlier annotations of the model.
    Append,
}

/// One file to be read by one source of the mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Where the file is.
    pub path: PathBuf,
    /// Its name relative to the folder, with `/`, as messages have it.
    pub name: String,
    /// The source's place in the mapping, from 0.
    pub source: usize,
    /// The kind of run that the source asks for, if any.
    pub run: Option<RunMode>,
    pub(crate) captures: Vec<(String, String)>,
}

/// How the bytes of a source are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Tsv,
    Json,
    JsonLines,
}

/// One `[[source]]`.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub files: Vec<(String, Regex)>,
    pub format: Option<Format>,
    pub captures: Option<Regex>,
    pub run: Option<RunMode>,
    pub table: TableRule,
    pub rows: Vec<PathStep>,
    pub rows_text: String,
    pub each: Option<CellPath>,
    pub when: Vec<Condition>,
    pub fields: Fields,
    pub flags: Vec<(CellPath, String)>,
    pub words: Option<WordsRule>,
    pub embedding: Option<CellPath>,
}

/// How a table is laid out.
#[derive(Debug, Clone)]
pub(crate) struct TableRule {
    pub delimiter: Option<u8>,
    pub quotes: bool,
    pub skip_lines: u64,
    pub columns: Option<Vec<String>>,
}

/// The fields of an annotation.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    pub asset_id: Template,
    pub movie_id: Option<Template>,
    pub model: Template,
    pub kind: Template,
    pub annotation_id: Option<Template>,
    pub label: Option<Template>,
    pub text: Option<Template>,
    pub language: Option<Template>,
    pub confidence: Option<Template>,
    pub confidence_max: i64,
    pub attributes: Vec<(String, Constant)>,
    pub span: Span,
}

/// An attribute: a template, or a number or truth value of the mapping itself.
#[derive(Debug, Clone)]
pub(crate) enum Constant {
    Template(Template),
    Raw(String),
}

/// The time range of a row.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub start: TimeExpression,
    pub end: SpanEnd,
}

/// A time and its unit.
#[derive(Debug, Clone)]
pub(crate) struct TimeExpression {
    pub template: Template,
    pub unit: Unit,
}

/// How a time range ends.
#[derive(Debug, Clone)]
pub(crate) enum SpanEnd {
    /// At its start: a point.
    Point,
    /// At a time, one step of its unit later where it is written inclusive.
    At { moment: TimeExpression, inclusive: bool },
    /// After a length.
    After(TimeExpression),
}

/// The words of a row.
#[derive(Debug, Clone)]
pub(crate) struct WordsRule {
    pub list: CellPath,
    pub text: Template,
    pub span: Option<Span>,
    pub confidence: Option<Template>,
    pub confidence_max: i64,
}

/// A row counts only where this holds.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub value: Template,
    pub test: Test,
}

/// What a condition asks.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    OneOf(Vec<String>),
    NoneOf(Vec<String>),
    Empty(bool),
}

/// The `[asset]` section.
#[derive(Debug, Clone)]
pub(crate) struct AssetRule {
    /// The templates as written: each source reads them with its own captures.
    pub fields: Vec<AssetField>,
    /// The same for each source, read; `None` for those that make no assets.
    pub by_source: Vec<Option<AssetTemplates>>,
}

/// One key of `[asset]`.
#[derive(Debug, Clone)]
pub(crate) struct AssetField {
    pub name: String,
    pub value: AssetValue,
    pub error: MappingError,
}

/// What an asset key is given.
#[derive(Debug, Clone)]
pub(crate) enum AssetValue {
    Template(String),
    Raw(String),
    Attributes(Vec<AssetField>),
}

/// The `[asset]` section as one source fills it.
#[derive(Debug, Clone)]
pub(crate) struct AssetTemplates {
    pub fields: Vec<(String, AssetTemplate)>,
    /// True where it needs nothing but the file's name: it is then written even for a file without rows.
    pub by_file: bool,
}

/// The value of one asset key.
#[derive(Debug, Clone)]
pub(crate) enum AssetTemplate {
    One(Constant),
    Attributes(Vec<(String, Constant)>),
}

impl Mapping {
    /// How many sources it has.
    #[must_use]
    pub fn source_count(&self) -> usize {
        self.sources.len()
    }

    /// Makes a source file of a name, for bytes that do not come from a folder.
    ///
    /// # Errors
    /// A problem where there is no such source, or its `captures` do not match the name.
    pub fn source_file(&self, source: usize, name: &str) -> Result<SourceFile, Problem> {
        let fault = |why: &str, mend: &str| Fault::new("captures", why, mend).at(name, 0, 0);
        let Some(rule) = self.sources.get(source) else {
            return Err(
                Fault::new("", "the mapping has no such source", "count sources from 0").at(name, 0, 0)
            );
        };
        let captures = match &rule.captures {
            None => Vec::new(),
            Some(regex) => {
                let found = regex.captures(name);
                let found = found.ok_or_else(|| {
                    fault(
                        "the file name does not match",
                        "mend the expression, or `files`, so that they agree",
                    )
                })?;
                let named = |group: &str| {
                    let text = found.name(group).map_or("", |text| text.as_str());
                    (group.to_owned(), text.to_owned())
                };
                regex.capture_names().flatten().map(named).collect()
            }
        };
        Ok(SourceFile { path: PathBuf::from(name), name: name.to_owned(), source, run: rule.run, captures })
    }

    pub(crate) fn format_of(&self, file: &SourceFile) -> Option<Format> {
        let stated = self.sources.get(file.source).and_then(|source| source.format);
        stated.or_else(|| {
            let name = file.name.to_ascii_lowercase();
            let name = name.strip_suffix(".gz").unwrap_or(&name);
            match name.rsplit_once('.')?.1 {
                "csv" => Some(Format::Csv),
                "tsv" | "tab" => Some(Format::Tsv),
                "json" => Some(Format::Json),
                "jsonl" | "ndjson" => Some(Format::JsonLines),
                _ => None,
            }
        })
    }
}
