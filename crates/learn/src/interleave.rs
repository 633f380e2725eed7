//! Two orders in one answer: team-draft interleaving (Radlinski, Kurup, Joachims 2008), with its coins on record.
//!
//! In each round a coin says which order picks first; each then takes its best moment that is not taken yet. So the order
//! from which more is chosen is the better one, whatever place does to choices.

use std::collections::HashSet;

use crate::draws::coin;
use crate::impression::Side;

/// Ranks that two orders are drawn for; below them the order in use goes on alone. All outcomes of so many coins are
/// counted out, for the chances of places.
pub const INTERLEAVED_MAX: usize = 20;

/// A moment in an interleaved order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// Which moment, as the two orders name it.
    pub item: usize,
    /// Which order picked it; `None` below [`INTERLEAVED_MAX`].
    pub side: Option<Side>,
    /// Did the coin decide whether it or its neighbour stands above?
    pub by_coin: bool,
    /// The chance of this place over all coins.
    pub propensity: f64,
}

/// Interleaves an order that is tried (`b`) with the one in use (`a`); both hold the same moments. Where the two agree the
/// answer is that order, without coins.
#[must_use]
pub fn team_draft(a: &[usize], b: &[usize], seed: u64) -> Vec<Placed> {
    let (first_a, first_b) = (head(a), head(b));
    if first_a == first_b {
        return a
            .iter()
            .map(|item| Placed { item: *item, side: None, by_coin: false, propensity: 1.0 })
            .collect();
    }
    let orders = [short_names(first_a, first_a), short_names(first_a, first_b)];
    let rounds = first_a.len().div_ceil(2);
    let thrown = (0..rounds).fold(0_u32, |bits, round| bits | u32::from(coin(seed, round as u64)) << round);
    let picks = draft(&orders, thrown);
    let outcomes = 1_u32 << rounds;
    let mut counts = vec![0_u32; picks.len()];
    for coins in 0..outcomes {
        for (count, (here, there)) in counts.iter_mut().zip(picks.iter().zip(draft(&orders, coins))) {
            *count += u32::from(here.name == there.name);
        }
    }
    let item = |name: u8| {
        let name = usize::from(name);
        first_a
            .get(name)
            .or_else(|| first_b.get(name.wrapping_sub(INTERLEAVED_MAX)))
            .copied()
            .unwrap_or_default()
    };
    let place = |(pick, count): (&Pick, u32)| Placed {
        item: item(pick.name),
        side: Some(pick.side),
        by_coin: pick.by_coin,
        propensity: f64::from(count) / f64::from(outcomes),
    };
    let mut placed: Vec<Placed> = picks.iter().zip(counts).map(place).collect();
    let taken: HashSet<usize> = placed.iter().map(|p| p.item).collect();
    let rest = a.iter().filter(|item| !taken.contains(item));
    placed.extend(rest.map(|item| Placed { item: *item, side: None, by_coin: false, propensity: 1.0 }));
    placed
}

fn head(order: &[usize]) -> &[usize] {
    order.get(..INTERLEAVED_MAX).unwrap_or(order)
}

/// Short names for the moments of an order: their place in the first order, or behind all of those the place in this one.
fn short_names(first: &[usize], order: &[usize]) -> Vec<u8> {
    let name = |(at, item): (usize, &usize)| {
        let name = first.iter().position(|known| known == item).unwrap_or(INTERLEAVED_MAX + at);
        u8::try_from(name).unwrap_or(u8::MAX)
    };
    order.iter().enumerate().map(name).collect()
}

/// A moment as it was picked, by its short name.
#[derive(Debug, Clone, Copy)]
struct Pick {
    name: u8,
    side: Side,
    by_coin: bool,
}

/// The first places for given coins, one bit a round. Names are below 64: what is taken is one word.
fn draft(orders: &[Vec<u8>; 2], coins: u32) -> Vec<Pick> {
    let drafted = orders[0].len();
    let mut picks: Vec<Pick> = Vec::with_capacity(drafted);
    let (mut taken, mut next) = (0_u64, [0_usize; 2]);
    let mut best = |taken: u64, side: usize| {
        while orders[side].get(next[side]).is_some_and(|name| taken >> name & 1 == 1) {
            next[side] += 1;
        }
        orders[side].get(next[side]).copied()
    };
    for round in 0..drafted.div_ceil(2) {
        let by_coin = best(taken, 0) != best(taken, 1) && picks.len() + 2 <= drafted;
        let first = usize::from(coins >> round & 1 == 0);
        for side in [first, 1 - first] {
            if let Some(name) = best(taken, side).filter(|_| picks.len() < drafted) {
                taken |= 1 << name;
                let side = if side == 0 { Side::A } else { Side::B };
                picks.push(Pick { name, side, by_coin });
            }
        }
    }
    picks
}

/// An order in which each second moment changes places with the one above it: interleaved with the order itself, it lets
/// coins fall where there is no other order to try yet.
#[must_use]
pub fn neighbours_swapped(order: &[usize]) -> Vec<usize> {
    order.chunks(2).flat_map(|pair| pair.iter().rev().copied()).collect()
}
