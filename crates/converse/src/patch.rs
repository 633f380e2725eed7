//! Changes of plans as JSON Patch (RFC 6902).
//!
//! Written here and not taken from a crate: what is needed is a page of code, and errors must name the place and the mend
//! as everywhere else.

use rushes_plan::Plan;
use rushes_types::pointer::step_to;
use rushes_types::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::limits::OPERATIONS_MAX;

/// Longest lists that are compared item by item; of longer ones the whole changes.
const COMPARED_MAX: usize = 200;

/// One operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// Puts a value in; into a list before the item that stands there, `-` at its end.
    Add {
        /// Where, as a JSON pointer.
        path: String,
        /// The value.
        value: Json,
    },
    /// Takes a value out.
    Remove {
        /// Where, as a JSON pointer.
        path: String,
    },
    /// Puts a value in the place of another.
    Replace {
        /// Where, as a JSON pointer.
        path: String,
        /// The value.
        value: Json,
    },
    /// Moves a value.
    Move {
        /// From where, as a JSON pointer.
        from: String,
        /// To where, as a JSON pointer.
        path: String,
    },
    /// Copies a value.
    Copy {
        /// From where, as a JSON pointer.
        from: String,
        /// To where, as a JSON pointer.
        path: String,
    },
    /// Goes on only where this value stands there.
    Test {
        /// Where, as a JSON pointer.
        path: String,
        /// The value.
        value: Json,
    },
}

/// What makes one plan of another; none is an empty object.
#[must_use]
pub fn diff(from: Option<&Plan>, to: Option<&Plan>) -> Vec<Operation> {
    let json = |plan: Option<&Plan>| plan.map_or_else(|| Json::Object(Map::new()), Plan::to_json);
    let mut operations = Vec::new();
    compare("", &json(from), &json(to), &mut operations);
    operations
}

fn compare(at: &str, from: &Json, to: &Json, out: &mut Vec<Operation>) {
    match (from, to) {
        (Json::Object(from), Json::Object(to)) => {
            for (name, old) in from {
                let path = step_to(at, name);
                match to.get(name) {
                    Some(new) => compare(&path, old, new, out),
                    None => out.push(Operation::Remove { path }),
                }
            }
            for (name, new) in to.iter().filter(|(name, _)| !from.contains_key(*name)) {
                out.push(Operation::Add { path: step_to(at, name), value: new.clone() });
            }
        }
        (Json::Array(from), Json::Array(to)) if from.len().max(to.len()) <= COMPARED_MAX => {
            lists(at, from, to, out);
        }
        (from, to) if from != to => out.push(Operation::Replace { path: at.to_owned(), value: to.clone() }),
        _ => {}
    }
}

