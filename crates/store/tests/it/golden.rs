//! Records as older versions wrote them, byte for byte: they must be read for ever, and are written the same.

use std::fmt::Write;

use rushes_store::engine::*;
use rushes_store::{BlockFormat, Effect, Erased, LabelAliases, RunSegment};
use rushes_types::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    hex.as_bytes().chunks_exact(2).map(pair).collect()
}

/// One of every kind of value.
fn attributes() -> Attributes {
    let inner = Attributes::from([
        ("empty".to_owned(), Value::Map(Attributes::new())),
        ("zero".to_owned(), Value::Float(-0.0)),
    ]);
    Attributes::from([
        ("float".to_owned(), Value::Float(23.976)),
        ("high".to_owned(), Value::Int(i64::MAX)),
        ("list".to_owned(), Value::List(vec![Value::Null, Value::Bool(true), Value::List(Vec::new())])),
        ("low".to_owned(), Value::Int(i64::MIN)),
        ("map".to_owned(), Value::Map(inner)),
        ("no".to_owned(), Value::Bool(false)),
        ("none".to_owned(), Value::Null),
        ("small".to_owned(), Value::Int(-3)),
        ("text".to_owned(), Value::Text("é, 300".to_owned())),
        ("yes".to_owned(), Value::Bool(true)),
    ])
}

fn asset() -> Asset {
    let mut asset = Asset::new(AssetId::new("s01e01").unwrap(), MovieId::new("friends").unwrap());
    asset.collection = Some("sitcoms".to_owned());
    asset.season = Some(1);
    asset.episode = Some(-1);
    asset.duration_ns = Some(1_320_000_000_000);
    asset.frame_rate = Some(FrameRate::parse("24000/1001").unwrap());
    asset.start_timecode = Some("01:00:00:00".to_owned());
    asset.drop_frame = true;
    asset.circled = Some(false);
    asset.language = Some("en".to_owned());
    asset.path = Some("/media/s01e01.mov".to_owned());
    asset.attributes = attributes();
    asset
}

fn model() -> Model {
    Model {
        model: ModelRef::parse("clip@2").unwrap(),
        types: vec![AnnotationType::new("SHOT").unwrap(), AnnotationType::new("SCENE_SEARCH").unwrap()],
        language: Some("de".to_owned()),
        space: Some(Space {
            id: SpaceId::new("space").unwrap(),
            dimensions: 512,
            metric: Metric::L2,
            encoder: Some("clip".to_owned()),
        }),
    }
}

fn run() -> RunRow {
    RunRow {
        run: Run {
            id: RunId::new("run-1").unwrap(),
            asset: AssetId::new("s01e01").unwrap(),
            model: ModelRef::parse("clip@2").unwrap(),
            mode: RunMode::Replace,
            coverage: Some(TimeRange::new(1_000_000_000, 2_000_000_000).unwrap()),
            state: RunState::Committed,
            visibility: Visibility::Kept,
            committed: Some(Commit(300)),
            annotations: 70_000,
        },
        segment: (1 << 62) + 1,
        blocks: 3,
    }
}

fn effects() -> Vec<(Effect, &'static str)> {
    let segment = run().as_segment();
    let loose = RunSegment {
        id: 5,
        model: ModelRef::parse("faces").unwrap(),
        run: RunId::loose(),
        mode: RunMode::Append,
        coverage: None,
        annotations: 2,
    };
    let erased = Erased::Annotation {
        model: ModelRef::parse("faces@1").unwrap(),
        run: RunId::loose(),
        id: AnnotationId::new("x").unwrap(),
        start_ns: 1_500_000_000,
    };
    vec![
        (Effect::Registered, REGISTERED),
        (Effect::Segment(segment.clone()), SEGMENT),
        (Effect::Segment(loose), LOOSE),
        (Effect::Restored(segment), RESTORED),
        (Effect::Visibility(RunId::new("run-1").unwrap(), Visibility::Archived), ARCHIVED),
        (Effect::Erased(Erased::Asset), ERASED_ASSET),
        (Effect::Erased(Erased::Model(ModelRef::parse("clip@2").unwrap())), ERASED_MODEL),
        (Effect::Erased(Erased::Run(RunId::new("run-1").unwrap())), ERASED_RUN),
        (Effect::Erased(erased), ERASED_ANNOTATION),
    ]
}

