//! Limits of what agents ask and are told.

/// Longest request, in bytes: a plan with a vector of an example.
pub const REQUEST_BYTES_MAX: usize = 4 << 20;
/// Moments of one answer.
pub(crate) const MOMENTS_MAX: u64 = 50;
/// Moments of one answer where the agent names no number.
pub(crate) const MOMENTS_DEFAULT: u64 = 10;
/// Pieces of evidence that are told of a moment.
pub(crate) const EVIDENCE_MAX: usize = 8;
/// Longest text of a piece of evidence, in characters.
pub(crate) const TEXT_CHARS_MAX: usize = 300;
/// Pictures of one look.
pub(crate) const PICTURES_MAX: u64 = 9;
/// Pictures of one look where the agent names no number.
pub(crate) const PICTURES_DEFAULT: u64 = 4;
/// Seconds around a moment that are told.
pub(crate) const AROUND_S_DEFAULT: f64 = 10.0;
/// Most seconds around a moment.
pub(crate) const AROUND_S_MAX: f64 = 120.0;
/// Annotations that are told around a moment.
pub(crate) const LANES_MAX: usize = 400;
/// Assets that are counted for coverage, a thousand a page.
pub(crate) const COVERAGE_PAGES_MAX: usize = 10;
/// Assets that coverage names.
pub(crate) const COVERAGE_NAMED_MAX: usize = 5;
/// Names of one list of facets.
pub(crate) const NAMES_MAX: u64 = 50;
/// Longest export that is given as text, in bytes.
pub(crate) const EXPORT_BYTES_MAX: usize = 200 << 10;
/// Moments that go into a bin at once.
pub(crate) const SELECTED_MAX: usize = 200;
/// Annotation types of which coverage is told at once.
pub(crate) const TYPES_MAX: usize = 16;
