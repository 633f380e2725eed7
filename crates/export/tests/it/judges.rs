//! Other people's readers: OpenTimelineIO with its adapters, pycmx, and xmllint with Apple's document type. They are where
//! environment variables say, or the test counts as skipped.

use std::path::Path;
use std::process::Command;

use rushes_export::Format;
use rushes_types::Asset;
use serde_json::Value;

use crate::random::{Random, seed_from};
use crate::skips::skipped;
use crate::support::{asset, cut, rate, written};

/// Names a Python that has `opentimelineio`, the adapters for EDL, xmeml and FCPXML, and `pycmx`.
const PYTHON: &str = "RUSHES_OTIO_PYTHON";
/// Names Apple's document type of FCPXML 1.10.
const DTD: &str = "RUSHES_FCPXML_DTD";
const CUTS: usize = 200;

fn made(rate_text: &str, start: &str) -> (Asset, Vec<(i64, i64)>) {
    let mut random = Random::new(seed_from("RUSHES_EXPORT_SEED"));
    let mut media = asset("A001_C002", Some(rate_text), Some(start));
    media.path = Some("/Volumes/My Media/A001 C002.mov".into());
    media.duration_ns = Some(rate(rate_text).start_of(500_000));
    let mut number = |end: usize| i64::try_from(random.below(end)).unwrap();
    let spans = (0..CUTS).map(|_| (number(400_000), 1 + number(2_000))).collect();
    (media, spans)
}

fn judge(python: &str, kind: &str, file: &Path, more: &str) -> Vec<Vec<Value>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/judge.py");
    let done = Command::new(python).arg(script).arg(kind).arg(file).arg(more).output().unwrap();
    assert!(done.status.success(), "{kind}: {}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

#[test]
fn opentimelineio_and_pycmx_find_the_same_cuts() {
    let Ok(python) = std::env::var(PYTHON) else {
        return skipped(PYTHON, "exports are not read by OpenTimelineIO and pycmx: set RUSHES_OTIO_PYTHON");
    };
    let folder = std::env::temp_dir().join(format!("rushes-export-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (rate_text, start, decimal) in [
        ("24", "10:00:00:00", "24"),
        ("25", "10:00:00:00", "25"),
        ("24000/1001", "10:00:00:00", "23.976023976023978"),
        ("30000/1001", "10:00:00;00", "29.97002997002997"),
        ("30", "10:00:00:00", "30"),
        ("60000/1001", "10:00:00;00", "59.94005994005994"),
    ] {
        let (media, spans) = made(rate_text, start);
        let clips: Vec<_> = spans.iter().map(|(first, length)| cut(&media, *first, *length)).collect();
        let zero = rushes_types::Timecode::parse(start, rate(rate_text)).unwrap().frames();
        let wanted: Vec<(i64, i64)> = spans.iter().map(|(first, length)| (zero + first, *length)).collect();
        for (format, kind) in [
            (Format::Otio, "otio_json"),
            (Format::Otioz, "otioz"),
            (Format::Xmeml, "fcp_xml"),
            (Format::Edl, "cmx_3600"),
        ] {
            let file = folder.join(format!("x.{}", format.extension()));
            std::fs::write(&file, written(format, &clips, &[("tracks", "video")]).bytes).unwrap();
            let found: Vec<(i64, i64)> = judge(&python, kind, &file, decimal)
                .iter()
                .map(|clip| (whole(&clip[0]), whole(&clip[1])))
                .collect();
            assert_eq!(found, wanted, "{kind} at {rate_text}");
        }
        let file = folder.join("x.edl");
        std::fs::write(&file, written(Format::Edl, &clips, &[]).bytes).unwrap();
        assert_eq!(judge(&python, "pycmx", &file, "").len(), CUTS);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

fn whole(value: &Value) -> i64 {
    let number = value.as_f64().unwrap();
    assert!(number.fract() == 0.0, "{number} is no whole frame");
    #[allow(clippy::cast_possible_truncation)] // whole, and a day of frames at most
    let frames = number as i64;
    frames
}

#[test]
fn fcpxml_fits_apples_document_type() {
    let Ok(dtd) = std::env::var(DTD) else {
        return skipped(
            DTD,
            "FCPXML is not held against Apple's document type by xmllint: set RUSHES_FCPXML_DTD",
        );
    };
    let (media, spans) = made("30000/1001", "10:00:00;00");
    let labels = ["Mara".to_owned()];
    let clips: Vec<_> = spans
        .iter()
        .map(|(first, length)| rushes_export::Clip {
            labels: &labels,
            note: "a <b>",
            ..cut(&media, *first, *length)
        })
        .collect();
    let file = std::env::temp_dir().join(format!("rushes-{}.fcpxml", std::process::id()));
    for options in [vec![], vec![("notes", "true"), ("gap", "1")], vec![("tracks", "audio")]] {
        std::fs::write(&file, written(Format::Fcpxml, &clips, &options).bytes).unwrap();
        let done = Command::new("xmllint").args(["--noout", "--dtdvalid", &dtd]).arg(&file).output().unwrap();
        assert!(done.status.success(), "{options:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    std::fs::remove_file(&file).unwrap();
}
