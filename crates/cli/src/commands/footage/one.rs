//! One media file with what belongs to it: its asset, its dialogue, its shots.

use std::fs::File;

use axum::http::{Method, StatusCode};
use rushes_footage::{
    Facts, FoundFile, Group, IdHolder, Probe, SHOTS_MODEL, Tools, asset_fields, choose_id, merged, names,
    probe, shots, shown, suggested_id,
};
use rushes_types::{ErrorKind, RunMode};
use serde_json::{Map, Value, json};

use super::summary::{Change, FootageSummary};
use crate::client::{Client, Payload, encode};
use crate::commands::ingest_options::IngestOptions;
use crate::exit::{Failure, Outcome};
use crate::interrupt;
use crate::progress::Bar;
use crate::sender::Sender;
use crate::tally::Totals;

/// The attribute of an asset that says what of its files was ingested.
const STATE: &str = "footage";
/// Attempts to find a free id.
const IDS_MAX: usize = 2;

/// Takes one group in.
pub struct Task<'a> {
    pub client: &'a Client,
    pub options: &'a IngestOptions,
    pub tools: &'a Tools,
    pub group: &'a Group,
    pub folder: &'a str,
    pub bar: &'a Bar,
}

/// What is known before anything is written.
pub(super) struct AssetState {
    pub id: String,
    registered: Option<Map<String, Value>>,
    /// What was ingested before.
    state: Value,
}

/// Identifies a file's version: recorded to notice changes.
pub(super) fn stamp(file: &FoundFile) -> Value {
    json!({"bytes": file.bytes, "changed_ns": file.changed_ns})
}

/// A file's own name.
pub(super) fn name_of(file: &FoundFile) -> &str {
    file.below.rsplit('/').next().unwrap_or(&file.below)
}

