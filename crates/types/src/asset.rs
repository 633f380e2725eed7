//! Assets: media files and what is known about them.

use crate::id::{AssetId, MovieId};
use crate::timecode::FrameRate;
use crate::value::Attributes;

/// One media file.
#[derive(Debug, Clone, PartialEq)]
pub struct Asset {
    /// Its id.
    pub id: AssetId,
    /// The title it belongs to; by default one of the asset's own name.
    pub movie: MovieId,
    /// A franchise or any other set of titles.
    pub collection: Option<String>,
    /// The series.
    pub series: Option<String>,
    /// Season number.
    pub season: Option<i64>,
    /// Episode number within the season.
    pub episode: Option<i64>,
    /// What people call it.
    pub title: Option<String>,
    /// Length of the media in nanoseconds.
    pub duration_ns: Option<i64>,
    /// Frames a second, as a ratio.
    pub frame_rate: Option<FrameRate>,
    /// Timecode of the first frame, as written.
    pub start_timecode: Option<String>,
    /// Does timecode skip frame numbers (SMPTE drop frame)?
    pub drop_frame: bool,
    /// Camera reel.
    pub reel: Option<String>,
    /// Scene of the shooting script.
    pub scene: Option<String>,
    /// Take.
    pub take: Option<String>,
    /// Camera.
    pub camera: Option<String>,
    /// Was the take circled?
    pub circled: Option<bool>,
    /// Language of the speech (BCP 47).
    pub language: Option<String>,
    /// Where the media file lies.
    pub path: Option<String>,
    /// Anything else.
    pub attributes: Attributes,
}

impl Asset {
    /// An asset about which only its ids are known.
    #[must_use]
    pub fn new(id: AssetId, movie: MovieId) -> Self {
        Self {
            id,
            movie,
            collection: None,
            series: None,
            season: None,
            episode: None,
            title: None,
            duration_ns: None,
            frame_rate: None,
            start_timecode: None,
            drop_frame: false,
            reel: None,
            scene: None,
            take: None,
            camera: None,
            circled: None,
            language: None,
            path: None,
            attributes: Attributes::new(),
        }
    }
}
