//! Does an annotation match a clause, and how well?
//!
//! This is the definition. Engines that can decide by themselves must agree with it; the others fetch a superset and
//! let this decide. It looks at one annotation, or for phrases at the annotations of one asset. Visibility, and which
//! vectors are the nearest, are decided where all candidates are known.

use std::collections::BTreeSet;

use rushes_text::{
    Analyzer, Language, TermMatcher, TermOptions, Token, find_phrases, normalise_label, tokenise,
};
use rushes_types::limits::DIALOGUE_JOIN_GAP_NS;
use rushes_types::{Annotation, FusedAnnotation, ReadPoint};

use crate::clause::{Clause, Filter, Fuzziness, Test, Word};
use crate::similarity::{similarity, similarity_score, within_threshold};

/// A clause, compiled for testing annotations.
#[derive(Debug, Clone)]
pub struct ClauseMatcher {
    clause: Clause,
    pub(crate) test: CompiledTest,
}

#[derive(Debug, Clone)]
pub(crate) enum CompiledTest {
    Anything,
    Label(BTreeSet<String>),
    Words { words: Vec<(TermMatcher, f64)>, every: bool },
    Phrase { words: Vec<TermMatcher>, slop: u32 },
    Vector,
}

/// A phrase found in one annotation, or in several joined ones.
#[derive(Debug, Clone, PartialEq)]
pub struct PhraseHit {
    /// Indices of the matching annotations in the searched list, in time order; at least one.
    pub members: Vec<usize>,
    /// How well the words match, 0 … 1.
    pub score: f64,
}

impl ClauseMatcher {
    /// Prepares the clause; the analyser must be the one the index was made with.
    #[must_use]
    pub fn new(clause: &Clause, analyzer: &Analyzer) -> Self {
        let test = match &clause.test {
            Test::Any => CompiledTest::Anything,
            Test::Label(labels) => CompiledTest::Label(labels.clone()),
            Test::Words(test) => {
                let matcher = |w: &Word| term(analyzer, w, test.analysed, test.fuzziness);
                let words = test.words.iter().map(|w| (matcher(w), w.weight)).collect();
                CompiledTest::Words { words, every: test.every }
            }
            Test::Phrase(test) => {
                let matcher = |w: &Word| term(analyzer, w, test.analysed, test.fuzziness);
                CompiledTest::Phrase { words: test.words.iter().map(matcher).collect(), slop: test.slop }
            }
            Test::Nearest(_) => CompiledTest::Vector,
        };
        Self { clause: clause.clone(), test }
    }

    /// The clause.
    #[must_use]
    pub const fn clause(&self) -> &Clause {
        &self.clause
    }

    /// Does the annotation pass all of the clause except its test: type, model, confidence, attributes?
    #[must_use]
    pub fn passes(&self, annotation: &Annotation) -> bool {
        let clause = &self.clause;
        clause.kind.as_ref().is_none_or(|kind| *kind == annotation.kind)
            && clause
                .model
                .as_ref()
                .is_none_or(|m| *m == annotation.model.as_str() || *m == annotation.model.name())
            && annotation.confidence_or_one() >= clause.min_confidence
            && clause.attributes.iter().all(|a| a.test.passes(annotation.attributes.get(&a.name)))
    }

    /// How well the annotation by itself matches, 0 … 1; `None`: not at all.
    ///
    /// For a vector clause: it has a vector of the right dimensions within the threshold. Whether it is in the right
    /// space and among the `k` nearest is the caller's job. A phrase over several annotations is found by
    /// [`ClauseMatcher::phrases`] only.
    #[must_use]
    pub fn decide(&self, annotation: &Annotation) -> Option<f64> {
        if !self.passes(annotation) {
            return None;
        }
        match &self.test {
            CompiledTest::Anything => Some(1.0),
            CompiledTest::Label(labels) => {
                let label = normalise_label(annotation.label.as_deref()?);
                labels.contains(&label).then_some(1.0)
            }
            CompiledTest::Words { words, every } => words_score(words, *every, annotation),
            CompiledTest::Phrase { words, slop } => {
                let fields = [annotation.label.as_deref(), annotation.text.as_deref()];
                let language = language_of(annotation);
                let scores = fields.into_iter().flatten().filter_map(|field| {
                    let mut places = WordPositions::new(words);
                    places.read(words, field, language);
                    places.best(*slop)
                });
                scores.max_by(f64::total_cmp)
            }
            CompiledTest::Vector => {
                let similarity = self.similarity(annotation)?;
                let Test::Nearest(test) = &self.clause.test else { return None };
                Some(similarity_score(test.metric, similarity))
            }
        }
    }

