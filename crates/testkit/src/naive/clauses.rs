//! What matches a clause, annotation by annotation.

use rushes_plan::{
    AttributeAsk, Bounds, Fuzziness, Operator, PlanWord, ResolvedAsk, ResolvedClause, ResolvedPlan, Threshold,
};
use rushes_text::{Analyzer, Language, TermMatcher, TermOptions, normalise_label, tokenise};
use rushes_types::{Annotation, AssetDocument, FusedAnnotation, Metric, ReadPoint, Value};
use serde_json::Value as Json;

use crate::archive::Archive;

/// The archive, the plan, and the read point.
pub(super) struct Search<'a> {
    pub archive: &'a Archive,
    pub plan: &'a ResolvedPlan,
    pub at: &'a ReadPoint,
}

/// An annotation, or several joined ones, that match a clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// The asset.
    pub asset: String,
    /// Start in nanoseconds.
    pub start: i64,
    /// End in nanoseconds.
    pub end: i64,
    /// Score times confidence.
    pub value: f64,
    /// Numbers among the attributes of the matched annotations.
    pub numbers: Vec<(String, f64)>,
}

impl<'a> Search<'a> {
    fn visible(&self, fused: &FusedAnnotation) -> bool {
        let annotation = &fused.annotation;
        let born = fused.validities.iter().any(|l| self.at.sees(l.born));
        let current = fused.validities.iter().any(|l| self.at.sees(l.born) && !self.at.sees(l.died));
        let mut pinned = false;
        for run in &self.plan.runs {
            let of_model = run.model == annotation.model.name();
            if of_model && run.asset == annotation.asset.as_str() {
                if run.run == annotation.run.as_str() {
                    return current || (fused.kept && born);
                }
                pinned = true;
            }
        }
        current && !pinned
    }

    fn speaks(&self, annotation: &Annotation) -> bool {
        let Some(language) = &annotation.language else { return true };
        let tag = |text: &str| text.split('-').next().unwrap_or_default().to_lowercase();
        let holds = |list: &[String]| list.iter().any(|l| tag(l) == tag(language));
        let scope = &self.plan.scope;
        let excluded = scope.exclude.as_ref().is_some_and(|e| holds(&e.languages));
        (scope.languages.is_empty() || holds(&scope.languages)) && !excluded
    }

    /// Is the asset in scope?
    pub fn counts(&self, document: &AssetDocument) -> bool {
        let asset = &document.asset;
        let scope = &self.plan.scope;
        let number = |list: &[i64], n: Option<i64>| n.is_some_and(|n| list.contains(&n));
        let text = |list: &[String], t: Option<&str>| {
            t.is_some_and(|t| list.iter().any(|l| l.eq_ignore_ascii_case(t)))
        };
        let holds = |s: &rushes_plan::Scope| {
            let mut tests = Vec::new();
            let mut test = |asked: bool, holds: bool| {
                if asked {
                    tests.push(holds);
                }
            };
            test(!s.movies.is_empty(), s.movies.iter().any(|m| m == asset.movie.as_str()));
            test(!s.assets.is_empty(), s.assets.iter().any(|a| a == asset.id.as_str()));
            test(!s.collections.is_empty(), text(&s.collections, asset.collection.as_deref()));
            test(!s.series.is_empty(), text(&s.series, asset.series.as_deref()));
            test(!s.seasons.is_empty(), number(&s.seasons, asset.season));
            test(!s.episodes.is_empty(), number(&s.episodes, asset.episode));
            for (name, ask) in &s.attributes {
                test(true, attribute(ask, asset.attributes.get(name)));
            }
            tests
        };
        let excluded = scope.exclude.as_ref().is_some_and(|e| holds(e).contains(&true));
        !holds(scope).contains(&false) && !excluded
    }

