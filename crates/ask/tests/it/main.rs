//! Questions become the plans that they should, and no text does harm.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers are tests too: they fail, and say what they skip"
)]

mod any_text;
mod documents;
mod failing;
mod kinds;
mod questions;
mod reading;
mod strangers;
mod support;
mod wording;
