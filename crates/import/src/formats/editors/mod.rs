//! Markers of editing programs, one file each.

pub(crate) mod avid;
pub(crate) mod clock;
pub(crate) mod edl;
pub(crate) mod fcpxml;
pub(crate) mod otio;
pub(crate) mod premiere;
