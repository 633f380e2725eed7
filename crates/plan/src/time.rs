//! Times as people write them: seconds, clock times, timecode.

use rushes_types::{Asset, FrameRate, NS_PER_SECOND, Timecode};
use serde::{Serialize, Serializer};

/// A length of time, in nanoseconds; written in JSON as seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Duration(pub i64);

/// An instant of an asset: nanoseconds from the start of the media, or timecode, which an asset's rate and start
/// timecode turn into that. Written in JSON as seconds, or as the timecode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instant {
    /// Nanoseconds from the start of the media.
    Ns(i64),
    /// `HH:MM:SS:FF` at the asset's rate.
    Timecode(String),
}

impl Duration {
    /// Is it zero?
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

/// Seconds to whole nanoseconds, the nearest; `None` where it is no such number.
#[must_use]
pub fn ns_of_seconds(seconds: f64) -> Option<i64> {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // bounded below
    let ns = (seconds * NS_PER_SECOND as f64).round();
    #[allow(clippy::cast_possible_truncation)] // within 2^62
    (ns.is_finite() && ns.abs() < 4.0e18).then_some(ns as i64)
}

/// Whole nanoseconds to seconds.
#[must_use]
pub fn seconds_of_ns(ns: i64) -> f64 {
    #[allow(clippy::cast_precision_loss)] // exact below 104 days, and to a microsecond for any media
    let seconds = ns as f64 / NS_PER_SECOND as f64;
    seconds
}

fn write_seconds<S: Serializer>(ns: i64, serializer: S) -> Result<S::Ok, S::Error> {
    if ns % NS_PER_SECOND == 0 {
        serializer.serialize_i64(ns / NS_PER_SECOND)
    } else {
        serializer.serialize_f64(seconds_of_ns(ns))
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_seconds(self.0, serializer)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Ns(ns) => write_seconds(*ns, serializer),
            Self::Timecode(text) => serializer.serialize_str(text),
        }
    }
}

/// Most digits of hours, minutes of a clock, and whole seconds without them. So no clock overflows.
const FIELD_DIGITS_MAX: usize = 6;
const SECONDS_DIGITS_MAX: usize = 9;

/// What [`parse_clock`] reads, as a pattern.
pub const CLOCK_PATTERN: &str = concat!(
    r"^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*",
    r"([0-9]{1,9}(\.[0-9]*)?|\.[0-9]+",
    r"|([0-9]{1,6}:){1,2}([0-5]?[0-9](\.[0-9]*)?|\.[0-9]+))s?",
    r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$"
);

/// Reads `SS`, `MM:SS` or `HH:MM:SS`, the seconds with or without a fraction, as nanoseconds.
#[must_use]
pub fn parse_clock(text: &str) -> Option<i64> {
    let text = text.trim();
    let fields: Vec<&str> = text.strip_suffix('s').unwrap_or(text).split(':').collect();
    let (last, firsts) = fields.split_last()?;
    let digits = |s: &str, most: usize| s.len() <= most && s.bytes().all(|b| b.is_ascii_digit());
    if firsts.len() > 2 || firsts.iter().any(|field| field.is_empty() || !digits(field, FIELD_DIGITS_MAX)) {
        return None;
    }
    let mut ns: i64 = 0;
    for field in firsts {
        let number: i64 = field.parse().ok()?;
        ns = ns.checked_mul(60)?.checked_add(number)?;
    }
    let (whole, fraction) = last.split_once('.').unwrap_or((last, ""));
    let most = if firsts.is_empty() { SECONDS_DIGITS_MAX } else { 2 };
    if whole.len() + fraction.len() == 0 || !digits(whole, most) || !digits(fraction, usize::MAX) {
        return None;
    }
    let seconds: f64 = last.parse().ok()?;
    if !firsts.is_empty() && seconds >= 60.0 {
        return None;
    }
    ns.checked_mul(60)?.checked_mul(NS_PER_SECOND)?.checked_add(ns_of_seconds(seconds)?)
}

/// How an asset's media times become timecode, where its rate is known.
#[derive(Debug, Clone, Copy)]
pub struct AssetTimecode {
    rate: FrameRate,
    start_frames: i64,
    drop_frame: bool,
}

impl AssetTimecode {
    /// That of an asset; `None` where its rate is unknown or its start timecode is invalid at that rate.
    #[must_use]
    pub fn of(asset: &Asset) -> Option<Self> {
        let rate = asset.frame_rate?;
        let start = match asset.start_timecode.as_deref() {
            Some(text) => Some(Timecode::parse(text, rate).ok()?),
            None => None,
        };
        let written_drop = asset.start_timecode.as_deref().is_some_and(|t| t.contains(';'));
        let drop_frame = (asset.drop_frame || written_drop) && rate.can_drop();
        // A start written with `:` on a drop-frame asset counts dropped numbers too.
        let start_frames = match (start, asset.start_timecode.as_deref()) {
            (Some(_), Some(text)) if drop_frame && !written_drop => {
                Timecode::parse(&drop_sign(text), rate).ok()?.frames()
            }
            (start, _) => start.map_or(0, Timecode::frames),
        };
        Some(Self { rate, start_frames, drop_frame })
    }

