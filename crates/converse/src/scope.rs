//! Where to look: how what is said of it changes what was said before.

use rushes_plan::Scope;

/// Does what is said stand alone, or beside what was said before?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scoping {
    Set,
    Widen,
}

/// Changes a scope.
pub(crate) fn merge_scope(scope: &mut Scope, said: &Scope, how: Scoping) {
    let named = |s: &Scope| {
        !(s.movies.is_empty() && s.series.is_empty() && s.assets.is_empty() && s.collections.is_empty())
    };
    if how == Scoping::Set {
        if named(said) {
            // A file has no seasons, and another title has its own.
            if named(scope) || !said.assets.is_empty() {
                scope.seasons.clear();
                scope.episodes.clear();
            }
            for list in [&mut scope.movies, &mut scope.series, &mut scope.assets, &mut scope.collections] {
                list.clear();
            }
        }
        if !said.seasons.is_empty() {
            // "episode 3", "of season 2": it was an episode of no season.
            if !scope.seasons.is_empty() || !said.episodes.is_empty() {
                scope.episodes.clear();
            }
            scope.seasons.clear();
            scope.assets.clear();
        }
        if !said.episodes.is_empty() {
            scope.episodes.clear();
            scope.assets.clear();
        }
        if !said.languages.is_empty() {
            scope.languages.clear();
        }
        if !said.time.is_empty() {
            scope.time.clear();
        }
    }
    add(&mut scope.movies, &said.movies);
    add(&mut scope.series, &said.series);
    add(&mut scope.assets, &said.assets);
    add(&mut scope.collections, &said.collections);
    add(&mut scope.seasons, &said.seasons);
    add(&mut scope.episodes, &said.episodes);
    add(&mut scope.languages, &said.languages);
    add(&mut scope.time, &said.time);
    scope.attributes.extend(said.attributes.clone());
    // What comes in is left out no longer.
    if let Some(exclude) = &mut scope.exclude {
        remove_lists(exclude, said);
    }
    if let Some(excluded) = &said.exclude {
        remove_lists(scope, excluded);
        merge_scope(scope.exclude.get_or_insert_with(Box::default), excluded, Scoping::Widen);
        // A season that was one of several is only taken out of the list.
        if let Some(exclude) = &mut scope.exclude {
            if !scope.seasons.is_empty() {
                exclude.seasons.clear();
            }
            if !scope.episodes.is_empty() {
                exclude.episodes.clear();
            }
        }
    }
    tidy(scope);
}

/// Takes out of a scope what another names. Tells whether anything went.
pub(crate) fn forget_scope(scope: &mut Scope, said: &Scope) -> bool {
    let before = scope.clone();
    remove_lists(scope, said);
    if let Some(exclude) = &mut scope.exclude {
        remove_lists(exclude, said);
        if let Some(excluded) = &said.exclude {
            remove_lists(exclude, excluded);
        }
    }
    tidy(scope);
    *scope != before
}

fn tidy(scope: &mut Scope) {
    if scope.exclude.as_ref().is_some_and(|exclude| exclude.is_empty()) {
        scope.exclude = None;
    }
}

fn add<T: PartialEq + Clone>(list: &mut Vec<T>, more: &[T]) {
    for one in more {
        if !list.contains(one) {
            list.push(one.clone());
        }
    }
}

fn remove<T: PartialEq>(list: &mut Vec<T>, gone: &[T]) {
    list.retain(|one| !gone.contains(one));
}

fn remove_lists(from: &mut Scope, gone: &Scope) {
    remove(&mut from.movies, &gone.movies);
    remove(&mut from.series, &gone.series);
    remove(&mut from.assets, &gone.assets);
    remove(&mut from.collections, &gone.collections);
    remove(&mut from.seasons, &gone.seasons);
    remove(&mut from.episodes, &gone.episodes);
    remove(&mut from.languages, &gone.languages);
    remove(&mut from.time, &gone.time);
}
