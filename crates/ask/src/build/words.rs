//! Clauses of words: those that are said, and those that name nothing and are looked for by what they mean.

use rushes_plan::{Ask, Fuzziness, PlanClause, TextAsk, VectorAsk, VectorSource};

use super::Builder;
use crate::clauses::{dialogue, phrase};
use crate::item::ItemKind;

impl Builder<'_> {
    /// Words in a row, of which the last may be still being typed.
    pub(super) fn said(&mut self, said: &str, analysed: Option<bool>, at: usize) {
        let mut ask = phrase(said, analysed);
        if let Ask::Phrase { ask, .. } = &mut ask {
            ask.prefix = self.question.ends_begun(self.items[at].end);
        }
        self.atom(dialogue().asking(ask), vec![at]);
    }

    /// A whole line: what says so, then what means so.
    pub(super) fn line(&mut self, said: &str, at: usize) {
        let ask = if self.has_encoder {
            let mut vector = VectorAsk::near(VectorSource::Text(said.to_owned()));
            vector.options.phrase = Some(said.to_owned());
            Ask::Vector { vector }
        } else {
            phrase(said, Some(true))
        };
        self.atom(dialogue().asking(ask), vec![at]);
    }

    /// Words that name nothing, from `at` on, with the frame words between them: what they mean is searched.
    pub(super) fn words(&mut self, at: usize) -> usize {
        let (mut end, mut content) = (at, vec![at]);
        for (i, item) in self.items.iter().enumerate().skip(at + 1) {
            match item.kind {
                // What is still being typed has no meaning yet: words that begin so are looked for.
                ItemKind::Word if self.has_encoder && self.question.ends_begun(item.end) => break,
                ItemKind::Word => {
                    end = i;
                    content.push(i);
                }
                ItemKind::Frame | ItemKind::Only => {}
                ItemKind::And if self.next_is_word(i) => {}
                _ => break,
            }
        }
        let asked =
            self.question.text.get(self.items[at].start..self.items[end].end).unwrap_or_default().to_owned();
        let (mut words, mut end_of_last) = (String::new(), None);
        for item in content.iter().map(|i| &self.items[*i]) {
            // Characters of writing without spaces stay together.
            if end_of_last.replace(item.end).is_some_and(|end| end != item.start) {
                words.push(' ');
            }
            words.push_str(self.question.text.get(item.start..item.end).unwrap_or_default());
        }
        let ask = if self.has_encoder && !self.question.ends_begun(self.items[end].end) {
            let mut vector = VectorAsk::near(VectorSource::Text(asked));
            vector.options.words = Some(words);
            Ask::Vector { vector }
        } else {
            self.words_of(words, self.items[at].start, self.items[end].end)
        };
        self.atom(PlanClause::default().asking(ask), content);
        end + 1
    }

    /// Words that are looked for as words: those that the archive does not say may be mistyped, and the last of a
    /// question may be the beginning of one.
    fn words_of(&self, words: String, start: usize, end: usize) -> Ask {
        let question = self.question;
        let first = question.tokens.partition_point(|token| token.start < start);
        let inside = (first..question.tokens.len()).take_while(|i| question.tokens[*i].end <= end);
        let strange: Vec<usize> = inside.filter(|i| question.is_word(*i) && !question.is_said(*i)).collect();
        question.work.parts(strange.len());
        let prefix = end == question.text.len()
            && (question.typing || strange.last() == question.tokens.len().checked_sub(1).as_ref());
        let fuzziness = if strange.is_empty() || prefix { Fuzziness::Exact } else { Fuzziness::Auto };
        Ask::Text { ask: TextAsk { text: words, prefix, fuzziness, ..TextAsk::default() }, words: None }
    }

    fn next_is_word(&self, at: usize) -> bool {
        let next = self.items[at + 1..].iter().find(|i| i.kind != ItemKind::Frame);
        next.is_some_and(|i| i.kind == ItemKind::Word)
    }
}
