//! Label Studio, video: its JSON export.
//!
//! Source: tasks `{"data":{"video"},"annotations":[{"result":[{"type","value"}]}]}`. `timelinelabels`: `ranges` of frames
//! become `EVENT_SEARCH`; `videorectangle`: a `sequence` of key frames becomes `OBJECT_SEARCH`, from a key frame that is
//! enabled to the next that is not, with boxes in shares of the picture; `labels` with `start` and `end` in seconds (audio)
//! become `EVENT_SEARCH`, texts of the same region `DIALOGUE_SEARCH`. Frames count from 1, the last one is **included**. The
//! rate is the caller's, else what `framesCount` and `duration` say.

use std::io::Read;

use crate::decimal::Decimal;
use crate::problem::Fault;
use crate::value::Value;
use rushes_types::{FrameRate, known_types};

use crate::formats::json::{Document, list, own_text, seconds, text, text_of};
use crate::formats::kinds;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};
use crate::formats::rate::{rate_is_needed, rate_of};
use crate::formats::shape;
use crate::formats::tools::which::which;
use crate::formats::tracks::{Sighting, Tracks};

/// Boxes are percentages.
const PERCENT: i64 = 2;

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let document = Document::load(reader, out)?;
    let mut names = Vec::new();
    document.lookup("", &mut |task| names.push(name_of(task)));
    let meant = match which(&names, &out.settings.asset) {
        Ok(place) => place,
        Err(_) if names.is_empty() => return document.nothing(out, "tasks"),
        Err(fault) => return out.problem(0, fault),
    };
    let mut place = 0;
    document.rows(out, "", &mut |out, line, task| {
        place += 1;
        if place != meant + 1 {
            out.skip(line, "tasks of other media are left out");
            return CONTINUE;
        }
        let drafts = list(task, "predictions").len();
        if drafts > 0 {
            out.tally(line, "predictions are left out, annotations are read");
        }
        for annotation in list(task, "annotations").iter().chain(list(task, "completions")) {
            if annotation.member("was_cancelled") == Some(&Value::Bool(true)) {
                out.skip(line, "annotations that were cancelled are left out");
                continue;
            }
            for region in list(annotation, "result") {
                self::region(out, line, region)?;
            }
        }
        CONTINUE
    })?;
    CONTINUE
}

fn name_of(task: &Value) -> String {
    let data = task.member("data").unwrap_or(task);
    let name = text_of(data, &["video", "video_url", "audio", "url"]).unwrap_or("");
    let name = name.split(['?', '#']).next().unwrap_or("").rsplit('/').next().unwrap_or("");
    // An upload has eight digits and a hyphen before its name.
    let bare =
        name.split_once('-').filter(|(id, _)| id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    bare.map_or(name, |(_, bare)| bare).to_owned()
}

fn region(out: &mut FormatOutput<'_, '_>, line: u64, region: &Value) -> Flow {
    let Some(value) = region.member("value") else {
        out.skip(line, "relations between regions are left out");
        return CONTINUE;
    };
    let names = ["timelinelabels", "labels", "videorectanglelabels", "choices"];
    let labels: Vec<&str> = names.iter().flat_map(|name| list(value, name)).filter_map(own_text).collect();
    let label = labels.join(", ");
    let made = if !list(value, "ranges").is_empty() {
        ranges(out, line, value, &label)?
    } else if !list(value, "sequence").is_empty() {
        track(out, line, region, value, &label)?
    } else {
        span(out, line, value, &label)?
    };
    match made {
        Ok(()) => CONTINUE,
        Err(fault) => out.problem(line, fault),
    }
}

type Made = std::ops::ControlFlow<(), Result<(), Fault>>;
const MADE: Made = Made::Continue(Ok(()));

/// The caller's rate, or what the region says of the medium.
fn rate(out: &FormatOutput<'_, '_>, value: &Value) -> Result<FrameRate, Fault> {
    let own = || {
        let frames = Decimal::parse(text(value, "framesCount")?)?.scaled(6)?;
        let ns = seconds(value, "duration").ok()??;
        let millionths = frames.checked_mul(1_000_000_000)?.checked_div(ns)?;
        rate_of(&format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000))
    };
    out.settings.frame_rate.or_else(own).ok_or_else(rate_is_needed)
}

