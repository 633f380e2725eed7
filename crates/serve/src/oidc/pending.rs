//! Logins that were begun and did not come back yet, in bounded memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rushes_types::Result;
use sha2::{Digest, Sha256};

use crate::discovery::random_hex;
use crate::who::same_secret;

/// How long somebody may take at the provider.
pub(crate) const PENDING_TIME_MAX: Duration = Duration::from_secs(600);
/// Most logins that are under way; the oldest gives way.
const PENDING_MAX: usize = 10_000;
/// Random bytes of each secret.
const SECRET_BYTES: usize = 32;

/// A login that is under way.
#[derive(Debug)]
pub(super) struct Pending {
    /// Names it, in the address that the provider sends back to.
    pub state: String,
    /// Must stand in the identity token.
    pub nonce: String,
    /// Proves to the provider that who exchanges the code is who asked for it (RFC 7636).
    pub verifier: String,
    /// The browser that began it.
    pub browser: String,
    /// The page to go to.
    pub to: String,
    begun: Instant,
}

impl Pending {
    /// A new one, and the challenge of its verifier.
    pub fn new(to: &str, now: Instant) -> Result<(Self, String)> {
        let secret = || random_hex(SECRET_BYTES);
        let pending = Self {
            state: secret()?,
            nonce: secret()?,
            verifier: secret()?,
            browser: secret()?,
            to: to.to_owned(),
            begun: now,
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(pending.verifier.as_bytes()));
        Ok((pending, challenge))
    }

    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.begun) > PENDING_TIME_MAX
    }
}

/// Those that are under way, by their state.
#[derive(Debug, Default)]
pub(super) struct PendingLogins(Mutex<HashMap<String, Pending>>);

impl PendingLogins {
    pub fn put(&self, pending: Pending, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= PENDING_MAX {
            all.retain(|_, pending| !pending.is_over(now));
        }
        if all.len() >= PENDING_MAX {
            let oldest = all.values().min_by_key(|pending| pending.begun).map(|p| p.state.clone());
            all.remove(&oldest.unwrap_or_default());
        }
        all.insert(pending.state.clone(), pending);
    }

    /// Takes one out, where this browser began it and not too long ago. A state that another browser shows is spent, too:
    /// it became known.
    pub fn take(&self, state: &str, browser: Option<&str>, now: Instant) -> Option<Pending> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = all.remove(state)?;
        let same = browser.is_some_and(|browser| same_secret(browser, &pending.browser));
        (same && !pending.is_over(now)).then_some(pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_counts_once_in_its_browser_and_for_a_while() {
        let (logins, now) = (PendingLogins::default(), Instant::now());
        let begun = || {
            let (pending, challenge) = Pending::new("/", now).unwrap();
            assert_eq!(challenge.len(), 43);
            let names = (pending.state.clone(), pending.browser.clone());
            logins.put(pending, now);
            names
        };
        let (state, browser) = begun();
        assert!(logins.take(&state, Some(&browser), now).is_some());
        assert!(logins.take(&state, Some(&browser), now).is_none(), "twice");
        let (state, browser) = begun();
        assert!(logins.take(&state, Some("other"), now).is_none());
        assert!(logins.take(&state, Some(&browser), now).is_none(), "it became known");
        let (state, _) = begun();
        assert!(logins.take(&state, None, now).is_none());
        let (state, browser) = begun();
        let late = now + PENDING_TIME_MAX + Duration::from_secs(1);
        assert!(logins.take(&state, Some(&browser), late).is_none());
    }

    #[test]
    fn they_are_bounded() {
        let (logins, now) = (PendingLogins::default(), Instant::now());
        for n in 0..PENDING_MAX as u64 + 5 {
            logins.put(Pending::new("/", now + Duration::from_millis(n)).unwrap().0, now);
        }
        assert_eq!(logins.0.lock().unwrap().len(), PENDING_MAX);
    }
}
