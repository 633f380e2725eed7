//! Compiled clauses: what an index searches for, and what decides a match.

use std::collections::BTreeSet;
use std::ops::Bound;

use rushes_types::{AnnotationType, AssetId, Metric, RunId, SpaceId, Value};

use crate::vector_ask::QueryVector;

/// One criterion, resolved and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// Its number in the plan: evidence and explanations refer to it.
    pub no: usize,
    /// Its place in the plan, as a JSON pointer: `/all/0`, `/then/1/none/0`.
    pub pointer: String,
    /// The annotation type; `None`: any.
    pub kind: Option<AnnotationType>,
    /// The model, as `name` (any version) or `name@version`; `None`: any.
    pub model: Option<String>,
    /// The test of the annotation's label, text or vector.
    pub test: Test,
    /// Least confidence (a missing one is 1).
    pub min_confidence: f64,
    /// Tests of free attributes; all must hold.
    pub attributes: Vec<AttributeTest>,
    /// Weight in the score; above 0.
    pub weight: f64,
}

impl Clause {
    /// A clause that every annotation, or every annotation of a type, matches: for searches that only the filter
    /// limits, or as a base to set a test on.
    #[must_use]
    pub const fn any(kind: Option<AnnotationType>) -> Self {
        Self {
            no: 0,
            pointer: String::new(),
            kind,
            model: None,
            test: Test::Any,
            min_confidence: 0.0,
            attributes: Vec::new(),
            weight: 1.0,
        }
    }
}

/// The test that an annotation's label, text or vector must pass to match.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Nothing more than its type.
    Any,
    /// Its whole label is one of these. Normalised by `rushes_text::normalise_label`; aliases are
    /// resolved, so these are labels as models write them. Score 1.
    Label(BTreeSet<String>),
    /// Its label or text holds these words.
    Words(WordsTest),
    /// Its label or text holds these words in a row.
    Phrase(PhraseTest),
    /// Its vector is near. Decided over all candidates, by [`NearestTest`].
    Nearest(NearestTest),
}

/// One word of a words or phrase test.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// The word as typed, lower-cased; not folded.
    pub text: String,
    /// Its weight, above 0: rarer words weigh more. From the versioned table of word counts.
    pub weight: f64,
    /// Is it the beginning of a word (search as you type)?
    pub prefix: bool,
}

/// Words anywhere in label or text. The score is the weighted mean of the words' qualities
/// (`rushes_text::TermMatcher::quality`); a missing word counts 0.
#[derive(Debug, Clone, PartialEq)]
pub struct WordsTest {
    /// The words; at least one.
    pub words: Vec<Word>,
    /// Must every word be there, or at least one?
    pub every: bool,
    /// Does another form of the word match (stem, irregular form)?
    pub analysed: bool,
    /// How many typos are forgiven.
    pub fuzziness: Fuzziness,
}

/// Words in a row. See `rushes_text::phrase`; the score is mean quality / (1 + spread).
///
/// Consecutive annotations of type `DIALOGUE_SEARCH` of one model at most
/// [`DIALOGUE_JOIN_GAP_NS`](rushes_types::limits::DIALOGUE_JOIN_GAP_NS) apart count as joined.
#[derive(Debug, Clone, PartialEq)]
pub struct PhraseTest {
    /// The words, in order; at least one.
    pub words: Vec<Word>,
    /// Moves of words that are forgiven, as Lucene counts them.
    pub slop: u32,
    /// Do other forms of a word match?
    pub analysed: bool,
    /// How many typos are forgiven in each word.
    pub fuzziness: Fuzziness,
}

/// How many typos are forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fuzziness {
    /// None.
    #[default]
    Exact,
    /// One.
    One,
    /// Two.
    Two,
    /// 0 for up to two characters, 1 for three to five, 2 above.
    Auto,
}

/// The nearest vectors of a space.
#[derive(Debug, Clone, PartialEq)]
pub struct NearestTest {
    /// The space; its dimensions are `query.len()`.
    pub space: SpaceId,
    /// The query vector.
    pub query: QueryVector,
    /// The metric.
    pub metric: Metric,
    /// Must the answer be the mathematically nearest?
    pub exact: bool,
    /// How many annotations; `None`: all within the threshold.
    pub k: Option<usize>,
    /// The farthest that still counts: least raw cosine, or greatest L2 distance.
    pub threshold: Option<f64>,
}

/// A test of one free attribute of an annotation.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeTest {
    /// The attribute's name.
    pub name: String,
    /// What its value must be.
    pub test: ValueTest,
}

/// A test of a value. A missing value passes no test.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueTest {
    /// Equal to one of these (a list attribute: holds one of these).
    In(Vec<Value>),
    /// A number within bounds.
    Range(Bound<f64>, Bound<f64>),
}

impl ValueTest {
    /// Does the value pass?
    #[must_use]
    pub fn passes(&self, value: Option<&Value>) -> bool {
        let Some(value) = value else { return false };
        match self {
            Self::In(wanted) => match value {
                Value::List(list) => list.iter().any(|v| wanted.iter().any(|w| w.same(v))),
                _ => wanted.iter().any(|w| w.same(value)),
            },
            Self::Range(low, high) => {
                value.as_f64().is_some_and(|x| std::ops::RangeBounds::contains(&(*low, *high), &x))
            }
        }
    }
}

/// The limits that apply to every clause of a query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// The assets that count; `None`: all that the index holds. (Movies, seasons, attributes and the
    /// caller's rights are resolved into this list, sorted by id.)
    pub assets: Option<Vec<AssetId>>,
    /// Only annotations whose language is unknown or (primary tag) in this list; empty: any.
    pub languages: Vec<String>,
    /// Annotations whose language (primary tag) is in this list are left out.
    pub languages_excluded: Vec<String>,
    /// Runs that the query pins: on each of their assets and models (by name) they replace what is current.
    pub pins: Vec<Pin>,
}

/// A pinned run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The run.
    pub run: RunId,
    /// Its asset.
    pub asset: AssetId,
    /// The name of its model, without version.
    pub model_name: String,
}
