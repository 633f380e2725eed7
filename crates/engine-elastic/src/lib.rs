//! Stage 3 on Elasticsearch.
//!
//! The engine finds candidates and the shared matcher decides: a clause is compiled to a request whose hits contain
//! every match and may contain more, the full annotations are returned, and `rushes_index::MemoryReader` answers over
//! them. So scores never come from the engine, and answers equal those of every other index.
//!
//! There is one document per annotation, with its validities, and the nested bucket documents as they are published.
//! Documents carry the commit that wrote them as an external version: a lower commit loses. Only a publish refreshes,
//! and the read point moves after the refresh, so that no search sees half of an update. With several writing
//! processes, an erasure may become visible with another process's publish, a moment before its own; never later.

mod answers;
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
mod kept_answers;
mod maintain;
mod mapped;
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
mod tls;
mod waits;
mod whole;
mod writer;

pub use answers::{ANSWERS, Answer, Becomes};
pub use backend::{ElasticIndex, ElasticOptions};
pub use config::ElasticConfig;
#[cfg(feature = "testing")]
pub use testing::{BulkRecording, Replayed};
