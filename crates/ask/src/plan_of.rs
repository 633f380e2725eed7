//! Third pass: from steps to a plan, and from each part of the question to its field of the plan.

use std::collections::BTreeMap;

use rushes_plan::{
    Ask, ClauseRef, GroupBy, Mode, Near, Plan, PlanClause, PlanStep, Predicate, RankBy, Scope, Target, Top,
    Warning,
};
use rushes_types::limits::CLAUSES_MAX;

use crate::build::{Atom, Built, DraftStep, Group, scope_parts};
use crate::item::{Item, ItemKind, ScopePart};
use crate::languages::Level;
use crate::lexicon::Lexicon;

/// A plan, and for each item the field that it became.
#[derive(Debug, Default)]
pub(crate) struct PlanWithPointers {
    pub plan: Plan,
    pub pointers: BTreeMap<usize, String>,
    pub warnings: Vec<Warning>,
    /// Items that mean nothing here, and why.
    pub unknown: Vec<(usize, String)>,
}

struct Planner<'a> {
    items: &'a [Item],
    lexicon: &'a Lexicon<'a>,
    base: &'a Plan,
    out: PlanWithPointers,
}

/// Adds what was built to a plan. What the plan already says was set by hand, and is kept.
pub(crate) fn plan_of(items: &[Item], built: &Built, base: &Plan, lexicon: &Lexicon<'_>) -> PlanWithPointers {
    let out = PlanWithPointers { plan: base.clone(), ..PlanWithPointers::default() };
    let mut planner = Planner { items, lexicon, base, out };
    planner.mode();
    planner.steps(&built.steps);
    planner.near(&built.near);
    planner.tests();
    planner.order();
    let excluded =
        scope_parts(items, built).filter(|(.., excluded)| *excluded).map(|(at, part, _)| (at, part));
    let included =
        scope_parts(items, built).filter(|(.., excluded)| !*excluded).map(|(at, part, _)| (at, part));
    planner.scope(included.collect(), false);
    planner.scope(excluded.collect(), true);
    planner.windows();
    planner.out
}

/// The clause, with the labels of which each would do.
fn clause_of(atom: &Atom, lexicon: &Lexicon<'_>) -> PlanClause {
    let mut clause = atom.clause.clone();
    if let (Some(Ask::Label { labels, .. }), false) = (&mut clause.ask, atom.labels.is_empty()) {
        let kind = clause.common.kind.as_deref().unwrap_or_default();
        let mut all: Vec<String> =
            atom.labels.iter().flat_map(|label| lexicon.stands_for(kind, label)).collect();
        all.sort_unstable();
        all.dedup();
        *labels = Some(all);
    }
    clause
}

/// Adds to a list what it does not hold.
fn add<T: PartialEq>(list: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    for one in more {
        if !list.contains(&one) {
            list.push(one);
        }
    }
}

