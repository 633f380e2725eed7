//! Every sense of every stretch of a question, and the cheapest whole readings.

use std::fmt;

use crate::sense::{LEADS, Lead, Sense};
use crate::work::Counter;

/// Partial readings that are kept for each place and what leads there.
const KEPT: usize = 4;
/// Whole readings that are weighed against each other.
const READINGS: usize = 8;

/// All senses, by the token that they begin at. Every token has one that takes only it.
#[derive(Debug, Default)]
pub(crate) struct Lattice {
    senses: Vec<Vec<Sense>>,
}

/// A whole reading: what it costs, and its senses in order.
#[derive(Debug, Clone)]
pub(crate) struct Path<'l> {
    pub cost: i32,
    pub senses: Vec<&'l Sense>,
}

/// The last sense of a partial reading, and the one before.
#[derive(Debug, Clone, Copy)]
struct Partial {
    cost: i32,
    /// Where the sense begins, and which of those there.
    sense: (usize, usize),
    /// The lead before it, and which of the partial readings that end there so.
    before: (usize, usize),
}

/// The partial readings that end at a token, by what leads on.
type Cell = [Vec<Partial>; LEADS.len()];

fn index(lead: Lead) -> usize {
    LEADS.iter().position(|known| *known == lead).unwrap_or(0)
}

impl Lattice {
    pub fn new(senses: Vec<Vec<Sense>>) -> Self {
        Self { senses }
    }

    /// The cheapest readings, the cheapest first.
    pub fn readings(&self, work: &Counter) -> Vec<Path<'_>> {
        let end = self.senses.len();
        let mut cells: Vec<Cell> = (0..=end).map(|_| Cell::default()).collect();
        if let Some(first) = cells.first_mut() {
            first[index(Lead::Start)].push(Partial { cost: 0, sense: (0, 0), before: (0, 0) });
        }
        for (at, senses) in self.senses.iter().enumerate() {
            for (lead, before) in LEADS.iter().enumerate() {
                work.partials(cells[at][lead].len() * senses.len());
                for rank in 0..cells[at][lead].len() {
                    let cost = cells[at][lead][rank].cost;
                    for (which, sense) in senses.iter().enumerate() {
                        let cost = cost + sense.cost + sense.beside(*before);
                        let partial = Partial { cost, sense: (at, which), before: (lead, rank) };
                        if let Some(cell) = cells.get_mut(sense.to) {
                            keep(&mut cell[index(sense.after(*before))], partial);
                        }
                    }
                }
            }
        }
        let last = &cells[end];
        let mut ends: Vec<(i32, usize, usize)> = Vec::new();
        for (lead, partials) in last.iter().enumerate() {
            ends.extend(partials.iter().enumerate().map(|(rank, partial)| (partial.cost, lead, rank)));
        }
        ends.sort_unstable();
        ends.truncate(READINGS);
        ends.into_iter().map(|(cost, lead, rank)| self.path(&cells, cost, lead, rank)).collect()
    }

    /// Follows a reading back to its beginning.
    fn path(&self, cells: &[Cell], cost: i32, mut lead: usize, mut rank: usize) -> Path<'_> {
        let (mut at, mut senses) = (self.senses.len(), Vec::new());
        while at > 0 {
            let Some(partial) = cells.get(at).and_then(|cell| cell[lead].get(rank)) else { break };
            let (from, which) = partial.sense;
            senses.extend(self.senses.get(from).and_then(|here| here.get(which)));
            (at, (lead, rank)) = (from, partial.before);
        }
        senses.reverse();
        Path { cost, senses }
    }
}

/// Keeps a partial reading if it is among the cheapest; of equally cheap ones those that were found first.
fn keep(kept: &mut Vec<Partial>, partial: Partial) {
    let at = kept.partition_point(|known| known.cost <= partial.cost);
    if at < KEPT {
        kept.truncate(KEPT - 1);
        kept.insert(at, partial);
    }
}

impl fmt::Display for Lattice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sense in self.senses.iter().flatten() {
            let Sense { from, to, what, cost, why, .. } = sense;
            writeln!(f, "{from}..{to} {cost:4} {what:?}: {why}")?;
        }
        Ok(())
    }
}
