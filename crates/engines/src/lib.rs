//! The engines that an archive runs on, from its configuration.
//!
//! ```toml
//! [engines]
//! store = "cassandra"        # embedded | cassandra
//! events = "kafka"           # embedded | kafka
//! fused = "cassandra"        # embedded | cassandra
//! index = "elasticsearch"    # embedded | elasticsearch
//!
//! [cassandra]
//! nodes = ["10.0.0.1", "10.0.0.2"]
//! keyspace = "rushes"
//!
//! [kafka]
//! servers = ["10.0.0.4:9092"]
//!
//! [elasticsearch]
//! urls = ["http://10.0.0.7:9200"]
//! ```
//!
//! Any mixture works: each of the four is chosen independently. This is the only crate that names the drivers; they are
//! behind its feature `drivers`, and a build without them reports an error instead of ignoring the choice.

mod choice;
mod configured;
#[cfg(not(feature = "drivers"))]
#[path = "disabled.rs"]
mod drivers;
#[cfg(feature = "drivers")]
#[path = "enabled.rs"]
mod drivers;

pub use choice::{Choice, Engine, supported_engines};
pub use configured::{Configured, SECTIONS, is_ours};
#[cfg(feature = "drivers")]
pub use drivers::Settings;
