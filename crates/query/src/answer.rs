//! The answer, in the form that is sent.

use rushes_plan::{Plan, Reading, ResolvedPlan, Warning};
use serde::Serialize;
use serde_json::Value as Json;

use crate::learned::{AnswerRanking, MomentRanking};

/// Most pieces of evidence of one clause in a moment.
pub const EVIDENCE_PER_CLAUSE_MAX: usize = 3;
/// Most pieces of evidence of a moment, unless it has more clauses than that: each clause has its best.
pub const EVIDENCE_MAX: usize = 32;

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Answer {
    /// The moments of this page, in order.
    pub moments: Vec<Moment>,
    /// The groups that these moments lie in, the best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// How many moments there are: all of them, before folding, `top` and pages.
    pub total: usize,
    /// The resolved plan: sent back at the same read point, it gives the same answer.
    #[cfg_attr(feature = "openapi", schema(value_type = Plan))]
    pub plan: ResolvedPlan,
    /// Of a question in words: what each part of it became in the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub understood: Option<Reading>,
    /// What to know about this answer.
    pub warnings: Vec<Warning>,
    /// What each clause found.
    pub clauses: Vec<ClauseReport>,
    /// What a profile filled in, where one counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<AppliedProfile>,
    /// How the moments were ranked, where it was not by hand-set scores alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranking: Option<AnswerRanking>,
    /// Where a question in words finds nothing: what would find something, the nearest to it first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
    /// The commit up to which the answer sees.
    pub read_point: String,
    /// How long it took, in milliseconds; the server fills it in.
    pub took_ms: f64,
    /// Send it as `cursor` with the same plan for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// A change of the plan that finds something.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Remedy {
    /// What is changed.
    pub kind: RemedyKind,
    /// The field that is left out, as a JSON pointer into the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What is changed, for people.
    pub message: String,
    /// How many moments it finds.
    pub total: usize,
    /// The plan: send it to have them.
    pub plan: Plan,
}

/// What a remedy changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RemedyKind {
    /// Clauses that never meet are looked for near each other.
    Near,
    /// A step follows however much later.
    Within,
    /// A clause is left out.
    Without,
    /// What was not to be there may be there.
    Allowed,
    /// A test of moments is left out.
    Untested,
    /// The scope is left out.
    Anywhere,
    /// The least confidence is left out.
    Unsure,
}

/// A profile that counted for a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AppliedProfile {
    /// Its name.
    pub name: String,
    /// Its version; 0 for one that is built in.
    pub version: u64,
    /// Itself, then what it inherits from, the nearest first.
    pub chain: Vec<String>,
    /// The team whose ranking model counts.
    pub team: String,
    /// What the request did not say and the profile did.
    pub filled: Vec<FilledField>,
}

/// A field that a profile filled in.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FilledField {
    /// Its place in the plan.
    pub pointer: String,
    /// What it is now.
    pub value: Json,
}

/// What a clause found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClauseReport {
    /// Its place in the plan.
    pub clause: String,
    /// How many annotations match it.
    pub hits: usize,
    /// How many were looked at; for a caller who may see some titles only: how many match.
    pub examined: u64,
    /// For vector clauses: was the search approximate?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approximate: Option<bool>,
}

/// A result: from when to when in which asset.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Moment {
    /// The asset.
    pub asset_id: String,
    /// The movie it belongs to.
    pub movie_id: String,
    /// What people call the asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The asset's series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// The asset's season.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub season: Option<i64>,
    /// The asset's episode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub episode: Option<i64>,
    /// First instant, in nanoseconds.
    pub start_ns: i64,
    /// End, exclusive, in nanoseconds.
    pub end_ns: i64,
    /// The frame that contains the start; null where the frame rate is unknown.
    pub timecode_in: Option<String>,
    /// The first frame after the end; null where the frame rate is unknown.
    pub timecode_out: Option<String>,
    /// What it is worth, 0 … 1, a multiple of 2^-20.
    pub score: f64,
    /// In union mode: the part where most clauses meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best: Option<Span>,
    /// With `then`: the span of each step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Span>,
    /// With `fold`: how many moments it represents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// With `rank_by` an attribute: its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranked_by: Option<f64>,
    /// The annotations that matched, the best first.
    pub evidence: Vec<Evidence>,
    /// What learning did to its place, where a ranking model is used or features are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranking: Option<MomentRanking>,
    /// How the score was made, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Explanation>,
}

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Span {
    /// First instant, in nanoseconds.
    pub start_ns: i64,
    /// End, exclusive, in nanoseconds.
    pub end_ns: i64,
}

/// An annotation that matched, or several joined ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evidence {
    /// The clause's place in the plan.
    pub clause: String,
    /// The annotation; of joined ones the first.
    pub annotation_id: String,
    /// The further annotations of a phrase that runs over several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<String>,
    /// The model that wrote it.
    pub model: String,
    /// In which run; `-` for loose lines.
    pub run: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its text; of joined ones all, with spaces between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Where in the text the words of the clause stand: pairs of the first character and the one past the last,
    /// counted in Unicode code points.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<(usize, usize)>,
    /// The language of the text, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Its first instant, in nanoseconds.
    pub start_ns: i64,
    /// Its end, in nanoseconds.
    pub end_ns: i64,
    /// How sure the model is; missing counts as 1.
    pub confidence: f64,
    /// How well it matches, 0 … 1, before weight and confidence.
    pub score: f64,
    /// For vector clauses: the raw cosine, or the distance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f64>,
}

/// How a score was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Explanation {
    /// `weighted` or `rrf`.
    pub fusion: &'static str,
    /// The sum of the terms; the score is it, rounded to 2^-20.
    pub sum: f64,
    /// One for each clause of `all` and `any`.
    pub terms: Vec<Term>,
}

/// What one clause adds to a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Term {
    /// The clause's place in the plan.
    pub clause: String,
    /// Its weight.
    pub weight: f64,
    /// Its share of all weights.
    pub share: f64,
    /// How well its best evidence matches; 0 without evidence.
    pub score: f64,
    /// The confidence of that evidence.
    pub confidence: f64,
    /// For vector clauses: the raw cosine, or the distance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f64>,
    /// With `rrf`: 1 + moments strictly better; 0 without evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<usize>,
    /// What it adds.
    pub term: f64,
}

/// Moments that have something in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Group {
    /// The level: `movie`, `season`, `episode` …
    pub by: String,
    /// What they have in common; null where their assets do not say.
    #[cfg_attr(feature = "openapi", schema(value_type = Json))]
    pub key: Json,
    /// Of a season its series, of an episode its series and season.
    #[serde(skip_serializing_if = "Json::is_null")]
    #[cfg_attr(feature = "openapi", schema(value_type = Json))]
    pub within: Json,
    /// How many moments it holds: all of them, before folding, `top` and pages.
    pub total: usize,
    /// Its groups of the next level, the best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub groups: Vec<Group>,
    /// On the innermost level: which of this page's moments lie in it, by position.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moments: Vec<usize>,
}
