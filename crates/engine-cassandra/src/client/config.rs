//! How Cassandra is reached.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use rushes_types::{Error, Result, both_or_none};
use scylla::frame::types::{Consistency, SerialConsistency};
use serde::{Deserialize, Serialize};

/// Cassandra's native port, where a node names none.
const PORT: u16 = 9042;
/// Longest name of a keyspace that Cassandra takes, in bytes.
const KEYSPACE_BYTES_MAX: usize = 48;
/// Requests under way at once, where the configuration names no number.
const IN_FLIGHT: usize = 256;
/// Most requests under way at once: a connection has 32,768 streams.
const IN_FLIGHT_MAX: usize = 32_768;
/// Longest time limit, in milliseconds: a day.
const TIMEOUT_MS_MAX: u64 = 86_400_000;
/// Most repetitions that may be configured.
const RETRIES_MAX: u32 = 20;

/// How Cassandra is reached, and with which consistency.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Some nodes, as `host` or `host:port`; the others are found through them.
    pub nodes: Vec<String>,
    /// The keyspace; created if it does not exist.
    pub keyspace: String,
    /// How many copies of each row a new keyspace keeps.
    pub replication: Replication,
    /// The data centre whose nodes are asked; without it, those of any.
    pub local_data_centre: Option<String>,
    /// How many replicas must answer a read or a write.
    pub consistency: Level,
    /// Among which replicas a conditional write must reach agreement.
    pub serial_consistency: SerialLevel,
    /// The user, where Cassandra asks for one.
    #[serde(alias = "username")]
    pub user: Option<String>,
    /// The user's password. Never logged.
    pub password: Option<String>,
    /// Are connections made over TLS? Needs a build with the feature `tls`.
    pub tls: bool,
    /// A file with the certificates (PEM) that sign the nodes', in place of those that the system trusts.
    pub ca_file: Option<PathBuf>,
    /// A file with the certificate (PEM, with what signs it) that this program shows, where nodes ask for one.
    pub client_certificate_file: Option<PathBuf>,
    /// A file with the private key (PEM) of that certificate.
    pub client_key_file: Option<PathBuf>,
    /// How long one attempt of a request may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// How long connecting to a node may take, in milliseconds.
    pub connect_timeout_ms: u64,
    /// Requests under way at once; further ones wait.
    pub max_in_flight: usize,
    /// How often a read or an idempotent write is retried after it met a busy or absent node.
    pub retries: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            nodes: vec!["127.0.0.1:9042".to_owned()],
            keyspace: "rushes".to_owned(),
            replication: Replication::default(),
            local_data_centre: None,
            consistency: Level::default(),
            serial_consistency: SerialLevel::default(),
            user: None,
            password: None,
            tls: false,
            ca_file: None,
            client_certificate_file: None,
            client_key_file: None,
            request_timeout_ms: 10_000,
            connect_timeout_ms: 5_000,
            max_in_flight: IN_FLIGHT,
            retries: 6,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("nodes", &self.nodes)
            .field("keyspace", &self.keyspace)
            .field("replication", &self.replication)
            .field("local_data_centre", &self.local_data_centre)
            .field("consistency", &self.consistency)
            .field("serial_consistency", &self.serial_consistency)
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "…"))
            .field("tls", &self.tls)
            .field("ca_file", &self.ca_file)
            .field("client_certificate_file", &self.client_certificate_file)
            .field("request_timeout_ms", &self.request_timeout_ms)
            .field("connect_timeout_ms", &self.connect_timeout_ms)
            .field("max_in_flight", &self.max_in_flight)
            .field("retries", &self.retries)
            .finish()
    }
}

/// How many copies of each row a keyspace keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a number of copies, such as 3, or one for each data centre, such as { north = 3, south = 3 }"
)]
pub enum Replication {
    /// This many over all nodes; for a single data centre.
    Factor(u32),
    /// This many in each data centre, by its name.
    PerDataCentre(BTreeMap<String, u32>),
}

impl Default for Replication {
    fn default() -> Self {
        Self::Factor(1)
    }
}

