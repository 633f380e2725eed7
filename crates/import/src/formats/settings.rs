//! What a file does not say itself.

use crate::object::JsonObject;
use rushes_types::FrameRate;

/// What the caller knows of a file: whose it is, and how its clock runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The asset that the file is about.
    pub asset: String,
    /// The title the asset belongs to; it goes into every line.
    pub movie: Option<String>,
    /// Who wrote the file, `name@version`; else the name of the format and version 1, such as `srt@1`.
    pub model: Option<String>,
    /// The type of what the file says, in place of the format's own: audio descriptions are WebVTT and no dialogue.
    pub kind: Option<String>,
    /// Language of speech and labels (BCP 47); it goes before what the file says.
    pub language: Option<String>,
    /// The encoding of a text (a label such as `gb18030`); else it is found from the text.
    pub encoding: Option<String>,
    /// Frames a second, for formats that count frames.
    pub frame_rate: Option<FrameRate>,
    /// Timecode of the first frame: clocks of subtitles that begin there are shifted to begin at zero.
    pub start_timecode: Option<String>,
    /// Nanoseconds that are added to every time; may be negative.
    pub offset_ns: i64,
    /// Nanoseconds from one row of an embedding matrix to the next; else one frame.
    pub step_ns: Option<i64>,
    /// Also write who speaks as characters (`CHARACTER_SEARCH`), where a subtitle or transcript names speakers.
    pub characters: bool,
}

impl Settings {
    /// Nothing known but the asset.
    #[must_use]
    pub fn new(asset: &str) -> Self {
        Self {
            asset: asset.to_owned(),
            movie: None,
            model: None,
            kind: None,
            language: None,
            encoding: None,
            frame_rate: None,
            start_timecode: None,
            offset_ns: 0,
            step_ns: None,
            characters: false,
        }
    }

    /// The asset line that says what is known about the asset; `None` where that is its id alone.
    #[must_use]
    pub fn asset_line(&self) -> Option<String> {
        let rate = self.frame_rate.map(|rate| rate.to_string());
        let fields = [
            ("movie_id", &self.movie),
            ("frame_rate", &rate),
            ("start_timecode", &self.start_timecode),
            ("language", &self.language),
        ];
        let mut line = JsonObject::new();
        line.text("asset_id", &self.asset);
        let mut known = false;
        for (name, value) in fields {
            if let Some(value) = value {
                known = true;
                line.text(name, value);
            }
        }
        known.then(|| line.finish())
    }
}
