//! `rushes bin`: lists of moments that people keep.

use axum::http::Method;
use rushes_plan::time::{AssetTimecode, parse_clock};
use rushes_types::{Asset, AssetId, FrameRate, MovieId};
use serde_json::{Value, json};

use crate::args::BinCommand;
use crate::client::{Client, Payload, encode};
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::exported;
use crate::output::{self, plural};

/// Most moments of a question that are added at once.
const SEARCH_MAX: usize = 1_000;

/// Runs `rushes bin`.
pub fn run(config: &Config, command: &BinCommand, json_output: bool) -> Outcome {
    let client = Client::reader(config)?;
    match command {
        BinCommand::List { trash } => list(&client, *trash, json_output),
        BinCommand::New { name, share } => {
            let made = client.post("/v1/bins", Payload::Json(json!({"name": name, "sharing": share})))?;
            output::value(text(&made, "bin"));
            Ok(())
        }
        BinCommand::Show { bin } => show(&read(&client, bin)?, json_output),
        BinCommand::Add { bin, asset, from, to, search, note } => {
            let add = match (asset, search) {
                (Some(asset), _) => vec![moment(&client, asset, from.as_deref(), to.as_deref())?],
                (None, Some(question)) => found(&client, question)?,
                (None, None) => Vec::new(),
            };
            let with_note = |mut moment: Value| {
                if let Some(note) = note {
                    moment["note"] = json!(note);
                }
                moment
            };
            let add: Vec<Value> = add.into_iter().map(with_note).collect();
            change(&client, bin, &json!({"add": add}))
        }
        BinCommand::Change { bin, item, note, colour, rating, circled } => {
            let wanted =
                json!({"item": item, "note": note, "colour": colour, "rating": rating, "circled": circled});
            change(&client, bin, &json!({"change": [wanted]}))
        }
        BinCommand::Remove { bin, items } => change(&client, bin, &json!({"remove": items})),
        BinCommand::Order { bin, items } => change(&client, bin, &json!({"order": items})),
        BinCommand::Set { bin, name, share } => {
            change(&client, bin, &json!({"name": name, "sharing": share}))
        }
        BinCommand::Trash { bin, forever } => {
            let path = format!("/v1/bins/{}?forever={forever}", encode(&id_of(&client, bin)?));
            let reply = client.send(Method::DELETE, &path, Payload::Empty)?;
            if reply.status.is_success() { Ok(()) } else { reply.json().map(|_| ()) }
        }
        BinCommand::Restore { bin } => change(&client, bin, &json!({"trashed": false})),
        BinCommand::History { bin } => history(&read(&client, bin)?, json_output),
        BinCommand::Export { bin, format, options } => {
            let path = format!("/v1/bins/{}/export", encode(&id_of(&client, bin)?));
            exported::write(&client, Method::GET, &path, Payload::Empty, format, options)
        }
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn items<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or_default()
}

fn seconds(value: &Value, name: &str) -> String {
    let ns = value.get(name).and_then(Value::as_i64).unwrap_or_default();
    format!("{:.3} s", rushes_plan::time::seconds_of_ns(ns))
}

fn list(client: &Client, trash: bool, json_output: bool) -> Outcome {
    let found = client.get(&format!("/v1/bins?trashed={trash}"))?;
    if json_output {
        return output::json(&found);
    }
    for bin in items(&found, "bins") {
        let moments = plural(number(bin, "moments"), "moment");
        let length = seconds(bin, "duration_ns");
        output::line(&format!(
            "{}  {}  {moments}, {length}  {}",
            text(bin, "bin"),
            text(bin, "name"),
            text(bin, "owner")
        ));
    }
    if items(&found, "bins").is_empty() {
        output::line("no bins");
    }
    Ok(())
}

/// The id of a bin that is named by its id or, where one alone has it, by its name; out of the trash first.
fn id_of(client: &Client, named: &str) -> Outcome<String> {
    for trashed in [false, true] {
        let all = client.get(&format!("/v1/bins?trashed={trashed}"))?;
        let bins = items(&all, "bins");
        if bins.iter().any(|bin| text(bin, "bin") == named) {
            return Ok(named.to_owned());
        }
        let called: Vec<&str> =
            bins.iter().filter(|bin| text(bin, "name") == named).map(|bin| text(bin, "bin")).collect();
        match called.as_slice() {
            [] => {}
            [one] => return Ok((*one).to_owned()),
            several => {
                let what = format!(
                    "{} bins are called `{named}`: name one by its id, {}",
                    several.len(),
                    several.join(" or ")
                );
                return Err(Failure::Usage(what));
            }
        }
    }
    Ok(named.to_owned())
}

fn read(client: &Client, named: &str) -> Outcome<Value> {
    let id = id_of(client, named)?;
    client.get(&format!("/v1/bins/{}", encode(&id)))
}

fn change(client: &Client, named: &str, change: &Value) -> Outcome {
    let path = format!("/v1/bins/{}", encode(&id_of(client, named)?));
    let reply = client.send(Method::PATCH, &path, Payload::Json(change.clone()))?;
    let changed = reply.json()?;
    let count = items(&changed, "items").len() as u64;
    output::line(&format!(
        "{}: {}, version {}",
        text(&changed, "name"),
        plural(count, "moment"),
        number(&changed, "version")
    ));
    Ok(())
}

fn show(bin: &Value, json_output: bool) -> Outcome {
    if json_output {
        return output::json(bin);
    }
    let overview = bin.get("overview").cloned().unwrap_or_default();
    let count = plural(items(bin, "items").len() as u64, "moment");
    output::line(&format!("{}  {count}, {}", text(bin, "name"), seconds(&overview, "duration_ns")));
    for item in items(bin, "items") {
        let circled = if item.get("circled") == Some(&json!(true)) { " circled" } else { "" };
        let rating =
            item.get("rating").and_then(Value::as_u64).map(|n| format!(" {n}/5")).unwrap_or_default();
        let span = format!("{} - {}", seconds(item, "start_ns"), seconds(item, "end_ns"));
        let (number, note) = (number(item, "item"), text(item, "note"));
        let colour = text(item, "colour");
        output::line(
            format!("{number:>4}  {}  {span}{rating}{circled}  {colour}  {note}", text(item, "asset_id"))
                .trim_end(),
        );
    }
    for overlap in items(&overview, "overlaps") {
        let how = if overlap.get("same") == Some(&json!(true)) { "is the same as" } else { "overlaps" };
        output::warn(&format!("note: moment {} {how} {}", number(overlap, "item"), number(overlap, "with")));
    }
    Ok(())
}

fn history(bin: &Value, json_output: bool) -> Outcome {
    if json_output {
        return output::json(&json!(items(bin, "history")));
    }
    for record in items(bin, "history") {
        let (version, at) = (number(record, "version"), number(record, "at_s"));
        let when = rushes_archive::rfc3339(std::time::UNIX_EPOCH + std::time::Duration::from_secs(at));
        output::line(&format!("{version:>4}  {when}  {}  {}", text(record, "by"), text(record, "what")));
    }
    Ok(())
}

/// A moment of an asset, its times as seconds, a clock or timecode.
fn moment(client: &Client, id: &str, from: Option<&str>, to: Option<&str>) -> Outcome<Value> {
    let about = client.get(&format!("/v1/assets/{}", encode(id)))?;
    let wrong = |why: String| Failure::Usage(why);
    let ids = (AssetId::new(id), MovieId::new(id));
    let (Ok(asset_id), Ok(movie)) = ids else { return Err(wrong(format!("`{id}` is no id"))) };
    let mut asset = Asset::new(asset_id, movie);
    asset.frame_rate = FrameRate::parse(text(&about, "frame_rate")).ok();
    asset.start_timecode = about.get("start_timecode").and_then(Value::as_str).map(str::to_owned);
    asset.drop_frame = about.get("drop_frame") == Some(&json!(true));
    let timecode = AssetTimecode::of(&asset);
    let time = |written: Option<&str>| {
        let written = written.unwrap_or_default();
        let frames = || timecode.and_then(|tc| tc.ns_of(written));
        parse_clock(written).or_else(frames).ok_or_else(|| {
            wrong(format!(
                "`{written}` is no time of `{id}`: write seconds, a clock or timecode at its frame rate"
            ))
        })
    };
    Ok(json!({"asset_id": id, "start_ns": time(from)?, "end_ns": time(to)?}))
}

/// The moments that a question finds.
fn found(client: &Client, question: &str) -> Outcome<Vec<Value>> {
    let answer = super::search::ask(client, json!({"q": question, "limit": SEARCH_MAX}))?;
    let moment = |moment: &Value| json!({"asset_id": moment["asset_id"], "start_ns": moment["start_ns"], "end_ns": moment["end_ns"], "question": question});
    Ok(items(&answer, "moments").iter().map(moment).collect())
}
