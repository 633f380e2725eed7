use rushes_types::limits::Limits;
use rushes_types::*;
use rushes_wire::records::*;
use rushes_wire::render::*;

#[test]
fn an_asset_line_keeps_what_it_does_not_know_as_attributes() {
    let line = r#"{"asset_id":"s01e01","movie_id":"friends","season":1,"episode":1,"frame_rate":"29.97",
        "start_timecode":"01:00:00;00","duration_ns":1320000000000,"circled":true,"path":"/m/a.mkv",
        "director":"James","attributes":{"rating":4.5}}"#;
    let asset = parse_asset_line(line.as_bytes(), &Limits::default()).unwrap();
    assert!(asset.drop_frame);
    assert_eq!(asset.frame_rate.unwrap().ratio(), (30_000, 1001));
    assert_eq!(asset.attributes.keys().map(String::as_str).collect::<Vec<_>>(), ["director", "rating"]);
    let again = to_json(&AssetLine(&asset)).unwrap();
    assert_eq!(parse_asset_line(again.as_bytes(), &Limits::default()).unwrap(), asset);
    let bare = parse_asset_line(br#"{"asset_id":"x","frame_rate":25}"#, &Limits::default()).unwrap();
    assert_eq!(bare.movie.as_str(), "x");
}

#[test]
fn bad_records_are_refused_with_their_field() {
    let limits = Limits::default();
    for (line, pointer) in [
        ("{}", "/asset_id"),
        (r#"{"asset_id":7}"#, "/asset_id"),
        (r#"{"asset_id":"a","season":"one"}"#, "/season"),
        (r#"{"asset_id":"a","duration_ns":-1}"#, "/duration_ns"),
        (r#"{"asset_id":"a","frame_rate":"x"}"#, "/frame_rate"),
        (r#"{"asset_id":"a","frame_rate":"25","start_timecode":"1:2"}"#, "/start_timecode"),
        (r#"{"asset_id":"a","frame_rate":"25","drop_frame":true}"#, "/drop_frame"),
        (r#"{"asset_id":"a","attributes":3}"#, "/attributes"),
        ("[]", ""),
    ] {
        assert_eq!(parse_asset_line(line.as_bytes(), &limits).expect_err(line).pointer, pointer, "{line}");
    }
    for (line, pointer) in [
        (r#"{"model":"@1"}"#, "/model"),
        (r#"{"model":"m","space":{"dimensions":0}}"#, "/space/dimensions"),
        (r#"{"model":"m","space":{"dimensions":3,"metric":"dot"}}"#, "/space/metric"),
        (r#"{"model":"m","typos":1}"#, "/typos"),
        (r#"{"model":"m","types":[1]}"#, "/types"),
    ] {
        assert_eq!(parse_model_line(line.as_bytes(), &limits).expect_err(line).pointer, pointer, "{line}");
    }
    assert_eq!(parse_label_line(br#"{"type":"T"}"#, &limits).unwrap_err().pointer, "/label");
    assert!(parse_label_line(br#"{"type":"T","label":"Joey","aliases":[""]}"#, &limits).is_err());
}

#[test]
fn models_and_labels_are_read() {
    let line = r#"{"model":"clip@2","types":["SCENE_SEARCH"],"space":{"dimensions":512,"encoder":"clip"}}"#;
    let model = parse_model_line(line.as_bytes(), &Limits::default()).unwrap();
    let space = model.space.as_ref().unwrap();
    assert_eq!((space.id.as_str(), space.dimensions, space.metric), ("clip@2", 512, Metric::Cosine));
    let again = to_json(&ModelLine(&model)).unwrap();
    assert_eq!(parse_model_line(again.as_bytes(), &Limits::default()).unwrap(), model);
    let label = br#"{"type":"CHARACTER_SEARCH","label":"Joey","aliases":["Joey Tribbiani"]}"#;
    assert_eq!(parse_label_line(label, &Limits::default()).unwrap().aliases, ["Joey Tribbiani"]);
}

#[test]
fn a_crowded_bucket_is_shown_in_parts() {
    let line = crate::lines::GOOD;
    let parsed = rushes_wire::parse_line(line.as_bytes(), &Limits::default()).unwrap();
    let (asset, movie) = (AssetId::new("a").unwrap(), MovieId::new("m").unwrap());
    let model = ModelRef::parse("faces@3").unwrap();
    let mut a = parsed.into_annotation(asset.clone(), model, RunId::loose()).unwrap();
    a.id = AnnotationId::new("j").unwrap();
    let member = BucketMember { start_ns: 2_000_000_000, key: AnnotationKey(1), end_ns: 8_000_000_000 };
    let mut bucket =
        Bucket { no: BucketNo(4), annotations: vec![member], intersections: vec![], truncated: false };
    let show = |bucket: &Bucket| {
        let parts = bucket_documents(&asset, &movie, bucket, NS_PER_SECOND, true, &|_| Some(&a));
        parts.iter().map(|p| to_json(p).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(
        show(&bucket),
        [
            r#"{"associated_ids":{"MOVIE_ID":"m","ASSET_ID":"a"},"time_bucket_start_ns":4000000000,"time_bucket_end_ns":5000000000,"source_annotations":[{"annotation_id":"j","annotation_type":"CHARACTER_SEARCH","label":"Joey","time_range":{"start_time_ns":2000000000,"end_time_ns":8000000000},"confidence_score":0.97,"model":"faces@3"}]}"#
        ]
    );
    bucket.annotations = vec![member; 10_001];
    let parts = show(&bucket);
    assert_eq!(parts.len(), 3);
    assert!(parts[2].contains(r#""part":3,"parts":3"#));
}
