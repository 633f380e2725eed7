//! The event log on Apache Kafka.
//!
//! A topic of events for each stage and one of dead letters, all beginning with the archive's prefix. An asset's events
//! lie in one partition, chosen by our own hash, the same one in both topics: so a watermark of partition p that was
//! acknowledged in the one bounds what can be claimed for partition p in the other. One group for each consumer; what is
//! acknowledged is committed to the group, with the highest watermark before it as the offset's metadata, so that
//! every process can see how far all are.
//!
//! Nothing here decides what is right: an event is a hint to re-read, so that losing a partition in the middle of a
//! batch only means that another process does the same work again.

mod backend;
mod client;
mod config;
mod consumer;
mod dead_letters;
mod errors;
mod fetched_message;
mod format;
mod offsets;
mod owned_partitions;
mod producer;
mod pump;
mod schema;
mod shared;

pub use backend::KafkaLog;
pub use config::{ClientSettings, KafkaConfig, KnownConsumers};
