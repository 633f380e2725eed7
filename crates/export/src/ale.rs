//! Avid Log Exchange: a table with tabs, one clip a moment, which Avid and DaVinci Resolve take into a bin.
//!
//! Source: Avid's log specification: a `Heading` with the rate, the `Column` names, then the `Data`. One rate a file.
//! `Start` and `End` are source timecode, the end exclusive; `Tape` is the reel.

use rushes_types::{FrameRate, Result};

use crate::clip::{Clip, asset_name, file_name};
use crate::export::Exported;
use crate::layout::{Mixing, Sequence, Shot};
use crate::options::Options;
use crate::text::{joined, name};

const COLUMNS: [&str; 16] = [
    "Name",
    "Tracks",
    "Start",
    "End",
    "Duration",
    "Tape",
    "FPS",
    "Scene",
    "Take",
    "Camera",
    "Circled",
    "Source File",
    "Source Path",
    "Labels",
    "Comments",
    "Rushes Asset",
];

/// Writes a log.
pub(crate) fn log(clips: &[Clip<'_>], options: &Options) -> Result<Exported> {
    let sequence = Sequence::of(clips, options, Mixing::LeaveOut)?;
    let tracks = match (options.tracks.video(), options.tracks.audio()) {
        (true, true) => "VA1A2",
        (true, false) => "V",
        _ => "A1A2",
    };
    let fps = decimal(sequence.rate);
    let heading = ["Heading", "FIELD_DELIM\tTABS", "VIDEO_FORMAT\t1080", "AUDIO_FORMAT\t48khz"];
    let mut text = format!(
        "{}\r\nFPS\t{fps}\r\n\r\nColumn\r\n{}\r\n\r\nData\r\n",
        heading.join("\r\n"),
        COLUMNS.join("\t")
    );
    for (number, shot) in (1..).zip(&sequence.shots) {
        text.push_str(&row(number, shot, tracks, &fps, sequence.drop_frame).join("\t"));
        text.push_str("\r\n");
    }
    let written = sequence.shots.len();
    let Sequence { left_out, notes, .. } = sequence;
    Ok(Exported { bytes: text.into_bytes(), written, left_out, notes, ..Exported::default() })
}

fn row(number: usize, shot: &Shot<'_>, tracks: &str, fps: &str, drop_frame: bool) -> [String; COLUMNS.len()] {
    let asset = shot.clip.asset;
    let or_empty = |text: &Option<String>| text.as_deref().map(name).unwrap_or_default();
    let (start, end) = shot.source();
    let length = rushes_types::Timecode::from_frames(shot.end - shot.first, shot.rate(), drop_frame);
    let circled = if asset.circled == Some(true) { "Yes" } else { "" };
    [
        format!("{} {number:03}", name(&asset_name(asset))),
        tracks.to_owned(),
        start,
        end,
        length.to_string(),
        name(asset.reel.as_deref().unwrap_or(asset.id.as_str())),
        fps.to_owned(),
        or_empty(&asset.scene),
        or_empty(&asset.take),
        or_empty(&asset.camera),
        circled.to_owned(),
        name(&file_name(asset)),
        or_empty(&asset.path),
        joined(shot.clip.labels.iter().map(String::as_str), ", "),
        joined(shot.clip.says(), " | "),
        asset.id.to_string(),
    ]
}

/// A rate as logs write it: `23.976`, `25`, `59.94`.
fn decimal(rate: FrameRate) -> String {
    let (num, den) = rate.ratio();
    let thousandths = (u64::from(num) * 1000 + u64::from(den) / 2) / u64::from(den);
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_written_as_logs_have_them() {
        for (rate, text) in
            [("24000/1001", "23.976"), ("30000/1001", "29.97"), ("25", "25"), ("60000/1001", "59.94")]
        {
            assert_eq!(decimal(FrameRate::parse(rate).unwrap()), text);
        }
    }
}
