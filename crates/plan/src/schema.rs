//! Names and descriptions of JSON forms that are not those of their Rust types; [`crate::form`] has the forms.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaType};
use utoipa::{PartialSchema, ToSchema};

use crate::clause::Fuzziness;
use crate::moments::{GroupBy, RankBy};
use crate::plan_clause::{AttributeAsk, ClauseCommon, PhraseAsk, PlanClause, PlanWord, TextAsk};
use crate::time::{Duration, Instant};
use crate::vector_ask::{Like, SpaceVector, VectorAsk, VectorOptions};

fn described(description: &str) -> RefOr<Schema> {
    RefOr::T(ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(description)).into())
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

schema!(Duration, described("a length of time: seconds, `1:30` or `10s`; answered in seconds"));
schema!(
    Instant,
    described("an instant of the media: seconds, `1:30`, or timecode at the asset's rate, `01:00:10:00`")
);
schema!(
    Fuzziness,
    described("typing mistakes that are forgiven in each word: 0, 1, 2, or `auto`: by the word's length")
);
schema!(GroupBy, described("movie, collection, series, season, episode, asset or attribute:NAME"));
schema!(
    RankBy,
    described("what moments are ordered by: score (default), start, duration, or an attribute's number")
);
schema!(AttributeAsk, described("a value, several of which one must be equal, or bounds of a number"));

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
