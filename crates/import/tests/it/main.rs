//! Tests of the importer, in one binary.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed; helpers are tests too")]

mod encodings;
mod features;
mod files;
mod formats;
mod friends;
mod mapping_errors;
mod properties;
mod row_errors;
#[path = "../../../testkit/src/skips.rs"] // by its path: the whole kit would bring an archive's crates along
mod skips;

use std::ops::ControlFlow;

use rushes_import::{Counts, Item, Limits, Mapping};

/// Keys that every little mapping needs, for tests that are about something else.
const BASE: &str = "[[source]]\nfiles='*'\nasset_id='a'\nmodel='m@1'\ntype='T'\n";

/// Imports one file with the first source of a mapping.
fn import_bytes(mapping: &str, name: &str, bytes: &[u8], limits: Limits) -> (Vec<Item>, Counts) {
    let mapping = Mapping::parse(mapping).unwrap_or_else(|error| panic!("{error}\n{mapping}"));
    let file = mapping.source_file(0, name).unwrap();
    let mut items = Vec::new();
    let mut import = mapping.import_within(limits);
    let flow = import.read(&file, bytes, &mut |item| {
        items.push(item);
        ControlFlow::Continue(())
    });
    assert!(flow.is_continue());
    (items, import.counts())
}

/// What an import hands out, one line each; problems as people read them.
fn import(mapping: &str, name: &str, text: &str) -> Vec<String> {
    lines(import_bytes(mapping, name, text.as_bytes(), Limits::default()).0)
}

fn lines(items: Vec<Item>) -> Vec<String> {
    let line = |item| match item {
        Item::Asset(line) | Item::Annotation(line) => {
            serde_json::from_str::<serde_json::Value>(&line)
                .unwrap_or_else(|error| panic!("{error}: {line}"));
            line
        }
        Item::Problem(problem) => format!("! {problem}"),
        Item::Note(note) => panic!("{note}"),
    };
    items.into_iter().map(line).collect()
}

/// The annotations of a little mapping without what `BASE` gives.
fn short(keys: &str, name: &str, text: &str) -> Vec<String> {
    let head = r#"{"asset_id":"a","model":"m@1","type":"T","time_range":{"#;
    let cut = |line: String| line.strip_prefix(head).map_or(line.clone(), |rest| rest.to_owned());
    import(&format!("{BASE}{keys}"), name, text).into_iter().map(cut).collect()
}

/// The times of a little mapping: `start-end`, or the problem.
fn times(keys: &str, name: &str, text: &str) -> Vec<String> {
    let time = |line: String| match serde_json::from_str::<serde_json::Value>(&line) {
        Ok(line) => {
            format!("{}-{}", line["time_range"]["start_time_ns"], line["time_range"]["end_time_ns"])
        }
        Err(_) => line,
    };
    import(&format!("{BASE}{keys}"), name, text).into_iter().map(time).collect()
}
