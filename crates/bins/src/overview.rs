//! What a bin is as a whole: how long, and what is in it twice.

use serde::Serialize;

use crate::bin::Item;
use crate::limits::OVERLAPS_MAX;

/// Two moments of one asset that share time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overlap {
    /// The number of one.
    pub item: u64,
    /// That of the other.
    pub with: u64,
    /// How long they share, in nanoseconds.
    pub shared_ns: i64,
    /// Are they the same time?
    pub same: bool,
}

/// A bin as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overview {
    /// The lengths of all moments together, in nanoseconds.
    pub duration_ns: i64,
    /// How many assets they are of.
    pub assets: usize,
    /// Moments that share time, the first thousand.
    pub overlaps: Vec<Overlap>,
}

/// Looks at the moments of a bin.
#[must_use]
pub fn overview(items: &[Item]) -> Overview {
    let mut sorted: Vec<&Item> = items.iter().collect();
    sorted.sort_by(|a, b| (&a.asset_id, a.start_ns, a.end_ns).cmp(&(&b.asset_id, b.start_ns, b.end_ns)));
    let mut overlaps = Vec::new();
    'all: for (place, one) in sorted.iter().enumerate() {
        for other in sorted.iter().skip(place + 1) {
            let same = (one.start_ns, one.end_ns) == (other.start_ns, other.end_ns);
            if other.asset_id != one.asset_id || (other.start_ns >= one.end_ns && !same) {
                break;
            }
            if overlaps.len() == OVERLAPS_MAX {
                break 'all;
            }
            let shared_ns = one.end_ns.min(other.end_ns) - other.start_ns;
            overlaps.push(Overlap { item: one.item, with: other.item, shared_ns, same });
        }
    }
    let assets = sorted.chunk_by(|a, b| a.asset_id == b.asset_id).count();
    let duration_ns = items.iter().fold(0_i64, |sum, item| sum.saturating_add(item.end_ns - item.start_ns));
    Overview { duration_ns, assets, overlaps }
}
