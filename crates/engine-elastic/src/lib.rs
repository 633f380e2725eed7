//! Stage 3 on Elasticsearch.
//!
//! The engine finds, the shared matcher decides: a clause is compiled to a request whose hits hold every match and may hold
//! more, the annotations come back whole, and `rushes_index::MemoryReader` answers over them. So scores never come from the
//! engine, and answers are those of every other index.
//!
//! One document an annotation, with its validities, beside the nested bucket documents as they are published. Documents carry
//! the commit that wrote them as an external version: a lower commit loses. Nothing is refreshed but by a publish, and the
//! read point moves after the refresh, so that no search sees half of an update. Where several processes write, what is
//! erased may vanish with another's publish, a moment before its own; never later.

mod assets;
mod backend;
mod buckets;
mod bulk;
mod client;
mod compile;
mod config;
mod copy;
mod document;
mod errors;
mod expunge;
mod maintain;
mod meta;
mod names;
mod nearest;
mod phrase;
mod point_in_time;
mod purging;
mod reader;
mod reindex;
mod requests;
mod schema;
mod startup;
mod suggest;
#[cfg(feature = "testing")]
mod testing;
mod writer;

pub use backend::{ElasticIndex, ElasticOptions};
pub use config::ElasticConfig;
#[cfg(feature = "testing")]
pub use testing::{BulkRecording, Replayed};
