//! Time: whole nanoseconds from the start of the media, never floats.
//!
//! A range covers `[start, end)`; a point event has `start == end` and is present at that instant.
//! For *buckets* the end point counts too: an annotation touches bucket `k` when `start < (k+1)·len`
//! and `end >= k·len`. Buckets only find candidates; presence is decided on the exact ranges.

use std::fmt;

use crate::bucket::BucketNo;
use crate::error::Error;
use crate::limits::TIME_NS_MAX;

/// Nanoseconds in a second.
pub const NS_PER_SECOND: i64 = 1_000_000_000;

/// Why two times make no range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeError {
    /// The start lies before the start of the media.
    NegativeStart(i64),
    /// The end lies before the start.
    EndBeforeStart(i64, i64),
    /// The range is longer than allowed: its span and the limit, in nanoseconds.
    TooLong(i64, i64),
    /// The end lies beyond the latest time there is.
    TooLate(i64),
}

impl TimeError {
    fn message(self) -> String {
        match self {
            Self::NegativeStart(s) => format!("start {s} ns is before the media begins"),
            Self::EndBeforeStart(s, e) => format!("end {e} ns is before start {s} ns"),
            Self::TooLong(n, max) => {
                let hours = max / (3600 * NS_PER_SECOND);
                format!("the span of {n} ns is longer than the limit of {max} ns ({hours} h)")
            }
            Self::TooLate(e) => {
                format!("end {e} ns is later than {TIME_NS_MAX} ns, the latest time there is")
            }
        }
    }

    const fn mend(self) -> Option<&'static str> {
        match self {
            Self::NegativeStart(_) => Some("the first instant is 0"),
            Self::EndBeforeStart(..) => Some("swap them or mend the end"),
            Self::TooLong(..) => Some("cut it into shorter ones"),
            Self::TooLate(_) => None,
        }
    }
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())?;
        self.mend().map_or(Ok(()), |mend| write!(f, "; {mend}"))
    }
}

impl From<TimeError> for Error {
    fn from(error: TimeError) -> Self {
        let invalid = Self::invalid(error.message());
        match error.mend() {
            Some(mend) => invalid.mend(mend),
            None => invalid,
        }
    }
}

impl std::error::Error for TimeError {}

/// A stretch of time in one asset, in nanoseconds, `0 <= start <= end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeRange {
    start_ns: i64,
    end_ns: i64,
}

impl TimeRange {
    /// Makes a range of any span.
    ///
    /// # Errors
    /// [`TimeError`] where start is negative, end lies before start, or end is beyond all media.
    pub fn new(start_ns: i64, end_ns: i64) -> Result<Self, TimeError> {
        if start_ns < 0 {
            return Err(TimeError::NegativeStart(start_ns));
        }
        if end_ns < start_ns {
            return Err(TimeError::EndBeforeStart(start_ns, end_ns));
        }
        if end_ns > TIME_NS_MAX {
            return Err(TimeError::TooLate(end_ns));
        }
        Ok(Self { start_ns, end_ns })
    }

    /// Makes a range no longer than `span_ns_max`.
    ///
    /// # Errors
    /// As [`TimeRange::new`], and [`TimeError::TooLong`].
    pub fn bounded(start_ns: i64, end_ns: i64, span_ns_max: i64) -> Result<Self, TimeError> {
        if start_ns >= 0 && end_ns.saturating_sub(start_ns) > span_ns_max {
            return Err(TimeError::TooLong(end_ns.saturating_sub(start_ns), span_ns_max));
        }
        Self::new(start_ns, end_ns)
    }

    /// Everything from the first instant to the latest there is.
    #[must_use]
    pub const fn everything() -> Self {
        Self { start_ns: 0, end_ns: TIME_NS_MAX }
    }

    /// First instant, in nanoseconds.
    #[must_use]
    pub const fn start_ns(self) -> i64 {
        self.start_ns
    }

    /// End, exclusive but for buckets, in nanoseconds.
    #[must_use]
    pub const fn end_ns(self) -> i64 {
        self.end_ns
    }

    /// Length in nanoseconds.
    #[must_use]
    pub const fn duration_ns(self) -> i64 {
        self.end_ns - self.start_ns
    }

    /// Is it a point event?
    #[must_use]
    pub const fn is_point(self) -> bool {
        self.start_ns == self.end_ns
    }

    /// Do the two meet, at a stretch of positive length or at a point event? A point `p` meets a range
    /// when `start <= p <= end`; two ranges that only touch do not meet.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        let start = if self.start_ns > other.start_ns { self.start_ns } else { other.start_ns };
        let end = if self.end_ns < other.end_ns { self.end_ns } else { other.end_ns };
        start < end || (start == end && (self.is_point() || other.is_point()))
    }

    /// Does a point event at `at_ns` meet this range (`start <= p <= end`)?
    #[must_use]
    pub const fn meets_point(self, at_ns: i64) -> bool {
        self.start_ns <= at_ns && at_ns <= self.end_ns
    }

    /// First and last bucket that the range touches, both inclusive.
    ///
    /// "Joey" from 2 s to 8 s touches the seven buckets 2 … 8: the end point counts.
    #[must_use]
    pub const fn buckets(self, bucket_ns: i64) -> (BucketNo, BucketNo) {
        let first = self.start_ns / bucket_ns;
        let last = self.end_ns / bucket_ns;
        (BucketNo(first.unsigned_abs()), BucketNo(last.unsigned_abs()))
    }

    /// How many buckets the range touches.
    #[must_use]
    pub const fn bucket_count(self, bucket_ns: i64) -> u64 {
        let (first, last) = self.buckets(bucket_ns);
        last.0 - first.0 + 1
    }
}
