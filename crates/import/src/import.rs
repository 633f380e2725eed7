//! Applying a mapping to files.

use std::collections::HashMap;
use std::io::Read;
use std::ops::ControlFlow;

use crate::bytes;
use crate::limits::Limits;
use crate::line;
use crate::mapping::{AssetTemplate, AssetTemplates, Format, Mapping, Source, SourceFile, Test};
use crate::problem::{Fault, Note, Problem, shown};
use crate::record::{CellValue, Cells, SourceRow};
use crate::template::truth;
use crate::value::Value;

/// What an import emits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// An asset line, once per asset, before the first annotation that needs it.
    Asset(String),
    /// An annotation line.
    Annotation(String),
    /// A rejected row or file. The others are not affected.
    Problem(Problem),
    /// Something that the person who imports should know, such as a clock that was shifted. Nothing was refused.
    Note(Note),
}

/// What an import has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files read, wholly or in part.
    pub files: u64,
    /// Rows seen, before `when` and `each`.
    pub rows: u64,
    /// Rows, or elements of `each`, that `when` left out.
    pub skipped: u64,
    /// Asset lines handed out.
    pub assets: u64,
    /// Annotation lines handed out.
    pub annotations: u64,
    /// Those of them that start and end at the same time.
    pub points: u64,
    /// Problems handed out.
    pub problems: u64,
}

/// Receives what an import emits; returning `Break` ends it.
pub type Sink<'s> = dyn FnMut(Item) -> ControlFlow<()> + 's;

/// One import. It remembers over all its files which assets it has emitted.
#[derive(Debug)]
pub struct Import<'m> {
    mapping: &'m Mapping,
    limits: Limits,
    assets: HashMap<String, NamedAsset>,
    counts: Counts,
}

#[derive(Debug)]
struct NamedAsset {
    line: String,
    differs: bool,
}

impl Mapping {
    /// Begins an import with the usual limits.
    #[must_use]
    pub fn import(&self) -> Import<'_> {
        self.import_within(Limits::default())
    }

    /// Begins an import with limits of its own.
    #[must_use]
    pub fn import_within(&self, limits: Limits) -> Import<'_> {
        Import { mapping: self, limits, assets: HashMap::new(), counts: Counts::default() }
    }
}

impl Import<'_> {
    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Reads one file and hands out its lines and problems in the order of the rows.
    ///
    /// Answers `Break` where the sink did; nothing else ends an import.
    pub fn read(&mut self, file: &SourceFile, reader: impl Read, sink: &mut Sink<'_>) -> ControlFlow<()> {
        self.counts.files += 1;
        let Some(source) = self.mapping.sources.get(file.source) else {
            let fault = Fault::new("", "the mapping has no such source", "take the file from `sources_in`");
            return self.problem(fault.at(&file.name, 0, 0), sink);
        };
        let format = self.mapping.format_of(file);
        let row_bytes = self.limits.row_bytes;
        let opened = bytes::open(reader, self.limits.file_bytes);
        let mut pass =
            FilePass { templates: self.templates_of(file), import: self, source, file, sink, row: 0 };
        let text = match opened {
            Ok(text) => text,
            Err(error) => return pass.stopped(0, &error.to_string()),
        };
        pass.asset_of_file()?;
        match format {
            None => {
                let mend = "write `format` in the mapping: csv, tsv, json or jsonl";
                pass.fault(0, Fault::new("format", "the name does not tell the format", mend))
            }
            Some(Format::Csv) => pass.table(text, b','),
            Some(Format::Tsv) => pass.table(text, b'\t'),
            Some(Format::Json) => pass.json(text, row_bytes),
            Some(Format::JsonLines) => pass.json_lines(text, row_bytes),
        }
    }

    /// Hands out a problem that was found outside a file, and counts it.
    pub(crate) fn problem(&mut self, problem: Problem, sink: &mut Sink<'_>) -> ControlFlow<()> {
        self.counts.problems += 1;
        sink(Item::Problem(problem))
    }
}

impl<'m> Import<'m> {
    pub(crate) fn mapping(&self) -> &'m Mapping {
        self.mapping
    }

    fn templates_of(&self, file: &SourceFile) -> Option<&'m AssetTemplates> {
        self.mapping.asset.as_ref()?.by_source.get(file.source)?.as_ref()
    }
}

/// The state of one file while it is read.
pub(crate) struct FilePass<'p, 'm, 's> {
    import: &'p mut Import<'m>,
    pub source: &'p Source,
    pub file: &'p SourceFile,
    templates: Option<&'m AssetTemplates>,
    sink: &'p mut Sink<'s>,
    /// The number of the current row, from 1.
    pub row: u64,
}