    /// The words of a words or phrase clause, in their order: for engines that look them up in dictionaries.
    #[must_use]
    pub fn terms(&self) -> Vec<&TermMatcher> {
        match &self.test {
            CompiledTest::Words { words, .. } => words.iter().map(|(word, _)| word).collect(),
            CompiledTest::Phrase { words, .. } => words.iter().collect(),
            CompiledTest::Anything | CompiledTest::Label(_) | CompiledTest::Vector => Vec::new(),
        }
    }

    /// The score of a words clause for an annotation, given the best quality of each word.
    #[must_use]
    pub fn words_score(&self, best: &[Option<f64>]) -> Option<f64> {
        let CompiledTest::Words { words, every } = &self.test else { return None };
        weighted_mean(best.iter().copied().zip(words.iter().map(|(_, weight)| *weight)), *every)
    }

    /// The raw similarity of the annotation's vector, where it is within the clause's threshold.
    #[must_use]
    pub fn similarity(&self, annotation: &Annotation) -> Option<f64> {
        let Test::Nearest(test) = &self.clause.test else { return None };
        let vector = annotation.vector.as_ref().filter(|v| v.len() == test.query.len())?;
        let similarity = similarity(test.metric, &test.query, vector);
        within_threshold(test.metric, similarity, test.threshold).then_some(similarity)
    }

    /// Where a phrase clause matches among annotations of one asset, with scores.
    ///
    /// Annotations that do not pass the clause are left out first. What is left of type `DIALOGUE_SEARCH` is joined,
    /// model by model (name and version), where the next starts at most [`DIALOGUE_JOIN_GAP_NS`] after the one
    /// before ends, in the order of start, end and key; their words count on from one to the next (the text, or the
    /// label where there is none). A phrase covers the annotations from its first word's to its last word's; of several
    /// matches of the same annotations the best counts.
    #[must_use]
    pub fn phrases(&self, annotations: &[&Annotation]) -> Vec<PhraseHit> {
        let CompiledTest::Phrase { words, slop } = &self.test else { return Vec::new() };
        let mut hits = Vec::new();
        let mut spoken: Vec<usize> = Vec::new();
        for (i, annotation) in annotations.iter().enumerate() {
            if !self.passes(annotation) {
                continue;
            }
            if annotation.kind.is_dialogue() {
                spoken.push(i);
            } else if let Some(score) = self.decide(annotation) {
                hits.push(PhraseHit { members: vec![i], score });
            }
        }
        spoken.sort_by(|a, b| {
            let order = |i: usize| (&annotations[i].model, annotations[i].range, annotations[i].key());
            order(*a).cmp(&order(*b))
        });
        let joins = |a: &usize, b: &usize| {
            let (before, next) = (annotations[*a], annotations[*b]);
            before.model == next.model
                && next.range.start_ns() - before.range.end_ns() <= DIALOGUE_JOIN_GAP_NS
        };
        for chain in spoken.chunk_by(joins) {
            chain_hits(words, *slop, annotations, chain, &mut hits);
        }
        hits
    }
}

fn term(analyzer: &Analyzer, word: &Word, analysed: bool, fuzziness: Fuzziness) -> TermMatcher {
    TermMatcher::new(
        analyzer,
        &word.text,
        TermOptions { analysed, prefix: word.prefix, fuzziness: fuzziness.into() },
    )
}

impl From<Fuzziness> for rushes_text::Fuzziness {
    fn from(fuzziness: Fuzziness) -> Self {
        match fuzziness {
            Fuzziness::Exact => Self::Exact,
            Fuzziness::One => Self::One,
            Fuzziness::Two => Self::Two,
            Fuzziness::Auto => Self::Auto,
        }
    }
}

/// The language that decides forms of words.
#[must_use]
pub fn language_of(annotation: &Annotation) -> Language {
    annotation.language.as_deref().map(Language::parse).unwrap_or_default()
}

fn words_score(words: &[(TermMatcher, f64)], every: bool, annotation: &Annotation) -> Option<f64> {
    let language = language_of(annotation);
    let mut tokens: Vec<Token> = Vec::new();
    for field in [annotation.label.as_deref(), annotation.text.as_deref()].into_iter().flatten() {
        tokens.extend(tokenise(field));
    }
    let best = words.iter().map(|(word, weight)| {
        let qualities = tokens.iter().filter_map(|t| word.quality(&t.lower, &t.folded, language));
        (qualities.max_by(f64::total_cmp), *weight)
    });
    weighted_mean(best, every)
}

