//! OpenTimelineIO (`.otio`): markers.
//!
//! Source: `Timeline` with a stack of tracks; clips, gaps, stacks and tracks have a `source_range`, clips else the
//! `available_range` of their media; `markers` have a `marked_range` in the time of the item that they are on. A marker is
//! placed on the timeline, which begins at zero, exactly (value over rate, rates as ratios). Each becomes
//! `MARKER_SEARCH`; markers outside of the part of an item that is used are left out.

use std::io::Read;

use crate::decimal::Decimal;
use crate::problem::Fault;
use crate::value::Value;
use rushes_types::NS_PER_SECOND;

use crate::formats::editors::clock::marker;
use crate::formats::json::{Document, list, member_of, text};
use crate::formats::limits::BIG_ROW_BYTES_MAX;
use crate::formats::out::{CONTINUE, Flow, FormatOutput};
use crate::formats::rate::rate_of;

/// Places of a value that are kept.
const PLACES: i64 = 6;
/// Items may be nested this deep.
const DEPTH_MAX: usize = 40;

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    let Some(root) =
        document.value("", BIG_ROW_BYTES_MAX).filter(|root| root.member("OTIO_SCHEMA").is_some())
    else {
        return document.nothing(out, "`OTIO_SCHEMA`, or is longer than can be read at once");
    };
    item(out, root.member("tracks").unwrap_or(&root), 0, 0)
}

/// A rational time as nanoseconds.
fn time_ns(time: Option<&Value>) -> Option<i128> {
    let time = time?;
    let value = Decimal::parse(text(time, "value")?)?.scaled(PLACES)?;
    let (num, den) = rate_of(text(time, "rate")?)?.ratio();
    let scaled = value.checked_mul(i128::from(den))?.checked_mul(i128::from(NS_PER_SECOND))?;
    let by = i128::from(num) * 10i128.pow(6);
    // A frame begins at the first whole nanosecond at or after its time.
    Some(scaled.div_euclid(by) + i128::from(scaled.rem_euclid(by) != 0))
}

/// Start and length of a range.
fn range(value: Option<&Value>) -> Option<(i128, i128)> {
    let value = value?;
    Some((time_ns(value.member("start_time"))?, time_ns(value.member("duration"))?))
}

fn schema(item: &Value) -> &str {
    text(item, "OTIO_SCHEMA").and_then(|schema| schema.split('.').next()).unwrap_or("")
}

/// The part of an item that is used.
fn used(item: &Value) -> Option<(i128, i128)> {
    if let Some(own) = range(item.member("source_range")) {
        return Some(own);
    }
    let key = text(item, "active_media_reference_key").unwrap_or("DEFAULT_MEDIA");
    let media = item.member("media_reference").or_else(|| item.member("media_references")?.member(key));
    if let Some(available) = range(media.and_then(|media| media.member("available_range"))) {
        return Some(available);
    }
    let lengths = list(item, "children").iter().filter(|child| schema(child) != "Transition").map(length);
    match schema(item) {
        "Track" => Some((0, lengths.sum())),
        "Stack" => Some((0, lengths.max().unwrap_or(0))),
        _ => None,
    }
}

fn length(item: &Value) -> i128 {
    used(item).map_or(0, |(_, length)| length)
}

/// Hands out the markers of an item that begins at `at_ns` of the timeline, and of what it holds.
fn item(out: &mut FormatOutput<'_, '_>, value: &Value, at_ns: i128, depth: usize) -> Flow {
    if depth > DEPTH_MAX {
        return out.problem(0, Fault::new("", "items are nested too deep", "flatten the timeline"));
    }
    let (from_ns, length_ns) = used(value).unwrap_or((0, i128::MAX >> 8));
    for found in list(value, "markers") {
        out.row();
        let Some((start_ns, marked_ns)) = range(found.member("marked_range")) else {
            out.problem(0, Fault::new("marked_range", "the marker has no range", "mend the file"))?;
            continue;
        };
        if start_ns < from_ns || start_ns - from_ns > length_ns {
            out.skip(0, "markers outside of the part of a clip that is used are left out");
            continue;
        }
        let start_ns = at_ns + start_ns - from_ns;
        let colour = member_of(found, &["color"]);
        let colour =
            colour.and_then(|colour| text(found, "color").or_else(|| text(colour, "name"))).unwrap_or("");
        let comment = text(found, "comment").unwrap_or("");
        let attributes = [("colour", colour), ("clip", text(value, "name").unwrap_or(""))];
        marker(
            out,
            0,
            (start_ns, start_ns + marked_ns),
            text(found, "name").unwrap_or(""),
            comment,
            &attributes,
        )?;
    }
    let is_track = schema(value) == "Track";
    let mut next_ns = at_ns - from_ns;
    for child in list(value, "children").iter().filter(|child| schema(child) != "Transition") {
        item(out, child, next_ns, depth + 1)?;
        if is_track {
            next_ns += length(child);
        }
    }
    CONTINUE
}
