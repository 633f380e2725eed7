//! Phrases. The engine finds those within one annotation. In dialogue a phrase may continue from line to line: there
//! the lines with its rarest word are seeds, and all lines around each seed are read, as far as the phrase can reach.

use std::collections::BTreeMap;
use std::sync::Arc;

use rushes_index::{Budget, CandidateAnnotation, Held, Hits, IndexReader, hit_order};
use rushes_plan::{Clause, ClauseMatcher, Filter, Test};
use rushes_text::tokenise;
use rushes_types::limits::{DIALOGUE_JOIN_GAP_NS, TIME_NS_MAX};
use rushes_types::{Annotation, AssetId, Result};
use serde_json::Value;

use crate::compile::Lines;
use crate::point_in_time::Fields;
use crate::reader::{Collected, ElasticReader};

/// How far around a seed is read first, in nanoseconds, and the factor for each further round.
const AROUND_NS: i64 = 15_000_000_000;
const WIDENING: i64 = 6;
/// Rounds before all of an asset is read.
const WIDENINGS_MAX: u32 = 3;
/// Stretches per request.
const STRETCHES_MAX: usize = 200;
/// Seeds of an asset above which all of its lines are read at once.
const SEEDS_MAX: usize = 60;

/// Whole lines of an asset that begin between two instants, the bounds included.
#[derive(Debug, Clone)]
struct Stretch {
    asset: AssetId,
    from: i64,
    to: i64,
    seeds: Vec<i64>,
}

/// A stretch with its lines.
type LoadedStretch<'s> = (&'s Stretch, Vec<Arc<CandidateAnnotation>>);

impl ElasticReader {
    pub(crate) fn phrase_hits(
        &self,
        clause: &Clause,
        filter: &Filter,
        alone: &Value,
        budget: &Budget,
    ) -> Result<Hits> {
        let is_of = |dialogue: bool| clause.kind.as_ref().is_none_or(|kind| kind.is_dialogue() == dialogue);
        let mut found = Hits::default();
        if is_of(false) {
            let read = self.collect(alone, Fields::Body, budget)?;
            found = self.over(read.annotations).hits(clause, filter, budget)?;
        }
        if is_of(true) {
            let mut in_lines = self.line_hits(clause, filter, budget)?;
            found.examined += in_lines.examined;
            found.hits.append(&mut in_lines.hits);
            found.hits.sort_by(hit_order);
        }
        Ok(found)
    }

    /// Phrases in dialogue.
    fn line_hits(&self, clause: &Clause, filter: &Filter, budget: &Budget) -> Result<Hits> {
        let Test::Phrase(test) = &clause.test else { return Ok(Hits::default()) };
        let lines = Lines::of(clause, filter, &self.at, &self.analyzer);
        let Some(rarest) = self.rarest(&lines, budget)? else { return Ok(Hits::default()) };
        if test.words.len() == 1 {
            let read = self.collect(&lines.with_word(rarest), Fields::Body, budget)?;
            return self.over(read.annotations).hits(clause, filter, budget);
        }
        let mut open = self.stretches(&lines.with_word(rarest), budget)?;
        let matcher = ClauseMatcher::new(clause, &self.analyzer);
        let counts = |candidate: &&Arc<CandidateAnnotation>| {
            let fused = &candidate.fused;
            let passes = matcher.passes(&fused.annotation) && filter.passes_language(&fused.annotation);
            passes && filter.sees(fused, &self.at)
        };
        let reach = u64::try_from(test.words.len()).unwrap_or(u64::MAX).saturating_add(u64::from(test.slop));
        let mut found = Hits::default();
        for widened in 0_u32.. {
            let mut narrow = Vec::new();
            for stretches in open.chunks(STRETCHES_MAX) {
                let (read, _held) = self.read(&lines, stretches, budget)?;
                for (stretch, read) in read {
                    let annotations: Vec<&Annotation> =
                        read.iter().filter(counts).map(|l| &l.fused.annotation).collect();
                    if stretch.is_whole() || stretch.holds_all(&annotations, reach) {
                        // Each stretch is matched separately: there may be unread lines between two of them.
                        let mut own = self.over(read).hits(clause, filter, budget)?;
                        found.hits.append(&mut own.hits);
                        found.examined += own.examined;
                    } else {
                        narrow.push(stretch.clone());
                    }
                }
            }
            if narrow.is_empty() {
                break;
            }
            open = merged(narrow.into_iter().map(|stretch| stretch.wider(widened)).collect());
        }
        // A wider stretch may contain lines that were already matched in another stretch; only phrases that contain one
        // of its own seeds are new.
        found.hits.sort_by(|a, b| hit_order(a, b).then(b.score.total_cmp(&a.score)));
        found.hits.dedup_by(|later, kept| hit_order(later, kept).is_eq());
        Ok(found)
    }

