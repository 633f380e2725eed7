//! A folder of tables as its owners see it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod cut_off;
mod exchanged;
mod place;
mod stalls;
mod torn;
