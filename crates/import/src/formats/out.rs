//! The output of a format reader: annotation lines completed with asset, model and offset, problems, and notes.

use std::ops::ControlFlow;

use crate::decimal::Decimal;
use crate::object::JsonObject;
use crate::problem::{Fault, shown};
use crate::{Counts, Item, Note, Sink};
use rushes_types::known_types;
use rushes_types::limits::{LABEL_BYTES_MAX, LINE_BYTES_MAX, SPAN_NS_MAX, TIME_NS_MAX};
use rushes_types::{AnnotationType, AssetId, ModelRef, MovieId};

use crate::formats::encoding;
use crate::formats::limits::PROBLEMS_MAX;
use crate::formats::settings::Settings;

/// Whether to go on reading: `Break` where the consumer stops, or the file cannot be read further.
pub(crate) type Flow = ControlFlow<()>;
/// Go on reading.
pub(crate) const CONTINUE: Flow = ControlFlow::Continue(());

/// Longest language tag that is accepted, in bytes.
const LANGUAGE_BYTES_MAX: usize = 35;

/// A word with its time.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub text: String,
    pub start_ns: i128,
    pub end_ns: i128,
    pub confidence: Option<String>,
}

/// What an annotation of a stretch of time holds; empty texts count as none.
#[derive(Debug, Clone, Default)]
pub(crate) struct AnnotationDraft {
    pub kind: &'static str,
    pub start_ns: i128,
    pub end_ns: i128,
    pub label: String,
    pub text: String,
    pub words: Vec<Word>,
    pub language: Option<String>,
    /// A JSON number from 0 to 1.
    pub confidence: Option<String>,
    pub attributes: JsonObject,
    /// A JSON list of numbers.
    pub vector: Option<String>,
}

impl AnnotationDraft {
    /// Something with a label.
    pub(crate) fn label(kind: &'static str, label: &str, start_ns: i128, end_ns: i128) -> AnnotationDraft {
        AnnotationDraft { kind, start_ns, end_ns, label: label.to_owned(), ..AnnotationDraft::default() }
    }
}

/// Something that may occur often in a file and is reported once, with a count.
struct Tally {
    what: &'static str,
    count: u64,
    first_line: u64,
}

/// Receives what a reader makes of one file.
pub(crate) struct FormatOutput<'o, 's> {
    pub settings: &'o Settings,
    file: &'o str,
    format: &'o str,
    model: String,
    sink: &'o mut Sink<'s>,
    counts: Counts,
    tallies: Vec<Tally>,
    touched: u64,
    over: bool,
}

impl<'o, 's> FormatOutput<'o, 's> {
    pub(crate) fn new(
        file: &'o str,
        format: &'o str,
        settings: &'o Settings,
        sink: &'o mut Sink<'s>,
    ) -> FormatOutput<'o, 's> {
        let model = settings.model.clone().unwrap_or_else(|| format!("{format}@1"));
        let counts = Counts { files: 1, ..Counts::default() };
        FormatOutput {
            settings,
            file,
            format,
            model,
            sink,
            counts,
            tallies: Vec::new(),
            touched: 0,
            over: false,
        }
    }

    /// Checks the given names first, so that an invalid one is reported once and not for every line.
    pub(crate) fn check_names(&mut self) -> Flow {
        let asset = AssetId::check(&self.settings.asset).err();
        let model = ModelRef::parse(&self.model).err();
        let movie = self.settings.movie.as_deref().and_then(|movie| MovieId::check(movie).err());
        let kind = self.settings.kind.as_deref().and_then(|kind| AnnotationType::check(kind).err());
        if let Some(error) = asset.or(model).or(movie).or(kind) {
            let _ = self.stop(0, Fault::new("", error.to_string(), "give another name"));
            return ControlFlow::Break(());
        }
        if let Some(name) = self.settings.encoding.as_deref().filter(|name| !encoding::is_known(name)) {
            let why = format!("{} is no encoding that is known", shown(name));
            let mend = "write one such as `--encoding gb18030`, `shift_jis`, `windows-1251` or `utf-16le`";
            return self.stop(0, Fault::new("", why, mend));
        }
        CONTINUE
    }

    /// Counts a row; every row is counted before anything else is done with it.
    pub(crate) fn row(&mut self) {
        self.counts.rows += 1;
    }

    /// Counts a row that is left out, and why: `what` is a clause such as "cues without text are left out".
    pub(crate) fn skip(&mut self, line: u64, what: &'static str) {
        self.counts.skipped += 1;
        self.tally(line, what);
    }

    /// Counts something to tell at the end of the file: `what` is a clause such as "cues that overlap are kept".
    pub(crate) fn tally(&mut self, line: u64, what: &'static str) {
        match self.tallies.iter_mut().find(|tally| tally.what == what) {
            Some(tally) => tally.count += 1,
            None => self.tallies.push(Tally { what, count: 1, first_line: line }),
        }
    }

