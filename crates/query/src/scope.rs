//! Which assets, and which times in them, are in scope.

use std::collections::BTreeSet;

use rushes_plan::time::AssetTimecode;
use rushes_plan::{AssetLists, Filter, Query, Warning, Window};
use rushes_text::normalise_label;
use rushes_types::limits::TIME_NS_MAX;
use rushes_types::{Asset, AssetDocument, AssetId, MovieId, ReadPoint, TimeRange, TimeSet};

use rushes_index::IndexReader;

/// Titles, and groups of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Titles {
    /// Movies, by id.
    pub movies: BTreeSet<MovieId>,
    /// Collections, as their assets name them.
    pub collections: BTreeSet<String>,
}

impl Titles {
    /// Does the asset belong to one of them?
    #[must_use]
    pub fn hold(&self, asset: &Asset) -> bool {
        self.movies.contains(&asset.movie)
            || asset.collection.as_ref().is_some_and(|name| self.collections.contains(name))
    }
}

/// What the caller may see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Access {
    /// Everything.
    #[default]
    All,
    /// These titles only: nothing of an answer depends on what belongs to others.
    Only(Titles),
}

impl Access {
    /// May the caller see the asset?
    #[must_use]
    pub fn allows(&self, asset: &Asset) -> bool {
        match self {
            Self::All => true,
            Self::Only(titles) => titles.hold(asset),
        }
    }
}

/// The assets that a caller may see, ascending; `None`: all.
#[must_use]
pub fn visible_assets(reader: &dyn IndexReader, access: &Access) -> Option<Vec<AssetId>> {
    if *access == Access::All {
        return None;
    }
    let allowed = reader.assets().iter().filter(|document| access.allows(&document.asset));
    Some(allowed.map(|document| document.asset.id.clone()).collect())
}

/// The query's filter with the assets that count at the reader's read point.
#[must_use]
pub fn filter(query: &Query, reader: &dyn IndexReader, access: &Access) -> Filter {
    let mut filter = query.filter.clone();
    let (include, exclude) = (&query.scope.include, &query.scope.exclude);
    if *access != Access::All || limits_assets(include) || limits_assets(exclude) {
        let counts = |asset: &Asset| {
            access.allows(asset)
                && passes(include, asset)
                && !(limits_assets(exclude) && excluded(exclude, asset))
        };
        let assets = reader.assets().iter().filter(|document| counts(&document.asset));
        filter.assets = Some(assets.map(|document| document.asset.id.clone()).collect());
    }
    filter
}

fn limits_assets(lists: &AssetLists) -> bool {
    !(lists.attributes.is_empty() && tests(lists).iter().all(Option::is_none))
}

type AssetTest<'l> = Option<Box<dyn Fn(&Asset) -> bool + 'l>>;

/// One test for each list that is not empty.
fn tests(lists: &AssetLists) -> [AssetTest<'_>; 6] {
    fn named<'l>(list: &'l [String], name: fn(&Asset) -> Option<&str>) -> AssetTest<'l> {
        let wanted: Vec<String> = list.iter().map(|n| normalise_label(n)).collect();
        let test = move |asset: &Asset| name(asset).is_some_and(|n| wanted.contains(&normalise_label(n)));
        (!list.is_empty()).then(|| Box::new(test) as Box<dyn Fn(&Asset) -> bool + 'l>)
    }
    fn exact<'l>(list: &'l [String], id: fn(&Asset) -> &str) -> AssetTest<'l> {
        let test = move |asset: &Asset| list.iter().any(|i| i == id(asset));
        (!list.is_empty()).then(|| Box::new(test) as Box<dyn Fn(&Asset) -> bool + 'l>)
    }
    fn number<'l>(list: &'l [i64], number: fn(&Asset) -> Option<i64>) -> AssetTest<'l> {
        let test = move |asset: &Asset| number(asset).is_some_and(|n| list.contains(&n));
        (!list.is_empty()).then(|| Box::new(test) as Box<dyn Fn(&Asset) -> bool + 'l>)
    }
    let scope = &lists.lists;
    [
        exact(&scope.movies, |a| a.movie.as_str()),
        exact(&scope.assets, |a| a.id.as_str()),
        named(&scope.collections, |a| a.collection.as_deref()),
        named(&scope.series, |a| a.series.as_deref()),
        number(&scope.seasons, |a| a.season),
        number(&scope.episodes, |a| a.episode),
    ]
}