impl Planner<'_> {
    fn point(&mut self, item: usize, pointer: impl Into<String>) {
        self.out.pointers.entry(item).or_insert_with(|| pointer.into());
    }

    fn mode(&mut self) {
        for (at, item) in self.items.iter().enumerate() {
            if item.kind == ItemKind::Union {
                self.out.plan.mode = Mode::Union;
                self.point(at, "/mode");
            }
        }
    }

    fn steps(&mut self, steps: &[DraftStep]) {
        let union = self.out.plan.mode == Mode::Union;
        let offset = self.base.then.len();
        for (n, step) in steps.iter().enumerate() {
            let mut made = PlanStep::default();
            let prefix = if n == 0 { String::new() } else { format!("/then/{}", offset + n - 1) };
            if n == 0 {
                let plan = &mut self.out.plan;
                made.all.append(&mut plan.all);
                made.any.append(&mut plan.any);
                made.none.append(&mut plan.none);
            } else if let Some(link) = step.link {
                self.point(link, &prefix);
            }
            let placed = made.all.len() + made.any.len() + made.none.len();
            for (placed, atom) in (placed..).zip(&step.atoms) {
                if self.out.plan.clause_count() + placed >= CLAUSES_MAX {
                    self.has_no_room();
                    break;
                }
                let (group, name) = match atom.group {
                    Group::None => (&mut made.none, "none"),
                    Group::Any => (&mut made.any, "any"),
                    Group::All if union => (&mut made.any, "any"),
                    Group::All => (&mut made.all, "all"),
                };
                group.push(clause_of(atom, self.lexicon));
                let pointer = format!("{prefix}/{name}/{}", group.len() - 1);
                for item in &atom.items {
                    self.point(*item, &pointer);
                }
            }
            if n == 0 {
                let plan = &mut self.out.plan;
                (plan.all, plan.any, plan.none) = (made.all, made.any, made.none);
            } else if !(made.all.is_empty() && made.any.is_empty()) {
                if let Some((ns, item)) = step.within {
                    made.within = Some(rushes_plan::time::Duration(ns));
                    self.point(item, format!("{prefix}/within"));
                }
                self.out.plan.then.push(made);
            }
        }
    }

    fn has_no_room(&mut self) {
        if !self.out.warnings.iter().any(|w| w.code == "too_many") {
            let message =
                format!("a plan takes {CLAUSES_MAX} clauses; the rest was left out: ask for less at once");
            self.out.warnings.push(Warning::new("too_many", "/q", message));
        }
    }

    fn near(&mut self, near: &[(i64, Atom)]) {
        for (ns, atom) in near {
            if self.out.plan.clause_count() >= CLAUSES_MAX {
                return self.has_no_room();
            }
            let clause = ClauseRef::Own(Box::new(clause_of(atom, self.lexicon)));
            let within = rushes_plan::time::Duration(*ns);
            self.out.plan.predicates.push(Predicate::Near(Near { clause, within, negate: false }));
            let pointer = format!("/where/{}/near", self.out.plan.predicates.len() - 1);
            for item in &atom.items {
                self.point(*item, &pointer);
            }
        }
    }

    fn tests(&mut self) {
        for (at, item) in self.items.iter().enumerate() {
            match &item.kind {
                ItemKind::Duration(bounds) if self.out.plan.predicates.len() < CLAUSES_MAX => {
                    self.out.plan.predicates.push(Predicate::Duration(*bounds));
                    self.point(at, format!("/where/{}", self.out.plan.predicates.len() - 1));
                }
                ItemKind::Confidence(least) => {
                    if self.base.min_confidence == 0.0 {
                        self.out.plan.min_confidence = *least;
                    }
                    self.point(at, "/min_confidence");
                }
                _ => {}
            }
        }
    }

    /// Groups, numbers and order.
    fn order(&mut self) {
        let mut levels: BTreeMap<Level, Option<usize>> = BTreeMap::new();
        let mut moments = None;
        let grouped = self.items.iter().any(|item| matches!(item.kind, ItemKind::Group(_)));
        for (at, item) in self.items.iter().enumerate() {
            match &item.kind {
                ItemKind::Group(level) => {
                    levels.entry(*level).or_default();
                    self.point(at, "/group_by");
                }
                ItemKind::Top(n, level, rank) => {
                    match level {
                        Some(level) => *levels.entry(*level).or_default() = Some(*n),
                        None => moments = Some(*n),
                    }
                    if *rank != RankBy::Score && self.base.rank_by == RankBy::Score {
                        self.out.plan.rank_by = rank.clone();
                    }
                    self.point(at, "/top");
                }
                ItemKind::Rank(rank) => {
                    if self.base.rank_by == RankBy::Score {
                        self.out.plan.rank_by = rank.clone();
                    }
                    self.point(at, "/rank_by");
                }
                ItemKind::Limit(n) if grouped => {
                    moments = Some(*n);
                    self.point(at, "/top");
                }
                ItemKind::Limit(n) => {
                    self.out.plan.limit = self.base.limit.or(Some(*n));
                    self.point(at, "/limit");
                }
                _ => {}
            }
        }
        let by_hand = !self.base.group_by.is_empty() || self.base.top.is_some();
        if by_hand || (levels.is_empty() && moments.is_none()) {
            return;
        }
        self.out.plan.group_by = levels.keys().map(|level| group_by(*level)).collect();
        // A number of a level counts what the level above keeps of it.
        let mut counts: Vec<Option<usize>> = levels.values().copied().collect();
        if counts.iter().all(Option::is_none) {
            self.out.plan.top = moments.map(Top::Moments);
            return;
        }
        if counts[0].is_some() {
            let message = "the best groups of all cannot be kept apart, only the best of a group above them; name one, \
                           such as `per season`";
            self.out.warnings.push(Warning::new("not_understood", "/top", message));
        }
        counts.remove(0);
        counts.push(moments);
        self.out.plan.top = counts.iter().any(Option::is_some).then_some(Top::Levels(counts));
    }

    fn scope(&mut self, parts: Vec<(usize, &ScopePart)>, exclude: bool) {
        if parts.is_empty() {
            return;
        }
        let mut found = Scope::default();
        let mut codes: Vec<(i64, i64)> = Vec::new();
        let field = if exclude { "/scope/exclude" } else { "/scope" };
        let (last, known): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|(_, part)| matches!(part, ScopePart::LastEpisode));
        // Which episode is the last depends on the season, wherever that is named.
        for (at, part) in known.into_iter().chain(last) {
            let name = match part {
                ScopePart::Seasons(numbers) => {
                    add(&mut found.seasons, numbers.iter().copied());
                    "seasons"
                }
                ScopePart::Episodes(numbers) => {
                    add(&mut found.episodes, numbers.iter().copied());
                    "episodes"
                }
                ScopePart::Codes(pairs) => {
                    add(&mut codes, pairs.iter().copied());
                    "episodes"
                }
                ScopePart::LastSeason => {
                    let last = self.last_season();
                    self.knows(at, last.is_some(), "no season is known");
                    add(&mut found.seasons, last);
                    "seasons"
                }
                ScopePart::LastEpisode => {
                    let season = found.seasons.last().copied().or_else(|| self.last_season());
                    let last = season.and_then(|s| Some((s, self.last_episode(s)?)));
                    self.knows(at, last.is_some(), "no episode of that season is known");
                    add(&mut codes, last);
                    "episodes"
                }
                ScopePart::Language(tag) => {
                    add(&mut found.languages, [tag.clone()]);
                    "languages"
                }
                ScopePart::Title(target) => title(&mut found, target),
                ScopePart::Assets(ids) => {
                    add(&mut found.assets, ids.iter().cloned());
                    "assets"
                }
            };
            self.point(at, format!("{field}/{name}"));
        }
        self.codes(&mut found, &codes);
        merge(&mut self.out.plan.scope, found, exclude);
    }

    /// Says what part of the scope means nothing here.
    fn knows(&mut self, at: usize, known: bool, why: &str) {
        if !known && !self.out.unknown.iter().any(|(item, _)| *item == at) {
            self.out.unknown.push((at, why.to_owned()));
        }
    }

    /// Seasons with episodes: as two lists where that says the same, else as the assets that they name.
    fn codes(&mut self, found: &mut Scope, codes: &[(i64, i64)]) {
        let Some((season, _)) = codes.first() else { return };
        let one_season = codes.iter().all(|(s, _)| s == season);
        let named = |(s, e): &(i64, i64)| {
            let episodes = self.lexicon.names().episodes().iter();
            let of = episodes.filter(|known| known.season == Some(*s) && known.episode == Some(*e));
            of.map(|known| known.asset.clone()).collect::<Vec<_>>()
        };
        let assets: Vec<String> = codes.iter().flat_map(named).collect();
        if one_season || assets.is_empty() {
            add(&mut found.seasons, codes.iter().map(|(s, _)| *s));
            add(&mut found.episodes, codes.iter().map(|(_, e)| *e));
        } else {
            add(&mut found.assets, assets);
        }
    }

    fn last_season(&self) -> Option<i64> {
        self.lexicon.names().episodes().iter().filter_map(|e| e.season).max()
    }

    fn last_episode(&self, season: i64) -> Option<i64> {
        let of = self.lexicon.names().episodes().iter().filter(|e| e.season == Some(season));
        of.filter_map(|e| e.episode).max()
    }

    fn windows(&mut self) {
        for (at, item) in self.items.iter().enumerate() {
            if let ItemKind::Window(window) = &item.kind {
                if self.base.scope.time.is_empty() && self.out.plan.scope.time.len() < CLAUSES_MAX {
                    self.out.plan.scope.time.push(window.clone());
                }
                self.point(at, "/scope/time");
            }
        }
    }
}

