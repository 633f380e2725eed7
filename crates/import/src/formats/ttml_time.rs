//! Time expressions of TTML.

use crate::decimal::Decimal;
use crate::problem::{Fault, shown};
use crate::time::clock_ns;
use rushes_types::{FrameRate, NS_PER_SECOND, Timecode};

use crate::formats::xml::Element;

/// The rate that TTML has where a document names none.
const RATE_DEFAULT: u32 = 30;
const NANO_PLACES: i64 = 9;

/// How a document counts time.
pub(crate) struct TimeBase {
    rate: Option<FrameRate>,
    tick_rate: i128,
    is_smpte: bool,
    drop_frame: bool,
}

impl TimeBase {
    /// The defaults of a document without parameters; `rate` is the caller's.
    pub(crate) fn new(rate: Option<FrameRate>) -> TimeBase {
        let rate = rate.or_else(|| FrameRate::new(RATE_DEFAULT, 1).ok());
        TimeBase { rate, tick_rate: 1, is_smpte: false, drop_frame: false }
    }

    /// Are the times timecode?
    pub(crate) fn is_timecode(&self) -> bool {
        self.is_smpte
    }

    /// Takes the parameters of the root element.
    pub(crate) fn parameters(&mut self, root: &Element) {
        let number = |name: &str| root.get(name).and_then(|text| text.parse::<u32>().ok());
        let nominal = number("frameRate");
        let (num, den) = root
            .get("frameRateMultiplier")
            .and_then(|text| text.split_once([' ', ':']))
            .and_then(|(num, den)| Some((num.trim().parse::<u32>().ok()?, den.trim().parse::<u32>().ok()?)))
            .unwrap_or((1, 1));
        if let Some(nominal) = nominal
            && let Some(num) = nominal.checked_mul(num)
            && let Ok(rate) = FrameRate::new(num, den)
        {
            self.rate = Some(rate);
            self.tick_rate = i128::from(nominal) * i128::from(number("subFrameRate").unwrap_or(1).max(1));
        }
        if let Some(ticks) = number("tickRate").filter(|ticks| *ticks > 0) {
            self.tick_rate = i128::from(ticks);
        }
        self.tick_rate = self.tick_rate.max(1);
        self.is_smpte = root.get("timeBase") == Some("smpte");
        self.drop_frame = root.get("dropMode") == Some("dropNTSC");
    }

    /// A time expression as nanoseconds.
    pub(crate) fn ns(&self, field: &str, text: &str) -> Result<i128, Fault> {
        let wrong = || {
            let why = format!("{} is not a time of TTML", shown(text));
            Fault::new(field, why, "write `00:00:01.500`, `00:00:01:12`, `1.5s`, `36f` or `100t`")
        };
        if text.contains(':') {
            return self.clock(text).ok_or_else(wrong);
        }
        let at = text.find(|letter: char| letter.is_ascii_alphabetic()).ok_or_else(wrong)?;
        let (number, metric) = text.split_at(at);
        let value = Decimal::parse(number).filter(|value| !value.is_negative()).ok_or_else(wrong)?;
        let nano = |places: i64| value.scaled(places);
        // So many nano-units; nothing beyond this is a time, and products of it stay in bounds.
        let bounded = nano(NANO_PLACES).filter(|value| *value < 1i128 << 80);
        let ns = match metric {
            "h" => bounded.map(|value| value * 3600),
            "m" => bounded.map(|value| value * 60),
            "s" => bounded,
            "ms" => nano(NANO_PLACES - 3),
            "t" => bounded.map(|value| (value + self.tick_rate / 2) / self.tick_rate),
            "f" => bounded.zip(self.rate).map(|(value, rate)| frames(value, rate)),
            _ => None,
        };
        ns.ok_or_else(wrong)
    }

    fn clock(&self, text: &str) -> Option<i128> {
        let fields: Vec<&str> = text.split([':', ';']).collect();
        let [hours, minutes, seconds, frame] = fields.as_slice() else {
            return clock_ns(text).ok();
        };
        let rate = self.rate?;
        // Sub-frames are ignored: nobody cuts that finely.
        let frame = frame.split('.').next().unwrap_or(frame);
        if self.is_smpte {
            let sign = if self.drop_frame && rate.can_drop() { ';' } else { ':' };
            let timecode =
                Timecode::parse(&format!("{hours}:{minutes}:{seconds}{sign}{frame}"), rate).ok()?;
            return Some(i128::from(rate.start_of(timecode.frames())));
        }
        let frame: u32 = frame.parse().ok().filter(|frame| *frame < rate.nominal())?;
        let whole = clock_ns(&format!("{hours}:{minutes}:{seconds}")).ok()?;
        Some(whole + frames(i128::from(frame) * i128::from(NS_PER_SECOND), rate))
    }
}

/// When a frame begins, counted in thousand-millionths of a frame.
fn frames(nano_frames: i128, rate: FrameRate) -> i128 {
    let (num, den) = rate.ratio();
    let (num, scaled) = (i128::from(num), nano_frames * i128::from(den));
    (scaled + num - 1).div_euclid(num)
}

#[cfg(test)]
mod tests {
    use super::TimeBase;
    use rushes_types::FrameRate;

    #[test]
    fn every_kind_of_time_is_exact() {
        let film = TimeBase { tick_rate: 10_000_000, ..TimeBase::new(FrameRate::parse("24000/1001").ok()) };
        let tape = TimeBase {
            is_smpte: true,
            drop_frame: true,
            ..TimeBase::new(FrameRate::parse("30000/1001").ok())
        };
        for (base, text, expect) in [
            (&film, "00:00:01.5", Some(1_500_000_000)),
            (&film, "01:00:00:12", Some(3_600_500_500_000)),
            (&film, "24f", Some(1_001_000_000)),
            (&film, "1f", Some(41_708_334)),
            (&film, "15000000t", Some(1_500_000_000)),
            (&film, "1.5s", Some(1_500_000_000)),
            (&film, "1500ms", Some(1_500_000_000)),
            (&film, "0.5m", Some(30_000_000_000)),
            (&film, "2h", Some(7_200_000_000_000)),
            (&film, "00:00:01:24", None),
            (&film, "5", None),
            (&film, "-1s", None),
            (&film, "1x", None),
            (&tape, "00:10:00:00", Some(599_999_400_000)),
            (&tape, "00:01:00:00", None),
        ] {
            assert_eq!(base.ns("begin", text).ok(), expect, "{text}");
        }
    }
}
