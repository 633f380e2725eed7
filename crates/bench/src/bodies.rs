//! Request bodies, made before the clock starts, so that the generator is not measured.

use rushes_types::{BlockFormat, Result};

use crate::World;
use crate::lines::{Volume, write_lines, write_vector_lines};
use crate::world::Episode;

/// Bytes of bodies that are made ahead. Small, because peak memory is measured too.
const AHEAD_BYTES: usize = 48 << 20;

/// Which part of an episode is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Content {
    /// The annotations of all models without vectors, as JSON lines.
    Lines,
    /// The vectors, as JSON lines.
    VectorLines,
    /// The vectors, as Arrow.
    VectorArrow,
}

impl Content {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lines => "JSON lines in",
            Self::VectorLines => "vectors in as JSON lines",
            Self::VectorArrow => "vectors in as Arrow",
        }
    }

    /// The format of its bodies.
    #[must_use]
    pub const fn format(self) -> BlockFormat {
        match self {
            Self::Lines | Self::VectorLines => BlockFormat::Lines,
            Self::VectorArrow => BlockFormat::Arrow,
        }
    }

    fn write(self, world: &World, episode: &Episode, out: &mut Vec<u8>) -> Result<Volume> {
        match self {
            Self::Lines => Ok(write_lines(world, episode, out)),
            Self::VectorLines => Ok(write_vector_lines(world, episode, out)),
            Self::VectorArrow => crate::arrow::write_vectors(world, episode, out),
        }
    }
}

/// Bodies, one per episode, for as many of the episodes as fit; and their volume.
pub fn make(world: &World, episodes: &[Episode], content: Content) -> Result<(Vec<Vec<u8>>, Volume)> {
    let mut bodies = Vec::new();
    let mut total = Volume::default();
    for episode in episodes {
        let mut body = Vec::new();
        total += content.write(world, episode, &mut body)?;
        bodies.push(body);
        if usize::try_from(total.bytes).unwrap_or(usize::MAX) >= AHEAD_BYTES {
            break;
        }
    }
    Ok((bodies, total))
}
