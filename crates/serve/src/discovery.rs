//! How commands find the server that has their archive open: a small private file in the archive's folder.
//!
//! The file carries a secret, fresh at each start, by which the commands of the archive's owner act with all
//! rights even where others need a token. Open the archive first and read this file only when another process
//! holds its lock: while the lock is free, a file that was left behind means nothing.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rushes_types::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::limits::DISCOVERY_BYTES_MAX;

/// The discovery file's name in the archive's folder.
pub const DISCOVERY_FILE: &str = "serve.json";
/// Random bytes of the secret.
const SECRET_BYTES: usize = 32;

/// Where a server is and how its owner speaks to it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovery {
    /// Its address, such as `http://127.0.0.1:7890`.
    pub url: String,
    /// Its process.
    pub pid: u32,
    /// A bearer token with all rights, for this machine's owner of the archive.
    pub secret: String,
    /// Version of the server.
    pub version: String,
}

// By hand, so that the secret never gets into a log.
impl std::fmt::Debug for Discovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Discovery").field("url", &self.url).field("pid", &self.pid).finish_non_exhaustive()
    }
}

/// Random bytes as hexadecimal text.
///
/// # Errors
/// Where the system gives none.
pub(crate) fn random_hex(bytes: usize) -> Result<String> {
    let mut buffer = vec![0; bytes];
    getrandom::fill(&mut buffer)
        .map_err(|e| Error::new(ErrorKind::Unavailable, format!("the system gives no random bytes: {e}")))?;
    Ok(buffer.iter().map(|b| format!("{b:02x}")).collect())
}

impl Discovery {
    /// Describes this process, with a new secret.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn of_this_process(url: String) -> Result<Self> {
        Ok(Self {
            url,
            pid: std::process::id(),
            secret: random_hex(SECRET_BYTES)?,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// Writes the file atomically, readable by its owner only. It is removed when the returned guard is dropped.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn write(self, archive: &Path) -> Result<PublishedDiscovery> {
        let path = archive.join(DISCOVERY_FILE);
        let fresh = archive.join(format!("{DISCOVERY_FILE}.{}", self.pid));
        let failed = |e| Error::io(&format!("writing `{}`", path.display()), e);
        let bytes = serde_json::to_vec_pretty(&self).map_err(|e| Error::bug(e.to_string()))?;
        match fs::remove_file(&fresh) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed(e)),
            _ => {}
        }
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh).map_err(failed)?;
        file.write_all(&bytes).map_err(failed)?;
        fs::rename(&fresh, &path).map_err(failed)?;
        Ok(PublishedDiscovery { path, discovery: self })
    }

    /// The server that has the archive open, if the file names one that still runs.
    ///
    /// # Errors
    /// Where the file is another user's or readable by others, is damaged, or cannot be read.
    pub fn read(archive: &Path) -> Result<Option<Self>> {
        let path = archive.join(DISCOVERY_FILE);
        let mut file = match OpenOptions::new().read(true).open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::io(&format!("reading `{}`", path.display()), e)),
        };
        let failed = |e| Error::io(&format!("reading `{}`", path.display()), e);
        let meta = file.metadata().map_err(failed)?;
        if meta.mode() & 0o077 != 0 || meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(Error::invalid(format!(
                "`{}` is not this user's alone, so what it says is not trusted",
                path.display()
            ))
            .mend("remove it and start the server again"));
        }
        let mut bytes = Vec::new();
        Read::by_ref(&mut file).take(DISCOVERY_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
        let discovery: Self = serde_json::from_slice(&bytes).map_err(|e| {
            Error::new(ErrorKind::Corrupt, format!("`{}` is damaged: {e}", path.display()))
                .mend("remove it and start the server again")
        })?;
        Ok(discovery.is_running().then_some(discovery))
    }

    /// Does its process run?
    #[must_use]
    pub fn is_running(&self) -> bool {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw) else {
            return false;
        };
        match rustix::process::test_kill_process(pid) {
            Ok(()) => true,
            Err(e) => e == rustix::io::Errno::PERM,
        }
    }
}

/// A published discovery file; dropping this removes it.
#[derive(Debug)]
pub struct PublishedDiscovery {
    path: PathBuf,
    discovery: Discovery,
}

impl PublishedDiscovery {
    /// What the file says.
    #[must_use]
    pub fn discovery(&self) -> &Discovery {
        &self.discovery
    }
}

impl Drop for PublishedDiscovery {
    fn drop(&mut self) {
        // Another server may have opened the archive since: its file stays.
        let ours = Discovery::read(self.path.parent().unwrap_or(Path::new("."))).ok().flatten();
        if ours.is_some_and(|d| d.secret == self.discovery.secret)
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(%error, "the discovery file could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_server_is_found_until_it_goes() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Discovery::read(dir.path()).unwrap(), None);
        let discovery = Discovery::of_this_process("http://127.0.0.1:1".into()).unwrap();
        assert_eq!(discovery.secret.len(), 2 * SECRET_BYTES);
        assert!(!format!("{discovery:?}").contains(&discovery.secret));
        let published = discovery.clone().write(dir.path()).unwrap();
        let mode = fs::metadata(dir.path().join(DISCOVERY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Discovery::read(dir.path()).unwrap(), Some(discovery));
        drop(published);
        assert!(!dir.path().join(DISCOVERY_FILE).try_exists().unwrap());
    }

    #[test]
    fn a_file_left_behind_or_open_to_others_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let mut discovery = Discovery::of_this_process("http://127.0.0.1:1".into()).unwrap();
        discovery.pid = 0x7fff_fff0; // above every pid that Linux gives
        let path = dir.path().join(DISCOVERY_FILE);
        fs::write(&path, serde_json::to_vec(&discovery).unwrap()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(Discovery::read(dir.path()).unwrap(), None);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(Discovery::read(dir.path()).unwrap_err().kind(), ErrorKind::Invalid);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, b"{").unwrap();
        assert_eq!(Discovery::read(dir.path()).unwrap_err().kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn a_successor_s_file_stays() {
        let dir = tempfile::tempdir().unwrap();
        let first =
            Discovery::of_this_process("http://127.0.0.1:1".into()).unwrap().write(dir.path()).unwrap();
        let second =
            Discovery::of_this_process("http://127.0.0.1:2".into()).unwrap().write(dir.path()).unwrap();
        drop(first);
        assert_eq!(Discovery::read(dir.path()).unwrap().as_ref(), Some(second.discovery()));
    }
}
