//! Real annotations in, answers out, compared with straight loops over the source files.
//!
//! Runs where the data lie beside the repository; says so where they do not.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Place, shared};

type Spans = Vec<(i64, i64)>;
/// (asset, start, end) of a moment.
type FoundRange = (String, i64, i64);

/// Joined dialogue is at most this far apart.
const JOIN_NS: i64 = 2_000_000_000;

/// What the source files say, by asset.
#[derive(Default)]
struct Truth {
    /// By asset and character.
    speakers: BTreeMap<String, BTreeMap<String, Spans>>,
    /// By asset and location.
    places: BTreeMap<String, BTreeMap<String, Spans>>,
    /// By asset: start, end, words.
    said: BTreeMap<String, Vec<(i64, i64, Vec<String>)>>,
}

/// A decimal number of seconds as nanoseconds, by its digits.
fn ns(text: &str) -> i64 {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    whole.parse::<i64>().unwrap() * 1_000_000_000 + format!("{fraction:0<9}").parse::<i64>().unwrap()
}

/// The rows of a table, by column name.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let row =
        |line: &str| head.iter().map(|h| (*h).to_owned()).zip(line.split('\t').map(str::to_owned)).collect();
    lines.filter(|l| !l.is_empty()).map(row).collect()
}

/// `friends_s01e02a_x.tsv` or `friends_s1e02a_x.tsv` as `friends-s01e02a`.
fn asset_of(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    let code = name.split('_').nth(1).unwrap();
    let (season, rest) = code[1..].split_once('e').unwrap();
    format!("friends-s{:02}e{rest}", season.parse::<u32>().unwrap())
}

fn files(root: &Path, folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for season in ["s1", "s2", "s3"] {
        let folder = root.join(season).join(folder);
        found.extend(std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()));
    }
    found.sort();
    found
}

/// The words of a text: lower case, apostrophes joining, everything else apart.
fn words(text: &str) -> Vec<String> {
    let text: String = text.to_lowercase().chars().filter(|c| !matches!(c, '\'' | '’')).collect();
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

impl Truth {
    fn read(root: &Path) -> Self {
        let mut truth = Self::default();
        for path in files(root, "derived-speakers") {
            let of = truth.speakers.entry(asset_of(&path)).or_default();
            for row in table(&path) {
                of.entry(row["character"].clone()).or_default().push((ns(&row["onset"]), ns(&row["offset"])));
            }
        }
        for path in files(root, "segments") {
            let of = truth.places.entry(asset_of(&path)).or_default();
            for row in table(&path) {
                for (place, _) in row.iter().filter(|(k, v)| k.starts_with("loc_") && *v == "True") {
                    of.entry(place.clone()).or_default().push((ns(&row["onset"]), ns(&row["offset"])));
                }
            }
        }
        for path in files(root, "speech2text") {
            let mut text = String::new();
            flate2::read::MultiGzDecoder::new(File::open(&path).unwrap()).read_to_string(&mut text).unwrap();
            let file: Value = serde_json::from_str(&text).unwrap();
            let of = truth.said.entry(asset_of(&path)).or_default();
            for sentence in file["sentences"].as_array().unwrap() {
                let at = |name: &str| ns(&sentence[name].to_string());
                of.push((at("start"), at("end"), words(sentence["text"].as_str().unwrap())));
            }
            of.sort_by_key(|(start, end, _)| (*start, *end));
        }
        truth
    }

    fn assets(&self) -> Vec<String> {
        self.speakers.keys().cloned().collect()
    }

    fn speaks(&self, asset: &str, who: &str) -> Spans {
        united(self.speakers[asset].get(who).cloned().unwrap_or_default())
    }

    /// Where a phrase is said, in one line or over several that follow each other closely.
    fn says(&self, asset: &str, phrase: &[&str]) -> Spans {
        let mut found = Spans::new();
        let lines = self.said.get(asset).map_or(&[][..], Vec::as_slice);
        for first in 0..lines.len() {
            for at in 0..lines[first].2.len() {
                let (mut line, mut word, mut last) = (first, at, first);
                let mut matched = 0;
                while matched < phrase.len() {
                    if line >= lines.len() || (line > last && lines[line].0 - lines[last].1 > JOIN_NS) {
                        break;
                    }
                    let Some(said) = lines[line].2.get(word) else {
                        // A line without words joins nothing on its own: the next one is measured from it all the same.
                        last = line;
                        line += 1;
                        word = 0;
                        continue;
                    };
                    if said != phrase[matched] {
                        break;
                    }
                    (last, word, matched) = (line, word + 1, matched + 1);
                }
                if matched == phrase.len() {
                    found.push((lines[first].0, lines[last].1));
                }
            }
        }
        united(found)
    }
}

/// Spans that overlap or touch are one.
fn united(mut spans: Spans) -> Spans {
    spans.sort_unstable();
    let mut out = Spans::new();
    for (start, end) in spans {
        match out.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => out.push((start, end)),
        }
    }
    out
}

