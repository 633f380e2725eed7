//! Questions become the plans that they should, and no text does harm.

mod any_text;
mod documents;
mod questions;
mod reading;
