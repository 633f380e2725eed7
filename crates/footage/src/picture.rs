//! One frame of a media file as JPEG.

use std::fs::File;

use rushes_types::{Error, ErrorKind, FrameRate, NS_PER_SECOND, Result};

use crate::limits::{FRAME_BYTES_MAX, FRAME_HEIGHT_MAX, FRAME_HEIGHT_MIN, FRAME_TIME_MAX};
use crate::tool::{Job, ShouldStop, Tools, words};

/// Widest picture, in pixels.
const WIDTH_MAX: u32 = 4096;

/// Which frame, and how large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureAt {
    /// A time within the frame, in nanoseconds from the start of the media.
    pub at_ns: i64,
    /// The rate of the media, where it is known.
    pub rate: Option<FrameRate>,
    /// The length of the media, where it is known: a time after the end means the last frame.
    pub duration_ns: Option<i64>,
    /// Height in pixels; the picture is never made larger than the media's own.
    pub height: u32,
}

impl PictureAt {
    /// The start of the frame, where the rate is known; else the time itself. Two times in one frame have one picture.
    #[must_use]
    pub fn frame_ns(&self) -> i64 {
        let last = self.duration_ns.map_or(i64::MAX, |d| (d - 1).max(0));
        let at = self.at_ns.clamp(0, last);
        let Some(rate) = self.rate else { return at };
        // The length is often that of the sound, and the last frame ends a little before.
        let last_frame = self.duration_ns.map_or(i64::MAX, |d| (rate.frame_after(d) - 1).max(0));
        rate.start_of(rate.frame_at(at).min(last_frame))
    }

    /// Half a frame before the frame: the next one that begins is the one meant, however the container rounds.
    fn seek_ns(&self) -> i64 {
        let half = self.rate.map_or(0, |rate| rate.start_of(1) / 2);
        (self.frame_ns() - half).max(0)
    }
}

/// A time as ffmpeg reads it: seconds, to the microsecond.
fn seconds(ns: i64) -> String {
    format!("{}.{:06}", ns / NS_PER_SECOND, ns % NS_PER_SECOND / 1_000)
}

/// Makes the picture.
///
/// # Errors
/// [`ErrorKind::Invalid`] where the height is out of bounds, [`ErrorKind::NotFound`] where ffmpeg cannot read the file
/// or finds no frame at that time; as ffmpeg may be missing or be stopped.
pub fn picture(tools: &Tools, media: &File, at: &PictureAt, stop: ShouldStop<'_>) -> Result<Vec<u8>> {
    let height = at.height;
    if !(FRAME_HEIGHT_MIN..=FRAME_HEIGHT_MAX).contains(&height) {
        let message = format!("`height` is {height}; give {FRAME_HEIGHT_MIN} to {FRAME_HEIGHT_MAX} pixels");
        return Err(Error::invalid(message));
    }
    let seek = at.seek_ns();
    let mut found = attempt(tools, media, &["-ss".to_owned(), seconds(seek)], height, stop)?;
    if found.is_empty() && seek > 0 {
        // There is no such frame because the sound is longer than the picture: the last frame is used.
        for back in ["-0.5", "-5"] {
            if found.is_empty() {
                found = attempt(tools, media, &["-sseof".to_owned(), back.to_owned()], height, stop)?;
            }
        }
    }
    if found.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "the media file has no picture at this time")
            .mend("choose another"));
    }
    Ok(found)
}

fn attempt(
    tools: &Tools,
    media: &File,
    seek: &[String],
    height: u32,
    stop: ShouldStop<'_>,
) -> Result<Vec<u8>> {
    let high = format!("trunc(min({height},ih)/2)*2");
    let filter = format!(
        "scale=w='min({WIDTH_MAX},max(2,trunc(min({height},ih)*dar/2)*2))':h='max(2,{high})':flags=bicubic,\
         setsar=1,format=yuvj420p"
    );
    let mut before = words("-hide_banner -nostats -nostdin -loglevel error -threads 2");
    before.extend(seek.iter().map(Into::into));
    let mut after = words("-map 0:V:0 -an -sn -dn -frames:v 1 -vf");
    after.push(filter.into());
    after.extend(words("-c:v mjpeg -q:v 4 -f image2pipe pipe:1"));
    let program = tools.ffmpeg()?;
    let job = Job { program, before, media, after, time_max: FRAME_TIME_MAX, file_bytes_max: Some(0) };
    job.output(stop, FRAME_BYTES_MAX).map_err(of_the_file)
}

/// What a tool cannot read is not the caller's fault.
pub(crate) fn of_the_file(error: Error) -> Error {
    if error.kind() != ErrorKind::Invalid {
        return error;
    }
    let message = format!("nothing can be made of the media file: {}; check that it plays", error.message());
    Error::new(ErrorKind::NotFound, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_one_frame_mean_that_frame() {
        let at = |at_ns, rate: Option<&str>, duration_ns| PictureAt {
            at_ns,
            rate: rate.map(|r| FrameRate::parse(r).unwrap()),
            duration_ns,
            height: 180,
        };
        assert_eq!(at(1_020_000_000, Some("25"), None).frame_ns(), 1_000_000_000);
        assert_eq!(at(1_039_999_999, Some("25"), None).frame_ns(), 1_000_000_000);
        assert_eq!(at(1_040_000_000, Some("25"), None).frame_ns(), 1_040_000_000);
        assert_eq!(at(-5, Some("25"), None).frame_ns(), 0);
        assert_eq!(at(9_000_000_000, Some("25"), Some(2_000_000_000)).frame_ns(), 1_960_000_000);
        assert_eq!(at(1_234_567_891, None, None).frame_ns(), 1_234_567_891);
        assert_eq!(at(i64::MAX, None, Some(0)).frame_ns(), 0);
        assert_eq!(seconds(at(1_020_000_000, Some("25"), None).seek_ns()), "0.980000");
    }
}
