//! Chance from a seed, and texts of every kind.

pub use rushes_testkit::random::Random;
use serde_json::Value;

use crate::schema::fits;

/// What people and programs write: names, words, times, rates, languages, paths.
const USUAL: [&str; 42] = [
    "2026-11-30",
    "2026-11-30T12:00:00.5Z",
    "Joey",
    "kitchen",
    "film",
    "cinema",
    "faces@3",
    "scene-clip@1",
    "CHARACTER_SEARCH",
    "harbour at night",
    "a/b c?é",
    "ein Ätsch",
    "厨房で",
    "مرحبا",
    "👩\u{200d}👧",
    "x",
    "12.5",
    "1:30",
    "10s",
    ".5",
    "0",
    "01:00:10:05",
    "00:00:01;02",
    "24000/1001",
    "25",
    "29.97",
    "en",
    "pt-BR",
    "",
    "auto",
    "AUTO",
    "movie",
    "attribute:mood",
    "/all/0",
    "/tmp/x",
    "score",
    "\u{202e}fdp.exe",
    "..",
    "line\nend\t",
    "' OR 1=1 --",
    "=1+1",
    "<b>&amp;",
];

/// What is at, or beyond, some limit.
const ODD: [&str; 22] = [
    "",
    " ",
    "\t\n",
    "\u{3000}",
    "a\u{1}b",
    "\u{0}",
    "a\u{7f}",
    "\u{9b}31m",
    "-",
    "--",
    "@",
    "x@",
    "@1",
    "a@@",
    "-1",
    "+5",
    "1:99",
    "1:2:3:4:5",
    "1e5",
    "a b_c!",
    "/",
    "naïve\u{85}",
];

/// Texts that could fit, in a random order: usual ones, the shortest and longest that the schema allows, random letters.
fn candidates(schema: &Value, random: &mut Random) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for _ in 0..6 {
        all.push((*random.pick(&USUAL)).to_owned());
    }
    let letters = ['a', 'Z', '7', 'é', 'ß', '字', '🎬', '-', '_'];
    all.push((0..1 + random.below(12)).map(|_| *random.pick(&letters)).collect());
    let limit = |word: &str| schema[word].as_u64().and_then(|n| usize::try_from(n).ok());
    let longest = limit("maxLength").filter(|n| *n <= 20_000);
    if let Some(longest) = longest.filter(|_| random.once_in(4)) {
        all.push("m".repeat(longest));
        all.push("é".repeat(limit("x-max-bytes").unwrap_or(longest) / 2));
    }
    let from = random.below(all.len());
    all.rotate_left(from);
    // Something of every kind at the end, for narrow patterns.
    let from = random.below(USUAL.len());
    all.extend(USUAL.iter().cycle().skip(from).take(USUAL.len()).map(|t| (*t).to_owned()));
    all
}

/// A text that the schema allows.
pub fn allowed_text(document: &Value, schema: &Value, random: &mut Random) -> Value {
    let all = candidates(schema, random);
    let fitting = all.into_iter().map(Value::String).find(|text| fits(document, schema, text));
    fitting.unwrap_or_else(|| panic!("no text of the generator fits {schema}"))
}

/// Texts that some schemas forbid.
pub fn odd_text(random: &mut Random) -> String {
    match random.below(4) {
        0 => "q".repeat(*random.pick(&[36, 511, 513, 1025, 8193, 16385])),
        1 => "é".repeat(*random.pick(&[257, 4097])),
        2 => (*random.pick(&USUAL)).to_owned(),
        _ => (*random.pick(&ODD)).to_owned(),
    }
}