    /// Grows with everything that a reader does with a row: what does not grow it is lost.
    pub(crate) fn touched(&self) -> u64 {
        self.touched + self.counts.annotations + self.counts.problems + self.counts.skipped
    }

    /// Notes that content was taken that will come out later, such as a word of a sentence.
    pub(crate) fn take(&mut self) {
        self.touched += 1;
    }

    /// Emits a note.
    pub(crate) fn note(&mut self, line: u64, text: String) -> Flow {
        let file = self.file.to_owned();
        self.send(Item::Note(Note { file, line, text }))
    }

    /// Hands out a problem of a row; after too many of them the rest of the file is left.
    pub(crate) fn problem(&mut self, line: u64, fault: Fault) -> Flow {
        self.counts.problems += 1;
        let row = if line == 0 { 0 } else { self.counts.rows };
        let problem = fault.at(self.file, line, row);
        self.send(Item::Problem(problem))?;
        if self.counts.problems < PROBLEMS_MAX {
            return CONTINUE;
        }
        let why = format!("{PROBLEMS_MAX} rows cannot be read, so the rest of the file is left");
        self.stop(line, Fault::new("", why, "see that it is of the format it is read as"))
    }

    /// Hands out that the rest of the file cannot be read; always breaks.
    pub(crate) fn stop(&mut self, line: u64, fault: Fault) -> Flow {
        self.counts.problems += 1;
        let problem = fault.at(self.file, line, 0);
        self.send(Item::Problem(problem))?;
        ControlFlow::Break(())
    }

    /// Emits an annotation, or the reason why it is not valid.
    pub(crate) fn annotation(&mut self, line: u64, said: AnnotationDraft) -> Flow {
        let kind = self.settings.kind.as_deref().unwrap_or(said.kind);
        self.annotation_of(kind, line, said)
    }

    fn annotation_of(&mut self, kind: &str, line: u64, mut said: AnnotationDraft) -> Flow {
        if let Err(fault) = self.place(line, &mut said) {
            return self.problem(line, fault);
        }
        if said.label.len() > LABEL_BYTES_MAX {
            let why =
                format!("the label has {} bytes; at most {LABEL_BYTES_MAX} are accepted", said.label.len());
            return self.problem(line, Fault::new("label", why, "shorten it"));
        }
        let is_point = said.start_ns == said.end_ns;
        let json = self.json(kind, line, said);
        if json.len() > LINE_BYTES_MAX {
            let why = format!(
                "the annotation line has {} bytes; at most {LINE_BYTES_MAX} are accepted",
                json.len()
            );
            return self.problem(line, Fault::new("", why, "split the row"));
        }
        self.counts.annotations += 1;
        self.counts.points += u64::from(is_point);
        self.send(Item::Annotation(json))
    }

    /// The same of someone speaking: also as a character where that is asked for.
    pub(crate) fn speech(&mut self, line: u64, mut said: AnnotationDraft, speaker: Option<&str>) -> Flow {
        let speaker = speaker.map(clean).filter(|speaker| !speaker.is_empty());
        let mut who = None;
        if let Some(speaker) = speaker {
            said.attributes.text("speaker", &speaker);
            who = Some(AnnotationDraft::label(known_types::CHARACTER, &speaker, said.start_ns, said.end_ns));
        }
        self.annotation(line, said)?;
        match who {
            Some(who) if self.settings.characters => self.annotation_of(who.kind, line, who),
            _ => CONTINUE,
        }
    }

    /// Adds the offset and checks the times.
    fn place(&mut self, line: u64, said: &mut AnnotationDraft) -> Result<(), Fault> {
        let offset_ns = i128::from(self.settings.offset_ns);
        let mend = "mend the times, or the offset";
        said.start_ns += offset_ns;
        said.end_ns += offset_ns;
        let (start, end) = (said.start_ns, said.end_ns);
        if end < start {
            let why = format!("the end {} lies before the start {}", seconds(end), seconds(start));
            return Err(Fault::new("end", why, "mend the times"));
        }
        if start < 0 && end <= 0 {
            let why = format!("{} lies before the start of the media", seconds(start));
            return Err(Fault::new("start", why, mend));
        }
        if start < 0 {
            said.start_ns = 0;
            self.tally(line, "annotations that begin before the media are cut at its start");
        }
        if end - start > i128::from(SPAN_NS_MAX) || end > i128::from(TIME_NS_MAX) {
            let why =
                format!("from {} to {} is longer or later than any media", seconds(start), seconds(end));
            return Err(Fault::new("end", why, mend));
        }
        for word in &mut said.words {
            word.start_ns += offset_ns;
            word.end_ns += offset_ns;
        }
        // Blank words are spaces that a tool has timed.
        said.words.retain(|word| !clean(&word.text).is_empty());
        let whole = said.words.len();
        let sound = |word: &Word| {
            let (start, end) = (word.start_ns, word.end_ns);
            (0..=end).contains(&start) && end <= i128::from(TIME_NS_MAX)
        };
        said.words.retain(sound);
        if said.words.len() < whole {
            self.tally(
                line,
                "texts of which some words have no sound time keep the text without those times",
            );
        }
        Ok(())
    }

