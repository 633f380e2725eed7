//! Commit numbers: unique without coordination, growing, roughly in the order of time.
//!
//! A number is the time since the beginning of 2026 in ticks of 64 µs, times 512, plus the number of the writer. It
//! fits 53 bits until 2060. The clock never goes back, and jumps above any larger number it sees.

use std::time::{SystemTime, UNIX_EPOCH};

/// Bits of a number that name the writer.
pub const WRITER_BITS: u32 = 9;
/// Most writers at once.
pub const WRITERS: u16 = 1 << WRITER_BITS;
/// Length of a tick, in microseconds.
const TICK_US: u128 = 64;
/// 2026-01-01T00:00:00Z, in seconds since 1970.
const EPOCH_S: u128 = 1_767_225_600;

/// A clock of one process.
#[derive(Debug, Default)]
pub struct Clock {
    last: u64,
}

impl Clock {
    /// The next number of this writer: above all that this clock gave before, and above `after`.
    pub fn next(&mut self, writer: u16, after: u64, now: u64) -> u64 {
        let above = (after >> WRITER_BITS).saturating_add(1);
        self.last = now.max(self.last.saturating_add(1)).max(above);
        (self.last << WRITER_BITS) | u64::from(writer % WRITERS)
    }

    /// Continues above `number`.
    pub fn jump(&mut self, number: u64) {
        self.last = self.last.max(number >> WRITER_BITS);
    }
}

/// The tick now.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    u64::try_from(since.saturating_sub(EPOCH_S * 1_000_000) / TICK_US).unwrap_or(0)
}

/// The time now, in milliseconds since 1970.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// When a number was made, in milliseconds since 1970; `None` for one that no clock of ours made (of an imported commit).
pub fn ms_of(number: u64) -> Option<u64> {
    let ticks = number >> WRITER_BITS;
    let ms = u128::from(ticks) * TICK_US / 1_000 + EPOCH_S * 1_000;
    (number > FIRST).then(|| u64::try_from(ms).unwrap_or(u64::MAX))
}

/// Numbers up to this one count as imported: of the first day of the epoch.
const FIRST: u64 = (86_400 * 1_000_000 / 64) << WRITER_BITS;

/// How long ago a number was made, in whole seconds; 0 if it is in the future.
pub fn age_s(number: u64, now: u64) -> u64 {
    let ticks = u128::from(now.saturating_sub(number >> WRITER_BITS));
    u64::try_from(ticks * TICK_US / 1_000_000).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_whatever_the_wall_clock_does() {
        let mut clock = Clock::default();
        let (a, b, c) = (clock.next(3, 0, 100), clock.next(3, 0, 100), clock.next(3, 0, 7));
        assert!(a < b && b < c);
        let d = clock.next(3, (500 << WRITER_BITS) | 511, 100);
        assert!(d > (500 << WRITER_BITS) | 511);
        assert!(clock.next(3, 0, 100) > d);
        clock.jump(900 << WRITER_BITS);
        assert!(clock.next(3, 0, 100) > 900 << WRITER_BITS);
    }

    #[test]
    fn two_writers_never_make_the_same_number() {
        let (mut a, mut b) = (Clock::default(), Clock::default());
        assert_ne!(a.next(1, 0, 100), b.next(2, 0, 100));
    }

    #[test]
    fn a_number_tells_when_it_was_made() {
        let ms = ms_of(now() << WRITER_BITS).unwrap();
        assert!(now_ms().abs_diff(ms) < 5_000);
        assert_eq!(ms_of(17), None);
    }

    #[test]
    fn numbers_fit_53_bits_for_a_generation() {
        let years_34 = 34 * 366 * 86_400 * 1_000_000 / 64_u64;
        assert!(Clock::default().next(511, 0, years_34) < 1 << 53);
        assert_eq!(age_s(now() << WRITER_BITS, now()), 0);
    }
}
