//! Apache Cassandra as an engine: stage 1's [`store`] and stage 2's [`timeline`], over one [`client`].

pub mod client;
pub mod store;
pub mod timeline;
