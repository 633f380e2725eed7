//! Media with the real ffmpeg, where it is installed.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod films;
mod media;
mod scanning;
mod shots;
#[path = "../../../testkit/src/skips.rs"] // by its path: the whole kit would bring an archive's crates along
mod skips;

/// The tools; without them the test counts as skipped.
pub fn tools() -> Option<rushes_footage::Tools> {
    let tools = rushes_footage::Tools::find();
    if tools.ffmpeg().is_ok() && tools.ffprobe().is_ok() {
        return Some(tools);
    }
    skips::skipped("ffmpeg", "tests on media files: FFmpeg is not installed");
    None
}
