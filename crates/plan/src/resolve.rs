//! Fills in what a plan leaves open: aliases, word weights, vectors, spaces, pinned runs.
//!
//! What resolution finds is written into the plan, so that the plan alone decides the answer at a read point. What is
//! already filled in is left as it is: resolving a resolved plan changes nothing.

use rushes_text::{fold_word, normalise_label, tokenise};
use rushes_types::limits::K_DEFAULT;
use rushes_types::{Error, ErrorKind, Metric, Result, Space};

use crate::plan::{ClauseRef, PinnedRun, Plan, Predicate};
use crate::plan_clause::{Like, PlanClause, PlanWord, SpaceVector, VectorAsk};
use crate::read::check_threshold;
use crate::warning::Warning;

/// How many annotations say each word, at a version of the table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// The table's version.
    pub version: u64,
    /// Current annotations in all.
    pub annotations: u64,
    /// For each word asked, how many of them say it.
    pub counts: Vec<u64>,
}

/// Vectors with the spaces they lie in.
pub type SpaceVectors = Vec<(Space, Vec<f32>)>;

/// What resolution has to be told.
pub trait Resolver {
    /// Every label that `label` stands for: those it is an alias of, and their other aliases. Normalised or not.
    fn aliases(&self, kind: Option<&str>, label: &str) -> Result<Vec<String>>;
    /// How many current annotations say each of the folded words.
    fn word_counts(&self, words: &[String]) -> Result<Counted>;
    /// The spaces that current annotations have vectors in, in the order of their ids.
    fn spaces(&self) -> Result<Vec<Space>>;
    /// A space by its name, or the spaces of a model (`name` or `name@version`).
    fn spaces_named(&self, name: &str) -> Result<Vec<Space>>;
    /// A text as a vector of the space; `None` where no encoder is known for it.
    fn encode_text(&self, space: &Space, text: &str) -> Result<Option<Vec<f32>>>;
    /// A picture as a vector of the space; `None` where no encoder is known for it.
    fn encode_image(&self, space: &Space, image: &str) -> Result<Option<Vec<f32>>>;
    /// The vectors of an annotation, or of what is shown at a time, at most one in a space; `None` where there is no
    /// such annotation or asset.
    fn vectors_like(&self, like: &Like) -> Result<Option<SpaceVectors>>;
    /// A run's asset and the name of its model, without version; `None` where it cannot be pinned.
    fn run(&self, run: &str) -> Result<Option<(String, String)>>;
}

/// A resolved plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resolved {
    /// The plan, with everything filled in.
    pub plan: Plan,
    /// What could not be.
    pub warnings: Vec<Warning>,
    /// The weights given to words, in the order of the plan: a cursor carries them, so that the pages after
    /// the first are of the same plan.
    pub word_weights: Vec<f64>,
}

/// Resolves a plan. With `weights`, of an earlier resolution of the same plan, words get these.
///
/// # Errors
/// Where a named space, run or example does not exist, or a vector does not fit its space; with the field.
pub fn resolve(plan: &Plan, resolver: &dyn Resolver, weights: Option<&[f64]>) -> Result<Resolved> {
    let mut resolved = Resolved { plan: plan.clone(), ..Resolved::default() };
    let mut work = Work { resolver, given: weights, warnings: Vec::new(), word_weights: Vec::new() };
    for_each_clause(&mut resolved.plan, &mut |pointer, clause| work.clause(pointer, clause))?;
    let factors = std::mem::take(&mut resolved.plan.weights);
    for_each_clause(&mut resolved.plan, &mut |_, clause| {
        if let Some(factor) = clause.kind.as_ref().and_then(|kind| factors.get(kind)) {
            clause.weight = Some(clause.weight.unwrap_or(1.0) * factor);
        }
        Ok(())
    })?;
    for (i, run) in resolved.plan.runs.iter_mut().enumerate() {
        pin(resolver, i, run)?;
    }
    resolved.warnings = work.warnings;
    resolved.word_weights = work.word_weights;
    Ok(resolved)
}

