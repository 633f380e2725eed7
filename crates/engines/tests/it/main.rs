//! Archives on any mixture of engines, held to what an embedded one answers.
#![cfg(feature = "drivers")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod killed;
mod mixtures;
mod moves;
mod place;
mod requests;
mod settings;
