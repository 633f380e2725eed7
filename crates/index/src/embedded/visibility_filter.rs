//! Which entries of a segment a query admits: visible, of the right source, confident enough.

use rushes_plan::{Clause, ClauseMatcher, Filter};
use rushes_types::Result;

use super::entry::{Entries, Entry, NONE};
use super::label_rows::LabelRow;
use super::segment_view::SegmentView;
use super::shortcuts::Shortcuts;
use super::tables::Source;
use super::validities::{SEEN_CURRENT, SEEN_PINNED};
use crate::budget::{Budget, Meter};
use crate::seam::AssetNo;
use crate::visibility::{PinStatus, pin_status};

/// The assets that a filter admits.
#[derive(Debug, Clone)]
pub(super) enum AssetSet {
    All,
    /// One bit an asset.
    Some(Vec<u64>),
}

impl AssetSet {
    #[inline]
    pub fn contains(&self, asset: AssetNo) -> bool {
        match self {
            Self::All => true,
            Self::Some(bits) => {
                bits.get((asset.0 >> 6) as usize).is_some_and(|word| word >> (asset.0 & 63) & 1 != 0)
            }
        }
    }

    /// How many, where that is limited.
    pub fn count(&self) -> Option<u32> {
        match self {
            Self::All => None,
            Self::Some(bits) => Some(bits.iter().map(|word| word.count_ones()).sum()),
        }
    }
}

/// The conditions of a query on every entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClauseScope<'q> {
    pub matcher: &'q ClauseMatcher,
    pub filter: &'q Filter,
    pub assets: &'q AssetSet,
    pub budget: &'q Budget,
    pub shortcuts: Shortcuts,
}

const UNKNOWN: u8 = 0x80;
/// Steps that it takes to read an annotation for its attributes.
const ATTRIBUTE_STEPS: usize = 64;

/// Matches for which memory is taken at once.
const MATCHES_AT_ONCE: u64 = 64;

/// Decides per entry; conditions on the source alone are decided once per source. All searchers pass their entries through
/// it, so it is also where they are counted against the budget: a step each.
#[derive(Debug)]
pub(super) struct VisibilityFilter<'q> {
    scope: ClauseScope<'q>,
    view: &'q SegmentView,
    pub entries: Entries<'q>,
    /// For each source how its entries must be seen: [`SEEN_CURRENT`], [`SEEN_PINNED`], 0 for never.
    sources: Vec<u8>,
    /// The source that was asked of last, and its answer.
    last: (u32, u8),
    tests_attributes: bool,
    /// How many entries were asked about.
    pub examined: u64,
    /// How many entries were admitted, and the memory that each takes: where each becomes a match.
    matches: Option<(u64, u64)>,
    pub meter: Meter<'q>,
}

impl<'q> VisibilityFilter<'q> {
    pub fn new(scope: ClauseScope<'q>, view: &'q SegmentView) -> Result<Self> {
        Ok(Self {
            scope,
            view,
            entries: view.segment.entries()?,
            sources: vec![UNKNOWN; view.segment.sources.len()],
            last: (NONE, 0),
            tests_attributes: !scope.matcher.clause().attributes.is_empty(),
            examined: 0,
            matches: None,
            meter: scope.budget.meter(),
        })
    }

    /// For a thread that holds a scan permit: it must not wait for anything else.
    pub fn without_waiting(mut self) -> Self {
        self.meter = self.meter.without_waiting();
        self
    }

    /// For a caller that keeps each entry that is admitted: so many bytes are taken for it.
    pub fn keeping(mut self, bytes: u64) -> Self {
        self.matches = Some((0, bytes));
        self
    }

    fn admit(&mut self) -> Result<bool> {
        if let Some((matches, bytes)) = &mut self.matches {
            if matches.is_multiple_of(MATCHES_AT_ONCE) {
                self.scope.budget.keep(MATCHES_AT_ONCE * *bytes)?;
            }
            *matches += 1;
        }
        Ok(true)
    }

    /// How an entry of a source must be seen to count; 0: it never does.
    #[inline]
    fn must(&mut self, source: u32) -> u8 {
        if self.last.0 != source {
            self.last = (source, self.looked_up(source));
        }
        self.last.1
    }

    fn looked_up(&mut self, source: u32) -> u8 {
        let Some(must) = self.sources.get_mut(source as usize) else { return 0 };
        if *must == UNKNOWN {
            let source = self.view.segment.sources.get(source as usize);
            *must = source.map_or(0, |source| how_seen(self.scope, self.view, source));
        }
        *must
    }

    /// Does the query admit this entry?
    #[inline]
    pub fn admits(&mut self, no: u32, entry: Entry<'_>) -> Result<bool> {
        self.examined += 1;
        self.meter.step()?;
        let must = self.must(entry.source());
        if self.view.seen(no, entry) & must == 0
            || entry.confidence() < self.scope.matcher.clause().min_confidence
        {
            return Ok(false);
        }
        if self.tests_attributes {
            self.meter.steps(ATTRIBUTE_STEPS)?;
            if !self.scope.matcher.passes(&self.view.segment.annotation(entry)?) {
                return Ok(false);
            }
        }
        self.admit()
    }

    /// [`VisibilityFilter::admits`] of the entry of a row; it is read only where the row does not tell.
    #[inline]
    pub fn admits_row(&mut self, row: &LabelRow) -> Result<bool> {
        let seen = self.view.seen_as(row.entry).filter(|_| !self.tests_attributes);
        let Some(seen) = seen else { return Ok(self.admits_no(row.entry)?.is_some()) };
        self.examined += 1;
        self.meter.step()?;
        let is_admitted =
            self.must(row.source) & seen != 0 && row.confidence >= self.scope.matcher.clause().min_confidence;
        if is_admitted { self.admit() } else { Ok(false) }
    }

    /// [`VisibilityFilter::admits`] by number.
    #[inline]
    pub fn admits_no(&mut self, no: u32) -> Result<Option<Entry<'q>>> {
        let entry = self.entries.get(no).ok_or_else(|| self.view.segment.broken("an entry is missing"))?;
        Ok(self.admits(no, entry)?.then_some(entry))
    }
}

/// How entries of a source must be seen to count; 0: they never do.
fn how_seen(scope: ClauseScope<'_>, view: &SegmentView, source: &Source) -> u8 {
    let asset = view.asset_no(source.asset);
    if asset.0 == NONE
        || !scope.assets.contains(asset)
        || !takes_source(scope.matcher.clause(), source)
        || !scope.filter.passes_language_tag(source.language.as_deref())
    {
        return 0;
    }
    let Ok(id) = view.segment.asset(source) else { return 0 };
    match pin_status(scope.filter, id.as_str(), source.model.name(), &source.run) {
        PinStatus::Current => SEEN_CURRENT,
        PinStatus::Pinned => SEEN_PINNED,
        PinStatus::Replaced => 0,
    }
}

fn takes_source(clause: &Clause, source: &Source) -> bool {
    clause.kind.as_ref().is_none_or(|kind| *kind == source.kind)
        && clause
            .model
            .as_ref()
            .is_none_or(|model| *model == source.model.as_str() || *model == source.model.name())
}
