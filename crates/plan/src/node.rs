//! JSON values with their JSON pointers, so that every error names the field and the mend.

use rushes_types::pointer::step_to;
use rushes_types::{Error, Result};
use serde_json::{Map, Value as Json};

/// A value of a JSON document and its JSON pointer (RFC 6901).
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    pub value: &'a Json,
    pub pointer: String,
}

/// An object checked to have only known fields.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    fields: &'a Map<String, Json>,
    pub pointer: String,
}

impl<'a> Node<'a> {
    pub fn root(value: &'a Json) -> Self {
        Self { value, pointer: String::new() }
    }

    pub fn error(&self, message: impl Into<String>) -> Error {
        Error::invalid(message).at(self.pointer.clone())
    }

    fn expected(&self, what: &str) -> Error {
        let shown = self.value.to_string();
        let short: String = shown.chars().take(60).collect();
        let dots = if short.len() < shown.len() { "…" } else { "" };
        self.error(format!("`{short}{dots}` is not {what}"))
    }

    pub fn object(self, known: &[&str]) -> Result<Object<'a>> {
        let Json::Object(fields) = self.value else {
            return Err(self.expected("an object").mend(format!("its fields are {}", known.join(", "))));
        };
        for name in fields.keys() {
            if !known.contains(&name.as_str()) {
                return Err(unknown(name, known).at(step_to(&self.pointer, name)));
            }
        }
        Ok(Object { fields, pointer: self.pointer })
    }

    /// The items of a list.
    pub fn list(&self, most: usize) -> Result<Vec<Node<'a>>> {
        let Json::Array(items) = self.value else { return Err(self.expected("a list")) };
        if items.len() > most {
            return Err(self
                .error(format!("the list holds {} items", items.len()))
                .mend(format!("at most {most} are accepted")));
        }
        let nodes = items.iter().enumerate();
        Ok(nodes.map(|(i, value)| Node { value, pointer: format!("{}/{i}", self.pointer) }).collect())
    }

    /// The entries of an object with free names.
    pub fn entries(&self, most: usize) -> Result<Vec<(&'a str, Node<'a>)>> {
        let Json::Object(fields) = self.value else { return Err(self.expected("an object")) };
        if fields.len() > most {
            return Err(self
                .error(format!("the object holds {} fields", fields.len()))
                .mend(format!("at most {most} are accepted")));
        }
        let nodes = fields.iter();
        Ok(nodes
            .map(|(name, value)| (name.as_str(), Node { value, pointer: step_to(&self.pointer, name) }))
            .collect())
    }

    /// What another check says, at this place.
    pub fn because(&self, error: impl Into<Error>) -> Error {
        error.into().at(self.pointer.clone())
    }

    /// A text of any length.
    pub fn string(&self) -> Result<&'a str> {
        match self.value {
            Json::String(text) => Ok(text),
            _ => Err(self.expected("a text").mend("put it in quotes")),
        }
    }

    pub fn text(&self, bytes_max: usize) -> Result<String> {
        let text = self.string()?;
        if text.len() > bytes_max {
            return Err(self
                .error(format!("the text has {} bytes", text.len()))
                .mend(format!("at most {bytes_max} are accepted")));
        }
        if text.trim().is_empty() {
            return Err(self.error("the text is empty").mend("write something or leave the field out"));
        }
        Ok(text.to_owned())
    }

    pub fn flag(&self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.expected("true or false"))
    }

    pub fn number(&self) -> Result<f64> {
        let number = self.value.as_f64().filter(|x| x.is_finite());
        number.ok_or_else(|| self.expected("a number").mend("write it without quotes"))
    }

    pub fn number_in(&self, low: f64, high: f64) -> Result<f64> {
        let number = self.number()?;
        if (low..=high).contains(&number) {
            return Ok(number);
        }
        Err(self.error(format!("`{number}` is not between {low} and {high}")))
    }

    pub fn integer(&self) -> Result<i64> {
        self.value.as_i64().ok_or_else(|| self.expected("a whole number"))
    }

    pub fn count_in(&self, low: usize, high: usize) -> Result<usize> {
        let number = self.value.as_u64().and_then(|n| usize::try_from(n).ok());
        match number {
            Some(n) if (low..=high).contains(&n) => Ok(n),
            Some(n) => Err(self.error(format!("`{n}` is not between {low} and {high}"))),
            None => Err(self.expected("a whole number of at least 0")),
        }
    }

    /// One of some words.
    pub fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T> {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let Json::String(text) = self.value else {
            return Err(self.expected(&format!("one of {}", names.join(", "))));
        };
        match choices.iter().find(|(name, _)| name == text) {
            Some((_, choice)) => Ok(*choice),
            None => {
                let error = self.error(format!("`{text}` is not one of {}", names.join(", ")));
                Err(match hint(text, &names) {
                    Some(hint) => error.mend(hint),
                    None => error,
                })
            }
        }
    }
}

impl<'a> Object<'a> {
    /// The field, where it is there and not null.
    pub fn get(&self, name: &str) -> Option<Node<'a>> {
        let value = self.fields.get(name).filter(|v| !v.is_null())?;
        Some(Node { value, pointer: step_to(&self.pointer, name) })
    }

    /// The field read, where it is there and not null.
    pub fn read<T>(&self, name: &str, read: impl FnOnce(Node<'a>) -> Result<T>) -> Result<Option<T>> {
        self.get(name).map(read).transpose()
    }

    /// The field read; where it is missing, the error carries the mend.
    pub fn needed<T>(&self, name: &str, mend: &str, read: impl FnOnce(Node<'a>) -> Result<T>) -> Result<T> {
        self.read(name, read)?.ok_or_else(|| self.error(format!("`{name}` is missing")).mend(mend))
    }

    pub fn error(&self, message: impl Into<String>) -> Error {
        Error::invalid(message).at(self.pointer.clone())
    }
}

fn unknown(name: &str, known: &[&str]) -> Error {
    let short: String = name.chars().take(60).collect();
    let error = Error::invalid(format!("unknown field `{short}`"));
    match hint(name, known) {
        Some(hint) => error.mend(hint),
        None => error.mend(format!("known are {}", known.join(", "))),
    }
}

fn hint(wrong: &str, known: &[&str]) -> Option<String> {
    let near = known.iter().filter_map(|k| Some((rushes_text::within(&wrong.to_lowercase(), k, 2)?, k)));
    near.min().map(|(_, name)| format!("did you mean `{name}`?"))
}