impl FilePass<'_, '_, '_> {
    pub(crate) fn row_bytes(&self) -> u64 {
        self.import.limits.row_bytes
    }

    /// The asset keys that rows fill; none where the file's name is enough.
    pub(crate) fn asset_fields(&self) -> &[(String, AssetTemplate)] {
        match self.templates {
            Some(templates) if !templates.by_file => &templates.fields,
            _ => &[],
        }
    }

    /// Counts a row; every row is counted before anything else is done with it.
    pub(crate) fn next_row(&mut self) {
        self.row += 1;
        self.import.counts.rows += 1;
    }

    /// Reports a fault of the current row, or of the file before its first row.
    pub(crate) fn fault(&mut self, line: u64, fault: Fault) -> ControlFlow<()> {
        let problem = fault.at(&self.file.name, line, if line == 0 { 0 } else { self.row });
        self.import.problem(problem, self.sink)
    }

    /// Reports that the rest of the file cannot be read.
    pub(crate) fn stopped(&mut self, line: u64, why: &str) -> ControlFlow<()> {
        let why = format!("reading stopped after row {}: {why}", self.row);
        let mend = "mend the file and import it again";
        let problem = Fault::new("", why, mend).at(&self.file.name, line, 0);
        self.import.problem(problem, self.sink)
    }

    fn row_of<'r>(&'r self, cells: Cells<'r>) -> SourceRow<'r> {
        let (captures, file) = (&self.file.captures, &self.file.name);
        SourceRow { cells, captures, file, number: self.row, element: None, flag: "" }
    }

    fn asset_of_file(&mut self) -> ControlFlow<()> {
        match self.templates {
            Some(templates) if templates.by_file => {
                let made = line::asset(templates, &self.row_of(Cells::Nothing));
                self.asset_line(0, made)
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn asset_line(&mut self, at: u64, made: Result<(String, String), Fault>) -> ControlFlow<()> {
        let (id, line) = match made {
            Ok(made) => made,
            Err(fault) => return self.fault(at, fault),
        };
        match self.import.assets.get_mut(&id) {
            None => {
                self.import.assets.insert(id, NamedAsset { line: line.clone(), differs: false });
                self.import.counts.assets += 1;
                (self.sink)(Item::Asset(line))
            }
            Some(named) if named.line != line && !named.differs => {
                named.differs = true;
                let why = format!("the asset {} is described differently than before", shown(&id));
                self.fault(at, Fault::new("asset", why, "make the rows agree; the first description is used"))
            }
            Some(_) => ControlFlow::Continue(()),
        }
    }

    /// Emits everything that one row produces.
    pub(crate) fn cells(&mut self, line: u64, cells: Cells<'_>) -> ControlFlow<()> {
        let (captures, file) = (&self.file.captures, &self.file.name);
        let row = SourceRow { cells, captures, file, number: self.row, element: None, flag: "" };
        let Some(each) = &self.source.each else { return self.element(line, row) };
        match row.cell(each) {
            CellValue::Tree(Value::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.element(line, SourceRow { element: Some((each, index, item)), ..row })?;
                }
                ControlFlow::Continue(())
            }
            CellValue::Text(text) if text.is_empty() => ControlFlow::Continue(()),
            _ => self.fault(line, Fault::new("each", "this is not a list", "name a list of the row")),
        }
    }

    fn element(&mut self, line: u64, row: SourceRow<'_>) -> ControlFlow<()> {
        match meets(self.source, &row) {
            Ok(true) => {}
            Ok(false) => {
                self.import.counts.skipped += 1;
                return ControlFlow::Continue(());
            }
            Err(fault) => return self.fault(line, fault),
        }
        if let Some(templates) = self.templates
            && !templates.by_file
        {
            self.asset_line(line, line::asset(templates, &row))?;
        }
        if self.source.flags.is_empty() {
            return self.annotation(line, &row, None);
        }
        for (cell, label) in &self.source.flags {
            let truth = match row.cell(cell) {
                CellValue::Text(text) => truth(text.trim()).ok_or_else(|| shown(&text)),
                CellValue::Tree(_) => Err("a list or an object".to_owned()),
            };
            let row = SourceRow { flag: &cell.whole, ..row };
            match truth {
                Ok(false) => {}
                Ok(true) => self.annotation(line, &row, Some(label))?,
                Err(value) => {
                    let why = format!("{value} is not true or false");
                    let field = format!("flags.{}", cell.whole);
                    self.fault(
                        line,
                        Fault::new(&field, why, "mend the row or take the column out of `flags`"),
                    )?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn annotation(&mut self, at: u64, row: &SourceRow<'_>, label: Option<&str>) -> ControlFlow<()> {
        match line::annotation(self.source, row, label) {
            Ok(annotation) => {
                self.import.counts.annotations += 1;
                self.import.counts.points += u64::from(annotation.is_point);
                (self.sink)(Item::Annotation(annotation.line))
            }
            Err(fault) => self.fault(at, fault),
        }
    }
}

fn meets(source: &Source, row: &SourceRow<'_>) -> Result<bool, Fault> {
    for condition in &source.when {
        let value = condition.value.text("when", row)?.unwrap_or_default();
        let holds = match &condition.test {
            Test::OneOf(values) => values.contains(&value),
            Test::NoneOf(values) => !values.contains(&value),
            Test::Empty(empty) => value.is_empty() == *empty,
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}
