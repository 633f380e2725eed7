//! The compiled query: clauses numbered and checked, groups by number. What engines execute.

use rushes_types::limits::{PAGE_DEFAULT, PLAN_LIST_MAX};
use rushes_types::{AnnotationType, AssetId, Error, Result, RunId, SpaceId, TimeRange, Value};
use serde_json::Value as Json;

use crate::clause::{
    AttributeTest, Clause, Filter, Fuzziness, NearestTest, PhraseTest, Pin, Test, ValueTest, Word, WordsTest,
};
use crate::plan::ResolvedPlan;
use crate::plan_clause::{AttributeAsk, Bounds, Operator, PlanWord, ResolvedAsk, ResolvedClause};
use crate::predicate::{ClauseRefOf, PredicateOf};
use crate::read_clause::check_threshold;
use crate::scope::{Scope, Window};
use crate::vector_ask::{SpaceVector, VectorAskOf};

/// A query that can be executed.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The resolved plan it was made from; it has the options for moments.
    pub plan: ResolvedPlan,
    /// All clauses, by number.
    pub criteria: Vec<Criterion>,
    /// The plan's own groups, then those of `then`, in order.
    pub steps: Vec<Step>,
    /// Languages and pins; the assets are added when a read point is known.
    pub filter: Filter,
    /// Which assets count.
    pub scope: AssetScope,
    /// Tests of moments.
    pub tests: Vec<MomentTest>,
}

/// A clause as the plan numbers it. One that searches several vector spaces, or vectors and words, is several clauses for
/// an index; its matches are the union of theirs.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Its place in the plan.
    pub pointer: String,
    /// Weight in the score.
    pub weight: f64,
    /// The clauses for the index; none where nothing can match.
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
    /// What an asset must satisfy.
    pub include: AssetLists,
    /// What an asset must not satisfy.
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
    /// It shares no time with this range of this asset.
    OtherThan(AssetId, TimeRange),
    /// Is an annotation of a clause within this many nanoseconds, or (`negate`) none?
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
    /// Where a name is no id, or a pointer names no clause; with the field.
    pub fn compile(plan: &ResolvedPlan) -> Result<Self> {
        let clauses = plan.clauses();
        let mut criteria: Vec<Criterion> = Vec::with_capacity(clauses.len());
        for (no, (pointer, clause)) in clauses.into_iter().enumerate() {
            criteria.push(criterion(no, &pointer, clause, plan.min_confidence)?);
        }
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
        let referred = |i: usize, name: &str, clause: &ClauseRefOf<ResolvedClause>| {
            let own = format!("/where/{i}/{name}/clause");
            match clause {
                ClauseRefOf::Pointer(pointer) => number(pointer).map_err(|e| e.at(own)),
                ClauseRefOf::Own(_) => number(&own),
            }
        };
        let mut tests = Vec::new();
        for (i, predicate) in plan.predicates.iter().enumerate() {
            tests.push(match predicate {
                PredicateOf::Duration(bounds) => MomentTest::Duration(*bounds),
                PredicateOf::OtherThan(stretch) => {
                    let at = format!("/where/{i}/other_than");
                    let asset = AssetId::new(&stretch.asset_id).map_err(|e| Error::from(e).at(&at))?;
                    let range = TimeRange::new(stretch.start_ns, stretch.end_ns);
                    MomentTest::OtherThan(asset, range.map_err(|e| Error::from(e).at(at))?)
                }
                PredicateOf::Coverage(c) => {
                    MomentTest::Coverage(referred(i, "coverage", &c.clause)?, c.share)
                }
                PredicateOf::Near(near) => MomentTest::Near {
                    criterion: referred(i, "near", &near.clause)?,
                    within_ns: near.within.0,
                    negate: near.negate,
                },
            });
        }
        let filter = filter(plan)?;
        let scope = AssetScope {
            include: lists(&plan.scope),
            exclude: plan.scope.exclude.as_deref().map(lists).unwrap_or_default(),
        };
        Ok(Self { plan: plan.clone(), criteria, steps, filter, scope, tests })
    }

    /// Lets no vector clause be answered by approximate search, whatever the plan allows.
    pub fn require_exact(&mut self) {
        for part in self.criteria.iter_mut().flat_map(|criterion| &mut criterion.parts) {
            if let Test::Nearest(test) = &mut part.test {
                test.exact = true;
            }
        }
    }

    /// The clauses that moments consist of and are scored by: `all` and `any` of every step, by number.
    pub fn positive(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().flat_map(|step| step.all.iter().chain(&step.any).copied())
    }

    /// Moments of a page.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.plan.limit.unwrap_or(PAGE_DEFAULT)
    }
}

