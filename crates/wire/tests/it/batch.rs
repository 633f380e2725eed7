use std::collections::BTreeSet;

use rushes_types::limits::Limits;
use rushes_types::*;
use rushes_wire::batch::SplitOptions;
use rushes_wire::{BlockContext, Request, decode_block, headers_of_block, redact, split_request};

fn line(asset: &str, model: &str, start: i64, more: &str) -> String {
    format!(
        r#"{{"asset_id":"{asset}","model":"{model}","type":"T","time_range":{{"start_time_ns":{start},"end_time_ns":{}}}{more}}}"#,
        start + 1
    )
}

fn split(body: &str, threads: usize) -> Request {
    let limits = Limits::default();
    split_request(body.as_bytes(), &SplitOptions { limits: &limits, space_of: &|_| None, threads }).unwrap()
}

#[test]
fn lines_are_grouped_by_asset_and_model_and_kept_to_the_byte() {
    let lines = [
        line("a", "m", 1, "  "),
        line("b", "m", 2, r#","movie_id":"film""#),
        String::new(),
        line("a", "m@1", 3, ""),
        "{}".to_owned(),
        line("a", "n@2", 4, r#","embedding_vector":[1,2]"#),
        line("b", "n@2", 5, r#","embedding_vector":[1,2,3]"#),
        line("b", "n@2", 6, r#","embedding_vector":[0,0]"#),
        line("b", "n@2", 7, r#","embedding_vector":[0,0.5]"#) + "\r",
    ];
    let request = split(&lines.join("\n"), 1);
    let errors: Vec<(u64, &str)> = request.errors.iter().map(|e| (e.line, e.pointer.as_str())).collect();
    assert_eq!(errors, [(5, "/time_range"), (7, "/embedding_vector"), (8, "/embedding_vector")]);
    assert_eq!(request.sent, 8);
    let blocks: Vec<(&str, &str, String)> = request
        .blocks
        .iter()
        .map(|b| (b.asset.as_str(), b.model.as_str(), String::from_utf8(b.bytes.clone()).unwrap()))
        .collect();
    let [a, b, _, c, _, d, _, _, e] = &lines;
    assert_eq!(
        blocks,
        [
            ("a", "m@1", format!("{a}\n{c}\n")),
            ("b", "m@1", format!("{b}\n")),
            ("a", "n@2", format!("{d}\n")),
            ("b", "n@2", format!("{e}\n")),
        ]
    );
    assert_eq!(request.blocks[1].movie.as_ref().unwrap().id.as_str(), "film");
    assert_eq!(request.blocks[2].dimensions, Some(2));
    let rows: Vec<(i64, u32, u64)> =
        request.blocks[0].rows.iter().map(|r| (r.start_ns, r.position, r.source)).collect();
    assert_eq!(rows, [(1, 0, 1), (3, 1, 4)]);
    assert_eq!(request.blocks[0].format, BlockFormat::Lines);
}

#[test]
fn a_registered_space_decides_what_is_taken() {
    let limits = Limits::default();
    let space = |m: &ModelRef| {
        Some(Space {
            id: SpaceId::new(m.as_str()).unwrap(),
            dimensions: 3,
            metric: Metric::L2,
            encoder: None,
        })
    };
    let options = SplitOptions { limits: &limits, space_of: &space, threads: 1 };
    let body = [
        line("a", "m", 1, r#","embedding_vector":[1,2]"#),
        line("a", "m", 1, r#","embedding_vector":[0,0,0]"#),
    ];
    let request = split_request(body.join("\n").as_bytes(), &options).unwrap();
    assert_eq!(request.errors.len(), 1);
    assert!(request.errors[0].detail.contains("has 3"));
    assert_eq!(request.blocks[0].rows.len(), 1);
    let limits = Limits { request_bytes_max: 10, ..limits };
    let options = SplitOptions { limits: &limits, ..options };
    assert_eq!(split_request(&[b' '; 11], &options).unwrap_err().kind(), ErrorKind::TooLarge);
}

#[test]
fn several_threads_give_the_same_answer() {
    let mut body = String::from("\u{feff}");
    for n in 0..12_000i64 {
        let more = format!(r#","label":"number {n}","text":"{}""#, "x".repeat((n % 90) as usize));
        match n % 97 {
            0 => body.push('\n'),
            1 => body.push_str("{\"asset_id\":3}\n"),
            _ => {
                body.push_str(&line(&format!("a{}", n % 7), "m", n, &more));
                body.push('\n');
            }
        }
    }
    assert!(body.len() > 1 << 20);
    let one = split(&body, 1);
    assert_eq!(one.errors.len(), 124);
    for threads in [2, 3, 8] {
        assert_eq!(split(&body, threads), one);
    }
}

#[test]
fn a_block_is_decoded_by_position_and_redacted_in_place() {
    let body: String = (0..5).map(|n| line("a", "m", n, "") + "\n").collect();
    let block = split(&body, 1).blocks.remove(0);
    let context =
        BlockContext { asset: block.asset.clone(), model: block.model.clone(), run: RunId::loose() };
    let got = decode_block(BlockFormat::Lines, &block.bytes, &[1, 3], &context).unwrap();
    assert_eq!(got.iter().map(|a| a.range.start_ns()).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(got[0].id, block.rows[1].id);
    let redacted = redact(BlockFormat::Lines, &block.bytes, &BTreeSet::from([0, 1])).unwrap();
    assert!(redacted.starts_with(b"\n\n{"));
    let got = decode_block(BlockFormat::Lines, &redacted, &[2, 3, 4], &context).unwrap();
    assert_eq!(got.len(), 3);
    for damaged in [&[0u32][..], &[9]] {
        let error = decode_block(BlockFormat::Lines, &redacted, damaged, &context).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
}

#[test]
fn what_a_store_must_know_of_lines_is_read_back_from_them() {
    let lines =
        [line("a", "m", 1, "  "), line("a", "m@1", 3, r#","annotation_id":"x""#), line("a", "m", 7, "")];
    let block = split(&lines.join("\n"), 1).blocks.remove(0);
    let context = |asset: &str, model: &str| BlockContext {
        asset: AssetId::new(asset).unwrap(),
        model: ModelRef::parse(model).unwrap(),
        run: RunId::loose(),
    };
    let again = headers_of_block(BlockFormat::Lines, &block.bytes, &[0, 1, 2], &context("a", "m")).unwrap();
    assert_eq!(again, block.rows);
    let some = headers_of_block(BlockFormat::Lines, &block.bytes, &[1], &context("a", "m")).unwrap();
    assert_eq!(some, block.rows[1..2]);
    for (asset, model, positions, part) in
        [("b", "m", &[0][..], "asset `a`"), ("a", "m@2", &[0], "model `m@1`"), ("a", "m", &[9], "line 9")]
    {
        let error = headers_of_block(BlockFormat::Lines, &block.bytes, positions, &context(asset, model))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.message().contains(part), "{error}");
    }
}
