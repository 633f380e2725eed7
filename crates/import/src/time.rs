//! Times of other tools, as whole nanoseconds.
//!
//! Frame n begins at the first whole nanosecond at or after its exact time. So the start lies in its own frame, the
//! end of one shot is the start of the next to the nanosecond, and the frame that holds the last nanosecond before
//! the end is the last frame of the shot: going back to timecode gives the frames that were written.

use crate::decimal::Decimal;
use crate::problem::shown;

const NS_PER_S: i128 = 1_000_000_000;
/// Decimal places from a second, and from a millisecond, to a nanosecond.
pub(crate) const SECOND_PLACES: i64 = 9;
pub(crate) const MILLISECOND_PLACES: i64 = 6;

/// The unit in which a source writes its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Decimal seconds, also `3.5s`.
    Seconds,
    /// Decimal milliseconds.
    Milliseconds,
    /// Whole nanoseconds.
    Nanoseconds,
    /// Frame numbers, with the number of the first frame and the rate as a ratio.
    Frames { first: i64, rate: Rate },
    /// `H:MM:SS.mmm`.
    Timecode,
}

/// Frames per second, as a ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    numerator: i64,
    denominator: i64,
}

impl Rate {
    /// Reads `24000/1001`, `25`, or a decimal such as `12.5`; both sides positive and below a million.
    pub(crate) fn parse(text: &str) -> Option<Rate> {
        const SIDE_MAX: i64 = 1_000_000;
        let (numerator, denominator) = match text.split_once('/') {
            Some((numerator, denominator)) => {
                (numerator.trim().parse().ok()?, denominator.trim().parse().ok()?)
            }
            None => {
                let thousandths = i64::try_from(Decimal::parse(text.trim())?.scaled(3)?).ok()?;
                if thousandths % 1000 == 0 { (thousandths / 1000, 1) } else { (thousandths, 1000) }
            }
        };
        let sound = (1..=SIDE_MAX).contains(&numerator) && (1..=SIDE_MAX).contains(&denominator);
        sound.then_some(Rate { numerator, denominator })
    }
}

impl Unit {
    /// The nanoseconds of one step, for ends that are written inclusive; `None` where the unit has no steps.
    pub(crate) fn has_steps(self) -> bool {
        matches!(self, Unit::Milliseconds | Unit::Nanoseconds | Unit::Frames { .. })
    }

    /// A point in time in nanoseconds from the start of the media; `steps` (0 or 1) are added to it first.
    pub(crate) fn point_ns(self, text: &str, steps: i128) -> Result<i64, String> {
        let text = text.trim();
        let ns = match self {
            Unit::Seconds => number(text.strip_suffix('s').unwrap_or(text), "seconds")?.scaled(SECOND_PLACES),
            Unit::Milliseconds => number(text, "milliseconds")?
                .scaled(MILLISECOND_PLACES)
                .map(|ns| ns + steps * 10i128.pow(MILLISECOND_PLACES as u32)),
            Unit::Nanoseconds => Some(whole(text, "nanoseconds")?).and_then(|ns| ns.checked_add(steps)),
            Unit::Frames { first, rate } => {
                let frame = whole(text, "frames")?;
                let frame = frame.checked_sub(i128::from(first)).and_then(|frame| frame.checked_add(steps));
                frame.and_then(|frame| frames_to_ns(frame, rate))
            }
            Unit::Timecode => Some(clock_ns(text)?),
        };
        in_range(ns, text)
    }

    /// A length of time in nanoseconds; lengths have no first frame.
    pub(crate) fn length_ns(self, text: &str) -> Result<i64, String> {
        match self {
            Unit::Frames { rate, .. } => Unit::Frames { first: 0, rate }.point_ns(text, 0),
            unit => unit.point_ns(text, 0),
        }
    }

    /// The end of a span of `frames` that begins at frame `start`: exact where adding two rounded times is not.
    pub(crate) fn end_ns(self, start: &str, length: &str, start_ns: i64) -> Result<i64, String> {
        let length_ns = self.length_ns(length)?;
        if let Unit::Frames { first, rate } = self {
            let frames = whole(start.trim(), "frames")?.checked_sub(i128::from(first));
            let frames = frames.and_then(|frames| frames.checked_add(whole(length.trim(), "frames").ok()?));
            return in_range(frames.and_then(|frames| frames_to_ns(frames, rate)), length.trim());
        }
        in_range(i128::from(start_ns).checked_add(i128::from(length_ns)), length.trim())
    }
}

fn in_range(ns: Option<i128>, text: &str) -> Result<i64, String> {
    let ns = ns.ok_or_else(|| format!("{} is too large for a time", shown(text)))?;
    if ns < 0 {
        return Err(format!("{} lies before the start of the media", shown(text)));
    }
    i64::try_from(ns).map_err(|_| format!("{} is too large for a time", shown(text)))
}

fn frames_to_ns(frames: i128, rate: Rate) -> Option<i128> {
    let dividend = frames.checked_mul(NS_PER_S)?.checked_mul(i128::from(rate.denominator))?;
    let divisor = i128::from(rate.numerator);
    let floor = dividend.div_euclid(divisor);
    Some(floor + i128::from(dividend.rem_euclid(divisor) != 0))
}

