//! What all kinds of input share: footage, annotation lines, files of other tools, tables.

use std::ops::ControlFlow;

use rushes_import::{Item, Problem, Sink};
use rushes_types::RunMode;

use super::ingest_options::IngestOptions;
use crate::exit::{Failure, Outcome};
use crate::interrupt;
use crate::sender::Sender;

/// A running `rushes ingest`.
pub struct Intake<'a> {
    /// Where the lines go.
    pub sender: Sender<'a>,
    /// What was asked for.
    pub options: &'a IngestOptions,
    /// Say less.
    pub quiet: bool,
    /// Files read.
    pub files: u64,
}

/// Sends what an importer makes of one file. Asset lines go first, so that no annotation has to register an asset by
/// its bare name.
pub struct ItemSender<'t, 'a> {
    sender: &'t mut Sender<'a>,
    run: Option<RunMode>,
    file: usize,
    assets: Vec<u8>,
    annotations: u64,
}

impl<'t, 'a> ItemSender<'t, 'a> {
    /// Sends the lines of one file; `run`: the kind of run they go into.
    pub fn new(sender: &'t mut Sender<'a>, run: Option<RunMode>, name: &str) -> Self {
        let file = sender.tally.file(name);
        Self { sender, run, file, assets: Vec::new(), annotations: 0 }
    }

    /// Sends one item.
    pub fn send(&mut self, item: Item) -> Outcome {
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
            Item::Problem(problem) => reject(self.sender, &problem),
            Item::Note(note) => self.sender.tally.note(note.to_string()),
        }
        Ok(())
    }

    fn send_assets(&mut self) -> Outcome {
        self.sender.assets(self.file, std::mem::take(&mut self.assets))
    }

    /// The file ends.
    pub fn end(&mut self) -> Outcome {
        self.send_assets()?;
        self.sender.end_file()
    }
}

/// Counts and prints a problem that an importer found.
pub fn reject(sender: &mut Sender<'_>, problem: &Problem) {
    let row = if problem.row > 0 { format!("row {}: ", problem.row) } else { String::new() };
    let detail = format!("{row}{}; {}", problem.why, problem.mend);
    sender.tally.reject_in(&problem.file, problem.line, &problem.field, &detail);
}

/// Lets an importer read, and stops it at the first item that cannot be sent.
pub fn read_until_failure<T>(
    mut send: impl FnMut(Item) -> Outcome,
    read: impl FnOnce(&mut Sink<'_>) -> T,
) -> Outcome<T> {
    let mut failure = None;
    let read = read(&mut |item| match send(item) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    });
    match failure {
        Some(failure) => Err(failure),
        None => Ok(read),
    }
}
