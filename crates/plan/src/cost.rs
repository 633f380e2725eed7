//! What a query would cost, estimated before it runs: a pure function of the query and of what an index counts.
//!
//! An estimate is rough by design: it is made from tables, in the time of a few look-ups, and says in which tens or
//! thousands of milliseconds a search lies, not how many. What it is wrong about, the budget of the running search
//! stops. Figures a step are those of one core of a small server; `rushes bench --under-load` prints estimates beside what
//! was taken.

use std::fmt;

use rushes_types::limits::ESTIMATE_SLACK;
use rushes_types::{Error, ErrorKind, Result};
use serde::Serialize;

use crate::clause::{Clause, Fuzziness, Test, Word};
use crate::moments::RankBy;
use crate::query::Query;

/// Preparing a word: its forms in every language.
const WORD_NS: u64 = 12_000;
/// A word of a dictionary, passed while a misspelt word is looked for.
const FUZZY_WORD_NS: u64 = 30;
/// A word of a dictionary that a query's word may stand for: read and compared.
const EXPANSION_NS: u64 = 1_000;
/// An entry of the list of a word, read.
const LISTED_NS: u64 = 15;
/// An entry of a list, tested and put in order.
const ENTRY_NS: u64 = 30;
/// An entry of a list for each further word of its clause, while the lists are merged.
const MERGE_NS: u64 = 2;
/// A line that a phrase may run over.
const LINE_NS: u64 = 60;
/// An annotation that is read for its attributes.
const ATTRIBUTES_NS: u64 = 400;
/// A number of a vector.
const DIMENSION_PS: u64 = 100;
/// A hit, on its way to a moment.
const HIT_NS: u64 = 90;
/// A clause of a moment that is shown: its evidence is read.
const SHOWN_NS: u64 = 3_000;
/// A number of a vector that is among the nearest: it is compared again, exactly.
const NEAREST_PS: u64 = 600;
/// A hit that is read for the attribute that moments are ranked by.
const RANKED_NS: u64 = 1_400;
/// Memory of an entry of a list of words.
const ENTRY_BYTES: u64 = 16;
/// Memory of a hit and of what becomes of it.
const HIT_BYTES: u64 = 200;

/// What an index counts of one clause before it is searched, all of it upper bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClauseCounts {
    /// Words in its dictionaries.
    pub dictionary: u64,
    /// Words of the dictionaries that are spelt or begin as the clause's words.
    pub expansions: u64,
    /// Entries of the lists that would be read.
    pub listed: u64,
    /// Entries of the lists of the word that has the fewest: no more hold all of the words as they are spelt.
    pub shortest: u64,
    /// Of a phrase: entries that may be lines it runs over.
    pub lines: u64,
    /// Entries in scope.
    pub entries: u64,
    /// Vectors in scope.
    pub vectors: u64,
}

/// What one clause would cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClauseCost {
    /// Its place in the plan.
    pub clause: String,
    /// Words it looks for.
    pub words: u64,
    /// Words of dictionaries that are compared with them.
    pub compared: u64,
    /// Entries that are read from lists, at most.
    pub entries: u64,
    /// Vectors that are compared, at most.
    pub vectors: u64,
    /// CPU time, in microseconds.
    pub cpu_us: u64,
    /// Memory, in bytes.
    pub memory_bytes: u64,
    #[serde(skip)]
    is_fuzzy: bool,
}

/// What a query would cost.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cost {
    /// CPU time, in microseconds.
    pub cpu_us: u64,
    /// Memory at one time, in bytes.
    pub memory_bytes: u64,
    /// Its clauses, in the order of the plan.
    pub clauses: Vec<ClauseCost>,
}

