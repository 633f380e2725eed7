//! Fills in what a plan leaves open: aliases, word weights, vectors, spaces, pinned runs.
//!
//! What resolution finds is written into the plan, so that the plan alone decides the answer at a read point. What is
//! already filled in is left as it is: resolving a resolved plan changes nothing.

use std::collections::BTreeMap;

use rushes_text::{fold_word, normalise_label, tokenise};
use rushes_types::limits::{K_DEFAULT, PLAN_WORDS_MAX};
use rushes_types::{Error, ErrorKind, Metric, Result, Space};

use crate::knowledge::Knowledge;
use crate::leaf::WEIGHT_MAX;
use crate::plan::{PinnedRun, Plan, ResolvedPlan, ResolvedRun};
use crate::plan_clause::{Ask, ClauseCommon, PlanClause, PlanWord, ResolvedAsk, ResolvedClause, TextAsk};
use crate::read_clause::check_threshold;
use crate::vector_ask::{Like, QueryVector, SpaceVector, VectorAsk, VectorAskOf, VectorSource};
use crate::warning::Warning;
use crate::word_weight::word_weight;

/// Query vectors with the spaces they lie in.
type Vectors = Vec<(Space, QueryVector)>;

/// A resolved plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// The plan, with everything filled in.
    pub plan: ResolvedPlan,
    /// What could not be filled in.
    pub warnings: Vec<Warning>,
    /// The weights given to words, in the order of the plan: a cursor carries them, so that the pages after
    /// the first are of the same plan.
    pub word_weights: Vec<f64>,
}

/// Resolves a plan. With `weights` (from an earlier resolution of the same plan), words get these weights.
///
/// # Errors
/// Where a named space, run or example does not exist, or a vector does not fit its space; with the field.
pub fn resolve(plan: &Plan, knowledge: &dyn Knowledge, weights: Option<&[f64]>) -> Result<Resolved> {
    let (warnings, word_weights) = (Vec::new(), Vec::new());
    let mut work = Resolving { knowledge, weights, warnings, word_weights, words: 0 };
    let resolved = plan.convert(
        &mut |pointer, clause| {
            let mut clause = work.clause(pointer, clause)?;
            clause.common.weight = weighted(pointer, &clause.common, &plan.weights)?;
            Ok(clause)
        },
        |i, run| pin(knowledge, i, run),
    )?;
    // Their factors are in the clauses' weights now.
    let plan = ResolvedPlan { weights: BTreeMap::new(), ..resolved };
    Ok(Resolved { plan, warnings: work.warnings, word_weights: work.word_weights })
}

/// A clause's weight times its type's factor. A product that a plan may not contain is refused, so that a resolved plan
/// can be sent back.
fn weighted(pointer: &str, common: &ClauseCommon, factors: &BTreeMap<String, f64>) -> Result<Option<f64>> {
    let Some((kind, factor)) = common.kind.as_ref().and_then(|kind| factors.get_key_value(kind)) else {
        return Ok(common.weight);
    };
    let weight = common.weight.unwrap_or(1.0) * factor;
    if weight > 0.0 && weight <= WEIGHT_MAX {
        return Ok(Some(weight));
    }
    let message = format!(
        "the clause's weight by the factor of `{kind}` is {weight}, not above 0 and at most {WEIGHT_MAX}"
    );
    Err(Error::invalid(message).mend("change one of them").at(format!("{pointer}/weight")))
}

fn pin(knowledge: &dyn Knowledge, i: usize, pinned: &PinnedRun) -> Result<ResolvedRun> {
    let run = pinned.run.clone();
    if let (Some(asset), Some(model)) = (pinned.asset.clone(), pinned.model.clone()) {
        return Ok(ResolvedRun { run, asset, model });
    }
    let Some((asset, model)) = knowledge.run(&run)? else {
        return Err(Error::new(ErrorKind::NotFound, format!("run `{run}` is not known or no longer kept"))
            .mend("see `rushes run list`")
            .at(format!("/runs/{i}")));
    };
    Ok(ResolvedRun { run, asset, model })
}

