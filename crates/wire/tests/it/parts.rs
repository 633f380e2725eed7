//! A stream in parts: whatever its batches, every row arrives once, under its number, and what is broken is an error.

use std::sync::Arc;

use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{Field, Schema};
use rushes_types::ErrorKind;
use rushes_types::limits::Limits;
use rushes_wire::arrow::{Part, PartOptions, Parts, split_arrow, stream_of};
use rushes_wire::batch::SplitOptions;

/// Rows of an asset and a model, the model by dictionary; the first starts at `first` nanoseconds.
fn batch(first: i64, rows: &[(&str, Option<&str>)]) -> RecordBatch {
    let n = rows.len() as i64;
    let mut models = StringDictionaryBuilder::<Int32Type>::new();
    rows.iter().for_each(|r| models.append_option(r.1));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("asset_id", Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.0)))),
        ("model", Arc::new(models.finish())),
        ("movie_id", Arc::new(StringArray::from_iter_values(rows.iter().map(|_| "film")))),
        ("type", Arc::new(StringArray::from(vec!["SCENE_SEARCH"; rows.len()]))),
        ("start_time_ns", Arc::new((first..first + n).collect::<Int64Array>())),
        ("end_time_ns", Arc::new((first + 1..=first + n).collect::<Int64Array>())),
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

fn parts(bytes: &[u8], cut: PartOptions) -> rushes_types::Result<Vec<Part>> {
    let mut parts = Parts::new(bytes, cut);
    let mut all = Vec::new();
    while let Some(batch) = parts.next_batch()? {
        all.extend(batch);
    }
    Ok(all)
}

/// (number in the stream, start) of the rows of a part, as the server reads them.
fn rows(part: &Part) -> Vec<(u64, i64)> {
    let limits = Limits::default();
    let options = SplitOptions { limits: &limits, space_of: &|_| None, threads: 1 };
    let request = split_arrow(&stream_of(&part.head, &part.batch), &options).unwrap();
    assert_eq!(request.sent, part.rows.len() as u64);
    let mut rows: Vec<(u64, i64)> = request
        .blocks
        .iter()
        .flat_map(|b| &b.rows)
        .map(|row| (part.rows[row.source as usize - 1], row.start_ns))
        .collect();
    rows.sort_unstable();
    rows
}

#[test]
fn every_row_arrives_once_under_its_number() {
    let (a, b, spelled) = (("one", Some("clip@1")), ("two", Some("clip@1")), ("one", Some("clip")));
    let batches = [batch(100, &[a, b, a]), batch(200, &[a, a]), batch(300, &[spelled, b, ("one", None)])];
    let bytes = stream(&batches);
    for bytes_max in [1, 600, 1 << 20] {
        for by_run in [false, true] {
            let parts = parts(&bytes, PartOptions { by_run, bytes_max }).unwrap();
            let named: usize = parts.iter().map(|p| p.rows.len()).sum();
            assert_eq!(named, 8);
            let mut all: Vec<(u64, i64)> = parts.iter().flat_map(rows).collect();
            all.sort_unstable();
            // The last row names no model: the server refuses it.
            let expect = [(1, 100), (2, 101), (3, 102), (4, 200), (5, 201), (6, 300), (7, 301)];
            assert_eq!(all, expect, "{by_run} {bytes_max}");
            for run in parts.iter().filter_map(|p| p.run.as_ref()) {
                assert_eq!(run.movie.as_deref(), Some("film"));
            }
            assert_eq!(parts.iter().any(|p| p.run.is_some()), by_run);
        }
    }
    // What is about one asset and model goes as it was sent.
    let whole = parts(&bytes, PartOptions { by_run: true, bytes_max: 1 << 20 }).unwrap();
    let verbatim = whole.iter().find(|p| p.rows == [4, 5]).unwrap();
    assert!(bytes.windows(verbatim.batch.len()).any(|window| window == verbatim.batch));
}

#[test]
fn whatever_is_broken_is_an_error_and_no_panic() {
    let bytes = stream(&[batch(0, &[("one", Some("clip@1")), ("two", Some("clip@2"))])]);
    let cut = PartOptions { by_run: true, bytes_max: 400 };
    for end in 0..bytes.len() - 8 {
        // A stream that ends between two messages is whole: the end mark is not required.
        if let Err(error) = parts(&bytes[..end], cut) {
            assert_eq!(error.kind(), ErrorKind::Invalid, "{end}: {error}");
        }
    }
    for at in 0..bytes.len() {
        let mut odd = bytes.clone();
        odd[at] ^= 0x5a;
        let _ = parts(&odd, cut);
    }
    assert_eq!(parts(b"", cut).unwrap_err().kind(), ErrorKind::Invalid);
}
