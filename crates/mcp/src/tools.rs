//! The tools: what each asks, and what it tells.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use crate::answers::{self, Told, bare, json_of, picked, refusal};
use crate::coverage::{coverage, encoded};
use crate::described::{check, described};
use crate::limits::{
    AROUND_S_DEFAULT, AROUND_S_MAX, EXPORT_BYTES_MAX, LANES_MAX, MOMENTS_DEFAULT, MOMENTS_MAX, NAMES_MAX,
    PICTURES_DEFAULT, PICTURES_MAX, SELECTED_MAX, TYPES_MAX,
};
use crate::{Ask, Asking};

/// Nanoseconds of a second.
const SECOND: f64 = 1.0e9;
/// Height of the pictures of a look, in pixels.
const PICTURE_HEIGHT: u32 = 270;

type Arguments = Map<String, Value>;

/// Calls a tool.
///
/// # Errors
/// One sentence for the agent: what was refused, and the mend.
pub(crate) async fn call(asking: &dyn Asking, name: &str, arguments: &Arguments) -> Result<Told, String> {
    if let Some(of) = described(name) {
        check(of, arguments)?;
        if of.changes && !asking.may_change() {
            return Err("this agent may only read; give it an access token of its own, and it may keep moments in bins".to_owned());
        }
    }
    match name {
        "search" => search(asking, request(arguments)?).await.map(Told::from),
        "refine" => refine(asking, arguments).await.map(Told::from),
        "similar" => similar(asking, arguments).await.map(Told::from),
        "moment" => moment(asking, arguments).await.map(Told::from),
        "look" => look(asking, arguments).await,
        "facets" => facets(asking, arguments).await.map(Told::from),
        "select" => select(asking, arguments).await.map(Told::from),
        "export" => export(asking, arguments).await.map(Told::from),
        other => Err(format!("there is no tool `{other}`")),
    }
}

fn post(path: impl Into<String>, body: Value) -> Ask {
    Ask { method: "POST", path: path.into(), body: Some(body) }
}

fn get(path: String) -> Ask {
    Ask { method: "GET", path, body: None }
}

/// A number of things, within what is given at once.
fn count(arguments: &Arguments, name: &str, usual: u64, most: u64) -> Result<u64, String> {
    match arguments.get(name).filter(|value| !value.is_null()) {
        None => Ok(usual),
        Some(value) => match value.as_u64() {
            Some(n) if (1..=most).contains(&n) => Ok(n),
            _ => Err(format!("`{name}` is to be a whole number from 1 to {most}")),
        },
    }
}

/// A search as `/v1/search` takes it.
fn request(arguments: &Arguments) -> Result<Map<String, Value>, String> {
    let mut request = match arguments.get("plan") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(plan)) => plan.clone(),
        Some(_) => return Err("`plan` is to be an object, as answers give it back".to_owned()),
    };
    for name in ["q", "cursor"] {
        request.extend(
            arguments
                .get(name)
                .filter(|value| !value.is_null())
                .map(|value| (name.to_owned(), value.clone())),
        );
    }
    if arguments.contains_key("limit") || !request.contains_key("limit") {
        request.insert("limit".to_owned(), json!(count(arguments, "limit", MOMENTS_DEFAULT, MOMENTS_MAX)?));
    }
    Ok(request)
}

async fn search(asking: &dyn Asking, request: Map<String, Value>) -> Result<Value, String> {
    let answer = json_of(asking, post("/v1/search", Value::Object(request))).await?;
    let mut told = answers::search(&answer);
    told.insert("coverage".to_owned(), coverage(asking, answer.get("plan").unwrap_or(&Value::Null)).await);
    Ok(Value::Object(told))
}

async fn refine(asking: &dyn Asking, arguments: &Arguments) -> Result<Value, String> {
    let given = |name: &str| arguments.get(name).cloned().unwrap_or(Value::Null);
    let mut talk = json!({"say": given("say"), "turns": [{"plan": given("plan")}]});
    if let Some(shown) = arguments.get("shown").and_then(Value::as_array) {
        let stretch = |moment: &Value| Value::Object(picked(moment, &["asset_id", "start_ns", "end_ns"]));
        talk["shown"] = shown.iter().map(stretch).collect();
    }
    let turned = json_of(asking, post("/v1/converse", talk)).await?;
    let mut told = picked(&turned, &["step", "why", "patch", "warnings", "alternative", "spoken_of"]);
    match turned.get("plan").filter(|plan| plan.is_object()) {
        Some(plan) => {
            let mut next = Arguments::new();
            next.insert("plan".to_owned(), plan.clone());
            next.extend(arguments.get("limit").map(|limit| ("limit".to_owned(), limit.clone())));
            told.insert("found".to_owned(), search(asking, request(&next)?).await?);
            told.insert("plan".to_owned(), bare(plan));
        }
        None => drop(told.insert("plan".to_owned(), Value::Null)),
    }
    Ok(Value::Object(told))
}

