//! People with known tastes, to see what is learned from them, how fast, and when nothing should be.
//!
//! A taste likes some features and dislikes others. What a moment is truly worth to it is its hand-set score and that taste
//! together; grades are cut from that. A reader looks down a page, considers a place with a chance that falls with the rank,
//! and keeps what is worth it; or is noisy, or chooses at random. Learning sees only what a server would log.

mod picture;
mod reader;
mod report;
mod session;
mod world;

pub use reader::Reader;
pub use report::{Curve, Point, SimulationReport};

use crate::impression::Impression;
use session::Session;

/// Choices after which a model is fitted and judged.
pub const CHECKPOINTS: [usize; 7] = [0, 25, 50, 100, 200, 400, 800];

/// What is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulationOptions {
    /// Everything follows from it.
    pub seed: u64,
    /// How many tastes each reader has, one after the other; at least one.
    pub tastes: usize,
}

impl Default for SimulationOptions {
    fn default() -> Self {
        Self { seed: 1, tastes: 20 }
    }
}

/// Runs every kind of reader.
#[must_use]
pub fn simulate(options: SimulationOptions) -> SimulationReport {
    let curves = Reader::ALL.iter().map(|reader| {
        let sessions = (0..options.tastes.max(1) as u64).map(|taste| {
            Session::new(options.seed.wrapping_mul(0x9e37_79b9).wrapping_add(taste), *reader).run()
        });
        Curve::of(*reader, &sessions.collect::<Vec<_>>())
    });
    SimulationReport { seed: options.seed, tastes: options.tastes.max(1), curves: curves.collect() }
}

/// The impressions of one reader until so many choices: for tests of what is made of them.
#[must_use]
pub fn impressions(seed: u64, reader: Reader, choices: usize) -> Vec<Impression> {
    let mut session = Session::new(seed, reader);
    session.read_until(choices);
    session.into_impressions()
}
