//! Does an annotation match a clause, and how well? One definition, held by every engine.

use rushes_plan::{AttributeTest, Clause, Filter, Fuzziness, PhraseTest, Test, Word};
use rushes_text::{Analyzer, Language, TermMatcher, TermOptions, find_phrases, normalise_label, tokenise};
use rushes_types::{Annotation, TimeRange};

/// A clause and a filter, ready to be held against annotations.
#[derive(Debug)]
pub struct ClauseMatcher<'c> {
    clause: &'c Clause,
    filter: &'c Filter,
    terms: Vec<TermMatcher>,
}

impl<'c> ClauseMatcher<'c> {
    /// Prepares the clause's words.
    #[must_use]
    pub fn new(clause: &'c Clause, filter: &'c Filter, analyzer: &Analyzer) -> Self {
        Self { clause, filter, terms: terms(&clause.test, analyzer) }
    }

    /// The clause.
    #[must_use]
    pub fn clause(&self) -> &'c Clause {
        self.clause
    }

    /// The clause's words, in their order.
    #[must_use]
    pub fn terms(&self) -> &[TermMatcher] {
        &self.terms
    }

    /// Does the clause take annotations of this type and model?
    #[must_use]
    pub fn takes_source(&self, kind: &str, model: &rushes_types::ModelRef) -> bool {
        self.clause.kind.as_ref().is_none_or(|wanted| wanted.as_str() == kind)
            && self.clause.model.as_deref().is_none_or(|wanted| {
                if wanted.contains('@') { wanted == model.as_str() } else { wanted == model.name() }
            })
    }

    /// Does the filter take annotations in this language?
    #[must_use]
    pub fn takes_language(&self, language: Option<&str>) -> bool {
        let Some(language) = language else { return true };
        let primary = primary_tag(language);
        let named = |list: &[String]| list.iter().any(|tag| primary_tag(tag).eq_ignore_ascii_case(primary));
        (self.filter.languages.is_empty() || named(&self.filter.languages))
            && !named(&self.filter.languages_excluded)
    }

    /// Is this confidence enough?
    #[must_use]
    pub fn takes_confidence(&self, confidence: f64) -> bool {
        confidence >= self.clause.min_confidence
    }

    /// Do the free attributes pass?
    #[must_use]
    pub fn takes_attributes(&self, annotation: &Annotation) -> bool {
        let passes = |t: &AttributeTest| t.test.passes(annotation.attributes.get(&t.name));
        self.clause.attributes.iter().all(passes)
    }

    /// Everything but what the clause's test asks.
    #[must_use]
    pub fn takes(&self, annotation: &Annotation) -> bool {
        self.takes_source(annotation.kind.as_str(), &annotation.model)
            && self.takes_language(annotation.language.as_deref())
            && self.takes_confidence(annotation.confidence_or_one())
            && self.takes_attributes(annotation)
    }

    /// How well the annotation alone answers the test; `None`: not at all. Vector tests are decided over all
    /// candidates, elsewhere.
    #[must_use]
    pub fn score(&self, annotation: &Annotation) -> Option<f64> {
        match &self.clause.test {
            Test::Any => Some(1.0),
            Test::Label(labels) => {
                let label = normalise_label(annotation.label.as_deref()?);
                labels.contains(&label).then_some(1.0)
            }
            Test::Words(test) => {
                let streams = Streams::of(annotation);
                let language = language_of(annotation);
                let best: Vec<Option<f64>> = self.terms.iter().map(|t| streams.best(t, language)).collect();
                words_score(&test.words, test.every, &best)
            }
            Test::Phrase(test) => {
                let line = self.line(annotation);
                let text = phrase_score(&line.words, test.slop);
                let label = self.label_phrase(annotation, test);
                text.into_iter().chain(label).max_by(f64::total_cmp)
            }
            Test::Nearest(_) => None,
        }
    }

    /// How well the phrase is in the label alone. Where the label stands for the text of a line of dialogue,
    /// it counts as text.
    #[must_use]
    pub fn label_phrase(&self, annotation: &Annotation, test: &PhraseTest) -> Option<f64> {
        let label = Streams::of(annotation).label?;
        phrase_score(&self.positions(label, language_of(annotation)), test.slop)
    }

    /// The annotation's text as a piece of a joined text.
    #[must_use]
    pub fn line(&self, annotation: &Annotation) -> Line {
        let text = Streams::of(annotation).text.unwrap_or_default();
        let length = tokenise(text).last().map_or(0, |token| token.position.saturating_add(1));
        Line { length, words: self.positions(text, language_of(annotation)) }
    }

    fn positions(&self, text: &str, language: Language) -> Vec<Vec<(u32, f64)>> {
        let tokens = tokenise(text);
        let of_term = |term: &TermMatcher| {
            let place = |t: &rushes_text::Token| {
                term.quality(&t.lower, &t.folded, language).map(|quality| (t.position, quality))
            };
            tokens.iter().filter_map(place).collect()
        };
        self.terms.iter().map(of_term).collect()
    }
}

