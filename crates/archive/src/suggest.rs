//! Suggestions for typing ahead: labels, titles, and words of annotations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rushes_ask::Target;
use rushes_index::{AnnotationRef, Budget, IndexReader};
use rushes_plan::Filter;
use rushes_query::Access;
use rushes_text::{fold_word, normalise_label, tokenise};
use rushes_types::{Annotation, Result};

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::word_tally::{annotations_with, saying, seen_filter};

/// Fewer letters are a prefix of too many words.
const WORD_CHARS_MIN: usize = 2;
/// How many of the last typed words may be the beginning of a name.
const TAIL_WORDS_MAX: usize = 5;
/// Annotations whose words are read for a caller who may see some titles only.
const ANNOTATIONS_READ_MAX: usize = 1_024;

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
        self.suggest_until(caller, request, &Arc::default())
    }

    /// [`Archive::suggest`] that ends soon after `gone` is set.
    ///
    /// # Errors
    /// As [`Archive::suggest`]; those of a budget, as [`Archive::search_until`].
    pub fn suggest_until(
        &self,
        caller: &Caller,
        request: &SuggestRequest,
        gone: &Arc<AtomicBool>,
    ) -> Result<Vec<Offer>> {
        crate::facade::require_any(caller, Right::Read)?;
        self.within_budget(caller, gone, |budget| self.offers(caller, request, budget))
    }

    fn offers(&self, caller: &Caller, request: &SuggestRequest, budget: &Budget) -> Result<Vec<Offer>> {
        let access = caller.access(Right::Read);
        let reader = self.engines.index.reader(None)?;
        let filter = seen_filter(reader.as_ref(), &access);
        let labels = self.label_table()?;
        let names = self.names_of(reader.as_ref(), labels.as_ref(), &access, budget)?;
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
            for label in reader.suggest(tail, &filter, request.limit, budget)? {
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
            offers.extend(self.words(reader.as_ref(), (&filter, &access), typed, room, budget)?);
        }
        Ok(offers)
    }

    /// Words that the last word typed is the beginning of.
    fn words(
        &self,
        reader: &dyn IndexReader,
        (filter, access): (&Filter, &Access),
        typed: &str,
        limit: usize,
        budget: &Budget,
    ) -> Result<Vec<Offer>> {
        let last = tokenise(typed).pop().filter(|word| word.end == typed.len());
        let Some(last) = last.filter(|word| word.folded.chars().count() >= WORD_CHARS_MIN) else {
            return Ok(Vec::new());
        };
        let found = match access {
            Access::All => self.words_of_all(reader, &last.folded, limit, budget)?,
            Access::Only(_) => seen_words(reader, filter, &last.folded, limit, budget)?,
        };
        let (kind, group, from) = ("WORD".to_owned(), OfferGroup::Word, last.start);
        let offer = |(text, count)| Offer { text, kind: kind.clone(), group, count, from };
        Ok(found.into_iter().map(offer).collect())
    }

    /// Words of everything that begin with a folded beginning, with their counts.
    fn words_of_all(
        &self,
        reader: &dyn IndexReader,
        beginning: &str,
        limit: usize,
        budget: &Budget,
    ) -> Result<Vec<(String, u64)>> {
        // Some words are in no annotation any more, so a few more than wanted are examined.
        let found = reader.words_beginning(beginning, limit * 2 + 8, budget)?;
        let folded: Vec<String> = found.iter().map(|word| fold_word(word)).collect();
        let counted = found.into_iter().zip(self.word_counts(&folded)?.counts);
        Ok(counted.filter(|(_, count)| *count > 0).take(limit).collect())
    }
}

/// Words of what the filter admits that begin with a folded beginning, the most frequent first, with their counts. The
/// dictionary is not asked: which words it has, and in which order, tells of everything. Of many annotations that hold
/// such a word some are read, spread evenly.
fn seen_words(
    reader: &dyn IndexReader,
    filter: &Filter,
    beginning: &str,
    limit: usize,
    budget: &Budget,
) -> Result<Vec<(String, u64)>> {
    let refs = budget.passing(|budget| {
        let hits = reader.hits(&saying(beginning, true), filter, budget)?.hits;
        let step = hits.len().div_ceil(ANNOTATIONS_READ_MAX).max(1);
        let some = hits.iter().step_by(step);
        Ok(some.map(|hit| AnnotationRef { asset: hit.asset, key: hit.first }).collect::<Vec<_>>())
    })?;
    let mut tally: BTreeMap<String, u64> = BTreeMap::new();
    for fused in reader.fetch(&refs, budget)?.into_iter().flatten() {
        let Annotation { label, text, .. } = fused.annotation;
        let tokens = [label, text].into_iter().flatten().flat_map(|text| tokenise(&text));
        let words: BTreeSet<String> =
            tokens.filter(|token| token.folded.starts_with(beginning)).map(|token| token.lower).collect();
        words.into_iter().for_each(|word| *tally.entry(word).or_default() += 1);
    }
    let mut words: Vec<(String, u64)> = tally.into_iter().collect();
    words.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    words.truncate(limit);
    for (word, count) in &mut words {
        *count = annotations_with(reader, filter, word, budget)?;
    }
    Ok(words)
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
