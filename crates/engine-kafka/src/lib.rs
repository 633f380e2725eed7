//! The event log on Apache Kafka.
//!
//! There is a topic of events for each stage and one of dead letters, all named with the archive's prefix. An asset's
//! events are in one partition, chosen by this crate's own hash, with the same number in both topics; so an
//! acknowledged watermark of partition p in the first topic bounds the watermark of partition p in the second. There is
//! one group for each consumer; acknowledged offsets are committed to the group, with the highest watermark before them
//! as metadata, so that every process can see the progress of all.
//!
//! Correctness does not depend on the log: an event is a hint to re-read, so losing a partition in the middle of a
//! batch only means that another process repeats the work.

mod answers;
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
mod security;
mod shared;

pub use answers::{ANSWERS, Answer, Becomes};
pub use backend::KafkaLog;
pub use config::{ClientSettings, KafkaConfig, KnownConsumers, Secret};
