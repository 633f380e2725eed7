//! Coverage: on how many assets did anybody look for what a plan asks?
//!
//! A model that wrote an annotation of a type on an asset looked there, and one whose run over the asset was committed did,
//! even where it found nothing. What neither tells counts as not looked at.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::answers::json_of;
use crate::limits::{COVERAGE_NAMED_MAX, COVERAGE_PAGES_MAX};
use crate::{Ask, Asking};

/// Items of one page of a list.
const PAGE: usize = 1_000;

/// The annotation types that a plan asks for.
fn types_of(plan: &Value, found: &mut BTreeSet<String>) {
    match plan {
        Value::Object(fields) => {
            let is_clause =
                ["label", "phrase", "text", "vector"].iter().any(|name| fields.contains_key(*name));
            match fields.get("type").and_then(Value::as_str) {
                Some(kind) => drop(found.insert(kind.to_owned())),
                None if is_clause => {}
                None => {
                    let clauses = fields.iter().filter(|(name, _)| *name != "scope");
                    clauses.for_each(|(_, value)| types_of(value, found));
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| types_of(item, found)),
        _ => {}
    }
}

/// All items of a list that comes in pages, and whether it ends within what is counted.
async fn all_of(asking: &dyn Asking, path: &str, list: &str, id: &str) -> Result<(Vec<Value>, bool), String> {
    let (mut items, mut after) = (Vec::new(), None::<String>);
    for _ in 0..COVERAGE_PAGES_MAX {
        let from = after.as_deref().map_or_else(String::new, |after| format!("&after={}", encoded(after)));
        let path = format!("{path}?limit={PAGE}{from}");
        let mut page = json_of(asking, Ask { method: "GET", path, body: None }).await?;
        if let Some(Value::Array(own)) = page.get_mut(list).map(Value::take) {
            items.extend(own);
        }
        match page.get("next").and_then(Value::as_str) {
            Some(next) => after = Some(next.to_owned()),
            None => return Ok((items, true)),
        }
    }
    items.retain(|item| item.get(id).is_some());
    Ok((items, false))
}

/// A text in a query of an address.
pub(crate) fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn text<'v>(of: &'v Value, name: &str) -> &'v str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// By type, the assets on which a committed run of a model that writes it lies.
async fn run_over(asking: &dyn Asking) -> Result<(BTreeMap<String, BTreeSet<String>>, bool), String> {
    let models = json_of(asking, Ask { method: "GET", path: "/v1/models".to_owned(), body: None }).await?;
    let models = models.get("models").and_then(Value::as_array).cloned().unwrap_or_default();
    let types = |model: &Value| {
        let types = model.get("types").and_then(Value::as_array).cloned().unwrap_or_default();
        let types = types.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
        (text(model, "model").to_owned(), types)
    };
    let types: BTreeMap<String, Vec<String>> = models.iter().map(types).collect();
    let (runs, whole) = all_of(asking, "/v1/runs", "runs", "run").await?;
    let mut over: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for run in runs.iter().filter(|run| text(run, "state") == "committed") {
        for kind in types.get(text(run, "model")).into_iter().flatten() {
            over.entry(kind.clone()).or_default().insert(text(run, "asset_id").to_owned());
        }
    }
    Ok((over, whole))
}

/// The assets that have annotations of a type.
async fn annotated(asking: &dyn Asking, kind: &str) -> Result<BTreeSet<String>, String> {
    let mut assets = BTreeSet::new();
    let mut plan = json!({"all": [{"type": kind}], "group_by": ["asset"], "top": 1, "limit": PAGE});
    for _ in 0..COVERAGE_PAGES_MAX {
        let ask = Ask { method: "POST", path: "/v1/search".to_owned(), body: Some(plan.clone()) };
        let answer = json_of(asking, ask).await?;
        let moments = answer.get("moments").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        assets.extend(moments.iter().map(|moment| text(moment, "asset_id").to_owned()));
        match answer.get("next_cursor").filter(|cursor| cursor.is_string()) {
            Some(cursor) => plan["cursor"] = cursor.clone(),
            None => break,
        }
    }
    Ok(assets)
}

/// What was looked at for each type that a plan asks for. Whatever cannot be told is said so, never left out.
pub(crate) async fn coverage(asking: &dyn Asking, plan: &Value) -> Value {
    match counted(asking, plan).await {
        Ok(coverage) => coverage,
        Err(why) => json!({"unknown": why}),
    }
}

async fn counted(asking: &dyn Asking, plan: &Value) -> Result<Value, String> {
    let mut types = BTreeSet::new();
    types_of(plan, &mut types);
    let (assets, all_assets) = all_of(asking, "/v1/assets", "assets", "asset_id").await?;
    let assets: BTreeSet<String> = assets.iter().map(|asset| text(asset, "asset_id").to_owned()).collect();
    let (over, all_runs) = run_over(asking).await?;
    let mut told = Map::new();
    let mut missing = Vec::new();
    for kind in types {
        let mut looked = annotated(asking, &kind).await?;
        looked.extend(over.get(&kind).into_iter().flatten().cloned());
        let never: Vec<&String> = assets.difference(&looked).collect();
        if !never.is_empty() {
            missing.push(format!("{kind} never ran on {} of {} assets", never.len(), assets.len()));
        }
        let named: Vec<&String> = never.iter().take(COVERAGE_NAMED_MAX).copied().collect();
        told.insert(
            kind,
            json!({"looked_at": assets.len() - never.len(), "never": never.len(), "such_as": named}),
        );
    }
    let mut coverage = json!({"assets": assets.len(), "types": told, "says": missing});
    if !(all_assets && all_runs) {
        coverage["at_least"] =
            json!(format!("only the first {} assets and runs are counted", PAGE * COVERAGE_PAGES_MAX));
    }
    Ok(coverage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_in_every_step_and_test() {
        let plan = json!({"all": [{"type": "A", "label": "x"}], "then": [{"any": [{"type": "B"}]}], "none": [{"type": "C"}],
                          "where": [{"near": {"clause": {"type": "D"}, "within": 3}}], "scope": {"attributes": {"type": "no"}}});
        let mut found = BTreeSet::new();
        types_of(&plan, &mut found);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["A", "B", "C", "D"]);
    }

    #[test]
    fn what_an_address_cannot_hold_is_encoded() {
        assert_eq!(encoded("a b/é&"), "a%20b%2F%C3%A9%26");
    }
}
