//! Types of annotations that only files of other tools have.

/// Text that is seen in the picture.
pub(crate) const TEXT: &str = "TEXT_SEARCH";
/// What a viewer may be warned of.
pub(crate) const MODERATION: &str = "MODERATION_SEARCH";
/// Black frames, colour bars, slates and credits.
pub(crate) const TECHNICAL_CUE: &str = "TECHNICAL_CUE";
/// Sounds that are no speech: laughter, music.
pub(crate) const SOUND: &str = "SOUND_SEARCH";
/// What happens, as a person or a model has labelled it.
pub(crate) const EVENT: &str = "EVENT_SEARCH";
/// Markers that editors set.
pub(crate) const MARKER: &str = "MARKER_SEARCH";
/// What is spoken of.
pub(crate) const TOPIC: &str = "TOPIC_SEARCH";
/// Words and names that were picked out.
pub(crate) const KEYWORD: &str = "KEYWORD_SEARCH";
