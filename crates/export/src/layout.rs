//! Moments one after the other on a timeline, in whole frames.

use rushes_types::{AssetTimecode, Error, ErrorKind, FrameRate, Result, Timecode};

use crate::clip::Clip;
use crate::left_out::{LeftOut, leave_out};
use crate::options::{Options, RateChoice};

/// The timecode at which a timeline begins where none is asked for.
const START: &str = "01:00:00:00";
/// By so much at most a length that a container says may fall short of its last frame: one in whole milliseconds.
const DURATION_SLACK_NS: i64 = 1_000_000;
/// Why a moment is in no timeline.
pub(crate) const NO_RATE: &str = "the frame rate is not known";
const NO_START: &str = "the start timecode does not exist at the frame rate";
const AFTER_THE_END: &str = "it begins after the end of the media";

/// A moment on the timeline. Frames of the media count from its first one, frames of the timeline from its beginning.
#[derive(Debug, Clone)]
pub(crate) struct Shot<'a> {
    pub clip: Clip<'a>,
    pub timecode: AssetTimecode,
    /// First frame of the media that is used, handles included.
    pub first: i64,
    /// The first frame of the media that is not.
    pub end: i64,
    /// The moment itself, without handles.
    pub marked: (i64, i64),
    /// Where it begins on the timeline.
    pub record: i64,
    /// How many frames of the timeline it takes.
    pub length: i64,
}

impl Shot<'_> {
    /// The rate of the media.
    pub(crate) fn rate(&self) -> FrameRate {
        self.timecode.rate()
    }

    /// Source timecode of the first frame and of the one after the last.
    pub(crate) fn source(&self) -> (String, String) {
        (self.timecode.write(self.first), self.timecode.write(self.end))
    }

    /// A frame of the media as its timecode counts.
    pub(crate) fn counted(&self, frame: i64) -> i64 {
        frame.saturating_add(self.timecode.start_frames())
    }
}

/// A timeline.
#[derive(Debug)]
pub(crate) struct Sequence<'a> {
    pub rate: FrameRate,
    pub drop_frame: bool,
    /// The timecode at which it begins, as a count.
    pub start: i64,
    pub shots: Vec<Shot<'a>>,
    /// Frames between one moment and the next.
    pub gap: i64,
    pub left_out: Vec<LeftOut>,
    pub notes: Vec<String>,
}

/// What becomes of moments at another rate than the timeline's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mixing {
    /// They are left out: the format does not say its rate.
    LeaveOut,
    /// Their length is counted in frames of the timeline, rounded down, so that nothing reaches past its media.
    Conform,
}

