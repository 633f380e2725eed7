//! One media file with what belongs to it: its asset, its dialogue, its shots.

use std::fs::File;

use axum::http::{Method, StatusCode};
use rushes_footage::{
    Facts, Found, Group, Holder, Probe, SHOTS_MODEL, Tools, asset_fields, choose_id, merged, names, probe,
    shots, shown, suggested_id,
};
use rushes_types::{ErrorKind, RunMode};
use serde_json::{Map, Value, json};

use super::summary::{Became, Seen};
use crate::args::Ingest;
use crate::client::{Client, Payload, encode};
use crate::exit::{Failure, Outcome};
use crate::interrupt;
use crate::lines::{How, Sender, Totals};
use crate::progress::Bar;

/// The attribute of an asset that says what of its files was taken in.
const STATE: &str = "footage";
/// Attempts to find a free id.
const IDS_MAX: usize = 2;

/// Takes one group in.
pub struct Task<'a> {
    pub client: &'a Client,
    pub args: &'a Ingest,
    pub tools: &'a Tools,
    pub group: &'a Group,
    pub folder: &'a str,
    pub bar: &'a Bar,
}

/// What is known before anything is written.
pub(super) struct Known {
    pub id: String,
    asset: Option<Map<String, Value>>,
    /// What was taken in before.
    state: Value,
}

/// By what a file is known again.
pub(super) fn stamp(file: &Found) -> Value {
    json!({"bytes": file.bytes, "changed_ns": file.changed_ns})
}

/// A file's own name.
pub(super) fn name_of(file: &Found) -> &str {
    file.below.rsplit('/').next().unwrap_or(&file.below)
}

