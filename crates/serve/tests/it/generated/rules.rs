//! The rules that the document names beside its schemas (`x-rules`), each with what makes a value hold it. A rule that is
//! not known here fails the test: no rule is an excuse that nobody looks at.

use serde_json::{Value, json};

use super::values::Maker;

/// A space that the archive has from the beginning, and a vector of it.
const SPACE: &str = "scene-clip@1";
const VECTOR: [f64; 2] = [0.5, -0.25];

/// Changes the value so that the rule holds.
pub fn hold(rule: &str, value: &mut Value, maker: &mut Maker<'_>) {
    match rule {
        "holds a word" => words(value, &["starving", "the harbour", "kitchen", "été"], maker),
        "with the clauses beside it, names something to look for" => {
            words(
                value,
                &["Joey", "Joey in the kitchen", "\"starving\" then Joey", "kitchen without Joey"],
                maker,
            );
        }
        "says something that can be asked, or goes on from the turns before it" => {
            words(value, &["Joey", "Joey in the kitchen", "only season 2", "the same with Joey"], maker);
        }
        "`at` is at most the number of `turns`" => {
            let turns = value["turns"].as_array().map_or(0, Vec::len);
            if value["at"].as_u64().is_some_and(|at| at > turns as u64) {
                value["at"] = json!(turns);
            }
        }
        "`next_cursor` of an answer to the same plan" => *value = Value::Null,
        "above 0" => above_zero(value),
        "at most 3600000 seconds" => *value = json!(*maker.random.pick(&["1:30", "10s", "2.5", "999:59:59"])),
        "at most 64 clauses in all" => whole_plan(value),
        "`top` has as many numbers as `group_by` has levels, at least one" => top(value),
        "a clause's weight times the factor of its type is above 0 and at most 1000000" => factors(value),
        "`from` is not after `to`" => window(value),
        "`values` has as many numbers as the space, and where several have, `space` names one" => {
            if value["values"].is_array() {
                value["values"] = json!(VECTOR);
                value["space"] = json!(SPACE);
            }
        }
        "`values` has as many numbers as the space" => {
            value["values"] = json!(VECTOR);
            value["space"] = json!(SPACE);
        }
        "the threshold goes with the space's metric" => threshold(value),
        "no vector of zeros where the metric is cosine" => {}
        "`start_ns` is not after `end_ns`" => ordered(value, "start_ns", "end_ns"),
        "with what it leaves as it is, `start_ns` is not after `end_ns`" => {
            ordered(value, "start_ns", "end_ns");
            if value["start_ns"].is_null() || value["end_ns"].is_null() {
                (value["start_ns"], value["end_ns"]) = (Value::Null, Value::Null);
            }
        }
        "`start_time_ns` is not after `end_time_ns`" => ordered(value, "start_time_ns", "end_time_ns"),
        "lasts at most 48 hours" => lasts(value, maker),
        "names a clause of the plan, such as `/all/0`" => *value = json!("/all/0"),
        "from 1 to 1000 frames a second" => {
            *value = json!(*maker.random.pick(&["24000/1001", "25", "29.97", "30 / 1", "50.0", "1000"]));
        }
        "`start_timecode` is timecode at `frame_rate`, where that is known" => start_timecode(value),
        "`drop_frame` at 30000/1001 and 60000/1001 only" => no_drop_frame(value),
        "`embedding_vector` has as many numbers as the model's space, and is not of zeros where its metric is cosine" =>
        {
            vector_of_a_model(value);
        }
        "`annotation_id` is not that of another annotation" => fresh_id(value, maker),
        // The request knows the run: see `requests`.
        "in a run, `asset_id` and `model` are the run's" => {}
        "is timecode at the rate of the timeline" => *value = json!("10:00:00:00"),
        "is timecode at the asset's rate, which is known" => *value = json!("5.5"),
        "`from` is not after `to`, and both lie within 10000 hours" => {
            *value = json!(*maker.random.pick(&["5.5", "5.5s"]));
        }
        other => panic!("the generator does not know the rule {other:?}"),
    }
}

