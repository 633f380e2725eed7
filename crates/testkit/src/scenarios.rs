//! Scenarios: annotations of some assets, a plan, and the expected moments, in files that editors can read.
//!
//! A file holds a list of `[[scenario]]`:
//!
//! - `title`: the rule in a sentence.
//! - `tracks`: one annotation a line, `ASSET FROM-TO TYPE MODEL …`, in seconds; a single time is a point event. Then any
//!   of `label="…"`, `text="…"`, `id=…`, `conf=…`, `run=…`, `lang=…`, `vector=1,0`, `born=…`, `died=…`, `kept`; any
//!   other `name=value` is a free attribute.
//! - `assets`: properties of assets, one per line: `ASSET name=value …`, with `movie`, `collection`, `series`,
//!   `season`, `episode`, `rate`, `start`, `drop`, `seconds`; others are free attributes.
//! - `analysed`: one a line, `ASSET FROM-TO MODEL [run=…]`.
//! - `metric`: a table, the metric of a model's space; cosine where it is not named.
//! - `aliases`, `encoded`: tables of aliases, and of the vectors of texts.
//! - `plan`: the request, as JSON.
//! - `expect`: one moment a line, in order, `ASSET FROM-TO`, then any of `score=…`, `tc=IN/OUT`, `best=FROM-TO`,
//!   `count=…`, `steps=FROM-TO,FROM-TO`.
//! - `total`, `warnings` (their codes), `groups` (one a line, `KEY total POSITIONS`, indented by level), `error` (the
//!   rejected field): checked if given.

mod tracks;

use std::path::Path;

use rushes_index::{Budget, Index};
use rushes_plan::Plan;
use rushes_query::{Answer, Group, Moment, View, search};
use serde::Deserialize;

use crate::archive::Archive;

/// A file of scenarios.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    scenario: Vec<Scenario>,
}

/// One rule with its example.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The rule in a sentence.
    pub title: String,
    #[serde(default)]
    tracks: String,
    #[serde(default)]
    assets: String,
    #[serde(default)]
    analysed: String,
    #[serde(default)]
    metric: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    aliases: std::collections::BTreeMap<String, Vec<String>>,
    #[serde(default)]
    encoded: std::collections::BTreeMap<String, Vec<f32>>,
    plan: String,
    #[serde(default)]
    expect: String,
    total: Option<usize>,
    warnings: Option<Vec<String>>,
    groups: Option<String>,
    error: Option<String>,
}

/// Reads the scenarios of a folder, each with the name of its file.
///
/// # Panics
/// Where a file cannot be read.
#[must_use]
pub fn read_scenarios(folder: &Path) -> Vec<(String, Scenario)> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    let mut scenarios = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let file: File = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        scenarios.extend(file.scenario.into_iter().map(|s| (name.clone(), s)));
    }
    scenarios
}

/// Runs every scenario of a folder, each on an index of its own, and reports which failed; returns how many there are.
///
/// # Panics
/// If an answer is not as expected, with the difference.
pub fn run_scenarios(folder: &Path, make: &dyn Fn() -> Box<dyn Index>) -> usize {
    let scenarios = read_scenarios(folder);
    let mut wrong = Vec::new();
    for (file, scenario) in &scenarios {
        if let Err(why) = scenario.run(&*make()) {
            wrong.push(format!("{file}: {}\n{why}", scenario.title));
        }
    }
    assert!(wrong.is_empty(), "{} of {} scenarios:\n{}", wrong.len(), scenarios.len(), wrong.join("\n"));
    scenarios.len()
}

impl Scenario {
    /// The scenario's archive.
    #[must_use]
    pub fn archive(&self) -> Archive {
        tracks::archive(self)
    }

    /// The plan, if the naive reference can answer it: not rejected, neither grouped nor padded.
    #[must_use]
    pub fn plain_plan(&self) -> Option<serde_json::Value> {
        let plan: serde_json::Value = serde_json::from_str(&self.plan).ok()?;
        let asks = |name: &str| plan.get(name).is_some();
        let points = self.plan.contains("\"/any/");
        (self.error.is_none() && !points && !["group_by", "top", "pad"].into_iter().any(asks)).then_some(plan)
    }

