//! The schemas of JSON forms that are not those of their Rust types.

use std::borrow::Cow;

use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::clause::Fuzziness;
use crate::plan::{GroupBy, RankBy};
use crate::plan_clause::{AttributeAsk, Bounds};
use crate::time::{Duration, Instant};

fn of_type(kind: Type, description: &str) -> Schema {
    ObjectBuilder::new().schema_type(SchemaType::new(kind)).description(Some(description)).into()
}

fn any_of(schemas: Vec<RefOr<Schema>>, description: &str) -> RefOr<Schema> {
    let any = schemas.into_iter().fold(AnyOfBuilder::new(), AnyOfBuilder::item);
    RefOr::T(any.description(Some(description)).build().into())
}

macro_rules! schema {
    ($name:ident, $schema:expr) => {
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema
            }
        }
        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

fn scalars() -> Vec<RefOr<Schema>> {
    let kinds = [(Type::String, "a text"), (Type::Number, "a number"), (Type::Boolean, "true or false")];
    kinds.into_iter().map(|(kind, what)| of_type(kind, what).into()).collect()
}

schema!(
    Duration,
    any_of(
        vec![of_type(Type::Number, "seconds").into(), of_type(Type::String, "`1:30` or `10s`").into()],
        "a length of time, answered in seconds"
    )
);
schema!(
    Instant,
    any_of(
        vec![
            of_type(Type::Number, "seconds").into(),
            of_type(Type::String, "`1:30`, or timecode at the asset's rate, `01:00:10:00`").into(),
        ],
        "an instant of the media"
    )
);
schema!(
    Fuzziness,
    any_of(
        vec![
            of_type(Type::Integer, "0, 1 or 2").into(),
            of_type(Type::String, "`auto`: by the word's length").into()
        ],
        "typing mistakes that are forgiven in each word"
    )
);
schema!(
    GroupBy,
    of_type(Type::String, "movie, collection, series, season, episode, asset or attribute:NAME").into()
);
schema!(
    RankBy,
    any_of(
        vec![
            of_type(Type::String, "score (default), start or duration").into(),
            ObjectBuilder::new()
                .property("attribute", of_type(Type::String, "the attribute's name"))
                .required("attribute")
                .property("order", of_type(Type::String, "desc (default) or asc"))
                .into(),
        ],
        "what moments are ordered by"
    )
);
schema!(AttributeAsk, {
    let mut forms = scalars();
    let value = any_of(scalars(), "a value");
    let list = Schema::from(ArrayBuilder::new().items(value).build());
    forms.push(list.clone().into());
    forms.push(ObjectBuilder::new().property("in", list).required("in").into());
    forms.push(RefOr::Ref(Ref::from_schema_name(Bounds::name())));
    any_of(forms, "a value, several of which one must be equal, or bounds of a number")
});