    /// The annotations that can match the clause at all.
    pub fn candidates(&self, clause: &ResolvedClause) -> Vec<&'a FusedAnnotation> {
        let clause = &clause.common;
        let floor = self.plan.min_confidence.max(clause.min_confidence.unwrap_or(0.0));
        let passes = |fused: &&FusedAnnotation| {
            let a = &fused.annotation;
            let document = self.archive.documents.iter().find(|d| d.asset.id == a.asset);
            self.visible(fused)
                && self.speaks(a)
                && document.is_some_and(|d| self.counts(d))
                && clause.kind.as_deref().is_none_or(|k| k == a.kind.as_str())
                && clause.model.as_deref().is_none_or(|m| m == a.model.as_str() || m == a.model.name())
                && a.confidence.unwrap_or(1.0) >= floor
                && clause.attributes.iter().all(|(name, ask)| attribute(ask, a.attributes.get(name)))
        };
        self.archive.annotations.iter().filter(passes).collect()
    }

    /// What matches a clause without a vector.
    pub fn matches(&self, clause: &ResolvedClause) -> Vec<Match> {
        if let Some(ResolvedAsk::Vector { .. }) = &clause.ask {
            return self.nearest(clause, &|_| true);
        }
        let candidates = self.candidates(clause);
        let asked = WordsAsk::of(clause);
        let score = |a: &Annotation| -> Option<f64> {
            match &clause.ask {
                None => Some(1.0),
                Some(ResolvedAsk::Label { labels, .. }) => {
                    let label = normalise_label(a.label.as_deref()?);
                    labels.contains(&label).then_some(1.0)
                }
                Some(ResolvedAsk::Text { ask, .. }) => words(&asked?, ask.operator, a),
                Some(ResolvedAsk::Phrase { .. } | ResolvedAsk::Vector { .. }) => None,
            }
        };
        if let (Some(ResolvedAsk::Phrase { .. }), Some(asked)) = (&clause.ask, asked) {
            return phrases(&asked, &candidates);
        }
        candidates.iter().filter_map(|f| Some(one(f, score(&f.annotation)?))).collect()
    }

    /// The nearest vectors among those that `eligible` lets through.
    pub fn nearest(&self, clause: &ResolvedClause, eligible: &dyn Fn(&Annotation) -> bool) -> Vec<Match> {
        let mut all: Vec<(Match, String)> = Vec::new();
        let Some(ResolvedAsk::Vector { vector: ask }) = &clause.ask else { return Vec::new() };
        for query in &ask.vectors {
            let mut near: Vec<(f64, &FusedAnnotation)> = Vec::new();
            for fused in self.candidates(clause) {
                let Some(vector) = &fused.annotation.vector else { continue };
                let space = self.archive.space_of(fused);
                if space.is_none_or(|s| s.id.as_str() != query.space) || !eligible(&fused.annotation) {
                    continue;
                }
                let distance = distance(query.metric, &query.values, vector);
                let within = match ask.threshold {
                    None => true,
                    Some(Threshold::MinSimilarity(least)) => -distance >= least,
                    Some(Threshold::MaxDistance(most)) => distance <= most,
                };
                if within {
                    near.push((distance, fused));
                }
            }
            near.sort_by(|a, b| {
                let name = |f: &FusedAnnotation| {
                    let a = &f.annotation;
                    (a.id.clone(), a.model.clone(), a.run.clone(), a.asset.clone())
                };
                a.0.total_cmp(&b.0).then_with(|| name(a.1).cmp(&name(b.1)))
            });
            near.truncate(ask.options.k.unwrap_or(usize::MAX));
            for (distance, fused) in near {
                let score = match query.metric {
                    Metric::Cosine => (1.0 - distance) / 2.0,
                    Metric::L2 => 1.0 / (1.0 + distance * distance),
                };
                all.push((one(fused, score), format!("{:?}", fused.annotation.key())));
            }
        }
        let mut all: Vec<Match> = all.into_iter().map(|(m, _)| m).collect();
        if let Some(said) = &ask.options.words {
            let words = equal_words(said);
            let asked = WordsAsk { words: &words, analysed: true, fuzziness: Fuzziness::Exact, slop: 0 };
            let found =
                |f: &&FusedAnnotation| Some(one(f, self::words(&asked, Operator::And, &f.annotation)?));
            all.extend(self.candidates(clause).iter().filter_map(found));
        }
        if let Some(said) = &ask.options.phrase {
            let words = equal_words(said);
            let asked = WordsAsk { words: &words, analysed: true, fuzziness: Fuzziness::Exact, slop: 0 };
            all.extend(phrases(&asked, &self.candidates(clause)));
        }
        all
    }
}

