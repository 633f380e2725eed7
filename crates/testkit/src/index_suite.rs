//! The laws of the index.
