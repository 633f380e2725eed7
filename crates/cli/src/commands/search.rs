//! `rushes search` and `rushes suggest`: asking.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use axum::http::Method;
use serde_json::{Map, Value, json};

use crate::args::{Mode, Search};
use crate::client::{Client, Payload, encode};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::exported;
use crate::output::{self, count, plural};
use crate::show;

/// Runs `rushes search`.
pub fn run(config: &Config, args: &Search, json_output: bool, quiet: bool) -> Outcome {
    let mut request = request(args)?;
    let client = Client::reader(config)?;
    super::wait::before_reading(&client, quiet)?;
    if args.exact {
        // A question in words becomes a plan first: only a plan's vector clauses can be set to be exact.
        if request.contains_key("q") {
            let mut resolved = client.post("/v1/plan", Payload::Json(Value::Object(request)))?;
            request = object(resolved.get_mut("plan").map_or(Value::Null, Value::take))?;
            if let Some(cursor) = &args.cursor {
                request.insert("cursor".to_owned(), json!(cursor));
            }
        }
        for group in ["all", "any", "none"] {
            make_exact(request.get_mut(group));
        }
        for step in request.get_mut("then").and_then(Value::as_array_mut).into_iter().flatten() {
            for group in ["all", "any", "none"] {
                make_exact(step.get_mut(group));
            }
        }
    }
    if let Some(format) = &args.export {
        let asked = Payload::Json(Value::Object(request));
        return exported::write(&client, Method::POST, "/v1/export", asked, format, &args.exported);
    }
    let asked = args.explain.then(|| request.clone());
    let reply = client.send(Method::POST, "/v1/search", Payload::Json(Value::Object(request)))?;
    if json_output && reply.status.is_success() {
        return output::json_bytes(&reply.body);
    }
    print(&reply.json()?);
    if let Some(asked) = asked {
        let resolved = client.post("/v1/plan", Payload::Json(Value::Object(asked)))?;
        print_cost(resolved.get("cost"));
        print_requests(resolved.get("requests").and_then(Value::as_array).map_or(&[], Vec::as_slice));
    }
    Ok(())
}

/// What the search was thought to cost, before it ran.
fn print_cost(cost: Option<&Value>) {
    let number = |cost: &Value, name: &str| cost.get(name).and_then(Value::as_f64).unwrap_or_default();
    let Some(cost) = cost else { return };
    let all = |name: &str| {
        let clauses = cost.get("clauses").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        clauses.iter().map(|clause| number(clause, name)).sum::<f64>()
    };
    output::line("");
    output::line(&format!(
        "estimate: {:.1} ms of CPU time, {:.1} MiB; {:.0} words, compared with {:.0}, at most {:.0} entries and {:.0} \
         vectors",
        number(cost, "cpu_us") / 1_000.0,
        number(cost, "memory_bytes") / f64::from(1 << 20),
        all("words"),
        all("compared"),
        all("entries"),
        all("vectors"),
    ));
}

/// What an outside index is asked, where there is one.
fn print_requests(requests: &[Value]) {
    for request in requests {
        let text = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default();
        output::line("");
        output::line(&format!("{}: POST {}", text("what"), text("path")));
        output::line(&request.get("body").map(Value::to_string).unwrap_or_default());
    }
}

/// Asks, for other commands.
pub fn ask(client: &Client, request: Value) -> Outcome<Value> {
    client.post("/v1/search", Payload::Json(request))
}

/// The request that the arguments make.
fn request(args: &Search) -> Outcome<Map<String, Value>> {
    let mut request = match &args.plan {
        Some(path) => read_plan(path)?,
        None => object(json!({"q": args.text.join(" ")}))?,
    };
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            request.insert(name.to_owned(), value);
        }
    };
    set(
        "mode",
        args.mode.map(|mode| json!(if matches!(mode, Mode::Union) { "union" } else { "intersection" })),
    );
    set("limit", args.limit.map(|limit| json!(limit)));
    set("cursor", args.cursor.as_ref().map(|cursor| json!(cursor)));
    set("explain", args.explain.then_some(json!(true)));
    Ok(request)
}

