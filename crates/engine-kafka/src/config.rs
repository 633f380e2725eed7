//! How the log is reached and how its topics are created. Everything has a default; settings are checked before
//! connecting.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::security::{PLAIN, Security};
use rdkafka::ClientConfig;
use rushes_events::{Topic, check_name};
use rushes_types::{Error, Result};
use serde::Deserialize;

/// Longest prefix, in bytes: Kafka takes topic names of at most 249.
const PREFIX_BYTES_MAX: usize = 200;
/// Most partitions of a topic.
const PARTITIONS_MAX: u32 = 10_000;
/// Longest time limit, in milliseconds: a day.
const TIMEOUT_MS_MAX: u64 = 86_400_000;
/// Longest wait for an answer, in milliseconds: what the client library takes.
const REQUEST_MS_MAX: u64 = 300_000;
/// Longest silence of a worker, in milliseconds: what the client library takes.
const SESSION_MS_MAX: u64 = 3_600_000;
/// Longest time in which events are gathered, in milliseconds: what the client library takes.
const LINGER_MS_MAX: u64 = 900_000;
/// Most replicas of a topic.
const REPLICATION_MAX: u64 = i16::MAX as u64;
/// How requests can be compressed.
const COMPRESSIONS: &[&str] = &["none", "snappy", "lz4"];
/// Brokers that must have an event, where the configuration names no number and `replication` allows it.
const MIN_INSYNC: u16 = 2;
/// Shortest time limit, in milliseconds.
const TIMEOUT_MS_MIN: u64 = 10;
/// Memory for events that were fetched but not yet asked for, per consumer and in KiB; events are small.
const FETCH_KBYTES: &str = "4096";
/// Events that the client fetches ahead for each partition.
const FETCH_EVENTS: &str = "10000";
/// Memory for events that are on their way to the brokers, in KiB.
const SEND_KBYTES: &str = "32768";
/// Events that may be on their way to the brokers.
const SEND_EVENTS: &str = "100000";

/// Settings that the log's guarantees depend on; configuration may not override them.
const OURS: &[&str] = &[
    "acks",
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.protocol",
    "isolation.level",
    "max.in.flight.requests.per.connection",
    "message.timeout.ms",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "request.required.acks",
    "transactional.id",
];

/// The consumers that there always are, whether or not this process has polled for them: their lag is shown, and
/// nothing is dropped that they have not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KnownConsumers {
    /// Consumers of [`Topic::Committed`].
    pub committed: Vec<String>,
    /// Consumers of [`Topic::Fused`].
    pub fused: Vec<String>,
}

impl Default for KnownConsumers {
    fn default() -> Self {
        Self { committed: vec!["fuse".to_owned()], fused: vec!["index".to_owned()] }
    }
}

impl KnownConsumers {
    /// Those of a topic.
    #[must_use]
    pub fn of(&self, topic: Topic) -> &[String] {
        match topic {
            Topic::Committed => &self.committed,
            Topic::Fused => &self.fused,
        }
    }
}

/// Settings of the client, by librdkafka's names. Some are secrets: only the names are ever printed.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ClientSettings(pub BTreeMap<String, String>);

impl std::fmt::Debug for ClientSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// The settings of an event log on Kafka.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KafkaConfig {
    /// Some brokers of the cluster, each as `host:port`.
    pub servers: Vec<String>,
    /// What the names of topics and groups begin with; one for each archive.
    pub prefix: String,
    /// Partitions of a topic that is made: as many workers of a stage can share the work. It cannot be changed later.
    pub partitions: u32,
    /// Brokers that keep each event. A cluster of one broker needs 1.
    pub replication: u16,
    /// Brokers that must have an event before it counts as durable, at most `replication`; none: 2, or 1 where
    /// `replication` is 1.
    pub min_insync: Option<u16>,
    /// Hours after which events are dropped even if a consumer has not seen them; none: never. Without it, events are
    /// dropped once every consumer has acknowledged them.
    pub retention_hours: Option<u64>,
    /// Further settings of topics that are made, by Kafka's names.
    pub topic_settings: BTreeMap<String, String>,
    /// The user, where the brokers ask for one (SASL).
    #[serde(alias = "username")]
    pub user: Option<String>,
    /// The user's password. Never printed.
    pub password: Option<Secret>,
    /// How the user is proved: `PLAIN`, or, in a build with TLS, `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    pub mechanism: String,
    /// Are connections made over TLS? Needs a build with the feature `tls`.
    pub tls: bool,
    /// A file with the certificates (PEM) that sign the brokers', in place of those that the system trusts.
    pub ca_file: Option<PathBuf>,
    /// A file with the certificate (PEM, with what signs it) that this program shows, where brokers ask for one.
    pub client_certificate_file: Option<PathBuf>,
    /// A file with the private key (PEM) of that certificate.
    pub client_key_file: Option<PathBuf>,
    /// Further settings of the client, by librdkafka's names: `security.protocol`, `ssl.*`, `sasl.*` and the like.
    pub client_settings: ClientSettings,
    /// The consumers that there always are.
    pub consumers: KnownConsumers,
    /// Seconds between two rounds of dropping what everybody has acknowledged; 0: at each call.
    pub trim_every_s: u64,
    /// Longest wait for a first answer of the cluster, in milliseconds.
    pub connect_timeout_ms: u64,
    /// Longest wait for an answer, in milliseconds.
    pub request_timeout_ms: u64,
    /// Longest wait until events are durable, in milliseconds.
    pub delivery_timeout_ms: u64,
    /// Silence after which the group takes a worker for dead and gives its partitions to others, in milliseconds.
    pub session_timeout_ms: u64,
    /// Longest wait for the group's answer at a consumer's first poll, in milliseconds; more than `session_timeout_ms`.
    pub join_timeout_ms: u64,
    /// Time in which events are gathered into one request, in milliseconds.
    pub linger_ms: u64,
    /// How requests are compressed: `none`, `snappy` or `lz4`.
    pub compression: String,
}