impl Task<'_> {
    /// Takes it in, and says what became of it.
    pub fn run(&self, summary: &mut FootageSummary) -> Outcome<Totals> {
        let asset = self.asset_state()?;
        let (options, media) = (self.options, self.group.media.as_ref());
        let wants_shots =
            !options.footage.no_shots && self.tools.ffmpeg().is_ok() && self.tools.ffprobe().is_ok();
        if !options.footage.again && self.is_unchanged(&asset, wants_shots) {
            summary.count(Change::Unchanged);
            return Ok(Totals::default());
        }
        let opened = match media.map(|m| File::open(&m.path)).transpose() {
            Ok(opened) => opened,
            Err(e) => {
                summary.skip(&self.shown(), &format!("it cannot be read: {e}"));
                None
            }
        };
        let facts = match &opened {
            Some(file) => self.probe(file, summary)?,
            None => None,
        };
        // What ffprobe cannot read is not media; its dialogue is ingested all the same.
        let is_readable = opened.is_some() && (facts.is_some() || self.tools.ffprobe().is_err());
        if !is_readable && self.group.companions.is_empty() {
            return Ok(Totals::default());
        }
        let is_another =
            asset.state.get("media").is_some() && asset.state.get("media") != media.map(stamp).as_ref();
        let line = self.line(&asset, facts.as_ref(), is_readable, is_another);
        let mut sender = Sender::new(self.client, options.send);
        self.put_asset(&mut sender, &line)?;
        let mut state = json!({"files": {}});
        if let (Some(media), true) = (media, is_readable) {
            state["media"] = stamp(media);
        }
        let dialogue =
            self.dialogue(&asset, &line, facts.as_ref(), opened.as_ref(), &mut sender, &mut state, summary);
        let dialogue = dialogue.and_then(|n| sender.finish().map(|()| n));
        let found = dialogue.and_then(|dialogue| {
            let shots = match (&opened, &facts) {
                (Some(file), Some(facts))
                    if wants_shots && !options.send.dry_run && facts.video.is_some() =>
                {
                    self.shots(&asset, file, facts, &mut sender, summary)?
                }
                _ => None,
            };
            Ok((dialogue, shots))
        });
        let (dialogue, shots) = match found {
            Ok(found) => found,
            Err(failure) => {
                sender.abort();
                return Err(failure);
            }
        };
        // A file without pictures has no shots, and need not be looked at again for them.
        if shots.is_some() || facts.as_ref().is_some_and(|f| f.video.is_none()) {
            state["shots"] = json!(SHOTS_MODEL);
        }
        let mut line = line;
        line.insert(STATE.to_owned(), state);
        self.put_asset(&mut sender, &line)?;
        let is_new = asset.registered.is_none();
        summary.took(&self.shown(), media.is_some(), dialogue, shots.unwrap_or(0));
        summary.count(if is_new { Change::New } else { Change::Changed });
        sender.tally.totals.assets = u64::from(is_new && !options.send.dry_run);
        Ok(std::mem::take(&mut sender.tally.totals))
    }

    /// Its name, as it may be shown.
    pub(super) fn shown(&self) -> String {
        shown(self.group.media.as_ref().map_or(self.group.stem.as_str(), |m| &m.below).as_ref())
    }

    /// The asset that it is: the one named, or by its name, where that does not name another file already.
    fn asset_state(&self) -> Outcome<AssetState> {
        let suggested = match &self.options.source.asset {
            Some(asset) => asset.clone(),
            None => suggested_id(&names::read(&self.group.stem), &self.group.stem),
        };
        let path = self.group.media.as_ref().map(|m| m.path.to_string_lossy().into_owned());
        let own = path.clone().unwrap_or_else(|| format!("{}/{}", self.folder, self.group.stem));
        let (mut id, mut holder) = (suggested.clone(), IdHolder::None);
        for _ in 0..IDS_MAX {
            id = choose_id(&suggested, &own, holder);
            let reply =
                self.client.send(Method::GET, &format!("/v1/assets/{}", encode(&id)), Payload::Empty)?;
            if reply.status == StatusCode::NOT_FOUND {
                return Ok(AssetState { id, registered: None, state: Value::Null });
            }
            let asset = reply.json()?;
            let other = asset.get("path").and_then(Value::as_str).filter(|p| Some(*p) != path.as_deref());
            // A file that is no longer there was moved here. Subtitles alone belong to the asset of their name.
            let is_another = path.is_some() && other.is_some_and(|p| std::fs::symlink_metadata(p).is_ok());
            if !is_another || self.options.source.asset.is_some() || holder == IdHolder::Another {
                let state = asset.pointer(&format!("/attributes/{STATE}")).cloned().unwrap_or(Value::Null);
                return Ok(AssetState { id, registered: asset.as_object().cloned(), state });
            }
            holder = IdHolder::Another;
        }
        Ok(AssetState { id, registered: None, state: Value::Null })
    }

    fn is_unchanged(&self, asset: &AssetState, wants_shots: bool) -> bool {
        let state = &asset.state;
        let media = self.group.media.as_ref().map(stamp);
        let files = &state["files"];
        let path = self.group.media.as_ref().and_then(|m| m.path.to_str());
        let was = asset.registered.as_ref().and_then(|a| a.get("path")).and_then(Value::as_str);
        // The asset of a moved file is written again, for its path.
        (path.is_none() || was == path)
            && state.get("media") == media.as_ref()
            && (!wants_shots || media.is_none() || state["shots"] == SHOTS_MODEL)
            && self.group.companions.iter().all(|c| files.get(name_of(&c.file)) == Some(&stamp(&c.file)))
            && !state.is_null()
    }

    fn probe(&self, file: &File, summary: &mut FootageSummary) -> Outcome<Option<Probe>> {
        if self.tools.ffprobe().is_err() {
            return Ok(None);
        }
        match probe(self.tools, file, &interrupt::is_asked) {
            Ok(facts) => {
                if facts.video.as_ref().is_some_and(|v| v.is_variable) {
                    summary.note(&self.shown(), "its frames come at no fixed rate, so it has no timecode");
                }
                Ok(Some(facts))
            }
            Err(error) if error.kind() == ErrorKind::Cancelled => Err(Failure::Interrupted),
            Err(error) => {
                summary.skip(&self.shown(), &format!("{error}; check that it plays"));
                Ok(None)
            }
        }
    }

    /// The asset's line.
    fn line(
        &self,
        asset: &AssetState,
        facts: Option<&Probe>,
        is_media: bool,
        is_another: bool,
    ) -> Map<String, Value> {
        let named = names::read(&self.group.stem);
        let path = self.group.media.as_ref().filter(|_| is_media).and_then(|m| m.path.to_str());
        let found = asset_fields(&Facts { named: &named, probe: facts, path, folder: self.folder });
        let mut given = Map::new();
        let source = &self.options.source;
        let rate = source.frame_rate.map(|rate| rate.to_string());
        for (name, value) in
            [("movie_id", &source.movie), ("frame_rate", &rate), ("start_timecode", &source.start_timecode)]
        {
            if let Some(value) = value {
                given.insert(name.to_owned(), json!(value));
            }
        }
        // A moved file is the same asset at another place.
        if let Some(path) = path {
            given.insert("path".to_owned(), json!(path));
        }
        let mut line = merged(asset.registered.as_ref(), found, given, is_another);
        if let (Some(language), false) = (&source.language, line.contains_key("language")) {
            line.insert("language".to_owned(), json!(language));
        }
        line.insert("asset_id".to_owned(), json!(asset.id));
        line.remove(STATE);
        line
    }

    fn put_asset(&self, sender: &mut Sender<'_>, line: &Map<String, Value>) -> Outcome {
        let before = sender.totals().rejected;
        let file = sender.tally.file(&self.shown());
        sender.assets(file, serde_json::to_vec(line)?)?;
        if sender.totals().rejected > before {
            return Err(Failure::because(format!(
                "`{}` was not ingested; mend what is named above",
                self.shown()
            )));
        }
        Ok(())
    }

    /// Finds the shots and writes them; gives their number, or nothing where they could not be found.
    fn shots(
        &self,
        asset: &AssetState,
        file: &File,
        facts: &Probe,
        sender: &mut Sender<'_>,
        summary: &mut FootageSummary,
    ) -> Outcome<Option<u64>> {
        let total = facts.duration_ns.unwrap_or(0).max(1);
        let tell = |ns: i64| {
            let percent = (i128::from(ns) * 100 / i128::from(total)).clamp(0, 100);
            self.bar.say(&format!("{} {percent:3} %", shortened(self.group)));
        };
        let found = match shots(self.tools, file, facts, &interrupt::is_asked, &tell) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::Cancelled => return Err(Failure::Interrupted),
            Err(error) => {
                summary.skip(&self.shown(), &format!("its shots could not be found: {error}"));
                return Ok(None);
            }
        };
        let place = sender.tally.file(&format!("{} (its shots)", self.shown()));
        for (number, shot) in (1..).zip(&found) {
            let line = json!({
                "asset_id": asset.id, "model": SHOTS_MODEL, "type": "SHOT",
                "time_range": {"start_time_ns": shot.start_ns, "end_time_ns": shot.end_ns},
                "annotation_id": format!("shot-{number:05}"),
                "attributes": {"shot": number, "change": (f64::from(shot.change) * 1_000.0).round() / 1_000.0},
            });
            sender.line(place, number, &serde_json::to_vec(&line)?, Some(RunMode::Replace))?;
        }
        sender.finish()?;
        Ok(Some(found.len() as u64))
    }
}

/// A name that fits before a bar.
pub(super) fn shortened(group: &Group) -> String {
    let name = group.stem.rsplit('/').next().unwrap_or_default();
    name.chars().map(|c| if c.is_control() { '?' } else { c }).take(24).collect()
}
