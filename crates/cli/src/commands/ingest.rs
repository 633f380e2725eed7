//! `rushes ingest`: files to requests, requests to the archive, problems to the person.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};

use crate::args::Ingest;
use crate::client::{Client, Payload};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::progress::Bar;

/// Bytes of lines sent in one request: well below the server's limit, large enough for one fsync to be cheap.
const REQUEST_BYTES: usize = 8 << 20;
/// How long `--wait` waits for the later stages before it says that they are still at it.
const WAIT_SECONDS: u64 = 3600;
/// Refused lines that are printed for each file.
const PROBLEMS_SHOWN: usize = 20;

/// Runs the command.
pub fn run(config: &Config, args: &Ingest, json_output: bool, quiet: bool) -> Outcome {
    let client = Client::connect(&config.place(), config.token.as_deref(), config.open_options(!args.dry_run))?;
    let mut sender = Sender { client: &client, args, quiet, totals: Totals::default() };
    match &args.mapping {
        Some(mapping) => super::mapping::run(&mut sender, mapping, &args.inputs)?,
        None => {
            for input in files(&args.inputs)? {
                sender.send_file(&input)?;
            }
        }
    }
    let totals = sender.totals;
    let caught_up = if args.wait && !args.dry_run { Some(wait(&client, quiet)?) } else { None };
    report(&totals, caught_up, args.dry_run, json_output)?;
    if totals.rejected > 0 { Err(Failure::Said) } else { Ok(()) }
}

/// What became of everything sent.
#[derive(Debug, Default, Clone)]
pub struct Totals {
    /// Newly kept.
    pub accepted: u64,
    /// There already.
    pub duplicates: u64,
    /// Refused.
    pub rejected: u64,
    /// Assets registered by a line, or by the mapping.
    pub assets: u64,
    /// The last commit.
    pub commit: Option<u64>,
    /// Files read.
    pub files: u64,
}

/// Sends lines and collects what became of them.
pub struct Sender<'a> {
    client: &'a Client,
    args: &'a Ingest,
    /// Say less.
    pub quiet: bool,
    /// What became of everything sent so far.
    pub totals: Totals,
}

impl Sender<'_> {
    /// Sends asset lines.
    pub fn send_assets(&mut self, lines: Vec<u8>, count: u64) -> Outcome {
        if self.args.dry_run || lines.is_empty() {
            return Ok(());
        }
        self.client.post("/v1/assets", Payload::Lines(lines))?;
        self.totals.assets += count;
        Ok(())
    }

    /// Sends one request of lines, the first of which is line `first` of `name`.
    pub fn send_lines(&mut self, name: &str, first: u64, lines: Vec<u8>) -> Outcome {
        self.send(name, first, Payload::Lines(lines))
    }

    /// A problem that was found before anything was sent.
    pub fn refuse(&mut self, problem: &str) {
        self.totals.rejected += 1;
        output::warn(problem);
    }

    fn send(&mut self, name: &str, first: u64, payload: Payload) -> Outcome {
        let mode = if self.args.replace { "replace" } else { "loose" };
        let (strict, dry_run) = (self.args.strict, self.args.dry_run);
        let path = format!("/v1/annotations?mode={mode}&strict={strict}&dry_run={dry_run}");
        let answer = self.client.post(&path, payload)?;
        let number = |field: &str| answer.get(field).and_then(Value::as_u64).unwrap_or(0);
        self.totals.accepted += number("accepted");
        self.totals.duplicates += number("duplicates");
        self.totals.rejected += number("rejected");
        self.totals.assets += answer.get("registered_assets").and_then(Value::as_array).map_or(0, |a| a.len() as u64);
        self.totals.commit = self.totals.commit.max(answer.get("commit").and_then(Value::as_u64));
        let errors = answer.get("errors").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for error in errors.iter().take(PROBLEMS_SHOWN) {
            let text = |field: &str| error.get(field).and_then(Value::as_str).unwrap_or("").to_owned();
            let line = error.get("line").and_then(Value::as_u64).unwrap_or(0) + first - 1;
            let pointer = text("pointer");
            let field = if pointer.is_empty() { String::new() } else { format!(" `{pointer}`:") };
            output::warn(&format!("{name}:{line}:{field} {}", text("detail")));
        }
        let more = number("rejected").saturating_sub(errors.len().min(PROBLEMS_SHOWN) as u64);
        if more > 0 {
            output::warn(&format!("{name}: {more} more lines refused"));
        }
        Ok(())
    }

    fn send_file(&mut self, input: &Path) -> Outcome {
        self.totals.files += 1;
        if input == Path::new("-") {
            return self.send_reader("-", &mut std::io::stdin().lock(), &Bar::steps(None, self.quiet));
        }
        let name = input.display().to_string();
        let file = std::fs::File::open(input).with_context(|| format!("`{name}` cannot be read"))?;
        let bar = Bar::bytes(file.metadata().map_or(0, |m| m.len()), self.quiet);
        bar.say(&input.file_name().unwrap_or_default().to_string_lossy());
        let sent = self.send_reader(&name, &mut BufReader::with_capacity(1 << 20, file), &bar);
        bar.finish();
        sent
    }

    fn send_reader(&mut self, name: &str, reader: &mut dyn BufRead, bar: &Bar) -> Outcome {
        let start = reader.fill_buf().with_context(|| format!("reading `{name}`"))?;
        if looks_like_arrow(start) {
            return self.send_arrow(name, reader);
        }
        // With --strict a file is taken whole or not at all: then it is one request.
        let request_bytes = if self.args.strict { usize::MAX } else { REQUEST_BYTES };
        let (mut first, mut lines, mut held) = (1, 0, Vec::new());
        loop {
            let before = held.len();
            let n = read_line(reader, &mut held).with_context(|| format!("reading `{name}`"))?;
            bar.add(n as u64);
            if n == 0 || held.len() >= request_bytes {
                lines += u64::from(held.len() > before);
                if !held.is_empty() {
                    self.send_lines(name, first, std::mem::take(&mut held))?;
                }
                first += lines;
                lines = 0;
                if n == 0 {
                    return Ok(());
                }
            } else {
                lines += 1;
            }
        }
    }

    fn send_arrow(&mut self, name: &str, reader: &mut dyn BufRead) -> Outcome {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).with_context(|| format!("reading `{name}`"))?;
        self.send(name, 1, Payload::Arrow(bytes))
    }
}