/// The items that go and come, by the longest row of items that both lists have.
fn lists(at: &str, from: &[Json], to: &[Json], out: &mut Vec<Operation>) {
    let mut common = vec![vec![0_usize; to.len() + 1]; from.len() + 1];
    for i in (0..from.len()).rev() {
        for j in (0..to.len()).rev() {
            common[i][j] = if from[i] == to[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut place) = (0, 0, 0);
    while i < from.len() || j < to.len() {
        if i < from.len() && j < to.len() && from[i] == to[j] {
            (i, j, place) = (i + 1, j + 1, place + 1);
            continue;
        }
        let path = step_to(at, &place.to_string());
        let goes = i < from.len() && (j == to.len() || common[i + 1][j] >= common[i][j + 1]);
        let comes = j < to.len() && (i == from.len() || common[i][j + 1] >= common[i + 1][j]);
        if goes && comes {
            out.push(Operation::Replace { path, value: to[j].clone() });
            (i, j, place) = (i + 1, j + 1, place + 1);
        } else if goes {
            out.push(Operation::Remove { path });
            i += 1;
        } else {
            out.push(Operation::Add { path, value: to[j].clone() });
            (j, place) = (j + 1, place + 1);
        }
    }
}

/// A plan with a patch applied, read as any plan is; whole or not at all.
///
/// # Errors
/// [`rushes_types::ErrorKind::Invalid`] where an operation does not fit, with its place in the patch, or where what comes out
/// is no plan, with the place in the plan.
pub fn patched(plan: Option<&Plan>, patch: &[Operation]) -> Result<Plan> {
    if patch.len() > OPERATIONS_MAX {
        return Err(Error::invalid(format!("the patch has {} operations", patch.len()))
            .mend(format!("at most {OPERATIONS_MAX} are accepted"))
            .at("/patch"));
    }
    let mut json = plan.map_or_else(|| Json::Object(Map::new()), Plan::to_json);
    for (i, operation) in patch.iter().enumerate() {
        perform(&mut json, operation).map_err(|why| {
            Error::invalid(format!("the operation does not fit the plan: {why}"))
                .mend("send the plan that the patch was made for, or a patch for this one")
                .at(format!("/patch/{i}"))
        })?;
    }
    Plan::read(&json).map_err(|error| {
        let at = format!("/plan{}", error.pointer().unwrap_or_default());
        error.at(at)
    })
}

fn perform(json: &mut Json, operation: &Operation) -> std::result::Result<(), String> {
    let missing = |path: &str| format!("`{path}` is not there");
    match operation {
        Operation::Add { path, value } => add(json, path, value.clone()),
        Operation::Remove { path } => remove(json, path).map(|_| ()),
        Operation::Replace { path, value } => {
            *json.pointer_mut(path).ok_or_else(|| missing(path))? = value.clone();
            Ok(())
        }
        Operation::Move { from, path } => {
            if path.strip_prefix(from.as_str()).is_some_and(|rest| rest.starts_with('/')) {
                return Err(format!("`{from}` cannot be moved into itself"));
            }
            let value = remove(json, from)?;
            add(json, path, value)
        }
        Operation::Copy { from, path } => {
            let value = json.pointer(from).ok_or_else(|| missing(from))?.clone();
            add(json, path, value)
        }
        Operation::Test { path, value } => match json.pointer(path) {
            Some(own) if own == value => Ok(()),
            Some(_) => Err(format!("`{path}` is another value")),
            None => Err(missing(path)),
        },
    }
}

/// Where something stands: in what, and under which name.
fn parent(path: &str) -> std::result::Result<(&str, String), String> {
    let (parent, last) = path.rsplit_once('/').ok_or_else(|| format!("`{path}` is no place in a plan"))?;
    Ok((parent, last.replace("~1", "/").replace("~0", "~")))
}

/// The place of an item; digits only, and no zero before another digit.
fn place(name: &str) -> Option<usize> {
    let plain = name.bytes().all(|b| b.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    if plain { name.parse().ok() } else { None }
}

fn add(json: &mut Json, path: &str, value: Json) -> std::result::Result<(), String> {
    let (inside, name) = parent(path)?;
    match json.pointer_mut(inside) {
        Some(Json::Object(fields)) => {
            fields.insert(name, value);
            Ok(())
        }
        Some(Json::Array(items)) => {
            let at = if name == "-" { Some(items.len()) } else { place(&name) };
            let at = at.filter(|at| *at <= items.len()).ok_or_else(|| format!("`{path}` is not there"))?;
            items.insert(at, value);
            Ok(())
        }
        _ => Err(format!("`{inside}` is not there")),
    }
}

fn remove(json: &mut Json, path: &str) -> std::result::Result<Json, String> {
    let (inside, name) = parent(path)?;
    let gone = match json.pointer_mut(inside) {
        Some(Json::Object(fields)) => fields.remove(&name),
        Some(Json::Array(items)) => place(&name).filter(|at| *at < items.len()).map(|at| items.remove(at)),
        _ => None,
    };
    gone.ok_or_else(|| format!("`{path}` is not there"))
}