/// Every clause of a plan with its JSON pointer, in the order of its numbers.
pub(crate) fn for_each_clause(
    plan: &mut Plan,
    each: &mut dyn FnMut(&str, &mut PlanClause) -> Result<()>,
) -> Result<()> {
    let mut group = |pointer: String, clauses: &mut Vec<PlanClause>| {
        clauses.iter_mut().enumerate().try_for_each(|(i, clause)| each(&format!("{pointer}/{i}"), clause))
    };
    group("/all".into(), &mut plan.all)?;
    group("/any".into(), &mut plan.any)?;
    group("/none".into(), &mut plan.none)?;
    for (i, step) in plan.then.iter_mut().enumerate() {
        group(format!("/then/{i}/all"), &mut step.all)?;
        group(format!("/then/{i}/any"), &mut step.any)?;
        group(format!("/then/{i}/none"), &mut step.none)?;
    }
    for (i, predicate) in plan.predicates.iter_mut().enumerate() {
        let (name, clause) = match predicate {
            Predicate::Duration(_) => continue,
            Predicate::Coverage(coverage) => ("coverage", &mut coverage.clause),
            Predicate::Near(near) => ("near", &mut near.clause),
        };
        if let ClauseRef::Own(own) = clause {
            each(&format!("/where/{i}/{name}/clause"), own)?;
        }
    }
    Ok(())
}

fn pin(resolver: &dyn Resolver, i: usize, run: &mut PinnedRun) -> Result<()> {
    if run.asset.is_some() && run.model.is_some() {
        return Ok(());
    }
    let Some((asset, model)) = resolver.run(&run.run)? else {
        return Err(Error::new(
            ErrorKind::NotFound,
            format!("run `{}` is not known or no longer kept", run.run),
        )
        .mend("see `rushes run list`")
        .at(format!("/runs/{i}")));
    };
    (run.asset, run.model) = (Some(asset), Some(model));
    Ok(())
}

/// The weight of a word that `count` of `annotations` annotations say: rarer words weigh more, none nothing.
///
/// ln(1 + (N − n + ½) / (n + ½)), rounded to six places so that a plan is easy to read.
#[must_use]
pub fn word_weight(annotations: u64, count: u64) -> f64 {
    #[allow(clippy::cast_precision_loss)] // counts are far below 2^52
    let (all, with) = (annotations.max(count) as f64, count as f64);
    let weight = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
    (weight * 1e6).round().max(1.0) / 1e6
}

struct Work<'r> {
    resolver: &'r dyn Resolver,
    given: Option<&'r [f64]>,
    warnings: Vec<Warning>,
    word_weights: Vec<f64>,
}

