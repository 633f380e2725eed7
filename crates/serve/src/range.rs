//! HTTP ranges (RFC 9110, section 14): a pure decision.

/// What to send of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it: 200.
    Whole,
    /// Bytes `first ..= last`: 206.
    Bytes {
        /// First byte.
        first: u64,
        /// Last byte.
        last: u64,
    },
    /// No byte of the range exists: 416.
    Unsatisfiable,
}

/// What a `Range` header asks of a file of `len` bytes.
///
/// A header that is malformed, of another unit, or asks for several ranges is ignored, as the RFC allows:
/// players ask for one.
#[must_use]
pub fn decide(range: Option<&str>, len: u64) -> Part {
    let Some(spec) = range.and_then(|r| r.trim().strip_prefix("bytes=")) else { return Part::Whole };
    let Some((first, last)) = spec.trim().split_once('-') else { return Part::Whole };
    let number = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        // A number beyond 64 bits is beyond every file.
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    match (first.is_empty(), last.is_empty()) {
        (true, false) => match number(last) {
            None => Part::Whole,
            Some(0) => Part::Unsatisfiable,
            Some(_) if len == 0 => Part::Unsatisfiable,
            Some(n) => Part::Bytes { first: len.saturating_sub(n), last: len - 1 },
        },
        (false, _) => {
            let end = if last.is_empty() { Some(u64::MAX) } else { number(last) };
            match (number(first), end) {
                (Some(first), Some(last)) if first > last => Part::Whole,
                (Some(first), Some(_)) if first >= len => Part::Unsatisfiable,
                (Some(first), Some(last)) => Part::Bytes { first, last: last.min(len - 1) },
                _ => Part::Whole,
            }
        }
        (true, true) => Part::Whole,
    }
}

/// Does the range still count, given `If-Range` and the file's entity tag? Dates never match: the tag says
/// more.
#[must_use]
pub fn range_counts(if_range: Option<&str>, etag: &str) -> bool {
    if_range.is_none_or(|given| given.trim() == etag)
}

/// Does `If-None-Match` name the file as it is?
#[must_use]
pub fn is_unchanged(if_none_match: Option<&str>, etag: &str) -> bool {
    if_none_match.is_some_and(|given| {
        given.split(',').map(str::trim).any(|t| t == "*" || t.trim_start_matches("W/") == etag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        let bytes = |first, last| Part::Bytes { first, last };
        for (range, len, part) in [
            (None, 10, Part::Whole),
            (Some("bytes=0-0"), 10, bytes(0, 0)),
            (Some("bytes=2-5"), 10, bytes(2, 5)),
            (Some("bytes=2-"), 10, bytes(2, 9)),
            (Some("bytes=2-99"), 10, bytes(2, 9)),
            (Some("bytes=-3"), 10, bytes(7, 9)),
            (Some("bytes=-99"), 10, bytes(0, 9)),
            (Some("bytes=10-"), 10, Part::Unsatisfiable),
            (Some("bytes=0-"), 0, Part::Unsatisfiable),
            (Some("bytes=-0"), 10, Part::Unsatisfiable),
            (Some("bytes=-5"), 0, Part::Unsatisfiable),
            (Some("bytes=99999999999999999999999-"), 10, Part::Unsatisfiable),
            (Some("bytes=0-99999999999999999999999"), 10, bytes(0, 9)),
            (Some("bytes=5-2"), 10, Part::Whole),
            (Some("bytes=-"), 10, Part::Whole),
            (Some("bytes=a-b"), 10, Part::Whole),
            (Some("bytes=+1-2"), 10, Part::Whole),
            (Some("bytes=0-1,3-4"), 10, Part::Whole),
            (Some("items=0-1"), 10, Part::Whole),
            (Some("bytes=é-1"), 10, Part::Whole),
        ] {
            assert_eq!(decide(range, len), part, "{range:?} of {len}");
        }
    }

    #[test]
    fn conditions_compare_tags() {
        assert!(range_counts(None, "\"a\"") && range_counts(Some("\"a\""), "\"a\""));
        assert!(!range_counts(Some("\"b\""), "\"a\""));
        assert!(!range_counts(Some("Mon, 23 Nov 2026 04:00:00 GMT"), "\"a\""));
        assert!(is_unchanged(Some("\"x\", W/\"a\""), "\"a\"") && is_unchanged(Some("*"), "\"a\""));
        assert!(!is_unchanged(None, "\"a\"") && !is_unchanged(Some("\"b\""), "\"a\""));
    }
}