/// Estimates a query. `counts` has for each clause what the index says of each of its parts; what is missing counts as
/// nothing.
#[must_use]
pub fn estimate(query: &Query, counts: &[Vec<ClauseCounts>]) -> Cost {
    let mut cost = Cost::default();
    let mut hits = 0_u64;
    for (no, criterion) in query.criteria.iter().enumerate() {
        let mut all = ClauseCost::none(&criterion.pointer);
        for (at, part) in criterion.parts.iter().enumerate() {
            let counted = counts.get(no).and_then(|of| of.get(at)).copied().unwrap_or_default();
            let (one, found) = part_cost(part, counted);
            all.add(&one);
            hits = hits.saturating_add(found);
        }
        cost.cpu_us = cost.cpu_us.saturating_add(all.cpu_us);
        // Lists are let go before the next clause is searched, hits are kept.
        cost.memory_bytes = cost.memory_bytes.max(all.memory_bytes);
        cost.clauses.push(all);
    }
    let ranked = matches!(query.plan.rank_by, RankBy::Attribute { .. });
    let each = HIT_NS + if ranked { RANKED_NS } else { 0 };
    cost.cpu_us = cost.cpu_us.saturating_add(hits.saturating_mul(each) / 1_000);
    let shown = hits.min(query.limit() as u64).saturating_mul(query.criteria.len() as u64);
    cost.cpu_us = cost.cpu_us.saturating_add(shown.saturating_mul(SHOWN_NS) / 1_000);
    cost.memory_bytes = cost.memory_bytes.saturating_add(hits.saturating_mul(HIT_BYTES));
    cost
}

/// The cost of a part of a clause, without its hits, and how many these are.
fn part_cost(part: &Clause, counted: ClauseCounts) -> (ClauseCost, u64) {
    let mut cost = ClauseCost::none(&part.pointer);
    let found = counted.listed.min(counted.entries);
    let (ns, tested) = match &part.test {
        Test::Any | Test::Label(_) => {
            cost.entries = counted.listed;
            (counted.listed.saturating_mul(ENTRY_NS), found)
        }
        Test::Words(test) => {
            let ns = cost.of_words(&test.words, test.fuzziness, counted);
            // Where every word must be there, the rarest says how often that can be; misspelt or in other forms it may be
            // found more often than it is counted.
            let all = test.every && !cost.is_fuzzy;
            let tested = if all { counted.shortest.min(found) } else { found };
            (ns.saturating_add(tested.saturating_mul(ENTRY_NS)), tested)
        }
        Test::Phrase(test) => {
            let ns = cost.of_words(&test.words, test.fuzziness, counted);
            let seeds = if cost.is_fuzzy { found } else { counted.shortest.min(found) };
            let lines = if seeds > 0 { counted.lines.min(counted.entries) } else { 0 };
            let ns = ns.saturating_add(lines.saturating_mul(LINE_NS));
            // How many hold the words in order is not known before.
            (ns.saturating_add(seeds.saturating_mul(ENTRY_NS)), 0)
        }
        Test::Nearest(test) => {
            cost.vectors = counted.vectors;
            // How many lie within a threshold is not known before.
            let nearest = test.k.map_or(0, |k| counted.vectors.min(k as u64));
            let each = test.query.len() as u64;
            let passed = counted.vectors.saturating_mul(each).saturating_mul(DIMENSION_PS);
            let compared = nearest.saturating_mul(each).saturating_mul(NEAREST_PS);
            cost.cpu_us = passed.saturating_add(compared) / 1_000_000;
            return (cost, nearest);
        }
    };
    let read = if part.attributes.is_empty() { 0 } else { tested };
    cost.cpu_us = ns.saturating_add(read.saturating_mul(ATTRIBUTES_NS)) / 1_000;
    // What further conditions leave is not known before; what is really found is held to the budget.
    let is_open = part.model.is_none() && part.attributes.is_empty() && part.min_confidence <= 0.0;
    (cost, if is_open || !matches!(part.test, Test::Any) { tested } else { 0 })
}

impl ClauseCost {
    fn none(pointer: &str) -> Self {
        Self {
            clause: pointer.to_owned(),
            words: 0,
            compared: 0,
            entries: 0,
            vectors: 0,
            cpu_us: 0,
            memory_bytes: 0,
            is_fuzzy: false,
        }
    }

    fn add(&mut self, part: &Self) {
        self.words = self.words.saturating_add(part.words);
        self.compared = self.compared.saturating_add(part.compared);
        self.entries = self.entries.saturating_add(part.entries);
        self.vectors = self.vectors.saturating_add(part.vectors);
        self.cpu_us = self.cpu_us.saturating_add(part.cpu_us);
        self.memory_bytes = self.memory_bytes.saturating_add(part.memory_bytes);
        self.is_fuzzy |= part.is_fuzzy;
    }

