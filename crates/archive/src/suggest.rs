//! Suggestions for typing ahead: labels, titles, and words of annotations.

use rushes_ask::Target;
use rushes_index::IndexReader;
use rushes_plan::{Clause, Filter, Fuzziness, Test, Word, WordsTest};
use rushes_query::Access;
use rushes_text::{fold_word, normalise_label, tokenise};
use rushes_types::Result;

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::search::access;

/// Fewer letters are a prefix of too many words.
const WORD_CHARS_MIN: usize = 2;
/// How many of the last typed words may be the beginning of a name.
const TAIL_WORDS_MAX: usize = 5;

/// What an offer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferGroup {
    /// A label.
    Label,
    /// A title: a series, a film, an episode.
    Title,
    /// A word that is spoken or written.
    Word,
}

/// What could be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// As written.
    pub text: String,
    /// The annotation type; `TITLE` and `WORD` for those.
    pub kind: String,
    /// What it is.
    pub group: OfferGroup,
    /// How many current annotations carry it; 0 for titles.
    pub count: u64,
    /// Where in what was typed the part begins that it would replace, in bytes.
    pub from: usize,
}

/// What was typed, and what is wanted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestRequest {
    /// What was typed so far; the last word is a beginning.
    pub typed: String,
    /// Are offers wanted for the ends of what was typed as well, such as "gal" of "Mara in the gal"?
    pub tails: bool,
    /// At most this many.
    pub limit: usize,
}

impl Archive {
    /// What could be meant by what was typed: labels first, then titles, then words.
    ///
    /// # Errors
    /// What the index answers; where the caller may read nothing.
    pub fn suggest(&self, caller: &Caller, request: &SuggestRequest) -> Result<Vec<Offer>> {
        crate::facade::require_any(caller, Right::Read)?;
        let access = access(caller);
        let reader = self.engines.index.reader(None)?;
        let filter = Filter {
            assets: rushes_query::scope::visible_assets(reader.as_ref(), &access),
            ..Filter::default()
        };
        let labels = self.label_table()?;
        let names = self.names_of(reader.as_ref(), labels.as_ref(), &access)?;
        let typed = request.typed.as_str();
        let tails = tails(typed, request.tails);
        let mut offers: Vec<Offer> = Vec::new();
        let mut add = |offer: Offer| {
            let known =
                |o: &Offer| o.kind == offer.kind && normalise_label(&o.text) == normalise_label(&offer.text);
            if offers.len() < request.limit && !offers.iter().any(known) {
                offers.push(offer);
            }
        };
        for from in &tails {
            let tail = typed.get(*from..).unwrap_or_default();
            for label in reader.suggest(tail, &filter, request.limit)? {
                let kind = label.kind.to_string();
                add(Offer {
                    text: label.text,
                    kind,
                    group: OfferGroup::Label,
                    count: label.count,
                    from: *from,
                });
            }
        }
        for from in &tails {
            let tail = typed.get(*from..).unwrap_or_default();
            for (target, written) in names.titles_beginning(tail, request.limit) {
                if !matches!(target, Target::Label { .. }) {
                    let (text, kind) = (written.to_owned(), "TITLE".to_owned());
                    add(Offer { text, kind, group: OfferGroup::Title, count: 0, from: *from });
                }
            }
        }
        if offers.len() < request.limit && (request.tails || tokenise(typed).len() == 1) {
            let room = request.limit - offers.len();
            offers.extend(self.words(reader.as_ref(), &filter, &access, typed, room)?);
        }
        Ok(offers)
    }

    /// Words that the last word typed is the beginning of.
    fn words(
        &self,
        reader: &dyn IndexReader,
        filter: &Filter,
        access: &Access,
        typed: &str,
        limit: usize,
    ) -> Result<Vec<Offer>> {
        let last = tokenise(typed).pop().filter(|word| word.end == typed.len());
        let Some(last) = last.filter(|word| word.folded.chars().count() >= WORD_CHARS_MIN) else {
            return Ok(Vec::new());
        };
        // Some words are in no annotation any more, so a few more than wanted are examined.
        let found = reader.words_beginning(&last.folded, limit * 2 + 8)?;
        let folded: Vec<String> = found.iter().map(|word| fold_word(word)).collect();
        let counted = self.word_counts(&folded)?;
        let mut offers = Vec::new();
        for (text, known) in found.into_iter().zip(counted.counts) {
            let count = match access {
                Access::All => known,
                Access::Movies(_) if known > 0 => annotations_with(reader, filter, &text)?,
                Access::Movies(_) => 0,
            };
            if count > 0 && offers.len() < limit {
                let (kind, group) = ("WORD".to_owned(), OfferGroup::Word);
                offers.push(Offer { text, kind, group, count, from: last.start });
            }
        }
        Ok(offers)
    }
}

/// How many annotations within the filter hold a word.
fn annotations_with(reader: &dyn IndexReader, filter: &Filter, word: &str) -> Result<u64> {
    let test = WordsTest {
        words: vec![Word { text: word.to_owned(), weight: 1.0, prefix: false }],
        every: true,
        analysed: false,
        fuzziness: Fuzziness::Exact,
    };
    let clause = Clause { test: Test::Words(test), ..Clause::any(None) };
    Ok(reader.hits(&clause, filter)?.hits.len() as u64)
}

/// Where the suffixes of the input begin, the longest first: the whole input and, where wanted, from each of the last
/// words on.
fn tails(typed: &str, wanted: bool) -> Vec<usize> {
    let mut starts = vec![0];
    if wanted {
        let words = tokenise(typed);
        let last = words.iter().rev().take(TAIL_WORDS_MAX).map(|word| word.start).filter(|start| *start > 0);
        let mut last: Vec<usize> = last.collect();
        last.reverse();
        starts.extend(last);
    }
    starts
}
