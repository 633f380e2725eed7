//! An edit decision list (CMX 3600): one event a moment, cut after cut, to be conformed in an editing program.
//!
//! Such a list does not state its rate, so a list has one rate, that of most moments; moments of other rates are left
//! out and counted. Source timecode is the asset's; record timecode begins at one hour and runs on.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use rushes_plan::time::AssetTimecode;
use rushes_types::{Asset, FrameRate, Timecode, printable};

use crate::export::{Clip, ExportedFile, name_of};

/// Most events of a list: the format counts them in three digits.
pub const EVENTS_MAX: usize = 999;
/// Most characters of a reel's name.
const REEL_CHARS_MAX: usize = 8;
/// Most characters of a comment.
const COMMENT_CHARS_MAX: usize = 160;
/// Most characters of a list's title.
const TITLE_CHARS_MAX: usize = 70;
/// The reel name of an asset without a usable name.
const NO_REEL: &str = "AX";

/// A moment with its timecode.
struct Event<'a> {
    clip: Clip<'a>,
    source: (String, String),
    frames: i64,
}

/// Writes a list with this title.
#[must_use]
pub fn edl(title: &str, clips: &[Clip<'_>]) -> ExportedFile {
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    let Some(rate) = usual_rate(clips) else {
        left_out.extend((!clips.is_empty()).then(|| (no_timecode(), clips.len())));
        return finish(title, "NON-DROP FRAME", "", 0, left_out);
    };
    let mut events: Vec<Event<'_>> = Vec::new();
    for clip in clips {
        match event(*clip, rate) {
            Ok(_) if events.len() == EVENTS_MAX => {
                *left_out.entry(format!("a list has at most {EVENTS_MAX} events")).or_default() += 1;
            }
            Ok(event) => events.push(event),
            Err(why) => *left_out.entry(why).or_default() += 1,
        }
    }
    let drops = |event: &Event<'_>| event.source.0.contains(';');
    let list_drops = events.first().is_some_and(drops);
    let mode = |drops: bool| if drops { "DROP FRAME" } else { "NON-DROP FRAME" };
    let mut body = String::new();
    let mut reels = Reels::default();
    let mut record = i64::from(rate.nominal()) * 3600;
    if list_drops {
        // One hour of drop frame has fewer frames: the list begins at 01:00:00;00 all the same.
        record = Timecode::parse("01:00:00;00", rate).map_or(record, Timecode::frames);
    }
    let mut now = list_drops;
    for (number, event) in (1..).zip(&events) {
        if drops(event) != now {
            now = drops(event);
            // Writing to a string cannot fail, here and below.
            let _ = write!(body, "FCM: {}\r\n", mode(now));
        }
        write_event(&mut body, number, event, &reels.of(event.clip.asset), rate, record, list_drops);
        record = record.saturating_add(event.frames);
    }
    finish(title, mode(list_drops), &body, events.len(), left_out)
}

fn finish(
    title: &str,
    mode: &str,
    body: &str,
    written: usize,
    left_out: BTreeMap<String, usize>,
) -> ExportedFile {
    let mut text = format!("TITLE: {}\r\nFCM: {mode}\r\n\r\n{body}", one_line(title, TITLE_CHARS_MAX));
    for (why, count) in &left_out {
        let _ = write!(text, "* {count} LEFT OUT: {}\r\n", comment(why).to_uppercase());
    }
    ExportedFile { text, written, left_out: left_out.into_iter().collect() }
}

fn no_timecode() -> String {
    "the frame rate of the asset is not known, or its start timecode is none at that rate".to_owned()
}

/// The rate of most moments; of equals the first.
fn usual_rate(clips: &[Clip<'_>]) -> Option<FrameRate> {
    let mut counts: Vec<(FrameRate, usize)> = Vec::new();
    for rate in
        clips.iter().filter(|c| AssetTimecode::of(c.asset).is_some()).filter_map(|c| c.asset.frame_rate)
    {
        match counts.iter_mut().find(|(known, _)| *known == rate) {
            Some((_, count)) => *count += 1,
            None => counts.push((rate, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    counts.iter().find(|(_, count)| *count == most).map(|(rate, _)| *rate)
}

fn event(clip: Clip<'_>, rate: FrameRate) -> Result<Event<'_>, String> {
    let timecode = AssetTimecode::of(clip.asset).ok_or_else(no_timecode)?;
    if clip.asset.frame_rate != Some(rate) {
        return Err(format!("another frame rate than the {rate} of the list"));
    }
    let first = rate.frame_at(clip.start_ns);
    let end = rate.frame_after(clip.end_ns).max(first.saturating_add(1));
    Ok(Event { clip, source: timecode.span(clip.start_ns, clip.end_ns), frames: end.saturating_sub(first) })
}

fn write_event(
    body: &mut String,
    number: usize,
    event: &Event<'_>,
    reel: &str,
    rate: FrameRate,
    record: i64,
    drops: bool,
) {
    let timecode = |frames: i64| Timecode::from_frames(frames, rate, drops).to_string();
    let (from, to) = &event.source;
    let (record_in, record_out) = (timecode(record), timecode(record.saturating_add(event.frames)));
    let _ =
        write!(body, "{number:03}  {reel:<8} {:<5} {:<8} {from} {to} {record_in} {record_out}\r\n", "V", "C");
    let asset = event.clip.asset;
    let _ = write!(body, "* FROM CLIP NAME: {}\r\n", comment(&clip_name(asset)));
    let found = event.clip.labels.iter().chain(event.clip.lines).map(String::as_str);
    let says: Vec<String> = std::iter::once(name_of(asset)).chain(found.map(str::to_owned)).collect();
    let _ = write!(body, "* COMMENT: {}\r\n", comment(&says.join(" | ")));
}

/// What an editing program finds the media by: the file's name, else the asset's id.
fn clip_name(asset: &Asset) -> String {
    let file = asset.path.as_deref().and_then(|path| path.rsplit(['/', '\\']).find(|part| !part.is_empty()));
    file.map_or_else(|| asset.id.to_string(), str::to_owned)
}

fn comment(text: &str) -> String {
    one_line(text, COMMENT_CHARS_MAX)
}

/// One line of at most that many characters.
fn one_line(text: &str, chars_max: usize) -> String {
    let line = printable(text, &[]);
    let words: Vec<&str> = line.split_whitespace().collect();
    words.join(" ").chars().take(chars_max).collect()
}

/// Names of reels: at most eight letters and digits, a different one for each asset.
#[derive(Default)]
struct Reels {
    by_asset: HashMap<String, String>,
    taken: HashMap<String, String>,
}

impl Reels {
    fn of(&mut self, asset: &Asset) -> String {
        let id = asset.id.as_str();
        if let Some(reel) = self.by_asset.get(id) {
            return reel.clone();
        }
        let own = asset.reel.as_deref().map(plain).filter(|reel| !reel.is_empty());
        // A named reel is a tape, and several assets may come from one.
        let reel = match own {
            Some(reel) => reel,
            None => self.free(&plain(id), id),
        };
        self.taken.entry(reel.clone()).or_insert_with(|| id.to_owned());
        self.by_asset.insert(id.to_owned(), reel.clone());
        reel
    }

    fn free(&self, wanted: &str, id: &str) -> String {
        let wanted = if wanted.is_empty() { NO_REEL } else { wanted };
        let is_free = |name: &str| self.taken.get(name).is_none_or(|by| by == id);
        if is_free(wanted) {
            return wanted.to_owned();
        }
        let numbered = |n: usize| {
            let digits = n.to_string();
            let kept = REEL_CHARS_MAX.saturating_sub(digits.len());
            format!("{}{digits}", wanted.chars().take(kept).collect::<String>())
        };
        (2..=EVENTS_MAX + 1).map(numbered).find(|name| is_free(name)).unwrap_or_else(|| NO_REEL.to_owned())
    }
}

/// Letters and digits of a name, in capitals; of a long one the end, where the numbers are.
fn plain(name: &str) -> String {
    let letters: Vec<char> = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let from = letters.len().saturating_sub(REEL_CHARS_MAX);
    letters.iter().skip(from).collect::<String>().to_ascii_uppercase()
}
