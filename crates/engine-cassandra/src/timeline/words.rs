//! How many annotations contain each word: for each asset an absolute number as of its newest update, summed on
//! request.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use rushes_timeline::WordCounts;
use rushes_types::{AssetId, Result};

use crate::batches::grouped;
use crate::timeline::db::{Db, lock};
use crate::timeline::partitions::{slice_of, slices, word_bucket};
use crate::timeline::totals::Totals;

/// Words per request.
const WORDS_ASKED: usize = 100;
/// The totals are cached for this many times as long as reading them took.
const TOTALS_LAST: u32 = 20;

fn moved(before: i64, by: i64) -> i64 {
    before.saturating_add(by).max(0)
}

impl Db {
    /// Counts an asset's current annotations again, and notes that its words changed.
    pub async fn count_annotations(&self, asset: &AssetId, epoch: i64, by: i64) -> Result<()> {
        type Total = (Option<i64>, Option<i64>, Option<i64>);
        let slice = slice_of(asset);
        let before: Option<Total> = self.cluster.first(&self.cql.total_of, (slice, asset.as_str())).await?;
        let (n, changes, of) = before.unwrap_or_default();
        if of.unwrap_or(0) < epoch {
            let (n, changes) = (moved(n.unwrap_or(0), by), moved(changes.unwrap_or(0), 1));
            let values = (slice, asset.as_str(), n, changes, epoch, epoch);
            self.cluster.write(&self.cql.total_put, values).await?;
        }
        *lock(&self.totals) = None;
        Ok(())
    }

    /// Counts words of an asset again.
    pub async fn count_words(
        &self,
        asset: &AssetId,
        epoch: i64,
        fresh: bool,
        words: Vec<(String, i64)>,
    ) -> Result<()> {
        let slice = slice_of(asset);
        let mut buckets: BTreeMap<i32, Vec<(String, i64)>> = BTreeMap::new();
        for (word, by) in words {
            buckets.entry(word_bucket(&word)).or_default().push((word, by));
        }
        let mut before: HashMap<String, (i64, i64)> = HashMap::new();
        if !fresh {
            let asked = buckets.iter().flat_map(|(bucket, words)| {
                words.chunks(WORDS_ASKED).map(move |words| {
                    let names: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
                    (*bucket, slice, names, asset.as_str())
                })
            });
            // The time-stamp of a number is its epoch.
            type Counted = (String, Option<i64>, Option<i64>);
            let found: Vec<Vec<Counted>> = self.cluster.rows_of_each(&self.cql.words_of, asked).await?;
            for (word, n, of) in found.into_iter().flatten() {
                before.insert(word, (n.unwrap_or(0), of.unwrap_or(0)));
            }
        }
        let (mut puts, mut drops) = (Vec::new(), Vec::new());
        for (bucket, words) in &buckets {
            for (word, by) in words {
                let (n, of) = before.get(word).copied().unwrap_or_default();
                if of >= epoch {
                    continue;
                }
                match moved(n, *by) {
                    // The row of a word without annotations is deleted.
                    0 => drops.push((epoch, *bucket, slice, word.as_str(), asset.as_str())),
                    n => puts.push((*bucket, slice, word.as_str(), asset.as_str(), n, epoch)),
                }
            }
        }
        let puts = grouped(puts.into_iter(), |row| row.0, |row| 96 + row.2.len());
        self.cluster.write_groups(&self.cql.word_put, puts).await?;
        let drops = grouped(drops.into_iter(), |row| row.1, |row| 96 + row.3.len());
        self.cluster.write_groups(&self.cql.word_drop, drops).await
    }

    /// Word counts; see [`rushes_timeline::TimelineStore::word_counts`].
    pub async fn word_counts(&self, words: &[String]) -> Result<WordCounts> {
        let Totals { annotations, changes, .. } = self.totals().await?;
        let asked = words
            .iter()
            .flat_map(|word| slices().map(move |slice| (word_bucket(word), slice, word.as_str())));
        let sums: Vec<Vec<(Option<i64>,)>> = self.cluster.rows_of_each(&self.cql.word_sum, asked).await?;
        let each = slices().count();
        let sum = |rows: &[Vec<(Option<i64>,)>]| -> u64 {
            rows.iter().flatten().map(|(n,)| n.unwrap_or(0).max(0).unsigned_abs()).sum()
        };
        Ok(WordCounts { version: changes, annotations, counts: sums.chunks(each).map(sum).collect() })
    }

    /// Sums over all assets. Cached for a moment, so that frequent requests stay cheap with many assets.
    async fn totals(&self) -> Result<Totals> {
        let now = Instant::now();
        if let Some(known) = lock(&self.totals).filter(|known| known.until > now) {
            return Ok(known);
        }
        let keys = slices().map(|slice| (slice,));
        let sums: Vec<Vec<(Option<i64>, Option<i64>)>> =
            self.cluster.rows_of_each(&self.cql.totals, keys).await?;
        let mut totals = Totals { annotations: 0, changes: 0, until: now };
        for (n, changes) in sums.into_iter().flatten() {
            let positive = |n: Option<i64>| n.unwrap_or(0).max(0).unsigned_abs();
            totals.annotations = totals.annotations.saturating_add(positive(n));
            totals.changes = totals.changes.saturating_add(positive(changes));
        }
        let took: Duration = now.elapsed();
        totals.until = Instant::now() + took * TOTALS_LAST;
        *lock(&self.totals) = Some(totals);
        Ok(totals)
    }
}
