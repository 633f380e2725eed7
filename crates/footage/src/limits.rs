//! Every limit of what is done with media, as named constants.

use std::time::Duration;

/// Deepest folder that is scanned, below the one named.
pub const FOLDER_DEPTH_MAX: usize = 32;
/// Most entries of folders that one scan looks at.
pub const ENTRIES_MAX: usize = 1_000_000;
/// Longest subtitle or other companion file that is read, in bytes. A film's subtitles have 200 kB.
pub const COMPANION_BYTES_MAX: u64 = 64 << 20;
/// Memory that ffmpeg or ffprobe may take, in bytes of address space.
pub const TOOL_MEMORY_BYTES_MAX: u64 = 4 << 30;
/// Threads that ffmpeg decodes with; each takes memory.
pub const TOOL_THREADS_MAX: usize = 8;
/// Bytes of what a tool says on standard error that are kept, for the reason of a failure.
pub const TOOL_COMPLAINT_BYTES_MAX: usize = 4 << 10;
/// How long ffprobe may take for a file.
pub const PROBE_TIME_MAX: Duration = Duration::from_secs(60);
/// Longest answer of ffprobe that is read, in bytes.
pub const PROBE_BYTES_MAX: usize = 4 << 20;
/// How long one picture may take.
pub const FRAME_TIME_MAX: Duration = Duration::from_secs(20);
/// Longest picture that is accepted from ffmpeg, in bytes.
pub const FRAME_BYTES_MAX: usize = 8 << 20;
/// Lowest picture, in pixels.
pub const FRAME_HEIGHT_MIN: u32 = 16;
/// Highest picture, in pixels.
pub const FRAME_HEIGHT_MAX: u32 = 1080;
/// Height of a picture where none is asked for, in pixels.
pub const FRAME_HEIGHT_DEFAULT: u32 = 180;
/// Disk that cached pictures may take, in bytes.
pub const FRAME_CACHE_BYTES_MAX: u64 = 512 << 20;
/// Pictures that are made at a time.
pub const FRAMES_AT_A_TIME: usize = 2;
/// How long taking one subtitle track out of a file may take: the whole file is read.
pub const EXTRACT_TIME_MAX: Duration = Duration::from_secs(3600);
/// How long finding the cuts of one file may take.
pub const SHOTS_TIME_MAX: Duration = Duration::from_secs(24 * 3600);
/// Most frames whose cuts are found (48 h at 60 frames a second).
pub const SHOT_FRAMES_MAX: usize = 48 * 3600 * 60;
/// How long making one proxy may take.
pub const PROXY_TIME_MAX: Duration = Duration::from_secs(24 * 3600);
/// Largest proxy, in bytes.
pub const PROXY_BYTES_MAX: u64 = 8 << 30;
/// Disk that cached proxies may take, in bytes.
pub const PROXY_CACHE_BYTES_MAX: u64 = 20 << 30;
/// Highest picture of a proxy, in pixels.
pub const PROXY_HEIGHT_MAX: u32 = 720;
/// A proxy without requests during this time is abandoned.
pub const PROXY_UNWATCHED_MAX: Duration = Duration::from_secs(60);
