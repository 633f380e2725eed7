//! Frame rates and timecode as other tools write them.

use crate::decimal::Decimal;
use crate::problem::{Fault, shown};
use rushes_types::{FrameRate, NS_PER_SECOND, Timecode};

/// Rates that media have, beside whole ones.
const NTSC: [u32; 5] = [24, 30, 48, 60, 120];
/// Tools round rates to so many parts of a thousand; `29.97002` and `23.976` are NTSC rates.
const NEAR_THOUSANDTHS: i128 = 4;

/// The rate that a number such as `29.97002` or `25.0` means.
pub(crate) fn rate_of(text: &str) -> Option<FrameRate> {
    if let Ok(rate) = FrameRate::parse(text.trim()) {
        return Some(rate);
    }
    let millis = Decimal::parse(text.trim())?.scaled(3)?;
    let near = |num: u32, den: u32| {
        let exact = i128::from(num) * 1000 / i128::from(den);
        (exact - millis).abs() <= NEAR_THOUSANDTHS
    };
    if let Some(nominal) = NTSC.iter().find(|nominal| near(**nominal * 1000, 1001)) {
        return FrameRate::new(nominal * 1000, 1001).ok();
    }
    let whole = u32::try_from((millis + 500) / 1000).ok()?;
    if near(whole, 1) {
        return FrameRate::new(whole, 1).ok();
    }
    FrameRate::new(u32::try_from(millis).ok()?, 1000).ok()
}

/// The error of a file that counts frames where no rate is known.
pub(crate) fn rate_is_needed() -> Fault {
    let why = "the file counts frames and does not say how many a second has";
    Fault::new("", why, "give the frame rate, such as `--fps 25` or `--fps 30000/1001`")
}

/// A timecode as nanoseconds from `00:00:00:00`, frame by frame; drop frame where it is written with `;` or `,`.
pub(crate) fn timecode_ns(field: &str, text: &str, rate: FrameRate) -> Result<i128, Fault> {
    let wrong = |why: &str| {
        Fault::new(
            field,
            format!("{} is no timecode at {rate} frames a second{why}", shown(text)),
            "mend it, or `--fps`",
        )
    };
    let parts: Vec<&str> = text.trim().split([':', ';', '.', ',']).filter(|part| !part.is_empty()).collect();
    let [hours, minutes, seconds, frames] = parts.as_slice() else { return Err(wrong("")) };
    let drops = text.contains([';', ',']) && rate.can_drop();
    let sign = if drops { ';' } else { ':' };
    let timecode = Timecode::parse(&format!("{hours}:{minutes}:{seconds}{sign}{frames}"), rate)
        .map_err(|error| wrong(&format!(": {error}")))?;
    Ok(i128::from(rate.start_of(timecode.frames())))
}

/// What the frames of a timecode before `00:00:00:00` of the next day last.
pub(crate) const DAY_NS: i128 = 24 * 3600 * NS_PER_SECOND as i128;

#[cfg(test)]
mod tests {
    use super::{rate_of, timecode_ns};
    use rushes_types::FrameRate;

    #[test]
    fn rates_are_the_ones_that_are_meant() {
        for (text, expect) in [
            ("29.97002", "30000/1001"),
            ("29.97002029418945", "30000/1001"),
            ("23.976024", "24000/1001"),
            ("25.0", "25"),
            ("25", "25"),
            ("24.99999", "25"),
            ("59.9401", "60000/1001"),
            ("12.5", "12500/1000"),
        ] {
            assert_eq!(rate_of(text), FrameRate::parse(expect).ok(), "{text}");
        }
        for text in ["", "x", "0", "-1", "1e9"] {
            assert_eq!(rate_of(text), None, "{text}");
        }
    }

    #[test]
    fn timecode_is_counted_in_frames() {
        let film = FrameRate::parse("24").unwrap();
        let tape = FrameRate::parse("30000/1001").unwrap();
        assert_eq!(timecode_ns("in", "01:00:00:12", film).unwrap(), 3_600_500_000_000);
        assert_eq!(timecode_ns("in", "00;10;00;00", tape).unwrap(), 599_999_400_000);
        assert_eq!(timecode_ns("in", "00:00:01:00", tape).unwrap(), 1_001_000_000);
        assert!(timecode_ns("in", "00:00:01:24", film).is_err());
        assert!(timecode_ns("in", "00:00:01", film).is_err());
    }
}
