//! Encoders: texts and pictures to vectors whose nearness reflects meaning.
//!
//! An [`Encoder`] turns texts, and some also pictures, into vectors; vectors of similar meaning are near each other. A
//! vector space names the encoder of its vectors, and the [`Registry`] finds it, so that a query is encoded like the
//! annotations it searches. Encoders are of three kinds:
//!
//! * [`StaticEncoder`], built in: a vector for each piece of a word, distilled from a larger model; a text is their mean.
//!   It is a few megabytes, takes microseconds, needs no network and gives the same numbers on every machine.
//! * Models in a local folder, in a crate of their own because they are heavy to build.
//! * An embeddings endpoint that an operator configured.
//!
//! This crate also groups lines of dialogue into texts worth encoding: [`windows()`].

mod basic;
mod cache;
mod encoder;
#[cfg(feature = "http")]
pub mod http;
mod picture;
mod registry;
mod static_encoder;
mod windows;
mod wordpiece;

pub use encoder::{Encoder, PICTURE_BYTES_MAX, checked};
pub use picture::picture_bytes;
pub use registry::Registry;
pub use static_encoder::{BUILT_IN, BUILT_IN_DIMENSIONS, StaticEncoder};
pub use windows::{Line, WINDOW_LINES_MAX, WINDOW_SPAN_NS_MAX, WINDOW_WORDS_ENOUGH, Window, digest, windows};
pub use wordpiece::{UNKNOWN_CHARS_MIN, WordPieces};
