//! Subtitle tracks inside media files, as WebVTT.

use std::fs::File;

use rushes_types::{Error, Result};

use crate::limits::{COMPANION_BYTES_MAX, EXTRACT_TIME_MAX};
use crate::probe::SubtitleTrack;
use crate::tool::{Job, ShouldStop, Tools, words};

/// Takes a track of text out, as WebVTT. Its times are from the start of the media.
///
/// # Errors
/// Where the track is pictures, and as ffmpeg may fail or be stopped.
pub fn webvtt(tools: &Tools, media: &File, track: &SubtitleTrack, stop: ShouldStop<'_>) -> Result<Vec<u8>> {
    if !track.is_text {
        let codec = &track.codec;
        return Err(Error::invalid(format!("the track is pictures (`{codec}`), not text"))
            .mend("give its text as a file"));
    }
    let mut after = words("-vn -an -dn -f webvtt pipe:1 -map");
    after.push(format!("0:s:{}", track.number).into());
    // Options count for the output behind them.
    after.rotate_right(2);
    let job = Job {
        program: tools.ffmpeg()?,
        before: words("-hide_banner -nostats -nostdin -loglevel error"),
        media,
        after,
        time_max: EXTRACT_TIME_MAX,
        file_bytes_max: Some(0),
    };
    job.output(stop, usize::try_from(COMPANION_BYTES_MAX).unwrap_or(usize::MAX))
}
