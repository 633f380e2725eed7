//! Markers as Premiere Pro lists them: a table with tabs, timecode with `;` where frames are dropped.
//!
//! Source: what Premiere Pro's marker panel exports. Premiere itself takes markers back from `xmeml`; scripts and other
//! programs read this table.

use rushes_types::Result;

use crate::avid_markers::{says, title};
use crate::clip::Clip;
use crate::export::Exported;
use crate::marks::Marks;
use crate::options::{Options, Place};
use rushes_types::Timecode;

const COLUMNS: [&str; 6] = ["Marker Name", "Description", "In", "Out", "Duration", "Marker Type"];

/// Writes markers.
pub(crate) fn list(clips: &[Clip<'_>], options: &Options, place: Place) -> Result<Exported> {
    let marks = Marks::of(clips, options, place)?;
    let mut text = format!("{}\r\n", COLUMNS.join("\t"));
    let time = |timecode: String| if marks.drop_frame { timecode.replace(':', ";") } else { timecode };
    for mark in &marks.marks {
        let length = Timecode::from_frames(mark.length, marks.rate, marks.drop_frame).to_string();
        let (from, to) = (marks.write(mark.at), marks.write(mark.at.saturating_add(mark.length)));
        let fields = [
            quoted(&title(mark)),
            quoted(&says(mark)),
            time(from),
            time(to),
            time(length),
            "Comment".to_owned(),
        ];
        text.push_str(&fields.join("\t"));
        text.push_str("\r\n");
    }
    Ok(Exported::of_marks(text, marks))
}

/// A field that is read as it is, whoever splits at tabs or reads quotes.
fn quoted(field: &str) -> String {
    if field.contains('"') { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}