async fn similar(asking: &dyn Asking, arguments: &Arguments) -> Result<Value, String> {
    let mut request = request(arguments)?;
    let like = picked(&Value::Object(arguments.clone()), &["asset_id", "start_ns", "end_ns"]);
    let clause = json!({"vector": {"like": like}});
    match request.entry("all").or_insert_with(|| json!([])) {
        Value::Array(all) => all.push(clause),
        _ => return Err("`all` of the plan is to be a list".to_owned()),
    }
    search(asking, request).await
}

/// The asset, start and end that a tool was given.
fn stretch_of(arguments: &Arguments) -> Result<(String, i64, i64), String> {
    let asset = arguments.get("asset_id").and_then(Value::as_str).ok_or("`asset_id` is to be text")?;
    let time = |name: &str| {
        let ns = arguments.get(name).and_then(Value::as_i64).filter(|ns| *ns >= 0);
        ns.ok_or_else(|| format!("`{name}` is to be whole nanoseconds from the start of the media"))
    };
    let (start, end) = (time("start_ns")?, time("end_ns")?);
    if start > end {
        Err("`start_ns` is after `end_ns`; swap them".to_owned())
    } else {
        Ok((asset.to_owned(), start, end))
    }
}

async fn moment(asking: &dyn Asking, arguments: &Arguments) -> Result<Value, String> {
    let (asset, start, end) = stretch_of(arguments)?;
    let around = arguments
        .get("around_s")
        .and_then(Value::as_f64)
        .unwrap_or(AROUND_S_DEFAULT)
        .clamp(0.0, AROUND_S_MAX);
    #[allow(clippy::cast_precision_loss)] // buckets are of seconds
    let (from, to) = ((start as f64 / SECOND - around).max(0.0), end as f64 / SECOND + around);
    let path = format!("/v1/buckets/{}?from={from:.3}&to={to:.3}&vectors=false", encoded(&asset));
    let buckets = json_of(asking, get(path)).await?;
    let mut seen = std::collections::BTreeSet::new();
    let mut lanes: Map<String, Value> = Map::new();
    let mut left_out = 0_usize;
    let annotations = buckets.as_array().into_iter().flatten();
    let annotations = annotations
        .flat_map(|bucket| bucket.get("source_annotations").and_then(Value::as_array).into_iter().flatten());
    for annotation in annotations {
        let text = |name: &str| annotation.get(name).and_then(Value::as_str).unwrap_or_default();
        if !seen.insert((text("model").to_owned(), text("annotation_id").to_owned())) {
            continue;
        }
        if seen.len() > LANES_MAX {
            left_out += 1;
            continue;
        }
        let mut told = picked(annotation, &["label", "text", "model", "confidence_score"]);
        if let Some(range) = annotation.get("time_range") {
            told.extend(picked(range, &["start_time_ns", "end_time_ns"]));
        }
        if let Value::Array(lane) = lanes.entry(text("annotation_type")).or_insert_with(|| json!([])) {
            lane.push(Value::Object(told));
        }
    }
    let asked = json!({"all": lanes.keys().map(|kind| json!({"type": kind})).collect::<Vec<_>>()});
    let coverage = coverage(asking, &asked).await;
    Ok(
        json!({"asset_id": asset, "from_s": from, "to_s": to, "lanes": lanes, "left_out": left_out, "coverage": coverage}),
    )
}

