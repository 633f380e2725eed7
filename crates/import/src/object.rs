//! JSON objects as text, written member by member.

use crate::value::push_json_string;

/// A JSON object under construction; members stay in the order in which they are added.
#[derive(Debug, Clone)]
pub struct JsonObject {
    json: String,
}

impl Default for JsonObject {
    fn default() -> Self {
        Self::new()
    }
}

impl JsonObject {
    /// One without members.
    #[must_use]
    pub fn new() -> JsonObject {
        JsonObject { json: String::from("{") }
    }

    /// Adds a member whose value is JSON text already.
    pub fn raw(&mut self, name: &str, json: &str) {
        if self.json.len() > 1 {
            self.json.push(',');
        }
        push_json_string(&mut self.json, name);
        self.json.push(':');
        self.json.push_str(json);
    }

    /// Adds a member whose value is a string.
    pub fn text(&mut self, name: &str, text: &str) {
        let mut json = String::with_capacity(text.len() + 2);
        push_json_string(&mut json, text);
        self.raw(name, &json);
    }

    /// True where nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.json.len() == 1
    }

    /// The object's text.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.json.push('}');
        self.json
    }
}
