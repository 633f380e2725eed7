//! The shots of a media file: ffmpeg decodes small pictures, [`crate::cuts`] decides.

use std::fs::File;

use rushes_types::{Error, ErrorKind, FrameRate, NS_PER_SECOND, Result};

use crate::cuts::{Detector, HEIGHT, PICTURE_BYTES, Thresholds, WIDTH};
use crate::limits::{SHOT_FRAMES_MAX, SHOTS_TIME_MAX};
use crate::probe::Probe;
use crate::tool::{Job, ShouldStop, Tools, threads, words};

/// Who writes the shots. A change of what is found is a new version.
pub const SHOTS_MODEL: &str = "shots@1";

/// One shot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shot {
    /// When its first frame is shown, in nanoseconds from the start of the media.
    pub start_ns: i64,
    /// When the next shot's first frame is shown, or the media ends.
    pub end_ns: i64,
    /// How different its first frame is from the one before, 0 … 1; 1 for the first shot.
    pub change: f32,
}

/// Finds the shots. `seen` is called with how far it is, in nanoseconds of the media.
///
/// # Errors
/// As ffmpeg may fail or be stopped; [`ErrorKind::TooLarge`] beyond [`SHOT_FRAMES_MAX`] frames.
pub fn shots(
    tools: &Tools,
    media: &File,
    probe: &Probe,
    stop: ShouldStop<'_>,
    seen: &(dyn Fn(i64) + Sync),
) -> Result<Vec<Shot>> {
    shots_with(tools, media, probe, Thresholds::default(), stop, seen)
}

