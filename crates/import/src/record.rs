//! One row of a source, whatever its format, with look-up of names.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::value::Value;

/// The source of a placeholder's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Name {
    /// `{@row}` and its like.
    Builtin(Builtin),
    /// A named group of `captures`, by its place in the list.
    Capture(usize),
    /// A column, or a path inside a JSON row.
    Cell(CellPath),
}

/// The names that every row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builtin {
    /// The file's name relative to the folder.
    File,
    /// The file's name without folder and extensions.
    Stem,
    /// The row's number, from 1.
    Row,
    /// The number of the element of `each`, from 1.
    Each,
    /// The flag column that was true.
    Flag,
}

impl Builtin {
    pub(crate) const NAMES: [(&'static str, Builtin); 5] = [
        ("@file", Builtin::File),
        ("@stem", Builtin::Stem),
        ("@row", Builtin::Row),
        ("@each", Builtin::Each),
        ("@flag", Builtin::Flag),
    ];
}

/// A column name, also read as a path for JSON rows: `instances.start`, `speakers[0].name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CellPath {
    /// As written: the column name in a table.
    pub whole: String,
    steps: Vec<PathPart>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PathPart {
    Member(String),
    Item(usize),
}

impl CellPath {
    /// Reads a path; text that is no path is one member of that name.
    pub(crate) fn new(whole: &str) -> CellPath {
        let mut steps = Vec::new();
        for part in whole.split('.') {
            let (name, items) =
                part.split_once('[').map_or((part, None), |(name, items)| (name, Some(items)));
            if !name.is_empty() || items.is_none() {
                steps.push(PathPart::Member(name.to_owned()));
            }
            for item in items.into_iter().flat_map(|items| items.split('[')) {
                match item.strip_suffix(']').and_then(|digits| digits.parse().ok()) {
                    Some(index) => steps.push(PathPart::Item(index)),
                    None => {
                        return CellPath {
                            whole: whole.to_owned(),
                            steps: vec![PathPart::Member(whole.to_owned())],
                        };
                    }
                }
            }
        }
        CellPath { whole: whole.to_owned(), steps }
    }

    /// A name used verbatim, including dots and brackets.
    pub(crate) fn verbatim(whole: &str) -> CellPath {
        CellPath { whole: whole.to_owned(), steps: vec![PathPart::Member(whole.to_owned())] }
    }

    fn find<'v>(&self, root: &'v Value, from: usize) -> Option<&'v Value> {
        let mut value = root;
        for step in self.steps.get(from..)? {
            value = match (step, value) {
                (PathPart::Member(name), value) => value.member(name)?,
                (PathPart::Item(index), Value::List(items)) => items.get(*index)?,
                _ => return None,
            };
        }
        Some(value)
    }
}

/// The value of a name in one row.
pub(crate) enum CellValue<'r> {
    /// A piece of text; empty where there is none.
    Text(Cow<'r, str>),
    /// A list or an object of a JSON row.
    Tree(&'r Value),
}

/// The cells of a row.
#[derive(Clone, Copy)]
pub(crate) enum Cells<'r> {
    /// None yet: the file as such.
    Nothing,
    /// A row of a table: where each column is, and the fields.
    Table(&'r HashMap<String, usize>, &'r [&'r str]),
    /// A JSON value.
    Json(&'r Value),
}

/// A row with everything that templates may name.
#[derive(Clone, Copy)]
pub(crate) struct SourceRow<'r> {
    pub cells: Cells<'r>,
    pub captures: &'r [(String, String)],
    pub file: &'r str,
    pub number: u64,
    /// The path of `each`, the element's number from 0, and the element.
    pub element: Option<(&'r CellPath, usize, &'r Value)>,
    pub flag: &'r str,
}

impl<'r> SourceRow<'r> {
    /// The value of `name` in this row.
    pub(crate) fn find(&self, name: &Name) -> CellValue<'r> {
        match name {
            Name::Capture(index) => CellValue::Text(Cow::Borrowed(
                self.captures.get(*index).map_or("", |(_, text)| text.as_str()),
            )),
            Name::Builtin(Builtin::File) => CellValue::Text(Cow::Borrowed(self.file)),
            Name::Builtin(Builtin::Stem) => CellValue::Text(Cow::Borrowed(stem(self.file))),
            Name::Builtin(Builtin::Row) => CellValue::Text(Cow::Owned(self.number.to_string())),
            Name::Builtin(Builtin::Flag) => CellValue::Text(Cow::Borrowed(self.flag)),
            Name::Builtin(Builtin::Each) => CellValue::Text(Cow::Owned(
                self.element.map(|(_, index, _)| (index + 1).to_string()).unwrap_or_default(),
            )),
            Name::Cell(path) => self.cell(path),
        }
    }

    /// The value of a column or path in this row; empty text where there is none.
    pub(crate) fn cell(&self, path: &CellPath) -> CellValue<'r> {
        match self.cells {
            Cells::Nothing => CellValue::Text(Cow::Borrowed("")),
            Cells::Table(places, fields) => {
                let field = places.get(&path.whole).and_then(|place| fields.get(*place));
                CellValue::Text(Cow::Borrowed(field.copied().unwrap_or("")))
            }
            Cells::Json(root) => {
                let value = match self.element {
                    Some((each, _, element)) if path.steps.starts_with(&each.steps) => {
                        path.find(element, each.steps.len())
                    }
                    _ => path.find(root, 0),
                };
                found_value(value)
            }
        }
    }

    /// The JSON value at a path, for lists; `None` for tables and where there is none.
    pub(crate) fn tree(&self, path: &CellPath) -> Option<&'r Value> {
        match (self.cells, self.element) {
            (Cells::Json(_), Some((each, _, element))) if path.steps.starts_with(&each.steps) => {
                path.find(element, each.steps.len())
            }
            (Cells::Json(root), _) => path.find(root, 0),
            _ => None,
        }
    }
}

fn found_value(value: Option<&Value>) -> CellValue<'_> {
    match value {
        None | Some(Value::Null) => CellValue::Text(Cow::Borrowed("")),
        Some(Value::Bool(true)) => CellValue::Text(Cow::Borrowed("true")),
        Some(Value::Bool(false)) => CellValue::Text(Cow::Borrowed("false")),
        Some(Value::Number(text) | Value::Text(text)) => CellValue::Text(Cow::Borrowed(text)),
        Some(tree) => CellValue::Tree(tree),
    }
}

fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.split('.').find(|part| !part.is_empty()).unwrap_or(name)
}
