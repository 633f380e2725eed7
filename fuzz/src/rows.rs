//! Rows of our tables: what a damaged disk or another program could put there is refused, and what is read is written back as it was.

use rushes_store::engine::{
    RunRow, decode_asset, decode_block, decode_effect, decode_label, decode_model, encode_asset,
    encode_block, encode_effect, encode_label, encode_model, pack,
};
use rushes_store::{BlockFormat, Effect, Erased, LabelAliases};
use rushes_testkit::index_history::History;
use rushes_testkit::index_suite::document;
use rushes_types::{
    AnnotationId, AnnotationType, AssetId, Attributes, Bucket, BucketMember, BucketNo, FusedAnnotation,
    Intersection, ModelRef, RunId,
};
use rushes_wire::codec::{
    AnnotationDecoder, decode_annotation, decode_attributes, decode_bucket, decode_document,
    encode_annotation, encode_attributes, encode_bucket, encode_document, peek,
};

use crate::{Target, kafka_format};

pub fn targets() -> Vec<Target> {
    vec![
        Target::new("store-records", records, record_seeds()),
        Target::new("store-block", block, block_seeds()),
        Target::new(
            "store-rows",
            rushes_store::fuzzing::rows,
            vec![vec![9, 5, 0, 1, 1, b'a'], vec![1, 2, 3, 4, 5]],
        ),
        Target::new(
            "events-rows",
            rushes_events::fuzzing::rows,
            vec![vec![0, 0, 0, 0, 0, 0, 0, 0, 9, b'a'], vec![1; 9]],
        ),
        Target::new(
            "kafka-event",
            kafka_event,
            [r#"{"v":1,"asset":"friends-s01e01","commit":12}"#, r#"{"v":1,"watermark":12}"#, "watermark=7"]
                .map(|text| text.as_bytes().to_vec())
                .to_vec(),
        ),
        Target::new(
            "fused-rows",
            rushes_timeline::fuzzing::rows,
            vec![vec![9, 0, 0, 0, 0, 0, 0, 0, b'a'], vec![0; 13]],
        ),
        Target::new("codec-annotation", annotation, fused().iter().map(coded).collect()),
        Target::new("codec-document", asset_document, vec![coded_document()]),
        Target::new("codec-bucket", bucket, bucket_seeds()),
        Target::new("codec-attributes", attributes, attribute_seeds()),
    ]
}

/// Annotations of a made-up history, with all that one can have.
pub fn fused() -> Vec<FusedAnnotation> {
    let mut history = History::new(5);
    (0..30).for_each(|_| history.step());
    history.annotations().into_iter().take(24).collect()
}

fn coded(fused: &FusedAnnotation) -> Vec<u8> {
    let mut out = Vec::new();
    encode_annotation(fused, &mut out);
    out
}

fn coded_document() -> Vec<u8> {
    let mut out = Vec::new();
    encode_document(&document("a"), &mut out);
    out
}

/// What is read, written and read again is the same. By its printed form: a number that is none equals nothing.
fn same<T: std::fmt::Debug>(read: &T, again: Result<T, rushes_types::Error>) {
    let again = again.unwrap_or_else(|error| panic!("what was written is not read: {error}: {read:?}"));
    assert_eq!(format!("{again:?}"), format!("{read:?}"));
}

fn kafka_event(data: &[u8]) {
    if let Ok(event) = kafka_format::decode(3, Some(data)) {
        let mut written = Vec::new();
        kafka_format::encode(&event, &mut written).expect("what was read can be written");
        assert_eq!(kafka_format::decode(3, Some(&written)), Ok(event));
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let read = kafka_format::decode_metadata(text);
        assert_eq!(kafka_format::decode_metadata(&kafka_format::encode_metadata(read)), read);
    }
}

/// The first byte chooses the record.
fn records(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    match kind % 5 {
        0 => {
            let Ok(asset) = decode_asset(bytes) else { return };
            if let Ok(written) = encode_asset(&asset) {
                same(&asset, decode_asset(&written));
            }
        }
        1 => {
            let Ok(model) = decode_model(bytes) else { return };
            same(&model, decode_model(&encode_model(&model)));
        }
        2 => {
            let Ok(label) = decode_label(bytes) else { return };
            same(&label, decode_label(&encode_label(&label)));
        }
        3 => {
            let Ok(run) = RunRow::decode(bytes) else { return };
            same(&run, RunRow::decode(&run.encode()));
        }
        _ => {
            let Ok(effect) = decode_effect(bytes) else { return };
            same(&effect, decode_effect(&encode_effect(&effect)));
        }
    }
}

fn record_seeds() -> Vec<Vec<u8>> {
    let document = document("a");
    let (model, run) = (ModelRef::parse("m@1").expect("a model"), RunId::loose());
    let label = LabelAliases {
        kind: AnnotationType::new("T").expect("a type"),
        label: "Mara".to_owned(),
        aliases: vec!["the captain".to_owned()],
    };
    let erased = Erased::Annotation { model, run, id: AnnotationId::new("1").expect("an id"), start_ns: -5 };
    let mut seeds = vec![
        [vec![0], encode_asset(&document.asset).expect("an asset")].concat(),
        [vec![2], encode_label(&label)].concat(),
        // A run: names, mode, coverage, state, numbers.
        [&[3, 1, b'r', 1, b'a', 3][..], b"m@1", &[0, 1, 0, 8, 1, 1, 9, 5, 4, 2]].concat(),
        [vec![4], encode_effect(&Effect::Erased(erased))].concat(),
        [&[4, 1, 9, 3][..], b"m@1", &[1, b'-', 1, 1, 0, 8, 5]].concat(),
    ];
    seeds.extend(document.models.iter().map(|model| [vec![1], encode_model(model)].concat()));
    seeds
}

fn block(data: &[u8]) {
    let Ok(block) = decode_block(data) else { return };
    let written = encode_block(block.format, &block.positions, &pack(&block.bytes));
    same(&block, decode_block(&written));
}

fn block_seeds() -> Vec<Vec<u8>> {
    let line = "{\"asset_id\":\"a\",\"model\":\"m\",\"type\":\"T\"}\n".repeat(9);
    vec![
        encode_block(BlockFormat::Lines, &[0, 1, 2, 5, 8], &pack(line.as_bytes())),
        encode_block(BlockFormat::Arrow, &[0], &pack(b"x")),
    ]
}

fn annotation(data: &[u8]) {
    let _ = peek(data);
    let asset = AssetId::new("a").expect("an id");
    let read = decode_annotation(&asset, data);
    let shared = AnnotationDecoder::new(asset.clone()).decode(data);
    assert_eq!(format!("{read:?}"), format!("{shared:?}"));
    let Ok(fused) = read else { return };
    same(&fused, decode_annotation(&asset, &coded(&fused)));
}

fn asset_document(data: &[u8]) {
    let Ok(document) = decode_document(data) else { return };
    let mut out = Vec::new();
    encode_document(&document, &mut out);
    same(&document, decode_document(&out));
}

fn bucket(data: &[u8]) {
    let no = BucketNo(7);
    let Ok(bucket) = decode_bucket(no, data) else { return };
    let mut out = Vec::new();
    encode_bucket(&bucket, &mut out);
    same(&bucket, decode_bucket(no, &out));
}

fn bucket_seeds() -> Vec<Vec<u8>> {
    let member = |fused: &FusedAnnotation| {
        let range = fused.annotation.range;
        BucketMember { start_ns: range.start_ns(), end_ns: range.end_ns(), key: fused.annotation.key() }
    };
    let annotations: Vec<BucketMember> = fused().iter().take(4).map(member).collect();
    let members = (0..).take(annotations.len()).collect();
    let found = Intersection { start_ns: 7_000_000_000, end_ns: 7_500_000_000, members };
    let mut out = Vec::new();
    encode_bucket(
        &Bucket { no: BucketNo(7), annotations, intersections: vec![found], truncated: false },
        &mut out,
    );
    vec![out]
}

fn attributes(data: &[u8]) {
    let Ok(attributes) = decode_attributes(data) else { return };
    let mut out = Vec::new();
    encode_attributes(&attributes, &mut out);
    same(&attributes, decode_attributes(&out));
}

fn attribute_seeds() -> Vec<Vec<u8>> {
    let json = r#"{"a":[1,-2,null,true,1.5,{"b":"c","d":{}}],"e":"f"}"#;
    let attributes: Attributes = rushes_wire::values::attributes_from_json(json).expect("attributes");
    let mut out = Vec::new();
    encode_attributes(&attributes, &mut out);
    vec![out]
}