    /// The frame that contains the start, and the first frame after the end, at least one frame later.
    #[must_use]
    pub fn span(&self, start_ns: i64, end_ns: i64) -> (String, String) {
        let (first, end) = self.frames(start_ns, end_ns);
        (self.write(first), self.write(end))
    }

    /// The frame that contains the start, and the first one after the span.
    fn frames(&self, start_ns: i64, end_ns: i64) -> (i64, i64) {
        let first = self.rate.frame_at(start_ns);
        (first, self.rate.frame_after(end_ns).max(first.saturating_add(1)))
    }

    fn write(&self, frame: i64) -> String {
        let frames = frame.saturating_add(self.start_frames);
        Timecode::from_frames(frames, self.rate, self.drop_frame).to_string()
    }

    /// When the frame of a timecode starts, in media time; `None` where it is no timecode at this rate. Before the
    /// first frame is the beginning.
    #[must_use]
    pub fn ns_of(&self, text: &str) -> Option<i64> {
        let text = if self.drop_frame { drop_sign(text) } else { text.to_owned() };
        let frames = Timecode::parse(&text, self.rate).ok()?.frames();
        Some(self.rate.start_of(frames.saturating_sub(self.start_frames)).max(0))
    }

    /// The whole frames that a span touches, in nanoseconds; at least one frame.
    #[must_use]
    pub fn snap(&self, start_ns: i64, end_ns: i64) -> (i64, i64) {
        let (first, end) = self.frames(start_ns, end_ns);
        (self.rate.start_of(first), self.rate.start_of(end))
    }
}

/// The same timecode with the last separator that of drop frame.
fn drop_sign(text: &str) -> String {
    match text.rsplit_once([':', ';']) {
        Some((head, frames)) => format!("{head};{frames}"),
        None => text.to_owned(),
    }
}

impl Instant {
    /// The instant in an asset; `None` where a timecode has no meaning there.
    #[must_use]
    pub fn in_asset(&self, timecode: Option<&AssetTimecode>) -> Option<i64> {
        match self {
            Self::Ns(ns) => Some(*ns),
            Self::Timecode(text) => timecode?.ns_of(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rushes_types::{AssetId, MovieId};

    fn asset(rate: &str, start: Option<&str>, drop_frame: bool) -> Asset {
        let mut asset = Asset::new(AssetId::new("a").unwrap(), MovieId::new("m").unwrap());
        asset.frame_rate = Some(FrameRate::parse(rate).unwrap());
        asset.start_timecode = start.map(str::to_owned);
        asset.drop_frame = drop_frame;
        asset
    }

    #[test]
    fn clock_times_are_read() {
        for (text, ns) in [
            ("90", 90_000_000_000),
            ("1:30.5", 90_500_000_000),
            ("01:00:00", 3_600_000_000_000),
            ("2s", 2_000_000_000),
        ] {
            assert_eq!(parse_clock(text), Some(ns), "{text}");
        }
        for text in ["", ":", "1:60", "1:2:3:4", "-1", "1e3", "NaN", "1:-2", "99999999999999999999"] {
            assert_eq!(parse_clock(text), None, "{text}");
        }
    }

    #[test]
    fn timecode_adds_the_start_and_rounds_the_end_up() {
        let tc = AssetTimecode::of(&asset("25", Some("10:00:00:00"), false)).unwrap();
        assert_eq!(tc.span(0, 1), ("10:00:00:00".into(), "10:00:00:01".into()));
        assert_eq!(tc.span(40_000_000, 40_000_000), ("10:00:00:01".into(), "10:00:00:02".into()));
        assert_eq!(tc.span(39_999_999, 80_000_001), ("10:00:00:00".into(), "10:00:00:03".into()));
        assert_eq!(tc.ns_of("10:00:01:00"), Some(1_000_000_000));
        assert_eq!(tc.ns_of("09:00:00:00"), Some(0));
        let drop = AssetTimecode::of(&asset("29.97", Some("00:01:00;02"), true)).unwrap();
        assert_eq!(drop.span(0, 1).0, "00:01:00;02");
        assert_eq!(drop.ns_of("00:01:00:02"), Some(0));
        assert!(AssetTimecode::of(&asset("25", Some("nonsense"), false)).is_none());
    }
}