    /// Fills in what words cost up to the lists of the entries that hold them; returns nanoseconds.
    fn of_words(&mut self, words: &[Word], fuzziness: Fuzziness, counted: ClauseCounts) -> u64 {
        let ClauseCounts { dictionary, expansions, listed, entries, .. } = counted;
        self.words = words.len() as u64;
        self.is_fuzzy = fuzziness != Fuzziness::Exact;
        let walked = if self.is_fuzzy { self.words.saturating_mul(dictionary) } else { 0 };
        self.compared = walked.saturating_add(expansions);
        self.entries = listed;
        self.memory_bytes = listed.saturating_mul(ENTRY_BYTES);
        let terms = [
            self.words.saturating_mul(WORD_NS),
            walked.saturating_mul(FUZZY_WORD_NS),
            expansions.saturating_mul(EXPANSION_NS),
            listed.saturating_mul(LISTED_NS),
            listed.min(entries).saturating_mul(self.words).saturating_mul(MERGE_NS),
        ];
        terms.into_iter().fold(0, u64::saturating_add)
    }

    /// Time and memory in one number: a byte is about what a nanosecond is here.
    const fn own(&self) -> u64 {
        self.cpu_us.saturating_add(self.memory_bytes / 1_000)
    }
}

impl Cost {
    /// May a query of this cost run, where a search may take so much CPU time and memory?
    ///
    /// It follows from counts over everything, and so does the clause that the message names: ask it only for a caller
    /// who sees everything.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] with what to change.
    pub fn check(&self, cpu_ms_max: u64, memory_bytes_max: u64) -> Result<()> {
        let slow = self.cpu_us / 1_000 > cpu_ms_max.saturating_mul(ESTIMATE_SLACK);
        if !slow && self.memory_bytes <= memory_bytes_max.saturating_mul(ESTIMATE_SLACK) {
            return Ok(());
        }
        let (what, mend) = self.blame();
        let than = if slow {
            format!("more than the {cpu_ms_max} ms of CPU time that a search may take")
        } else {
            format!("more than the {} MiB of memory that a search may hold", memory_bytes_max >> 20)
        };
        let most = self.clauses.iter().filter(|_| self.clauses.len() > 1);
        match most.reduce(|most, other| if other.own() > most.own() { other } else { most }) {
            Some(most) => {
                let message = format!("{what} cost {than}, `{}` the most of it", most.clause);
                Err(Error::new(ErrorKind::TooLarge, message).mend(mend).at(&most.clause))
            }
            None => Err(Error::new(ErrorKind::TooLarge, format!("{what} cost {than}")).mend(mend)),
        }
    }

    /// What of the plan costs the most, and what to change about it.
    fn blame(&self) -> (String, &'static str) {
        let share = |is: fn(&ClauseCost) -> bool| {
            let costs = self.clauses.iter().filter(|c| is(c));
            costs.fold((0_u64, 0_usize, 0_u64), |(cost, clauses, words), c| {
                (cost.saturating_add(c.own()), clauses + 1, words.saturating_add(c.words))
            })
        };
        let fuzzy = share(|c| c.is_fuzzy);
        let words = share(|c| c.words > 0 && !c.is_fuzzy);
        let near = share(|c| c.vectors > 0);
        let plain = share(|c| c.words == 0 && c.vectors == 0);
        let most = fuzzy.0.max(words.0).max(near.0).max(plain.0);
        match most {
            _ if fuzzy.0 == most && fuzzy.1 > 0 => (
                format!("fuzziness on {} clauses of {} words would", fuzzy.1, fuzzy.2),
                "ask for fewer words, or set `fuzziness` to 0",
            ),
            _ if words.0 == most && words.1 > 0 => (
                format!("{} clauses of {} words would", words.1, words.2),
                "ask for fewer words or longer beginnings, or narrow the `scope`",
            ),
            _ if near.0 == most && near.1 > 0 => (
                format!("{} clauses that look for what is near would", near.1),
                "ask for fewer of them, or narrow the `scope`",
            ),
            _ => (
                format!("{} clauses that match much would", plain.1),
                "ask for fewer of them or for labels or words, or narrow the `scope`",
            ),
        }
    }
}

impl fmt::Display for ClauseCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.clause)?;
        let counted = [
            (self.words, "words"),
            (self.compared, "compared"),
            (self.entries, "entries"),
            (self.vectors, "vectors"),
        ];
        for (count, what) in counted.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, " {count} {what},")?;
        }
        write!(f, " {} us, {} bytes", self.cpu_us, self.memory_bytes)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} us, {} bytes", self.cpu_us, self.memory_bytes)?;
        self.clauses.iter().try_for_each(|clause| write!(f, "\n  {clause}"))
    }
}

#[cfg(test)]
mod tests;
