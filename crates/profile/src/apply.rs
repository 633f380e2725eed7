//! Fills in what a request does not say.

use serde_json::{Map, Value};

use crate::inherit::Inherited;

/// Fields whose members are filled in one by one.
const BY_MEMBER: [&str; 2] = ["weights", "scope"];
const GROUPS: [&str; 3] = ["all", "any", "none"];

/// A field that a profile filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// Its place in the plan.
    pub pointer: String,
    /// What it is now.
    pub value: Value,
}

/// Fills in the fields that a request (a plan, perhaps with words beside it) does not name; gives what was filled in. Null
/// names a field too: so a request can leave a part of its profile out.
pub fn apply(profile: &Inherited, request: &mut Map<String, Value>) -> Vec<Filled> {
    let mut filled = Vec::new();
    for (field, value) in &profile.plan {
        match (request.get_mut(field), value) {
            (None, value) => {
                request.insert(field.clone(), value.clone());
                filled.push(Filled { pointer: format!("/{field}"), value: value.clone() });
            }
            (Some(Value::Object(there)), Value::Object(members)) if BY_MEMBER.contains(&field.as_str()) => {
                for (name, value) in
                    members.iter().filter(|(name, _)| !there.contains_key(*name)).collect::<Vec<_>>()
                {
                    there.insert(name.clone(), value.clone());
                    filled.push(Filled { pointer: format!("/{field}/{name}"), value: value.clone() });
                }
            }
            _ => {}
        }
    }
    if let Some(exact) = profile.exact {
        set_exact(request, exact, "", &mut filled);
        for (i, step) in
            request.get_mut("then").and_then(Value::as_array_mut).into_iter().flatten().enumerate()
        {
            if let Some(step) = step.as_object_mut() {
                set_exact(step, exact, &format!("/then/{i}"), &mut filled);
            }
        }
    }
    filled
}

fn set_exact(step: &mut Map<String, Value>, exact: bool, pointer: &str, filled: &mut Vec<Filled>) {
    for group in GROUPS {
        for (i, clause) in step.get_mut(group).and_then(Value::as_array_mut).into_iter().flatten().enumerate()
        {
            if let Some(vector) = clause.get_mut("vector").and_then(Value::as_object_mut)
                && !vector.contains_key("exact")
            {
                vector.insert("exact".to_owned(), Value::Bool(exact));
                let pointer = format!("{pointer}/{group}/{i}/vector/exact");
                filled.push(Filled { pointer, value: Value::Bool(exact) });
            }
        }
    }
}
