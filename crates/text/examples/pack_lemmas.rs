//! Packs the text that `data/words.py` writes into the tables that are built in, or prints them as that text again:
//!
//!     cargo run -p rushes-text --example pack_lemmas -- pack FOLDER
//!     cargo run -p rushes-text --example pack_lemmas -- print crates/text/data/lemmas-es

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::path::Path;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
const TABLES: [&str; 9] = ["de", "en", "es", "es-seen", "fr", "it", "nl", "pt", "pt-seen"];
/// The nouns of which compounds are made.
const PARTS: [&str; 2] = ["de", "nl"];

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pack", folder] => {
            TABLES.iter().try_for_each(|name| pack(Path::new(folder), name))?;
            PARTS.iter().try_for_each(|name| pack_parts(Path::new(folder), name))
        }
        ["print", table] => print(table),
        _ => Err("say `pack FOLDER` or `print TABLE`".into()),
    }
}

fn pack(folder: &Path, name: &str) -> Result<(), Box<dyn Error>> {
    let table = std::fs::read_to_string(folder.join(format!("lemmas-{name}.tsv")))?;
    let rows: BTreeMap<&str, &str> = table.lines().filter_map(|line| line.split_once('\t')).collect();
    // The commonest rules begin first: small numbers take the fewest bytes.
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    rows.values().for_each(|rules| *uses.entry(rules).or_default() += 1);
    let mut order: Vec<(&str, usize)> = uses.into_iter().collect();
    order.sort_by_key(|(rules, count)| (std::cmp::Reverse(*count), *rules));
    let mut lines = String::new();
    let mut starts: BTreeMap<&str, u64> = BTreeMap::new();
    for (rules, _) in order {
        starts.insert(rules, lines.len() as u64);
        lines.push_str(rules);
        lines.push('\n');
    }
    let fst = fst::Map::from_iter(rows.iter().map(|(key, rules)| (*key, starts[rules])))?;
    let path = |kind: &str| Path::new(DATA).join(format!("lemmas-{name}.{kind}"));
    std::fs::write(path("fst"), fst.as_fst().as_bytes())?;
    std::fs::write(path("rules"), lines)?;
    Ok(())
}

fn pack_parts(folder: &Path, name: &str) -> Result<(), Box<dyn Error>> {
    let list = std::fs::read_to_string(folder.join(format!("parts-{name}.tsv")))?;
    let set = fst::Set::from_iter(list.lines().map(|line| line.trim_end_matches('\t')))?;
    std::fs::write(Path::new(DATA).join(format!("parts-{name}.fst")), set.as_fst().as_bytes())?;
    Ok(())
}

fn print(table: &str) -> Result<(), Box<dyn Error>> {
    let fst = fst::Map::new(std::fs::read(format!("{table}.fst"))?)?;
    let rules = std::fs::read_to_string(format!("{table}.rules"))?;
    let mut out = std::io::stdout().lock();
    let mut rows = fst.stream();
    while let Some((key, start)) = fst::Streamer::next(&mut rows) {
        let line = rules
            .get(usize::try_from(start)?..)
            .and_then(|rest| rest.lines().next())
            .ok_or("a broken table")?;
        writeln!(out, "{}\t{line}", std::str::from_utf8(key)?)?;
    }
    Ok(())
}