    /// The word that the fewest lines contain; `None` if some word is in no line.
    fn rarest(&self, lines: &Lines, budget: &Budget) -> Result<Option<usize>> {
        let answer = self.point.aggregate(&lines.counts(), budget)?;
        let buckets = answer.pointer("/words/buckets").and_then(Value::as_array);
        let count = |bucket: &Value| bucket.get("doc_count").and_then(Value::as_u64).unwrap_or_default();
        let counts: Vec<u64> = buckets.into_iter().flatten().map(count).collect();
        let rarest = counts.iter().enumerate().min_by_key(|(_, count)| **count);
        Ok(rarest.filter(|(_, count)| **count > 0).map(|(word, _)| word))
    }

    /// The first stretches around the seeds.
    fn stretches(&self, seeds: &Value, budget: &Budget) -> Result<Vec<Stretch>> {
        let mut starts: BTreeMap<AssetId, Vec<i64>> = BTreeMap::new();
        self.point.scan(seeds, Fields::Times, budget, &mut |found| {
            if let Some(document) = self.document_of(found.asset()) {
                starts.entry(document.asset.id.clone()).or_default().push(found.start_ns());
            }
            Ok(())
        })?;
        let mut stretches = Vec::new();
        for (asset, seeds) in starts {
            if seeds.len() > SEEDS_MAX {
                stretches.push(Stretch { asset, from: 0, to: TIME_NS_MAX, seeds });
                continue;
            }
            let around = |seed: i64| Stretch {
                asset: asset.clone(),
                from: seed.saturating_sub(AROUND_NS).max(0),
                to: seed.saturating_add(AROUND_NS),
                seeds: vec![seed],
            };
            stretches.extend(seeds.iter().map(|seed| around(*seed)));
        }
        Ok(merged(stretches))
    }

    /// The lines of each stretch.
    fn read<'s, 'b>(
        &self,
        lines: &Lines,
        stretches: &'s [Stretch],
        budget: &'b Budget,
    ) -> Result<(Vec<LoadedStretch<'s>>, Held<'b>)> {
        let places: Vec<_> = stretches.iter().map(|s| (s.asset.clone(), s.from, s.to)).collect();
        let mut read: Vec<LoadedStretch<'_>> = stretches.iter().map(|s| (s, Vec::new())).collect();
        let Collected { annotations, held } = self.collect(&lines.within(&places), Fields::Body, budget)?;
        for line in annotations {
            let annotation = &line.fused.annotation;
            let place = (&annotation.asset, annotation.range.start_ns());
            let of = read.partition_point(|(stretch, _)| (&stretch.asset, stretch.from) <= place);
            if let Some((_, of_stretch)) = of.checked_sub(1).and_then(|of| read.get_mut(of)) {
                of_stretch.push(line);
            }
        }
        Ok((read, held))
    }
}

impl Stretch {
    /// Does it cover all of the asset?
    fn is_whole(&self) -> bool {
        self.from <= 0 && self.to >= TIME_NS_MAX
    }

    fn wider(self, widened: u32) -> Self {
        if widened >= WIDENINGS_MAX {
            return Self { from: 0, to: TIME_NS_MAX, ..self };
        }
        let by = AROUND_NS.saturating_mul(WIDENING.saturating_pow(widened + 1));
        Self {
            from: self.from.saturating_sub(by).max(0),
            to: self.to.saturating_add(by).min(TIME_NS_MAX),
            ..self
        }
    }

    /// Do these lines, all eligible ones that begin in the stretch, include every line that a phrase with a seed can
    /// reach? On either side of the seeds there must be enough words, or a pause that ends the joined lines.
    fn holds_all(&self, lines: &[&Annotation], reach: u64) -> bool {
        let mut by_model: BTreeMap<&str, Vec<&Annotation>> = BTreeMap::new();
        for line in lines {
            by_model.entry(line.model.as_str()).or_default().push(line);
        }
        by_model.into_values().all(|mut lines| {
            lines.sort_by_key(|line| (line.range, line.key()));
            let is_seed = |line: &&Annotation| self.seeds.contains(&line.range.start_ns());
            let seeds = lines.iter().position(is_seed).zip(lines.iter().rposition(is_seed));
            seeds.is_none_or(|(first, last)| {
                let before = lines.get(..=first).unwrap_or_default();
                let after = lines.get(last..).unwrap_or_default();
                self.ends_before(before, reach) && self.ends_after(after, reach)
            })
        })
    }