/// Where both are.
fn both(a: &Spans, b: &Spans) -> Spans {
    let mut out = Spans::new();
    for (s, e) in a {
        for (t, f) in b {
            let (start, end) = (*s.max(t), *e.min(f));
            if start < end {
                out.push((start, end));
            }
        }
    }
    united(out)
}

/// All moments of a plan, page by page, and the first page's answer.
fn ask(place: &Place, mut plan: Value) -> (Vec<FoundRange>, Value) {
    plan["limit"] = json!(1000);
    let mut found = Vec::new();
    let mut first: Option<Value> = None;
    let mut cursor: Option<String> = None;
    loop {
        let mut args = vec!["search", "--json", "--plan", "-"];
        if let Some(cursor) = &cursor {
            args.extend(["--cursor", cursor]);
        }
        let answer = place.run_with(&args, plan.to_string()).ok().json();
        assert_eq!(answer["warnings"], json!([]), "{}", answer["warnings"]);
        for moment in answer["moments"].as_array().unwrap() {
            let at = |name: &str| moment[name].as_i64().unwrap();
            found.push((moment["asset_id"].as_str().unwrap().to_owned(), at("start_ns"), at("end_ns")));
        }
        cursor = answer["next_cursor"].as_str().map(str::to_owned);
        let first = first.get_or_insert(answer);
        if cursor.is_none() {
            return (found, first.clone());
        }
    }
}

/// Both are the same moments.
#[track_caller]
fn same(what: &str, mut found: Vec<FoundRange>, mut expected: Vec<FoundRange>) {
    found.sort();
    expected.sort();
    eprintln!("{what}: {} moments", expected.len());
    let missing: Vec<_> = expected.iter().filter(|m| !found.contains(m)).take(5).collect();
    let extra: Vec<_> = found.iter().filter(|m| !expected.contains(m)).take(5).collect();
    assert!(
        found == expected,
        "{what}: found {}, expected {}; missing {missing:?}; extra {extra:?}",
        found.len(),
        expected.len()
    );
}

fn character(name: &str) -> Value {
    json!({"type": "CHARACTER_SEARCH", "label": name})
}

#[test]
fn answers_over_real_annotations_are_what_straight_loops_say() {
    let Some(root) = shared("friends-cneuromod") else {
        eprintln!("not run: the annotations of friends-cneuromod are not beside the repository");
        return;
    };
    let place = Place::new();
    let mapping =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/mappings/friends-cneuromod.toml");
    let mapping = mapping.to_str().unwrap();
    let report =
        place.run(&["ingest", "--wait", "--json", "--mapping", mapping, root.to_str().unwrap()]).ok().json();
    assert_eq!(report["rejected"], 0, "{report}");
    assert_eq!(report["searchable"], true);
    eprintln!("taken in: {} annotations in {} runs", report["accepted"], report["runs"]);
    let truth = Truth::read(&root);
    assert_eq!(truth.assets().len(), 146);

    joey_at_home(&place, &truth);
    for (words, phrase) in
        [("could I be", &["could", "i", "be"][..]), ("I don't know", &["i", "dont", "know"])]
    {
        chandler_saying(&place, &truth, words, phrase);
    }
    monica_then_rachel(&place, &truth);
    longest_of_each_season(&place, &truth);
}

