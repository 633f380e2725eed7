//! The schemas of JSON forms that are not those of their Rust types.

use std::borrow::Cow;

use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::clause::Fuzziness;
use crate::moments::{GroupBy, RankBy};
use crate::plan_clause::{AttributeAsk, Bounds, ClauseCommon, PhraseAsk, PlanClause, PlanWord, TextAsk};
use crate::time::{Duration, Instant};
use crate::vector_ask::{Like, SpaceVector, VectorAsk, VectorOptions};

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

/// What a clause asks, apart from the options of text and phrase: enums in Rust, fields in JSON.
#[derive(utoipa::ToSchema)]
#[allow(dead_code)] // describes what `read_clause` reads
struct ClauseForms {
    /// A whole label, or an alias of one.
    label: Option<String>,
    /// A vector to be near to.
    vector: Option<VectorAsk>,
    /// Resolved: the labels that `label` stands for, normalised.
    labels: Option<Vec<String>>,
    /// Resolved: the words of `text` or `phrase` with their weights.
    words: Option<Vec<PlanWord>>,
}

/// Where a vector comes from and how near is near enough: enums in Rust, fields in JSON.
#[derive(utoipa::ToSchema)]
#[allow(dead_code)] // describes what `read_clause` reads
struct VectorForms {
    /// A text that an encoder turns into a vector of each space.
    text: Option<String>,
    /// The numbers themselves; needs `space`, or a `model` whose space it is.
    values: Option<Vec<f32>>,
    /// A picture that an encoder turns into a vector of each space; what names it is between the caller and the encoder.
    image: Option<String>,
    /// The vector of an annotation, or of what an asset shows at a time.
    like: Option<Like>,
    /// Least raw cosine.
    min_similarity: Option<f64>,
    /// Greatest L2 distance.
    max_distance: Option<f64>,
    /// Resolved: one vector for each space that is searched. Their matches together are the clause's.
    vectors: Option<Vec<SpaceVector>>,
}

/// One object with the fields of several.
fn united(objects: Vec<RefOr<Schema>>, description: &str) -> RefOr<Schema> {
    let mut all: Object = ObjectBuilder::new().description(Some(description)).build();
    for object in objects {
        if let RefOr::T(Schema::Object(object)) = object {
            all.properties.extend(object.properties);
        }
    }
    RefOr::T(all.into())
}

macro_rules! united_schema {
    ($name:ident of $($part:ident),+; $description:literal) => {
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                united(vec![$($part::schema()),+], $description)
            }
        }
        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                $($part::schemas(schemas);)+
            }
        }
    };
}
united_schema!(PlanClause of ClauseCommon, ClauseForms, TextAsk, PhraseAsk; "One criterion.");
united_schema!(
    VectorAsk of VectorForms, VectorOptions;
    "A vector to be near to: exactly one of `text`, `values`, `image`, `like`."
);
