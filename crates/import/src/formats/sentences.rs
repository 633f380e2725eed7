//! Lines of dialogue out of a stream of words, for transcripts that have none.
//!
//! A line ends after a full stop, a question mark or an exclamation mark, where another speaks, at a pause of two
//! seconds, and after eighty words.

use rushes_types::{NS_PER_SECOND, known_types};

use crate::formats::limits::SENTENCE_WORDS_MAX;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput, Word};

const PAUSE_NS: i128 = 2 * NS_PER_SECOND as i128;
/// What ends a sentence, in the scripts whose transcripts are written with such marks.
const ENDS: [char; 8] = ['.', '?', '!', '。', '？', '！', '؟', '।'];
/// Marks that belong to the word after them.
const OPENS: [char; 10] = ['¿', '¡', '(', '[', '{', '«', '“', '„', '「', '『'];

/// Words of one line that is still coming.
#[derive(Default)]
pub(crate) struct Sentences {
    line: u64,
    text: String,
    words: Vec<Word>,
    /// Marks and words without times that stand before the next word.
    before: String,
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

    /// The language of the words that come now.
    pub(crate) fn speak(&mut self, out: &mut FormatOutput<'_, '_>, language: Option<&str>) -> Flow {
        if language.is_some() && self.language.as_deref() != language {
            self.end(out)?;
            self.language = language.map(str::to_owned);
        }
        CONTINUE
    }

    /// Takes a word, which may carry its mark (`there.`); ends the line before it where it must.
    pub(crate) fn word(
        &mut self,
        out: &mut FormatOutput<'_, '_>,
        line: u64,
        word: Word,
        speaker: Option<&str>,
    ) -> Flow {
        out.take();
        let pause = self.words.last().is_some_and(|last| word.start_ns - last.end_ns >= PAUSE_NS);
        let other = self.speaker.as_deref() != speaker && !self.words.is_empty();
        if self.complete || pause || other || self.words.len() >= SENTENCE_WORDS_MAX {
            let before = std::mem::take(&mut self.before);
            self.end(out)?;
            self.before = before;
        }
        if self.words.is_empty() {
            self.line = line;
            self.speaker = speaker.map(str::to_owned);
        }
        let before = std::mem::take(&mut self.before);
        let shown = word.text.trim();
        let written = format!("{before}{shown}");
        join(&mut self.text, &written);
        self.complete = ends_sentence(shown);
        self.words.push(word);
        CONTINUE
    }

    /// Takes a mark that stands by itself.
    pub(crate) fn mark(&mut self, out: &mut FormatOutput<'_, '_>, mark: &str) {
        out.take();
        let mark = mark.trim();
        if mark.starts_with(OPENS) || (self.words.is_empty() && !mark.is_empty()) {
            self.before.push_str(mark);
            return;
        }
        self.text.push_str(mark);
        self.complete |= ends_sentence(mark);
    }

    /// Takes a word that has no time: it stands in the text only.
    pub(crate) fn untimed(&mut self, out: &mut FormatOutput<'_, '_>, line: u64, word: &str) {
        out.take();
        out.tally(line, "words without times stand in the text only");
        let word = word.trim();
        if self.words.is_empty() || self.complete {
            self.before.push_str(word);
            self.before.push(' ');
        } else {
            join(&mut self.text, word);
            self.complete = ends_sentence(word);
        }
    }

    /// Ends the line in hand.
    pub(crate) fn end(&mut self, out: &mut FormatOutput<'_, '_>) -> Flow {
        self.complete = false;
        let words = std::mem::take(&mut self.words);
        let mut text = std::mem::take(&mut self.text);
        let before = std::mem::take(&mut self.before);
        let speaker = self.speaker.take();
        let (Some(first), Some(last)) = (words.first(), words.last()) else {
            if before.trim().chars().any(char::is_alphanumeric) {
                let what = "words without any time beside them are left out";
                out.skip(self.line, what);
            }
            return CONTINUE;
        };
        if !before.trim().is_empty() {
            join(&mut text, before.trim());
        }
        let said = AnnotationDraft {
            kind: known_types::DIALOGUE,
            start_ns: first.start_ns,
            end_ns: words.iter().map(|word| word.end_ns).max().unwrap_or(last.end_ns).max(first.start_ns),
            text,
            language: self.language.clone(),
            confidence: self.confidence.clone(),
            words,
            ..AnnotationDraft::default()
        };
        out.speech(self.line, said, speaker.as_deref())
    }
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(['"', '”', '’', '\'', ')', '»', '」', '』']).ends_with(ENDS)
}

/// Appends a word, with a space where its script has spaces.
pub(crate) fn join(text: &mut String, word: &str) {
    let (before, after) = (text.chars().next_back(), word.chars().next());
    if let (Some(before), Some(after)) = (before, after)
        && !(is_unspaced(before) && is_unspaced(after))
        && !before.is_whitespace()
    {
        text.push(' ');
    }
    text.push_str(word);
}

/// Letters of Chinese, Japanese, Thai, Lao, Khmer and Burmese, which are written without spaces.
pub(crate) fn is_unspaced(letter: char) -> bool {
    matches!(u32::from(letter),
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3000..=0x30ff | 0x31f0..=0x31ff
        | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0xff00..=0xff9f | 0x2_0000..=0x3_ffff)
}

#[cfg(test)]
mod tests {
    use super::{ends_sentence, join};

    #[test]
    fn words_are_joined_as_their_script_is_written() {
        let joined = |words: &[&str]| {
            let mut text = String::new();
            words.iter().for_each(|word| join(&mut text, word));
            text
        };
        assert_eq!(joined(&["Cast", "off"]), "Cast off");
        assert_eq!(joined(&["船長", "は", "Mara", "です"]), "船長は Mara です");
        assert!(ends_sentence("so.”") && ends_sentence("何？") && !ends_sentence("so,"));
    }
}