fn object(value: Value) -> Outcome<Map<String, Value>> {
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(Failure::Usage("a plan is a JSON object".to_owned())),
    }
}

fn read_plan(path: &Path) -> Outcome<Map<String, Value>> {
    let name = path.display().to_string();
    let mut text = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut text).context("reading standard input")?;
    } else {
        text = std::fs::read(path).with_context(|| format!("`{name}` cannot be read"))?;
    }
    let plan =
        serde_json::from_slice(&text).map_err(|e| Failure::Usage(format!("{name}: this is no JSON: {e}")))?;
    object(plan)
}

fn make_exact(clauses: Option<&mut Value>) {
    for clause in clauses.and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(Value::Object(vector)) = clause.get_mut("vector") {
            vector.insert("exact".to_owned(), json!(true));
        }
    }
}

/// Prints the moments of an answer, at most that many, under the headings of their groups.
pub fn print_moments(answer: &Value, moments_max: usize, indent: &str) {
    let list = |name: &str| answer.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let moments = list("moments");
    let block = |moment: &Value| {
        show::moment(moment).iter().for_each(|line| output::line(&format!("{indent}{line}")));
    };
    let groups = list("groups");
    if groups.is_empty() {
        moments.iter().take(moments_max).for_each(block);
    }
    for (heading, positions) in show::groups(groups, 0) {
        output::line(&format!("{indent}{heading}"));
        positions.iter().filter(|i| **i < moments_max).filter_map(|i| moments.get(*i)).for_each(block);
    }
}

/// Prints an answer for people.
fn print(answer: &Value) {
    let plan = answer.get("plan").unwrap_or(&Value::Null);
    let empty = Vec::new();
    let array = |name: &str| answer.get(name).and_then(Value::as_array).unwrap_or(&empty);
    let moments = array("moments");
    if let Some(reading) = show::reading(answer.get("understood")) {
        output::line(&reading);
    }
    print_moments(answer, usize::MAX, "");
    let total = answer.get("total").and_then(Value::as_u64).unwrap_or(0);
    if total == 0 {
        output::line(&format!("no moments; looked for {}", show::plan_in_short(plan)));
        for clause in array("clauses").iter().filter(|c| c.get("hits").and_then(Value::as_u64) == Some(0)) {
            let pointer = clause.get("clause").and_then(Value::as_str).unwrap_or("");
            let words = plan.pointer(pointer).map(show::clause).unwrap_or_default();
            output::line(&format!("    nothing matches {words} ({pointer})"));
        }
        for remedy in array("remedies") {
            let found = remedy.get("total").and_then(Value::as_u64).unwrap_or(0);
            let message = remedy.get("message").and_then(Value::as_str).unwrap_or("");
            output::line(&format!("    {message}: {}", plural(found, "moment")));
        }
    } else {
        let took = answer.get("took_ms").and_then(Value::as_f64).unwrap_or(0.0);
        let shown = moments.len() as u64;
        let shown = if shown == total { String::new() } else { format!(", {} shown", count(shown)) };
        output::line(&format!("{}{shown} ({took:.1} ms)", plural(total, "moment")));
    }
    for warning in array("warnings") {
        let text = |name: &str| warning.get(name).and_then(Value::as_str).unwrap_or("");
        let at = if text("pointer").is_empty() { String::new() } else { format!(" ({})", text("pointer")) };
        output::warn(&format!("note: {}{at}", text("message")));
    }
    if let Some(cursor) = answer.get("next_cursor").and_then(Value::as_str) {
        output::line(&format!("more: the same command with --cursor {cursor}"));
    }
}

/// Runs `rushes suggest`.
pub fn suggest(config: &Config, typed: &str, limit: usize, json_output: bool, quiet: bool) -> Outcome {
    let client = Client::reader(config)?;
    super::wait::before_reading(&client, quiet)?;
    let found = client.get(&format!("/v1/suggest?tails=true&q={}&limit={limit}", encode(typed)))?;
    if json_output {
        return output::json(&found);
    }
    let suggestions = found.get("suggestions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    super::registry::list(suggestions, &["text", "type", "count"], "nothing begins like that");
    Ok(())
}