    /// Runs it.
    ///
    /// # Errors
    /// The expected and the actual answer, if they differ.
    pub fn run(&self, index: &dyn Index) -> Result<(), String> {
        let archive = self.archive();
        archive.fill(index).map_err(|e| e.to_string())?;
        let reader = index.reader(None).map_err(|e| e.to_string())?;
        let found = Plan::parse(&self.plan)
            .and_then(|plan| search(plan.into(), &View::of(&*reader, Budget::of_maintenance()), &archive));
        let answer = match (found, &self.error) {
            (Err(e), Some(pointer)) if e.pointer() == Some(pointer) => return Ok(()),
            (Err(e), _) => return Err(format!("  refused: {e}")),
            (Ok(_), Some(pointer)) => return Err(format!("  not refused at {pointer}")),
            (Ok(answer), None) => answer,
        };
        self.compare(&answer)
    }

    fn compare(&self, answer: &Answer) -> Result<(), String> {
        let tidy = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let wanted: Vec<String> = self.expect.lines().map(tidy).filter(|l| !l.is_empty()).collect();
        let shown: Vec<String> = answer
            .moments
            .iter()
            .enumerate()
            .map(|(i, moment)| shown(moment, wanted.get(i).map_or("", String::as_str)))
            .collect();
        let mut wrong = String::new();
        let mut differ = |what: &str, wanted: String, found: String| {
            if wanted != found {
                wrong.push_str(&format!("  {what}\n    expected:\n{wanted}\n    found:\n{found}\n"));
            }
        };
        differ("moments", wanted.join("\n"), shown.join("\n"));
        if let Some(total) = self.total {
            differ("total", total.to_string(), answer.total.to_string());
        }
        if let Some(codes) = &self.warnings {
            let found: Vec<&str> = answer.warnings.iter().map(|w| w.code).collect();
            differ("warnings", codes.join(" "), found.join(" "));
        }
        if let Some(groups) = &self.groups {
            let mut found = Vec::new();
            show_groups(&answer.groups, 0, &mut found);
            let wanted: Vec<&str> =
                groups.lines().filter(|l| !l.trim().is_empty()).map(str::trim_end).collect();
            differ("groups", wanted.join("\n"), found.join("\n"));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

fn show_groups(groups: &[Group], depth: usize, lines: &mut Vec<String>) {
    for group in groups {
        let moments: Vec<String> = group.moments.iter().map(ToString::to_string).collect();
        let line = format!("{}{} {} {}", "  ".repeat(depth), group.key, group.total, moments.join(","));
        lines.push(line.trim_end().to_owned());
        show_groups(&group.groups, depth + 1, lines);
    }
}

fn span(start_ns: i64, end_ns: i64) -> String {
    let seconds = |ns: i64| format!("{}", ns as f64 / 1e9);
    if start_ns == end_ns { seconds(start_ns) } else { format!("{}-{}", seconds(start_ns), seconds(end_ns)) }
}

/// The moment, with the properties that the expectation names.
fn shown(moment: &Moment, wanted: &str) -> String {
    let mut line = format!("{} {}", moment.asset_id, span(moment.start_ns, moment.end_ns));
    for part in wanted.split_whitespace().skip(2) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let found = match name {
            "score" => {
                let near = value.parse::<f64>().is_ok_and(|v| (v - moment.score).abs() < 1e-4);
                if near { value.to_owned() } else { moment.score.to_string() }
            }
            "tc" => match (&moment.timecode_in, &moment.timecode_out) {
                (Some(tc_in), Some(tc_out)) => format!("{tc_in}/{tc_out}"),
                _ => "null".to_owned(),
            },
            "best" => moment.best.map(|b| span(b.start_ns, b.end_ns)).unwrap_or_default(),
            "count" => moment.count.unwrap_or(1).to_string(),
            "steps" => {
                let steps: Vec<String> = moment.steps.iter().map(|s| span(s.start_ns, s.end_ns)).collect();
                steps.join(",")
            }
            "evidence" => {
                let ids: Vec<&str> = moment.evidence.iter().map(|e| e.annotation_id.as_str()).collect();
                ids.join(",")
            }
            _ => "?".to_owned(),
        };
        line.push_str(&format!(" {name}={found}"));
    }
    line
}
