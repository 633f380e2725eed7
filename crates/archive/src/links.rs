//! Signed links: a path that opens without a token until it expires.
//!
//! A link names its end and whose it is (a [`Caller::holder`]), and is signed with a secret of the archive's folder over
//! these and the path. What it opens is what its holder may see when it is used, not when it was made: so it ends with
//! the token, and with the right on the title.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use hmac::{Hmac, KeyInit, Mac};
use rushes_types::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::access::Caller;
use crate::clock::now_s;
use crate::hex::{hex, random_hex, unhex};
use crate::manifest::{read_whole, write_whole};

const LINKS: &str = "links.json";
/// Random bytes of the secret.
const SECRET_BYTES: usize = 32;
/// What is signed begins with it, so that no signature of another kind ever fits.
const PURPOSE: &str = "rushes link 1";

/// A link's signature, and what it is over besides the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedLink {
    /// Whose it is.
    pub holder: String,
    /// From when on it is refused, in seconds since 1970.
    pub expires_s: u64,
    /// HMAC-SHA-256, in hexadecimal digits.
    pub signature: String,
}

/// The secrets, as they lie in their file.
#[derive(Clone, Serialize, Deserialize)]
struct Secrets {
    secret: String,
    /// The one before, while it still counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Earlier>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Earlier {
    secret: String,
    until_s: u64,
}

/// Signs links, and checks them.
pub struct Links {
    path: PathBuf,
    /// None until the first link is signed.
    secrets: RwLock<Option<Secrets>>,
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Links {
    /// Reads the secrets of an archive, where there are any yet.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn open(dir: &Path) -> Result<Self> {
        let path = dir.join(LINKS);
        let read = |bytes: Vec<u8>| {
            serde_json::from_slice(&bytes).map_err(|e| {
                Error::new(ErrorKind::Corrupt, format!("`{}` is damaged: {e}", path.display()))
                    .mend("remove it; links that were signed end with it")
            })
        };
        let secrets = read_whole(&path)?.map(read).transpose()?;
        Ok(Self { path, secrets: RwLock::new(secrets) })
    }

    /// Signs a link of a caller to a path.
    ///
    /// # Errors
    /// Where the first secret cannot be written.
    pub fn sign(&self, caller: &Caller, path: &str, expires_s: u64) -> Result<SignedLink> {
        let holder = caller.holder().to_owned();
        let known = self.secrets.read().unwrap_or_else(PoisonError::into_inner).clone();
        let secrets = known.map_or_else(|| self.first(), Ok)?;
        let mac = mac(&secrets.secret, &holder, path, expires_s)?;
        Ok(SignedLink { holder, expires_s, signature: hex(&mac.finalize().into_bytes()) })
    }

    fn first(&self) -> Result<Secrets> {
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = &*secrets {
            return Ok(made.clone());
        }
        let made = Secrets { secret: random_hex(SECRET_BYTES)?, before: None };
        self.save(&made)?;
        *secrets = Some(made.clone());
        Ok(made)
    }

    /// Is the signature right, and the link's time not over? Whether the holder still counts is asked elsewhere.
    /// Signatures are compared in constant time.
    #[must_use]
    pub fn holds(&self, link: &SignedLink, path: &str, now_s: u64) -> bool {
        let known = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let (Some(secrets), Some(signature)) = (&*known, unhex(&link.signature)) else { return false };
        let earlier = secrets.before.as_ref().filter(|earlier| now_s < earlier.until_s);
        let signed = [Some(&secrets.secret), earlier.map(|earlier| &earlier.secret)];
        let is_signed = signed.into_iter().flatten().any(|secret| {
            mac(secret, &link.holder, path, link.expires_s)
                .is_ok_and(|mac| mac.verify_slice(&signature).is_ok())
        });
        is_signed && now_s < link.expires_s
    }

    /// Takes another secret. Links that were signed with the one before count for `keep_s` seconds more.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn rotate(&self, keep_s: u64) -> Result<()> {
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        let until_s = now_s().saturating_add(keep_s);
        let earlier = secrets.take().filter(|_| keep_s > 0);
        let before = earlier.map(|before| Earlier { secret: before.secret, until_s });
        let next = Secrets { secret: random_hex(SECRET_BYTES)?, before };
        self.save(&next)?;
        *secrets = Some(next);
        Ok(())
    }

    fn save(&self, secrets: &Secrets) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(secrets).map_err(|e| Error::bug(e.to_string()))?;
        write_whole(&self.path, &bytes)
    }
}

/// The code over a link. Each part is ended, and none holds what ends it: holders are ids, paths are addresses.
fn mac(secret: &str, holder: &str, path: &str, expires_s: u64) -> Result<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|e| Error::bug(e.to_string()))?;
    mac.update(format!("{PURPOSE}\n{holder}\n{expires_s}\n{path}").as_bytes());
    Ok(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> (tempfile::TempDir, Links) {
        let dir = tempfile::TempDir::new().unwrap();
        let links = Links::open(dir.path()).unwrap();
        (dir, links)
    }

    #[test]
    fn a_link_opens_its_path_until_its_end_and_nothing_else() {
        let (dir, links) = opened();
        let caller = Caller::local();
        let link = links.sign(&caller, "/v1/media/a", 1_000).unwrap();
        let again = Links::open(dir.path()).unwrap();
        for links in [&links, &again] {
            assert!(links.holds(&link, "/v1/media/a", 999));
            assert!(!links.holds(&link, "/v1/media/a", 1_000), "it ended");
            assert!(!links.holds(&link, "/v1/media/b", 999));
            let altered = |change: fn(&mut SignedLink)| {
                let mut link = link.clone();
                change(&mut link);
                links.holds(&link, "/v1/media/a", 999)
            };
            assert!(!altered(|l| l.expires_s += 1));
            assert!(!altered(|l| l.holder = "other.1".into()));
            assert!(!altered(|l| l.signature.replace_range(..1, "g")));
            assert!(!altered(|l| l.signature.truncate(62)));
            assert!(!altered(|l| l.signature.clear()));
            assert!(!altered(|l| {
                let other = if l.signature.starts_with('0') { "1" } else { "0" };
                l.signature.replace_range(..1, other);
            }));
        }
        assert!(!opened().1.holds(&link, "/v1/media/a", 999), "another archive");
    }

    #[test]
    fn another_secret_ends_links_at_once_or_after_a_while() {
        let (_dir, links) = opened();
        let sign = || links.sign(&Caller::local(), "/p", u64::MAX).unwrap();
        let first = sign();
        links.rotate(3_600).unwrap();
        let second = sign();
        assert!(links.holds(&first, "/p", now_s()) && links.holds(&second, "/p", now_s()));
        assert!(!links.holds(&first, "/p", now_s() + 3_601));
        links.rotate(0).unwrap();
        assert!(!links.holds(&first, "/p", now_s()) && !links.holds(&second, "/p", now_s()));
    }
}