/// Reads a line, with its end; a last line without one gets one.
fn read_line(reader: &mut dyn BufRead, into: &mut Vec<u8>) -> std::io::Result<usize> {
    let n = reader.read_until(b'\n', into)?;
    if n > 0 && into.last() != Some(&b'\n') {
        into.push(b'\n');
    }
    Ok(n)
}

/// An Arrow IPC stream begins with a continuation marker; JSON never does.
fn looks_like_arrow(start: &[u8]) -> bool {
    start.starts_with(&[0xff, 0xff, 0xff, 0xff])
}

/// The files to read: folders are looked through for `.jsonl`, `.ndjson`, `.json` and `.arrow(s)`, sorted.
fn files(inputs: &[PathBuf]) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for input in inputs {
        if input != Path::new("-") && input.is_dir() {
            let before = found.len();
            walk(input, &mut found)?;
            if found.len() == before {
                output::warn(&format!(
                    "`{}` holds no .jsonl, .ndjson or .arrow file; for tables give a mapping file with --mapping",
                    input.display()
                ));
            }
        } else {
            found.push(input.clone());
        }
    }
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Outcome {
    const ENDINGS: [&str; 4] = ["jsonl", "ndjson", "arrow", "arrows"];
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect())
        .with_context(|| format!("`{}` cannot be read", folder.display()))?;
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.is_symlink() {
            walk(&path, found)?;
        } else if path.extension().and_then(|e| e.to_str()).is_some_and(|e| ENDINGS.contains(&e)) {
            found.push(path);
        }
    }
    Ok(())
}

/// Waits until everything committed can be searched.
pub fn wait(client: &Client, quiet: bool) -> Outcome<bool> {
    let bar = Bar::steps(None, quiet);
    bar.say("fusing and indexing");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(WAIT_SECONDS);
    loop {
        let status = client.get("/v1/status")?;
        let number = |field: &str| status.get(field).and_then(Value::as_u64).unwrap_or(0);
        bar.set(number("read_point"), Some(number("last_commit")));
        if status.get("catching_up").and_then(Value::as_bool) == Some(false) {
            bar.finish();
            return Ok(true);
        }
        super::status::fail_on_stuck_worker(&status)?;
        if std::time::Instant::now() > deadline {
            bar.finish();
            return Ok(false);
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn report(totals: &Totals, caught_up: Option<bool>, dry_run: bool, json_output: bool) -> Outcome {
    if json_output {
        return output::json(&json!({
            "accepted": totals.accepted, "duplicates": totals.duplicates, "rejected": totals.rejected,
            "assets": totals.assets, "files": totals.files, "commit": totals.commit,
            "searchable": caught_up, "dry_run": dry_run,
        }));
    }
    let n = output::count;
    let verb = if dry_run { "would be accepted" } else { "accepted" };
    output::line(&format!(
        "{} {verb}, {} there already, {} refused ({} files, {} assets registered)",
        n(totals.accepted),
        n(totals.duplicates),
        n(totals.rejected),
        n(totals.files),
        n(totals.assets)
    ));
    match caught_up {
        Some(true) => output::line("all of it can be searched"),
        Some(false) => output::line("fusing and indexing go on; `rushes status` tells how far they are"),
        None => {}
    }
    Ok(())
}
