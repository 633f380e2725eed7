//! A JSON value that keeps numbers as text.
//!
//! `serde_json` turns numbers into `f64` unless a feature is switched on for the whole workspace; times must not
//! pass through `f64` (see the module `decimal`). The tree is small, so reading it is too. Strings are decoded by
//! `serde_json`, which knows about surrogates.

/// Lists and objects may be nested this deep inside one row.
const DEPTH_MAX: usize = 64;

/// One JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A string, decoded.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// An object, in the order of the file.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// Reads exactly one value.
    ///
    /// # Errors
    /// What is wrong, and at which byte.
    pub fn parse(bytes: &[u8]) -> Result<Value, String> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| format!("not valid UTF-8 at byte {} of the row", error.valid_up_to()))?;
        let mut parser = Parser { text, at: 0 };
        parser.skip_space();
        let value = parser.value(0)?;
        parser.skip_space();
        if parser.at < text.len() {
            return Err(parser.wrong("something follows the JSON value"));
        }
        Ok(value)
    }

    /// The member of that name; the last one where a name is repeated, as other JSON readers have it.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Object(members) => {
                members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The value as JSON text.
    pub fn write(&self, out: &mut String) {
        match self {
            Value::Null => out.push_str("null"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(text) => out.push_str(text),
            Value::Text(text) => push_json_string(out, text),
            Value::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Value::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    push_json_string(out, name);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// Appends `text` as a JSON string.
pub fn push_json_string(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if u32::from(letter) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out.push('"');
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > DEPTH_MAX {
            return Err(self.wrong("lists and objects are nested too deep"));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(Value::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
            None => Err(self.wrong("the JSON value ends too early")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        let mut members = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.take(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a member name in double quotes is missing"));
            }
            let name = self.string()?;
            self.skip_space();
            if !self.take(b':') {
                return Err(self.wrong("a colon is missing"));
            }
            self.skip_space();
            members.push((name, self.value(depth + 1)?));
            self.skip_space();
            if self.take(b'}') {
                return Ok(Value::Object(members));
            }
            if !self.take(b',') {
                return Err(self.wrong("a comma or the end of the object is missing"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.take(b']') {
            return Ok(Value::List(items));
        }
        loop {
            self.skip_space();
            items.push(self.value(depth + 1)?);
            self.skip_space();
            if self.take(b']') {
                return Ok(Value::List(items));
            }
            if !self.take(b',') {
                return Err(self.wrong("a comma or the end of the list is missing"));
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at += 1;
                    return serde_json::from_str(&self.text[start..self.at])
                        .map_err(|_| format!("the string at byte {start} of the row is not valid JSON"));
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        Err(format!("the string at byte {start} of the row has no end"))
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        if is_json_number(text) {
            return Ok(Value::Number(text.to_owned()));
        }
        self.at = start;
        Err(self.wrong(&format!("`{text}` is not a JSON number")))
    }

    fn word(&mut self) -> Result<Value, String> {
        for (word, value) in
            [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))]
        {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        if self.text[self.at..].starts_with("NaN") || self.text[self.at..].starts_with("Infinity") {
            return Err(self.wrong("`NaN` and `Infinity` are not JSON"));
        }
        Err(self.wrong("this is not a JSON value"))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn wrong(&self, why: &str) -> String {
        format!("{why} (at byte {} of the row)", self.at)
    }
}

/// The number grammar of RFC 8259.
pub(crate) fn is_json_number(text: &str) -> bool {
    let rest = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (rest, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn values_read_and_write_back_with_their_number_text() {
        for text in [
            r#"{"a":[1.50,-0,1e3,true,false,null],"b":{"c":"x\"\\\n"}}"#,
            "[]",
            "{}",
            r#""ü""#,
            "0.10000000000000000000000000001",
        ] {
            let mut out = String::new();
            Value::parse(text.as_bytes()).unwrap().write(&mut out);
            assert_eq!(out, text);
        }
        assert_eq!(Value::parse(br#" "\ud83d\ude00" "#).unwrap(), Value::Text("😀".into()));
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        for (text, why) in [
            ("", "ends too early"),
            ("[1,]", "not a JSON value"),
            ("{\"a\":NaN}", "`NaN` and `Infinity`"),
            ("01", "`01` is not a JSON number"),
            ("1.", "`1.` is not"),
            ("-", "`-` is not"),
            ("{a:1}", "double quotes"),
            ("{\"a\" 1}", "colon"),
            ("[1 2]", "comma"),
            ("1 2", "follows"),
            ("\"a", "no end"),
            ("\"\\", "no end"),
            ("\"\\ud800\"", "not valid JSON"),
            ("nul", "not a JSON value"),
        ] {
            let error = Value::parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(Value::parse(&[b'['; 200]).unwrap_err().contains("too deep"));
        assert!(Value::parse(b"\"\xff\"").unwrap_err().contains("UTF-8"));
    }
}