    fn json(&mut self, kind: &str, line: u64, said: AnnotationDraft) -> String {
        let mut json = JsonObject::new();
        json.text("asset_id", &self.settings.asset);
        if let Some(movie) = &self.settings.movie {
            json.text("movie_id", movie);
        }
        json.text("model", &self.model);
        json.text("type", kind);
        let (start_ns, end_ns) = (said.start_ns, said.end_ns);
        json.raw("time_range", &format!("{{\"start_time_ns\":{start_ns},\"end_time_ns\":{end_ns}}}"));
        for (name, text) in [("label", &said.label), ("text", &said.text)] {
            let text = clean(text);
            if !text.is_empty() {
                json.text(name, &text);
            }
        }
        if !said.words.is_empty() {
            let words: Vec<String> = said.words.iter().map(word_json).collect();
            json.raw("words", &format!("[{}]", words.join(",")));
        }
        let language = self.settings.language.clone().or(said.language);
        if let Some(language) = language.filter(|language| !language.is_empty()) {
            // Tools write `english` and `eng` as well.
            let language = crate::formats::stem::language(&language).unwrap_or(language);
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            if language.len() <= LANGUAGE_BYTES_MAX && language.bytes().all(plain) {
                json.text("language", &language);
            } else {
                self.tally(line, "languages that are no BCP 47 tag are left out");
            }
        }
        if let Some(confidence) = &said.confidence {
            json.raw("confidence_score", confidence);
        }
        if !said.attributes.is_empty() {
            json.raw("attributes", &said.attributes.finish());
        }
        if let Some(vector) = &said.vector {
            json.raw("embedding_vector", vector);
        }
        json.finish()
    }

    /// A share of 1 from the text of a number whose scale ends at `10^places`; what is none is left out and reported.
    pub(crate) fn confidence(&mut self, line: u64, text: Option<&str>, places: i64) -> Option<String> {
        let text = text?;
        let json = Decimal::parse(text.trim()).and_then(|number| number.shifted_down(places).to_json());
        let sound = |json: &String| json.parse::<f64>().is_ok_and(|value| (0.0..=1.0).contains(&value));
        let json = json.filter(sound);
        if json.is_none() {
            self.tally(line, "confidences outside of their scale are left out");
        }
        json
    }

    fn send(&mut self, item: Item) -> Flow {
        if self.over {
            return ControlFlow::Break(());
        }
        let flow = (self.sink)(item);
        self.over = flow.is_break();
        flow
    }

    /// Tells what was counted up: what was left out with its reasons, and an error where nothing was taken.
    pub(crate) fn finish(mut self) -> Counts {
        for tally in std::mem::take(&mut self.tallies) {
            let first = if tally.first_line > 0 {
                format!(" (the first on line {})", tally.first_line)
            } else {
                String::new()
            };
            if self.note(0, format!("{}: {}{first}", tally.what, tally.count)).is_break() {
                return self.counts;
            }
        }
        let Counts { rows, skipped, annotations, problems, .. } = self.counts;
        if annotations == 0 && problems == 0 {
            let rows = if rows == 0 {
                "it holds no row".to_owned()
            } else {
                format!("all of its rows ({rows}) are left out")
            };
            let why = format!("nothing is taken of the file: {rows}");
            let mend = format!(
                "see that it is of the format `{}`; `--format` names another, `rushes mapping suggest` writes a mapping",
                self.format
            );
            let _ = self.problem(0, Fault::new("", why, mend));
        } else if skipped > 0 {
            let _ =
                self.note(0, format!("of {rows} rows {skipped} are left out, {annotations} lines are taken"));
        }
        self.counts
    }
}

fn word_json(word: &Word) -> String {
    let mut json = JsonObject::new();
    json.text("text", &clean(&word.text));
    json.raw("start_time_ns", &word.start_ns.to_string());
    json.raw("end_time_ns", &word.end_ns.to_string());
    if let Some(confidence) = &word.confidence {
        json.raw("confidence", confidence);
    }
    json.finish()
}

/// The text in one line: runs of white space and control characters are one space.
pub(crate) fn clean(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    // A mark that stood at the head of a joined file is no letter.
    for letter in text.chars().filter(|letter| *letter != '\u{feff}') {
        if letter.is_whitespace() || letter.is_control() {
            if !line.ends_with(' ') && !line.is_empty() {
                line.push(' ');
            }
        } else {
            line.push(letter);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// A time for a message.
pub(crate) fn seconds(ns: i128) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    let ms = ns.unsigned_abs() / 1_000_000;
    format!("`{sign}{}.{:03} s`", ms / 1000, ms % 1000)
}