async fn look(asking: &dyn Asking, arguments: &Arguments) -> Result<Told, String> {
    let (asset, start, end) = stretch_of(arguments)?;
    let wanted = i64::try_from(count(arguments, "pictures", PICTURES_DEFAULT, PICTURES_MAX)?).unwrap_or(1);
    let (mut pictures, mut times) = (Vec::new(), Vec::new());
    for n in 0..wanted {
        // In the middle of each of so many equal parts.
        let at = start + (end - start) / wanted * n + (end - start) / wanted / 2;
        let path = format!("/v1/media/{}/frame?at_ns={at}&height={PICTURE_HEIGHT}", encoded(&asset));
        let answered = asking.ask(get(path)).await;
        if answered.status != 200 {
            return Err(refusal(answered.status, serde_json::from_slice(&answered.body).ok().as_ref()));
        }
        pictures.push(BASE64.encode(&answered.body));
        times.push(at);
    }
    let coverage = json!({"says": [], "pictures_at_ns": times});
    Ok(Told { json: json!({"asset_id": asset, "at_ns": times, "coverage": coverage}), pictures })
}

async fn facets(asking: &dyn Asking, arguments: &Arguments) -> Result<Value, String> {
    let mut kinds = arguments.get("types").and_then(Value::as_array).cloned().unwrap_or_default();
    kinds.truncate(TYPES_MAX);
    let asked = json!({"all": kinds.iter().map(|kind| json!({"type": kind})).collect::<Vec<_>>()});
    let coverage = coverage(asking, &asked).await;
    if let Some(beginning) = arguments.get("beginning").and_then(Value::as_str) {
        let path = format!("/v1/suggest?q={}&tails=true&limit={NAMES_MAX}", encoded(beginning));
        let found = json_of(asking, get(path)).await?;
        return Ok(json!({"names": found.get("suggestions"), "coverage": coverage}));
    }
    let mut told = Map::new();
    for (path, name) in
        [("/v1/models", "models"), ("/v1/labels", "labels"), ("/v1/assets?limit=100", "assets")]
    {
        let mut found = json_of(asking, get(path.to_owned())).await?;
        let list = found.get_mut(name).map_or(Value::Null, Value::take);
        let of = |item: &Value| {
            Value::Object(picked(
                item,
                &[
                    "model", "types", "type", "label", "aliases", "asset_id", "movie_id", "series", "season",
                    "episode", "title",
                ],
            ))
        };
        let most = usize::try_from(NAMES_MAX * 2).unwrap_or(usize::MAX);
        told.insert(name.to_owned(), list.as_array().into_iter().flatten().take(most).map(of).collect());
    }
    told.insert("coverage".to_owned(), coverage);
    Ok(Value::Object(told))
}

async fn select(asking: &dyn Asking, arguments: &Arguments) -> Result<Value, String> {
    let moments = arguments.get("moments").and_then(Value::as_array).ok_or("`moments` is to be a list")?;
    if moments.is_empty() || moments.len() > SELECTED_MAX {
        return Err(format!("from 1 to {SELECTED_MAX} moments are kept at once"));
    }
    let added = |moment: &Value| {
        let mut added = picked(moment, &["asset_id", "start_ns", "end_ns"]);
        added.extend(arguments.get("note").map(|note| ("note".to_owned(), note.clone())));
        Value::Object(added)
    };
    let mut change = json!({"add": moments.iter().map(added).collect::<Vec<_>>()});
    if let Some(name) = arguments.get("name") {
        change["name"] = name.clone();
    }
    let ask = match arguments.get("bin").and_then(Value::as_str) {
        Some(bin) => Ask { method: "PATCH", path: format!("/v1/bins/{}", encoded(bin)), body: Some(change) },
        None => post("/v1/bins", change),
    };
    let kept = json_of(asking, ask).await?;
    Ok(Value::Object(picked(&kept, &["bin", "version", "name", "overview"])))
}

async fn export(asking: &dyn Asking, arguments: &Arguments) -> Result<Value, String> {
    let format = arguments.get("format").and_then(Value::as_str).ok_or("`format` is to be text")?;
    let request = request(arguments)?;
    let planned = json_of(asking, post("/v1/plan", Value::Object(request.clone()))).await?;
    let answered =
        asking.ask(post(format!("/v1/export?format={}", encoded(format)), Value::Object(request))).await;
    if answered.status != 200 {
        return Err(refusal(answered.status, serde_json::from_slice(&answered.body).ok().as_ref()));
    }
    if answered.body.len() > EXPORT_BYTES_MAX {
        return Err(format!(
            "the file has {} bytes; ask for fewer moments with `limit`",
            answered.body.len()
        ));
    }
    let text = String::from_utf8(answered.body)
        .map_err(|_| "the file is no text; ask for another format, such as csv")?;
    let coverage = coverage(asking, planned.get("plan").unwrap_or(&Value::Null)).await;
    Ok(json!({"format": format, "text": text, "coverage": coverage}))
}
