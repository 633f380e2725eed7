//! A new index of annotations behind the same alias, filled while searches and writes go on.
//!
//! Once the new index is announced, writers write to both; a write that missed the announcement is repeated. What was
//! written before is copied. Then the alias moves in one step. Each filling has a new version, so that one that was
//! overtaken by another, or abandoned because its process died, cannot be mistaken for a later one.

use std::cell::Cell;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use rushes_types::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use crate::backend::ElasticIndex;
use crate::client::ApiRequest;
use crate::copy::Copier;
use crate::meta::{Filling, IndexInfo};
use crate::names::{version_of, versioned};
use crate::schema;
use crate::startup::{look_up, make_version};
use crate::whole::Whole;

/// Rounds of copying new documents before the alias moves anyway: later documents are written to both.
const ROUNDS_MAX: usize = 20;
/// How often the process that fills an index renews its claim.
const BEAT: Duration = Duration::from_secs(5);
/// How long a claim lasts without renewal, in seconds, before the filling is given up.
const ABANDONED_SECONDS: u64 = 600;

/// Called with the number of documents copied, and the total.
type CopyProgress<'s> = dyn FnMut(u64, u64) -> Result<()> + 's;

fn overtaken() -> Error {
    Error::new(ErrorKind::Conflict, "another process has started to rebuild the index")
        .mend("let that one end")
}

impl ElasticIndex {
    /// Rebuilds the index of annotations, with the mapping of this version and the shards of the configuration.
    /// Searches and writes go on. Returns how many documents were copied. If several processes do this at a time, the
    /// last one continues.
    pub(crate) fn reindex_annotations(&self, step: &mut CopyProgress<'_>) -> Result<u64> {
        let (from, version) = self.begin_filling()?;
        let filled = self.fill(&from, version, step);
        let ended = self.end_filling(version);
        if let Err(left) = &ended {
            if left.kind() == ErrorKind::Conflict {
                // Any other failure was caused by it.
                return ended.map(|()| 0);
            }
            tracing::warn!(%left, "an unused index could not be removed yet; maintenance removes it later");
        }
        let (copied, erased) = filled?;
        ended?;
        if erased {
            self.meta.update_info(&|made| {
                made.erased += 1;
                made.copied_erased = true;
                Ok(())
            })?;
        }
        Ok(copied)
    }

