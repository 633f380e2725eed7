//! A table of the mapping file, read key by key, so that every refusal names its key and its line.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::MappingError;

/// A table and its place in the mapping file.
pub(crate) struct Section<'d> {
    text: &'d str,
    path: String,
    start: usize,
    table: &'d DeTable<'d>,
    known: Vec<&'static str>,
}

/// A value and its place in the mapping file.
#[derive(Clone)]
pub(crate) struct Entry<'d> {
    text: &'d str,
    pub path: String,
    start: usize,
    pub value: &'d DeValue<'d>,
}

type MappingResult<T> = Result<T, MappingError>;

impl<'d> Section<'d> {
    pub(crate) fn root(text: &'d str, table: &'d DeTable<'d>) -> Section<'d> {
        Section { text, path: String::new(), start: 0, table, known: Vec::new() }
    }

    /// The value of a key; marks the key as known.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Entry<'d>> {
        self.known.push(key);
        self.table.get(key).map(|value| self.entry(key, value))
    }

    /// Every key with its value, in the order of the file; all keys are known then.
    pub(crate) fn entries(&self) -> Vec<(String, Entry<'d>)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let named = |(key, value): (&'d Spanned<_>, _)| {
            let name: &std::borrow::Cow<'d, str> = key.get_ref();
            (name.to_string(), self.entry(name, value))
        };
        entries.into_iter().map(named).collect()
    }

    pub(crate) fn string(&mut self, key: &'static str) -> MappingResult<Option<(String, Entry<'d>)>> {
        self.take(key).map(|entry| Ok((entry.string()?.to_owned(), entry))).transpose()
    }

    pub(crate) fn truth(&mut self, key: &'static str) -> MappingResult<Option<(bool, Entry<'d>)>> {
        self.take(key).map(|entry| Ok((entry.truth()?, entry))).transpose()
    }

    pub(crate) fn integer(&mut self, key: &'static str) -> MappingResult<Option<(i64, Entry<'d>)>> {
        self.take(key).map(|entry| Ok((entry.integer()?, entry))).transpose()
    }

    pub(crate) fn section(&mut self, key: &'static str) -> MappingResult<Option<Section<'d>>> {
        self.take(key).map(|entry| entry.section()).transpose()
    }

    /// Refuses unknown keys.
    pub(crate) fn finish(&self) -> MappingResult<()> {
        for (key, entry) in self.entries() {
            if !self.known.contains(&key.as_str()) {
                let near = self.known.iter().find(|known| alike(known, &key));
                let mend = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are {}", self.known.join(", ")),
                };
                return Err(entry.error(format!("this key is not known; {mend}")));
            }
        }
        Ok(())
    }

    /// An error about the table as a whole, or about a key that is missing in it.
    pub(crate) fn error(&self, key: &str, why: impl Into<String>) -> MappingError {
        let key = join(&self.path, key);
        MappingError { line: line_of(self.text, self.start), key, why: why.into() }
    }

    fn entry(&self, key: &str, value: &'d Spanned<DeValue<'d>>) -> Entry<'d> {
        Entry {
            text: self.text,
            path: join(&self.path, key),
            start: value.span().start,
            value: value.get_ref(),
        }
    }
}

impl<'d> Entry<'d> {
    pub(crate) fn string(&self) -> MappingResult<&'d str> {
        match self.value {
            DeValue::String(text) => Ok(text.as_ref()),
            _ => Err(self.error("a text in quotes is expected")),
        }
    }

    pub(crate) fn truth(&self) -> MappingResult<bool> {
        match self.value {
            DeValue::Boolean(value) => Ok(*value),
            _ => Err(self.error("`true` or `false` is expected")),
        }
    }

    pub(crate) fn integer(&self) -> MappingResult<i64> {
        match self.value {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        }
        .ok_or_else(|| self.error("a whole number is expected"))
    }

    pub(crate) fn section(&self) -> MappingResult<Section<'d>> {
        match self.value {
            DeValue::Table(table) => Ok(Section {
                text: self.text,
                path: self.path.clone(),
                start: self.start,
                table,
                known: Vec::new(),
            }),
            _ => Err(self.error("a table is expected")),
        }
    }

    /// The items of a list, named `key[1]`, `key[2]`, ….
    pub(crate) fn items(&self) -> MappingResult<Vec<Entry<'d>>> {
        let DeValue::Array(items) = self.value else {
            return Err(self.error("a list is expected"));
        };
        let entry = |(index, item): (usize, &'d Spanned<DeValue<'d>>)| Entry {
            text: self.text,
            path: format!("{}[{}]", self.path, index + 1),
            start: item.span().start,
            value: item.get_ref(),
        };
        Ok(items.iter().enumerate().map(entry).collect())
    }

    /// A list of texts, or one text.
    pub(crate) fn strings(&self) -> MappingResult<Vec<String>> {
        if let DeValue::String(text) = self.value {
            return Ok(vec![text.to_string()]);
        }
        self.items()?.iter().map(|item| item.string().map(str::to_owned)).collect()
    }

    pub(crate) fn error(&self, why: impl Into<String>) -> MappingError {
        MappingError { line: line_of(self.text, self.start), key: self.path.clone(), why: why.into() }
    }
}

fn join(path: &str, key: &str) -> String {
    match (path.is_empty(), key.is_empty()) {
        (true, _) => key.to_owned(),
        (_, true) => path.to_owned(),
        _ => format!("{path}.{key}"),
    }
}

/// The line of a byte, from 1.
pub(crate) fn line_of(text: &str, start: usize) -> usize {
    1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count()
}

/// True where two keys differ by one typing mistake.
fn alike(known: &str, key: &str) -> bool {
    let (known, key): (Vec<char>, Vec<char>) = (known.chars().collect(), key.chars().collect());
    let same_head = known.iter().zip(&key).take_while(|(left, right)| left == right).count();
    let (known, key) = (&known[same_head..], &key[same_head..]);
    let same_tail =
        known.iter().rev().zip(key.iter().rev()).take_while(|(left, right)| left == right).count();
    let left = (known.len() - same_tail, key.len() - same_tail);
    left.0 <= 1 && left.1 <= 1 || (left == (2, 2) && known[0] == key[1] && known[1] == key[0])
}
