//! The dialogue of one asset: files beside the media, and tracks inside it.

use std::collections::HashSet;
use std::fs::File;

use rushes_footage::{Companion, Kind, Probe, shown, webvtt};
use rushes_import::formats::{Format, Item, Settings, sniff};
use rushes_types::{ErrorKind, FrameRate, RunMode};
use serde_json::{Map, Value};

use super::one::{AssetState, Task, name_of, stamp};
use super::summary::FootageSummary;
use crate::commands::intake::{ItemSender, read_until_failure};
use crate::exit::{Failure, Outcome};
use crate::interrupt;
use crate::sender::Sender;

/// Bytes by which a format is known.
const HEAD: usize = rushes_import::formats::limits::HEAD_BYTES;

impl Task<'_> {
    /// Ingests what lies beside the media file, and the subtitles inside it. Gives the number of lines.
    pub(super) fn dialogue(
        &self,
        asset: &AssetState,
        line: &Map<String, Value>,
        facts: Option<&Probe>,
        media: Option<&File>,
        sender: &mut Sender<'_>,
        state: &mut Value,
        summary: &mut FootageSummary,
    ) -> Outcome<u64> {
        let mut models = HashSet::new();
        let mut count = 0;
        for companion in &self.group.companions {
            let file = &companion.file;
            state["files"][name_of(file)] = stamp(file);
            let bytes = match std::fs::read(&file.path) {
                Ok(bytes) => bytes,
                Err(e) => {
                    summary.skip(&shown(file.below.as_ref()), &format!("it cannot be read: {e}"));
                    continue;
                }
            };
            let Some(format) = sniff(name_of(file), bytes.get(..bytes.len().min(HEAD)).unwrap_or_default())
            else {
                if file.kind == Kind::Subtitles {
                    let why = "it holds no subtitles of a kind that is read";
                    summary.skip(&shown(file.below.as_ref()), why);
                }
                continue;
            };
            let model = (file.kind == Kind::Subtitles).then(|| model_of(companion, &mut models));
            let settings = self.settings(asset, line, companion.language.as_deref(), model)?;
            count += self.read(format, &shown(file.below.as_ref()), &bytes, &settings, sender)?;
        }
        if let (Some(facts), Some(media)) = (facts, media) {
            count += self.tracks(asset, line, (facts, media), sender, &mut models, summary)?;
        }
        Ok(count)
    }

    /// Ingests the subtitles inside the media file, except where a file beside it has the same language and kind.
    fn tracks(
        &self,
        asset: &AssetState,
        line: &Map<String, Value>,
        (facts, media): (&Probe, &File),
        sender: &mut Sender<'_>,
        models: &mut HashSet<String>,
        summary: &mut FootageSummary,
    ) -> Outcome<u64> {
        let mut count = 0;
        for track in &facts.subtitles {
            let place = format!("{} (track {})", self.shown(), track.number);
            if !track.is_text {
                summary.note(
                    &place,
                    "the subtitles are pictures, not text; give their text as a file beside it",
                );
                continue;
            }
            let is_there = |c: &Companion| {
                c.file.kind == Kind::Subtitles
                    && c.language == track.language
                    && c.is_forced == track.is_forced
            };
            if self.group.companions.iter().any(is_there) {
                continue;
            }
            if self.tools.ffmpeg().is_err() {
                continue;
            }
            let bytes = match webvtt(self.tools, media, track, &interrupt::is_asked) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::Cancelled => return Err(Failure::Interrupted),
                Err(error) => {
                    summary.skip(&place, &error.to_string());
                    continue;
                }
            };
            let base = model_name(track.language.as_deref(), track.is_forced, track.is_sdh);
            let settings =
                self.settings(asset, line, track.language.as_deref(), Some(unique(&base, models)))?;
            count += self.read(Format::WebVtt, &place, &bytes, &settings, sender)?;
        }
        Ok(count)
    }

    fn settings(
        &self,
        asset: &AssetState,
        line: &Map<String, Value>,
        language: Option<&str>,
        model: Option<String>,
    ) -> Outcome<Settings> {
        let source = &self.options.source;
        let text = |name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
        let rate = text("frame_rate").map(|rate| FrameRate::parse(&rate)).transpose();
        let mut settings = source.settings(&asset.id);
        settings.movie = text("movie_id");
        settings.model = settings.model.or(model);
        settings.kind = None;
        settings.language = language.map(str::to_owned).or(settings.language);
        settings.frame_rate = rate.map_err(Failure::because)?;
        settings.start_timecode = text("start_timecode");
        Ok(settings)
    }

    /// Reads one file into a run of its model; gives how many lines came of it.
    fn read(
        &self,
        format: Format,
        place: &str,
        bytes: &[u8],
        settings: &Settings,
        sender: &mut Sender<'_>,
    ) -> Outcome<u64> {
        let mut items = ItemSender::new(sender, Some(RunMode::Replace), place);
        let counts = read_until_failure(
            // The asset line is written separately, with everything known about it.
            |item| if matches!(item, Item::Asset(_)) { Ok(()) } else { items.send(item) },
            |sink| rushes_import::formats::read(format, place, bytes, settings, sink),
        )?;
        items.end().map(|()| counts.annotations)
    }
}

/// `subtitles-en-forced@1`: tracks of one asset are of different models, so that none replaces another.
fn model_of(companion: &Companion, taken: &mut HashSet<String>) -> String {
    unique(&model_name(companion.language.as_deref(), companion.is_forced, companion.is_sdh), taken)
}

fn model_name(language: Option<&str>, is_forced: bool, is_sdh: bool) -> String {
    let mut name = "subtitles".to_owned();
    for part in [language, is_forced.then_some("forced"), is_sdh.then_some("sdh")].into_iter().flatten() {
        name.push('-');
        name.push_str(&part.to_lowercase());
    }
    name
}

fn unique(base: &str, taken: &mut HashSet<String>) -> String {
    let mut name = base.to_owned();
    let mut n = 2;
    while !taken.insert(name.clone()) {
        name = format!("{base}-{n}");
        n += 1;
    }
    format!("{name}@1")
}
