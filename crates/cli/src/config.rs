//! Configuration: flag > environment > `rushes.toml` > default.

use std::path::{Path, PathBuf};

use rushes_archive::OpenOptions;
use rushes_types::limits::Limits;
use serde::{Deserialize, Serialize};

use crate::args::Global;
use crate::client::Place;
use crate::exit::{Failure, Outcome};

/// Name of the configuration file in an archive's folder.
const FILE: &str = "rushes.toml";

/// The configuration file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigFile {
    /// Host names under which the server may be called, besides loopback.
    pub hosts: Vec<String>,
    /// Folders that media may be served from.
    pub media_roots: Vec<PathBuf>,
    /// Language of text whose language nobody says; counts when an archive is made.
    pub default_language: Option<String>,
    /// Length of a bucket in milliseconds; counts when an archive is made.
    pub bucket_ms: Option<u32>,
    /// Limits.
    pub limits: LimitsFile,
}

/// The limits that an operator may set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsFile {
    /// Longest annotation line, in bytes.
    pub line_bytes: Option<usize>,
    /// Most dimensions of a vector.
    pub dimensions: Option<usize>,
    /// Longest request, in bytes.
    pub request_bytes: Option<usize>,
    /// Longest span of an annotation, in hours.
    pub span_hours: Option<u32>,
    /// Longest label, in bytes.
    pub label_bytes: Option<usize>,
    /// Most clauses of a plan.
    pub clauses: Option<usize>,
    /// Largest page of moments.
    pub page: Option<usize>,
}

/// What is configured, and where the configuration file is.
#[derive(Debug, Clone)]
pub struct Config {
    /// The archive's folder.
    pub dir: PathBuf,
    /// The server, where one was named.
    pub server: Option<String>,
    /// The token, where one was named.
    pub token: Option<String>,
    /// The configuration file, whether it is there or not.
    pub path: PathBuf,
    /// What it says.
    pub file: ConfigFile,
}

impl Config {
    /// Reads the configuration that the flags and the environment point at.
    pub fn load(global: &Global) -> Outcome<Self> {
        let dir = match &global.archive {
            Some(dir) => dir.clone(),
            None => default_dir()?,
        };
        let path = global.config.clone().unwrap_or_else(|| dir.join(FILE));
        let file = read(&path, global.config.is_some())?;
        Ok(Self { dir, server: global.server.clone(), token: global.token.clone(), path, file })
    }

    /// Where the archive is.
    #[must_use]
    pub fn place(&self) -> Place {
        match &self.server {
            Some(url) => Place::Server(url.clone()),
            None => Place::Folder(self.dir.clone()),
        }
    }

    /// How the archive is opened.
    #[must_use]
    pub fn open_options(&self, create: bool) -> OpenOptions {
        let defaults = OpenOptions::default();
        OpenOptions {
            create,
            limits: self.limits(),
            bucket_ns: self.file.bucket_ms.map(|ms| i64::from(ms) * 1_000_000),
            default_language: self.file.default_language.clone().unwrap_or(defaults.default_language.clone()),
            media_roots: self.file.media_roots.clone(),
            ..defaults
        }
    }

    fn limits(&self) -> Limits {
        let (set, defaults) = (&self.file.limits, Limits::default());
        Limits {
            line_bytes_max: set.line_bytes.unwrap_or(defaults.line_bytes_max),
            dimensions_max: set.dimensions.unwrap_or(defaults.dimensions_max),
            request_bytes_max: set.request_bytes.unwrap_or(defaults.request_bytes_max),
            span_ns_max: set.span_hours.map_or(defaults.span_ns_max, |h| i64::from(h) * 3600 * 1_000_000_000),
            label_bytes_max: set.label_bytes.unwrap_or(defaults.label_bytes_max),
            clauses_max: set.clauses.unwrap_or(defaults.clauses_max),
            page_max: set.page.unwrap_or(defaults.page_max),
        }
    }
}

fn default_dir() -> Outcome<PathBuf> {
    match dirs::data_dir() {
        Some(data) => Ok(data.join("rushes").join("archive")),
        None => Err(Failure::Usage("there is no user data folder here; name one with --archive DIR".to_owned())),
    }
}

fn read(path: &Path, must_be_there: bool) -> Outcome<ConfigFile> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && !must_be_there => return Ok(ConfigFile::default()),
        Err(e) => return Err(Failure::Usage(format!("`{}` cannot be read: {e}", path.display()))),
    };
    let config: ConfigFile =
        toml::from_str(&text).map_err(|e| Failure::Usage(format!("`{}`: {e}", path.display())))?;
    if config.bucket_ms == Some(0) {
        return Err(Failure::Usage(format!("`{}`: bucket_ms must be at least 1", path.display())));
    }
    Ok(config)
}
