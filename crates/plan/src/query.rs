//! The compiled query: clauses numbered and checked, groups by number. What engines execute.

use rushes_types::limits::{PAGE_DEFAULT, PLAN_LIST_MAX};
use rushes_types::{AnnotationType, AssetId, Error, Result, RunId, SpaceId, Value};
use serde_json::Value as Json;

use crate::clause::{
    AttributeTest, Clause, Filter, NearestTest, PhraseTest, Pin, Test, ValueTest, Word, WordsTest,
};
use crate::plan::{ClauseRef, Plan, Predicate, Scope, Window};
use crate::plan_clause::{AttributeAsk, Bounds, Operator, PlanClause, VectorAsk};
use crate::resolve::for_each_clause;

/// A query that can be executed.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The resolved plan it was made from: what is done with moments stands there.
    pub plan: Plan,
    /// All clauses, by number.
    pub criteria: Vec<Criterion>,
    /// The plan's own groups, then those of `then`, in order.
    pub steps: Vec<Step>,
    /// Languages and pins; the assets are found at a read point.
    pub filter: Filter,
    /// Which assets count.
    pub scope: AssetScope,
    /// Tests of moments.
    pub tests: Vec<MomentTest>,
}

/// A clause as the plan counts it. One that searches several vector spaces is several clauses to an index, whose matches
/// together are its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Where it stands in the plan.
    pub pointer: String,
    /// Weight in the score.
    pub weight: f64,
    /// What an index is asked for; none where nothing can be found.
    pub parts: Vec<Clause>,
}

impl Criterion {
    /// Is it a vector clause?
    #[must_use]
    pub fn is_vector(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.test, Test::Nearest(_)))
    }
}

/// A group of clauses that must be present together, by number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Step {
    /// All of these.
    pub all: Vec<usize>,
    /// At least one of these, where there are any.
    pub any: Vec<usize>,
    /// None of these.
    pub none: Vec<usize>,
    /// At most this long after the end of the step before; `None`: any time later.
    pub within_ns: Option<i64>,
}

/// Which assets count, and when in them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AssetScope {
    /// What must hold.
    pub include: AssetLists,
    /// Of what nothing may hold.
    pub exclude: AssetLists,
}

/// Tests of an asset.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AssetLists {
    /// As asked for.
    pub lists: Scope,
    /// Tests of its free attributes.
    pub attributes: Vec<AttributeTest>,
}

impl AssetLists {
    /// The windows of time.
    #[must_use]
    pub fn windows(&self) -> &[Window] {
        &self.lists.time
    }
}

/// A test of moments.
#[derive(Debug, Clone, PartialEq)]
pub enum MomentTest {
    /// Its length in seconds.
    Duration(Bounds),
    /// The share of it that a clause covers.
    Coverage(usize, Bounds),
    /// Is an annotation of a clause within so many nanoseconds, or (`negate`) none?
    Near {
        /// The clause.
        criterion: usize,
        /// The distance.
        within_ns: i64,
        /// Must none be near?
        negate: bool,
    },
}