impl Task<'_> {
    /// Takes it in, and says what became of it.
    pub fn run(&self, seen: &mut Seen) -> Outcome<Totals> {
        let known = self.known()?;
        let (args, media) = (self.args, self.group.media.as_ref());
        let wants_shots =
            !args.footage.no_shots && self.tools.ffmpeg().is_ok() && self.tools.ffprobe().is_ok();
        if !args.footage.again && self.is_unchanged(&known, wants_shots) {
            seen.became(Became::Unchanged);
            return Ok(Totals::default());
        }
        let opened = match media.map(|m| File::open(&m.path)).transpose() {
            Ok(opened) => opened,
            Err(e) => {
                seen.skip(&self.shown(), &format!("it cannot be read: {e}"));
                None
            }
        };
        let facts = match &opened {
            Some(file) => self.probe(file, seen)?,
            None => None,
        };
        // What ffprobe cannot read is no media; its dialogue goes in all the same.
        let is_readable = opened.is_some() && (facts.is_some() || self.tools.ffprobe().is_err());
        if !is_readable && self.group.companions.is_empty() {
            return Ok(Totals::default());
        }
        let is_another =
            known.state.get("media").is_some() && known.state.get("media") != media.map(stamp).as_ref();
        let line = self.line(&known, facts.as_ref(), is_readable, is_another);
        let mut sender = Sender::new(self.client, How { strict: args.strict, dry_run: args.dry_run });
        self.put_asset(&mut sender, &line)?;
        let mut state = json!({"files": {}});
        if let (Some(media), true) = (media, is_readable) {
            state["media"] = stamp(media);
        }
        let dialogue =
            self.dialogue(&known, &line, facts.as_ref(), opened.as_ref(), &mut sender, &mut state, seen);
        let dialogue = dialogue.and_then(|n| sender.finish().map(|()| n));
        let found = dialogue.and_then(|dialogue| {
            let shots = match (&opened, &facts) {
                (Some(file), Some(facts)) if wants_shots && !args.dry_run && facts.video.is_some() => {
                    self.shots(&known, file, facts, &mut sender, seen)?
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
        let is_new = known.asset.is_none();
        seen.took(&self.shown(), media.is_some(), dialogue, shots.unwrap_or(0));
        seen.became(if is_new { Became::New } else { Became::Changed });
        sender.totals.assets = u64::from(is_new && !args.dry_run);
        Ok(std::mem::take(&mut sender.totals))
    }

    /// Its name, as it may be shown.
    pub(super) fn shown(&self) -> String {
        shown(self.group.media.as_ref().map_or(self.group.stem.as_str(), |m| &m.below).as_ref())
    }

    /// The asset that it is: the one named, or by its name, where that does not name another file already.
    fn known(&self) -> Outcome<Known> {
        let suggested = match &self.args.foreign.asset {
            Some(asset) => asset.clone(),
            None => suggested_id(&names::read(&self.group.stem), &self.group.stem),
        };
        let path = self.group.media.as_ref().map(|m| m.path.to_string_lossy().into_owned());
        let own = path.clone().unwrap_or_else(|| format!("{}/{}", self.folder, self.group.stem));
        let (mut id, mut holder) = (suggested.clone(), Holder::Nobody);
        for _ in 0..IDS_MAX {
            id = choose_id(&suggested, &own, holder);
            let reply =
                self.client.send(Method::GET, &format!("/v1/assets/{}", encode(&id)), Payload::Empty)?;
            if reply.status == StatusCode::NOT_FOUND {
                return Ok(Known { id, asset: None, state: Value::Null });
            }
            let asset = reply.json()?;
            let other = asset.get("path").and_then(Value::as_str).filter(|p| Some(*p) != path.as_deref());
            // A file that is no longer there was moved here. Subtitles alone belong to whoever bears their name.
            let is_another = path.is_some() && other.is_some_and(|p| std::fs::symlink_metadata(p).is_ok());
            if !is_another || self.args.foreign.asset.is_some() || holder == Holder::Another {
                let state = asset.pointer(&format!("/attributes/{STATE}")).cloned().unwrap_or(Value::Null);
                return Ok(Known { id, asset: asset.as_object().cloned(), state });
            }
            holder = Holder::Another;
        }
        Ok(Known { id, asset: None, state: Value::Null })
    }

    fn is_unchanged(&self, known: &Known, wants_shots: bool) -> bool {
        let state = &known.state;
        let media = self.group.media.as_ref().map(stamp);
        let files = &state["files"];
        let path = self.group.media.as_ref().and_then(|m| m.path.to_str());
        let was = known.asset.as_ref().and_then(|a| a.get("path")).and_then(Value::as_str);
        // One that was moved is written of again, for its path.
        (path.is_none() || was == path)
            && state.get("media") == media.as_ref()
            && (!wants_shots || media.is_none() || state["shots"] == SHOTS_MODEL)
            && self.group.companions.iter().all(|c| files.get(name_of(&c.file)) == Some(&stamp(&c.file)))
            && !state.is_null()
    }

    fn probe(&self, file: &File, seen: &mut Seen) -> Outcome<Option<Probe>> {
        if self.tools.ffprobe().is_err() {
            return Ok(None);
        }
        match probe(self.tools, file, &interrupt::is_asked) {
            Ok(facts) => {
                if facts.video.as_ref().is_some_and(|v| v.is_variable) {
                    seen.note(&self.shown(), "its frames come at no fixed rate, so it has no timecode");
                }
                Ok(Some(facts))
            }
            Err(error) if error.kind() == ErrorKind::Cancelled => Err(Failure::Interrupted),
            Err(error) => {
                seen.skip(&self.shown(), &format!("{error}; check that it plays"));
                Ok(None)
            }
        }
    }

    /// The asset's line.
    fn line(
        &self,
        known: &Known,
        facts: Option<&Probe>,
        is_media: bool,
        is_another: bool,
    ) -> Map<String, Value> {
        let named = names::read(&self.group.stem);
        let path = self.group.media.as_ref().filter(|_| is_media).and_then(|m| m.path.to_str());
        let found = asset_fields(&Facts { named: &named, probe: facts, path, folder: self.folder });
        let mut given = Map::new();
        let foreign = &self.args.foreign;
        for (name, value) in [
            ("movie_id", &foreign.movie),
            ("frame_rate", &foreign.fps),
            ("start_timecode", &foreign.start_timecode),
        ] {
            if let Some(value) = value {
                given.insert(name.to_owned(), json!(value));
            }
        }
        // A moved file is the same asset at another place.
        if let Some(path) = path {
            given.insert("path".to_owned(), json!(path));
        }
        let mut line = merged(known.asset.as_ref(), found, given, is_another);
        if let (Some(language), false) = (&foreign.language, line.contains_key("language")) {
            line.insert("language".to_owned(), json!(language));
        }
        line.insert("asset_id".to_owned(), json!(known.id));
        line.remove(STATE);
        line
    }

    fn put_asset(&self, sender: &mut Sender<'_>, line: &Map<String, Value>) -> Outcome {
        let before = sender.totals.rejected;
        let file = sender.file(&self.shown());
        sender.assets(file, serde_json::to_vec(line)?)?;
        if sender.totals.rejected > before {
            return Err(Failure::because(format!(
                "`{}` was not taken in; mend what is named above",
                self.shown()
            )));
        }
        Ok(())
    }

    /// Finds the shots and writes them; gives their number, or nothing where they could not be found.
    fn shots(
        &self,
        known: &Known,
        file: &File,
        facts: &Probe,
        sender: &mut Sender<'_>,
        seen: &mut Seen,
    ) -> Outcome<Option<u64>> {
        let total = facts.duration_ns.unwrap_or(0).max(1);
        let tell = |ns: i64| {
            let percent = (i128::from(ns) * 100 / i128::from(total)).clamp(0, 100);
            self.bar.say(&format!("{} {percent:3} %", super::shortened(self.group)));
        };
        let found = match shots(self.tools, file, facts, &interrupt::is_asked, &tell) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::Cancelled => return Err(Failure::Interrupted),
            Err(error) => {
                seen.skip(&self.shown(), &format!("its shots could not be found: {error}"));
                return Ok(None);
            }
        };
        let place = sender.file(&format!("{} (its shots)", self.shown()));
        for (number, shot) in (1..).zip(&found) {
            let line = json!({
                "asset_id": known.id, "model": SHOTS_MODEL, "type": "SHOT",
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