impl Default for KafkaConfig {
    fn default() -> Self {
        Self {
            servers: vec!["127.0.0.1:9092".to_owned()],
            prefix: "rushes".to_owned(),
            partitions: 12,
            replication: 3,
            min_insync: None,
            retention_hours: None,
            topic_settings: BTreeMap::new(),
            user: None,
            password: None,
            mechanism: PLAIN.to_owned(),
            tls: false,
            ca_file: None,
            client_certificate_file: None,
            client_key_file: None,
            client_settings: ClientSettings::default(),
            consumers: KnownConsumers::default(),
            trim_every_s: 60,
            connect_timeout_ms: 5_000,
            request_timeout_ms: 10_000,
            delivery_timeout_ms: 30_000,
            session_timeout_ms: 10_000,
            join_timeout_ms: 20_000,
            linger_ms: 1,
            compression: "lz4".to_owned(),
        }
    }
}

impl KafkaConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// Invalid, with the setting as a JSON pointer and how to fix it.
    pub fn check(&self) -> Result<()> {
        if self.servers.is_empty() || self.servers.iter().any(|s| !is_address(s)) {
            let given = self.servers.join(", ");
            return wrong(
                "servers",
                format!("`{given}` names no broker"),
                "give one or more as `host:port`".into(),
            );
        }
        let legal = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if self.prefix.is_empty() || self.prefix.len() > PREFIX_BYTES_MAX || !self.prefix.chars().all(legal) {
            let what = format!("`{}` cannot begin the name of a topic", self.prefix);
            let mend = format!("give it 1 to {PREFIX_BYTES_MAX} letters, digits, `.`, `-` or `_`");
            return wrong("prefix", what, mend);
        }
        within("partitions", u64::from(self.partitions), 1, u64::from(PARTITIONS_MAX))?;
        within("replication", u64::from(self.replication), 1, REPLICATION_MAX)?;
        let (min, all) = (self.min_insync(), self.replication);
        if !(1..=all).contains(&min) {
            let what =
                format!("`min_insync` asks for `{min}` replicas in sync, and `replication` keeps {all}");
            let mend = format!("set it to 1 to {all}, or leave it out");
            return wrong("min_insync", what, mend);
        }
        if self.topic_settings.get("cleanup.policy").is_some_and(|policy| policy != "delete") {
            // A watermark promises that all events before it are there: compaction would remove some of them.
            let what = "a compacted log loses events".to_owned();
            return wrong("topic_settings", what, "set `cleanup.policy` to `delete`, or leave it out".into());
        }
        if let Some(ours) = self.client_settings.0.keys().find(|key| OURS.contains(&key.as_str())) {
            let what = format!("`{ours}` is set by the event log itself");
            return wrong("client_settings", what, "take it out".into());
        }
        self.security().check()?;
        if !COMPRESSIONS.contains(&self.compression.as_str()) {
            let what = format!("`{}` is no compression of requests", self.compression);
            return wrong("compression", what, format!("give one of `{}`", COMPRESSIONS.join("`, `")));
        }
        for name in self.consumers.committed.iter().chain(&self.consumers.fused) {
            let checked = check_name(name).map_err(|e| e.message().to_owned());
            checked.or_else(|why| wrong("consumers", why, "give names of consumers".into()))?;
        }
        self.check_times()
    }

    fn check_times(&self) -> Result<()> {
        within("connect_timeout_ms", self.connect_timeout_ms, TIMEOUT_MS_MIN, TIMEOUT_MS_MAX)?;
        within("request_timeout_ms", self.request_timeout_ms, TIMEOUT_MS_MIN, REQUEST_MS_MAX)?;
        within("delivery_timeout_ms", self.delivery_timeout_ms, TIMEOUT_MS_MIN, TIMEOUT_MS_MAX)?;
        within("session_timeout_ms", self.session_timeout_ms, TIMEOUT_MS_MIN, SESSION_MS_MAX)?;
        within("join_timeout_ms", self.join_timeout_ms, TIMEOUT_MS_MIN, TIMEOUT_MS_MAX)?;
        if self.join_timeout_ms <= self.session_timeout_ms {
            let what = format!("`{}` ms are less than a dead worker is waited for", self.join_timeout_ms);
            let mend = format!("give more than `session_timeout_ms`, {}", self.session_timeout_ms);
            return wrong("join_timeout_ms", what, mend);
        }
        within("linger_ms", self.linger_ms, 0, LINGER_MS_MAX.min(self.delivery_timeout_ms - 1))
    }

    /// Brokers that must have an event before it counts as durable.
    #[must_use]
    pub fn min_insync(&self) -> u16 {
        self.min_insync.unwrap_or_else(|| MIN_INSYNC.min(self.replication))
    }

    /// The name of a topic on the brokers.
    #[must_use]
    pub fn topic(&self, topic: Topic) -> String {
        match topic {
            Topic::Committed => format!("{}.committed", self.prefix),
            Topic::Fused => format!("{}.fused", self.prefix),
        }
    }

    /// The name of the topic of dead letters.
    #[must_use]
    pub fn dead_topic(&self) -> String {
        format!("{}.dead", self.prefix)
    }

    /// The name of a consumer's group: one for each topic, so that a worker of one stage never causes a rebalance among
    /// those of another.
    #[must_use]
    pub fn group(&self, topic: Topic, consumer: &str) -> String {
        format!("{}.{consumer}", self.topic(topic))
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    pub(crate) fn delivery_timeout(&self) -> Duration {
        Duration::from_millis(self.delivery_timeout_ms)
    }

    pub(crate) fn join_timeout(&self) -> Duration {
        Duration::from_millis(self.join_timeout_ms)
    }

    fn security(&self) -> Security<'_> {
        Security {
            user: self.user.as_deref(),
            password: self.password.as_ref().map(|secret| secret.0.as_str()),
            mechanism: &self.mechanism,
            tls: self.tls,
            ca_file: self.ca_file.as_deref(),
            client_certificate_file: self.client_certificate_file.as_deref(),
            client_key_file: self.client_key_file.as_deref(),
        }
    }

    /// Settings of every client. A request gets as long as its caller waits for it, so that the client switches from a
    /// silent broker to another one in time.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client.set("client.id", format!("rushes-{}", self.prefix));
        client.set("socket.timeout.ms", self.request_timeout_ms.max(TIMEOUT_MS_MIN).to_string());
        client.set("socket.connection.setup.timeout.ms", self.connect_timeout_ms.max(1_000).to_string());
        client.set("reconnect.backoff.max.ms", "1000");
        client.set("topic.metadata.refresh.interval.ms", "30000");
        self.security().set(&mut client);
        for (key, value) in &self.client_settings.0 {
            client.set(key, value);
        }
        client.set("bootstrap.servers", self.servers.join(","));
        client
    }

    /// Settings of the producer.
    pub(crate) fn producer(&self) -> ClientConfig {
        let mut client = self.client();
        client.set("enable.idempotence", "true").set("acks", "all");
        client.set("message.timeout.ms", self.delivery_timeout_ms.to_string());
        client
            .set("queue.buffering.max.messages", SEND_EVENTS)
            .set("queue.buffering.max.kbytes", SEND_KBYTES);
        client.set("linger.ms", self.linger_ms.to_string());
        client.set("compression.codec", &self.compression);
        client
    }

    /// Settings of a consumer. Offsets are committed by this crate, after the event's effect, never automatically by
    /// the client.
    pub(crate) fn consumer(&self, group: &str) -> ClientConfig {
        let mut client = self.client();
        client.set("group.id", group).set("partition.assignment.strategy", "cooperative-sticky");
        client.set("enable.auto.commit", "false").set("enable.auto.offset.store", "false");
        client.set("auto.offset.reset", "earliest").set("isolation.level", "read_committed");
        client.set("session.timeout.ms", self.session_timeout_ms.to_string());
        client.set("heartbeat.interval.ms", (self.session_timeout_ms / 4).max(1).to_string());
        client.set("max.poll.interval.ms", self.session_timeout_ms.max(300_000).to_string());
        client.set("queued.max.messages.kbytes", FETCH_KBYTES).set("queued.min.messages", FETCH_EVENTS);
        // How soon the client looks again after it had fetched enough ahead; its own default is a second.
        client.set("fetch.error.backoff.ms", "100").set("fetch.queue.backoff.ms", "10");
        client
    }
}

/// The error of a setting.
fn wrong(key: &str, what: String, mend: String) -> Result<()> {
    Err(Error::invalid(what).mend(mend).at(format!("/{key}")))
}

fn within(key: &str, given: u64, least: u64, most: u64) -> Result<()> {
    if (least..=most).contains(&given) {
        return Ok(());
    }
    wrong(key, format!("`{given}` cannot be used"), format!("give {least} to {most}"))
}

fn is_address(server: &str) -> bool {
    server.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty()
            && port.parse::<u16>().is_ok_and(|port| port > 0)
            && !server.contains(|c: char| c == ',' || c == '/' || c.is_whitespace() || c.is_control())
    })
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