fn equal_words(text: &str) -> Vec<PlanWord> {
    tokenise(text).into_iter().map(|t| PlanWord { text: t.lower, weight: 1.0, prefix: false }).collect()
}

fn one(fused: &FusedAnnotation, score: f64) -> Match {
    joined(&[fused], score)
}

fn joined(members: &[&FusedAnnotation], score: f64) -> Match {
    let (first, last) = (members[0], members[members.len() - 1]);
    let confidence = members.iter().map(|f| f.annotation.confidence.unwrap_or(1.0)).fold(1.0, f64::min);
    let numbers = members.iter().flat_map(|f| &f.annotation.attributes);
    Match {
        asset: first.annotation.asset.to_string(),
        start: first.annotation.range.start_ns(),
        end: last.annotation.range.end_ns(),
        value: score * confidence,
        numbers: numbers.filter_map(|(name, v)| Some((name.clone(), v.as_f64()?))).collect(),
    }
}

/// Smaller is nearer: the negative cosine, or the distance.
fn distance(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    let wide = |v: &[f32]| v.iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
    let (a, b) = (wide(a), wide(b));
    // Adding 0 makes both zeros one.
    0.0 + match metric {
        Metric::Cosine => {
            let dot: f64 = a.iter().zip(&b).map(|(x, y)| x * y).sum();
            let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
            let both = norm(&a) * norm(&b);
            if both == 0.0 { -0.0 } else { -(dot / both).clamp(-1.0, 1.0) }
        }
        Metric::L2 => a.iter().zip(&b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt(),
    }
}

fn attribute(ask: &AttributeAsk, value: Option<&Value>) -> bool {
    let Some(value) = value else { return false };
    let same = |json: &Json, value: &Value| match (json, value) {
        (Json::String(a), Value::Text(b)) => a == b,
        (Json::Bool(a), Value::Bool(b)) => a == b,
        (Json::Number(a), _) => a.as_f64().is_some_and(|a| value.as_f64() == Some(a)),
        (Json::Null, Value::Null) => true,
        _ => false,
    };
    match ask {
        AttributeAsk::In(wanted) => match value {
            Value::List(list) => list.iter().any(|v| wanted.iter().any(|w| same(w, v))),
            one => wanted.iter().any(|w| same(w, one)),
        },
        AttributeAsk::Range(bounds) => value.as_f64().is_some_and(|x| within(bounds, x)),
    }
}

/// Is the number within bounds?
pub(super) fn within(bounds: &Bounds, x: f64) -> bool {
    !(bounds.gt.is_some_and(|b| x <= b)
        || bounds.gte.is_some_and(|b| x < b)
        || bounds.lt.is_some_and(|b| x >= b)
        || bounds.lte.is_some_and(|b| x > b))
}

/// Is it a vector clause? One that has words, but no vector to look for, is not.
pub(super) fn is_vector(clause: &ResolvedClause) -> bool {
    let Some(ResolvedAsk::Vector { vector }) = &clause.ask else { return false };
    let options = &vector.options;
    !vector.vectors.is_empty() || (options.words.is_none() && options.phrase.is_none())
}

/// The words of a text or phrase clause, and how they may match.
#[derive(Clone, Copy)]
struct WordsAsk<'p> {
    words: &'p [PlanWord],
    analysed: bool,
    fuzziness: Fuzziness,
    slop: u32,
}

