//! Packs the text that `data/words.py` writes into the tables that are built in:
//! `cargo run -p rushes-text --example pack_lemmas -- FOLDER`, at the root of the workspace.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

const DATA: &str = "crates/text/data";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("name the folder with the `lemmas-*.tsv`")?;
    for language in ["de", "en", "es", "fr", "it", "nl", "pt"] {
        let table = std::fs::read_to_string(Path::new(&folder).join(format!("lemmas-{language}.tsv")))?;
        let rows: BTreeMap<&str, &str> = table.lines().filter_map(|line| line.split_once('\t')).collect();
        // The commonest rules have the smallest numbers, which take the fewest bytes.
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        rows.values().for_each(|rules| *uses.entry(rules).or_default() += 1);
        let mut order: Vec<(&str, usize)> = uses.into_iter().collect();
        order.sort_by_key(|(rules, count)| (std::cmp::Reverse(*count), *rules));
        let numbers: BTreeMap<&str, u64> = order.iter().map(|(rules, _)| *rules).zip(0..).collect();
        let numbered = rows.iter().map(|(key, rules)| (*key, numbers[rules]));
        let fst = fst::Map::from_iter(numbered)?;
        std::fs::write(Path::new(DATA).join(format!("lemmas-{language}.fst")), fst.as_fst().as_bytes())?;
        let rules: String = order.iter().map(|(rules, _)| format!("{rules}\n")).collect();
        std::fs::write(Path::new(DATA).join(format!("lemmas-{language}.rules")), rules)?;
    }
    Ok(())
}
