use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::{Float32Type, Int32Type};
use arrow_array::*;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{Field, Schema};
use proptest::prelude::*;
use rushes_types::limits::Limits;
use rushes_types::*;
use rushes_wire::arrow::split_arrow;
use rushes_wire::batch::SplitOptions;
use rushes_wire::*;

fn batch(assets: &[&str], labels: &[Option<&str>], dictionary: bool) -> RecordBatch {
    let n = assets.len() as i64;
    let label: ArrayRef = if dictionary {
        let mut builder = StringDictionaryBuilder::<Int32Type>::new();
        labels.iter().for_each(|l| builder.append_option(*l));
        Arc::new(builder.finish())
    } else {
        Arc::new(StringArray::from(labels.to_vec()))
    };
    let vectors = (0..n).map(|i| (i % 2 == 0).then(|| vec![Some(i as f32 + 1.0), Some(0.25)]));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("asset_id", Arc::new(StringArray::from(assets.to_vec()))),
        ("model", Arc::new(StringArray::from(vec!["clip@1"; assets.len()]))),
        ("type", Arc::new(StringArray::from(vec!["SCENE_SEARCH"; assets.len()]))),
        ("start_time_ns", Arc::new((0..n).collect::<Int64Array>())),
        ("end_time_ns", Arc::new((0..n).map(|i| i + 10).collect::<Int64Array>())),
        ("label", label),
        ("confidence_score", Arc::new((0..n).map(|i| (i != 1).then_some(0.5f32)).collect::<Float32Array>())),
        ("attributes", Arc::new(StringArray::from(vec![Some(r#"{"x":1}"#); assets.len()]))),
        (
            "embedding_vector",
            Arc::new(FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(vectors, 2)),
        ),
        ("something_else", Arc::new(StringArray::from(vec!["kept"; assets.len()]))),
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

fn split(body: &[u8]) -> Result<Request> {
    let limits = Limits::default();
    split_arrow(body, &SplitOptions { limits: &limits, space_of: &|_| None, threads: 1 })
}

fn context(block: &GroupedBlock) -> BlockContext {
    BlockContext { asset: block.asset.clone(), model: block.model.clone(), run: RunId::loose() }
}

fn decode(block: &GroupedBlock) -> Vec<Annotation> {
    let positions: Vec<u32> = block.rows.iter().map(|r| r.position).collect();
    decode_block(BlockFormat::Arrow, &block.bytes, &positions, &context(block)).unwrap()
}

fn contains(bytes: &[u8], what: &str) -> bool {
    bytes.windows(what.len()).any(|w| w == what.as_bytes())
}

#[test]
fn a_batch_of_one_asset_and_model_is_kept_as_sent() {
    for dictionary in [false, true] {
        let sent = stream(&[batch(&["a"; 3], &[Some("kitchen"), None, Some("office")], dictionary)]);
        let request = split(&sent).unwrap();
        assert!(request.errors.is_empty() && request.blocks.len() == 1 && request.sent == 3);
        let block = &request.blocks[0];
        assert_eq!(block.bytes, sent, "the writer wrote one batch and an end mark, as we do");
        let got = decode(block);
        assert_eq!(got[0].label.as_deref(), Some("kitchen"));
        assert_eq!(got[0].vector.as_deref(), Some(&[1.0, 0.25][..]));
        assert_eq!((got[1].vector.as_ref(), got[1].confidence), (None, None));
        assert_eq!(got[2].attributes["x"], Value::Int(1));
        assert_eq!(got[2].id, block.rows[2].id);
        let rows = headers_of_block(BlockFormat::Arrow, &block.bytes, &[0, 2], &context(block)).unwrap();
        assert_eq!(
            rows,
            [block.rows[0].clone(), block.rows[2].clone()],
            "as it was told when they were taken"
        );
        let other = BlockContext { asset: AssetId::new("b").unwrap(), ..context(block) };
        assert!(headers_of_block(BlockFormat::Arrow, &block.bytes, &[0], &other).is_err());
    }
}

#[test]
fn a_line_and_a_row_that_say_the_same_have_the_same_id() {
    let request = split(&stream(&[batch(&["a"], &[Some("kitchen")], false)])).unwrap();
    let line = r#"{"asset_id":"a","model":"clip@1","type":"SCENE_SEARCH","time_range":{"start_time_ns":0,"end_time_ns":10},
        "label":"kitchen","confidence_score":0.5,"attributes":{"x":1},"embedding_vector":[1,0.25]}"#;
    let digest = parse_line(line.as_bytes(), &Limits::default()).unwrap().digest();
    assert_eq!(request.blocks[0].rows[0].digest, digest);
}

#[test]
fn a_mixed_batch_is_rewritten_so_that_assets_share_no_bytes() {
    for dictionary in [false, true] {
        let labels = [Some("kitchen"), Some("office"), Some("garden"), Some("attic")];
        let body =
            stream(&[batch(&["a", "b", "a", ""], &labels, dictionary), batch(&["c"], &[None], dictionary)]);
        let Ok(request) = split(&body) else { panic!("a dictionary may not change: not this stream") };
        assert_eq!(request.errors.len(), 1);
        assert_eq!((request.errors[0].line, request.errors[0].pointer.as_str()), (4, "/asset_id"));
        let names: Vec<&str> = request.blocks.iter().map(|b| b.asset.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        let a = &request.blocks[0];
        assert_eq!(decode(a).iter().map(|x| x.range.start_ns()).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(a.rows.iter().map(|r| r.source).collect::<Vec<_>>(), [1, 3]);
        assert!(contains(&a.bytes, "garden") && contains(&a.bytes, "kept"));
        assert!(!contains(&a.bytes, "office") && !contains(&a.bytes, "attic"));
    }
}

#[test]
fn a_redacted_row_leaves_no_bytes_and_the_others_their_place() {
    for dictionary in [false, true] {
        let body =
            stream(&[batch(&["a"; 3], &[Some("kitchen"), Some("office"), Some("garden")], dictionary)]);
        let block = split(&body).unwrap().blocks.remove(0);
        let redacted = redact(BlockFormat::Arrow, &block.bytes, &BTreeSet::from([1])).unwrap();
        assert!(contains(&block.bytes, "office") && !contains(&redacted, "office"));
        let got = decode_block(BlockFormat::Arrow, &redacted, &[0, 2], &context(&block)).unwrap();
        assert_eq!(got[1].label.as_deref(), Some("garden"));
        assert_eq!(got[1].id, block.rows[2].id);
        let gone = decode_block(BlockFormat::Arrow, &redacted, &[1], &context(&block));
        assert_eq!(gone.unwrap_err().kind(), ErrorKind::Corrupt);
        let twice = redact(BlockFormat::Arrow, &redacted, &BTreeSet::from([0])).unwrap();
        assert_eq!(decode_block(BlockFormat::Arrow, &twice, &[2], &context(&block)).unwrap().len(), 1);
    }
}

#[test]
fn a_stream_without_what_is_needed_is_refused() {
    let full = batch(&["a"], &[None], false);
    let missing = full.project(&[0, 1, 2, 4]).unwrap();
    assert_eq!(split(&stream(&[missing])).unwrap_err().pointer(), Some("/start_time_ns"));
    assert!(split(b"").is_err());
    assert!(split(b"{\"asset_id\":1}").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = split(&bytes);
    }

    #[test]
    fn a_damaged_stream_makes_no_panic(
        damage in prop::collection::vec((any::<usize>(), any::<u8>()), 1..4),
        dictionary in any::<bool>(),
    ) {
        let labels = [Some("kitchen"), None, Some("office")];
        let mut body = stream(&[batch(&["a", "a", "b"], &labels, dictionary)]);
        for (at, byte) in damage {
            let n = at % body.len();
            body[n] = byte;
        }
        if let Ok(request) = split(&body) {
            for block in &request.blocks {
                let _ = redact(BlockFormat::Arrow, &block.bytes, &BTreeSet::from([0]));
            }
        }
    }
}