/// How many replicas must answer a read or a write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Level {
    /// More than half of those in the local data centre.
    #[default]
    LocalQuorum,
    /// More than half of all.
    Quorum,
    /// More than half in each data centre; writes only, reads then ask [`Level::Quorum`].
    EachQuorum,
    /// All of them.
    All,
}

/// Among which replicas a conditional write must reach agreement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SerialLevel {
    /// Among the replicas of all data centres.
    #[default]
    Serial,
    /// Among those of the local data centre: right only where one data centre alone writes.
    LocalSerial,
}

impl Level {
    /// For reads.
    pub(crate) const fn read(self) -> Consistency {
        match self {
            Self::LocalQuorum => Consistency::LocalQuorum,
            Self::Quorum | Self::EachQuorum => Consistency::Quorum,
            Self::All => Consistency::All,
        }
    }

    /// For writes.
    pub(crate) const fn write(self) -> Consistency {
        match self {
            Self::LocalQuorum => Consistency::LocalQuorum,
            Self::Quorum => Consistency::Quorum,
            Self::EachQuorum => Consistency::EachQuorum,
            Self::All => Consistency::All,
        }
    }
}

impl SerialLevel {
    /// For conditional writes.
    pub(crate) const fn write(self) -> SerialConsistency {
        match self {
            Self::Serial => SerialConsistency::Serial,
            Self::LocalSerial => SerialConsistency::LocalSerial,
        }
    }

    /// For reads that must see every conditional write.
    pub(crate) const fn read(self) -> Consistency {
        match self {
            Self::Serial => Consistency::Serial,
            Self::LocalSerial => Consistency::LocalSerial,
        }
    }
}

impl Config {
    /// A configuration for one node and keyspace, everything else as by default.
    #[must_use]
    pub fn of(node: &str, keyspace: &str) -> Self {
        Self { nodes: vec![node.to_owned()], keyspace: keyspace.to_owned(), ..Self::default() }
    }

    /// Checks what can be checked without a server.
    ///
    /// # Errors
    /// Invalid: names the field and how to fix it.
    pub fn check(&self) -> Result<()> {
        let wrong = |field: &str, what: String, mend: &str| {
            Err(Error::invalid(what).mend(mend).at(format!("/{field}")))
        };
        if self.nodes.is_empty() || self.nodes.iter().any(|n| n.trim().is_empty()) {
            return wrong(
                "nodes",
                "a node without a name is given".into(),
                "give at least one as `host:9042`",
            );
        }
        let letters =
            self.keyspace.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let first = self.keyspace.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        if !letters || !first || self.keyspace.len() > KEYSPACE_BYTES_MAX {
            let mend = format!("take at most {KEYSPACE_BYTES_MAX} of a-z, 0-9 and _, a letter first");
            return wrong("keyspace", format!("`{}` is no name of a keyspace", self.keyspace), &mend);
        }
        let factors = match &self.replication {
            Replication::Factor(n) => vec![*n],
            Replication::PerDataCentre(map) => map.values().copied().collect(),
        };
        if factors.is_empty() || factors.contains(&0) {
            let mend = "give 1 for one node, 3 for three or more";
            return wrong("replication", "each row needs at least one copy".into(), mend);
        }
        if self.local_data_centre.as_deref().is_some_and(|name| name.trim().is_empty()) {
            let mend = "name one, or leave it out";
            return wrong("local_data_centre", "a data centre without a name is given".into(), mend);
        }
        for (field, given, most) in [
            ("request_timeout_ms", self.request_timeout_ms, TIMEOUT_MS_MAX),
            ("connect_timeout_ms", self.connect_timeout_ms, TIMEOUT_MS_MAX),
            ("max_in_flight", self.max_in_flight as u64, IN_FLIGHT_MAX as u64),
        ] {
            if !(1..=most).contains(&given) {
                return wrong(field, format!("`{given}` cannot be used"), &format!("give 1 to {most}"));
            }
        }
        if self.retries > RETRIES_MAX {
            let mend = format!("give 0 to {RETRIES_MAX}");
            return wrong("retries", format!("`{}` cannot be used", self.retries), &mend);
        }
        self.check_tls()?;
        both_or_none(("user", self.user.is_some()), ("password", self.password.is_some()))
    }

