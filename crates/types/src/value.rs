//! Free attributes of assets and annotations.

use std::collections::BTreeMap;
use std::fmt;

/// A free attribute's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits 64 bits.
    Int(i64),
    /// Any other finite number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// An object.
    Map(Attributes),
}

/// Free attributes by name, in the order of their names.
pub type Attributes = BTreeMap<String, Value>;

impl Value {
    /// The number, where the value is one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            #[allow(clippy::cast_precision_loss)] // attributes are compared as numbers, as JSON does
            Self::Int(i) => Some(*i as f64),
            Self::Float(f) => Some(*f),
            _ => None,
        }
    }

    /// Are the values equal, a whole number and the same number with a fraction of zero too?
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (self.as_f64(), other.as_f64()) {
            (Some(a), Some(b)) => a == b,
            _ => self == other,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(i) => write!(f, "{i}"),
            Self::Float(x) => write!(f, "{x}"),
            Self::Text(t) => f.write_str(t),
            Self::List(l) => f.debug_list().entries(l.iter().map(ToString::to_string)).finish(),
            Self::Map(m) => f.debug_map().entries(m.iter().map(|(k, v)| (k, v.to_string()))).finish(),
        }
    }
}
