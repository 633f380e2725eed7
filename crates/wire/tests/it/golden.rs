//! What older versions wrote, byte for byte: it must be read for ever, and is written the same.

use std::fmt::Write;

use rushes_types::*;
use rushes_wire::codec::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    let hex: Vec<u8> = hex.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    hex.chunks_exact(2).map(pair).collect()
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

fn full_annotation() -> FusedAnnotation {
    let annotation = Annotation {
        asset: AssetId::new("a").unwrap(),
        model: ModelRef::parse("speech@7").unwrap(),
        run: RunId::new("r-1").unwrap(),
        id: AnnotationId::new("line 12").unwrap(),
        kind: AnnotationType::new("DIALOGUE_SEARCH").unwrap(),
        range: TimeRange::new(1_500_000_000, 3_600_000_000_000).unwrap(),
        label: Some("Joey".to_owned()),
        text: Some("How you doin'?".to_owned()),
        words: vec![
            Word {
                text: "How".to_owned(),
                range: TimeRange::new(1_500_000_000, 1_700_000_000).unwrap(),
                confidence: Some(0.25),
            },
            Word {
                text: "you".to_owned(),
                range: TimeRange::new(1_700_000_000, 1_700_000_000).unwrap(),
                confidence: None,
            },
        ],
        language: Some("en".to_owned()),
        vector: Some(vec![0.5, -1.25, f32::MIN_POSITIVE]),
        confidence: Some(0.875),
        attributes: attributes(),
    };
    let validities = vec![
        Validity { born: Commit(3), died: Commit(200) },
        Validity { born: Commit(70_000), died: Commit::NEVER },
    ];
    FusedAnnotation { annotation, validities, kept: true }
}

fn bare_annotation() -> FusedAnnotation {
    let mut fused = full_annotation();
    let annotation = &mut fused.annotation;
    (annotation.label, annotation.text, annotation.language) = (None, None, None);
    (annotation.vector, annotation.confidence) = (None, None);
    annotation.words.clear();
    annotation.attributes.clear();
    fused.validities.truncate(1);
    fused.kept = false;
    fused
}

fn bucket() -> Bucket {
    let member = |start_ns, end_ns, key| BucketMember { start_ns, key: AnnotationKey(key), end_ns };
    Bucket {
        no: BucketNo(61),
        annotations: vec![
            member(60_500_000_000, 61_250_000_000, 1 << 127),
            member(61_000_000_000, 61_000_000_000, 7),
            member(61_000_000_000, 90_000_000_000, u128::MAX),
        ],
        intersections: vec![
            Intersection { start_ns: 61_000_000_000, end_ns: 61_000_000_000, members: vec![0, 1, 2] },
            Intersection { start_ns: 61_000_000_000, end_ns: 61_250_000_000, members: vec![0, 2] },
        ],
        truncated: true,
    }
}

fn document() -> AssetDocument {
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
    let model = |name: &str, metric, encoder: Option<&str>| Model {
        model: ModelRef::parse(name).unwrap(),
        types: vec![AnnotationType::new("SHOT").unwrap(), AnnotationType::new("SCENE_SEARCH").unwrap()],
        language: encoder.map(|_| "de".to_owned()),
        space: Some(Space {
            id: SpaceId::new("space").unwrap(),
            dimensions: 512,
            metric,
            encoder: encoder.map(str::to_owned),
        }),
    };
    let bare =
        Model { model: ModelRef::parse("bare").unwrap(), types: Vec::new(), language: None, space: None };
    AssetDocument {
        asset,
        models: vec![model("clip@2", Metric::Cosine, Some("clip")), model("l2@1", Metric::L2, None), bare],
        analysed: vec![Analysed {
            model: ModelRef::parse("clip@2").unwrap(),
            run: RunId::new("r-1").unwrap(),
            range: TimeRange::new(0, 1_320_000_000_000).unwrap(),
            validity: Validity { born: Commit(9), died: Commit::NEVER },
        }],
    }
}

