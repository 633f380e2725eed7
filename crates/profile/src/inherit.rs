//! What a profile is with all that it inherits.

use rushes_types::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use crate::document::Profile;

/// Most profiles that one inherits from, one after the other.
pub const INHERITED_MAX: usize = 8;
/// Fields whose members are inherited one by one.
const BY_MEMBER: [&str; 2] = ["weights", "scope"];

/// A profile with what it inherits.
#[derive(Debug, Clone, PartialEq)]
pub struct Inherited {
    /// Its name.
    pub name: String,
    /// Itself, then what it inherits from, the nearest first.
    pub chain: Vec<String>,
    /// The team whose ranking model counts.
    pub team: String,
    /// Are vectors searched exactly, where a clause does not say?
    pub exact: Option<bool>,
    /// The part of a plan.
    pub plan: Map<String, Value>,
}

/// Puts a profile together with what it inherits; `known` finds profiles by their names.
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is no such profile; [`ErrorKind::Invalid`] where one inherits itself, or too many do.
pub fn inherited(name: &str, known: &mut dyn FnMut(&str) -> Result<Option<Profile>>) -> Result<Inherited> {
    let mut chain: Vec<Profile> = Vec::new();
    let mut next = Some(name.to_owned());
    while let Some(name) = next {
        if chain.iter().any(|profile| profile.name == name) {
            let names: Vec<&str> =
                chain.iter().map(|profile| profile.name.as_str()).chain([name.as_str()]).collect();
            return Err(Error::invalid(format!("profile `{name}` inherits itself: {}", names.join(" → ")))
                .mend("let one of them inherit from none, or from another")
                .at("/inherits"));
        }
        if chain.len() > INHERITED_MAX {
            return Err(Error::invalid(format!(
                "more than {INHERITED_MAX} profiles inherit from one another"
            ))
            .mend("write their fields into fewer")
            .at("/inherits"));
        }
        let profile = known(&name)?.ok_or_else(|| {
            let by =
                chain.last().map(|by| format!(", which `{}` inherits from", by.name)).unwrap_or_default();
            Error::new(ErrorKind::NotFound, format!("there is no profile `{name}`{by}"))
                .mend("`rushes profile list` names those that are there")
        })?;
        next = profile.inherits.clone();
        chain.push(profile);
    }
    let own = |profile: &Profile| profile.team.clone();
    let mut plan = Map::new();
    for profile in chain.iter().rev() {
        for (field, value) in &profile.plan {
            merge(&mut plan, field, value);
        }
    }
    Ok(Inherited {
        name: name.to_owned(),
        team: chain.iter().find_map(own).unwrap_or_else(|| name.to_owned()),
        exact: chain.iter().find_map(|profile| profile.exact),
        chain: chain.into_iter().map(|profile| profile.name).collect(),
        plan,
    })
}

fn merge(plan: &mut Map<String, Value>, field: &str, value: &Value) {
    match (plan.get_mut(field), value) {
        (Some(Value::Object(there)), Value::Object(members)) if BY_MEMBER.contains(&field) => {
            there.extend(members.clone());
        }
        _ => {
            plan.insert(field.to_owned(), value.clone());
        }
    }
}
