//! How many requests a second come from one token, and from one address before a token is known: buckets of tokens that
//! fill steadily, kept in bounded memory.
//!
//! A bucket is one point in time, at which it would be full (the generic cell rate algorithm), so that nothing has to be
//! refilled. Buckets live in two generations of bounded size: who has not been seen for a whole generation begins with a
//! full bucket. We have our own, in a page: the crates for it keep every key until they are told to look through all.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;

use crate::config::ServeLimits;
use crate::limits::RATE_KEYS_MAX;
use crate::metrics::MetricsPage;
use crate::problem::Problem;

/// Seconds of a minute.
const MINUTE: Duration = Duration::from_secs(60);

/// Buckets of one kind.
#[derive(Debug)]
struct Buckets {
    /// Until one more request may come.
    interval: Duration,
    /// How far ahead of its time a key may be.
    ahead: Duration,
    generations: Mutex<[HashMap<u64, Instant>; 2]>,
    refused: AtomicU64,
}

impl Buckets {
    /// `count` requests in each `time`, and `burst` at once.
    fn new(count: u32, time: Duration, burst: u32) -> Self {
        let interval = time / count.max(1);
        let ahead = interval.saturating_mul(burst.max(1));
        Self { interval, ahead, generations: Mutex::default(), refused: AtomicU64::new(0) }
    }

    /// Takes one request of a key.
    ///
    /// # Errors
    /// After what time there is one again.
    fn take(&self, key: u64, now: Instant) -> Result<(), Duration> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        let known = young.get(&key).or_else(|| old.get(&key)).copied();
        let full_at = known.map_or(now, |full_at| full_at.max(now)) + self.interval;
        if young.len() >= RATE_KEYS_MAX / 2 && !young.contains_key(&key) {
            *old = std::mem::take(young);
        }
        let over = full_at.saturating_duration_since(now + self.ahead);
        let kept = if over.is_zero() { full_at } else { full_at - self.interval };
        young.insert(key, kept);
        if over.is_zero() {
            return Ok(());
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        Err(over)
    }
}

/// The rate limits of a server.
#[derive(Debug)]
pub(crate) struct Rates {
    tokens: Buckets,
    addresses: Buckets,
    failures: Buckets,
    hasher: RandomState,
}

/// An address as it is counted: of IPv6 the part that belongs to one customer.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Rates {
    pub fn new(limits: &ServeLimits) -> Self {
        let a_second = Duration::from_secs(1);
        Self {
            tokens: Buckets::new(limits.token_rate_max, a_second, limits.token_burst_max),
            addresses: Buckets::new(limits.address_rate_max, a_second, limits.address_burst_max),
            failures: Buckets::new(limits.failed_logins_max, MINUTE, limits.failed_logins_max),
            hasher: RandomState::new(),
        }
    }

    fn key(&self, of: impl Hash) -> u64 {
        self.hasher.hash_one(of)
    }

    /// A request of who holds a token, or is logged in, under this name.
    ///
    /// # Errors
    /// 429.
    pub fn of_token(&self, name: &str) -> Result<(), Problem> {
        let taken = self.tokens.take(self.key(name), Instant::now());
        taken.map_err(|wait| refused(&format!("`{name}` sends"), wait))
    }

    /// A request over a connection, before anything of it is looked at.
    ///
    /// # Errors
    /// 429.
    pub fn of_address(&self, address: IpAddr) -> Result<(), Problem> {
        let taken = self.addresses.take(self.key(counted(address)), Instant::now());
        taken.map_err(|wait| refused("your address sends", wait))
    }

    /// What becomes of a request that shows a wrong token: refused as it is, and more slowly where there are many. Who
    /// shows a right one is not slowed by others at his address.
    pub fn failed(&self, address: Option<IpAddr>, problem: Problem) -> Problem {
        match self.failures.take(self.key(address.map(counted)), Instant::now()) {
            Ok(()) => problem,
            Err(wait) => refused("your address sends wrong tokens and", wait),
        }
    }

    /// Writes the counters.
    pub fn write(&self, page: &mut MetricsPage) {
        let name = "rushes_rate_limited_total";
        page.family(name, "counter", "Requests refused because too many came, by what was counted.");
        let all = [("token", &self.tokens), ("address", &self.addresses), ("failed_login", &self.failures)];
        for (by, buckets) in all {
            page.sample(name, &[("by", by)], buckets.refused.load(Ordering::Relaxed));
        }
    }
}

/// The status of a request that came too soon; its audit line is left out.
pub(crate) fn is_rate_limited(problem: &Problem) -> bool {
    problem.status == StatusCode::TOO_MANY_REQUESTS.as_u16()
}

fn refused(who: &str, wait: Duration) -> Problem {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let mut problem = Problem::http(
        StatusCode::TOO_MANY_REQUESTS,
        "rate",
        "too many requests",
        format!("{who} more requests than this server takes"),
        "wait as long as `retry-after` says; `limits` in the server's configuration says how many it takes",
    );
    problem.retry_after = Some(seconds.max(1));
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_then_the_rate() {
        let buckets = Buckets::new(10, Duration::from_secs(1), 3);
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        assert!((0..3).all(|_| buckets.take(1, at(0)).is_ok()));
        assert_eq!(buckets.take(1, at(0)), Err(Duration::from_millis(100)));
        assert_eq!(buckets.take(1, at(40)), Err(Duration::from_millis(60)), "a refusal costs nothing");
        assert!(buckets.take(2, at(0)).is_ok(), "another key has its own");
        assert!(buckets.take(1, at(100)).is_ok() && buckets.take(1, at(100)).is_err());
        assert!((0..3).all(|_| buckets.take(1, at(10_000)).is_ok()) && buckets.take(1, at(10_000)).is_err());
        assert_eq!(buckets.refused.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn memory_is_bounded_and_who_is_there_all_the_time_is_not_forgotten() {
        let buckets = Buckets::new(1, Duration::from_secs(1), 5);
        let now = Instant::now();
        assert!((0..5).all(|_| buckets.take(0, now).is_ok()));
        for key in 1..3 * RATE_KEYS_MAX as u64 {
            buckets.take(key, now).unwrap();
            if key % 1_000 == 0 {
                assert!(buckets.take(0, now).is_err(), "{key}");
            }
        }
        let kept: usize = buckets.generations.lock().unwrap().iter().map(HashMap::len).sum();
        assert!(kept <= RATE_KEYS_MAX, "{kept}");
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let of = |text: &str| counted(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.7"), of("10.0.0.7"));
    }
}