impl Work<'_> {
    fn warn(&mut self, code: &'static str, pointer: &str, message: String) {
        self.warnings.push(Warning::new(code, pointer, message));
    }

    fn clause(&mut self, pointer: &str, clause: &mut PlanClause) -> Result<()> {
        if let Some(mut ask) = clause.vector.take() {
            let place = format!("{pointer}/vector");
            if !self.vector(&place, clause, &mut ask)?
                && let Some(text) = ask.text.clone()
            {
                clause.text = Some(text);
            } else {
                clause.vector = Some(ask);
            }
        }
        if let (Some(label), None) = (&clause.label, &clause.labels) {
            let mut labels = self.resolver.aliases(clause.kind.as_deref(), label)?;
            labels.push(label.clone());
            let mut labels: Vec<String> = labels.iter().map(|l| normalise_label(l)).collect();
            labels.sort_unstable();
            labels.dedup();
            clause.labels = Some(labels);
        }
        if let (Some(text), None) = (clause.text.as_ref().or(clause.phrase.as_ref()), &clause.words) {
            let field = if clause.text.is_some() { "text" } else { "phrase" };
            let words = self.words(text, clause.prefix).map_err(|e| e.at(format!("{pointer}/{field}")))?;
            clause.words = Some(words);
        }
        Ok(())
    }

    fn words(&mut self, text: &str, prefix: bool) -> Result<Vec<PlanWord>> {
        let words: Vec<String> = tokenise(text).into_iter().map(|token| token.lower).collect();
        if words.is_empty() {
            return Err(
                Error::invalid(format!("`{text}` holds no word")).mend("write at least one letter or digit")
            );
        }
        let first = self.word_weights.len();
        let given = self.given.and_then(|given| given.get(first..first + words.len())).map(<[f64]>::to_vec);
        let weights = match given {
            Some(weights) => weights,
            None => {
                let folded: Vec<String> = words.iter().map(|w| fold_word(w)).collect();
                let counted = self.resolver.word_counts(&folded)?;
                let count = |i: usize| counted.counts.get(i).copied().unwrap_or(0);
                (0..words.len()).map(|i| word_weight(counted.annotations, count(i))).collect()
            }
        };
        self.word_weights.extend(&weights);
        let last = words.len() - 1;
        let words = words.into_iter().zip(weights).enumerate();
        Ok(words.map(|(i, (text, weight))| PlanWord { text, weight, prefix: prefix && i == last }).collect())
    }

    /// Finds the vectors that are asked for; `false`: no encoder, the text is to be searched as text.
    fn vector(&mut self, pointer: &str, clause: &PlanClause, ask: &mut VectorAsk) -> Result<bool> {
        if ask.k.is_none() && ask.min_similarity.is_none() && ask.max_distance.is_none() {
            ask.k = Some(K_DEFAULT);
        }
        if ask.vectors.is_some() {
            return Ok(true);
        }
        let named = ask.space.clone().or_else(|| clause.model.clone());
        let found = if let Some(like) = &ask.like {
            let found = self
                .resolver
                .vectors_like(like)?
                .ok_or_else(|| not_found(like).at(format!("{pointer}/like")))?;
            let spaces = named.as_deref().map(|name| self.named(pointer, name)).transpose()?;
            let wanted =
                |space: &Space| spaces.as_ref().is_none_or(|list| list.iter().any(|s| s.id == space.id));
            let found: Vec<_> = found.into_iter().filter(|(space, _)| wanted(space)).collect();
            if found.is_empty() {
                self.warn(
                    "no_data",
                    pointer,
                    "what `like` names has no vector there: the clause finds nothing".into(),
                );
            }
            found
        } else if let Some(values) = ask.values.clone() {
            let space = self.space_of_values(pointer, named.as_deref(), values.len())?;
            space.map(|space| (space, values)).into_iter().collect()
        } else {
            match self.encoded(pointer, named.as_deref(), ask)? {
                Some(found) => found,
                None => return Ok(false),
            }
        };
        ask.vectors = Some(self.checked(pointer, ask, found, named.is_some())?);
        Ok(true)
    }

    fn named(&self, pointer: &str, name: &str) -> Result<Vec<Space>> {
        let spaces = self.resolver.spaces_named(name)?;
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
        ask: &VectorAsk,
    ) -> Result<Option<SpaceVectors>> {
        let spaces = match named {
            Some(name) => self.named(pointer, name)?,
            None => self.resolver.spaces()?,
        };
        let (mut found, mut without, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for space in spaces {
            let vector = match (&ask.text, &ask.image) {
                (Some(text), _) => self.resolver.encode_text(&space, text),
                (None, Some(image)) => self.resolver.encode_image(&space, image),
                (None, None) => Ok(None),
            };
            match vector {
                Ok(Some(vector)) => found.push((space, vector)),
                Ok(None) => without.push(format!("`{}`", space.id)),
                Err(error) if is_out_of_reach(error.kind()) => failed.push((space, error)),
                Err(error) => return Err(error.at(pointer.to_owned())),
            }
        }
        let what = if ask.text.is_some() { "texts" } else { "pictures" };
        let then = match (found.is_empty(), ask.text.is_some()) {
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
                format!("no encoder of {what} is known for space {names}: {then}"),
            );
        } else if found.is_empty() && failed.is_empty() {
            self.warn("no_data", pointer, format!("no current annotation has a vector: {then}"));
        }
        Ok((!found.is_empty() || ask.text.is_none()).then_some(found))
    }

    fn space_of_values(
        &mut self,
        pointer: &str,
        named: Option<&str>,
        dimensions: usize,
    ) -> Result<Option<Space>> {
        let candidates = match named {
            Some(name) => self.named(pointer, name)?,
            None => self.resolver.spaces()?,
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
        found: SpaceVectors,
        named: bool,
    ) -> Result<Vec<SpaceVector>> {
        let mut vectors = Vec::with_capacity(found.len());
        for (space, values) in found {
            let metric = ask.metric.unwrap_or(space.metric);
            if let Err(wrong) = check_threshold(metric, ask) {
                // Of several spaces, the threshold says which are meant.
                if named || ask.values.is_some() {
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

/// May a search go on without an encoder that answers so?
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
