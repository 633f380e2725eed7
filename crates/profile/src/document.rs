//! A profile as it is written: JSON or TOML.

use rushes_plan::Plan;
use rushes_types::{Error, Result, check_id};
use serde_json::{Map, Value, json};

/// Longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// Longest description, in bytes.
pub const SAYS_BYTES_MAX: usize = 4 << 10;
/// Fields of a plan that a profile may not hold: what is looked for, and where a page begins, belong to one request.
pub const NOT_IN_PROFILES: [&str; 8] = ["all", "any", "none", "then", "where", "runs", "cursor", "explain"];
const FIELDS: [&str; 6] = ["name", "inherits", "says", "team", "exact", "plan"];

/// A profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The profile that it begins with.
    pub inherits: Option<String>,
    /// For whom it is.
    pub says: Option<String>,
    /// The team whose ranking model counts; its own name where it says none.
    pub team: Option<String>,
    /// Are vectors searched exactly, where a clause does not say?
    pub exact: Option<bool>,
    /// The part of a plan, as it was written.
    pub plan: Map<String, Value>,
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// What is wrong, with the field and the mend.
    pub fn read(value: &Value) -> Result<Self> {
        let Some(fields) = value.as_object() else {
            return Err(Error::invalid("a profile is an object").mend("write its fields"));
        };
        if let Some(other) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            return Err(Error::invalid(format!("`{other}` is no field of a profile"))
                .mend(format!("there are {}", FIELDS.join(", ")))
                .at(format!("/{other}")));
        }
        let name = text(fields, "name", NAME_BYTES_MAX)?
            .ok_or_else(|| Error::invalid("the profile has no name").mend("give it one").at("/name"))?;
        let (inherits, team) =
            (text(fields, "inherits", NAME_BYTES_MAX)?, text(fields, "team", NAME_BYTES_MAX)?);
        for (field, value) in
            [("name", Some(&name)), ("inherits", inherits.as_ref()), ("team", team.as_ref())]
        {
            let check =
                |value: &String| check_id(field, value).map_err(|e| Error::from(e).at(format!("/{field}")));
            value.map(check).transpose()?;
        }
        let exact = match fields.get("exact") {
            None | Some(Value::Null) => None,
            Some(Value::Bool(exact)) => Some(*exact),
            Some(other) => {
                return Err(Error::invalid(format!("`exact` is `{other}`"))
                    .mend("write true or false")
                    .at("/exact"));
            }
        };
        let plan = match fields.get("plan") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(plan)) => plan.clone(),
            Some(_) => {
                return Err(Error::invalid("`plan` is no object")
                    .mend("write the fields of a plan")
                    .at("/plan"));
            }
        };
        check_plan(&plan)?;
        Ok(Self { name, inherits, says: text(fields, "says", SAYS_BYTES_MAX)?, team, exact, plan })
    }

    /// Reads a profile in TOML.
    ///
    /// # Errors
    /// As [`Profile::read`]; where it is no TOML, with the line.
    pub fn read_toml(text: &str) -> Result<Self> {
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
            Error::invalid(format!("the profile is no TOML: {e}")).mend("mend it")
        })?;
        Self::read(&json_of(&toml::Value::Table(table), "")?)
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("name".to_owned(), json!(self.name));
        let texts = [("inherits", &self.inherits), ("says", &self.says), ("team", &self.team)];
        for (name, value) in texts {
            fields.extend(value.as_ref().map(|value| (name.to_owned(), json!(value))));
        }
        fields.extend(self.exact.map(|exact| ("exact".to_owned(), json!(exact))));
        if !self.plan.is_empty() {
            fields.insert("plan".to_owned(), Value::Object(self.plan.clone()));
        }
        Value::Object(fields)
    }

    /// As TOML. Null, which TOML does not have, says nothing in a plan and is left out.
    ///
    /// # Errors
    /// A bug, where it cannot be written.
    pub fn to_toml(&self) -> Result<String> {
        let mut json = self.to_json();
        without_null(&mut json);
        toml::to_string_pretty(&json).map_err(|e| Error::bug(e.to_string()))
    }
}

fn text(fields: &Map<String, Value>, name: &str, most: usize) -> Result<Option<String>> {
    let at = |message: String| Error::invalid(message).at(format!("/{name}"));
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= most => Ok(Some(text.clone())),
        Some(Value::String(text)) => {
            Err(at(format!("`{name}` has {} bytes", text.len())).mend(format!("at most {most} are taken")))
        }
        Some(_) => Err(at(format!("`{name}` is no text")).mend("write it in quotes")),
    }
}

/// Does a plan take these fields?
fn check_plan(plan: &Map<String, Value>) -> Result<()> {
    if let Some(field) = plan.keys().find(|name| NOT_IN_PROFILES.contains(&name.as_str())) {
        return Err(Error::invalid(format!("a profile cannot hold `{field}`"))
            .mend("it says how to ask, not what: leave it to the request")
            .at(format!("/plan/{field}")));
    }
    Plan::read_beside_words(&Value::Object(plan.clone())).map(drop).map_err(|error| {
        let at = format!("/plan{}", error.pointer().unwrap_or_default());
        error.at(at)
    })
}

/// TOML as JSON. It knows numbers that JSON does not: not a number, and infinity.
fn json_of(value: &toml::Value, pointer: &str) -> Result<Value> {
    Ok(match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(n) => json!(n),
        toml::Value::Float(x) if x.is_finite() => json!(x),
        toml::Value::Float(x) => {
            return Err(Error::invalid(format!("`{x}` is no number that can be reckoned with"))
                .mend("write a finite number")
                .at(pointer));
        }
        toml::Value::Boolean(yes) => json!(yes),
        toml::Value::Datetime(time) => json!(time.to_string()),
        toml::Value::Array(items) => {
            let item = |(i, item): (usize, &toml::Value)| json_of(item, &format!("{pointer}/{i}"));
            Value::Array(items.iter().enumerate().map(item).collect::<Result<_>>()?)
        }
        toml::Value::Table(table) => {
            let member = |(name, value): (&String, &toml::Value)| {
                Ok((name.clone(), json_of(value, &format!("{pointer}/{name}"))?))
            };
            Value::Object(table.iter().map(member).collect::<Result<_>>()?)
        }
    })
}

fn without_null(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}
