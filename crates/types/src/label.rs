//! Labels and their other names.

use crate::id::AnnotationType;

/// A label with the other names it is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelAliases {
    /// The annotation type the label belongs to.
    pub kind: AnnotationType,
    /// The label as models write it.
    pub label: String,
    /// Other names for it.
    pub aliases: Vec<String>,
}