impl<'p> WordsAsk<'p> {
    fn of(clause: &'p ResolvedClause) -> Option<Self> {
        match clause.ask.as_ref()? {
            ResolvedAsk::Text { ask, words } => {
                let (analysed, fuzziness) = (ask.analysed.unwrap_or(true), ask.fuzziness);
                Some(Self { words, analysed, fuzziness, slop: 0 })
            }
            ResolvedAsk::Phrase { ask, words } => {
                let (analysed, fuzziness) = (ask.analysed.unwrap_or(false), ask.fuzziness);
                Some(Self { words, analysed, fuzziness, slop: ask.slop })
            }
            ResolvedAsk::Label { .. } | ResolvedAsk::Vector { .. } => None,
        }
    }
}

fn matcher(clause: &WordsAsk<'_>, word: &PlanWord) -> TermMatcher {
    let fuzziness = match clause.fuzziness {
        Fuzziness::Exact => rushes_text::Fuzziness::Exact,
        Fuzziness::One => rushes_text::Fuzziness::One,
        Fuzziness::Two => rushes_text::Fuzziness::Two,
        Fuzziness::Auto => rushes_text::Fuzziness::Auto,
    };
    let analysed = clause.analysed;
    let options = TermOptions { analysed, prefix: word.prefix, fuzziness };
    TermMatcher::new(&Analyzer::new(Language::Und), &word.text, options)
}

/// How well a word matches the text's word at each position.
fn places(clause: &WordsAsk<'_>, word: &PlanWord, text: &str, language: Language) -> Vec<Option<f64>> {
    let matcher = matcher(clause, word);
    tokenise(text).iter().map(|t| matcher.quality(&t.lower, &t.folded, language)).collect()
}

fn language(a: &Annotation) -> Language {
    a.language.as_deref().map(Language::parse).unwrap_or_default()
}

fn words(clause: &WordsAsk<'_>, operator: Operator, a: &Annotation) -> Option<f64> {
    let words = clause.words;
    let text = format!("{} . {}", a.label.as_deref().unwrap_or(""), a.text.as_deref().unwrap_or(""));
    let best = |word: &PlanWord| {
        places(clause, word, &text, language(a))
            .into_iter()
            .flatten()
            .fold(None, |m: Option<f64>, q| Some(m.map_or(q, |m| m.max(q))))
    };
    let found: Vec<Option<f64>> = words.iter().map(best).collect();
    let matched = match operator {
        Operator::And => found.iter().all(Option::is_some),
        Operator::Or => found.iter().any(Option::is_some),
    };
    let sum: f64 = found.iter().zip(words).map(|(q, w)| q.unwrap_or(0.0) * w.weight).sum();
    matched.then(|| sum / words.iter().map(|w| w.weight).sum::<f64>())
}

fn phrases(clause: &WordsAsk<'_>, candidates: &[&FusedAnnotation]) -> Vec<Match> {
    let mut matches = Vec::new();
    let mut spoken: Vec<&FusedAnnotation> = Vec::new();
    for fused in candidates {
        let a = &fused.annotation;
        let dialogue = a.kind.as_str() == "DIALOGUE_SEARCH";
        let alone: &[Option<&str>] = match (dialogue, &a.text) {
            (true, None) => &[],
            (true, Some(_)) => &[a.label.as_deref()],
            (false, _) => &[a.label.as_deref(), a.text.as_deref()],
        };
        let best = alone.iter().flatten().filter_map(|text| {
            windows(clause, &[(text, language(a))]).into_iter().map(|(_, _, s)| s).reduce(f64::max)
        });
        if let Some(score) = best.reduce(f64::max) {
            matches.push(one(fused, score));
        }
        if dialogue {
            spoken.push(fused);
        }
    }
    spoken.sort_by_key(|f| {
        let a = &f.annotation;
        (a.asset.clone(), a.model.clone(), a.range.start_ns(), a.range.end_ns(), a.key())
    });
    let mut chain: Vec<&FusedAnnotation> = Vec::new();
    for fused in spoken {
        let goes_on = chain.last().is_some_and(|last| {
            let (last, next) = (&last.annotation, &fused.annotation);
            last.asset == next.asset
                && last.model == next.model
                && next.range.start_ns() <= last.range.end_ns() + 2_000_000_000
        });
        if !goes_on {
            chain_matches(clause, &chain, &mut matches);
            chain.clear();
        }
        chain.push(fused);
    }
    chain_matches(clause, &chain, &mut matches);
    matches
}

