//! The show, its films and its annotations agree.

mod films;
mod lines;
