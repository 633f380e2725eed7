//! From events to what learning takes: impressions by team, and what was kept where.

use std::collections::{BTreeMap, BTreeSet};

use rushes_learn::{Impression, KeptBefore, Shown};
use rushes_types::{AssetId, TimeRange};

use crate::event::{Action, Event, Sent};

/// The team of events that name none.
pub const EVERYONE: &str = "everyone";
/// Played for this long, a moment says that it was worth it, in milliseconds.
const PLAYED_MS_MIN: u64 = 3_000;
/// What that says.
const PLAYED_GAIN: f64 = 1.0;

/// What is known of one moment of one impression. All of it is independent of the order in which events come.
#[derive(Debug, Default)]
struct Seen {
    /// How it was shown; of several the first by rank.
    sent: Option<Sent>,
    in_view: bool,
    played_ms: u64,
    /// The latest judgement; at the same time the greater action.
    judged: Option<(u64, Action)>,
}

impl Seen {
    fn gain(&self) -> f64 {
        let played = if self.played_ms >= PLAYED_MS_MIN { PLAYED_GAIN } else { 0.0 };
        self.judged.and_then(|(_, action)| action.gain()).unwrap_or(played)
    }
}

type Place = (AssetId, TimeRange);

/// Events, put together.
#[derive(Debug, Default)]
pub struct Gathered {
    impressions: BTreeMap<(String, String), BTreeMap<Place, Seen>>,
    kept: BTreeSet<(Place, String)>,
    /// How many events there were.
    pub events: usize,
}

impl Gathered {
    /// Adds an event. Adding one twice changes nothing but the count.
    pub fn add(&mut self, event: &Event) {
        self.events += 1;
        let team = event.team.clone().unwrap_or_else(|| EVERYONE.to_owned());
        let place = (event.asset.clone(), event.range);
        if matches!(event.action, Action::Kept | Action::Exported) {
            self.kept.insert((place.clone(), event.impression.clone()));
        }
        let moments = self.impressions.entry((team, event.impression.clone())).or_default();
        let seen = moments.entry(place).or_default();
        match event.action {
            Action::Shown => {
                let first = |a: &Sent, b: &Sent| a.rank <= b.rank;
                if let Some(sent) = &event.sent
                    && seen.sent.as_ref().is_none_or(|known| first(sent, known))
                {
                    seen.sent = Some(sent.clone());
                }
            }
            Action::Viewed => seen.in_view = true,
            Action::Played => seen.played_ms = seen.played_ms.max(event.played_ms),
            action => seen.judged = seen.judged.max(Some((event.at_ms, action))),
        }
    }

    /// The impressions of each team, by their names.
    #[must_use]
    pub fn teams(&self) -> BTreeMap<String, Vec<Impression>> {
        let mut teams: BTreeMap<String, Vec<Impression>> = BTreeMap::new();
        for ((team, name), moments) in &self.impressions {
            let mut shown: Vec<Shown> = moments.values().filter_map(shown).collect();
            shown.sort_by_key(|s| s.rank);
            if !shown.is_empty() {
                teams.entry(team.clone()).or_default().push(Impression { key: name.clone(), shown });
            }
        }
        teams
    }

    /// What was kept or taken along, by anybody: once for each impression.
    #[must_use]
    pub fn kept_before(&self) -> KeptBefore {
        let mut kept = KeptBefore::default();
        for ((asset, range), _) in &self.kept {
            kept.add(asset.as_str(), range.start_ns(), range.end_ns());
        }
        kept
    }
}

fn shown(seen: &Seen) -> Option<Shown> {
    let sent = seen.sent.as_ref()?;
    Some(Shown {
        rank: sent.rank,
        score: sent.score,
        propensity: sent.propensity,
        by_coin: sent.by_coin,
        side: sent.side,
        // What was played or judged was seen.
        in_view: seen.in_view,
        gain: seen.gain(),
        features: sent.features,
    })
}