#[test]
fn records_are_read_and_written_as_they_always_were() {
    assert_eq!(hex(&encode_asset(&asset()).unwrap()), ASSET);
    assert_eq!(decode_asset(&bytes(ASSET)).unwrap(), asset());
    assert_eq!(hex(&encode_model(&model())), MODEL);
    assert_eq!(decode_model(&bytes(MODEL)).unwrap(), model());
    let label = LabelAliases {
        kind: AnnotationType::new("CHARACTER_SEARCH").unwrap(),
        label: "Joey".to_owned(),
        aliases: vec!["Joseph Tribbiani".to_owned(), "Dr. Drake Ramoray".to_owned()],
    };
    assert_eq!(hex(&encode_label(&label)), LABEL);
    assert_eq!(decode_label(&bytes(LABEL)).unwrap(), label);
    assert_eq!(hex(&run().encode()), RUN);
    assert_eq!(RunRow::decode(&bytes(RUN)).unwrap(), run());
    for (effect, golden) in effects() {
        assert_eq!(hex(&encode_effect(&effect)), golden);
        assert_eq!(decode_effect(&bytes(golden)).unwrap(), effect);
    }
}

#[test]
fn blocks_are_read_and_written_as_they_always_were() {
    let short = b"{\"a\":1}\n\n{}\n";
    assert_eq!(hex(&encode_block(BlockFormat::Lines, &[0, 2], &pack(short))), SHORT_BLOCK);
    let block = decode_block(&bytes(SHORT_BLOCK)).unwrap();
    assert_eq!(
        (block.format, &*block.positions, &*block.bytes),
        (BlockFormat::Lines, &[0, 2][..], &short[..])
    );
    // What a compressor makes may differ from one version of it to the next; what it made must be read.
    let long = b"ARROW1 ".repeat(40);
    let block = decode_block(&bytes(LONG_BLOCK)).unwrap();
    assert_eq!(
        (block.format, &*block.positions, &*block.bytes),
        (BlockFormat::Arrow, &[0, 1, 2, 9][..], &*long)
    );
    assert_eq!(hex(&encode_block(BlockFormat::Arrow, &[0, 1, 2, 9], &pack(&long))), LONG_BLOCK);
}

const ASSET: &str = "\
    0673303165303107667269656e64730107736974636f6d730001020101000180c08ce2ea4c01c0bb01e907010b30313a3030\
    3a30303a3030010000000001000102656e01112f6d656469612f7330316530312e6d6f760a05666c6f6174044037f9db22d0\
    e560046869676803feffffffffffffffff01046c697374060300020600036c6f7703ffffffffffffffffff01036d61700702\
    05656d7074790700047a65726f048000000000000000026e6f01046e6f6e650005736d616c6c030504746578740507c3a92c\
    203330300379657302";
const MODEL: &str = "\
    06636c69704032020453484f540c5343454e455f53454152434801026465010573706163658004026c320104636c6970";
const LABEL: &str = "\
    104348415241435445525f534541524348044a6f657902104a6f7365706820547269626269616e691144722e204472616b65\
    2052616d6f726179";
const RUN: &str = "\
    0572756e2d310673303165303106636c69704032000180a8d6b90780d0acf30e0101ac02f0a20481808080808080804003";
const REGISTERED: &str = "00";
const SEGMENT: &str = "0181808080808080804006636c697040320572756e2d31000180a8d6b90780d0acf30ef0a204";
const LOOSE: &str = "01050766616365734031012d010002";
const RESTORED: &str = "0281808080808080804006636c697040320572756e2d31000180a8d6b90780d0acf30ef0a204";
const ARCHIVED: &str = "030572756e2d3100";
const ERASED_ASSET: &str = "04";
const ERASED_MODEL: &str = "0506636c69704032";
const ERASED_RUN: &str = "060572756e2d31";
const ERASED_ANNOTATION: &str = "070766616365734031012d017880bcc1960b";
const SHORT_BLOCK: &str = "00000c02000101017b2261223a317d0a0a7b7d0a";
const LONG_BLOCK: &str = "0101980202000306017f4152524f5731200700f86052524f573120";
