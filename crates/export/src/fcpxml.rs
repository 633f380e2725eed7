//! Final Cut Pro's XML: a project whose spine holds one `asset-clip` a moment, with its labels as keywords.
//!
//! Source: Apple's FCPXML 1.10 and 1.9 document types. Times are rational seconds, computed from whole frames; `start` is
//! in the time of the media, which begins at their timecode, `offset` in that of the sequence; clips stand in a spine, as
//! older hosts want them. Nothing is said that a host may refuse: no `modDate`, no `audioLayout`.

use std::collections::HashMap;

use rushes_types::{Asset, FrameRate, Result, Value};

use crate::clip::{Clip, asset_name, file_name};
use crate::export::Exported;
use crate::layout::{Mixing, Sequence, Shot, media_frames};
use crate::options::{Options, Tracks};
use crate::text::{joined, name};
use crate::url::{Style, media_url, percent_encoded};
use crate::xml::Xml;

/// The size of a sequence where no media say theirs: a sequence has one.
const PICTURE: (i64, i64) = (1920, 1080);

/// Writes a project of a version of the format.
pub(crate) fn project(clips: &[Clip<'_>], options: &Options, version: &str) -> Result<Exported> {
    let sequence = Sequence::of(clips, options, Mixing::Conform)?;
    let mut xml = Xml::new("fcpxml");
    xml.open("fcpxml", &[("version", version.to_owned())]);
    let resources = Resources::of(&sequence, options);
    resources.write(&mut xml);
    let title = name(&options.title);
    xml.open("library", &[]);
    xml.open("event", &[("name", title.clone())]);
    xml.open("project", &[("name", title)]);
    xml.open(
        "sequence",
        &[
            ("format", SEQUENCE_FORMAT.to_owned()),
            ("duration", rational(sequence.length(), sequence.rate)),
            ("tcStart", rational(sequence.start, sequence.rate)),
            ("tcFormat", mode(sequence.drop_frame)),
        ],
    );
    xml.open("spine", &[]);
    for (place, shot) in sequence.shots.iter().enumerate() {
        if place > 0 && sequence.gap > 0 {
            let at = shot.record.saturating_sub(sequence.gap);
            let offset = rational(sequence.start.saturating_add(at), sequence.rate);
            let duration = rational(sequence.gap, sequence.rate);
            xml.empty("gap", &[("name", "Gap".to_owned()), ("offset", offset), ("duration", duration)]);
        }
        clip(&mut xml, shot, &sequence, &resources, options);
    }
    let (bytes, written) = (xml.finish(), sequence.shots.len());
    Ok(Exported { bytes, written, left_out: sequence.left_out, notes: sequence.notes, ..Exported::default() })
}

/// Whole frames as rational seconds.
fn rational(frames: i64, rate: FrameRate) -> String {
    let (num, den) = rate.ratio();
    let scaled = i128::from(frames) * i128::from(den);
    let num = i128::from(num);
    if scaled % num == 0 { format!("{}s", scaled / num) } else { format!("{scaled}/{num}s") }
}

fn mode(drop_frame: bool) -> String {
    if drop_frame { "DF" } else { "NDF" }.to_owned()
}

/// The format of the sequence among the resources.
const SEQUENCE_FORMAT: &str = "r1";

/// The formats and assets of a project, each once.
struct Resources<'a> {
    formats: Vec<(FrameRate, Option<(i64, i64)>)>,
    /// The first moment of each asset, and its format's place.
    assets: Vec<(Shot<'a>, usize)>,
    places: HashMap<&'a str, usize>,
    tracks: Tracks,
}

impl<'a> Resources<'a> {
    fn of(sequence: &Sequence<'a>, options: &Options) -> Self {
        let picture = sequence.shots.iter().find_map(|shot| size(shot.clip.asset)).unwrap_or(PICTURE);
        let mut formats = vec![(sequence.rate, Some(picture))];
        let mut assets: Vec<(Shot<'a>, usize)> = Vec::new();
        let mut places = HashMap::new();
        for shot in &sequence.shots {
            let id = shot.clip.asset.id.as_str();
            if places.contains_key(id) {
                continue;
            }
            places.insert(id, assets.len());
            let wanted = (shot.rate(), size(shot.clip.asset));
            let place = formats.iter().position(|known| *known == wanted).unwrap_or(formats.len());
            if place == formats.len() {
                formats.push(wanted);
            }
            assets.push((shot.clone(), place));
        }
        Self { formats, assets, places, tracks: options.tracks }
    }

    fn format_id(place: usize) -> String {
        format!("r{}", place + 1)
    }

    fn asset_id(&self, place: usize) -> String {
        format!("r{}", self.formats.len() + place + 1)
    }

    fn write(&self, xml: &mut Xml) {
        xml.open("resources", &[]);
        for (place, (rate, size)) in self.formats.iter().enumerate() {
            let mut attributes = vec![("id", Self::format_id(place)), ("frameDuration", rational(1, *rate))];
            if let Some((width, height)) = size {
                attributes.extend([("width", width.to_string()), ("height", height.to_string())]);
            }
            xml.empty("format", &attributes);
        }
        for (place, (shot, format)) in self.assets.iter().enumerate() {
            self.asset(xml, self.asset_id(place), shot, *format);
        }
        xml.close();
    }

    fn asset(&self, xml: &mut Xml, id: String, shot: &Shot<'_>, format: usize) {
        let (asset, rate) = (shot.clip.asset, shot.rate());
        let start = rational(shot.timecode.start_frames(), rate);
        let mut attributes = vec![("id", id), ("name", name(&file_name(asset))), ("start", start)];
        if let Some(frames) = media_frames(&shot.clip, rate) {
            attributes.push(("duration", rational(frames, rate)));
        }
        attributes.extend([("hasVideo", "1".to_owned()), ("format", Self::format_id(format))]);
        if self.tracks.audio() {
            let sound = [("hasAudio", "1"), ("audioSources", "1"), ("audioChannels", "2")];
            attributes.extend(sound.map(|(key, value)| (key, value.to_owned())));
        }
        xml.open("asset", &attributes);
        // Media of which nobody said where they lie are offline, by the name that they would be found under.
        let src = media_url(asset, Style::Plain).unwrap_or_else(|| percent_encoded(asset.id.as_str()));
        xml.empty("media-rep", &[("kind", "original-media".to_owned()), ("src", src)]);
        xml.close();
    }

    fn of_clip(&self, shot: &Shot<'_>) -> Option<(String, String)> {
        let place = *self.places.get(shot.clip.asset.id.as_str())?;
        let (_, format) = self.assets.get(place)?;
        Some((self.asset_id(place), Self::format_id(*format)))
    }
}

/// Width and height of an asset's picture, where its attributes say them.
pub(crate) fn size(asset: &Asset) -> Option<(i64, i64)> {
    let number = |key: &str| match asset.attributes.get(key) {
        Some(Value::Int(n)) if (1..=100_000).contains(n) => Some(*n),
        _ => None,
    };
    number("width").zip(number("height"))
}

fn clip(
    xml: &mut Xml,
    shot: &Shot<'_>,
    sequence: &Sequence<'_>,
    resources: &Resources<'_>,
    options: &Options,
) {
    let Some((asset_id, format)) = resources.of_clip(shot) else { return };
    let rate = shot.rate();
    let mut attributes = vec![
        ("ref", asset_id),
        ("offset", rational(sequence.start.saturating_add(shot.record), sequence.rate)),
        ("name", name(&asset_name(shot.clip.asset))),
        ("start", rational(shot.counted(shot.first), rate)),
        ("duration", rational(shot.length, sequence.rate)),
        ("format", format),
        ("tcFormat", mode(shot.timecode.drop_frame())),
    ];
    match options.tracks {
        Tracks::Both => {}
        Tracks::Video => attributes.push(("srcEnable", "video".to_owned())),
        Tracks::Audio => attributes.push(("srcEnable", "audio".to_owned())),
    }
    xml.open("asset-clip", &attributes);
    let says = joined(shot.clip.says(), " | ");
    if !says.is_empty() {
        xml.text("note", &says);
    }
    let start = rational(shot.counted(shot.marked.0), rate);
    if options.notes {
        let duration = rational(1, rate);
        let called = name(&shot.clip.name());
        let mut marker = vec![("start", start.clone()), ("duration", duration), ("value", called)];
        if !says.is_empty() {
            marker.push(("note", says));
        }
        xml.empty("marker", &marker);
    }
    if !shot.clip.labels.is_empty() {
        // A comma ends a keyword.
        let words: Vec<String> =
            shot.clip.labels.iter().map(|label| name(&label.replace(',', " "))).collect();
        let duration = rational(shot.marked.1 - shot.marked.0, rate);
        let keyword = [("start", start), ("duration", duration), ("value", words.join(", "))];
        xml.empty("keyword", &keyword);
    }
    xml.close();
}