fn chain_matches(clause: &WordsAsk<'_>, chain: &[&FusedAnnotation], matches: &mut Vec<Match>) {
    let texts: Vec<(&str, Language)> = chain
        .iter()
        .map(|f| {
            let a = &f.annotation;
            (a.text.as_deref().or(a.label.as_deref()).unwrap_or(""), language(a))
        })
        .collect();
    for (first, last, score) in windows(clause, &texts) {
        matches.push(joined(&chain[first..=last], score));
    }
}

/// Every minimal window of the joined texts that contains the phrase: its first and last text, and its score. Tries all
/// placements of the words.
fn windows(clause: &WordsAsk<'_>, texts: &[(&str, Language)]) -> Vec<(usize, usize, f64)> {
    let words = clause.words;
    let mut owner = Vec::new();
    let mut qualities: Vec<Vec<Option<f64>>> = vec![Vec::new(); words.len()];
    for (i, (text, language)) in texts.iter().enumerate() {
        for (word, all) in words.iter().zip(&mut qualities) {
            all.extend(places(clause, word, text, *language));
        }
        owner.resize(qualities.first().map_or(0, Vec::len), i);
    }
    let mut ways: Vec<(usize, usize, i64, f64)> = Vec::new();
    place(&qualities, i64::from(clause.slop), &mut Vec::new(), 0.0, &mut ways);
    let inner = |w: &(usize, usize, i64, f64)| {
        ways.iter().any(|o| (o.0, o.1) != (w.0, w.1) && w.0 <= o.0 && o.1 <= w.1)
    };
    let minimal: Vec<_> = ways.iter().filter(|w| !inner(w)).collect();
    let mut best: Vec<(usize, usize, f64)> = Vec::new();
    for window in &minimal {
        let same = minimal.iter().filter(|o| (o.0, o.1) == (window.0, window.1));
        let least = same.clone().map(|o| o.2).min().unwrap_or(0);
        let quality = same.filter(|o| o.2 == least).map(|o| o.3).fold(0.0, f64::max);
        let score = quality / (1.0 + least as f64);
        let (first, last) = (owner[window.0], owner[window.1]);
        match best.iter_mut().find(|b| (b.0, b.1) == (first, last)) {
            Some(better) => better.2 = better.2.max(score),
            None => best.push((first, last, score)),
        }
    }
    best
}

/// Tries every position for the next word.
fn place(
    qualities: &[Vec<Option<f64>>],
    slop: i64,
    taken: &mut Vec<usize>,
    sum: f64,
    ways: &mut Vec<(usize, usize, i64, f64)>,
) {
    let Some(next) = qualities.get(taken.len()) else {
        let shifted: Vec<i64> = taken.iter().enumerate().map(|(i, p)| *p as i64 - i as i64).collect();
        let spread = shifted.iter().max().unwrap() - shifted.iter().min().unwrap();
        if spread <= slop {
            let (first, last) = (*taken.iter().min().unwrap(), *taken.iter().max().unwrap());
            ways.push((first, last, spread, sum / taken.len() as f64));
        }
        return;
    };
    for (position, quality) in next.iter().enumerate() {
        if let Some(quality) = quality
            && !taken.contains(&position)
        {
            taken.push(position);
            place(qualities, slop, taken, sum + quality, ways);
            taken.pop();
        }
    }
}
