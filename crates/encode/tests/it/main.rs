//! What the crate promises.

mod pictures;
mod registry;
mod static_encoder;
mod windows;
mod wordpiece;
