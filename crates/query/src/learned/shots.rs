//! Shot sizes and people, where labels say so.

use std::collections::BTreeSet;

use rushes_index::{AssetNo, Budget, IndexReader};
use rushes_plan::{Clause, Filter, Test};
use rushes_text::normalise_label;
use rushes_types::{Result, TimeRange};

use crate::clause_hits::ClauseHits;

/// What models call close-ups.
const CLOSE_UP: &[&str] = &[
    "close-up",
    "close up",
    "closeup",
    "cu",
    "extreme close-up",
    "extreme close up",
    "ecu",
    "medium close-up",
    "mcu",
];
/// What models call wide shots.
const WIDE: &[&str] = &[
    "wide shot",
    "wide",
    "ws",
    "long shot",
    "ls",
    "extreme long shot",
    "els",
    "extreme wide shot",
    "ews",
    "establishing shot",
];
/// What models call shots of so many people: a quarter for each.
const PEOPLE: &[(&[&str], f64)] = &[
    (&["single", "one shot", "1-shot"], 0.25),
    (&["two shot", "two-shot", "2-shot"], 0.5),
    (&["three shot", "three-shot", "3-shot"], 0.75),
    (&["group shot", "group", "crowd"], 1.0),
];

/// Where such labels are.
pub(super) struct Shots {
    close_up: ClauseHits,
    wide: ClauseHits,
    people: Vec<(ClauseHits, f64)>,
}

impl Shots {
    pub fn find(reader: &dyn IndexReader, filter: &Filter, budget: &Budget) -> Result<Self> {
        let find = |names: &[&str]| {
            let labels: BTreeSet<String> = names.iter().map(|name| normalise_label(name)).collect();
            let clause = Clause { test: Test::Label(labels), ..Clause::any(None) };
            Ok::<ClauseHits, rushes_types::Error>(reader.matches(&clause, filter, budget)?.into())
        };
        let people = PEOPLE.iter().map(|(names, value)| Ok((find(names)?, *value))).collect::<Result<_>>()?;
        Ok(Self { close_up: find(CLOSE_UP)?, wide: find(WIDE)?, people })
    }

    pub fn close_up(&self, asset: AssetNo, range: TimeRange) -> f64 {
        f64::from(meets(&self.close_up, asset, range))
    }

    pub fn wide(&self, asset: AssetNo, range: TimeRange) -> f64 {
        f64::from(meets(&self.wide, asset, range))
    }

    pub fn people(&self, asset: AssetNo, range: TimeRange) -> f64 {
        let said = self.people.iter().filter(|(hits, _)| meets(hits, asset, range));
        said.map(|(_, value)| *value).fold(0.0, f64::max)
    }
}

fn meets(hits: &ClauseHits, asset: AssetNo, range: TimeRange) -> bool {
    hits.meeting(asset, range).next().is_some()
}
