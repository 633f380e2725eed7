//! What the crate promises.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(feature = "http")]
mod http;
mod pictures;
mod registry;
mod static_encoder;
mod windows;
mod wordpiece;