/// As [`shots`], with other thresholds.
///
/// # Errors
/// As [`shots`].
pub fn shots_with(
    tools: &Tools,
    media: &File,
    probe: &Probe,
    thresholds: Thresholds,
    stop: ShouldStop<'_>,
    seen: &(dyn Fn(i64) + Sync),
) -> Result<Vec<Shot>> {
    let program = tools.ffmpeg()?;
    let filter = format!("scale={WIDTH}:{HEIGHT}:flags=area,format=yuv444p,showinfo=checksum=0");
    let mut before = words("-hide_banner -nostats -nostdin -loglevel info -threads");
    before.push(threads().to_string().into());
    let mut after = words("-map 0:V:0 -an -sn -dn -vf");
    after.push(filter.into());
    after.extend(words(&format!("{} -f rawvideo pipe:1", tools.as_they_come())));
    let job = Job { program, before, media, after, time_max: SHOTS_TIME_MAX, file_bytes_max: Some(0) };
    let mut detector = Detector::new(thresholds);
    let mut rest: Vec<u8> = Vec::with_capacity(PICTURE_BYTES);
    let mut pictures = 0usize;
    let mut take = |mut piece: &[u8]| {
        while !piece.is_empty() {
            let (front, back) = piece.split_at(piece.len().min(PICTURE_BYTES - rest.len()));
            rest.extend_from_slice(front);
            piece = back;
            if rest.len() == PICTURE_BYTES {
                detector.push(&rest);
                rest.clear();
                pictures += 1;
            }
        }
        if pictures > SHOT_FRAMES_MAX {
            let message = format!("it has more than {SHOT_FRAMES_MAX} frames; cut it into parts");
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        Ok(())
    };
    let mut times = Times::default();
    let mut listen = |line: &str| {
        if let Some(ns) = times.read(line) {
            seen(ns);
        }
    };
    job.run(stop, &mut take, &mut listen)?;
    Ok(joined(&detector.finish(), &times.starts, probe))
}

/// Cuts and times as shots.
fn joined(cuts: &[crate::cuts::Cut], starts: &[i64], probe: &Probe) -> Vec<Shot> {
    let rate = probe.video.as_ref().and_then(|v| v.rate);
    let end = probe.duration_ns.or_else(|| starts.last().copied()).unwrap_or(0);
    let mut shots: Vec<Shot> = Vec::with_capacity(cuts.len() + 1);
    let first = Shot { start_ns: 0, end_ns: end, change: 1.0 };
    for (start_ns, change) in
        cuts.iter().filter_map(|c| Some((on_grid(*starts.get(c.picture)?, rate), c.change)))
    {
        let last = shots.last_mut();
        let last_start = last.as_ref().map_or(0, |s| s.start_ns);
        // Time stamps that repeat or go back come from a damaged file.
        if start_ns <= last_start || start_ns >= end {
            continue;
        }
        match last {
            Some(last) => last.end_ns = start_ns,
            None => shots.push(Shot { end_ns: start_ns, ..first }),
        }
        shots.push(Shot { start_ns, end_ns: end, change });
    }
    if shots.is_empty() && end > 0 {
        shots.push(first);
    }
    shots
}

/// At a fixed rate, the start of the frame that a rounded time stamp means: containers round to milliseconds.
fn on_grid(ns: i64, rate: Option<FrameRate>) -> i64 {
    let Some(rate) = rate else { return ns };
    let half = rate.start_of(1) / 2;
    rate.start_of(rate.frame_at(ns.saturating_add(half)))
}

/// What the filter `showinfo` says: the time base once, then the time of each picture.
#[derive(Default)]
struct Times {
    base: Option<(i128, i128)>,
    starts: Vec<i64>,
}

impl Times {
    fn read(&mut self, line: &str) -> Option<i64> {
        if !line.starts_with("[Parsed_showinfo") {
            return None;
        }
        if let Some((_, behind)) = line.split_once("config in time_base: ") {
            let (num, den) = behind.split(',').next()?.trim().split_once('/')?;
            self.base = Some((num.parse().ok()?, den.parse().ok().filter(|d| *d > 0)?));
            return None;
        }
        if !line.contains("] n:") || self.starts.len() > SHOT_FRAMES_MAX {
            return None;
        }
        let pts: Option<i128> =
            line.split_once(" pts:").and_then(|(_, b)| b.split_whitespace().next()?.parse().ok());
        let (num, den) = self.base.unwrap_or((0, 1));
        // A picture without a time comes right after the one before.
        let ns = match pts {
            Some(pts) => pts.saturating_mul(num).saturating_mul(NS_PER_SECOND.into()).div_euclid(den),
            None => self.starts.last().copied().unwrap_or(0).into(),
        };
        let ns = i64::try_from(ns).unwrap_or(i64::MAX).max(0);
        self.starts.push(ns);
        Some(ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cuts::Cut;
    use crate::probe::Video;

    #[test]
    fn times_are_read_from_what_the_filter_says() {
        let mut times = Times::default();
        let lines = [
            "[Parsed_showinfo_2 @ 0x5] config in time_base: 1/1000, frame_rate: 24/1\n",
            "[Parsed_showinfo_2 @ 0x5] n:   0 pts:      3 pts_time:0.003   duration: 42\n",
            "[Parsed_showinfo_2 @ 0x5] n:   1 pts:     45 pts_time:0.045   duration: 42\n",
            "[Parsed_showinfo_2 @ 0x5] n:   2 pts:    NOPTS pts_time:NOPTS\n",
            "[Parsed_showinfo_2 @ 0x5] color_range:tv color_space:bt709\n",
            "Stream mapping:\n",
        ];
        for line in lines {
            times.read(line);
        }
        assert_eq!(times.starts, [3_000_000, 45_000_000, 45_000_000]);
    }

    #[test]
    fn a_shot_begins_on_a_frame_and_the_last_one_ends_with_the_media() {
        let rate = FrameRate::parse("24").ok();
        let video = Video {
            codec: String::new(),
            width: 1,
            height: 1,
            pixels: String::new(),
            rate,
            is_variable: false,
        };
        let probe = Probe { duration_ns: Some(1_000_000_000), video: Some(video), ..Probe::default() };
        let cut = |picture| Cut { picture, change: 0.5 };
        let found = joined(&[cut(1), cut(2), cut(9)], &[0, 42_000_000, 42_000_001], &probe);
        let spans: Vec<_> = found.iter().map(|s| (s.start_ns, s.end_ns)).collect();
        assert_eq!(spans, [(0, 41_666_667), (41_666_667, 1_000_000_000)]);
    }
}