fn frame(value: &Value, name: &str) -> Result<i64, Fault> {
    let number = text(value, name).and_then(|text| text.parse::<i64>().ok());
    number
        .filter(|frame| (1..=i64::from(u32::MAX)).contains(frame))
        .ok_or_else(|| Fault::new(name, "this is no frame; they count from 1", "mend the region"))
}

fn ranges(out: &mut FormatOutput<'_, '_>, line: u64, value: &Value, label: &str) -> Made {
    for range in list(value, "ranges") {
        let times = rate(out, value).and_then(|rate| {
            let (start, end) = (frame(range, "start")?, frame(range, "end")?);
            Ok((i128::from(rate.start_of(start - 1)), i128::from(rate.start_of(end))))
        });
        match times {
            Ok((start_ns, end_ns)) => {
                out.annotation(line, AnnotationDraft::label(kinds::EVENT, label, start_ns, end_ns))?;
            }
            Err(fault) => return Made::Continue(Err(fault)),
        }
    }
    MADE
}

/// A stretch of seconds: a label of audio, or what was said there.
fn span(out: &mut FormatOutput<'_, '_>, line: u64, value: &Value, label: &str) -> Made {
    let times = seconds(value, "start").and_then(|start| Ok(start.zip(seconds(value, "end")?)));
    let said: Vec<&str> = list(value, "text").iter().filter_map(own_text).collect();
    let said = if said.is_empty() { text(value, "text").unwrap_or("").to_owned() } else { said.join(" ") };
    match times {
        Ok(Some((start_ns, end_ns))) if !said.is_empty() => {
            let kind = known_types::DIALOGUE;
            let text = said;
            out.annotation(
                line,
                AnnotationDraft { kind, start_ns, end_ns, text, ..AnnotationDraft::default() },
            )?;
        }
        Ok(Some((start_ns, end_ns))) if !label.is_empty() => {
            out.annotation(line, AnnotationDraft::label(kinds::EVENT, label, start_ns, end_ns))?;
        }
        Ok(Some(_)) => out.skip(line, "regions without a label are left out"),
        Ok(None) => out.skip(line, "answers about the whole medium have no time and are left out"),
        Err(fault) => return Made::Continue(Err(fault)),
    }
    MADE
}

fn track(out: &mut FormatOutput<'_, '_>, line: u64, region: &Value, value: &Value, label: &str) -> Made {
    let rate = match rate(out, value) {
        Ok(rate) => rate,
        Err(fault) => return Made::Continue(Err(fault)),
    };
    let ns = |frame: i64| i128::from(rate.start_of(frame));
    let frames: Option<i64> = text(value, "framesCount").and_then(|text| text.parse().ok());
    let sequence = list(value, "sequence");
    let mut tracks = Tracks::new(0);
    for (place, key) in sequence.iter().enumerate() {
        let (first, next) =
            match (frame(key, "frame"), sequence.get(place + 1).map(|next| frame(next, "frame"))) {
                (Ok(first), None) => (first, None),
                (Ok(first), Some(Ok(next))) => (first, Some(next)),
                (Err(fault), _) | (_, Some(Err(fault))) => return Made::Continue(Err(fault)),
            };
        let goes_on = key.member("enabled") != Some(&Value::Bool(false));
        // Frame n, from 1, lasts from n-1 to n.
        let end = match next {
            Some(next) if goes_on => next - 1,
            None if goes_on => frames.unwrap_or(first).max(first),
            _ => first,
        };
        let mut said = AnnotationDraft::label(known_types::OBJECT, label, ns(first - 1), ns(end.max(first)));
        if said.label.is_empty() {
            "object".clone_into(&mut said.label);
        }
        if let Some(id) = text(region, "id") {
            said.attributes.text("track", id);
        }
        let side = |name: &str| {
            let number = Decimal::parse(text(key, name)?)?;
            number.shifted_down(PERCENT).to_json()
        };
        let sides = ["x", "y", "width", "height"].map(side);
        let shape = shape::of_texts([0, 1, 2, 3].map(|place: usize| sides[place].as_deref()));
        tracks.see(out, line, (), Sighting { place: 0, said, shape })?;
        if !goes_on {
            tracks.end(out)?;
        }
    }
    tracks.end(out)?;
    MADE
}
