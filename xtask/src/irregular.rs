//! `cargo xtask irregular-forms lemma_lu.csv[.gz]`: makes `crates/text/data/irregular-en.tsv`.
//!
//! The source is the table of lemminflect 0.2.3 (`pip download lemminflect==0.2.3`, then unzip the wheel): rows
//! `form,part of speech,lemma/lemma`. Kept are verbs, auxiliaries, nouns and adjectives whose form has another stem
//! than its lemma: all others the stemmer finds by itself.

use anyhow::{Context, Result, bail, ensure};
use frostem::{Algorithm, Stemmer};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

const TABLE: &str = "crates/text/data/irregular-en.tsv";

/// Rows that are right in a dictionary and wrong in a search: a common word read as a form of a rare one.
const MISLEADING: &[(&str, &str)] = &[
    ("ani", "anus"),
    ("boded", "bide"),
    ("calli", "callous"),
    ("calli", "callus"),
    ("cola", "colon"),
    ("crew", "crow"),
    ("dive", "diva"),
    ("feed", "fee"),
    ("fiant", "fiat"),
    ("flipper", "flip"),
    ("gel", "gell"),
    ("gel", "jell"),
    ("gell", "gel"),
    ("gell", "jell"),
    ("inned", "inn"),
    ("inning", "inn"),
    ("jell", "gel"),
    ("jell", "gell"),
    ("loca", "locus"),
    ("media", "medium"),
    ("nostra", "nostrum"),
    ("number", "numb"),
    ("opera", "opus"),
    ("paled", "pal"),
    ("paling", "pal"),
    ("partes", "pars"),
    ("pura", "pus"),
    ("real", "rial"),
    ("reales", "rial"),
    ("regalia", "regale"),
    ("reis", "real"),
    ("reis", "rial"),
    ("rent", "rend"),
    ("rial", "real"),
    ("riales", "real"),
    ("staid", "stay"),
    ("staves", "stay"),
    ("stove", "stave"),
    ("tanner", "tan"),
    ("trimmer", "trim"),
    ("weed", "wee"),
];

/// Runs the chore from the workspace's root.
pub fn run(arguments: &[String]) -> Result<()> {
    let [source] = arguments else { bail!("write `cargo xtask irregular-forms PATH/lemma_lu.csv.gz`") };
    let rows = read(Path::new(source))?;
    let table = table_of(&rows)?;
    std::fs::write(TABLE, table).with_context(|| format!("cannot write `{TABLE}`"))
}

fn read(source: &Path) -> Result<String> {
    if source.extension().is_none_or(|extension| extension != "gz") {
        return std::fs::read_to_string(source)
            .with_context(|| format!("cannot read `{}`", source.display()));
    }
    // A chore run by hand once a year does not deserve a decompression crate.
    let output = Command::new("gzip")
        .arg("-dc")
        .arg(source)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start `gzip`, give the unpacked table instead")?;
    ensure!(output.status.success(), "`gzip -dc {}` failed", source.display());
    String::from_utf8(output.stdout).context("the table is not UTF-8")
}

fn table_of(rows: &str) -> Result<String> {
    let stemmer = Stemmer::new(Algorithm::English);
    let mut lemmas_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (row_idx, row) in rows.lines().enumerate() {
        let mut fields = row.split(',');
        let (Some(form), Some(part), Some(lemmas)) = (fields.next(), fields.next(), fields.next()) else {
            bail!("row {}: `{row}` has fewer than three fields", row_idx + 1);
        };
        if !matches!(part, "verb" | "aux" | "noun" | "adj") || !is_plain(form) {
            continue;
        }
        for lemma in lemmas.split('/').filter(|lemma| is_plain(lemma)) {
            if stemmer.stem(form) != stemmer.stem(lemma) && !MISLEADING.contains(&(form, lemma)) {
                lemmas_of.entry(form).or_default().insert(lemma);
            }
        }
    }
    let mut table = String::new();
    for (form, lemmas) in lemmas_of {
        let lemmas: Vec<&str> = lemmas.into_iter().collect();
        table.push_str(&format!("{form}\t{}\n", lemmas.join(" ")));
    }
    Ok(table)
}

/// Lower-case letters of more than one: no names, no contractions, no hyphens, no initials.
fn is_plain(word: &str) -> bool {
    word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}
