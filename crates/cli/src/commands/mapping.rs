//! `rushes ingest --mapping`: tables and other models' files, through the importer, as annotation lines.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rushes_import::{Item, Mapping};

use super::ingest::Sender;
use crate::exit::{Failure, Outcome};
use crate::progress::Bar;

/// Bytes of lines gathered for one request.
const REQUEST_BYTES: usize = 8 << 20;

/// Reads the folders by the mapping and sends what comes out.
pub fn run(sender: &mut Sender<'_>, mapping: &Path, folders: &[PathBuf]) -> Outcome {
    let name = mapping.display().to_string();
    let text = std::fs::read_to_string(mapping).with_context(|| format!("`{name}` cannot be read"))?;
    let mapping = Mapping::parse(&text).map_err(|e| Failure::Usage(format!("{name}: {e}")))?;
    for folder in folders {
        read(sender, &mapping, folder)?;
    }
    Ok(())
}

fn read(sender: &mut Sender<'_>, mapping: &Mapping, folder: &Path) -> Outcome {
    let found = mapping.sources_in(folder);
    for problem in &found.problems {
        sender.refuse(&problem.to_string());
    }
    let bar = Bar::steps(Some(found.files.len() as u64), sender.quiet);
    bar.say("files read");
    let mut import = mapping.import();
    let mut batch = Batch::default();
    for file in &found.files {
        let opened = std::fs::File::open(&file.path).with_context(|| format!("`{}` cannot be read", file.name));
        let mut failure = None;
        let flow = import.read(file, opened?, &mut |item| match batch.take(sender, item) {
            Ok(()) => ControlFlow::Continue(()),
            Err(e) => {
                failure = Some(e);
                ControlFlow::Break(())
            }
        });
        if let (ControlFlow::Break(()), Some(failure)) = (flow, failure) {
            return Err(failure);
        }
        sender.totals.files += 1;
        bar.add(1);
    }
    batch.send(sender)?;
    bar.finish();
    Ok(())
}

/// Lines on their way to the archive.
#[derive(Default)]
struct Batch {
    assets: Vec<u8>,
    asset_count: u64,
    lines: Vec<u8>,
    line_count: u64,
    /// Number of the first line of `lines`, counted over all lines that the mapping made.
    sent: u64,
}

impl Batch {
    fn take(&mut self, sender: &mut Sender<'_>, item: Item) -> Outcome {
        match item {
            Item::Asset(line) => {
                push(&mut self.assets, &line);
                self.asset_count += 1;
            }
            Item::Annotation(line) => {
                push(&mut self.lines, &line);
                self.line_count += 1;
            }
            Item::Problem(problem) => sender.refuse(&problem.to_string()),
        }
        if self.lines.len() >= REQUEST_BYTES { self.send(sender) } else { Ok(()) }
    }

    /// Sends what was gathered; assets first, so that no line has to register one by its bare name.
    fn send(&mut self, sender: &mut Sender<'_>) -> Outcome {
        sender.send_assets(std::mem::take(&mut self.assets), std::mem::take(&mut self.asset_count))?;
        if !self.lines.is_empty() {
            sender.send_lines("line made by the mapping", self.sent + 1, std::mem::take(&mut self.lines))?;
        }
        self.sent += std::mem::take(&mut self.line_count);
        Ok(())
    }
}

fn push(into: &mut Vec<u8>, line: &str) {
    into.extend_from_slice(line.as_bytes());
    into.push(b'\n');
}
