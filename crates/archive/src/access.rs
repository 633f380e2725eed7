//! Who may do what: tokens, stored hashed, and the rights that they carry for each movie.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use rushes_types::{Error, ErrorKind, MovieId, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hex::{hex, random_hex};
use crate::manifest::write_whole;

const TOKENS: &str = "tokens.json";
/// Random bytes in a token's secret.
const SECRET_BYTES: usize = 32;

/// What a caller may do with a movie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// Search, suggest, read buckets, play media.
    Read,
    /// Register assets and models, write annotations and runs.
    Ingest,
    /// Everything: erase, tokens, rebuild, backup.
    Admin,
}

/// What a token is made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSpec {
    /// What people call it; unique.
    pub name: String,
    /// The movies it is for; `None`: all.
    pub movies: Option<BTreeSet<String>>,
    /// What it allows. `Admin` includes the others, `Ingest` does not include `Read`.
    pub rights: BTreeSet<Right>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredToken {
    #[serde(flatten)]
    spec: TokenSpec,
    /// SHA-256 of the secret. The secret is 256 random bits, so a slow hash would add nothing.
    sha256: String,
}

/// Someone who calls: what every read and write is limited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    spec: TokenSpec,
}

impl Caller {
    /// The person at the machine itself: may do everything.
    #[must_use]
    pub fn local() -> Self {
        Self {
            spec: TokenSpec {
                name: "local".to_owned(),
                movies: None,
                rights: BTreeSet::from([Right::Admin]),
            },
        }
    }

    /// The name, for the audit log.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Does the caller have this right on this movie?
    #[must_use]
    pub fn may(&self, right: Right, movie: &MovieId) -> bool {
        self.has(right) && self.spec.movies.as_ref().is_none_or(|m| m.contains(movie.as_str()))
    }

    /// May the caller do this with every movie?
    #[must_use]
    pub fn may_everywhere(&self, right: Right) -> bool {
        self.has(right) && self.spec.movies.is_none()
    }

    /// The movies that the caller has the right on; `None`: all.
    #[must_use]
    pub fn movies(&self, right: Right) -> Option<BTreeSet<String>> {
        if self.has(right) { self.spec.movies.clone() } else { Some(BTreeSet::new()) }
    }

    /// Has the caller this right, on whatever movies?
    #[must_use]
    pub fn has(&self, right: Right) -> bool {
        self.spec.rights.contains(&right) || self.spec.rights.contains(&Right::Admin)
    }

    /// An error unless the caller has the right on the movie.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: a caller who may not see a movie does not learn that it exists.
    pub fn require(&self, right: Right, movie: &MovieId) -> Result<()> {
        if self.may(right, movie) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::NotFound,
            format!(
                "movie `{movie}` is not known, or the token `{}` has no {right:?} right on it",
                self.name()
            ),
        ))
    }

    /// An error unless the caller has the right everywhere.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] otherwise.
    pub fn require_everywhere(&self, right: Right) -> Result<()> {
        if self.may_everywhere(right) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Forbidden,
            format!("the token `{}` has no {right:?} right on all movies", self.name()),
        )
        .mend("ask for one that has"))
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
        let tokens = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| {
                Error::new(ErrorKind::Corrupt, format!("`{}` is damaged: {e}", path.display()))
                    .mend("remove it and make new tokens")
            })?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(Error::io(&format!("reading `{}`", path.display()), e)),
        };
        Ok(Self { path, tokens: RwLock::new(tokens) })
    }

    /// Makes a token and gives its secret, which is shown this once.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where the name is taken; where the disk refuses.
    pub fn create(&self, spec: &TokenSpec) -> Result<String> {
        if spec.name.is_empty() || spec.rights.is_empty() {
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
        let secret = format!("rushes_{}", random_hex(SECRET_BYTES)?);
        let mut next = tokens.clone();
        next.push(StoredToken { spec: spec.clone(), sha256: hash(&secret) });
        self.save(&next)?;
        *tokens = next;
        Ok(secret)
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

    /// The tokens, without secrets.
    #[must_use]
    pub fn list(&self) -> Vec<TokenSpec> {
        self.tokens.read().unwrap_or_else(PoisonError::into_inner).iter().map(|t| t.spec.clone()).collect()
    }

    /// Who holds this secret.
    #[must_use]
    pub fn authenticate(&self, secret: &str) -> Option<Caller> {
        let wanted = hash(secret);
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        // Hashes of high-entropy secrets are compared, so the timing reveals nothing useful.
        tokens.iter().find(|t| t.sha256 == wanted).map(|t| Caller { spec: t.spec.clone() })
    }

    fn save(&self, tokens: &[StoredToken]) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(tokens).map_err(|e| Error::bug(e.to_string()))?;
        write_whole(&self.path, &bytes)
    }
}

fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}