fn filter(plan: &ResolvedPlan) -> Result<Filter> {
    let mut pins = Vec::new();
    for (i, run) in plan.runs.iter().enumerate() {
        let at = |e: rushes_types::IdError| Error::from(e).at(format!("/runs/{i}"));
        pins.push(Pin {
            run: RunId::new(&run.run).map_err(at)?,
            asset: AssetId::new(&run.asset).map_err(at)?,
            model_name: run.model.clone(),
        });
    }
    Ok(Filter {
        assets: None,
        languages: plan.scope.languages.clone(),
        languages_excluded: plan.scope.exclude.as_ref().map(|e| e.languages.clone()).unwrap_or_default(),
        pins,
    })
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

fn criterion(no: usize, pointer: &str, clause: &ResolvedClause, floor: f64) -> Result<Criterion> {
    let common = &clause.common;
    let kind = common.kind.as_deref().map(AnnotationType::new).transpose();
    let weight = common.weight.unwrap_or(1.0);
    let base = Clause {
        no,
        pointer: pointer.to_owned(),
        kind: kind.map_err(|e| Error::invalid(e.to_string()).at(format!("{pointer}/type")))?,
        model: common.model.clone(),
        test: Test::Any,
        min_confidence: common.min_confidence.unwrap_or(0.0).max(floor),
        attributes: attribute_tests(&common.attributes),
        weight,
    };
    let tests = tests(pointer, clause.ask.as_ref())?;
    let parts = tests.into_iter().map(|test| Clause { test, ..base.clone() }).collect();
    Ok(Criterion { pointer: pointer.to_owned(), weight, parts })
}

fn tests(pointer: &str, ask: Option<&ResolvedAsk>) -> Result<Vec<Test>> {
    Ok(match ask {
        None => vec![Test::Any],
        Some(ResolvedAsk::Label { labels, .. }) => {
            vec![Test::Label(labels.iter().map(|l| rushes_text::normalise_label(l)).collect())]
        }
        Some(ResolvedAsk::Text { ask, words }) => vec![Test::Words(WordsTest {
            words: compiled(words),
            every: ask.operator == Operator::And,
            analysed: ask.analysed.unwrap_or(true),
            fuzziness: ask.fuzziness,
        })],
        Some(ResolvedAsk::Phrase { ask, words }) => vec![Test::Phrase(PhraseTest {
            words: compiled(words),
            slop: ask.slop,
            analysed: ask.analysed.unwrap_or(false),
            fuzziness: ask.fuzziness,
        })],
        Some(ResolvedAsk::Vector { vector }) => nearest(pointer, vector)?,
    })
}

fn compiled(words: &[PlanWord]) -> Vec<Word> {
    words.iter().map(|w| Word { text: w.text.clone(), weight: w.weight, prefix: w.prefix }).collect()
}

fn nearest(pointer: &str, ask: &VectorAskOf<Vec<SpaceVector>>) -> Result<Vec<Test>> {
    let mut tests = Vec::with_capacity(ask.vectors.len());
    for (i, vector) in ask.vectors.iter().enumerate() {
        let at = |e: rushes_types::IdError| Error::from(e).at(format!("{pointer}/vector/vectors/{i}/space"));
        check_threshold(vector.metric, ask.threshold).map_err(|e| e.at(format!("{pointer}/vector")))?;
        tests.push(Test::Nearest(NearestTest {
            space: SpaceId::new(&vector.space).map_err(at)?,
            query: vector.values.clone(),
            metric: vector.metric,
            exact: ask.options.exact,
            k: ask.options.k,
            threshold: ask.threshold.map(|t| t.value()),
        }));
    }
    let (analysed, fuzziness) = (true, Fuzziness::Exact);
    if let Some(words) = &ask.options.words {
        tests.push(Test::Words(WordsTest { words: equal_words(words), every: true, analysed, fuzziness }));
    }
    if let Some(phrase) = &ask.options.phrase {
        tests.push(Test::Phrase(PhraseTest { words: equal_words(phrase), slop: 0, analysed, fuzziness }));
    }
    Ok(tests)
}

/// The words of a text, of which each weighs the same.
fn equal_words(text: &str) -> Vec<Word> {
    let words = rushes_text::tokenise(text).into_iter();
    words.map(|token| Word { text: token.lower, weight: 1.0, prefix: false }).collect()
}
