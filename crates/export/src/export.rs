//! Writes moments in a format: one file, or several in a ZIP archive.

use std::collections::{BTreeSet, HashMap};

use rushes_types::{FrameRate, Result};

use crate::captions::{Kind, captions};
use crate::clip::Clip;
use crate::format::Format;
use crate::left_out::{LeftOut, join};
use crate::marks::Marks;
use crate::options::{Options, Place, RateChoice};
use crate::text::file_stem;
use crate::zip_file::zip;
use crate::{
    ale, avid_markers, chapters, csv, edl, fcpxml, json, otio, paper, premiere_markers, resolve_markers,
    web_annotation, xmeml,
};

/// A file for another program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exported {
    /// The file's content.
    pub bytes: Vec<u8>,
    /// A name for it.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Moments in it.
    pub written: usize,
    /// Reasons for leaving moments out.
    pub left_out: Vec<LeftOut>,
    /// What else is to be known of it.
    pub notes: Vec<String>,
    /// Reels that are not called as they were: the name in the file, and the one before.
    pub renamed: Vec<(String, String)>,
}

impl Exported {
    /// How many moments are not in it.
    #[must_use]
    pub fn left_out_count(&self) -> usize {
        self.left_out.iter().map(|reason| reason.count).sum()
    }

    /// A text of markers.
    pub(crate) fn of_marks(text: String, marks: Marks<'_>) -> Self {
        let written = marks.marks.len();
        let Marks { left_out, notes, .. } = marks;
        Self { bytes: text.into_bytes(), written, left_out, notes, ..Self::default() }
    }
}

/// Writes moments in a format.
///
/// Where `options` ask for a file for each rate, or markers on the media of several assets, the file is a ZIP archive of
/// several.
///
/// # Errors
/// [`rushes_types::ErrorKind::Invalid`] where the start timecode that is asked for does not exist at the rate.
pub fn export(format: Format, clips: &[Clip<'_>], options: &Options) -> Result<Exported> {
    let one_asset =
        clips.iter().all(|clip| clips.first().is_some_and(|first| first.asset.id == clip.asset.id));
    let place = options.place.unwrap_or(if one_asset { Place::Source } else { Place::Sequence });
    let parts = parts(format, clips, options, place);
    let unwidened = clips.iter().filter(|clip| options.handles.ns(clip.asset.frame_rate).is_none()).count();
    let mut files: Vec<(String, Exported)> = Vec::new();
    for (name, clips) in &parts {
        files.push((name.clone(), write(format, clips, options, place)?));
    }
    if files.len() == 1
        && let Some((_, mut file)) = files.pop()
    {
        file.name = format!("moments.{}", format.extension());
        format.content_type().clone_into(&mut file.content_type);
        return Ok(said(file, unwidened));
    }
    packed(format, files).map(|file| said(file, unwidened))
}

/// Says how many moments have no handles, because a frame of theirs lasts nobody knows how long.
fn said(mut file: Exported, unwidened: usize) -> Exported {
    let unwidened = unwidened.saturating_sub(file.left_out_count());
    if unwidened > 0 {
        file.notes.push(format!(
            "{unwidened} moments have no handles: give them in seconds, where no frame rate is known"
        ));
    }
    file
}

fn packed(format: Format, files: Vec<(String, Exported)>) -> Result<Exported> {
    let mut all = Exported {
        name: "moments.zip".to_owned(),
        content_type: "application/zip".to_owned(),
        ..Exported::default()
    };
    let mut named: Vec<(String, Vec<u8>)> = Vec::new();
    let mut taken = BTreeSet::new();
    for (name, file) in files {
        let stem = (1..).map(|n: usize| if n == 1 { name.clone() } else { format!("{name}-{n}") });
        // Of endless names one is free.
        let stem = stem.into_iter().find(|stem| taken.insert(stem.to_lowercase())).unwrap_or_default();
        all.written += file.written;
        join(&mut all.left_out, file.left_out);
        all.notes.extend(file.notes.into_iter().filter(|note| !all.notes.contains(note)).collect::<Vec<_>>());
        all.renamed.extend(file.renamed);
        named.push((format!("{stem}.{}", format.extension()), file.bytes));
    }
    all.bytes = zip(&named)?;
    Ok(all)
}

/// The moments of each file, with its name. At least one file.
fn parts<'a>(
    format: Format,
    clips: &[Clip<'a>],
    options: &Options,
    place: Place,
) -> Vec<(String, Vec<Clip<'a>>)> {
    let mut parts: Vec<(String, Vec<Clip<'a>>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let rates = options.rate == RateChoice::Each
        && (format.is_timeline() || place == Place::Sequence && format.is_marks());
    let assets = format.is_marks() && place == Place::Source;
    let first_rate = clips.iter().find_map(|clip| clip.asset.frame_rate);
    for clip in clips {
        let rate = clip.asset.frame_rate.or(first_rate);
        let key = match (assets, rates, rate) {
            (true, ..) => clip.asset.id.as_str().to_owned(),
            (false, true, Some(rate)) => rate.to_string(),
            _ => String::new(),
        };
        let place = *places.entry(key.clone()).or_insert(parts.len());
        match parts.get_mut(place) {
            Some((_, clips)) => clips.push(*clip),
            None => parts.push((key, vec![*clip])),
        }
    }
    if parts.is_empty() {
        parts.push((String::new(), Vec::new()));
    }
    parts.into_iter().map(|(key, clips)| (file_stem(&key.replace('/', "_")), clips)).collect()
}

fn write(format: Format, clips: &[Clip<'_>], options: &Options, place: Place) -> Result<Exported> {
    match format {
        Format::Csv => Ok(csv::table(clips, options)),
        Format::Json => Ok(json::list(clips, options)),
        Format::Edl => edl::list(clips, options),
        Format::Otio => otio::timeline(clips, options),
        Format::Otioz => otio::bundle(clips, options),
        Format::Fcpxml => fcpxml::project(clips, options, "1.10"),
        Format::Fcpxml19 => fcpxml::project(clips, options, "1.9"),
        Format::Xmeml => xmeml::sequence(clips, options),
        Format::Ale => ale::log(clips, options),
        Format::AvidMarkers => avid_markers::list(clips, options, place),
        Format::PremiereMarkers => premiere_markers::list(clips, options, place),
        Format::ResolveMarkers => resolve_markers::list(clips, options, place),
        Format::Webvtt => captions(clips, options, place, Kind::Webvtt),
        Format::Srt => captions(clips, options, place, Kind::Srt),
        Format::WebAnnotation => Ok(web_annotation::page(clips, options)),
        Format::Paper => Ok(paper::paper(clips, options)),
        Format::YoutubeChapters => chapters::list(clips, options, place),
    }
}

/// A moment with its handles, in nanoseconds, within its media as far as their length is known.
pub(crate) fn widened(clip: &Clip<'_>, options: &Options) -> (i64, i64) {
    let rate: Option<FrameRate> = clip.asset.frame_rate;
    let handles = options.handles.ns(rate).unwrap_or(0);
    let end = clip.end_ns.saturating_add(handles);
    let media = clip.asset.duration_ns.unwrap_or(i64::MAX).max(clip.end_ns);
    (clip.start_ns.saturating_sub(handles).max(0), end.min(media))
}

/// Nanoseconds as seconds with nine decimals: exact.
pub(crate) fn seconds(ns: i64) -> String {
    let (sign, ns) = if ns < 0 { ("-", ns.unsigned_abs()) } else { ("", ns.unsigned_abs()) };
    format!("{sign}{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000)
}
