//! The vector fields that this process has put into mappings.

use std::collections::BTreeSet;

/// Pairs of index and field, of one incarnation of the indices.
#[derive(Debug, Default)]
pub(crate) struct MappedFields {
    incarnation: String,
    fields: BTreeSet<(String, String)>,
}

impl MappedFields {
    pub fn has(&self, incarnation: &str, index: &str, field: &str) -> bool {
        self.incarnation == incarnation && self.fields.contains(&(index.to_owned(), field.to_owned()))
    }

    /// Adds fields; those of another incarnation are forgotten.
    pub fn add<'a>(&mut self, incarnation: &str, index: &str, fields: impl Iterator<Item = &'a str>) {
        if self.incarnation != incarnation {
            *self = Self { incarnation: incarnation.to_owned(), fields: BTreeSet::new() };
        }
        self.fields.extend(fields.map(|field| (index.to_owned(), field.to_owned())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_index_had_is_forgotten_with_it() {
        let mut mapped = MappedFields::default();
        mapped.add("first", "a", ["v1", "v2"].into_iter());
        mapped.add("first", "b", ["v1"].into_iter());
        assert!(mapped.has("first", "a", "v2") && mapped.has("first", "b", "v1"));
        assert!(!mapped.has("first", "b", "v2") && !mapped.has("second", "a", "v1"));
        mapped.add("second", "a", ["v1"].into_iter());
        assert!(mapped.has("second", "a", "v1") && !mapped.has("second", "a", "v2"));
    }
}
