//! Decimal numbers as text.
//!
//! Times and confidences pass from a source file to an annotation line without ever being a binary fraction: 22.691 s
//! is 22 691 000 000 ns, while `22.691_f64 * 1e9` is not. So a number is kept as its digits, however many, and rounded
//! once, at the end, half away from zero.

/// The longest number that is read; anything longer is not a measurement.
const NUMBER_CHARS_MAX: usize = 400;
/// Exponents beyond this are refused, whatever the digits.
const EXPONENT_MAX: i64 = 1_000;
/// 10^37 is the highest power of ten for which any digit string fits an `i128`.
const DIGITS_MAX: i64 = 37;

/// A decimal number: its value is `0.digits × 10^point`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    /// Reads `12`, `-1.50`, `+.5`, `3.`, `1e-3`; `None` for anything else, `nan` and `inf` too.
    #[must_use]
    pub fn parse(text: &str) -> Option<Decimal> {
        if text.len() > NUMBER_CHARS_MAX {
            return None;
        }
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (unsigned, 0),
        };
        if exponent.abs() > EXPONENT_MAX {
            return None;
        }
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let digits: Vec<u8> = digits.iter().map(|digit| digit - b'0').collect();
        Some(Decimal { negative, digits, point: whole.len() as i64 + exponent })
    }

    /// True for numbers below zero (not for `-0`).
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.negative && self.digits.iter().any(|digit| *digit != 0)
    }

    /// The number times `10^shift`, rounded half away from zero; `None` where it would be too large.
    #[must_use]
    pub fn scaled(&self, shift: i64) -> Option<i128> {
        let leading_zeros = self.digits.iter().take_while(|digit| **digit == 0).count();
        let digits = &self.digits[leading_zeros..];
        if digits.is_empty() {
            return Some(0);
        }
        let kept = self.point + shift - leading_zeros as i64;
        if kept > DIGITS_MAX {
            return None;
        }
        let mut value: i128 = 0;
        for place in 0..kept {
            let digit = usize::try_from(place).ok().and_then(|place| digits.get(place)).copied().unwrap_or(0);
            value = value * 10 + i128::from(digit);
        }
        let next = usize::try_from(kept).ok().and_then(|place| digits.get(place)).copied().unwrap_or(0);
        if next >= 5 {
            value += 1;
        }
        Some(if self.negative { -value } else { value })
    }

    /// The number when it has no fraction (`12`, `12.0`), else `None`.
    #[must_use]
    pub fn whole(&self) -> Option<i128> {
        let first_fraction_digit = usize::try_from(self.point.max(0)).ok()?;
        let fraction = self.digits.get(first_fraction_digit.min(self.digits.len())..)?;
        let leading = if self.point < 0 { &self.digits[..] } else { fraction };
        if leading.iter().any(|digit| *digit != 0) {
            return None;
        }
        self.scaled(0)
    }

    /// The number divided by `10^places`, exactly.
    #[must_use]
    pub fn shifted_down(mut self, places: i64) -> Decimal {
        self.point -= places;
        self
    }

    /// The number as JSON text with every digit that was written; `None` where no JSON reader could hold it.
    #[must_use]
    pub fn to_json(&self) -> Option<String> {
        let mut text = String::new();
        if self.is_negative() {
            text.push('-');
        }
        if (-6..=DIGITS_MAX).contains(&self.point) {
            self.push_plain(&mut text);
        } else {
            let zeros = self.digits.iter().take_while(|digit| **digit == 0).count();
            let significant = &self.digits[zeros..];
            let first = significant.first().copied().unwrap_or(0);
            text.push(char::from(b'0' + first));
            if significant.len() > 1 {
                text.push('.');
                text.extend(significant[1..].iter().map(|digit| char::from(b'0' + digit)));
                text.push_str(&format!("e{}", self.point - zeros as i64 - 1));
            } else if first != 0 {
                text.push_str(&format!("e{}", self.point - zeros as i64 - 1));
            }
        }
        let value: f64 = text.parse().ok()?;
        value.is_finite().then_some(text)
    }

    fn push_plain(&self, text: &mut String) {
        let digit_at = |place: i64| {
            let digit = usize::try_from(place).ok().and_then(|place| self.digits.get(place));
            char::from(b'0' + digit.copied().unwrap_or(0))
        };
        let whole: String = (0..self.point).map(digit_at).collect();
        let whole = whole.trim_start_matches('0');
        text.push_str(if whole.is_empty() { "0" } else { whole });
        if (self.digits.len() as i64) > self.point {
            text.push('.');
            // A negative point stands for zeros between the decimal point and the first digit.
            text.extend((self.point..self.digits.len() as i64).map(digit_at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    fn ns(text: &str) -> Option<i128> {
        Decimal::parse(text)?.scaled(9)
    }

    #[test]
    fn decimals_scale_exactly_and_round_half_away_from_zero() {
        for (text, expect) in [
            ("22.691", Some(22_691_000_000)),
            ("0", Some(0)),
            ("-0.000", Some(0)),
            ("1e-3", Some(1_000_000)),
            ("1.5E3", Some(1_500_000_000_000)),
            ("+.5", Some(500_000_000)),
            ("3.", Some(3_000_000_000)),
            ("0.0000000005", Some(1)),
            ("0.00000000049999", Some(0)),
            ("0.00000000005", Some(0)),
            ("-1.0000000005", Some(-1_000_000_001)),
            ("19.200000000000003", Some(19_200_000_000)),
            ("007", Some(7_000_000_000)),
            ("9999999999999999999999999999999999999", None),
            ("", None),
            (".", None),
            ("-", None),
            ("nan", None),
            ("inf", None),
            ("1,5", None),
            ("1e", None),
            ("0x10", None),
            ("１", None),
            ("1e99999", None),
        ] {
            assert_eq!(ns(text), expect, "{text}");
        }
    }

    #[test]
    fn whole_numbers_may_carry_an_empty_fraction() {
        for (text, expect) in [
            ("12", Some(12)),
            ("12.0", Some(12)),
            ("12.5", None),
            ("1.2e1", Some(12)),
            ("12e-1", None),
            ("0.0", Some(0)),
            ("5e-3", None),
            ("0e-3", Some(0)),
        ] {
            assert_eq!(Decimal::parse(text).and_then(|decimal| decimal.whole()), expect, "{text}");
        }
    }

    #[test]
    fn json_numbers_keep_every_digit() {
        for (text, expect) in [
            ("007", Some("7")),
            ("0.55908203", Some("0.55908203")),
            ("+.5", Some("0.5")),
            ("3.", Some("3")),
            ("-0", Some("0")),
            ("-1.50", Some("-1.50")),
            ("1e-3", Some("0.001")),
            ("0.00000000012", Some("0.00000000012")),
            ("12e-20", Some("1.2e-19")),
            ("1e300", Some("1e300")),
            ("0e300", Some("0")),
            ("1e999", None),
        ] {
            assert_eq!(
                Decimal::parse(text).and_then(|decimal| decimal.to_json()).as_deref(),
                expect,
                "{text}"
            );
        }
    }
}
