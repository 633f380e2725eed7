//! The same annotations and questions on embedded engines and on mixtures: the same moments in the same order with the
//! same scores, through replacement, erasure and rebuilds.

use std::time::{Duration, Instant};

use rushes_archive::{IngestMode, NoProgress, OpenOptions, Rebuild, Stage};
use rushes_events::Topic;
use rushes_store::EraseTarget;
use rushes_types::AssetId;
use serde_json::{Value, json};

use crate::place::{Mixture, Open, Place};

pub fn said(asset: &str, (model, kind): (&str, &str), what: &Value, start_s: i64, end_s: i64) -> String {
    let mut line = json!({
        "asset_id": asset, "movie_id": "show", "model": model, "type": kind,
        "time_range": {"start_time_ns": start_s * 1_000_000_000, "end_time_ns": end_s * 1_000_000_000},
    });
    line.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    format!("{line}\n")
}

pub const FACES: (&str, &str) = ("faces@1", "CHARACTER_SEARCH");
const PLACES: (&str, &str) = ("places@1", "SCENE_SEARCH");
const WORDS: (&str, &str) = ("words@1", "DIALOGUE_SEARCH");
const CLIP: (&str, &str) = ("clip@1", "SCENE_SEARCH");

/// Six episodes; who is where when differs from one to the next.
pub fn season() -> String {
    let mut lines = String::new();
    for (no, asset) in ["e1", "e2", "e3", "e4", "e5", "e6"].into_iter().enumerate() {
        let at = 3 * i64::try_from(no).unwrap();
        let confidence = 0.5 + 0.08 * f64::from(u32::try_from(no).unwrap());
        lines +=
            &said(asset, FACES, &json!({"label": "Joey", "confidence_score": confidence}), at + 2, at + 8);
        lines += &said(asset, FACES, &json!({"label": "Monica"}), at + 6, at + 12);
        lines += &said(asset, PLACES, &json!({"label": "kitchen"}), at + 4, at + 9);
        lines +=
            &said(asset, WORDS, &json!({"text": "I was running to the", "language": "en"}), at + 3, at + 5);
        lines += &said(
            asset,
            WORDS,
            &json!({"text": "kitchen, how you doin'?", "language": "en"}),
            at + 5,
            at + 7,
        );
        for second in 0..4 {
            let angle = 0.3 * f64::from(u32::try_from(no).unwrap()) + 0.05 * f64::from(second);
            let vector = json!({"embedding_vector": [angle.cos(), angle.sin(), 0.25]});
            lines += &said(asset, CLIP, &vector, at + i64::from(second), at + i64::from(second) + 1);
        }
    }
    lines
}

pub fn questions() -> Vec<Value> {
    let joey = json!({"type": "CHARACTER_SEARCH", "label": "joey"});
    let kitchen = json!({"type": "SCENE_SEARCH", "label": "kitchen"});
    let near = |exact: bool| json!({"type": "SCENE_SEARCH", "vector": {"values": [1.0, 0.2, 0.25], "k": 5, "exact": exact}});
    vec![
        json!({"all": [joey, kitchen]}),
        json!({"all": [joey, kitchen], "mode": "union"}),
        json!({"all": [joey], "none": [kitchen]}),
        json!({"any": [{"type": "CHARACTER_SEARCH", "label": "Monica"}, kitchen], "mode": "union", "limit": 3}),
        json!({"all": [{"type": "DIALOGUE_SEARCH", "text": "run"}]}),
        json!({"all": [{"type": "DIALOGUE_SEARCH", "phrase": "to the kitchen how"}]}),
        json!({"all": [{"type": "DIALOGUE_SEARCH", "text": "kitchem", "fuzziness": 1}]}),
        json!({"all": [{"type": "DIALOGUE_SEARCH", "text": "doi", "prefix": true}]}),
        json!({"all": [near(true)]}),
        json!({"all": [near(false), joey]}),
        json!({"all": [joey], "then": [{"all": [{"type": "CHARACTER_SEARCH", "label": "Monica"}], "within": 10}]}),
        json!({"all": [joey], "min_confidence": 0.7, "group_by": ["asset"], "top": 1}),
    ]
}

/// What happens to an archive, and what it answers after each step.
fn life(open: &Open) -> Vec<String> {
    let mut told = Vec::new();
    let mut ask = |open: &Open| {
        open.catch_up();
        told.extend(questions().iter().map(|plan| open.answer(plan)));
    };
    open.ingest(&season(), IngestMode::Loose);
    ask(open);
    let moved = said("e2", ("faces@2", "CHARACTER_SEARCH"), &json!({"label": "Joey"}), 20, 25)
        + &said("e2", PLACES, &json!({"label": "kitchen"}), 22, 30);
    open.ingest(&moved, IngestMode::Replace);
    ask(open);
    let e3 = AssetId::new("e3").unwrap();
    open.archive.erase(&open.caller, &EraseTarget::Asset(e3)).unwrap();
    ask(open);
    open.verify_clean();
    for what in [Rebuild::All, Rebuild::Index] {
        open.archive.rebuild(&open.caller, what, &NoProgress).unwrap();
        ask(open);
        open.verify_clean();
    }
    told
}

