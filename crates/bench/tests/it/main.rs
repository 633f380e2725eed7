//! The generator as its users see it.

mod generator;
