//! Apache Cassandra as an engine: stage 1's [`store`] and stage 2's [`timeline`], over one [`client`].

mod batches;
pub mod client;
mod columns;
mod slices;
pub mod store;
pub mod timeline;
