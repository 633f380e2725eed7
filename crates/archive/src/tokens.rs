//! Access tokens: made, exchanged, revoked, and stored hashed.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use rushes_types::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::access::{Caller, OWNER, TokenSpec};
use crate::clock::now_s;
use crate::hex::{hex, random_hex};
use crate::manifest::{read_whole, write_whole};

const TOKENS: &str = "tokens.json";
/// Random bytes in a token's secret.
const SECRET_BYTES: usize = 32;
/// Hexadecimal digits by which the secrets of a token are told apart.
const HOLDER_DIGITS: usize = 16;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredToken {
    #[serde(flatten)]
    spec: TokenSpec,
    /// SHA-256 of the secret. The secret is 256 random bits, so a slow hash would add nothing.
    sha256: String,
    /// The secret before this one, while it still counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<EarlierSecret>,
}

/// A secret that was exchanged.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct EarlierSecret {
    /// As of the token.
    sha256: String,
    /// From when on it is refused, in seconds since 1970.
    until_s: u64,
}

impl StoredToken {
    fn is_opened_by(&self, sha256: &str, now_s: u64) -> bool {
        let earlier = |e: &EarlierSecret| e.sha256 == sha256 && now_s < e.until_s;
        // Hashes of high-entropy secrets are compared, so the timing reveals nothing useful.
        self.spec.expires_s.is_none_or(|end| now_s < end)
            && (self.sha256 == sha256 || self.before.as_ref().is_some_and(earlier))
    }

    fn caller(&self, sha256: &str) -> Caller {
        Caller::of(&self.spec).holding(holder(&self.spec.name, sha256))
    }
}

/// The archive's tokens.
#[derive(Debug)]
pub struct Tokens {
    path: PathBuf,
    tokens: RwLock<Vec<StoredToken>>,
}

impl Tokens {
    /// Reads the tokens of an archive.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn open(dir: &Path) -> Result<Self> {
        let path = dir.join(TOKENS);
        let tokens = match read_whole(&path)? {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|e| {
                Error::new(ErrorKind::Corrupt, format!("`{}` is damaged: {e}", path.display()))
                    .mend("remove it and make new tokens")
            })?,
            None => Vec::new(),
        };
        Ok(Self { path, tokens: RwLock::new(tokens) })
    }

    /// Makes a token and gives its secret, which is shown this once.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where the name is taken; where the disk refuses.
    pub fn create(&self, spec: &TokenSpec) -> Result<String> {
        if spec.name.is_empty() || !spec.allows_something() {
            return Err(Error::invalid("a token needs a name and at least one right: read, ingest or admin"));
        }
        let mut tokens = self.tokens.write().unwrap_or_else(PoisonError::into_inner);
        if tokens.iter().any(|t| t.spec.name == spec.name) {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("a token named `{}` is there already", spec.name),
            )
            .mend("revoke it first, or take another name"));
        }
        let secret = new_secret()?;
        let mut next = tokens.clone();
        next.push(StoredToken { spec: spec.clone().stored(), sha256: hash(&secret), before: None });
        self.save(&next)?;
        *tokens = next;
        Ok(secret)
    }

    /// Gives a token another secret, which is shown this once. The one before counts for `keep_s` seconds more, so that
    /// those who hold it can exchange it without a pause. `None` where there is no token of that name.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn rotate(&self, name: &str, keep_s: u64) -> Result<Option<String>> {
        let mut tokens = self.tokens.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = tokens.clone();
        let Some(token) = next.iter_mut().find(|t| t.spec.name == name) else { return Ok(None) };
        let secret = new_secret()?;
        let sha256 = std::mem::replace(&mut token.sha256, hash(&secret));
        let until_s = now_s().saturating_add(keep_s);
        token.before = (keep_s > 0).then_some(EarlierSecret { sha256, until_s });
        self.save(&next)?;
        *tokens = next;
        Ok(Some(secret))
    }

    /// Revokes a token; `false` where there was none of that name.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn revoke(&self, name: &str) -> Result<bool> {
        let mut tokens = self.tokens.write().unwrap_or_else(PoisonError::into_inner);
        let next: Vec<_> = tokens.iter().filter(|t| t.spec.name != name).cloned().collect();
        let found = next.len() < tokens.len();
        if found {
            self.save(&next)?;
            *tokens = next;
        }
        Ok(found)
    }

    /// Copies the tokens of another folder, where there are none yet; their secrets stay valid.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub(crate) fn take_over(&self, others: &Self) -> Result<()> {
        let theirs = others.tokens.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut tokens = self.tokens.write().unwrap_or_else(PoisonError::into_inner);
        if tokens.is_empty() && !theirs.is_empty() {
            self.save(&theirs)?;
            *tokens = theirs;
        }
        Ok(())
    }

    /// The tokens, without secrets; expired ones too.
    #[must_use]
    pub fn list(&self) -> Vec<TokenSpec> {
        self.tokens.read().unwrap_or_else(PoisonError::into_inner).iter().map(|t| t.spec.clone()).collect()
    }

    /// Who holds this secret now.
    #[must_use]
    pub fn authenticate(&self, secret: &str) -> Option<Caller> {
        self.authenticate_at(secret, now_s())
    }

    /// Who holds this secret at a time, in seconds since 1970.
    #[must_use]
    pub fn authenticate_at(&self, secret: &str, now_s: u64) -> Option<Caller> {
        let wanted = hash(secret);
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        tokens.iter().find(|t| t.is_opened_by(&wanted, now_s)).map(|t| t.caller(&wanted))
    }

    /// The caller whose [`Caller::holder`] this is, while his token counts with the secret that he had then: who revokes
    /// a token, lets it end or exchanges its secret ends what was signed for it.
    #[must_use]
    pub fn holder(&self, named: &str, now_s: u64) -> Option<Caller> {
        if named == OWNER {
            return Some(Caller::local());
        }
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        tokens.iter().find_map(|token| {
            let earlier = token.before.as_ref().map(|earlier| earlier.sha256.as_str());
            let mut secrets = std::iter::once(token.sha256.as_str()).chain(earlier);
            let sha256 = secrets.find(|sha256| holder(&token.spec.name, sha256) == named)?;
            token.is_opened_by(sha256, now_s).then(|| token.caller(sha256))
        })
    }

    fn save(&self, tokens: &[StoredToken]) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(tokens).map_err(|e| Error::bug(e.to_string()))?;
        write_whole(&self.path, &bytes)
    }
}

