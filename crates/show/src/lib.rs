//! *The Night Ferry*: a short show made for this project, for `rushes demo` and experiments.
//!
//! There is one source, the screenplay `night-ferry.txt`. [`script`] reads it, [`direct`] turns it into a time line of
//! shots, people, props and lines, to the frame. Two things are made from that time line: the films, which the crate
//! `film` draws and which are stored here, and the annotations of [`lines`], as models would write them about these
//! films. So search results can be verified by eye: a face is annotated exactly while its head is inside the picture, a
//! cut where the picture changes, a word where it is spoken.
//!
//! Annotations need no model and no clock, so they are the same on every machine.

pub mod direct;
pub mod lines;
pub mod looks;
pub mod script;
pub mod stage;
pub mod timeline;

/// Frames in a second, of all episodes.
pub const FRAMES_PER_SECOND: i64 = 25;
/// Nanoseconds that a frame lasts.
pub const FRAME_NS: i64 = 1_000_000_000 / FRAMES_PER_SECOND;
/// The timecode of an episode's first frame.
pub const START_TIMECODE: &str = "10:00:00:00";
/// The movie that all episodes belong to.
pub const MOVIE: &str = "night-ferry";
/// The series.
pub const SERIES: &str = "The Night Ferry";

/// The screenplay, as written.
pub const SCREENPLAY: &str = include_str!("../night-ferry.txt");

/// The episodes with their time lines: frames for every shot, person and word.
#[must_use]
pub fn episodes() -> Vec<timeline::Episode> {
    script::read(SCREENPLAY).episodes.iter().map(direct::direct).collect()
}

/// A film: its asset, and its bytes (WebM).
#[derive(Debug, Clone, Copy)]
pub struct Film {
    /// The asset's id; the file's name is this with `.webm`.
    pub asset: &'static str,
    /// The file's content.
    pub bytes: &'static [u8],
}

impl Film {
    /// The name of the file.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.webm", self.asset)
    }
}

macro_rules! film {
    ($asset:literal) => {
        Film { asset: $asset, bytes: include_bytes!(concat!("../films/", $asset, ".webm")) }
    };
}

/// The films of all episodes, in their order.
pub const FILMS: &[Film] = &[
    film!("night-ferry-s01e01"),
    film!("night-ferry-s01e02"),
    film!("night-ferry-s01e03"),
    film!("night-ferry-s01e04"),
    film!("night-ferry-s01e05"),
];
