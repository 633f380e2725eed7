//! The tools as agents are told of them: what each is for, and what it takes.

use serde_json::{Map, Value, json};

use crate::limits::{AROUND_S_MAX, MOMENTS_MAX, PICTURES_MAX, SELECTED_MAX, TYPES_MAX};

/// What a tool is for.
pub(crate) struct Described {
    pub name: &'static str,
    title: &'static str,
    says: &'static str,
    required: &'static [&'static str],
    pub changes: bool,
}

/// Fields that name a stretch of an asset.
const STRETCH: [&str; 3] = ["asset_id", "start_ns", "end_ns"];

const TOOLS: [Described; 8] = [
    Described {
        name: "search",
        title: "Find moments",
        says: "Finds moments by a question in words, a plan, or both. Answers moments with exact times and the evidence for each, the \
               plan to go on from, and coverage.",
        required: &[],
        changes: false,
    },
    Described {
        name: "refine",
        title: "Change the last search",
        says: "Changes the last plan by what is said, as in a conversation: only season 2; without Otto; more like the third; the same \
               with Mara. Says what it did and why, gives the change as JSON Patch, and searches.",
        required: &["plan", "say"],
        changes: false,
    },
    Described {
        name: "similar",
        title: "Find moments that look or mean alike",
        says: "Finds what is near to a moment, within a plan where one is given.",
        required: &STRETCH,
        changes: false,
    },
    Described {
        name: "moment",
        title: "What is around a moment",
        says: "What was said, seen and named in a moment and around it, by annotation type, with the models that say so.",
        required: &STRETCH,
        changes: false,
    },
    Described {
        name: "look",
        title: "See a moment",
        says: "Pictures from a moment, evenly apart.",
        required: &STRETCH,
        changes: false,
    },
    Described {
        name: "facets",
        title: "Which names there are",
        says: "Names with how often each is seen, for words that they begin with; without words what there is: titles, models with their \
               annotation types, and labels with their other names. With `types`, what was looked at by whom.",
        required: &[],
        changes: false,
    },
    Described {
        name: "select",
        title: "Keep moments in a bin",
        says: "Adds moments to a bin, or makes one. Only for agents whose token allows it.",
        required: &["moments"],
        changes: true,
    },
    Described {
        name: "export",
        title: "Moments as a file",
        says: "The moments of a plan as text for an editor: csv, edl, otio, json, vtt and others.",
        required: &["format"],
        changes: false,
    },
];

fn stretch() -> Value {
    let instant = json!({"type": "integer", "minimum": 0});
    json!({"asset_id": {"type": "string"}, "start_ns": instant, "end_ns": instant})
}

/// A stretch, with more beside it.
fn stretch_with(more: Value) -> Value {
    let mut properties = stretch();
    if let (Some(fields), Value::Object(more)) = (properties.as_object_mut(), more) {
        fields.extend(more);
    }
    properties
}

fn moments(what: &str) -> Value {
    let item = json!({"type": "object", "properties": stretch(), "required": STRETCH});
    json!({"type": "array", "items": item, "description": what})
}

/// What a tool takes.
fn properties(name: &str) -> Value {
    let text = |what: &str| json!({"type": "string", "description": what});
    let plan = json!({"type": "object", "description": "a structured query, as answers give it back"});
    let limit =
        json!({"type": "integer", "minimum": 1, "maximum": MOMENTS_MAX, "description": "how many moments"});
    let q = text("a question in words, such as: Mara in the galley without Otto");
    match name {
        "search" => {
            json!({"q": q, "plan": plan, "limit": limit, "cursor": text("next_cursor of the page before")})
        }
        "refine" => json!({"plan": plan, "say": text("what is to change"), "limit": limit,
                           "shown": moments("the moments that were shown, best first: the third is one of them")}),
        "similar" => stretch_with(json!({"plan": plan, "limit": limit})),
        "moment" => {
            stretch_with(json!({"around_s": {"type": "number", "minimum": 0, "maximum": AROUND_S_MAX}}))
        }
        "look" => {
            stretch_with(json!({"pictures": {"type": "integer", "minimum": 1, "maximum": PICTURES_MAX}}))
        }
        "facets" => json!({"beginning": text("the beginning of a name"),
                           "types": {"type": "array", "items": {"type": "string"}, "maxItems": TYPES_MAX}}),
        "select" => {
            let mut kept = moments("what to keep");
            kept["maxItems"] = json!(SELECTED_MAX);
            json!({"bin": text("the id of a bin; without it one is made"), "name": text("what the bin is called"),
                   "note": text("a note on each moment"), "moments": kept})
        }
        "export" => {
            json!({"q": q, "plan": plan, "format": text("csv, edl, otio, json, vtt, …"), "limit": limit})
        }
        _ => json!({}),
    }
}

fn tool(of: &Described) -> Value {
    let schema = json!({"type": "object", "properties": properties(of.name), "required": of.required,
                        "additionalProperties": false});
    let hints = json!({"title": of.title, "readOnlyHint": !of.changes, "destructiveHint": false, "openWorldHint": false});
    json!({"name": of.name, "title": of.title, "description": of.says, "inputSchema": schema, "annotations": hints})
}

/// The tools as agents are told of them; `changing`: also those that change something.
pub(crate) fn list(changing: bool) -> Vec<Value> {
    TOOLS.iter().filter(|of| changing || !of.changes).map(tool).collect()
}

/// A tool by its name.
pub(crate) fn described(name: &str) -> Option<&'static Described> {
    TOOLS.iter().find(|of| of.name == name)
}

/// Refuses what the tool does not take: an agent that misspells a field must not be answered as if it had not.
///
/// # Errors
/// One sentence that names the field.
pub(crate) fn check(of: &Described, arguments: &Map<String, Value>) -> Result<(), String> {
    let properties = properties(of.name);
    let known: Vec<&str> =
        properties.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    if let Some(unknown) = arguments.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("`{unknown}` is no argument of `{}`; it takes {}", of.name, known.join(", ")));
    }
    match of.required.iter().find(|name| arguments.get(**name).is_none_or(Value::is_null)) {
        Some(missing) => Err(format!("`{missing}` is missing")),
        None => Ok(()),
    }
}