/// A token with one of its secrets, in a form that may be shown: a digest of the stored hash. Two tokens of one name, one
/// after the other, differ.
fn holder(name: &str, sha256: &str) -> String {
    let digest = hash(&format!("holder of {sha256}"));
    format!("{name}.{}", digest.get(..HOLDER_DIGITS).unwrap_or(&digest))
}

fn new_secret() -> Result<String> {
    Ok(format!("rushes_{}", random_hex(SECRET_BYTES)?))
}

fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Right;

    fn opened() -> (tempfile::TempDir, Tokens) {
        let dir = tempfile::TempDir::new().unwrap();
        let tokens = Tokens::open(dir.path()).unwrap();
        (dir, tokens)
    }

    fn spec(expires_s: Option<u64>) -> TokenSpec {
        TokenSpec { name: "t".into(), rights: [Right::Read].into(), expires_s, ..TokenSpec::default() }
    }

    #[test]
    fn a_token_is_refused_from_its_end_on() {
        let (dir, tokens) = opened();
        let secret = tokens.create(&spec(Some(1_000))).unwrap();
        let again = Tokens::open(dir.path()).unwrap();
        for tokens in [&tokens, &again] {
            assert!(tokens.authenticate_at(&secret, 999).is_some());
            assert!(tokens.authenticate_at(&secret, 1_000).is_none());
        }
    }

    #[test]
    fn an_exchanged_secret_counts_as_long_as_it_was_told_to() {
        let (_dir, tokens) = opened();
        let first = tokens.create(&spec(None)).unwrap();
        let second = tokens.rotate("t", 3_600).unwrap().unwrap();
        let later = now_s() + 3_601;
        assert!(tokens.authenticate(&first).is_some() && tokens.authenticate(&second).is_some());
        assert!(tokens.authenticate_at(&first, later).is_none());
        assert!(tokens.authenticate_at(&second, later).is_some());
        let third = tokens.rotate("t", 0).unwrap().unwrap();
        assert!(tokens.authenticate(&first).is_none() && tokens.authenticate(&second).is_none());
        assert!(tokens.authenticate(&third).is_some());
        assert_eq!(tokens.rotate("other", 0).unwrap(), None);
    }

    #[test]
    fn a_holder_ends_with_the_secret_and_with_the_token() {
        let (_dir, tokens) = opened();
        let first = tokens.create(&spec(None)).unwrap();
        let held = tokens.authenticate(&first).unwrap();
        assert!(!held.holder().contains(&first) && !held.holder().contains(&hash(&first)));
        assert_eq!(tokens.holder(held.holder(), now_s()), Some(held.clone()));
        tokens.rotate("t", 3_600).unwrap();
        assert!(tokens.holder(held.holder(), now_s()).is_some());
        assert!(tokens.holder(held.holder(), now_s() + 3_601).is_none());
        tokens.rotate("t", 0).unwrap();
        assert!(tokens.holder(held.holder(), now_s()).is_none());
        tokens.revoke("t").unwrap();
        let again = tokens.create(&spec(None)).unwrap();
        assert!(tokens.holder(held.holder(), now_s()).is_none(), "another token of the same name");
        assert_ne!(tokens.authenticate(&again).unwrap().holder(), held.holder());
        for nobody in ["", "t", "t.", "local"] {
            assert!(tokens.holder(nobody, now_s()).is_none(), "{nobody}");
        }
    }

    #[test]
    fn tokens_of_earlier_versions_are_read_as_they_were_meant() {
        let dir = tempfile::TempDir::new().unwrap();
        let stored = serde_json::json!([
            {"name": "all", "movies": null, "rights": ["read"], "sha256": hash("a")},
            {"name": "one", "movies": ["m"], "rights": ["admin"], "sha256": hash("b")},
        ]);
        std::fs::write(dir.path().join(TOKENS), stored.to_string()).unwrap();
        let tokens = Tokens::open(dir.path()).unwrap();
        assert!(tokens.authenticate("a").unwrap().may_everywhere(Right::Read));
        let one = tokens.authenticate("b").unwrap();
        assert!(
            one.is_limited()
                && one.require_movie(Right::Ingest, &rushes_types::MovieId::new("m").unwrap()).is_ok()
        );
    }
}
