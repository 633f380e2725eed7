//! How many requests a question makes on Elasticsearch.

use std::time::Instant;

use rushes_archive::{IngestMode, OpenOptions, Stage};
use rushes_testkit::proxy::bulk::BulkProxy;
use toml::Value;

use crate::mixtures::{questions, season};
use crate::place::{Mixture, Open, Place};

/// Most requests of any of the questions that is asked for the first time: the read point, and for each clause its
/// candidates, with what a phrase in dialogue or a vector needs besides.
const FIRST_MAX: usize = 8;
/// Requests of a question whose clauses were asked before: the read point.
const AGAIN: usize = 1;
/// Questions are asked this often to be timed.
const ROUNDS: usize = 15;

/// An archive whose index lies behind the proxy; no worker disturbs.
fn quiet(place: &Place) -> Open {
    let open = place.open("a", OpenOptions::default());
    open.ingest(&season(), IngestMode::Loose);
    open.catch_up();
    Stage::ALL.into_iter().for_each(|stage| open.archive.pause(stage));
    open
}

/// A place with these bytes for answers, and the proxy in between.
fn behind_proxy(cache_bytes: i64) -> Option<(Place, BulkProxy)> {
    let mut place = Place::new(Mixture { index: true, ..Mixture::default() })?;
    let section = place.table["elasticsearch"].as_table_mut().unwrap();
    let proxy = BulkProxy::before(section["urls"][0].as_str().unwrap()).unwrap();
    section.insert("urls".into(), Value::Array(vec![Value::String(proxy.url())]));
    section.insert("cache_bytes".into(), Value::Integer(cache_bytes));
    Some((place, proxy))
}

/// What questions ask for: those of workers that were at it are left out.
fn count(asked: &[String]) -> usize {
    asked.iter().filter(|request| !request.contains("_bulk") && !request.contains("_refresh")).count()
}

/// The fewest requests of a question in some tries: a worker that is told to pause ends its pass first.
fn fewest(open: &Open, proxy: &BulkProxy, plan: &serde_json::Value) -> usize {
    let tries = (0..3).map(|_| {
        proxy.asked();
        open.answer(plan);
        count(&proxy.asked())
    });
    tries.min().unwrap()
}

fn p50_ms(open: &Open, plan: &serde_json::Value) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            open.answer(plan);
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

#[test]
fn a_question_makes_few_requests_and_one_whose_clauses_were_asked_before_makes_one() {
    let Some((place, proxy)) = behind_proxy(32 << 20) else { return };
    let Some((bare, bare_proxy)) = behind_proxy(0) else { return };
    let (open, without) = (quiet(&place), quiet(&bare));
    for plan in questions() {
        // What an archive gathers once a read point is no part of a question.
        open.answer(&plan);
        without.answer(&plan);
        let (again, first) = (fewest(&open, &proxy, &plan), fewest(&without, &bare_proxy, &plan));
        println!(
            "{first} requests, {again} again; p50 {:.1} ms, {:.1} ms again: {plan}",
            p50_ms(&without, &plan),
            p50_ms(&open, &plan)
        );
        assert!(first <= FIRST_MAX, "{first} requests: {plan}");
        assert_eq!(again, AGAIN, "{plan}");
    }
}
