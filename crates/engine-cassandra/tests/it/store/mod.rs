//! The annotation store on a real server: the laws of the seam, and what only several processes can try.
#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod damage;
mod erased;
mod import;
mod model;
mod network;
mod races;
mod scale;
mod suite;
mod support;
mod watermark;
