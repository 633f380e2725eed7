//! Media with the real ffmpeg, where it is installed.

mod films;
