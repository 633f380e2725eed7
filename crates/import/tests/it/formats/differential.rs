//! Random sound documents through our readers and through readers of Python's registry: the same cues.
//!
//! `RUSHES_PYTHON` names a Python that has `pysubs2`, `srt` and `webvtt-py` (else `python3`); without them this is skipped.

use std::io::Write;
use std::process::{Command, Stdio};

use rushes_import::formats::Format;
use serde_json::{Value, json};

use crate::formats::plain;

/// Reads `[[reader, document], …]` and answers a list of `[start_ms, end_ms, text]` for each.
const SCRIPT: &str = r#"
import io, json, sys
import pysubs2, srt, webvtt
def clean(text): return " ".join(text.split())
def ms(clock):
    h, m, s = clock.split(":")
    return (int(h) * 60 + int(m)) * 60000 + round(float(s) * 1000)
def read(reader, text):
    if reader == "srt":
        return [[round(c.start.total_seconds() * 1000), round(c.end.total_seconds() * 1000), clean(c.content)] for c in srt.parse(text)]
    if reader == "webvtt":
        return [[ms(c.start), ms(c.end), clean(c.text)] for c in webvtt.from_buffer(io.StringIO(text))]
    found = pysubs2.SSAFile.from_string(text, format_=reader.removeprefix("pysubs2-"))
    return [[e.start, e.end, clean(e.plaintext)] for e in found if not e.is_comment and not e.is_drawing]
print(json.dumps([read(*job) for job in json.load(sys.stdin)]))
"#;

/// Documents of one random choice of cues, in every format.
fn documents(seed: u64) -> Vec<(Format, &'static str, String)> {
    let mut random = seed | 1;
    let mut next = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let words = ["Cast", "off", "Zoë", "дом", "船長", "5 < 6", "it's", "now,", "R&B", "100%"];
    let clock = |ms: u64, mark: char| {
        format!("{:02}:{:02}:{:02}{mark}{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
    };
    let (mut srt, mut vtt) = (String::new(), String::from("WEBVTT\n\n"));
    let mut ass = String::from(
        "[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n",
    );
    let mut at = 0;
    for number in 1..=1 + next(12) {
        let (start, end) = (at + next(3_000) / 10 * 10, 0);
        let end = end + start + 100 + next(5_000) / 10 * 10;
        at = end;
        let mut lines = Vec::new();
        for _ in 0..=next(2) {
            // A word of its own each line: lines that repeat would roll up.
            let line: Vec<&str> = (0..=next(4)).map(|_| words[next(words.len() as u64) as usize]).collect();
            lines.push(format!("{} n{number}x{}", line.join(" "), lines.len()));
        }
        srt += &format!("{number}\n{} --> {}\n{}\n\n", clock(start, ','), clock(end, ','), lines.join("\n"));
        let escaped = lines.join("\n").replace('&', "&amp;").replace('<', "&lt;");
        vtt += &format!("{} --> {}\n{escaped}\n\n", clock(start, '.'), clock(end, '.'));
        let short = |ms: u64| clock(ms, '.')[1..11].to_owned();
        ass += &format!(
            "Dialogue: 0,{},{},Default,,0,0,0,,{{\\i1}}{}\n",
            short(start),
            short(end),
            lines.join("\\N")
        );
    }
    vec![
        (Format::Srt, "srt", srt.clone()),
        (Format::Srt, "pysubs2-srt", srt),
        (Format::WebVtt, "webvtt", vtt),
        (Format::Ass, "ass", ass),
    ]
}

#[test]
fn readers_of_pythons_registry_find_the_same_cues() {
    let python = std::env::var("RUSHES_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has =
        Command::new(&python).args(["-c", "import pysubs2, srt, webvtt"]).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        crate::skips::skipped(
            "pysubs2",
            "readers against those of Python's registry: they are not installed",
        );
        return;
    }
    let jobs: Vec<_> =
        (1..=200u64).flat_map(|seed| documents(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let input: Vec<Value> = jobs.iter().map(|(_, reader, text)| json!([reader, text])).collect();
    let mut child = Command::new(&python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(json!(input).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let mut cues = 0;
    for ((format, reader, text), expect) in jobs.iter().zip(&answers) {
        let got = plain(*format, text).clean();
        let ms = |line: &Value, name: &str| line["time_range"][name].as_i64().unwrap() / 1_000_000;
        let ours: Vec<Value> = got
            .annotations
            .iter()
            .map(|line| json!([ms(line, "start_time_ns"), ms(line, "end_time_ns"), line["text"]]))
            .collect();
        // webvtt-py leaves references as they are written; the standard has them as characters.
        let theirs = expect.to_string().replace("&amp;", "&").replace("&lt;", "<");
        assert_eq!(json!(ours).to_string(), theirs, "{reader}:\n{text}");
        cues += ours.len();
    }
    assert!(cues > 2_000, "{cues}");
}
