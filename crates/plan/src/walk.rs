//! Walks over the clauses of a plan: listing, checking and converting them.

use rushes_types::limits::CLAUSES_MAX;
use rushes_types::{Error, Result};
use serde::Serialize;
use serde_json::Value as Json;

use crate::moments::Top;
use crate::plan::{PlanOf, StepOf};
use crate::predicate::{ClauseRefOf, CoverageOf, NearOf, PredicateOf};

/// Converts a clause, given its place in the plan.
pub(crate) type Convert<'c, C, D> = &'c mut dyn FnMut(&str, &C) -> Result<D>;

impl<C: Serialize, R: Serialize> PlanOf<C, R> {
    /// The plan as JSON.
    #[must_use]
    pub fn to_json(&self) -> Json {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl<C, R> PlanOf<C, R> {
    /// Checks conditions across fields: the number of clauses, at least one clause that must be present, `top`.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::Invalid`] with the JSON pointer of the field and the mend.
    pub fn check(&self) -> Result<()> {
        check(self)
    }

    /// How many clauses it has, over all groups, steps and predicates.
    #[must_use]
    pub fn clause_count(&self) -> usize {
        let steps: usize = self.then.iter().map(|s| s.all.len() + s.any.len() + s.none.len()).sum();
        let own = self.predicates.iter().filter(|p| matches!(p.clause(), Some((_, ClauseRefOf::Own(_)))));
        self.all.len() + self.any.len() + self.none.len() + steps + own.count()
    }

    /// Every clause with its JSON pointer, in the order of its numbers.
    #[must_use]
    pub fn clauses(&self) -> Vec<(String, &C)> {
        let mut clauses = Vec::with_capacity(self.clause_count());
        let mut add = |pointer: &str, group: &str, list| {
            let numbered = <[C]>::iter(list).enumerate();
            clauses.extend(numbered.map(|(i, clause)| (format!("{pointer}/{group}/{i}"), clause)));
        };
        add("", "all", &self.all);
        add("", "any", &self.any);
        add("", "none", &self.none);
        for (i, step) in self.then.iter().enumerate() {
            let pointer = format!("/then/{i}");
            add(&pointer, "all", &step.all);
            add(&pointer, "any", &step.any);
            add(&pointer, "none", &step.none);
        }
        for (i, predicate) in self.predicates.iter().enumerate() {
            if let Some((name, ClauseRefOf::Own(own))) = predicate.clause() {
                clauses.push((format!("/where/{i}/{name}/clause"), own.as_ref()));
            }
        }
        clauses
    }

    /// The same plan with converted clauses and runs; clauses are converted in the order of their numbers.
    pub(crate) fn convert<D, S>(
        &self,
        clause: Convert<'_, C, D>,
        mut run: impl FnMut(usize, &R) -> Result<S>,
    ) -> Result<PlanOf<D, S>> {
        let all = group("/all", &self.all, clause)?;
        let any = group("/any", &self.any, clause)?;
        let none = group("/none", &self.none, clause)?;
        let then = self.then.iter().enumerate().map(|(i, step)| {
            Ok(StepOf {
                all: group(&format!("/then/{i}/all"), &step.all, clause)?,
                any: group(&format!("/then/{i}/any"), &step.any, clause)?,
                none: group(&format!("/then/{i}/none"), &step.none, clause)?,
                within: step.within,
            })
        });
        let then = then.collect::<Result<_>>()?;
        let predicates = self.predicates.iter().enumerate().map(|(i, p)| p.convert(i, clause));
        Ok(PlanOf {
            all,
            any,
            none,
            then,
            predicates: predicates.collect::<Result<_>>()?,
            runs: self.runs.iter().enumerate().map(|(i, r)| run(i, r)).collect::<Result<_>>()?,
            scope: self.scope.clone(),
            mode: self.mode,
            min_confidence: self.min_confidence,
            require_analysed: self.require_analysed.clone(),
            weights: self.weights.clone(),
            fusion: self.fusion,
            merge_gap: self.merge_gap,
            max_span: self.max_span,
            snap: self.snap,
            rank_by: self.rank_by.clone(),
            fold: self.fold,
            group_by: self.group_by.clone(),
            top: self.top.clone(),
            limit: self.limit,
            cursor: self.cursor.clone(),
            explain: self.explain,
            pad: self.pad,
        })
    }
}

fn group<C, D>(pointer: &str, clauses: &[C], convert: Convert<'_, C, D>) -> Result<Vec<D>> {
    let numbered = clauses.iter().enumerate();
    numbered.map(|(i, clause)| convert(&format!("{pointer}/{i}"), clause)).collect()
}

impl<C> PredicateOf<C> {
    /// The name of the test, and its clause, where there is one.
    #[must_use]
    pub const fn clause(&self) -> Option<(&'static str, &ClauseRefOf<C>)> {
        match self {
            Self::Duration(_) | Self::OtherThan(_) => None,
            Self::Coverage(coverage) => Some(("coverage", &coverage.clause)),
            Self::Near(near) => Some(("near", &near.clause)),
        }
    }

    fn convert<D>(&self, i: usize, convert: Convert<'_, C, D>) -> Result<PredicateOf<D>> {
        let mut clause = |name: &str, clause: &ClauseRefOf<C>| {
            Ok::<_, Error>(match clause {
                ClauseRefOf::Pointer(pointer) => ClauseRefOf::Pointer(pointer.clone()),
                ClauseRefOf::Own(own) => {
                    ClauseRefOf::Own(Box::new(convert(&format!("/where/{i}/{name}/clause"), own)?))
                }
            })
        };
        Ok(match self {
            Self::Duration(bounds) => PredicateOf::Duration(*bounds),
            Self::OtherThan(stretch) => PredicateOf::OtherThan(stretch.clone()),
            Self::Coverage(coverage) => PredicateOf::Coverage(CoverageOf {
                clause: clause("coverage", &coverage.clause)?,
                share: coverage.share,
            }),
            Self::Near(near) => PredicateOf::Near(NearOf {
                clause: clause("near", &near.clause)?,
                within: near.within,
                negate: near.negate,
            }),
        })
    }
}

fn check<C, R>(plan: &PlanOf<C, R>) -> Result<()> {
    let count = plan.clause_count();
    if count > CLAUSES_MAX {
        return Err(Error::invalid(format!("the plan has {count} clauses"))
            .mend(format!("at most {CLAUSES_MAX} are accepted"))
            .at(""));
    }
    let positive = |all: usize, any: usize, pointer: String| {
        if all + any > 0 {
            return Ok(());
        }
        Err(Error::invalid("name at least one clause under `all` or `any`").mend("to find where something is absent, ask for what is always there, such as {\"type\":\"SHOT\"}, and put the absent under `none`")
        .at(pointer))
    };
    positive(plan.all.len(), plan.any.len(), "/all".into())?;
    for (i, step) in plan.then.iter().enumerate() {
        positive(step.all.len(), step.any.len(), format!("/then/{i}"))?;
    }
    if let Some(Top::Levels(levels)) = &plan.top {
        let wanted = plan.group_by.len().max(1);
        if levels.len() != wanted {
            return Err(Error::invalid(format!(
                "`top` has {} numbers for {wanted} levels of groups",
                levels.len()
            ))
            .mend("give one for each, or a single number")
            .at("/top"));
        }
    }
    Ok(())
}