fn passes(lists: &AssetLists, asset: &Asset) -> bool {
    tests(lists).iter().flatten().all(|test| test(asset))
        && lists.attributes.iter().all(|a| a.test.passes(asset.attributes.get(&a.name)))
}

fn excluded(lists: &AssetLists, asset: &Asset) -> bool {
    tests(lists).iter().flatten().any(|test| test(asset))
        || lists.attributes.iter().any(|a| a.test.passes(asset.attributes.get(&a.name)))
}

/// The times of an asset that count.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// The sets that presence is clipped to: windows, and what each required model has analysed.
    pub include: Vec<TimeSet>,
    /// Times that are excluded.
    pub exclude: TimeSet,
}

/// Computes the times in scope, asset by asset.
#[derive(Debug)]
pub(crate) struct TimesFinder<'q> {
    query: &'q Query,
    at: ReadPoint,
    /// Assets left out because a window's timecode means nothing there.
    unknown: Vec<AssetId>,
}

impl<'q> TimesFinder<'q> {
    pub fn new(query: &'q Query, reader: &dyn IndexReader) -> Self {
        Self { query, at: reader.read_point().clone(), unknown: Vec::new() }
    }

    /// Do all times of all assets count?
    pub fn is_unlimited(&self) -> bool {
        self.query.scope.include.windows().is_empty()
            && self.query.scope.exclude.windows().is_empty()
            && self.query.plan.require_analysed.is_empty()
    }

    /// The asset's times; `None` where nothing of it is in scope.
    pub fn of(&mut self, document: &AssetDocument) -> Option<Times> {
        let mut times = Times::default();
        if self.is_unlimited() {
            return Some(times);
        }
        let timecode = AssetTimecode::of(&document.asset);
        let windows = |windows: &[Window]| -> Option<TimeSet> {
            let ranges: Option<Vec<_>> = windows.iter().map(|w| range_of(w, timecode.as_ref())).collect();
            Some(TimeSet::of(ranges?.into_iter().flatten()))
        };
        let include = self.query.scope.include.windows();
        let (Some(included), Some(exclude)) = (windows(include), windows(self.query.scope.exclude.windows()))
        else {
            self.unknown.push(document.asset.id.clone());
            return None;
        };
        times.exclude = exclude;
        if !include.is_empty() {
            times.include.push(included);
        }
        for model in &self.query.plan.require_analysed {
            times.include.push(analysed(self.query, document, model, &self.at));
        }
        (!times.include.iter().any(TimeSet::is_empty)).then_some(times)
    }

    /// Adds warnings for assets that were left out.
    pub fn warnings(mut self, warnings: &mut Vec<Warning>) {
        self.unknown.sort_unstable();
        self.unknown.dedup();
        if let Some(first) = self.unknown.first() {
            let message = format!(
                "a window in timecode means nothing in {} assets, `{first}` for one: they were left out; give them \
                 `frame_rate` and `start_timecode`, or write seconds",
                self.unknown.len()
            );
            warnings.push(Warning::new("no_frame_rate", "/scope/time", message));
        }
    }
}

/// A window in an asset: `Some(None)` where it is empty, `None` where its timecode means nothing.
fn range_of(window: &Window, timecode: Option<&AssetTimecode>) -> Option<Option<TimeRange>> {
    let from = window.from.as_ref().map_or(Some(0), |i| i.in_asset(timecode))?;
    let to = window.to.as_ref().map_or(Some(TIME_NS_MAX), |i| i.in_asset(timecode))?;
    Some(TimeRange::new(from.min(TIME_NS_MAX), to.min(TIME_NS_MAX)).ok())
}

/// What a model (`name` or `name@version`) has analysed: in its pinned runs where the query pins some on the asset,
/// else in current runs.
fn analysed(query: &Query, document: &AssetDocument, model: &str, at: &ReadPoint) -> TimeSet {
    let looked = document.analysed.iter().filter(|looked| {
        let mut pins = query
            .filter
            .pins
            .iter()
            .filter(|p| p.asset == document.asset.id && p.model_name == looked.model.name());
        let named = looked.model.as_str() == model || looked.model.name() == model;
        let counts = match pins.clone().next() {
            Some(_) => at.sees(looked.validity.born) && pins.any(|p| p.run == looked.run),
            None => looked.validity.contains(at),
        };
        named && counts
    });
    TimeSet::of(looked.map(|looked| looked.range))
}