fn number(text: &str, unit: &str) -> Result<Decimal, String> {
    Decimal::parse(text).ok_or_else(|| format!("{} is not a number of {unit}", shown(text)))
}

fn whole(text: &str, unit: &str) -> Result<i128, String> {
    number(text, unit)?.whole().ok_or_else(|| format!("{} is not a whole number of {unit}", shown(text)))
}

/// `H:MM:SS.mmm`, `MM:SS.mmm`, the fraction after a point or a comma and of any length.
///
/// # Errors
/// What is wrong with the text.
pub fn clock_ns(text: &str) -> Result<i128, String> {
    let wrong = || format!("{} is not of the form `HH:MM:SS.mmm`", shown(text));
    let text = text.replace(',', ".");
    let parts: Vec<&str> = text.split(':').collect();
    let (hours, minutes, seconds) = match parts.as_slice() {
        [hours, minutes, seconds] => (*hours, *minutes, *seconds),
        [minutes, seconds] => ("0", *minutes, *seconds),
        _ => return Err(wrong()),
    };
    let small = |part: &str| -> Option<i128> {
        let digits = (1..=6).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits { part.parse().ok() } else { None }
    };
    let hours = small(hours).ok_or_else(wrong)?;
    let minutes = small(minutes).filter(|minutes| *minutes < 60).ok_or_else(wrong)?;
    let plain = seconds.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds_ns =
        Decimal::parse(seconds).filter(|_| plain).and_then(|seconds| seconds.scaled(SECOND_PLACES));
    let seconds_ns = seconds_ns.filter(|ns| *ns < 60 * NS_PER_S).ok_or_else(wrong)?;
    Ok((hours * 3600 + minutes * 60) * NS_PER_S + seconds_ns)
}

#[cfg(test)]
mod tests {
    use super::{Rate, Unit};

    #[test]
    fn every_unit_reads_its_own_times_and_refuses_others() {
        let film = Unit::Frames { first: 1, rate: Rate::parse("24000/1001").unwrap() };
        for (unit, text, steps, expect) in [
            (Unit::Seconds, "22.691", 0, Ok(22_691_000_000)),
            (Unit::Seconds, " 3.5s ", 0, Ok(3_500_000_000)),
            (Unit::Seconds, "-0.5", 0, Err("before the start")),
            (Unit::Seconds, "1e12", 0, Err("too large")),
            (Unit::Seconds, "NaN", 0, Err("not a number of seconds")),
            (Unit::Milliseconds, "1.5", 0, Ok(1_500_000)),
            (Unit::Milliseconds, "1", 1, Ok(2_000_000)),
            (Unit::Nanoseconds, "7", 1, Ok(8)),
            (Unit::Nanoseconds, "7.5", 0, Err("whole number of nanoseconds")),
            (film, "1", 0, Ok(0)),
            (film, "2", 0, Ok(41_708_334)),
            (film, "24001", 0, Ok(1_001_000_000_000)),
            (film, "2", 1, Ok(83_416_667)),
            (film, "0", 0, Err("before the start")),
            (film, "1.5", 0, Err("whole number of frames")),
            (Unit::Timecode, "01:02:03.004", 0, Ok(3_723_004_000_000)),
            (Unit::Timecode, "0:00:01.2000000", 0, Ok(1_200_000_000)),
            (Unit::Timecode, "01:02,5", 0, Ok(62_500_000_000)),
            (Unit::Timecode, "01:60:00", 0, Err("HH:MM:SS")),
            (Unit::Timecode, "01:00:60", 0, Err("HH:MM:SS")),
            (Unit::Timecode, "01:00:00:12", 0, Err("HH:MM:SS")),
            (Unit::Timecode, "-1:00:00", 0, Err("HH:MM:SS")),
            (Unit::Timecode, "12", 0, Err("HH:MM:SS")),
        ] {
            match (unit.point_ns(text, steps), expect) {
                (Ok(ns), Ok(expect)) => assert_eq!(ns, expect, "{text}"),
                (Err(why), Err(expect)) => assert!(why.contains(expect), "{text}: {why}"),
                (got, expect) => panic!("{text}: {got:?}, not {expect:?}"),
            }
        }
    }

    #[test]
    fn the_end_of_a_span_of_frames_is_the_start_of_the_next_frame() {
        let film = Unit::Frames { first: 0, rate: Rate::parse("24000/1001").unwrap() };
        for start in 0..2_000 {
            let text = start.to_string();
            let start_ns = film.point_ns(&text, 0).unwrap();
            let end_ns = film.end_ns(&text, "1", start_ns).unwrap();
            assert_eq!(end_ns, film.point_ns(&(start + 1).to_string(), 0).unwrap());
            // The frame that holds the first, and the last, nanosecond is the frame that was written.
            for ns in [start_ns, end_ns - 1] {
                assert_eq!(i128::from(ns) * 24_000 / 1_001 / 1_000_000_000, start);
            }
        }
    }

    #[test]
    fn rates_are_ratios() {
        assert_eq!(Rate::parse("25"), Rate::parse("25/1"));
        assert_eq!(Rate::parse("12.5"), Rate::parse("12500/1000"));
        for text in ["0", "-1", "24/0", "x", "1/2/3", "99999999", ""] {
            assert_eq!(Rate::parse(text), None, "{text}");
        }
    }
}