fn words(value: &mut Value, usual: &[&str], maker: &mut Maker<'_>) {
    if value.is_string() {
        *value = json!(*maker.random.pick(usual));
    }
}

fn above_zero(value: &mut Value) {
    if !value.is_null() {
        *value = json!(2.5);
    }
}

/// Pointers of predicates name `/all/0`, so there is one.
fn whole_plan(value: &mut Value) {
    let needs = value["where"].to_string().contains("\"/all/0\"");
    let has = value["all"].as_array().is_some_and(|all| !all.is_empty());
    if needs && !has {
        value["all"] = json!([{"label": "Joey"}]);
    }
}

fn top(value: &mut Value) {
    let levels = match &value["group_by"] {
        Value::Array(levels) => levels.len().max(1),
        _ => 1,
    };
    if let Some(numbers) = value.get_mut("top").and_then(Value::as_array_mut) {
        numbers.resize(levels, json!(3));
    }
}

fn factors(value: &mut Value) {
    for (_, factor) in value.get_mut("weights").and_then(Value::as_object_mut).into_iter().flatten() {
        *factor = json!(1);
    }
}

fn window(value: &mut Value) {
    if !value["from"].is_null() && value.get("to").is_some() {
        value["to"] = Value::Null;
    }
}

fn threshold(value: &mut Value) {
    let metric = if !value["min_similarity"].is_null() {
        "cosine"
    } else if !value["max_distance"].is_null() {
        "l2"
    } else {
        return;
    };
    value["metric"] = json!(metric);
    for vector in value.get_mut("vectors").and_then(Value::as_array_mut).into_iter().flatten() {
        vector["metric"] = json!(metric);
    }
}

fn ordered(value: &mut Value, start: &str, end: &str) {
    if let (Some(from), Some(to)) = (value[start].as_i64(), value[end].as_i64()) {
        value[start] = json!(from.min(to));
        value[end] = json!(from.max(to));
    }
}

/// Short spans mostly: a bucket is made for each of their seconds.
fn lasts(value: &mut Value, maker: &mut Maker<'_>) {
    if let Some(start) = value["start_time_ns"].as_i64() {
        let latest = rushes_types::limits::TIME_NS_MAX;
        let span = if maker.random.once_in(2_000) {
            rushes_types::limits::SPAN_NS_MAX
        } else {
            i64::try_from(maker.random.below(9)).unwrap() * 500_000_000
        };
        value["end_time_ns"] = json!(start.saturating_add(span).min(latest));
    }
}

fn start_timecode(value: &mut Value) {
    if !value["frame_rate"].is_null() && value["start_timecode"].is_string() {
        value["start_timecode"] = json!("01:00:00:00");
    }
}

fn no_drop_frame(value: &mut Value) {
    if value["drop_frame"] == json!(true) {
        value["frame_rate"] = json!("30000/1001");
        value["start_timecode"] = json!("01:00:00;00");
    }
}

/// A model for each number of dimensions; numbers that are not all zero.
fn vector_of_a_model(value: &mut Value) {
    if let Some(vector) = value.get_mut("embedding_vector").and_then(Value::as_array_mut) {
        vector[0] = json!(0.75);
        let dimensions = vector.len();
        value["model"] = json!(format!("of-{dimensions}@1"));
    }
}

fn fresh_id(value: &mut Value, maker: &mut Maker<'_>) {
    if let Some(id) = value["annotation_id"].as_str() {
        maker.fresh += 1;
        let number = format!("#{}", maker.fresh);
        let kept: String = id.chars().take(120).collect();
        let long = id.len() == rushes_types::limits::ID_BYTES_MAX && id.is_ascii();
        let id = if long { format!("{}{number}", &id[number.len()..]) } else { format!("{kept}{number}") };
        value["annotation_id"] = json!(id);
    }
}
