//! Numbers, lengths of time and clock times, as people write them.

use rushes_plan::time::{Instant, ns_of_seconds, parse_clock};

use crate::languages::{MINUTE, Role};
use crate::question::Question;
use crate::token::Kind;

/// Digits, with at most one point.
fn digits(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && text.len() <= 12;
    plain.then(|| text.parse().ok()).flatten()
}

/// "10s", "5min": a number with its unit.
fn glued(text: &str) -> Option<(f64, &str)> {
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|at| *at > 0)?;
    Some((digits(text.get(..at)?)?, text.get(at..)?))
}

#[allow(clippy::cast_precision_loss)] // units are far below 2^53
fn length(number: f64, unit: i64) -> Option<i64> {
    ns_of_seconds(number * (unit / 1_000_000_000) as f64)
}

impl Question<'_> {
    /// A number in digits or words: its length in tokens, and itself.
    pub fn number(&self, at: usize) -> Option<(usize, f64)> {
        let token = self.tokens.get(at)?;
        // ".9"
        if token.kind == Kind::Mark('.') && self.touches(at) {
            let decimals = self.tokens.get(at + 1).filter(|next| digits(&next.folded).is_some())?;
            return Some((2, digits(&format!("0.{}", decimals.folded))?));
        }
        if token.kind == Kind::Word
            && let Some(number) = digits(&token.folded)
        {
            // "0,8" outside English.
            if self.mark(at + 1) == Some(',')
                && self.touches(at)
                && self.touches(at + 1)
                && let Some(decimals) = self.tokens.get(at + 2).filter(|t| digits(&t.folded).is_some())
                && let Some(number) = digits(&format!("{}.{}", token.folded, decimals.folded))
            {
                return Some((3, number));
            }
            return Some((1, number));
        }
        self.find(at, |s| if let Role::Number(n) = s { Some(f64::from(n)) } else { None })
    }

    /// A whole number that fits a season or an episode.
    pub fn whole(&self, at: usize) -> Option<(usize, i64)> {
        let (len, number) = self.number(at)?;
        let fits = number.fract() == 0.0 && (0.0..100_000.0).contains(&number);
        #[allow(clippy::cast_possible_truncation)] // bounded above
        fits.then_some((len, number as i64))
    }

    pub fn count(&self, at: usize) -> Option<(usize, usize)> {
        let (len, number) = self.whole(at)?;
        let number = usize::try_from(number).ok().filter(|n| (1..=1_000).contains(n))?;
        Some((len, number))
    }

    pub fn ordinal(&self, at: usize) -> Option<(usize, i64)> {
        self.find(at, |s| if let Role::Ordinal(n) = s { Some(i64::from(n)) } else { None })
    }

    pub fn unit(&self, at: usize) -> Option<(usize, i64)> {
        self.find(at, |s| if let Role::Unit(ns) = s { Some(ns) } else { None })
    }

    /// A length of time in nanoseconds: "10 s", "10s", "half a minute", "a minute", "1 min 30 s".
    pub fn duration(&self, at: usize) -> Option<(usize, i64)> {
        let (mut len, mut ns, mut smallest) = self.one_duration(at)?;
        while let Some((more, add, unit)) = self.one_duration(at + len)
            && unit < smallest
        {
            (len, ns, smallest) = (len + more, ns.checked_add(add)?, unit);
        }
        (ns > 0).then_some((len, ns))
    }

    fn one_duration(&self, at: usize) -> Option<(usize, i64, i64)> {
        let token = self.tokens.get(at).filter(|t| t.kind == Kind::Word)?;
        if let Some((number, unit)) = glued(&token.folded) {
            let unit = Self::unit_named(unit)?;
            return Some((1, length(number, unit)?, unit));
        }
        if let Some(half) = self.is(at, Role::Half) {
            let (len, unit) = self.unit(at + half)?;
            return Some((half + len, unit / 2, unit));
        }
        let (len, number) = self.number(at).or_else(|| self.is(at, Role::One).map(|len| (len, 1.0)))?;
        let dash = usize::from(self.mark(at + len) == Some('-'));
        let (unit_len, unit) = self.unit(at + len + dash)?;
        Some((len + dash + unit_len, length(number, unit)?, unit))
    }

    fn unit_named(name: &str) -> Option<i64> {
        Some(match name {
            "s" | "sec" | "secs" | "seg" | "sek" => 1_000_000_000,
            "m" | "min" | "mins" | "mn" => 60_000_000_000,
            "h" | "hr" | "hrs" | "std" => 3_600_000_000_000,
            _ => return None,
        })
    }

    /// An instant: "1:30", "00:01:30", timecode, "minute 3".
    pub fn clock(&self, at: usize) -> Option<(usize, Instant)> {
        if let Some(len) = self.is(at, MINUTE) {
            let (more, minute) = self.whole(at + len)?;
            return Some((len + more, Instant::Ns(minute.checked_mul(60_000_000_000)?)));
        }
        // "the 15 minute mark"
        if let Some((len, ns)) = self.duration(at)
            && let Some(mark) = self.is(at + len, Role::TimeMark)
        {
            let onwards = self.is(at + len + mark, Role::TimeMark).unwrap_or(0);
            return Some((len + mark + onwards, Instant::Ns(ns)));
        }
        let first = self.tokens.get(at).filter(|t| digits(&t.folded).is_some())?;
        let mut last = at;
        while last - at < 8
            && matches!(self.mark(last + 1), Some(':' | ';'))
            && self.touches(last)
            && self.touches(last + 1)
            && self.tokens.get(last + 2).is_some_and(|t| digits(&t.folded).is_some())
        {
            last += 2;
        }
        let text = self.text.get(first.start..self.tokens.get(last)?.end)?;
        match (last - at) / 2 {
            1 | 2 => Some((last - at + 1, Instant::Ns(parse_clock(text)?))),
            3 => Some((last - at + 1, Instant::Timecode(text.to_owned()))),
            _ => None,
        }
    }
}
