//! Lines of dialogue out of a stream of words, for transcripts that have none.
//!
//! A line ends after a full stop, a question mark or an exclamation mark, where another speaks, at a pause of two
//! seconds, and after eighty words.

use rushes_types::{NS_PER_SECOND, known_types};

use crate::formats::limits::SENTENCE_WORDS_MAX;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, Word};

const PAUSE_NS: i128 = 2 * NS_PER_SECOND as i128;
/// What ends a sentence, in the scripts whose transcripts are written with such marks.
const ENDS: [char; 7] = ['.', '?', '!', '。', '？', '！', '؟'];

/// Words of one line that is still coming.
#[derive(Default)]
pub(crate) struct Sentences {
    line: u64,
    text: String,
    words: Vec<Word>,
    speaker: Option<String>,
    language: Option<String>,
    confidence: Option<String>,
    complete: bool,
}

impl Sentences {
    /// Lines of a language, and of a confidence (a JSON number) where the transcript has one for all.
    pub(crate) fn new(language: Option<String>, confidence: Option<String>) -> Sentences {
        Sentences { language, confidence, ..Sentences::default() }
    }

    /// Takes a word, which may carry its mark (`there.`); ends the line before it where it must.
    pub(crate) fn word(
        &mut self,
        out: &mut FormatOutput<'_, '_>,
        line: u64,
        word: Word,
        speaker: Option<&str>,
    ) -> Flow {
        let pause = self.words.last().is_some_and(|last| word.start_ns - last.end_ns >= PAUSE_NS);
        let other = self.speaker.as_deref() != speaker && !self.words.is_empty();
        if self.complete || pause || other || self.words.len() >= SENTENCE_WORDS_MAX {
            self.end(out)?;
        }
        if self.words.is_empty() {
            self.line = line;
            self.speaker = speaker.map(str::to_owned);
        }
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(&word.text);
        self.complete = word.text.ends_with(ENDS);
        self.words.push(word);
        CONTINUE
    }

    /// Takes a mark that stands by itself.
    pub(crate) fn mark(&mut self, mark: &str) {
        if !self.words.is_empty() {
            self.text.push_str(mark);
            self.complete |= mark.ends_with(ENDS);
        }
    }

    /// Ends the line in hand.
    pub(crate) fn end(&mut self, out: &mut FormatOutput<'_, '_>) -> Flow {
        self.complete = false;
        let words = std::mem::take(&mut self.words);
        let text = std::mem::take(&mut self.text);
        let speaker = self.speaker.take();
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return CONTINUE };
        let said = AnnotationDraft {
            kind: known_types::DIALOGUE,
            start_ns: first.start_ns,
            end_ns: last.end_ns.max(first.start_ns),
            text,
            language: self.language.clone(),
            confidence: self.confidence.clone(),
            words,
            ..AnnotationDraft::default()
        };
        out.speech(self.line, said, speaker.as_deref())
    }
}
