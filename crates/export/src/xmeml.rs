//! Final Cut Pro 7's XML (`xmeml`, version 4), which Premiere Pro and DaVinci Resolve read.
//!
//! Source: Apple's Final Cut Pro XML Interchange Format. A rate is a whole `timebase` with `ntsc`, never a decimal; `in`
//! and `out` are frames of the media from their first one, `start` and `end` frames of the sequence; a clip of another
//! rate takes whole frames of the sequence, rounded down, as Premiere does it. `pathurl` is percent-encoded by segment.

use std::collections::HashMap;

use rushes_types::{FrameRate, Result, Timecode};

use crate::clip::{Clip, asset_name, file_name};
use crate::export::Exported;
use crate::fcpxml::size;
use crate::layout::{Mixing, Sequence, Shot, media_frames};
use crate::left_out::leave_out;
use crate::options::Options;
use crate::text::{joined, name};
use crate::url::{Style, media_url};
use crate::xml::Xml;

/// Writes a sequence.
pub(crate) fn sequence(clips: &[Clip<'_>], options: &Options) -> Result<Exported> {
    let mut odd = Vec::new();
    let held: Vec<Clip<'_>> = clips
        .iter()
        .filter(|clip| {
            let fits = clip.asset.frame_rate.is_none_or(|rate| timebase(rate).is_some());
            if !fits {
                leave_out(&mut odd, "the format has no such frame rate", clip.asset.id.as_str());
            }
            fits
        })
        .copied()
        .collect();
    let mut sequence = Sequence::of(&held, options, Mixing::Conform)?;
    sequence.left_out.extend(odd);
    let mut xml = Xml::new("xmeml");
    xml.open("xmeml", &[("version", "4".to_owned())]);
    xml.open("sequence", &[("id", "sequence-1".to_owned())]);
    xml.text("name", &name(&options.title));
    xml.text("duration", &sequence.length().to_string());
    rate(&mut xml, sequence.rate);
    timecode(&mut xml, sequence.start, sequence.rate, sequence.drop_frame);
    xml.open("media", &[]);
    let mut files = HashMap::new();
    if options.tracks.video() {
        xml.open("video", &[]);
        picture(&mut xml, &sequence);
        track(&mut xml, &sequence, options, &mut files, "v");
        xml.close();
    }
    if options.tracks.audio() {
        xml.open("audio", &[]);
        track(&mut xml, &sequence, options, &mut files, "a");
        xml.close();
    }
    xml.close();
    if options.notes {
        for shot in &sequence.shots {
            let (at, length) = sequence.marked(shot);
            xml.open("marker", &[]);
            xml.text("name", &name(&shot.clip.name()));
            xml.text("comment", &joined(shot.clip.says(), " | "));
            xml.text("in", &at.to_string());
            xml.text("out", &at.saturating_add(length).to_string());
            xml.close();
        }
    }
    let (bytes, written) = (xml.finish(), sequence.shots.len());
    Ok(Exported { bytes, written, left_out: sequence.left_out, notes: sequence.notes, ..Exported::default() })
}

/// The whole rate, and whether it runs at 1000/1001 of it; `None` where the format cannot say the rate.
fn timebase(rate: FrameRate) -> Option<(u32, bool)> {
    match rate.ratio() {
        (num, 1) => Some((num, false)),
        (num, 1001) if num % 1000 == 0 => Some((num / 1000, true)),
        _ => None,
    }
}

fn flag(is: bool) -> &'static str {
    if is { "TRUE" } else { "FALSE" }
}

fn rate(xml: &mut Xml, of: FrameRate) {
    let (whole, ntsc) = timebase(of).unwrap_or((of.nominal(), false));
    xml.open("rate", &[]);
    xml.text("timebase", &whole.to_string());
    xml.text("ntsc", flag(ntsc));
    xml.close();
}

fn timecode(xml: &mut Xml, start: i64, of: FrameRate, drop_frame: bool) {
    xml.open("timecode", &[]);
    rate(xml, of);
    xml.text("string", &Timecode::from_frames(start, of, drop_frame).to_string());
    xml.text("frame", &start.to_string());
    xml.text("displayformat", if drop_frame { "DF" } else { "NDF" });
    xml.close();
}

fn picture(xml: &mut Xml, sequence: &Sequence<'_>) {
    let Some((width, height)) = sequence.shots.iter().find_map(|shot| size(shot.clip.asset)) else { return };
    xml.open("format", &[]);
    xml.open("samplecharacteristics", &[]);
    rate(xml, sequence.rate);
    xml.text("width", &width.to_string());
    xml.text("height", &height.to_string());
    xml.close();
    xml.close();
}

fn track(
    xml: &mut Xml,
    sequence: &Sequence<'_>,
    options: &Options,
    files: &mut HashMap<String, usize>,
    kind: &str,
) {
    xml.open("track", &[]);
    for (number, shot) in (1..).zip(&sequence.shots) {
        xml.open("clipitem", &[("id", format!("clipitem-{kind}{number}"))]);
        xml.text("name", &name(&asset_name(shot.clip.asset)));
        xml.text("enabled", "TRUE");
        let frames = media_frames(&shot.clip, shot.rate()).unwrap_or(shot.end);
        xml.text("duration", &frames.to_string());
        rate(xml, shot.rate());
        xml.text("start", &shot.record.to_string());
        xml.text("end", &shot.record.saturating_add(shot.length).to_string());
        xml.text("in", &shot.first.to_string());
        xml.text("out", &shot.end.to_string());
        file(xml, shot, files, options);
        if kind == "a" {
            xml.open("sourcetrack", &[]);
            xml.text("mediatype", "audio");
            xml.text("trackindex", "1");
            xml.close();
        }
        if options.tracks.video() && options.tracks.audio() {
            link(xml, "v", "video", number);
            link(xml, "a", "audio", number);
        }
        xml.close();
    }
    xml.close();
}

/// Picture and sound of one moment move together.
fn link(xml: &mut Xml, kind: &str, media: &str, number: usize) {
    xml.open("link", &[]);
    xml.text("linkclipref", &format!("clipitem-{kind}{number}"));
    xml.text("mediatype", media);
    xml.text("trackindex", "1");
    xml.text("clipindex", &number.to_string());
    xml.close();
}

/// The file of a moment: whole the first time, by its id after that.
fn file(xml: &mut Xml, shot: &Shot<'_>, files: &mut HashMap<String, usize>, options: &Options) {
    let asset = shot.clip.asset;
    let known = files.get(asset.id.as_str()).copied();
    let id = [("id", format!("file-{}", known.unwrap_or(files.len()) + 1))];
    if known.is_some() {
        xml.empty("file", &id);
        return;
    }
    files.insert(asset.id.to_string(), files.len());
    xml.open("file", &id);
    xml.text("name", &name(&file_name(asset)));
    if let Some(url) = media_url(asset, Style::Localhost) {
        xml.text("pathurl", &url);
    }
    rate(xml, shot.rate());
    if let Some(frames) = media_frames(&shot.clip, shot.rate()) {
        xml.text("duration", &frames.to_string());
    }
    timecode(xml, shot.timecode.start_frames(), shot.rate(), shot.timecode.drop_frame());
    xml.open("media", &[]);
    if options.tracks.video() {
        xml.open("video", &[]);
        xml.close();
    }
    if options.tracks.audio() {
        xml.open("audio", &[]);
        xml.text("channelcount", "2");
        xml.close();
    }
    xml.close();
    xml.close();
}
