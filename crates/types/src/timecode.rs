//! SMPTE timecode (ST 12-1) at exact ratios, with drop frame.
//!
//! A frame `n` starts at `n · den / num` seconds. `Timecode` counts frames; what a person reads is
//! that count written at the nominal rate (the rate rounded up), skipping two (29.97) or four (59.94)
//! numbers a minute but every tenth where drop frame is on. Drop frame exists at 30000/1001 and
//! 60000/1001 only. A day has 24 hours: what is written begins again at midnight, the count does not.

use std::fmt;

use crate::time::NS_PER_SECOND;

/// Frames a second, as a ratio such as 24000/1001.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameRate {
    num: u32,
    den: u32,
}

/// Why a text is no rate or no timecode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimecodeError(String);

impl fmt::Display for TimecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TimecodeError {}

/// Highest nominal rate that is accepted, in frames a second.
const NOMINAL_MAX: u32 = 1_000;
/// Most digits of a part of a ratio.
const RATIO_DIGITS_MAX: usize = 9;

impl FrameRate {
    /// Highest nominal rate that is accepted, in frames a second.
    pub const NOMINAL_MAX: u32 = NOMINAL_MAX;
    /// 25 frames a second.
    pub const WHOLE_25: Self = Self { num: 25, den: 1 };
    /// How a rate is written, as a pattern: see [`FrameRate::parse`].
    pub const PATTERN: &str =
        r"^(23\.976|23\.98|29\.97|47\.95|47\.952|59\.94| *[0-9]{1,9} */ *[0-9]{1,9} *| *[0-9]{1,9}(\.0)? *)$";

    /// The rate `num / den` frames a second.
    ///
    /// # Errors
    /// Where one of them is zero or the rate is above 1,000 or below 1.
    pub fn new(num: u32, den: u32) -> Result<Self, TimecodeError> {
        if num == 0 || den == 0 || num < den || num.div_ceil(den) > NOMINAL_MAX {
            return Err(TimecodeError(format!(
                "frame rate `{num}/{den}` is not between 1 and {NOMINAL_MAX}; write a ratio such as 24000/1001"
            )));
        }
        Ok(Self { num, den })
    }

    /// Reads `24000/1001`, `25`, or one of the decimals people write for the NTSC rates
    /// (`23.976`, `23.98`, `29.97`, `47.952`, `59.94`).
    ///
    /// # Errors
    /// Where the text is none of these.
    pub fn parse(text: &str) -> Result<Self, TimecodeError> {
        let bad = || TimecodeError(format!("`{text}` is no frame rate; write a ratio such as 24000/1001"));
        let ntsc = |nominal: u32| Self::new(nominal * 1000, 1001);
        match text {
            "23.976" | "23.98" => return ntsc(24),
            "29.97" => return ntsc(30),
            "47.95" | "47.952" => return ntsc(48),
            "59.94" => return ntsc(60),
            _ => {}
        }
        let whole = |text: &str| {
            let digits = text.trim_matches(' ');
            let is_number = digits.len() <= RATIO_DIGITS_MAX && digits.bytes().all(|b| b.is_ascii_digit());
            digits.parse::<u32>().ok().filter(|_| is_number).ok_or_else(bad)
        };
        match text.split_once('/') {
            Some((num, den)) => Self::new(whole(num)?, whole(den)?),
            None => {
                let text = text.trim_end_matches(' ');
                Self::new(whole(text.strip_suffix(".0").unwrap_or(text))?, 1)
            }
        }
    }

    /// Numerator and denominator.
    #[must_use]
    pub const fn ratio(self) -> (u32, u32) {
        (self.num, self.den)
    }

    /// The rate that timecode is written at: the rate rounded up.
    #[must_use]
    pub const fn nominal(self) -> u32 {
        self.num.div_ceil(self.den)
    }

    /// Does drop frame exist at this rate?
    #[must_use]
    pub const fn can_drop(self) -> bool {
        self.den == 1001 && (self.num == 30_000 || self.num == 60_000)
    }