fn joey_at_home(place: &Place, truth: &Truth) {
    let homes = [
        ("loc_apt1_Mon_Rach", "apartment of Monica and Rachel"),
        ("loc_apt2_Chan_Joey", "apartment of Chandler and Joey"),
        ("loc_apt3_Ross", "apartment of Ross"),
        ("loc_apt4_Phoeb_Rach", "apartment of Phoebe"),
        ("loc_coffeeshop", "coffee house"),
    ];
    // An apartment that is never seen in these seasons would only add the warning that nothing matches it.
    let seen = |(k, _): &&(&str, &str)| truth.places.values().any(|of| of.contains_key(*k));
    let any: Vec<Value> =
        homes.iter().filter(seen).map(|(_, label)| json!({"type": "SCENE_SEARCH", "label": label})).collect();
    let (found, answer) = ask(place, json!({"all": [character("Joey")], "any": any}));
    let mut expected = Vec::new();
    for asset in truth.assets() {
        let at: Spans = homes
            .iter()
            .flat_map(|(k, _)| truth.places[&asset].get(*k).cloned().unwrap_or_default())
            .collect();
        expected.extend(
            both(&truth.speaks(&asset, "Joey"), &united(at)).iter().map(|(s, e)| (asset.clone(), *s, *e)),
        );
    }
    assert_eq!(answer["total"], expected.len());
    assert!(expected.len() > 1000);
    same("Joey in the apartments or the coffee house", found, expected);
}

fn chandler_saying(place: &Place, truth: &Truth, words: &str, phrase: &[&str]) {
    let said = json!({"type": "DIALOGUE_SEARCH", "phrase": words});
    let (alone, _) = ask(place, json!({"all": [said]}));
    let (found, _) = ask(place, json!({"all": [character("Chandler"), said]}));
    let (mut anybody, mut expected) = (Vec::new(), Vec::new());
    for asset in truth.assets() {
        let says = truth.says(&asset, phrase);
        anybody.extend(says.iter().map(|(s, e)| (asset.clone(), *s, *e)));
        expected.extend(
            both(&truth.speaks(&asset, "Chandler"), &says).iter().map(|(s, e)| (asset.clone(), *s, *e)),
        );
    }
    assert!(!expected.is_empty());
    same(&format!("somebody saying “{words}”"), alone, anybody);
    same(&format!("Chandler saying “{words}”"), found, expected);
}

fn monica_then_rachel(place: &Place, truth: &Truth) {
    let plan = json!({"all": [character("Monica")], "then": [{"all": [character("Rachel")], "within": 10}]});
    let (found, _) = ask(place, plan);
    let mut expected = Vec::new();
    for asset in truth.assets() {
        let rachel = truth.speaks(&asset, "Rachel");
        for (start, end) in truth.speaks(&asset, "Monica") {
            let next = rachel.iter().find(|(s, _)| *s >= end && s - end <= 10_000_000_000);
            expected.extend(next.map(|(_, last)| (asset.clone(), start, *last)));
        }
    }
    assert!(expected.len() > 500);
    same("Monica, then Rachel within 10 s", found, expected);
}

fn longest_of_each_season(place: &Place, truth: &Truth) {
    let plan = json!({"all": [character("Joey")], "rank_by": "duration", "group_by": ["season"], "top": 3});
    let (found, answer) = ask(place, plan);
    let mut seasons: BTreeMap<String, Vec<FoundRange>> = BTreeMap::new();
    for asset in truth.assets() {
        let season = asset["friends-s".len()..][..2].trim_start_matches('0').to_owned();
        let spans = truth.speaks(&asset, "Joey");
        seasons.entry(season).or_default().extend(spans.iter().map(|(s, e)| (asset.clone(), *s, *e)));
    }
    let total: usize = seasons.values().map(Vec::len).sum();
    assert_eq!(answer["total"], total);
    let groups = answer["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 3);
    for group in groups {
        assert_eq!(group["total"], seasons[&group["key"].to_string()].len(), "{group}");
    }
    let mut expected = Vec::new();
    for moments in seasons.values_mut() {
        moments.sort_by_key(|(asset, s, e)| (s - e, asset.clone(), *s, *e));
        expected.extend(moments.iter().take(3).cloned());
    }
    eprintln!("Joey in all seasons: {total} moments");
    same("Joey's three longest of each season", found, expected);
}