impl Query {
    /// Compiles a resolved plan.
    ///
    /// # Errors
    /// Where a name is no id, a pointer names no clause, or the plan is not resolved; with the field.
    pub fn compile(plan: &Plan) -> Result<Self> {
        let mut criteria: Vec<Criterion> = Vec::new();
        let mut plan = plan.clone();
        let floor = plan.min_confidence;
        for_each_clause(&mut plan, &mut |pointer, clause| {
            let criterion = criterion(criteria.len(), pointer, clause, floor);
            criteria.push(criterion.map_err(|e| if e.pointer().is_some() { e } else { e.at(pointer) })?);
            Ok(())
        })?;
        let number = |pointer: &str| {
            criteria.iter().position(|c| c.pointer == pointer).ok_or_else(|| {
                let all: Vec<&str> = criteria.iter().map(|c| c.pointer.as_str()).collect();
                Error::invalid(format!("`{pointer}` names no clause"))
                    .mend(format!("there are {}", all.join(", ")))
            })
        };
        let group = |pointer: &str, count: usize| -> Result<Vec<usize>> {
            (0..count).map(|i| number(&format!("{pointer}/{i}"))).collect()
        };
        let mut steps = vec![Step {
            all: group("/all", plan.all.len())?,
            any: group("/any", plan.any.len())?,
            none: group("/none", plan.none.len())?,
            within_ns: None,
        }];
        for (i, step) in plan.then.iter().enumerate() {
            steps.push(Step {
                all: group(&format!("/then/{i}/all"), step.all.len())?,
                any: group(&format!("/then/{i}/any"), step.any.len())?,
                none: group(&format!("/then/{i}/none"), step.none.len())?,
                within_ns: step.within.map(|w| w.0),
            });
        }
        let referred = |i: usize, name: &str, clause: &ClauseRef| {
            let own = format!("/where/{i}/{name}/clause");
            match clause {
                ClauseRef::Pointer(pointer) => number(pointer).map_err(|e| e.at(own)),
                ClauseRef::Own(_) => number(&own),
            }
        };
        let mut tests = Vec::new();
        for (i, predicate) in plan.predicates.iter().enumerate() {
            tests.push(match predicate {
                Predicate::Duration(bounds) => MomentTest::Duration(*bounds),
                Predicate::Coverage(c) => MomentTest::Coverage(referred(i, "coverage", &c.clause)?, c.share),
                Predicate::Near(near) => MomentTest::Near {
                    criterion: referred(i, "near", &near.clause)?,
                    within_ns: near.within.0,
                    negate: near.negate,
                },
            });
        }
        let filter = filter(&plan)?;
        let scope = AssetScope {
            include: lists(&plan.scope),
            exclude: plan.scope.exclude.as_deref().map(lists).unwrap_or_default(),
        };
        Ok(Self { plan, criteria, steps, filter, scope, tests })
    }

    /// The clauses that moments are made of and scored by: `all` and `any` of every step, by number.
    pub fn positive(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().flat_map(|step| step.all.iter().chain(&step.any).copied())
    }

    /// Moments of a page.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.plan.limit.unwrap_or(PAGE_DEFAULT)
    }
}

fn filter(plan: &Plan) -> Result<Filter> {
    let mut pins = Vec::new();
    for (i, run) in plan.runs.iter().enumerate() {
        let at = |e: rushes_types::IdError| Error::from(e).at(format!("/runs/{i}"));
        let (Some(asset), Some(model)) = (&run.asset, &run.model) else { return Err(not_resolved()) };
        pins.push(Pin {
            run: RunId::new(&run.run).map_err(at)?,
            asset: AssetId::new(asset).map_err(at)?,
            model_name: model.clone(),
        });
    }
    Ok(Filter {
        assets: None,
        languages: plan.scope.languages.clone(),
        languages_excluded: plan.scope.exclude.as_ref().map(|e| e.languages.clone()).unwrap_or_default(),
        pins,
    })
}

fn not_resolved() -> Error {
    Error::bug("the plan was not resolved before it was compiled")
}

fn lists(scope: &Scope) -> AssetLists {
    AssetLists { lists: scope.clone(), attributes: attribute_tests(&scope.attributes) }
}

fn attribute_tests(asks: &std::collections::BTreeMap<String, AttributeAsk>) -> Vec<AttributeTest> {
    let test = |ask: &AttributeAsk| match ask {
        AttributeAsk::In(values) => ValueTest::In(values.iter().take(PLAN_LIST_MAX).map(value).collect()),
        AttributeAsk::Range(bounds) => {
            use std::ops::Bound::{Excluded, Included, Unbounded};
            let low = match (bounds.gt, bounds.gte) {
                (Some(gt), Some(gte)) if gte > gt => Included(gte),
                (Some(gt), _) => Excluded(gt),
                (None, gte) => gte.map_or(Unbounded, Included),
            };
            let high = match (bounds.lt, bounds.lte) {
                (Some(lt), Some(lte)) if lte < lt => Included(lte),
                (Some(lt), _) => Excluded(lt),
                (None, lte) => lte.map_or(Unbounded, Included),
            };
            ValueTest::Range(low, high)
        }
    };
    asks.iter().map(|(name, ask)| AttributeTest { name: name.clone(), test: test(ask) }).collect()
}

