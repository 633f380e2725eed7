//! `rushes ingest --mapping`: tables and other models' files, through the importer, as annotation lines.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rushes_import::{Item, Mapping, Problem, RunMode as SourceRun, SourceFile};
use rushes_types::RunMode;

use super::ingest::Intake;
use crate::exit::{Failure, Outcome};
use crate::interrupt;
use crate::lines::Sender;
use crate::progress::Bar;

/// Reads the folders by the mapping and sends what comes out.
pub fn run(intake: &mut Intake<'_>, mapping: &Path, folders: &[PathBuf]) -> Outcome {
    let name = mapping.display().to_string();
    let text = std::fs::read_to_string(mapping).with_context(|| format!("`{name}` cannot be read"))?;
    let mapping = Mapping::parse(&text).map_err(|e| Failure::Usage(format!("{name}: {e}")))?;
    for folder in folders {
        if !folder.exists() {
            return Err(Failure::Usage(format!("`{}` is not there", folder.display())));
        }
        read(intake, &mapping, folder)?;
    }
    Ok(())
}

fn read(intake: &mut Intake<'_>, mapping: &Mapping, folder: &Path) -> Outcome {
    let found = mapping.sources_in(folder);
    for problem in &found.problems {
        refuse(&mut intake.sender, problem);
    }
    let bar = Bar::steps(Some(found.files.len() as u64), intake.quiet);
    bar.say("files read");
    let mut import = mapping.import();
    for file in &found.files {
        let opened =
            std::fs::File::open(&file.path).with_context(|| format!("`{}` cannot be read", file.name));
        let mut taker = Taker::of_mapping(intake, file);
        let mut failure = None;
        let flow = import.read(file, opened?, &mut |item| match taker.take(item) {
            Ok(()) => ControlFlow::Continue(()),
            Err(e) => {
                failure = Some(e);
                ControlFlow::Break(())
            }
        });
        if let (ControlFlow::Break(()), Some(failure)) = (flow, failure) {
            return Err(failure);
        }
        taker.end()?;
        intake.files += 1;
        bar.add(1);
    }
    Ok(())
}

/// Tells a problem that an importer found.
pub(super) fn refuse(sender: &mut Sender<'_>, problem: &Problem) {
    let row = if problem.row > 0 { format!("row {}: ", problem.row) } else { String::new() };
    let detail = format!("{row}{}; {}", problem.why, problem.mend);
    sender.refuse(&problem.file, problem.line, &problem.field, &detail);
}

/// Takes what an importer makes of one file. Asset lines go first, so that no annotation has to register an asset by
/// its bare name.
pub(super) struct Taker<'t, 'a> {
    sender: &'t mut Sender<'a>,
    run: Option<RunMode>,
    file: usize,
    assets: Vec<u8>,
    annotations: u64,
}

impl<'t, 'a> Taker<'t, 'a> {
    fn of_mapping(intake: &'t mut Intake<'a>, file: &SourceFile) -> Self {
        let run = match file.run {
            _ if intake.args.replace => Some(RunMode::Replace),
            Some(SourceRun::Replace) => Some(RunMode::Replace),
            Some(SourceRun::Append) => Some(RunMode::Append),
            None => None,
        };
        // The lines are not the file's own: the mapping makes them, and they are counted as it does.
        Self::new(&mut intake.sender, run, &format!("{} (made by the mapping)", file.name))
    }

    /// A taker of the lines of one file; `run`: those that go into runs, and into which.
    pub(super) fn new(sender: &'t mut Sender<'a>, run: Option<RunMode>, name: &str) -> Self {
        let file = sender.file(name);
        Self { sender, run, file, assets: Vec::new(), annotations: 0 }
    }

    /// Takes one item.
    pub(super) fn take(&mut self, item: Item) -> Outcome {
        if interrupt::is_asked() {
            return Err(Failure::Interrupted);
        }
        match item {
            Item::Asset(line) => {
                self.assets.extend_from_slice(line.as_bytes());
                self.assets.push(b'\n');
            }
            Item::Annotation(line) => {
                self.send_assets()?;
                self.annotations += 1;
                self.sender.line(self.file, self.annotations, line.as_bytes(), self.run)?;
            }
            Item::Problem(problem) => refuse(self.sender, &problem),
            Item::Note(note) => self.sender.note(note.to_string()),
        }
        Ok(())
    }

    fn send_assets(&mut self) -> Outcome {
        self.sender.assets(self.file, std::mem::take(&mut self.assets))
    }

    /// The file ends.
    pub(super) fn end(&mut self) -> Outcome {
        self.send_assets()?;
        self.sender.end_file()
    }
}
