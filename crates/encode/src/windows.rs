//! Lines of dialogue as texts worth encoding.
//!
//! A single line often has too little meaning: "Yes." A window is a run of adjacent lines: lines are added until it has
//! enough words. So each line is in exactly one window, a long line is a window of its own, and a moment found by a
//! window is as short as its meaning allows.

use rushes_types::limits::DIALOGUE_JOIN_GAP_NS;
use sha2::{Digest, Sha256};

/// A window that has this many words takes in no further line.
pub const WINDOW_WORDS_ENOUGH: usize = 8;
/// A window lasts no longer than this, unless one line does.
pub const WINDOW_SPAN_NS_MAX: i64 = 15_000_000_000;
/// A window holds no more lines than this.
pub const WINDOW_LINES_MAX: usize = 8;

/// A line of dialogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it begins, in nanoseconds of the media.
    pub start_ns: i64,
    /// Where it ends.
    pub end_ns: i64,
    /// Which stream of lines it belongs to: only lines of one stream are joined.
    pub stream: String,
    /// What is said.
    pub text: String,
}

/// Lines that are encoded together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Where its first line begins.
    pub start_ns: i64,
    /// Where its last line ends.
    pub end_ns: i64,
    /// What is said in it, line by line, with a space between.
    pub text: String,
    /// How many lines it holds.
    pub lines: usize,
    words: usize,
}

impl Window {
    fn of(line: &Line) -> Self {
        let (start_ns, end_ns) = (line.start_ns, line.end_ns);
        Self { start_ns, end_ns, text: line.text.trim().to_owned(), lines: 1, words: words(&line.text) }
    }

    fn takes(&self, line: &Line) -> bool {
        self.words < WINDOW_WORDS_ENOUGH
            && self.lines < WINDOW_LINES_MAX
            && line.start_ns.saturating_sub(self.end_ns) <= DIALOGUE_JOIN_GAP_NS
            && line.end_ns.saturating_sub(self.start_ns) <= WINDOW_SPAN_NS_MAX
    }

    fn add(&mut self, line: &Line) {
        self.end_ns = self.end_ns.max(line.end_ns);
        self.text.push(' ');
        self.text.push_str(line.text.trim());
        self.lines += 1;
        self.words += words(&line.text);
    }
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// The windows of an asset's lines, whatever the order they come in: by stream, then by time.
#[must_use]
pub fn windows(lines: &[Line]) -> Vec<Window> {
    let mut sorted: Vec<&Line> = lines.iter().filter(|line| words(&line.text) > 0).collect();
    sorted.sort_by(|a, b| {
        let place = |l: &Line| (l.start_ns, l.end_ns);
        a.stream.cmp(&b.stream).then_with(|| place(a).cmp(&place(b))).then_with(|| a.text.cmp(&b.text))
    });
    let mut found: Vec<Window> = Vec::new();
    let mut stream = None;
    for line in sorted {
        match found.last_mut().filter(|window| stream == Some(&line.stream) && window.takes(line)) {
            Some(window) => window.add(line),
            None => found.push(Window::of(line)),
        }
        stream = Some(&line.stream);
    }
    found
}

/// A digest of windows and of the encoder that encodes them: the same windows need no second pass. 32 hexadecimal digits.
#[must_use]
pub fn digest(encoder: &str, asset: &str, windows: &[Window]) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(encoder.as_bytes());
    part(asset.as_bytes());
    for window in windows {
        part(&window.start_ns.to_le_bytes());
        part(&window.end_ns.to_le_bytes());
        part(window.text.as_bytes());
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
