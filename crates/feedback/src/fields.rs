//! Reads the fields of an event; every error names the field and the mend.

use rushes_types::{Error, Result, check_id};
use serde_json::{Map, Value};

use crate::NAME_BYTES_MAX;

/// The fields of one event, and where it stands.
pub(crate) struct Fields<'a> {
    pub fields: &'a Map<String, Value>,
    pub pointer: &'a str,
}

impl Fields<'_> {
    pub fn error(&self, name: &str, message: impl Into<String>) -> Error {
        Error::invalid(message).at(format!("{}/{name}", self.pointer))
    }

    fn needed(&self, name: &str) -> Result<&Value> {
        self.optional(name).ok_or_else(|| self.error(name, format!("`{name}` is missing")).mend("send it"))
    }

    /// A field that is null counts as left out.
    fn optional(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    pub fn text(&self, name: &str) -> Result<&str> {
        let value = self.needed(name)?;
        value
            .as_str()
            .ok_or_else(|| self.error(name, format!("`{name}` is no text")).mend("write it in quotes"))
    }

    /// A name: an id of at most [`NAME_BYTES_MAX`] bytes.
    pub fn name(&self, name: &str) -> Result<&str> {
        let text = self.text(name)?;
        check_id(name, text).map_err(|e| Error::from(e).at(format!("{}/{name}", self.pointer)))?;
        if text.len() > NAME_BYTES_MAX {
            return Err(self
                .error(name, format!("`{name}` has {} bytes", text.len()))
                .mend(format!("at most {NAME_BYTES_MAX} are taken")));
        }
        Ok(text)
    }

    pub fn optional_name(&self, name: &str) -> Result<Option<String>> {
        self.optional(name).map(|_| self.name(name).map(str::to_owned)).transpose()
    }

    pub fn whole(&self, name: &str, low: u64, high: u64) -> Result<u64> {
        let value = self.needed(name)?;
        value.as_u64().filter(|n| (low..=high).contains(n)).ok_or_else(|| {
            self.error(name, format!("`{name}` is `{value}`"))
                .mend(format!("give a whole number, {low} to {high}"))
        })
    }

    pub fn share(&self, name: &str, otherwise: f64) -> Result<f64> {
        let Some(value) = self.optional(name) else { return Ok(otherwise) };
        value
            .as_f64()
            .filter(|x| (0.0..=1.0).contains(x))
            .ok_or_else(|| self.error(name, format!("`{name}` is `{value}`")).mend("give a number, 0 to 1"))
    }

    pub fn flag(&self, name: &str) -> Result<bool> {
        let Some(value) = self.optional(name) else { return Ok(false) };
        value
            .as_bool()
            .ok_or_else(|| self.error(name, format!("`{name}` is `{value}`")).mend("write true or false"))
    }

    /// Numbers by name.
    pub fn numbers(&self, name: &str) -> Result<std::collections::BTreeMap<String, f64>> {
        let Some(value) = self.optional(name) else { return Ok(std::collections::BTreeMap::new()) };
        let bad = || {
            self.error(name, format!("`{name}` holds no numbers by name"))
                .mend("send back what the answer said")
        };
        let members = value.as_object().ok_or_else(bad)?;
        members.iter().map(|(key, value)| Ok((key.clone(), value.as_f64().ok_or_else(bad)?))).collect()
    }

    /// Refuses fields of other names.
    pub fn only(&self, known: &[&str]) -> Result<()> {
        match self.fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(self
                .error(name, format!("`{name}` is no field of this event"))
                .mend(format!("there are {}", known.join(", ")))),
            None => Ok(()),
        }
    }
}
