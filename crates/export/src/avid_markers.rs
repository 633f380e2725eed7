//! Markers of Avid Media Composer: a line each, with tabs: user, timecode, track, colour, comment, frames.
//!
//! Source: what Media Composer's marker window exports and imports; no line of columns, in the order of timecode. All are
//! on track V1: "selected tracks" would lose them elsewhere.

use rushes_types::Result;

use crate::clip::{Clip, asset_name};
use crate::colour::avid;
use crate::export::Exported;
use crate::marks::{Mark, Marks};
use crate::options::{Options, Place};
use crate::text::name;

const TRACK: &str = "V1";

/// Writes markers.
pub(crate) fn list(clips: &[Clip<'_>], options: &Options, place: Place) -> Result<Exported> {
    let marks = Marks::of(clips, options, place)?;
    let mut text = String::new();
    for mark in &marks.marks {
        let colour = avid(mark.clip.colour.unwrap_or_default());
        let fields = [
            title(mark),
            marks.write(mark.at),
            TRACK.to_owned(),
            colour.to_owned(),
            says(mark),
            mark.length.to_string(),
        ];
        text.push_str(&fields.join("\t"));
        text.push_str("\r\n");
    }
    Ok(Exported::of_marks(text, marks))
}

/// What a marker is called.
pub(crate) fn title(mark: &Mark<'_>) -> String {
    name(&mark.clip.name())
}

/// What a marker says; what its asset is called where nothing is said.
pub(crate) fn says(mark: &Mark<'_>) -> String {
    let says: Vec<&str> = mark.clip.says().collect();
    if says.is_empty() { name(&asset_name(mark.clip.asset)) } else { name(&says.join(" | ")) }
}