    /// Are enough lines known before the last of these?
    fn ends_before(&self, lines: &[&Annotation], reach: u64) -> bool {
        let mut passed = 0;
        for pair in lines.windows(2).rev() {
            let [before, next] = pair else { continue };
            passed += length(before);
            if passed >= reach || is_pause(before.range.end_ns(), next.range.start_ns()) {
                return true;
            }
        }
        self.from <= 0
    }

    /// Are enough lines known after the first of these?
    fn ends_after(&self, lines: &[&Annotation], reach: u64) -> bool {
        let mut passed = 0;
        for pair in lines.windows(2) {
            let [before, next] = pair else { continue };
            if is_pause(before.range.end_ns(), next.range.start_ns()) {
                return true;
            }
            passed += length(next);
            if passed >= reach {
                return true;
            }
        }
        // Unread lines begin after the stretch.
        self.to >= TIME_NS_MAX || lines.last().is_none_or(|last| is_pause(last.range.end_ns(), self.to))
    }
}

/// Do joined lines end here?
fn is_pause(end_ns: i64, next_start_ns: i64) -> bool {
    next_start_ns - end_ns > DIALOGUE_JOIN_GAP_NS
}

/// How many words a line adds to joined lines.
fn length(line: &Annotation) -> u64 {
    let text = line.text.as_deref().or(line.label.as_deref()).unwrap_or_default();
    tokenise(text).len() as u64
}

/// Sorts stretches and joins those that touch.
fn merged(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_by(|a, b| (&a.asset, a.from).cmp(&(&b.asset, b.from)));
    let mut merged: Vec<Stretch> = Vec::new();
    for mut stretch in stretches {
        match merged.last_mut() {
            Some(last) if last.asset == stretch.asset && stretch.from <= last.to => {
                last.to = last.to.max(stretch.to);
                last.seeds.append(&mut stretch.seeds);
            }
            _ => merged.push(stretch),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use rushes_types::{AnnotationId, Attributes, ModelRef, RunId, TimeRange, known_types};

    const SECOND: i64 = 1_000_000_000;

    fn line(start_s: i64, end_s: i64, text: &str) -> Annotation {
        Annotation {
            asset: AssetId::new("a").unwrap(),
            model: ModelRef::parse("asr@1").unwrap(),
            run: RunId::new("r").unwrap(),
            id: AnnotationId::new(&start_s.to_string()).unwrap(),
            kind: rushes_types::AnnotationType::new(known_types::DIALOGUE).unwrap(),
            range: TimeRange::new(start_s * SECOND, end_s * SECOND).unwrap(),
            label: None,
            text: Some(text.to_owned()),
            words: Vec::new(),
            language: None,
            vector: None,
            confidence: None,
            attributes: Attributes::new(),
        }
    }

    fn stretch(from_s: i64, to_s: i64, seeds_s: &[i64]) -> Stretch {
        Stretch {
            asset: AssetId::new("a").unwrap(),
            from: from_s * SECOND,
            to: to_s * SECOND,
            seeds: seeds_s.iter().map(|s| s * SECOND).collect(),
        }
    }

    #[test]
    fn a_stretch_is_enough_with_words_or_a_pause_on_either_side() {
        let lines = [line(20, 21, "one two"), line(22, 23, "seed"), line(24, 25, "three four")];
        let all: Vec<&Annotation> = lines.iter().collect();
        assert!(stretch(10, 30, &[22]).holds_all(&all, 2));
        assert!(!stretch(10, 30, &[22]).holds_all(&all, 3), "what comes before is not known");
        assert!(stretch(0, 30, &[22]).holds_all(&all, 3));
        assert!(!stretch(0, 26, &[22]).holds_all(&all, 3), "the next line may begin right after");
        let paused = [line(10, 11, "far"), line(22, 23, "seed"), line(40, 41, "far")];
        let all: Vec<&Annotation> = paused.iter().collect();
        assert!(stretch(5, 45, &[22]).holds_all(&all, 99));
    }

    #[test]
    fn stretches_that_touch_become_one() {
        let one = merged(vec![stretch(20, 40, &[30]), stretch(0, 20, &[10]), stretch(50, 60, &[55])]);
        assert_eq!(
            one.iter().map(|s| (s.from / SECOND, s.to / SECOND)).collect::<Vec<_>>(),
            [(0, 40), (50, 60)]
        );
        assert_eq!(one[0].seeds.len(), 2);
        let wide = stretch(10, 20, &[15]).wider(WIDENINGS_MAX);
        assert!(wide.is_whole());
    }
}