impl<'a> Sequence<'a> {
    /// Lays out moments.
    ///
    /// # Errors
    /// Where the start timecode that is asked for does not exist at the rate.
    pub(crate) fn of(clips: &[Clip<'a>], options: &Options, mixing: Mixing) -> Result<Self> {
        let mut left_out = Vec::new();
        let known: Vec<(Clip<'a>, AssetTimecode)> =
            clips.iter().filter_map(|clip| Some((*clip, timecode_of(clip, &mut left_out)?))).collect();
        let rate = match options.rate {
            RateChoice::One(rate) => rate,
            RateChoice::Usual | RateChoice::Each => usual_rate(&known),
        };
        let first_drops =
            known.iter().find(|(_, tc)| tc.rate() == rate).is_some_and(|(_, tc)| tc.drop_frame());
        let (start, drop_frame, notes) = start_of(options, rate, first_drops)?;
        let gap = options.gap.frames(rate);
        let mut sequence = Self { rate, drop_frame, start, shots: Vec::new(), gap, left_out, notes };
        let mut record = 0_i64;
        for (clip, timecode) in known {
            if mixing == Mixing::LeaveOut && timecode.rate() != rate {
                let why = format!(
                    "the frame rate is not the {rate} of the file: ask for `rate=each`, or for that rate"
                );
                leave_out(&mut sequence.left_out, &why, clip.asset.id.as_str());
                continue;
            }
            match shot_of(clip, timecode, options, rate) {
                Some(mut shot) => {
                    shot.record = record;
                    record = record.saturating_add(shot.length).saturating_add(gap);
                    sequence.shots.push(shot);
                }
                None => leave_out(&mut sequence.left_out, AFTER_THE_END, clip.asset.id.as_str()),
            }
        }
        Ok(sequence)
    }

    /// The timecode of a frame of the timeline.
    pub(crate) fn write(&self, frame: i64) -> String {
        Timecode::from_frames(self.start.saturating_add(frame), self.rate, self.drop_frame).to_string()
    }

    /// How many frames the timeline has.
    pub(crate) fn length(&self) -> i64 {
        self.shots.last().map_or(0, |shot| shot.record.saturating_add(shot.length))
    }

    /// Where the moment itself lies on the timeline, and for how many frames; at least one.
    pub(crate) fn marked(&self, shot: &Shot<'_>) -> (i64, i64) {
        let from = conformed(shot.marked.0 - shot.first, shot.rate(), self.rate).min(shot.length - 1);
        let to = conformed(shot.marked.1 - shot.first, shot.rate(), self.rate).clamp(from + 1, shot.length);
        (shot.record.saturating_add(from), to - from)
    }
}

/// The timecode of a moment's asset; where there is none, the moment is left out.
pub(crate) fn timecode_of(clip: &Clip<'_>, left_out: &mut Vec<LeftOut>) -> Option<AssetTimecode> {
    let timecode = AssetTimecode::of(clip.asset);
    if timecode.is_none() {
        let why = if clip.asset.frame_rate.is_none() { NO_RATE } else { NO_START };
        leave_out(left_out, why, clip.asset.id.as_str());
    }
    timecode
}

/// The rate of most moments; of equals the first. Where there are none, one that every program has.
fn usual_rate(known: &[(Clip<'_>, AssetTimecode)]) -> FrameRate {
    let mut counts: Vec<(FrameRate, usize)> = Vec::new();
    for (_, timecode) in known {
        match counts.iter_mut().find(|(rate, _)| *rate == timecode.rate()) {
            Some((_, count)) => *count += 1,
            None => counts.push((timecode.rate(), 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max();
    let found = counts.iter().find(|(_, count)| Some(*count) == most).map(|(rate, _)| *rate);
    found.unwrap_or(FrameRate::WHOLE_25)
}

/// Where a timeline begins, whether it drops frames, and what is to be said of that.
pub(crate) fn start_of(options: &Options, rate: FrameRate, drops: bool) -> Result<(i64, bool, Vec<String>)> {
    let mut notes = Vec::new();
    let written = options.start.as_deref().unwrap_or(START);
    let asked = options.drop_frame.or_else(|| written.contains(';').then_some(true));
    if asked == Some(true) && !rate.can_drop() {
        notes.push(format!("drop frame does not exist at {rate}: the timecode is written without"));
    }
    let drop_frame = asked.unwrap_or(drops) && rate.can_drop();
    let text = written.replace(';', ":");
    let text = match text.rsplit_once(':') {
        Some((head, frames)) if drop_frame => format!("{head};{frames}"),
        _ => text,
    };
    let start = Timecode::parse(&text, rate).map_err(|error| {
        let mend = format!("name a frame that exists at {rate}");
        Error::new(ErrorKind::Invalid, format!("`start`: {error}")).at("start").mend(mend)
    })?;
    Ok((start.frames(), drop_frame, notes))
}

/// A moment with its handles; `None` where it begins after the end of its media.
fn shot_of<'a>(
    clip: Clip<'a>,
    timecode: AssetTimecode,
    options: &Options,
    rate: FrameRate,
) -> Option<Shot<'a>> {
    let own = timecode.rate();
    let media = media_frames(&clip, own).unwrap_or(i64::MAX);
    let (first, end) = timecode.frames(clip.start_ns.max(0), clip.end_ns);
    if first >= media {
        return None;
    }
    let marked = (first, end.min(media));
    let handles = options.handles.frames(own);
    let mut first = marked.0.saturating_sub(handles).max(0);
    let mut end = marked.1.saturating_add(handles).min(media);
    // At least one frame of the timeline, from media that are there.
    let least = conformed_up(1, rate, own);
    if end - first < least {
        end = first.saturating_add(least).min(media);
        first = end.saturating_sub(least).clamp(0, first);
    }
    let length = conformed(end - first, own, rate).max(1);
    Some(Shot { clip, timecode, first, end, marked, record: 0, length })
}

/// How many frames the media have, where their length is known.
pub(crate) fn media_frames(clip: &Clip<'_>, rate: FrameRate) -> Option<i64> {
    let slack = DURATION_SLACK_NS.min(rate.start_of(1) / 4);
    let frames = clip.asset.duration_ns.map(|ns| rate.frame_at(ns.saturating_add(slack)))?;
    (frames > 0).then_some(frames)
}

/// Frames at one rate as frames at another, rounded down.
pub(crate) fn conformed(frames: i64, from: FrameRate, to: FrameRate) -> i64 {
    let (scaled, by) = scale(frames, from, to);
    i64::try_from(scaled.div_euclid(by)).unwrap_or(i64::MAX)
}

/// The same, rounded up.
fn conformed_up(frames: i64, from: FrameRate, to: FrameRate) -> i64 {
    let (scaled, by) = scale(frames, from, to);
    i64::try_from((scaled + by - 1).div_euclid(by)).unwrap_or(i64::MAX)
}

fn scale(frames: i64, from: FrameRate, to: FrameRate) -> (i128, i128) {
    let ((from_num, from_den), (to_num, to_den)) = (from.ratio(), to.ratio());
    let scaled = i128::from(frames) * i128::from(to_num) * i128::from(from_den);
    (scaled, i128::from(to_den) * i128::from(from_num))
}
