//! OpenTimelineIO: a timeline of clips, each with the place of its media, its moment as a marker where notes are asked for.
//!
//! Source: the schemas of OpenTimelineIO, in the versions that hosts since 0.15 read: `Timeline.1`, `Stack.1`, `Track.1`,
//! `Clip.2`, `Gap.1`, `ExternalReference.1`, `MissingReference.1`, `Marker.2`, `TimeRange.1`, `RationalTime.1`. Values are
//! whole frames; rates are the nearest number to their ratio, as OpenTimelineIO has them.

use rushes_types::{FrameRate, Result};
use serde_json::{Value, json};

use crate::clip::{Clip, asset_name, file_name};
use crate::export::Exported;
use crate::layout::{Mixing, Sequence, Shot, media_frames};
use crate::options::Options;
use crate::text::{joined, name};
use crate::url::{Style, media_url};
use crate::zip_file::zip;

/// The version of the bundle, as OpenTimelineIO writes it.
const BUNDLE_VERSION: &str = "1.0.0";

/// Writes a timeline.
pub(crate) fn timeline(clips: &[Clip<'_>], options: &Options) -> Result<Exported> {
    let sequence = Sequence::of(clips, options, Mixing::Conform)?;
    let mut tracks = Vec::new();
    if options.tracks.video() {
        tracks.push(track(&sequence, "Video", "V1", options.notes));
    }
    if options.tracks.audio() {
        tracks.push(track(&sequence, "Audio", "A1", false));
    }
    let title = name(&options.title);
    let document = json!({
        "OTIO_SCHEMA": "Timeline.1",
        "name": title,
        "global_start_time": time(sequence.start, sequence.rate),
        "metadata": {"rushes": {"drop_frame": sequence.drop_frame}},
        "tracks": {
            "OTIO_SCHEMA": "Stack.1", "name": "tracks", "source_range": null, "effects": [], "markers": [],
            "enabled": true, "metadata": {}, "children": tracks,
        },
    });
    let mut bytes = serde_json::to_vec_pretty(&document).unwrap_or_default();
    bytes.push(b'\n');
    let written = sequence.shots.len();
    Ok(Exported { bytes, written, left_out: sequence.left_out, notes: sequence.notes, ..Exported::default() })
}

/// Writes a timeline into a bundle. The media stay where they lie: their references are absolute.
pub(crate) fn bundle(clips: &[Clip<'_>], options: &Options) -> Result<Exported> {
    let timeline = timeline(clips, options)?;
    let bytes = zip(&[
        ("content.otio".to_owned(), timeline.bytes),
        ("version.txt".to_owned(), BUNDLE_VERSION.as_bytes().to_vec()),
    ])?;
    Ok(Exported { bytes, ..timeline })
}

fn time(frames: i64, rate: FrameRate) -> Value {
    let (num, den) = rate.ratio();
    json!({"OTIO_SCHEMA": "RationalTime.1", "value": frames, "rate": f64::from(num) / f64::from(den)})
}

fn range(from: i64, length: i64, rate: FrameRate) -> Value {
    json!({"OTIO_SCHEMA": "TimeRange.1", "start_time": time(from, rate), "duration": time(length, rate)})
}

fn track(sequence: &Sequence<'_>, kind: &str, called: &str, notes: bool) -> Value {
    let mut children = Vec::new();
    for shot in &sequence.shots {
        if !children.is_empty() && sequence.gap > 0 {
            children.push(gap(sequence));
        }
        children.push(clip(shot, notes));
    }
    json!({
        "OTIO_SCHEMA": "Track.1", "name": called, "kind": kind, "children": children, "source_range": null,
        "effects": [], "markers": [], "enabled": true, "metadata": {},
    })
}

fn gap(sequence: &Sequence<'_>) -> Value {
    json!({
        "OTIO_SCHEMA": "Gap.1", "name": "", "source_range": range(0, sequence.gap, sequence.rate),
        "effects": [], "markers": [], "enabled": true, "metadata": {},
    })
}

fn clip(shot: &Shot<'_>, notes: bool) -> Value {
    let (asset, rate) = (shot.clip.asset, shot.rate());
    let available =
        media_frames(&shot.clip, rate).map(|frames| range(shot.timecode.start_frames(), frames, rate));
    let media = match media_url(asset, Style::Plain) {
        Some(url) => json!({
            "OTIO_SCHEMA": "ExternalReference.1", "name": name(&file_name(asset)), "target_url": url,
            "available_range": available, "available_image_bounds": null, "metadata": {},
        }),
        None => json!({
            "OTIO_SCHEMA": "MissingReference.1", "name": name(&file_name(asset)), "available_range": available,
            "available_image_bounds": null, "metadata": {},
        }),
    };
    let (reel, labels, lines, note) = (&asset.reel, shot.clip.labels, shot.clip.lines, shot.clip.note);
    let (start_ns, end_ns) = (shot.clip.start_ns, shot.clip.end_ns);
    json!({
        "OTIO_SCHEMA": "Clip.2",
        "name": name(&file_name(asset)),
        "source_range": range(shot.counted(shot.first), shot.end - shot.first, rate),
        "media_references": {"DEFAULT_MEDIA": media},
        "active_media_reference_key": "DEFAULT_MEDIA",
        "markers": if notes { vec![marker(shot)] } else { Vec::new() },
        "effects": [],
        "enabled": true,
        "metadata": {"rushes": {
            "asset_id": asset.id.as_str(), "title": asset_name(asset), "reel": reel, "start_ns": start_ns,
            "end_ns": end_ns, "labels": labels, "lines": lines, "note": note,
            "drop_frame": shot.timecode.drop_frame(),
        }},
    })
}

fn marker(shot: &Shot<'_>) -> Value {
    let (first, end) = shot.marked;
    json!({
        "OTIO_SCHEMA": "Marker.2",
        "name": name(&shot.clip.name()),
        "comment": joined(shot.clip.says(), " | "),
        "color": shot.clip.colour.unwrap_or_default().as_str().to_uppercase(),
        "marked_range": range(shot.counted(first), end - first, shot.rate()),
        "metadata": {},
    })
}
