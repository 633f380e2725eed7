//! What a searcher should know about an answer.

use serde::Serialize;

/// Something that a searcher should know about the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Warning {
    /// What kind of thing: `no_data`, `no_encoder`, `encoder_failed`, `no_match`, `no_shots`, `no_frame_rate`,
    /// `index_incomplete`, `page_cut`.
    pub code: &'static str,
    /// The field it is about, as a JSON pointer into the plan.
    pub pointer: String,
    /// What to know.
    pub message: String,
}

impl Warning {
    /// A warning about a field of the plan.
    pub fn new(code: &'static str, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, pointer: pointer.into(), message: message.into() }
    }
}