fn value(json: &Json) -> Value {
    match json {
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => {
            n.as_i64().map_or_else(|| Value::Float(n.as_f64().unwrap_or(f64::NAN)), Value::Int)
        }
        Json::String(s) => Value::Text(s.clone()),
        Json::Null | Json::Array(_) | Json::Object(_) => Value::Null,
    }
}

fn criterion(no: usize, pointer: &str, clause: &PlanClause, floor: f64) -> Result<Criterion> {
    let bad = |field: &str| {
        let at = format!("{pointer}/{field}");
        move |e: rushes_types::IdError| Error::from(e).at(at)
    };
    let weight = clause.weight.unwrap_or(1.0);
    let base = Clause {
        no,
        pointer: pointer.to_owned(),
        kind: clause.kind.as_deref().map(AnnotationType::new).transpose().map_err(bad("type"))?,
        model: clause.model.clone(),
        test: Test::Any,
        min_confidence: clause.min_confidence.unwrap_or(0.0).max(floor),
        attributes: attribute_tests(&clause.attributes),
        weight,
    };
    let tests = tests(pointer, clause)?;
    let parts = tests.into_iter().map(|test| Clause { test, ..base.clone() }).collect();
    Ok(Criterion { pointer: pointer.to_owned(), weight, parts })
}

fn tests(pointer: &str, clause: &PlanClause) -> Result<Vec<Test>> {
    let words = || -> Result<Vec<Word>> {
        let words = clause.words.as_ref().ok_or_else(not_resolved)?;
        Ok(words.iter().map(|w| Word { text: w.text.clone(), weight: w.weight, prefix: w.prefix }).collect())
    };
    if clause.label.is_some() {
        let labels = clause.labels.as_ref().ok_or_else(not_resolved)?;
        return Ok(vec![Test::Label(labels.iter().map(|l| rushes_text::normalise_label(l)).collect())]);
    }
    if clause.text.is_some() {
        return Ok(vec![Test::Words(WordsTest {
            words: words()?,
            every: clause.operator == Operator::And,
            analysed: clause.analysed.unwrap_or(true),
            fuzziness: clause.fuzziness,
        })]);
    }
    if clause.phrase.is_some() {
        return Ok(vec![Test::Phrase(PhraseTest {
            words: words()?,
            slop: clause.slop,
            analysed: clause.analysed.unwrap_or(false),
            fuzziness: clause.fuzziness,
        })]);
    }
    match &clause.vector {
        Some(ask) => nearest(pointer, ask),
        None => Ok(vec![Test::Any]),
    }
}

fn nearest(pointer: &str, ask: &VectorAsk) -> Result<Vec<Test>> {
    let vectors = ask.vectors.as_ref().ok_or_else(not_resolved)?;
    let mut tests = Vec::with_capacity(vectors.len());
    for (i, vector) in vectors.iter().enumerate() {
        let at = |e: rushes_types::IdError| Error::from(e).at(format!("{pointer}/vector/vectors/{i}/space"));
        crate::read::check_threshold(vector.metric, ask).map_err(|e| e.at(format!("{pointer}/vector")))?;
        tests.push(Test::Nearest(NearestTest {
            space: SpaceId::new(&vector.space).map_err(at)?,
            query: vector.values.clone(),
            metric: vector.metric,
            exact: ask.exact,
            k: ask.k,
            threshold: ask.min_similarity.or(ask.max_distance),
        }));
    }
    Ok(tests)
}
