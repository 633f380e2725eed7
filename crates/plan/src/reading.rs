//! What each part of a question in words became: how an answer shows the question was understood.

use serde::Serialize;

use crate::plan::Plan;

/// How a question was read.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reading {
    /// The language of the words that frame it (BCP 47).
    pub language: String,
    /// Its parts, in order.
    pub spans: Vec<ReadingSpan>,
    /// The second best way to read it, where it is nearly as likely.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternative: Option<Alternative>,
    /// How the search is prepared.
    pub preparation: Preparation,
}

/// Another way to read a question.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alternative {
    /// What it is read as, in a few words.
    pub meaning: String,
    /// The plan that it would be: send it to have its moments.
    #[cfg_attr(feature = "openapi", schema(value_type = Plan))]
    pub plan: Box<Plan>,
}

/// The three steps by which a question is prepared before anything is searched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preparation {
    /// Which ways of finding each clause takes, and why.
    pub route: Vec<RouteStep>,
    /// What is known exactly and is decided before costly work: names, places, scope.
    pub filters: Vec<FilterStep>,
    /// What is turned into a vector.
    pub vectors: Vec<VectorStep>,
}

/// The way by which a clause is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RouteStep {
    /// The clause, as a JSON pointer into the plan.
    pub pointer: String,
    /// `label`, `phrase`, `words`, `vector` or `type`.
    pub path: RoutePath,
    /// Why this way.
    pub why: String,
}

/// A way of finding a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoutePath {
    /// A whole label.
    Label,
    /// Words in a row.
    Phrase,
    /// Words in any place.
    Words,
    /// The nearest vectors.
    Vector,
    /// All annotations of a type.
    Type,
}

/// Something that is known exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FilterStep {
    /// The field, as a JSON pointer into the plan.
    pub pointer: String,
    /// The words of the question.
    pub text: String,
    /// What they were read as, in a few words.
    pub meaning: String,
}

/// A text that is turned into a vector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VectorStep {
    /// The clause, as a JSON pointer into the plan.
    pub pointer: String,
    /// The text.
    pub text: String,
    /// The space.
    pub space: String,
    /// Its encoder, where the space names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoder: Option<String>,
}

/// A part of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadingSpan {
    /// First byte in the question.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The words, as asked.
    pub text: String,
    /// What they are.
    pub kind: ReadingKind,
    /// The field of the plan that they became, as a JSON pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What they were read as, in a few words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub meaning: String,
    /// The name that mistyped words were read as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected: Option<String>,
    /// What else the same words name, and was not chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// What a part of a question is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReadingKind {
    /// Words that are said.
    Dialogue,
    /// A name of somebody, a place or a thing.
    Label,
    /// Words that are searched by their meaning, or as words where no encoder is known.
    Meaning,
    /// Where to look: titles, seasons, episodes, times, languages.
    Scope,
    /// Intersection or union.
    Mode,
    /// Order, groups, and how many of each.
    Top,
    /// A test of moments, or a least confidence.
    Test,
    /// What follows what.
    Sequence,
    /// "not", "or".
    Connective,
    /// Words that frame the question and ask for nothing.
    Frame,
    /// What was not understood.
    Unknown,
}

impl Reading {
    /// The reading in one line: what each part was read as.
    #[must_use]
    pub fn in_short(&self) -> String {
        let said = self.spans.iter().filter(|s| s.kind != ReadingKind::Frame && !s.meaning.is_empty());
        said.map(|s| s.meaning.as_str()).collect::<Vec<_>>().join(" · ")
    }
}
