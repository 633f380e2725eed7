//! Times as people write them: seconds, clock times, timecode.

pub use rushes_types::AssetTimecode;
use rushes_types::NS_PER_SECOND;
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
}
