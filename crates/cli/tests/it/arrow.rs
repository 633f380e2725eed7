//! Annotations as Arrow record batches, by the command line.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{Field, Schema};
use serde_json::json;

use crate::support::Place;

/// A row: asset, model (none: null), start in seconds, label.
type ArrowRow<'a> = (&'a str, Option<&'a str>, i64, &'a str);

/// A batch of rows of one second each; `padding` bytes in a column that means nothing go with every row.
fn batch(rows: &[ArrowRow<'_>], padding: usize) -> RecordBatch {
    let pad = vec![0u8; padding];
    let second = |n: i64| n * 1_000_000_000;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("asset_id", Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.0)))),
        ("model", Arc::new(rows.iter().map(|r| r.1).collect::<StringArray>())),
        ("type", Arc::new(StringArray::from(vec!["CHARACTER_SEARCH"; rows.len()]))),
        ("movie_id", Arc::new(StringArray::from(vec!["film"; rows.len()]))),
        ("start_time_ns", Arc::new(rows.iter().map(|r| second(r.2)).collect::<Int64Array>())),
        ("end_time_ns", Arc::new(rows.iter().map(|r| second(r.2 + 1)).collect::<Int64Array>())),
        ("label", Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.3)))),
        ("thumbnail", Arc::new(BinaryArray::from_iter_values(rows.iter().map(|_| &pad)))),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, c)| Field::new(*name, c.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, c)| c).collect())
        .unwrap()
}

fn stream(batches: &[RecordBatch]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = StreamWriter::try_new(&mut out, &batches[0].schema()).unwrap();
    batches.iter().for_each(|b| writer.write(b).unwrap());
    writer.finish().unwrap();
    drop(writer);
    out
}

/// Where a label is present, as (asset, start in seconds).
fn starts(place: &Place, label: &str) -> Vec<(String, f64)> {
    let moments = place.moments(&json!({"all": [{"label": label}]}));
    moments.into_iter().map(|(asset, start, _)| (asset, start)).collect()
}

#[test]
fn several_files_of_record_batches_replace_as_one_run() {
    let place = Place::new();
    let model = Some("faces@3");
    let old = place.file("old.arrow", stream(&[batch(&[("one", model, 1, "Joey")], 0)]));
    place.run(&["ingest", old.to_str().unwrap()]).ok().says("1 accepted");
    let first = [("one", model, 11, "Joey"), ("two", model, 3, "Joey")];
    let first = place.file("p1.arrow", stream(&[batch(&first, 0), batch(&[("one", model, 21, "Joey")], 0)]));
    let second = place.file("p2.arrow", stream(&[batch(&[("one", Some("faces@3"), 31, "Joey")], 0)]));
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    let report = place.run(&["ingest", "--replace", "--wait", "--json", first, second]).ok().json();
    assert_eq!((&report["accepted"], &report["runs"]), (&json!(4), &json!(2)));
    let expect = [("one", 11.0), ("one", 21.0), ("one", 31.0), ("two", 3.0)];
    assert_eq!(starts(&place, "Joey"), expect.map(|(asset, start)| (asset.to_owned(), start)));
    // The same lines as JSON in the same command: still one run.
    let line =
        crate::support::line("one", "faces@3", "CHARACTER_SEARCH", 41.0, 42.0, json!({"label": "Joey"}));
    let lines = place.file("p3.jsonl", line);
    place.run(&["ingest", "--replace", "--wait", second, lines.to_str().unwrap()]).ok().says("2 accepted");
    let expect = [("one", 31.0), ("one", 41.0), ("two", 3.0)];
    assert_eq!(starts(&place, "Joey"), expect.map(|(asset, start)| (asset.to_owned(), start)));
}

#[test]
fn files_longer_than_a_request_are_sent_in_parts() {
    // 72 MiB, above what the server takes at once: as a few batches, and as a single one.
    let rows: Vec<String> = (0..72).map(|n| format!("l{n}")).collect();
    let rows: Vec<ArrowRow<'_>> =
        (0..).zip(&rows).map(|(n, label)| ("one", Some("faces@3"), n * 2, label.as_str())).collect();
    let parts: Vec<RecordBatch> = rows.chunks(5).map(|part| batch(part, 1 << 20)).collect();
    let place = Place::new();
    let parts = place.file("parts.arrow", stream(&parts));
    place.run(&["ingest", "--wait", parts.to_str().unwrap()]).ok().says("72 accepted");
    assert_eq!(starts(&place, "l71"), [("one".to_owned(), 142.0)]);
    let whole = place.file("whole.arrow", stream(&[batch(&rows, 1 << 20)]));
    let whole = whole.to_str().unwrap();
    place.run(&["ingest", whole]).ok().says("0 accepted, 72 there already");
    let report = place.run(&["ingest", "--replace", "--wait", "--json", whole]).ok().json();
    assert_eq!((&report["accepted"], &report["runs"]), (&json!(72), &json!(1)));
    assert_eq!(starts(&place, "l0"), [("one".to_owned(), 0.0)]);
}

#[test]
fn refused_rows_are_named_by_their_number_in_the_file() {
    let place = Place::new();
    let good = |n: i64| ("one", Some("faces@3"), n, "Joey");
    let batches =
        [batch(&[good(1), good(3)], 0), batch(&[good(5), ("one", None, 7, "Joey"), good(-9), good(9)], 0)];
    let file = place.file("rows.arrow", stream(&batches));
    let name = file.to_str().unwrap();
    for args in [&["ingest", name][..], &["ingest", "--replace", name], &["ingest", "--dry-run", name]] {
        let ran = place.run(args).code(1).warns(&format!("{name}:4: `/model`:")).warns(&format!("{name}:5:"));
        assert!(ran.out.contains("2 refused"), "{args:?}: {ran:?}");
    }
    let strict = place.run(&["ingest", "--replace", "--strict", name]).code(1);
    strict.says("0 accepted").warns("nothing was replaced");
    place.run(&["status"]).ok();
    assert_eq!(starts(&place, "Joey").len(), 4);
}

#[test]
fn a_stream_that_breaks_off_replaces_nothing() {
    let place = Place::new();
    let model = Some("faces@3");
    let old = place.file("old.arrow", stream(&[batch(&[("one", model, 1, "Joey")], 0)]));
    place.run(&["ingest", "--wait", old.to_str().unwrap()]).ok();
    let new = stream(&[batch(&[("one", model, 11, "Joey")], 0), batch(&[("one", model, 21, "Joey")], 0)]);
    let cut = place.file("cut.arrow", &new[..new.len() - 100]);
    let name = cut.to_str().unwrap();
    place.run(&["ingest", "--replace", name]).code(1).warns(name).warns("the Arrow stream is malformed");
    let place_of = |at: usize, byte: u8| {
        let mut bytes = new.clone();
        bytes[at] = byte;
        place.file("odd.arrow", bytes)
    };
    // Whatever a length says, it is an error and no more memory than the file has.
    for at in [4, 5, 6, 7, 100, new.len() / 2] {
        let odd = place_of(at, 0xee);
        place.run(&["ingest", "--replace", "--dry-run", odd.to_str().unwrap()]);
    }
    assert_eq!(starts(&place, "Joey"), [("one".to_owned(), 1.0)]);
}