    /// Creates an empty index with a new version beside the one in use. Fillings of other processes end.
    fn begin_filling(&self) -> Result<(String, u64)> {
        let alias = &self.names.annotations;
        let (current, _) = look_up(&self.client, alias)?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("the alias `{alias}` is gone"))
                .mend("`rushes rebuild` rebuilds it")
        })?;
        let known = version_of(alias, &current).unwrap_or(0);
        let version = Cell::new(0);
        self.meta.update_info(&|made| {
            made.begun = made.begun.max(known) + 1;
            made.filling = None;
            version.set(made.begun);
            Ok(())
        })?;
        let version = version.get();
        // The index in use may have changed a moment ago.
        let current = self.remove_all_but_the_current(version)?;
        let settings = schema::settings(&self.config);
        make_version(&self.client, (alias, version), &schema::annotations(), &settings, &self.names.filling)?;
        Ok((current, version))
    }

    /// Fills the new index and moves the alias. Returns how many documents were copied, and whether any was erased
    /// during the copy.
    fn fill(&self, from: &str, version: u64, step: &mut CopyProgress<'_>) -> Result<(u64, bool)> {
        let mut copier = Copier::new(self, from.to_owned(), &self.names.filling)?;
        let erased = self.erased_in(from)?;
        copier.map_all_fields()?;
        self.change_filling(version, None)?;
        // For a space that was added in between.
        copier.map_all_fields()?;
        let mut said = Instant::now();
        let mut step = |done, total| {
            if said.elapsed() > BEAT {
                said = Instant::now();
                self.beat(version)?;
            }
            step(done, total)
        };
        for _ in 0..ROUNDS_MAX {
            if copier.copy(&mut step)? == 0 {
                break;
            }
        }
        self.refresh()?;
        self.beat(version)?;
        self.move_alias(from, version)?;
        // From here on it must not be cancelled: the new index is in use.
        copier.copy(&mut |_, _| Ok(()))?;
        self.refresh()?;
        Ok((copier.copied(), self.erased_in(&self.names.filling)? > erased))
    }

    /// Counts the tombstones.
    fn erased_in(&self, index: &str) -> Result<u64> {
        self.count_in(index, &json!({"bool": {"must_not": [crate::compile::is_annotation()]}}))
    }

    /// Claims the filling, or renews the claim.
    fn change_filling(&self, version: u64, expected: Option<u64>) -> Result<()> {
        self.meta.update_info(&|made| {
            if made.begun != version || made.filling.map(|filling| filling.version) != expected {
                return Err(overtaken());
            }
            let beat = made.filling.map_or(0, |filling| filling.beat + 1);
            made.filling = Some(Filling { version, beat });
            Ok(())
        })
    }

    fn beat(&self, version: u64) -> Result<()> {
        self.change_filling(version, Some(version))
    }

    fn move_alias(&self, from: &str, version: u64) -> Result<()> {
        let alias = &self.names.annotations;
        let to = versioned(alias, version);
        let body = json!({"actions": [
            {"remove": {"index": from, "alias": alias, "must_exist": true}}, {"add": {"index": to, "alias": alias}},
        ]});
        let body = body.to_string().into_bytes();
        match self.client.json(&ApiRequest::post("/_aliases").with(&body).must_be(Whole::Acknowledged)) {
            // It may have succeeded and only the answer was lost.
            Err(failure) if look_up(&self.client, alias)?.is_none_or(|(current, _)| current != to) => {
                Err(failure.into())
            }
            _ => Ok(()),
        }
    }

    /// Ends a filling, whether the alias moved or not: writers write to one index again, and the other is removed. A
    /// filling that was overtaken changes nothing.
    fn end_filling(&self, version: u64) -> Result<()> {
        self.meta.update_info(&|made| {
            if made.begun != version {
                return Err(overtaken());
            }
            made.filling = None;
            Ok(())
        })?;
        self.remove_all_but_the_current(version).map(drop)
    }

    /// Removes the indices of annotations up to a version except the one in use; returns the name of that one.
    fn remove_all_but_the_current(&self, upto: u64) -> Result<String> {
        // If another process moved the alias, or only the answer was lost, it checks once more.
        self.try_to_remove(upto).or_else(|_| self.try_to_remove(upto))
    }

    fn try_to_remove(&self, upto: u64) -> Result<String> {
        let alias = &self.names.annotations;
        let path = format!("/{alias}-v*/_alias?expand_wildcards=all");
        let found = self.client.find(&ApiRequest::get(path))?.unwrap_or_default();
        let has =
            |state: &Value, alias: &str| state.pointer("/aliases").is_some_and(|a| a.get(alias).is_some());
        let found = found.as_object().cloned().unwrap_or_default();
        let current = found.iter().find(|(_, state)| has(state, alias));
        let (current, state) = current.ok_or_else(|| Error::bug("the alias of the annotations is gone"))?;
        let is_old = |name: &&String| *name != current && version_of(alias, name).is_some_and(|v| v <= upto);
        let old: Vec<&String> = found.keys().filter(is_old).collect();
        // The first two actions only make the request fail if another process has moved the alias.
        let mut actions = vec![
            json!({"remove": {"index": current, "alias": alias, "must_exist": true}}),
            json!({"add": {"index": current, "alias": alias}}),
        ];
        if has(state, &self.names.filling) {
            actions.push(json!({"remove": {"index": current, "alias": self.names.filling}}));
        }
        actions.extend(old.into_iter().map(|name| json!({"remove_index": {"index": name}})));
        if actions.len() > 2 {
            let body = json!({"actions": actions}).to_string().into_bytes();
            self.client.json(&ApiRequest::post("/_aliases").with(&body).must_be(Whole::Acknowledged))?;
        }
        Ok(current.clone())
    }

    /// Ends a filling whose claim has expired: its process died in the middle.
    pub(crate) fn give_up_abandoned(&self, made: &IndexInfo) -> Result<()> {
        let now = self.clock.seconds();
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        match (made.filling, *watched) {
            (None, _) => *watched = None,
            (Some(filling), Some((seen, since))) if filling == seen => {
                if now.saturating_sub(since) >= ABANDONED_SECONDS {
                    tracing::warn!(version = filling.version, "an index was left half-filled; it is removed");
                    self.end_filling(filling.version)?;
                    *watched = None;
                }
            }
            (Some(filling), _) => *watched = Some((filling, now)),
        }
        Ok(())
    }
}
