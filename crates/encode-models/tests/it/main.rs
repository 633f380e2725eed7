//! Against the reference implementations: small models with random weights, and what they give (`tools/models/golden.py`).
#![cfg(feature = "models")]
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../../testkit/src/skips.rs"] // by its path: the whole kit would bring an archive's crates along
mod skips;

use std::path::{Path, PathBuf};

use rushes_encode_models::open;
use rushes_types::ErrorKind;
use serde_json::Value;

/// How far a number of a vector of unit length may be from the reference.
const NEAR: f32 = 2e-5;
/// The same for a picture, whose pixels the reference rounds in fixed point.
const PICTURE_NEAR: f32 = 5e-3;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden")
}

fn numbers(value: &Value) -> Vec<f32> {
    serde_json::from_value(value.clone()).unwrap()
}

fn farthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

fn check(kind: &str) {
    let folder = golden().join(kind);
    check_folder(&folder, &folder.join("golden.json"), kind);
}

fn check_folder(folder: &Path, wanted: &Path, kind: &str) {
    let wanted: Value = serde_json::from_slice(&std::fs::read(wanted).unwrap()).unwrap();
    let encoder = open(kind, folder).unwrap();
    for pair in wanted["texts"].as_array().unwrap() {
        let text = pair[0].as_str().unwrap();
        let made = encoder.encode_texts(&[text]).unwrap().pop().flatten().unwrap();
        assert_eq!(encoder.dimensions(), Some(made.len()));
        let far = farthest(&made, &numbers(&pair[1]));
        assert!(far < NEAR, "{kind} {text:?}: {far}");
    }
    assert_eq!(encoder.takes_pictures(), wanted.get("picture").is_some());
    if let Some(picture) = wanted.get("picture") {
        let bytes = std::fs::read(golden().join("picture.png")).unwrap();
        let made = encoder.encode_pictures(&[&bytes]).unwrap().pop().unwrap();
        let far = farthest(&made, &numbers(picture));
        assert!(far < PICTURE_NEAR, "{kind} picture: {far}");
    }
}

#[test]
fn a_sentence_encoder_gives_what_the_reference_gives() {
    check("bert");
}

#[test]
fn a_real_sentence_encoder_gives_what_the_reference_gives() {
    let Some(folder) = std::env::var_os("RUSHES_MINILM") else {
        let what = "a real sentence encoder: RUSHES_MINILM names no folder with all-MiniLM-L6-v2";
        skips::skipped("RUSHES_MINILM", what);
        return;
    };
    check_folder(Path::new(&folder), &golden().join("minilm.json"), "minilm");
}

#[test]
fn clip_gives_what_the_reference_gives() {
    check("clip");
}

#[test]
fn siglip_gives_what_the_reference_gives() {
    check("siglip");
}

#[test]
fn what_is_no_picture_is_refused() {
    let encoder = open("clip", &golden().join("clip")).unwrap();
    for bytes in [&b""[..], b"GIF89a", b"\x89PNG\r\n\x1a\nno more", b"\xff\xd8\xff\xe0"] {
        assert_eq!(encoder.encode_pictures(&[bytes]).unwrap_err().kind(), ErrorKind::Invalid);
    }
    assert_eq!(encoder.encode_texts(&[" "]).unwrap(), [None]);
}

#[test]
fn a_folder_that_holds_no_model_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let error = |folder: &Path| open("m", folder).unwrap_err();
    assert_eq!(error(folder.path()).kind(), ErrorKind::NotFound);
    std::fs::write(folder.path().join("config.json"), r#"{"model_type":"t5"}"#).unwrap();
    assert_eq!(error(folder.path()).kind(), ErrorKind::Unsupported);
    // The files of one model with the configuration of another.
    for file in ["tokenizer.json", "model.safetensors"] {
        std::fs::copy(golden().join("clip").join(file), folder.path().join(file)).unwrap();
    }
    for kind in ["bert", "siglip"] {
        std::fs::copy(golden().join(kind).join("config.json"), folder.path().join("config.json")).unwrap();
        assert_eq!(error(folder.path()).kind(), ErrorKind::Invalid, "{kind}");
    }
}