fn answers_as_embedded(mixture: Mixture) {
    let Some(place) = Place::new(mixture) else { return };
    let embedded = Place::new(Mixture::default()).unwrap();
    let expected = life(&embedded.open("a", OpenOptions::default()));
    assert!(expected[0].contains("\"e1\""), "the questions have answers: {}", expected[0]);
    let found = life(&place.open("a", OpenOptions::default()));
    for (no, (expected, found)) in expected.iter().zip(&found).enumerate() {
        let plan = &questions()[no % questions().len()];
        assert_eq!(expected, found, "{mixture:?}, step {}: {plan}", no / questions().len());
    }
    assert_eq!(expected.len(), found.len());
}

#[test]
fn everything_elsewhere_answers_as_embedded() {
    answers_as_embedded(Mixture { store: true, events: true, fused: true, index: true });
}

#[test]
fn an_embedded_store_with_elasticsearch_answers_as_embedded() {
    answers_as_embedded(Mixture { index: true, ..Mixture::default() });
}

#[test]
fn cassandra_with_an_embedded_index_answers_as_embedded() {
    answers_as_embedded(Mixture { store: true, fused: true, ..Mixture::default() });
}

#[test]
fn kafka_between_embedded_stages_answers_as_embedded() {
    answers_as_embedded(Mixture { events: true, ..Mixture::default() });
}

#[test]
fn only_fused_data_in_cassandra_answers_as_embedded() {
    answers_as_embedded(Mixture { fused: true, events: true, ..Mixture::default() });
}

/// One process takes annotations in, two fuse, two index, one answers.
#[test]
fn processes_that_share_the_work_answer_as_one() {
    let Some(place) = Place::new(Mixture { store: true, events: true, fused: true, index: true }) else {
        return;
    };
    let with = |stages: &[Stage]| OpenOptions { stages: stages.to_vec(), ..OpenOptions::default() };
    let taking = place.open("taking", with(&[Stage::Relay]));
    let workers: Vec<Open> =
        [("f1", Stage::Fuse), ("f2", Stage::Fuse), ("i1", Stage::Index), ("i2", Stage::Index)]
            .into_iter()
            .map(|(folder, stage)| place.open(folder, with(&[stage])))
            .collect();
    let answering = place.open("answering", with(&[]));
    taking.ingest(&season(), IngestMode::Loose);
    answering.catch_up();
    let one = Place::new(Mixture::default()).unwrap();
    let one = one.open("a", OpenOptions::default());
    one.ingest(&season(), IngestMode::Loose);
    one.catch_up();
    for plan in questions() {
        assert_eq!(answering.answer(&plan), one.answer(&plan), "{plan}");
    }
    answering.verify_clean();
    let done = |stage: Stage| -> u64 {
        let of = |open: &Open| {
            let workers = open.archive.status().unwrap().workers;
            workers.into_iter().filter(|(name, _)| *name == stage.as_str()).map(|(_, h)| h.items).sum::<u64>()
        };
        workers.iter().map(of).sum()
    };
    assert!(done(Stage::Fuse) >= 6 && done(Stage::Index) >= 54);
}

/// A process that fuses has an index of its own in its folder, which no worker fills. That it is empty is no loss.
#[test]
fn a_process_that_does_not_index_leaves_those_alone_who_do() {
    let Some(place) = Place::new(Mixture { store: true, events: true, fused: true, index: false }) else {
        return;
    };
    let with = |stages: &[Stage]| OpenOptions { stages: stages.to_vec(), ..OpenOptions::default() };
    let taking = place.open("taking", with(&[Stage::Relay, Stage::Index]));
    let said = |open: &Open| open.archive.engines().events.watermarks(Topic::Fused, "index").unwrap();
    for (n, folder) in ["f1", "f2", "f3"].into_iter().enumerate() {
        let before = said(&taking);
        let fusing = place.open(folder, with(&[Stage::Fuse]));
        assert_eq!(said(&taking), before, "opening it winds no consumer back");
        let (lines, mode) = (season(), if n == 0 { IngestMode::Loose } else { IngestMode::Replace });
        taking.ingest(&lines, mode);
        taking.catch_up();
        // What is found is acknowledged just after.
        let until = Instant::now() + Duration::from_secs(30);
        while !said(&taking).iter().zip(&before).all(|(now, before)| now > before) {
            assert!(Instant::now() < until, "{before:?} to {:?}", said(&taking));
            std::thread::sleep(Duration::from_millis(50));
        }
        drop(fusing);
    }
    taking.verify_clean();
}
