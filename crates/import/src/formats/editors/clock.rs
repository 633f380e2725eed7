//! The timecode of markers, and what a marker becomes.

use crate::problem::Fault;
use rushes_types::{FrameRate, NS_PER_SECOND};

use crate::formats::kinds;
use crate::formats::out::{AnnotationDraft, Flow, FormatOutput, seconds};
use crate::formats::rate::{DAY_NS, timecode_ns};

const HOUR_NS: i128 = 3600 * NS_PER_SECOND as i128;

/// Timecode on the asset's clock.
pub(crate) struct MarkerClock {
    pub rate: FrameRate,
    zero_ns: Option<i128>,
    told: bool,
}

impl MarkerClock {
    /// The clock of the asset, whose rate is known.
    pub(crate) fn new(out: &FormatOutput<'_, '_>, rate: FrameRate) -> MarkerClock {
        let start = out.settings.start_timecode.as_deref();
        let zero_ns = start.and_then(|text| timecode_ns("start", text, rate).ok());
        MarkerClock { rate, zero_ns, told: false }
    }

    /// When a timecode is, from the start of the media.
    pub(crate) fn place(
        &mut self,
        out: &mut FormatOutput<'_, '_>,
        line: u64,
        field: &str,
        text: &str,
    ) -> Result<i128, Fault> {
        let at_ns = timecode_ns(field, text, self.rate)?;
        match self.zero_ns {
            Some(zero_ns) if at_ns >= zero_ns => Ok(at_ns - zero_ns),
            // Past midnight.
            Some(zero_ns) if zero_ns - at_ns > DAY_NS / 2 => Ok(at_ns + DAY_NS - zero_ns),
            _ => {
                if at_ns >= HOUR_NS && self.zero_ns.is_none() && !std::mem::replace(&mut self.told, true) {
                    let what = format!(
                        "the first marker lies at {}; if the timeline begins at 01:00:00:00, give `--start-timecode`",
                        seconds(at_ns)
                    );
                    // Where the consumer stops, the next item finds out.
                    let _ = out.note(line, what);
                }
                Ok(at_ns)
            }
        }
    }
}

/// Hands out a marker: its name as the label, what it says as the text.
pub(crate) fn marker(
    out: &mut FormatOutput<'_, '_>,
    line: u64,
    (start_ns, end_ns): (i128, i128),
    name: &str,
    comment: &str,
    attributes: &[(&str, &str)],
) -> Flow {
    let (name, comment) = (name.trim(), comment.trim());
    let label = match (name.is_empty(), comment.is_empty()) {
        (false, _) => name,
        (true, false) => "",
        (true, true) => "marker",
    };
    let mut said = AnnotationDraft::label(kinds::MARKER, label, start_ns, end_ns);
    said.text = comment.to_owned();
    for (name, value) in attributes.iter().filter(|(_, value)| !value.trim().is_empty()) {
        said.attributes.text(name, value.trim());
    }
    out.annotation(line, said)
}