#[test]
fn rows_of_the_timeline_are_read_and_written_as_they_always_were() {
    let wrote = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        hex(&out)
    };
    let asset = AssetId::new("a").unwrap();
    for (fused, golden) in [(full_annotation(), ANNOTATION), (bare_annotation(), BARE_ANNOTATION)] {
        assert_eq!(wrote(&|out| encode_annotation(&fused, out)), golden);
        assert_eq!(decode_annotation(&asset, &bytes(golden)).unwrap(), fused);
    }
    assert_eq!(wrote(&|out| encode_bucket(&bucket(), out)), BUCKET);
    assert_eq!(decode_bucket(BucketNo(61), &bytes(BUCKET)).unwrap(), bucket());
    assert_eq!(wrote(&|out| encode_document(&document(), out)), DOCUMENT);
    assert_eq!(decode_document(&bytes(DOCUMENT)).unwrap(), document());
    let asset = document().asset;
    assert_eq!(wrote(&|out| encode_asset(&asset, out)), ASSET);
    assert_eq!(decode_asset(&bytes(ASSET)).unwrap(), asset);
    assert_eq!(wrote(&|out| encode_attributes(&attributes(), out)), ATTRIBUTES);
    assert_eq!(decode_attributes(&bytes(ATTRIBUTES)).unwrap(), attributes());
}

const ANNOTATION: &str = "\
    010180dea0cb0580e2c1badd6802f0a2040003c9010f4449414c4f4755455f53454152434801044a6f657908737065656368\
    403703722d31076c696e65203132010e486f7720796f7520646f696e273f0102656e01000000000000ec3f0203486f7780de\
    a0cb058084af5f01000000000000d03f03796f7580e2cfaa0600000a05666c6f61740360e5d022dbf93740046869676802fe\
    ffffffffffffffff01046c69737405030001010500036c6f7702ffffffffffffffffff01036d6170060205656d7074790600\
    047a65726f030000000000000080026e6f0100046e6f6e650005736d616c6c020504746578740407c3a92c20333030037965\
    73010101030000003f0000a0bf00008000";
const BARE_ANNOTATION: &str = "\
    010080dea0cb0580e2c1badd680103c9010f4449414c4f4755455f5345415243480008737065656368403703722d31076c69\
    6e65203132000000000000";
const BUCKET: &str = "\
    01010380f4a5e1c20380dea0cb05800000000000000000000000000000008094ebdc03000000000000000000000000000000\
    0007008088c788d801ffffffffffffffffffffffffffffffff02808891bec60300030001010080cab5ee01020002";
const DOCUMENT: &str = "\
    010673303165303107667269656e64730107736974636f6d730000010b30313a30303a30303a3030000000000102656e0111\
    2f6d656469612f7330316530312e6d6f76010201010180c08ce2ea4cc0bb01e90701000a05666c6f61740360e5d022dbf937\
    40046869676802feffffffffffffffff01046c69737405030001010500036c6f7702ffffffffffffffffff01036d61700602\
    05656d7074790600047a65726f030000000000000080026e6f0100046e6f6e650005736d616c6c020504746578740407c3a9\
    2c203330300379657301010306636c69704032020453484f540c5343454e455f534541524348010264650105737061636580\
    04000104636c6970046c324031020453484f540c5343454e455f534541524348000105737061636580040100066261726540\
    310000000106636c6970403203722d310080a086b1b5260900000000000000ffffffffffffffff";
const ASSET: &str = "\
    010673303165303107667269656e64730107736974636f6d730000010b30313a30303a30303a3030000000000102656e0111\
    2f6d656469612f7330316530312e6d6f76010201010180c08ce2ea4cc0bb01e90701000a05666c6f61740360e5d022dbf937\
    40046869676802feffffffffffffffff01046c69737405030001010500036c6f7702ffffffffffffffffff01036d61700602\
    05656d7074790600047a65726f030000000000000080026e6f0100046e6f6e650005736d616c6c020504746578740407c3a9\
    2c20333030037965730101";
const ATTRIBUTES: &str = "\
    0a05666c6f61740360e5d022dbf93740046869676802feffffffffffffffff01046c69737405030001010500036c6f7702ff\
    ffffffffffffffff01036d6170060205656d7074790600047a65726f030000000000000080026e6f0100046e6f6e65000573\
    6d616c6c020504746578740407c3a92c20333030037965730101";
