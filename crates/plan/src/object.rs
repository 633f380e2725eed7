//! JSON objects of a plan, declared once: from the declaration of a field follow its place in the struct, reading,
//! writing, its schema, and that it is a known field (unknown ones are refused).
//!
//! Derived reading by serde with `serde_path_to_error` was considered and rejected: it loses the path inside flattened
//! or untagged types, which a clause is, and its messages name Rust types instead of the mend.

use rushes_types::Result;

use crate::node::{Node, Object};

/// A type that is read from a JSON object.
pub(crate) trait FromObject: Sized {
    /// The names of its fields in JSON.
    const FIELDS: &'static [&'static str];

    /// Reads its own fields from an object that may have others.
    fn from_object(object: &Object<'_>) -> Result<Self>;

    /// Reads an object that has no other fields.
    fn from_node(node: Node<'_>) -> Result<Self> {
        Self::from_object(&node.object(Self::FIELDS)?)
    }
}

/// Declares a struct that is a JSON object. After each field stand its name in JSON; whether it may be left out
/// (`optional`: an `Option`; `default`: the type's default) or is `needed`, with what to do where it is missing; and the
/// function that reads it. With parameters, the form that is read is named after `read as`.
macro_rules! object {
    (
        $(#[$meta:meta])*
        pub struct $name:ident $(<$($param:ident),+> read as $form:ty,)? {
            $(
                $(#[$field_meta:meta])*
                pub $field:ident: $type:ty = $json:literal $how:ident $read:expr $(; $mend:literal)?
            ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        pub struct $name $(<$($param),+>)? {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        $crate::object::object!(@reading [$($form;)? $name] $($field $json $how $read $(; $mend)?),*);
    };
    (@reading [$form:ty; $name:ident] $($rest:tt)*) => {
        $crate::object::object!(@impl $form; $($rest)*);
    };
    (@reading [$name:ident] $($rest:tt)*) => {
        $crate::object::object!(@impl $name; $($rest)*);
    };
    (@impl $form:ty; $($field:ident $json:literal $how:ident $read:expr $(; $mend:literal)?),*) => {
        impl $crate::object::FromObject for $form {
            const FIELDS: &'static [&'static str] = &[$($json),*];

            fn from_object(object: &$crate::node::Object<'_>) -> rushes_types::Result<Self> {
                Ok(Self { $($field: $crate::object::object!(@$how object $json $read $(; $mend)?)),* })
            }
        }
    };
    (@optional $object:ident $json:literal $read:expr) => { $object.read($json, $read)? };
    (@default $object:ident $json:literal $read:expr) => { $object.read($json, $read)?.unwrap_or_default() };
    (@needed $object:ident $json:literal $read:expr; $mend:literal) => {
        $object.needed($json, $mend, $read)?
    };
}
pub(crate) use object;