/// The primary tag of a BCP 47 language: `en` of `en-GB`.
#[must_use]
pub fn primary_tag(language: &str) -> &str {
    language.split(['-', '_']).next().unwrap_or(language)
}

/// The language whose rules count for an annotation's words.
#[must_use]
pub fn language_of(annotation: &Annotation) -> Language {
    annotation.language.as_deref().map_or(Language::Und, Language::parse)
}

/// The two texts of an annotation that words are looked for in. A phrase lies in one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams<'a> {
    /// The label, where it does not stand for the text.
    pub label: Option<&'a str>,
    /// The text; of a line of dialogue without text, its label.
    pub text: Option<&'a str>,
}

impl<'a> Streams<'a> {
    /// The texts of an annotation.
    #[must_use]
    pub fn of(annotation: &'a Annotation) -> Self {
        let (label, text) = (annotation.label.as_deref(), annotation.text.as_deref());
        if text.is_none() && annotation.kind.is_dialogue() {
            Self { label: None, text: label }
        } else {
            Self { label, text }
        }
    }

    fn best(&self, term: &TermMatcher, language: Language) -> Option<f64> {
        let tokens = self.label.into_iter().chain(self.text).flat_map(tokenise);
        tokens.filter_map(|t| term.quality(&t.lower, &t.folded, language)).max_by(f64::total_cmp)
    }
}

fn terms(test: &Test, analyzer: &Analyzer) -> Vec<TermMatcher> {
    let (words, analysed, fuzziness): (&[Word], _, _) = match test {
        Test::Words(test) => (&test.words, test.analysed, test.fuzziness),
        Test::Phrase(test) => (&test.words, test.analysed, test.fuzziness),
        Test::Any | Test::Label(_) | Test::Nearest(_) => (&[], false, Fuzziness::Exact),
    };
    let fuzziness = match fuzziness {
        Fuzziness::Exact => rushes_text::Fuzziness::Exact,
        Fuzziness::One => rushes_text::Fuzziness::One,
        Fuzziness::Two => rushes_text::Fuzziness::Two,
        Fuzziness::Auto => rushes_text::Fuzziness::Auto,
    };
    let term = |word: &Word| {
        let options = TermOptions { analysed, prefix: word.prefix, fuzziness };
        TermMatcher::new(analyzer, &word.text, options)
    };
    words.iter().map(term).collect()
}

/// The score of a words test, from the best quality of each word.
#[must_use]
pub fn words_score(words: &[Word], every: bool, best: &[Option<f64>]) -> Option<f64> {
    let matches = if every { best.iter().all(Option::is_some) } else { best.iter().any(Option::is_some) };
    let total: f64 = words.iter().map(|word| word.weight).sum();
    let met: f64 = words.iter().zip(best).map(|(word, quality)| word.weight * quality.unwrap_or(0.0)).sum();
    (matches && total > 0.0).then(|| (met / total).clamp(0.0, 1.0))
}

/// The score of the best place of a phrase in one text.
#[must_use]
pub fn phrase_score(words: &[Vec<(u32, f64)>], slop: u32) -> Option<f64> {
    find_phrases(words, slop).iter().map(rushes_text::PhraseMatch::score).max_by(f64::total_cmp)
}

/// A piece of a joined text: how many positions it takes, and where each word of the phrase is met.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// Positions it takes.
    pub length: u32,
    /// For each word of the phrase, the positions that meet it, ascending, with their qualities.
    pub words: Vec<Vec<(u32, f64)>>,
}

/// A phrase in joined lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JoinedMatch {
    /// The first line it touches.
    pub first: usize,
    /// The last line it touches.
    pub last: usize,
    /// The score of its best place in these lines.
    pub score: f64,
}

/// Does a line of dialogue that begins at `next` go on from one before it?
#[must_use]
pub fn joins(previous: TimeRange, next: TimeRange) -> bool {
    next.start_ns().saturating_sub(previous.end_ns()) <= PhraseTest::JOIN_GAP_NS
}

/// Where the phrase is in joined lines; ascending by first and last line, each pair once.
#[must_use]
pub fn find_joined(lines: &[Line], words: usize, slop: u32) -> Vec<JoinedMatch> {
    let mut ends: Vec<u32> = Vec::with_capacity(lines.len());
    let mut places: Vec<Vec<(u32, f64)>> = vec![Vec::new(); words];
    let mut offset = 0_u32;
    for line in lines {
        for (all, of_line) in places.iter_mut().zip(&line.words) {
            all.extend(of_line.iter().map(|(at, quality)| (offset.saturating_add(*at), *quality)));
        }
        offset = offset.saturating_add(line.length);
        ends.push(offset);
    }
    let line_of = |position: u32| ends.partition_point(|end| *end <= position);
    let mut matches: Vec<JoinedMatch> = Vec::new();
    for found in find_phrases(&places, slop) {
        let (first, last) = (line_of(found.first), line_of(found.last));
        match matches.iter_mut().rev().take_while(|m| m.first == first).find(|m| m.last == last) {
            Some(known) => known.score = known.score.max(found.score()),
            None => matches.push(JoinedMatch { first, last, score: found.score() }),
        }
    }
    matches
}