    /// The frame that contains the instant.
    #[must_use]
    pub fn frame_at(self, ns: i64) -> i64 {
        let frames =
            i128::from(ns) * i128::from(self.num) / (i128::from(self.den) * i128::from(NS_PER_SECOND));
        i64::try_from(frames).unwrap_or(i64::MAX)
    }

    /// The first frame that a span ending (exclusively) at `end_ns` does not touch: the one after the frame of the
    /// span's last whole nanosecond. Where a frame's start is no whole nanosecond, an end on that start is written
    /// rounded up, and touches the frame no more than the start itself does.
    #[must_use]
    pub fn frame_after(self, end_ns: i64) -> i64 {
        self.frame_at(end_ns.saturating_sub(1)).saturating_add(1)
    }

    /// When the frame starts, in whole nanoseconds, rounded up so that [`FrameRate::frame_at`] gives it back.
    #[must_use]
    pub fn start_of(self, frame: i64) -> i64 {
        let scaled = i128::from(frame) * i128::from(self.den) * i128::from(NS_PER_SECOND);
        let num = i128::from(self.num);
        i64::try_from((scaled + num - 1).div_euclid(num)).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

/// A frame count written as `HH:MM:SS:FF`, or `HH:MM:SS;FF` with drop frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timecode {
    frames: i64,
    rate: FrameRate,
    drop_frame: bool,
}

impl Timecode {
    /// The timecode of a frame count from zero. Drop frame is ignored at rates that have none.
    #[must_use]
    pub const fn from_frames(frames: i64, rate: FrameRate, drop_frame: bool) -> Self {
        Self { frames, rate, drop_frame: drop_frame && rate.can_drop() }
    }

    /// Reads `HH:MM:SS:FF`; a `;` (or several, as Avid writes) anywhere means drop frame.
    ///
    /// # Errors
    /// Where a field is missing, no number, out of range, or names a frame number that drop frame skips.
    pub fn parse(text: &str, rate: FrameRate) -> Result<Self, TimecodeError> {
        let drop_frame = text.contains(';');
        let bad = |why: &str| TimecodeError(format!("timecode `{text}` {why}; write HH:MM:SS:FF"));
        if drop_frame && !rate.can_drop() {
            return Err(bad(&format!("is drop frame, which {rate} frames a second does not have")));
        }
        let mut fields = [0i64; 4];
        let mut n = 0;
        for part in text.split([':', ';']) {
            if n == 4 || part.is_empty() || part.len() > 3 {
                return Err(bad("has not four fields"));
            }
            fields[n] = part.parse::<u16>().map_err(|_| bad("holds something other than digits"))?.into();
            n += 1;
        }
        let [h, m, s, f] = fields;
        let nominal = i64::from(rate.nominal());
        if n != 4 || m > 59 || s > 59 || f >= nominal {
            return Err(bad("has a field out of range"));
        }
        let drop = if drop_frame { nominal / 15 } else { 0 };
        let minutes = h * 60 + m;
        if drop > 0 && s == 0 && f < drop && m % 10 != 0 {
            return Err(bad("names a frame number that drop frame skips"));
        }
        let frames = (minutes * 60 + s) * nominal + f - drop * (minutes - minutes / 10);
        Ok(Self { frames, rate, drop_frame })
    }

    /// Frames from zero.
    #[must_use]
    pub const fn frames(self) -> i64 {
        self.frames
    }

    /// Frames from midnight to midnight: after so many, the same timecode is written again.
    #[must_use]
    pub const fn frames_of_a_day(rate: FrameRate, drop_frame: bool) -> i64 {
        let nominal = rate.nominal() as i64;
        let drop = if drop_frame && rate.can_drop() { nominal / 15 } else { 0 };
        nominal * 24 * 3600 - drop * (24 * 60 - 24 * 6)
    }
}

impl fmt::Display for Timecode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nominal = i64::from(self.rate.nominal());
        let mut count = self.frames.rem_euclid(Self::frames_of_a_day(self.rate, self.drop_frame));
        if self.drop_frame {
            let drop = nominal / 15;
            let per_ten_minutes = nominal * 600 - drop * 9;
            let per_minute = nominal * 60 - drop;
            let (tens, rest) = (count / per_ten_minutes, count % per_ten_minutes);
            let minutes_dropped =
                if rest < nominal * 60 { 0 } else { (rest - nominal * 60) / per_minute + 1 };
            count += tens * drop * 9 + minutes_dropped * drop;
        }
        let (seconds, frame) = (count / nominal, count % nominal);
        let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let sign = if self.drop_frame { ';' } else { ':' };
        let width = if nominal > 100 { 3 } else { 2 };
        write!(f, "{h:02}:{m:02}:{s:02}{sign}{frame:0width$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> FrameRate {
        FrameRate::parse(text).unwrap()
    }

