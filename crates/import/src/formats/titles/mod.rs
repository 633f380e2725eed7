//! Subtitles and captions beside SubRip, WebVTT and TTML, one file each.

pub(crate) mod ass;
pub(crate) mod ebu_stl;
pub(crate) mod iso_6937;
pub(crate) mod json3;
pub(crate) mod lrc;
pub(crate) mod sbv;
pub(crate) mod scc;
pub(crate) mod scc_codes;