    fn check_tls(&self) -> Result<()> {
        let wrong = |field: &str, what: &str, mend: &str| {
            Err(Error::invalid(what).mend(mend).at(format!("/{field}")))
        };
        if self.tls && !cfg!(feature = "tls") {
            let mend = "build one with `cargo build --release --features engines,tls`";
            return wrong("tls", "this program is built without TLS to Cassandra", mend);
        }
        let named = [&self.ca_file, &self.client_certificate_file, &self.client_key_file];
        if !self.tls && named.iter().any(|file| file.is_some()) {
            return wrong(
                "tls",
                "certificates are named, and connections are not over TLS",
                "set `tls = true`",
            );
        }
        both_or_none(
            ("client_certificate_file", self.client_certificate_file.is_some()),
            ("client_key_file", self.client_key_file.is_some()),
        )
    }

    /// The nodes, each with a port.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let named = self.nodes.iter().map(|n| n.trim()).filter(|n| !n.is_empty());
        named.map(|n| if has_port(n) { n.to_owned() } else { format!("{n}:{PORT}") }).collect()
    }

    pub(crate) const fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// The replication options, in CQL, of a keyspace that this crate creates.
    pub(crate) fn replication_cql(&self) -> String {
        match &self.replication {
            Replication::Factor(n) => {
                format!("{{'class': 'NetworkTopologyStrategy', 'replication_factor': {n}}}")
            }
            Replication::PerDataCentre(map) => {
                let each = map.iter().map(|(dc, n)| format!(", '{}': {n}", dc.replace('\'', "''")));
                format!("{{'class': 'NetworkTopologyStrategy'{}}}", each.collect::<String>())
            }
        }
    }
}

/// Does the node name its port? A bare IPv6 address has colons but no port.
fn has_port(node: &str) -> bool {
    match node.rsplit_once(':') {
        Some((host, port)) => port.parse::<u16>().is_ok() && (!host.contains(':') || host.ends_with(']')),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_without_a_port_has_the_native_one() {
        let of = |node: &str| Config::of(node, "k").addresses().remove(0);
        assert_eq!(of("db"), "db:9042");
        assert_eq!(of("db:19042"), "db:19042");
        assert_eq!(of("[::1]:19042"), "[::1]:19042");
        assert_eq!(of("[::1]"), "[::1]:9042");
    }

    #[test]
    fn what_cannot_be_right_is_named_by_its_field() {
        let base = || Config::of("db", "rushes");
        assert!(base().check().is_ok());
        let field = |config: Config| config.check().unwrap_err().pointer().map(str::to_owned).unwrap();
        assert_eq!(field(Config { nodes: vec![], ..base() }), "/nodes");
        assert_eq!(field(Config { keyspace: "a; DROP".into(), ..base() }), "/keyspace");
        assert_eq!(field(Config { replication: Replication::Factor(0), ..base() }), "/replication");
        assert_eq!(field(Config { max_in_flight: 0, ..base() }), "/max_in_flight");
        assert_eq!(field(Config { user: Some("u".into()), ..base() }), "/password");
        assert_eq!(field(Config { password: Some("p".into()), ..base() }), "/user");
        let file = || Some(PathBuf::from("/nowhere"));
        assert_eq!(field(Config { ca_file: file(), ..base() }), "/tls");
        if cfg!(feature = "tls") {
            let alone = Config { tls: true, client_certificate_file: file(), ..base() };
            assert_eq!(field(alone), "/client_key_file");
        } else {
            assert_eq!(field(Config { tls: true, ..base() }), "/tls");
        }
        assert_eq!(field(Config { request_timeout_ms: 0, ..base() }), "/request_timeout_ms");
        assert_eq!(field(Config { connect_timeout_ms: 0, ..base() }), "/connect_timeout_ms");
        assert_eq!(field(Config { local_data_centre: Some(" ".into()), ..base() }), "/local_data_centre");
    }

    #[test]
    fn a_password_is_not_shown() {
        let config = Config { user: Some("u".into()), password: Some("secret".into()), ..Config::default() };
        assert!(!format!("{config:?}").contains("secret"));
    }
}
