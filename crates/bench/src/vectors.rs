//! Vectors as shots have them: a Gaussian mixture whose clusters are places, stretched along a few directions that all
//! clusters share, with a little noise in every dimension, of length 1.
//!
//! Independent noise alone would make all members of a cluster equally near to each other, and approximate search look
//! better than it is.

use crate::random::{Random, Zipf};

/// Clusters of the mixture.
const CLUSTERS: usize = 2_000;
/// Directions in which members of a cluster differ.
const DIRECTIONS: usize = 24;
/// Spread along a direction, against a centre of length about 1.
const SPREAD: f32 = 0.16;
/// Noise in all dimensions together.
const NOISE: f32 = 0.25;

/// The mixture.
#[derive(Debug)]
pub struct Clusters {
    dimensions: usize,
    centres: Vec<f32>,
    directions: Vec<f32>,
    law: Zipf,
}

impl Clusters {
    /// The mixture of a seed.
    #[must_use]
    pub fn new(seed: u64, dimensions: usize) -> Self {
        let dimensions = dimensions.max(1);
        let mut random = Random::at(seed, &[2]);
        let mut rows = |n: usize| {
            let mut all = vec![0.0; n * dimensions];
            for row in all.chunks_exact_mut(dimensions) {
                row.iter_mut().for_each(|x| *x = random.normal());
                normalise(row);
            }
            all
        };
        Self { dimensions, centres: rows(CLUSTERS), directions: rows(DIRECTIONS), law: Zipf::new(CLUSTERS) }
    }

    /// Numbers in a vector.
    #[must_use]
    pub const fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// A cluster.
    pub fn draw(&self, random: &mut Random) -> usize {
        self.law.draw(random)
    }

    /// Writes a member of a cluster to `out`, which is as long as a vector.
    pub fn member(&self, cluster: usize, random: &mut Random, out: &mut [f32]) {
        let from = (cluster % CLUSTERS) * self.dimensions;
        let centre = self.centres.get(from..from + self.dimensions).unwrap_or_default();
        #[allow(clippy::cast_precision_loss)] // at most 4,096
        let noise = NOISE / (self.dimensions as f32).sqrt();
        for (x, c) in out.iter_mut().zip(centre) {
            *x = c + noise * random.normal();
        }
        for direction in self.directions.chunks_exact(self.dimensions) {
            let z = SPREAD * random.normal();
            for (x, d) in out.iter_mut().zip(direction) {
                *x += z * d;
            }
        }
        normalise(out);
    }
}

/// Makes the length 1; the sum is taken in index order, so that it is the same everywhere.
fn normalise(vector: &mut [f32]) {
    let squares: f64 = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    if squares > 0.0 {
        let factor = 1.0 / squares.sqrt();
        #[allow(clippy::cast_possible_truncation)] // to the precision of vectors
        vector.iter_mut().for_each(|x| *x = (f64::from(*x) * factor) as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cosine(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn members_of_a_cluster_are_near_and_of_length_1() {
        let clusters = Clusters::new(1, 256);
        let mut random = Random::at(5, &[]);
        let mut member = |cluster| {
            let mut out = vec![0.0; 256];
            clusters.member(cluster, &mut random, &mut out);
            out
        };
        let (a, b, c) = (member(3), member(3), member(9));
        assert!((cosine(&a, &a) - 1.0).abs() < 1e-5);
        assert!(cosine(&a, &b) > 0.4 && cosine(&a, &b) < 0.97, "{}", cosine(&a, &b));
        assert!(cosine(&a, &c) < 0.4, "{}", cosine(&a, &c));
    }
}
