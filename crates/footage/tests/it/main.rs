//! Media with the real ffmpeg, where it is installed.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails
#![allow(clippy::print_stderr)] // and says what it skipped

mod films;
mod media;
mod scanning;
mod shots;

/// The tools, or a word that the test is skipped.
pub fn tools() -> Option<rushes_footage::Tools> {
    let tools = rushes_footage::Tools::find();
    if tools.ffmpeg().is_ok() && tools.ffprobe().is_ok() {
        return Some(tools);
    }
    eprintln!("SKIPPED: FFmpeg is not installed");
    None
}