/// The weighted mean of the words' best qualities; a missing word counts 0.
fn weighted_mean(best: impl Iterator<Item = (Option<f64>, f64)>, every: bool) -> Option<f64> {
    let (mut sum, mut weights, mut found, mut asked) = (0.0, 0.0, 0, 0);
    for (quality, weight) in best {
        asked += 1;
        if let Some(quality) = quality {
            found += 1;
            sum += quality * weight;
        }
        weights += weight;
    }
    let matches = if every { found == asked } else { found > 0 };
    (matches && weights > 0.0).then(|| sum / weights)
}

/// The positions of each word of a phrase in a text.
pub(crate) struct WordPositions {
    pub words: Vec<Vec<(u32, f64)>>,
    next: u32,
}

impl WordPositions {
    pub fn new(words: &[TermMatcher]) -> Self {
        Self { words: vec![Vec::new(); words.len()], next: 0 }
    }

    /// Reads another text; positions continue from the one before.
    pub fn read(&mut self, words: &[TermMatcher], text: &str, language: Language) {
        let first = self.next;
        for token in tokenise(text) {
            let position = first.saturating_add(token.position);
            for (word, places) in words.iter().zip(&mut self.words) {
                if let Some(quality) = word.quality(&token.lower, &token.folded, language) {
                    places.push((position, quality));
                }
            }
            self.next = position.saturating_add(1);
        }
    }

    fn best(&self, slop: u32) -> Option<f64> {
        find_phrases(&self.words, slop).iter().map(|m| m.score()).max_by(f64::total_cmp)
    }
}

fn chain_hits(
    words: &[TermMatcher],
    slop: u32,
    annotations: &[&Annotation],
    chain: &[usize],
    hits: &mut Vec<PhraseHit>,
) {
    let mut places = WordPositions::new(words);
    let mut starts: Vec<u32> = Vec::with_capacity(chain.len());
    let mut found: Vec<(usize, usize, f64)> = Vec::new();
    for (at, &i) in chain.iter().enumerate() {
        let annotation = annotations[i];
        starts.push(places.next);
        let language = language_of(annotation);
        if let Some(text) = annotation.text.as_deref().or(annotation.label.as_deref()) {
            places.read(words, text, language);
        }
        // A label beside a text is searched as a separate text.
        if let (Some(_), Some(label)) = (&annotation.text, &annotation.label) {
            let mut alone = WordPositions::new(words);
            alone.read(words, label, language);
            found.extend(alone.best(slop).map(|score| (at, at, score)));
        }
    }
    for window in find_phrases(&places.words, slop) {
        let member = |position: u32| starts.partition_point(|start| *start <= position).saturating_sub(1);
        found.push((member(window.first), member(window.last), window.score()));
    }
    found.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(b.2.total_cmp(&a.2)));
    found.dedup_by_key(|(first, last, _)| (*first, *last));
    hits.extend(found.into_iter().map(|(first, last, score)| PhraseHit {
        members: chain.get(first..=last).unwrap_or_default().to_vec(),
        score,
    }));
}

impl Filter {
    /// Is the annotation visible at the read point: current and not replaced by a pin, or of a pinned run?
    #[must_use]
    pub fn sees(&self, fused: &FusedAnnotation, at: &ReadPoint) -> bool {
        let annotation = &fused.annotation;
        let mut pinned = self
            .pins
            .iter()
            .filter(|pin| pin.asset == annotation.asset && pin.model_name == annotation.model.name())
            .peekable();
        let current = fused.validities.iter().any(|validity| validity.contains(at));
        if pinned.peek().is_none() {
            return current;
        }
        let born = fused.validities.iter().any(|validity| at.sees(validity.born));
        (current || (fused.kept && born)) && pinned.any(|pin| pin.run == annotation.run)
    }

    /// Is the annotation's language one that counts? An unknown one always does.
    #[must_use]
    pub fn passes_language(&self, annotation: &Annotation) -> bool {
        self.passes_language_tag(annotation.language.as_deref())
    }

    /// The same for a language alone.
    #[must_use]
    pub fn passes_language_tag(&self, language: Option<&str>) -> bool {
        let Some(language) = language else { return true };
        if self.languages.is_empty() && self.languages_excluded.is_empty() {
            return true;
        }
        let tag = primary_tag(language);
        let holds = |list: &[String]| list.iter().any(|l| primary_tag(l) == tag);
        tag == "und"
            || ((self.languages.is_empty() || holds(&self.languages)) && !holds(&self.languages_excluded))
    }
}

/// The primary tag of a language, in lower case: `en` of `en-US`, and of `eng`.
#[must_use]
pub fn primary_tag(tag: &str) -> String {
    match Language::parse(tag) {
        Language::Und => tag.trim().split(['-', '_']).next().unwrap_or_default().to_lowercase(),
        known => known.as_str().to_owned(),
    }
}
