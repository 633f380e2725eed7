//! What an operator says of the cluster.

use std::path::PathBuf;
use std::time::Duration;

use rushes_types::{Error, Result, both_or_none};
use serde::{Deserialize, Serialize};
use ureq::http::Uri;

/// Where the cluster is and how it is used. Every field has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ElasticConfig {
    /// Addresses of nodes, `http://host:9200` or `https://host`. The next one is asked where one does not answer.
    pub urls: Vec<String>,
    /// The beginning of all index names: two archives on one cluster have different ones.
    pub prefix: String,
    /// Primary shards of annotations and of buckets, fixed when an index is made.
    pub shards: u32,
    /// Copies of each shard.
    pub replicas: u32,
    /// For basic authentication.
    #[serde(alias = "username", skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Goes with `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// An encoded API key; in place of `user` and `password`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
    /// A file with the certificates (PEM) that sign the cluster's, in place of those that the system trusts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// A file with the certificate (PEM, with what signs it) that this program shows, where the cluster asks for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate_file: Option<PathBuf>,
    /// A file with the private key (PEM) of that certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key_file: Option<PathBuf>,
    /// How long a connection may take, in milliseconds.
    pub connect_ms: u64,
    /// How long one request may take, in milliseconds.
    pub request_ms: u64,
    /// How long a call goes on trying while the cluster is busy or away, in milliseconds.
    pub patience_ms: u64,
    /// Bytes of one bulk request, about.
    pub bulk_bytes: usize,
    /// Bulk requests under way at once.
    pub in_flight: usize,
    /// Are vectors put into graphs, so that plans that allow it are answered approximately? Without, indexing is cheaper and
    /// every vector search exact.
    pub approximate: bool,
    /// From how many vectors of a space on a plan that allows it is answered approximately.
    pub approximate_rows_min: u64,
    /// Bytes of answers that a process keeps at the newest read point, because they cannot change there.
    pub cache_bytes: usize,
    /// Are bucket documents kept beside the annotations, for other programs to search?
    pub buckets: bool,
    /// Do these hold vectors too? A vector is then written once for each second that its annotation touches.
    pub bucket_vectors: bool,
}

impl Default for ElasticConfig {
    fn default() -> Self {
        Self {
            urls: vec!["http://127.0.0.1:9200".to_owned()],
            prefix: "rushes".to_owned(),
            shards: 1,
            replicas: 0,
            user: None,
            password: None,
            api_key: None,
            ca_file: None,
            client_certificate_file: None,
            client_key_file: None,
            connect_ms: 2_000,
            request_ms: 30_000,
            patience_ms: 60_000,
            bulk_bytes: 4 << 20,
            in_flight: 3,
            approximate: true,
            approximate_rows_min: 20_000,
            cache_bytes: 32 << 20,
            buckets: true,
            bucket_vectors: true,
        }
    }
}

/// Longest prefix, in bytes: engines take names of at most 255.
const PREFIX_BYTES_MAX: usize = 200;

/// Most shards of an index, and copies of a shard.
const SHARDS_MAX: u64 = 1_024;
/// Longest time limit, in milliseconds: a day.
const TIME_MS_MAX: u64 = 86_400_000;
/// Largest bulk request, in bytes: what an engine takes by default.
const BULK_BYTES_MAX: u64 = 100 << 20;
/// Most bulk requests under way at once.
const IN_FLIGHT_MAX: u64 = 1_024;

/// The address of a node without a slash at its end.
pub(crate) fn address(url: &str) -> Result<String> {
    let wrong = || {
        Error::invalid(format!("`{url}` is no address"))
            .mend("write http://host:9200 or https://host")
            .at("/urls")
    };
    let parsed: Uri = url.parse().map_err(|_| wrong())?;
    if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.query().is_some() {
        return Err(wrong());
    }
    Ok(url.trim_end_matches('/').to_owned())
}

impl ElasticConfig {
    /// One node, everything else by default.
    #[must_use]
    pub fn at(url: &str) -> Self {
        Self { urls: vec![url.to_owned()], ..Self::default() }
    }

    /// # Errors
    /// [`rushes_types::ErrorKind::Invalid`] names the field and how to fix it.
    pub fn check(&self) -> Result<()> {
        let wrong = |field: &str, what: String, mend: &str| {
            Err(Error::invalid(what).mend(mend).at(format!("/{field}")))
        };
        if self.urls.is_empty() {
            return wrong("urls", "no address is given".into(), "write http://host:9200");
        }
        self.urls.iter().try_for_each(|url| address(url).map(drop))?;
        let begins_well = self.prefix.starts_with(|c: char| c.is_ascii_lowercase());
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if !begins_well || !self.prefix.chars().all(is_plain) || self.prefix.len() > PREFIX_BYTES_MAX {
            let what = format!("`{}` is no prefix of index names", self.prefix);
            return wrong(
                "prefix",
                what,
                "begin with a small letter and use at most 200 small letters, digits, `-` and `_`",
            );
        }
        for (field, given, most) in [
            ("shards", u64::from(self.shards), SHARDS_MAX),
            ("connect_ms", self.connect_ms, TIME_MS_MAX),
            ("request_ms", self.request_ms, TIME_MS_MAX),
            ("patience_ms", self.patience_ms, TIME_MS_MAX),
            ("bulk_bytes", self.bulk_bytes as u64, BULK_BYTES_MAX),
            ("in_flight", self.in_flight as u64, IN_FLIGHT_MAX),
        ] {
            if !(1..=most).contains(&given) {
                return wrong(field, format!("`{given}` cannot be used"), &format!("give 1 to {most}"));
            }
        }
        if u64::from(self.replicas) > SHARDS_MAX {
            let mend = format!("give 0 to {SHARDS_MAX}");
            return wrong("replicas", format!("`{}` cannot be used", self.replicas), &mend);
        }
        self.check_tls()?;
        match (&self.user, &self.password, &self.api_key) {
            (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
                wrong("api_key", "it is given beside `user` or `password`".into(), "give one of them")
            }
            (Some(_), None, _) => {
                wrong("password", "`user` is given alone".into(), "give both, or an `api_key`")
            }
            (None, Some(_), _) => {
                wrong("user", "`password` is given alone".into(), "give both, or an `api_key`")
            }
            _ => Ok(()),
        }
    }

    /// Certificates are of use only where the cluster speaks TLS.
    fn check_tls(&self) -> Result<()> {
        let wrong = |field: &str, what: &str, mend: &str| {
            Err(Error::invalid(what).mend(mend).at(format!("/{field}")))
        };
        let files = [
            ("ca_file", &self.ca_file),
            ("client_certificate_file", &self.client_certificate_file),
            ("client_key_file", &self.client_key_file),
        ];
        let plain = self.urls.iter().any(|url| url.starts_with("http://"));
        if let Some((field, _)) = files.iter().find(|(_, file)| plain && file.is_some()) {
            return wrong(
                field,
                "it is given, and an address of `urls` begins with http",
                "write https://host:9200",
            );
        }
        both_or_none(
            ("client_certificate_file", self.client_certificate_file.is_some()),
            ("client_key_file", self.client_key_file.is_some()),
        )
    }

    /// How long one request may take.
    pub(crate) const fn request_time(&self) -> Duration {
        Duration::from_millis(self.request_ms)
    }

    /// How long a call goes on trying.
    pub(crate) const fn patience(&self) -> Duration {
        Duration::from_millis(self.patience_ms)
    }
}
