//! The rows a step works on: annotations with their validities, before and after.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rushes_types::{
    Annotation, AnnotationKey, BucketMember, Change, Commit, FusedAnnotation, FusedKey, ModelRef, TimeRange,
    Validity,
};

use crate::words::WordDeltas;

/// The state of a row before the step.
struct RowBefore {
    validities: Vec<Validity>,
    kept: bool,
    member: Option<BucketMember>,
}

/// A row, with its state before the step.
struct TrackedRow {
    fused: FusedAnnotation,
    before: Option<RowBefore>,
    content_changed: bool,
}

/// The differences that a step makes to an asset's rows.
pub(crate) struct Differences {
    pub changes: Vec<Change>,
    pub added: Vec<BucketMember>,
    pub removed: Vec<BucketMember>,
}

#[derive(Default)]
pub(crate) struct RowSet {
    rows: HashMap<FusedKey, TrackedRow>,
    /// Current rows by the name of their model: a replace run of any version supersedes them.
    current: HashMap<String, BTreeSet<FusedKey>>,
    /// Stored rows that this step erases.
    erased: BTreeMap<FusedKey, Option<BucketMember>>,
}

fn member_of(fused: &FusedAnnotation, key: AnnotationKey) -> Option<BucketMember> {
    let range = fused.annotation.range;
    let member = BucketMember { start_ns: range.start_ns(), key, end_ns: range.end_ns() };
    fused.is_current().then_some(member)
}

impl RowSet {
    /// Takes the rows that were read; one that comes twice counts once.
    pub fn of(stored: Vec<FusedAnnotation>) -> Self {
        let mut out = Self::default();
        out.rows.reserve(stored.len());
        for fused in stored {
            let key = fused.fused_key();
            let member = member_of(&fused, key.key);
            if member.is_some() {
                out.enter(fused.annotation.model.name(), key);
            }
            let before = RowBefore { validities: fused.validities.clone(), kept: fused.kept, member };
            out.rows.insert(key, TrackedRow { fused, before: Some(before), content_changed: false });
        }
        out
    }

    fn enter(&mut self, name: &str, key: FusedKey) {
        match self.current.get_mut(name) {
            Some(keys) => drop(keys.insert(key)),
            None => drop(self.current.insert(name.to_owned(), BTreeSet::from([key]))),
        }
    }

    /// The annotation becomes current; one that is current already is untouched.
    pub fn birth(&mut self, annotation: Annotation, commit: Commit, words: &mut WordDeltas<'_>) {
        let key = FusedKey { start_ns: annotation.range.start_ns(), key: annotation.key() };
        if let Some(row) = self.rows.get_mut(&key) {
            if row.fused.is_current() {
                return;
            }
            match row.fused.validities.last_mut().filter(|l| l.died == commit) {
                Some(last) => last.died = Commit::NEVER, // superseded and said again by the same commit
                None => row.fused.validities.push(Validity::from(commit)),
            }
            if row.fused.annotation != annotation {
                row.fused.annotation = annotation;
                row.content_changed = true;
            }
            words.count(&row.fused.annotation, 1);
            let name = row.fused.annotation.model.name().to_owned();
            self.enter(&name, key);
            return;
        }
        words.count(&annotation, 1);
        self.enter(annotation.model.name(), key);
        let kept = !annotation.run.is_loose(); // loose lines have no run that could be pinned
        let fused = FusedAnnotation { annotation, validities: vec![Validity::from(commit)], kept };
        let content_changed = self.erased.contains_key(&key);
        self.rows.insert(key, TrackedRow { fused, before: None, content_changed });
    }

    /// Annotations of models of this name within the coverage die.
    pub fn supersede(
        &mut self,
        name: &str,
        coverage: Option<TimeRange>,
        commit: Commit,
        words: &mut WordDeltas<'_>,
    ) {
        let Some(keys) = self.current.get_mut(name) else { return };
        let at = |start_ns| FusedKey { start_ns, key: AnnotationKey(0) };
        let dying: BTreeSet<FusedKey> = match coverage {
            None => std::mem::take(keys),
            Some(range) => {
                let mut from = keys.split_off(&at(range.start_ns()));
                let mut rest = from.split_off(&at(range.end_ns()));
                keys.append(&mut rest);
                from
            }
        };
        for key in dying {
            let Some(row) = self.rows.get_mut(&key) else { continue };
            if let Some(last) = row.fused.validities.last_mut() {
                last.died = commit;
            }
            words.count(&row.fused.annotation, -1);
        }
    }

    /// Changes annotations in place (`kept`, language).
    pub fn change(&mut self, mut f: impl FnMut(FusedKey, &mut FusedAnnotation) -> bool) {
        for (key, row) in &mut self.rows {
            row.content_changed |= f(*key, &mut row.fused);
        }
    }

    /// Erases rows.
    pub fn erase(&mut self, mut gone: impl FnMut(&Annotation) -> bool, words: &mut WordDeltas<'_>) {
        let erased = &mut self.erased;
        let current = &mut self.current;
        self.rows.retain(|key, row| {
            if !gone(&row.fused.annotation) {
                return true;
            }
            if row.fused.is_current() {
                words.count(&row.fused.annotation, -1);
                if let Some(keys) = current.get_mut(row.fused.annotation.model.name()) {
                    keys.remove(key);
                }
            }
            if let Some(before) = &row.before {
                erased.insert(*key, before.member);
            }
            false
        });
    }

    /// The models of all rows.
    pub fn models(&self) -> BTreeSet<ModelRef> {
        self.rows.values().map(|row| row.fused.annotation.model.clone()).collect()
    }

    /// What became of the rows, sorted.
    pub fn finish(self) -> Differences {
        let mut out = Differences { changes: Vec::new(), added: Vec::new(), removed: Vec::new() };
        let mut changes = BTreeMap::new();
        for (key, member) in self.erased {
            out.removed.extend(member);
            changes.insert(key, Change::Erased(key));
        }
        let mut rows: Vec<(FusedKey, TrackedRow)> = self.rows.into_iter().collect();
        rows.sort_unstable_by_key(|(key, _)| *key);
        for (key, row) in rows {
            let before = row.before.as_ref();
            let same = |b: &RowBefore| b.validities == row.fused.validities && b.kept == row.fused.kept;
            if before.is_some_and(same) && !row.content_changed {
                continue;
            }
            let was = before.and_then(|b| b.member);
            let is = member_of(&row.fused, key.key);
            if was != is {
                out.removed.extend(was);
                out.added.extend(is);
            }
            changes.insert(key, Change::Put(Box::new(row.fused)));
        }
        out.removed.sort_unstable();
        out.changes = changes.into_values().collect();
        out
    }
}
