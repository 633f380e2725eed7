//! What an operator says of the cluster.

use std::time::Duration;

use rushes_types::{Error, Result};
use serde::{Deserialize, Serialize};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Goes with `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// An encoded API key; in place of `user` and `password`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
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
            connect_ms: 2_000,
            request_ms: 30_000,
            patience_ms: 60_000,
            bulk_bytes: 4 << 20,
            in_flight: 3,
            approximate: true,
            approximate_rows_min: 20_000,
            buckets: true,
            bucket_vectors: true,
        }
    }
}

/// Longest prefix, in bytes: engines take names of at most 255.
const PREFIX_BYTES_MAX: usize = 200;

impl ElasticConfig {
    /// One node, everything else by default.
    #[must_use]
    pub fn at(url: &str) -> Self {
        Self { urls: vec![url.to_owned()], ..Self::default() }
    }

    /// # Errors
    /// [`rushes_types::ErrorKind::Invalid`] names the field and how to fix it.
    pub fn check(&self) -> Result<()> {
        if self.urls.is_empty() {
            return Err(Error::invalid("no address is given").mend("write http://host:9200").at("/urls"));
        }
        let begins_well = self.prefix.starts_with(|c: char| c.is_ascii_lowercase());
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if !begins_well || !self.prefix.chars().all(is_plain) || self.prefix.len() > PREFIX_BYTES_MAX {
            return Err(Error::invalid(format!("`{}` is no prefix of index names", self.prefix))
                .mend("begin with a small letter and use small letters, digits, `-` and `_`")
                .at("/prefix"));
        }
        if self.shards == 0 || self.in_flight == 0 || self.bulk_bytes == 0 {
            return Err(Error::invalid("`shards`, `in_flight` and `bulk_bytes` are at least 1"));
        }
        if self.user.is_some() != self.password.is_some() {
            return Err(Error::invalid("`user` and `password` go together").mend("give both or an `api_key`"));
        }
        if self.user.is_some() && self.api_key.is_some() {
            return Err(Error::invalid("both `user` and `api_key` are given")
                .mend("give one of them")
                .at("/api_key"));
        }
        Ok(())
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
