//! An archive's folder read by a reader that was written from docs/formats.md: it shares no code with what writes the files, so the page
//! says what the bytes are, and a change of the bytes that the page does not tell fails here. `index/` has a reader of its own in
//! `crates/index/tests/it/independent`.

mod backup;
mod batches;
mod bytes;
mod chain;
mod codec;
mod events;
mod fused;
mod made;
mod queues;
mod refusals;
mod said;
mod stages;
mod store;
mod tables;
mod wanted;
