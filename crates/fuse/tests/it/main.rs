//! The driver, on histories of all kinds.

mod driver;
