//! Which word takes which place, when no two may take the same?
//!
//! Existence by augmenting paths (Kuhn), the best sum by shortest augmenting paths with potentials (Hungarian).

/// The places open to each word, in one window.
pub(super) struct Slots<'w> {
    first: i64,
    width: usize,
    open: Vec<&'w [(u32, f64)]>,
}

/// The outcome, and the work it took.
pub(super) struct Choice {
    pub(super) sum: Option<f64>,
    pub(super) steps: u64,
}

/// A place that is not open costs more than any sum of qualities, yet is small enough for these to keep their digits.
const CLOSED: f64 = 1e6;

/// The best sum takes cubic time; a longer phrase whose words compete is content with any way.
const BEST_WORDS_MAX: usize = 64;

impl<'w> Slots<'w> {
    pub(super) fn new(first: i64, last: i64) -> Slots<'w> {
        Slots { first, width: usize::try_from(last - first + 1).unwrap_or(0), open: Vec::new() }
    }

    pub(super) fn push(&mut self, places: &'w [(u32, f64)]) {
        self.open.push(places);
    }

    /// Each word its best place, for words that cannot want the same one.
    pub(super) fn best_each(&self) -> f64 {
        self.open.iter().map(|places| places.iter().map(|(_, quality)| *quality).fold(0.0, f64::max)).sum()
    }

    /// Whether there is a place for each; the sum is that of some way, not of the best one.
    pub(super) fn any(&self) -> Choice {
        let mut matching = Matching { slots: self, word_of: vec![None; self.width], steps: 0 };
        let mut tried = vec![false; self.width];
        for word in 0..self.open.len() {
            tried.fill(false);
            if !matching.place(word, &mut tried) {
                return Choice { sum: None, steps: matching.steps };
            }
        }
        let steps = matching.steps;
        let placed =
            (0..self.width).filter_map(|place| matching.word_of[place].map(|word| -self.cost(word, place)));
        Choice { sum: Some(placed.sum()), steps }
    }

    /// The greatest sum of qualities over all ways to place each word.
    pub(super) fn best(&self) -> Choice {
        let existence = self.any();
        let words = self.open.len();
        if existence.sum.is_none() || words > BEST_WORDS_MAX {
            return existence;
        }
        let place_of = self.cheapest();
        let sum = (0..words).map(|word| place_of[word].map_or(0.0, |place| -self.cost(word, place))).sum();
        Choice { sum: Some(sum), steps: existence.steps + (words * words * self.width) as u64 }
    }

    fn cost(&self, word: usize, place: usize) -> f64 {
        let places = self.open[word];
        let found =
            places.binary_search_by_key(&(self.first + place as i64), |(position, _)| i64::from(*position));
        found.map_or(CLOSED, |idx| -places[idx].1)
    }

    /// The place of each word in the assignment of least cost: one word at a time is added along the cheapest
    /// augmenting path, potentials keeping the reduced costs from going below zero. Column 0 and row 0 are sentinels.
    fn cheapest(&self) -> Vec<Option<usize>> {
        let (words, width) = (self.open.len(), self.width);
        let mut row_potential = vec![0.0; words + 1];
        let mut column_potential = vec![0.0; width + 1];
        let mut row_of = vec![0_usize; width + 1];
        let mut back = vec![0_usize; width + 1];
        for row in 1..=words {
            row_of[0] = row;
            let mut column = 0;
            let mut least = vec![f64::INFINITY; width + 1];
            let mut done = vec![false; width + 1];
            while row_of[column] != 0 {
                done[column] = true;
                let at_row = row_of[column];
                let (mut delta, mut next) = (f64::INFINITY, 0);
                for other in 1..=width {
                    if done[other] {
                        continue;
                    }
                    let reduced =
                        self.cost(at_row - 1, other - 1) - row_potential[at_row] - column_potential[other];
                    if reduced < least[other] {
                        least[other] = reduced;
                        back[other] = column;
                    }
                    if least[other] < delta {
                        (delta, next) = (least[other], other);
                    }
                }
                if next == 0 {
                    break;
                }
                for other in 0..=width {
                    if done[other] {
                        row_potential[row_of[other]] += delta;
                        column_potential[other] -= delta;
                    } else {
                        least[other] -= delta;
                    }
                }
                column = next;
            }
            while column != 0 {
                row_of[column] = row_of[back[column]];
                column = back[column];
            }
        }
        let mut place_of = vec![None; words];
        for (column, row) in row_of.iter().enumerate().skip(1) {
            if *row > 0 {
                place_of[row - 1] = Some(column - 1);
            }
        }
        place_of
    }
}

struct Matching<'s, 'w> {
    slots: &'s Slots<'w>,
    word_of: Vec<Option<usize>>,
    steps: u64,
}

impl Matching<'_, '_> {
    /// Finds a place for a word, moving others if need be. As deep as there are words at most.
    fn place(&mut self, word: usize, tried: &mut [bool]) -> bool {
        let places = self.slots.open[word];
        for (position, _) in places {
            self.steps += 1;
            let Ok(place) = usize::try_from(i64::from(*position) - self.slots.first) else { continue };
            if place >= tried.len() || std::mem::replace(&mut tried[place], true) {
                continue;
            }
            let is_free = match self.word_of[place] {
                None => true,
                Some(other) => self.place(other, tried),
            };
            if is_free {
                self.word_of[place] = Some(word);
                return true;
            }
        }
        false
    }
}
