//! How moments are written: what all formats share.

use rushes_types::{Error, ErrorKind, FrameRate, NS_PER_SECOND, Result};

/// Most digits of a length in frames, and of one in seconds before and after the point.
const FRAME_DIGITS_MAX: usize = 5;
const SECOND_DIGITS_MAX: usize = 4;
const FRACTION_DIGITS_MAX: usize = 9;
/// A start timecode, as a pattern; the frame must exist at the rate.
pub const START_PATTERN: &str = "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9][:;][0-9]{2,3}$";

/// A length of time: frames at whatever rate, or nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Frames.
    Frames(i64),
    /// Nanoseconds.
    Ns(i64),
}

impl Default for Length {
    fn default() -> Self {
        Self::Frames(0)
    }
}

impl Length {
    /// What [`Length::parse`] reads, as a pattern.
    pub const PATTERN: &str = r"^([0-9]{1,5}f|[0-9]{1,4}(\.[0-9]{1,9})?)$";

    /// Reads `12f` (frames) or `0.5` (seconds); `None` where it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits =
            |s: &str, most: usize| (1..=most).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
        if let Some(frames) = text.strip_suffix('f') {
            return digits(frames, FRAME_DIGITS_MAX).then(|| frames.parse().ok().map(Self::Frames)).flatten();
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        if !digits(whole, SECOND_DIGITS_MAX) || !digits(fraction, FRACTION_DIGITS_MAX) {
            return None;
        }
        let ns: i64 = format!("{fraction:0<9}").parse().ok()?;
        Some(Self::Ns(whole.parse::<i64>().ok()? * NS_PER_SECOND + ns))
    }

    /// As whole frames at a rate, rounded up.
    pub(crate) fn frames(self, rate: FrameRate) -> i64 {
        match self {
            Self::Frames(frames) => frames,
            Self::Ns(0) => 0,
            Self::Ns(ns) => rate.frame_after(ns),
        }
    }

    /// In nanoseconds; `None` where it is in frames and the rate is not known.
    pub(crate) fn ns(self, rate: Option<FrameRate>) -> Option<i64> {
        match self {
            Self::Frames(0) => Some(0),
            Self::Frames(frames) => rate.map(|rate| rate.start_of(frames)),
            Self::Ns(ns) => Some(ns),
        }
    }
}

/// Is it written as [`START_PATTERN`] says?
fn is_timecode(text: &str) -> bool {
    let fields: Vec<&str> = text.split([':', ';']).collect();
    let number =
        |field: &&str| field.bytes().all(|b| b.is_ascii_digit()).then(|| field.parse::<u16>().ok()).flatten();
    let [h, m, s, f] = fields.as_slice() else { return false };
    let within = [(h, 23), (m, 59), (s, 59)]
        .iter()
        .all(|(field, most)| field.len() == 2 && number(field).is_some_and(|n| n <= *most));
    // Only the last separator says whether frames are dropped.
    let seconds = text.get(..9).is_some_and(|head| !head.get(..8).unwrap_or_default().contains(';'));
    within && seconds && matches!(f.len(), 2 | 3) && number(f).is_some()
}

/// The rate of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RateChoice {
    /// That of most moments; of equals the first.
    #[default]
    Usual,
    /// This one.
    One(FrameRate),
    /// One file for each rate.
    Each,
}

/// What a clip brings to a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tracks {
    /// Picture and sound.
    #[default]
    Both,
    /// The picture.
    Video,
    /// The sound.
    Audio,
}

impl Tracks {
    /// Is there a picture?
    pub(crate) const fn video(self) -> bool {
        matches!(self, Self::Both | Self::Video)
    }

    /// Is there sound?
    pub(crate) const fn audio(self) -> bool {
        matches!(self, Self::Both | Self::Audio)
    }
}

/// The names of reels in an edit list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reels {
    /// Eight letters and digits, as CMX 3600 has it.
    #[default]
    Eight,
    /// The whole name of the file, as DaVinci Resolve writes and reads it.
    File,
}

/// What markers and captions are placed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The timeline that the moments make, one after the other.
    Sequence,
    /// The media themselves; one file for each asset.
    Source,
}

/// How moments are written. Each format takes what it has a place for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The name of the list or timeline.
    pub title: String,
    /// Added before and after each moment, as far as there are media.
    pub handles: Length,
    /// Left empty between two moments of a timeline.
    pub gap: Length,
    /// What is said of moments becomes markers on the timeline, too.
    pub notes: bool,
    /// The timecode at which the timeline begins; one hour where there is none.
    pub start: Option<String>,
    /// The rate of the timeline.
    pub rate: RateChoice,
    /// Does the timeline's timecode drop frames? That of the first moment where it is not said.
    pub drop_frame: Option<bool>,
    /// What a clip brings.
    pub tracks: Tracks,
    /// The names of reels.
    pub reels: Reels,
    /// What markers and captions are placed on; the media where all moments are of one asset, else the timeline.
    pub place: Option<Place>,
}

impl Options {
    /// The defaults, with this title.
    #[must_use]
    pub fn titled(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            handles: Length::default(),
            gap: Length::default(),
            notes: false,
            start: None,
            rate: RateChoice::default(),
            drop_frame: None,
            tracks: Tracks::default(),
            reels: Reels::default(),
            place: None,
        }
    }

    /// Sets the option of this name.
    ///
    /// # Errors
    /// Of the kind [`ErrorKind::Invalid`], with the name as pointer, where there is none of the name or the value is none.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let bad = |mend: &str| {
            Err(Error::new(ErrorKind::Invalid, format!("`{name}` is not `{value}`")).at(name).mend(mend))
        };
        let length = "write frames as `12f`, or seconds as `0.5`";
        match name {
            "handles" | "gap" => match Length::parse(value) {
                Some(found) if name == "gap" => self.gap = found,
                Some(found) => self.handles = found,
                None => return bad(length),
            },
            "rate" if value == "each" => self.rate = RateChoice::Each,
            "rate" => match FrameRate::parse(value) {
                Ok(rate) => self.rate = RateChoice::One(rate),
                Err(_) => return bad("write a ratio such as 24000/1001, or `each`"),
            },
            "start" if is_timecode(value) => self.start = Some(value.to_owned()),
            "start" => return bad("write HH:MM:SS:FF"),
            "notes" | "drop_frame" => match value {
                "true" | "false" if name == "notes" => self.notes = value == "true",
                "true" | "false" => self.drop_frame = Some(value == "true"),
                _ => return bad("write `true` or `false`"),
            },
            "tracks" => match value {
                "both" => self.tracks = Tracks::Both,
                "video" => self.tracks = Tracks::Video,
                "audio" => self.tracks = Tracks::Audio,
                _ => return bad("write `both`, `video` or `audio`"),
            },
            "reels" => match value {
                "eight" => self.reels = Reels::Eight,
                "file" => self.reels = Reels::File,
                _ => return bad("write `eight` or `file`"),
            },
            "place" => match value {
                "sequence" => self.place = Some(Place::Sequence),
                "source" => self.place = Some(Place::Source),
                _ => return bad("write `sequence` or `source`"),
            },
            _ => return bad("leave it out"),
        }
        Ok(())
    }
}
