//! The same meaning, computed from scratch in the plainest way.

use std::collections::BTreeMap;

use rushes_store::{Effect, Erased};
use rushes_types::limits::{BUCKET_INTERSECTION_MEMBERS_MAX, BUCKET_INTERSECTIONS_MAX};
use rushes_types::*;

use super::fake::Fake;

#[derive(Debug, Clone, PartialEq)]
pub struct NaiveRow {
    pub annotation: Annotation,
    pub validities: Vec<Validity>,
    pub kept: bool,
}

pub type NaiveRows = BTreeMap<FusedKey, NaiveRow>;

pub fn rows(fake: &Fake) -> NaiveRows {
    let mut rows = NaiveRows::new();
    for record in &fake.records {
        let c = record.commit;
        match &record.effect {
            Effect::Registered => {}
            Effect::Segment(s) | Effect::Restored(s) => {
                for row in rows.values_mut() {
                    let inside = s.coverage.is_none_or(|r| {
                        r.start_ns() <= row.annotation.range.start_ns()
                            && row.annotation.range.start_ns() < r.end_ns()
                    });
                    let last = row.validities.last_mut().unwrap();
                    let same_name = row.annotation.model.name() == s.model.name();
                    if s.mode == RunMode::Replace && inside && same_name && last.died == Commit::NEVER {
                        last.died = c;
                    }
                }
                for a in fake.segments.get(&s.id).into_iter().flatten() {
                    let mut a = a.clone();
                    a.language = fake.asset.as_ref().and_then(|a| a.language.clone()).or_else(|| {
                        a.label.as_ref().filter(|l| l.contains("bonjour")).map(|_| "fr".to_owned())
                    });
                    let key = FusedKey { start_ns: a.range.start_ns(), key: a.key() };
                    let kept = !a.run.is_loose();
                    let row = rows.entry(key).or_insert(NaiveRow {
                        annotation: a.clone(),
                        validities: vec![],
                        kept,
                    });
                    match row.validities.last_mut() {
                        Some(l) if l.died == Commit::NEVER => continue,
                        Some(l) if l.died == c => l.died = Commit::NEVER,
                        _ => row.validities.push(Validity::from(c)),
                    }
                    row.annotation = a;
                }
            }
            Effect::Visibility(run, v) => {
                for row in rows.values_mut().filter(|r| r.annotation.run == *run) {
                    row.kept = *v == Visibility::Kept;
                }
            }
            Effect::Erased(e) => rows.retain(|_, row| {
                let a = &row.annotation;
                match e {
                    Erased::Asset => false,
                    Erased::Model(m) => a.model != *m,
                    Erased::Run(r) => a.run != *r,
                    Erased::Annotation { model, run, id, .. } => {
                        !(a.model == *model && a.run == *run && a.id == *id)
                    }
                }
            }),
        }
    }
    rows
}

pub fn buckets(rows: &NaiveRows, len: i64) -> Vec<Bucket> {
    let current: Vec<BucketMember> = rows
        .iter()
        .filter(|(_, r)| r.validities.last().unwrap().died == Commit::NEVER)
        .map(|(k, r)| BucketMember { start_ns: k.start_ns, key: k.key, end_ns: r.annotation.range.end_ns() })
        .collect();
    let last = current.iter().map(|m| m.end_ns / len).max().unwrap_or(-1);
    let mut out = Vec::new();
    for no in 0..=last {
        let (start, end) = (no * len, (no + 1) * len);
        let members: Vec<BucketMember> =
            current.iter().filter(|m| m.start_ns < end && m.end_ns >= start).copied().collect();
        if !members.is_empty() {
            let (intersections, truncated) = intersections(start, end, &members);
            out.push(Bucket { no: BucketNo(no as u64), annotations: members, intersections, truncated });
        }
    }
    out
}

pub fn intersections(start: i64, end: i64, members: &[BucketMember]) -> (Vec<Intersection>, bool) {
    let mut cuts: Vec<i64> =
        members.iter().flat_map(|m| [m.start_ns, m.end_ns]).map(|t| t.clamp(start, end)).collect();
    cuts.extend([start, end]);
    cuts.sort_unstable();
    cuts.dedup();
    let mut all: Vec<Intersection> = Vec::new();
    for pair in cuts.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let there: Vec<u32> = (0..members.len())
            .filter(|i| members[*i].start_ns <= from && to <= members[*i].end_ns)
            .map(|i| i as u32)
            .collect();
        match all.last_mut() {
            Some(last) if last.end_ns == from && last.members == there => last.end_ns = to,
            _ => all.push(Intersection { start_ns: from, end_ns: to, members: there }),
        }
    }
    let mut points: Vec<i64> =
        members.iter().filter(|m| m.start_ns == m.end_ns).map(|m| m.start_ns).collect();
    points.dedup();
    for p in points.into_iter().filter(|p| start <= *p && *p < end) {
        let there = (0..members.len()).filter(|i| members[*i].start_ns <= p && p <= members[*i].end_ns);
        all.push(Intersection { start_ns: p, end_ns: p, members: there.map(|i| i as u32).collect() });
    }
    all.retain(|i| i.members.len() >= 2);
    all.sort_by_key(|i| (i.start_ns, i.end_ns));
    let mut listed = 0;
    let mut kept = Vec::new();
    for i in all {
        listed += i.members.len();
        if kept.len() == BUCKET_INTERSECTIONS_MAX || listed > BUCKET_INTERSECTION_MEMBERS_MAX {
            return (kept, true);
        }
        kept.push(i);
    }
    (kept, false)
}

/// How many current annotations say each word.
pub fn words(rows: &NaiveRows) -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    for row in rows.values().filter(|r| r.validities.last().unwrap().died == Commit::NEVER) {
        let label = row.annotation.label.clone().unwrap_or_default().to_lowercase();
        let mut said: Vec<String> = label.split_whitespace().map(str::to_owned).collect();
        said.sort();
        said.dedup();
        said.push(format!("={label}"));
        for word in said {
            *out.entry(word).or_insert(0) += 1;
        }
    }
    out
}

/// Which run of models of this name had looked at an instant, as seen at a commit.
pub fn looked(fake: &Fake, name: &str, at_ns: i64, seen: Commit) -> Vec<RunId> {
    let mut runs: Vec<RunId> = Vec::new();
    let covers = |r: TimeRange| r.start_ns() <= at_ns && at_ns < r.end_ns();
    for record in fake.records.iter().filter(|r| r.commit <= seen) {
        match &record.effect {
            Effect::Segment(s) | Effect::Restored(s)
                if !s.run.is_loose() && s.model.name() == name && s.coverage.is_none_or(covers) =>
            {
                if s.mode == RunMode::Replace {
                    runs.clear();
                }
                runs.retain(|r| *r != s.run);
                runs.push(s.run.clone());
            }
            Effect::Erased(Erased::Asset) => runs.clear(),
            _ => {}
        }
    }
    runs.sort();
    runs
}