fn group_by(level: Level) -> GroupBy {
    match level {
        Level::Collection => GroupBy::Collection,
        Level::Movie => GroupBy::Movie,
        Level::Series => GroupBy::Series,
        Level::Season => GroupBy::Season,
        Level::Episode => GroupBy::Episode,
        Level::Asset => GroupBy::Asset,
    }
}

/// Adds a title to the scope, and names the field.
fn title(scope: &mut Scope, target: &Target) -> &'static str {
    match target {
        Target::Series(name) => {
            add(&mut scope.series, [name.clone()]);
            "series"
        }
        Target::Movie(id) => {
            add(&mut scope.movies, [id.clone()]);
            "movies"
        }
        Target::Collection(name) => {
            add(&mut scope.collections, [name.clone()]);
            "collections"
        }
        Target::Asset(id) => {
            add(&mut scope.assets, [id.clone()]);
            "assets"
        }
        Target::Label { .. } => "",
    }
}

/// Puts what was found where the plan says nothing yet.
fn merge(scope: &mut Scope, found: Scope, exclude: bool) {
    let into = if exclude { &mut **scope.exclude.get_or_insert_with(Box::default) } else { scope };
    fn put<T>(list: &mut Vec<T>, found: Vec<T>) {
        if list.is_empty() {
            *list = found;
        }
    }
    put(&mut into.movies, found.movies);
    put(&mut into.collections, found.collections);
    put(&mut into.assets, found.assets);
    put(&mut into.series, found.series);
    put(&mut into.seasons, found.seasons);
    put(&mut into.episodes, found.episodes);
    put(&mut into.languages, found.languages);
}