struct Resolving<'r> {
    knowledge: &'r dyn Knowledge,
    weights: Option<&'r [f64]>,
    warnings: Vec<Warning>,
    word_weights: Vec<f64>,
    /// Words that the clauses so far look for.
    words: usize,
}

impl Resolving<'_> {
    fn warn(&mut self, code: &'static str, pointer: &str, message: String) {
        self.warnings.push(Warning::new(code, pointer, message));
    }

    fn clause(&mut self, pointer: &str, clause: &PlanClause) -> Result<ResolvedClause> {
        let ask = clause.ask.as_ref().map(|ask| self.ask(pointer, &clause.common, ask)).transpose()?;
        Ok(ResolvedClause { common: clause.common.clone(), ask })
    }

    fn ask(&mut self, pointer: &str, common: &ClauseCommon, ask: &Ask) -> Result<ResolvedAsk> {
        Ok(match ask {
            Ask::Label { label, labels } => {
                let labels = match labels {
                    Some(labels) => labels.clone(),
                    None => self.labels(common.kind.as_deref(), label)?,
                };
                ResolvedAsk::Label { label: label.clone(), labels }
            }
            Ask::Text { ask, words } => self.text(pointer, ask.clone(), words.clone())?,
            Ask::Phrase { ask, words } => {
                let words = match words {
                    Some(words) => self.given(words.clone()).map_err(|e| e.at(format!("{pointer}/words")))?,
                    None => {
                        self.words(&ask.phrase, ask.prefix).map_err(|e| e.at(format!("{pointer}/phrase")))?
                    }
                };
                ResolvedAsk::Phrase { ask: ask.clone(), words }
            }
            Ask::Vector { vector } => {
                let (words, phrase) = (vector.options.words.as_deref(), vector.options.phrase.as_deref());
                for (name, said) in [("words", words), ("phrase", phrase)] {
                    let at = |e: Error| e.at(format!("{pointer}/vector/{name}"));
                    said.map(|said| self.words_in(said)).transpose().map_err(at)?;
                }
                match (self.vector(&format!("{pointer}/vector"), common, vector)?, &vector.source) {
                    (None, VectorSource::Text(text)) => {
                        let text = words.or(phrase).unwrap_or(text).to_owned();
                        let ask = TextAsk { text, ..TextAsk::default() };
                        self.text(pointer, ask, None)?
                    }
                    (vectors, source) => {
                        let mut options = vector.options.clone();
                        if options.k.is_none() && vector.threshold.is_none() {
                            options.k = Some(K_DEFAULT);
                        }
                        let (source, threshold) = (source.clone(), vector.threshold);
                        let vectors = vectors.unwrap_or_default();
                        ResolvedAsk::Vector { vector: VectorAskOf { source, options, threshold, vectors } }
                    }
                }
            }
        })
    }

    fn labels(&self, kind: Option<&str>, label: &str) -> Result<Vec<String>> {
        let mut labels = self.knowledge.aliases(kind, label)?;
        labels.push(label.to_owned());
        let mut labels: Vec<String> = labels.iter().map(|l| normalise_label(l)).collect();
        labels.sort_unstable();
        labels.dedup();
        Ok(labels)
    }

    fn text(&mut self, pointer: &str, ask: TextAsk, words: Option<Vec<PlanWord>>) -> Result<ResolvedAsk> {
        let words = match words {
            Some(words) => self.given(words).map_err(|e| e.at(format!("{pointer}/words")))?,
            None => self.words(&ask.text, ask.prefix).map_err(|e| e.at(format!("{pointer}/text")))?,
        };
        Ok(ResolvedAsk::Text { ask, words })
    }

    /// Words that the plan brings.
    fn given(&mut self, words: Vec<PlanWord>) -> Result<Vec<PlanWord>> {
        self.count(words.len())?;
        Ok(words)
    }

    fn count(&mut self, words: usize) -> Result<()> {
        self.words = self.words.saturating_add(words);
        if self.words > PLAN_WORDS_MAX {
            let message = format!("the plan looks for more than {PLAN_WORDS_MAX} words");
            return Err(Error::invalid(message).mend("ask for fewer at a time"));
        }
        Ok(())
    }

    /// The words of a text, of which there must be one.
    fn words_in(&mut self, text: &str) -> Result<Vec<String>> {
        let words: Vec<String> = tokenise(text).into_iter().map(|token| token.lower).collect();
        if words.is_empty() {
            return Err(
                Error::invalid(format!("`{text}` holds no word")).mend("write at least one letter or digit")
            );
        }
        self.count(words.len())?;
        Ok(words)
    }

    fn words(&mut self, text: &str, prefix: bool) -> Result<Vec<PlanWord>> {
        let words = self.words_in(text)?;
        let first = self.word_weights.len();
        let given = self.weights.and_then(|given| given.get(first..first + words.len())).map(<[f64]>::to_vec);
        let weights = match given {
            Some(weights) => weights,
            None => {
                let folded: Vec<String> = words.iter().map(|w| fold_word(w)).collect();
                let counted = self.knowledge.word_counts(&folded)?;
                let count = |i: usize| counted.counts.get(i).copied().unwrap_or(0);
                (0..words.len()).map(|i| word_weight(counted.annotations, count(i))).collect()
            }
        };
        self.word_weights.extend(&weights);
        let last = words.len() - 1;
        let words = words.into_iter().zip(weights).enumerate();
        Ok(words.map(|(i, (text, weight))| PlanWord { text, weight, prefix: prefix && i == last }).collect())
    }

    /// Finds the query vectors; `None`: no encoder is known, so the text is searched as text.
    fn vector(
        &mut self,
        pointer: &str,
        common: &ClauseCommon,
        ask: &VectorAsk,
    ) -> Result<Option<Vec<SpaceVector>>> {
        if let Some(vectors) = &ask.vectors {
            return Ok(Some(vectors.clone()));
        }
        let named = ask.options.space.as_deref().or(common.model.as_deref());
        let found = match &ask.source {
            VectorSource::Like(like) => self.like(pointer, named, like)?,
            VectorSource::Values(values) => {
                let space = self.space_of_values(pointer, named, values.len())?;
                space.map(|space| (space, values.clone())).into_iter().collect()
            }
            VectorSource::Text(_) | VectorSource::Image(_) => {
                match self.encoded(pointer, named, &ask.source)? {
                    Some(found) => found,
                    None => return Ok(None),
                }
            }
        };
        self.checked(pointer, ask, found, named.is_some()).map(Some)
    }

    fn like(&mut self, pointer: &str, named: Option<&str>, like: &Like) -> Result<Vectors> {
        let found = self.knowledge.vectors_like(like)?;
        let found = found.ok_or_else(|| not_found(like).at(format!("{pointer}/like")))?;
        let spaces = named.map(|name| self.named(pointer, name)).transpose()?;
        let wanted = |space: &Space| spaces.as_ref().is_none_or(|list| list.iter().any(|s| s.id == space.id));
        let found = found.into_iter().filter(|(space, _)| wanted(space));
        let found: Vectors = found.map(|(space, values)| (space, values.into())).collect();
        if found.is_empty() {
            let message = "what `like` names has no vector there: the clause finds nothing";
            self.warn("no_data", pointer, message.into());
        }
        Ok(found)
    }

    fn named(&self, pointer: &str, name: &str) -> Result<Vec<Space>> {
        let spaces = self.knowledge.spaces_named(name)?;
        if spaces.is_empty() {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("`{name}` is no vector space and no model that writes one"),
            )
            .mend("see `rushes model list`")
            .at(format!("{pointer}/space")));
        }
        Ok(spaces)
    }

    /// The vectors that encoders make of a text or picture; `None` for a text where no encoder is known.
    fn encoded(
        &mut self,
        pointer: &str,
        named: Option<&str>,
        source: &VectorSource,
    ) -> Result<Option<Vectors>> {
        let spaces = match named {
            Some(name) => self.named(pointer, name)?,
            None => self.knowledge.spaces()?,
        };
        let is_text = matches!(source, VectorSource::Text(_));
        let (mut found, mut without, mut failed) = (Vectors::new(), Vec::new(), Vec::new());
        for space in spaces {
            let vector = match source {
                VectorSource::Text(text) => self.knowledge.encode_text(&space, text),
                VectorSource::Image(image) => self.knowledge.encode_image(&space, image),
                VectorSource::Values(_) | VectorSource::Like(_) => Ok(None),
            };
            match vector {
                Ok(Some(vector)) => found.push((space, vector.into())),
                Ok(None) => without.push(format!("`{}`", space.id)),
                Err(error) if is_out_of_reach(error.kind()) => failed.push((space, error)),
                Err(error) => return Err(error.at(pointer.to_owned())),
            }
        }
        let what = if is_text { "texts" } else { "pictures" };
        let then = match (found.is_empty(), is_text) {
            (false, _) => "not searched",
            (true, true) => "searched as text instead",
            (true, false) => "the clause finds nothing",
        };
        for (space, error) in &failed {
            let message = format!("{}; space `{}`: {then}", error.message(), space.id);
            self.warn("encoder_failed", pointer, message);
        }
        if !without.is_empty() {
            let names = without.join(", ");
            self.warn(
                "no_encoder",
                pointer,
                format!("nothing turns {what} into vectors of space {names}: {then}"),
            );
        } else if found.is_empty() && failed.is_empty() {
            self.warn("no_data", pointer, format!("no current annotation has a vector: {then}"));
        }
        Ok((!found.is_empty() || !is_text).then_some(found))
    }

    fn space_of_values(
        &mut self,
        pointer: &str,
        named: Option<&str>,
        dimensions: usize,
    ) -> Result<Option<Space>> {
        let candidates = match named {
            Some(name) => self.named(pointer, name)?,
            None => self.knowledge.spaces()?,
        };
        let names: Vec<String> =
            candidates.iter().map(|s| format!("`{}` ({})", s.id, s.dimensions)).collect();
        let mut fitting: Vec<Space> = candidates.into_iter().filter(|s| s.dimensions == dimensions).collect();
        match (fitting.len(), names.is_empty()) {
            (1, _) => Ok(fitting.pop()),
            (0, true) => {
                self.warn(
                    "no_data",
                    pointer,
                    "no current annotation has a vector: the clause finds nothing".into(),
                );
                Ok(None)
            }
            (0, false) => Err(Error::invalid(format!(
                "the vector has {dimensions} numbers, which no space asked for has: {}",
                names.join(", ")
            ))
            .at(format!("{pointer}/values"))),
            _ => Err(Error::invalid(format!("the vector fits several spaces, {}", names.join(", ")))
                .mend("name the `space`")
                .at(pointer.to_owned())),
        }
    }

    fn checked(
        &mut self,
        pointer: &str,
        ask: &VectorAsk,
        found: Vectors,
        named: bool,
    ) -> Result<Vec<SpaceVector>> {
        let mut vectors = Vec::with_capacity(found.len());
        for (space, values) in found {
            let metric = ask.options.metric.unwrap_or(space.metric);
            if let Err(wrong) = check_threshold(metric, ask.threshold) {
                // Of several spaces, the threshold says which are meant.
                if named || matches!(ask.source, VectorSource::Values(_)) {
                    return Err(wrong.at(pointer.to_owned()));
                }
                self.warn(
                    "no_data",
                    pointer,
                    format!("space `{}` is not searched: {}", space.id, wrong.message()),
                );
                continue;
            }
            if values.len() != space.dimensions {
                return Err(Error::invalid(format!("the vector has {} numbers", values.len()))
                    .mend(format!("space `{}` has {}", space.id, space.dimensions))
                    .at(pointer.to_owned()));
            }
            if metric == Metric::Cosine && values.iter().all(|x| *x == 0.0) {
                return Err(Error::invalid("a zero vector has no direction")
                    .mend("give another, or metric `l2`")
                    .at(pointer.to_owned()));
            }
            vectors.push(SpaceVector { space: space.id.to_string(), metric, values });
        }
        Ok(vectors)
    }
}

/// May a search go on without the encoder after this error?
const fn is_out_of_reach(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unavailable | ErrorKind::Unsupported)
}

fn not_found(like: &Like) -> Error {
    let what = match &like.annotation_id {
        Some(id) => format!("annotation `{id}` of asset `{}`", like.asset_id),
        None => format!("asset `{}`", like.asset_id),
    };
    Error::new(ErrorKind::NotFound, format!("{what} is not there")).mend("name another")
}