    #[test]
    fn drop_frame_skips_two_numbers_a_minute_but_every_tenth() {
        let r = rate("29.97");
        for (frames, text) in [
            (0, "00:00:00;00"),
            (1799, "00:00:59;29"),
            (1800, "00:01:00;02"),
            (17981, "00:09:59;29"),
            (17982, "00:10:00;00"),
            (107_892, "01:00:00;00"),
        ] {
            assert_eq!(Timecode::from_frames(frames, r, true).to_string(), text);
            assert_eq!(Timecode::parse(text, r).unwrap().frames(), frames);
        }
        assert!(Timecode::parse("00:01:00;00", r).is_err());
    }

    #[test]
    fn every_frame_of_a_day_is_read_back_as_written() {
        for (text, drop) in [("29.97", true), ("59.94", true), ("23.976", false), ("25", false)] {
            let r = rate(text);
            let mut frame = 0;
            while frame < Timecode::frames_of_a_day(r, drop) {
                let written = Timecode::from_frames(frame, r, drop).to_string();
                assert_eq!(Timecode::parse(&written, r).unwrap().frames(), frame, "{written}");
                frame += 997;
            }
        }
    }

    #[test]
    fn a_day_begins_again_at_midnight() {
        for (text, drop, frames, at, later) in [
            ("25", false, 24 * 3600 * 25, "23:59:00:00", "00:01:00:00"),
            ("23.976", false, 24 * 3600 * 24, "23:59:00:00", "00:01:00:00"),
            ("29.97", true, 2_589_408, "23:59:00;02", "00:01:00;02"),
            ("59.94", true, 5_178_816, "23:59:00;04", "00:01:00;04"),
        ] {
            let r = rate(text);
            let write = |frames| Timecode::from_frames(frames, r, drop).to_string();
            assert_eq!(Timecode::frames_of_a_day(r, drop), frames, "{text}");
            let two_minutes = Timecode::parse(&later.replace("00:01", "00:02"), r).unwrap().frames();
            let first = Timecode::parse(at, r).unwrap().frames();
            let minute = two_minutes - Timecode::parse(later, r).unwrap().frames();
            // Of these two minutes the second is a tenth one, which drops nothing.
            assert_eq!(write(first + minute + 60 * i64::from(r.nominal())), later, "{text}");
            assert!(write(frames - 1).starts_with("23:59:59"), "{text}");
            assert_eq!(write(frames), write(0), "{text}");
            assert_eq!(write(-1), write(frames - 1), "{text}");
        }
    }

    #[test]
    fn a_frame_contains_its_first_instant_and_not_the_one_before() {
        for text in ["23.976", "24", "25", "29.97", "50", "59.94"] {
            let r = rate(text);
            for frame in [1, 2, 1000, 123_456, 9_999_999] {
                assert_eq!(r.frame_at(r.start_of(frame)), frame);
                assert_eq!(r.frame_at(r.start_of(frame) - 1), frame - 1);
                assert_eq!(r.frame_after(r.start_of(frame)), frame);
                assert_eq!(r.frame_after(r.start_of(frame) + 1), frame + 1);
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "0", "1/0", "abc", "24/", "1/2", "99999"] {
            assert!(FrameRate::parse(text).is_err(), "{text}");
        }
        for text in ["", "1:2:3", "00:60:00:00", "00:00:00:24", "00:00:00;00", "a:b:c:d", "1:2:3:4:5"] {
            assert!(Timecode::parse(text, rate("24")).is_err(), "{text}");
        }
    }
}
