use proptest::prelude::*;
use rushes_types::*;
use rushes_wire::codec::*;

use crate::lines::annotation;

prop_compose! {
    fn fused()(annotation in annotation(), kept in any::<bool>(), cuts in prop::collection::btree_set(1u64..1000, 1..6)) -> FusedAnnotation {
        let cuts: Vec<u64> = cuts.into_iter().collect();
        let validities = cuts
            .chunks(2)
            .map(|c| Validity { born: Commit(c[0]), died: c.get(1).map_or(Commit::NEVER, |d| Commit(*d)) })
            .collect();
        FusedAnnotation { annotation, validities, kept }
    }
}

prop_compose! {
    fn bucket()(
        members in prop::collection::vec((any::<i64>(), any::<u128>(), any::<i64>()), 0..9),
        found in prop::collection::vec((any::<i64>(), any::<i64>(), prop::collection::btree_set(0u32..9, 0..9)), 0..4),
        truncated in any::<bool>(),
    ) -> Bucket {
        let n = members.len() as u32;
        Bucket {
            no: BucketNo(7),
            annotations: members.into_iter()
                .map(|(start_ns, key, end_ns)| BucketMember { start_ns, key: AnnotationKey(key), end_ns })
                .collect(),
            intersections: found.into_iter()
                .map(|(start_ns, end_ns, m)| Intersection {
                    start_ns, end_ns, members: m.into_iter().filter(|m| *m < n).collect(),
                })
                .collect(),
            truncated,
        }
    }
}

fn document() -> AssetDocument {
    let mut asset = Asset::new(AssetId::new("a").unwrap(), MovieId::new("m").unwrap());
    asset.season = Some(-3);
    asset.title = Some("The One".to_owned());
    asset.frame_rate = Some(FrameRate::parse("23.976").unwrap());
    asset.circled = Some(true);
    asset.attributes.insert("x".to_owned(), Value::List(vec![Value::Float(0.5), Value::Null]));
    let model = ModelRef::parse("clip@1").unwrap();
    AssetDocument {
        asset,
        models: vec![Model {
            model: model.clone(),
            types: vec![AnnotationType::new("SHOT").unwrap()],
            language: None,
            space: Some(Space {
                id: SpaceId::new("s").unwrap(),
                dimensions: 512,
                metric: Metric::L2,
                encoder: Some("e".to_owned()),
            }),
        }],
        analysed: vec![Analysed {
            model,
            run: RunId::new("r").unwrap(),
            range: TimeRange::everything(),
            validity: Validity::from(Commit(3)),
        }],
    }
}

#[test]
fn a_document_is_read_back_and_damage_is_no_panic() {
    let document = document();
    let mut bytes = Vec::new();
    encode_document(&document, &mut bytes);
    assert_eq!(decode_document(&bytes).unwrap(), document);
    for n in 0..bytes.len() {
        assert!(decode_document(&bytes[..n]).is_err());
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[n] ^= 1 << bit;
            let _ = decode_document(&damaged);
        }
    }
    bytes.clear();
    encode_asset(&document.asset, &mut bytes);
    assert_eq!(decode_asset(&bytes).unwrap(), document.asset);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn an_annotation_is_read_back(f in fused()) {
        let mut bytes = Vec::new();
        encode_annotation(&f, &mut bytes);
        prop_assert_eq!(&decode_annotation(&f.annotation.asset, &bytes).unwrap(), &f);
        let seen = peek(&bytes).unwrap();
        prop_assert_eq!(seen.range, f.annotation.range);
        prop_assert_eq!(seen.label, f.annotation.label.as_deref());
        prop_assert_eq!(seen.kind, f.annotation.kind.as_str());
        prop_assert_eq!(Some(&seen.last), f.validities.last());
        for n in 0..bytes.len() {
            prop_assert!(decode_annotation(&f.annotation.asset, &bytes[..n]).is_err());
        }
    }

    #[test]
    fn a_bucket_is_read_back(b in bucket()) {
        let mut bytes = Vec::new();
        encode_bucket(&b, &mut bytes);
        prop_assert_eq!(decode_bucket(b.no, &bytes).unwrap(), b);
    }

    #[test]
    fn damage_is_no_panic(f in fused(), b in bucket(), at in any::<usize>(), byte in any::<u8>()) {
        let mut bytes = Vec::new();
        encode_annotation(&f, &mut bytes);
        let n = at % bytes.len();
        bytes[n] = byte;
        let _ = decode_annotation(&f.annotation.asset, &bytes);
        let _ = peek(&bytes);
        bytes.clear();
        encode_bucket(&b, &mut bytes);
        let n = at % bytes.len();
        bytes[n] = byte;
        let _ = decode_bucket(b.no, &bytes);
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Some(first) = bytes.first_mut() {
            *first = 1;
        }
        let asset = AssetId::new("a").unwrap();
        let _ = decode_annotation(&asset, &bytes);
        let _ = decode_bucket(BucketNo(0), &bytes);
        let _ = decode_document(&bytes);
        let _ = decode_asset(&bytes);
        let _ = peek(&bytes);
    }
}
