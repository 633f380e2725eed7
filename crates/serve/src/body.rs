//! Reading requests: bodies with limits on size and time, JSON with the place of a mistake, queries.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use rushes_types::ErrorKind;
use rushes_types::pointer::push_step;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use tokio::time::{Instant, timeout_at};

use crate::app::{App, permit};
use crate::limits::BODY_TIME_MAX;
use crate::problem::{Problem, Reply};

/// The media type of the body, without parameters, in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Reads a whole body.
///
/// # Errors
/// 413 above the limit, 408 where it pauses or lasts too long, 400 where the connection breaks.
pub(crate) async fn read_body(body: Body, bytes_max: usize, pause_max: Duration) -> Reply<Bytes> {
    let too_large = || {
        Problem::new(ErrorKind::TooLarge, format!("the body is longer than {bytes_max} bytes"))
            .mend("send it in smaller parts")
    };
    let announced = hyper::body::Body::size_hint(&body).lower();
    if announced > bytes_max as u64 {
        return Err(too_large());
    }
    let mut body = body;
    // Memory is reserved as data arrives, not by what a client announces.
    let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or(0).min(1 << 20));
    let end = Instant::now() + BODY_TIME_MAX;
    loop {
        let pause_end = (Instant::now() + pause_max).min(end);
        let frame = match timeout_at(pause_end, body.frame()).await {
            Err(_) => {
                return Err(
                    Problem::new(ErrorKind::Cancelled, "the body did not come in time").mend("send it again")
                );
            }
            Ok(None) => return Ok(bytes.into()),
            Ok(Some(Err(_))) => {
                return Err(Problem::new(ErrorKind::Invalid, "the body ended early").mend("send it again"));
            }
            Ok(Some(Ok(frame))) => frame,
        };
        if let Some(data) = frame.data_ref() {
            if bytes.len().saturating_add(data.len()) > bytes_max {
                return Err(too_large());
            }
            bytes.extend_from_slice(data);
        }
    }
}

/// The name in back-ticks that follows some words.
fn quoted_after<'t>(words: &str, text: &'t str) -> Option<&'t str> {
    text.split_once(words)?.1.split('`').next()
}

/// Where in the document a value was being read.
fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push_step(&mut pointer, &index.to_string()),
            Segment::Map { key } => push_step(&mut pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// Reads a JSON document.
///
/// # Errors
/// 400 with line and column and, where a field is at fault, its pointer.
pub(crate) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Reply<T> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
        let because =
            |why: &str| Problem::new(ErrorKind::Invalid, format!("the body is not as it should be: {why}"));
        // A value of another type than the choice that is expected is told as if it were no JSON.
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
        let problem = match (e.inner().is_data(), is_json) {
            (true, _) => because(&e.inner().to_string()),
            (false, true) => because("a value of another type is expected"),
            (false, false) => return because(&e.inner().to_string()),
        };
        let mut pointer = pointer_of(e.path());
        // The place of a field that is missing is where it would be.
        if let Some(name) = quoted_after("missing field `", &e.inner().to_string()) {
            push_step(&mut pointer, name);
        }
        problem.at(pointer)
    })?;
    reader
        .end()
        .map_err(|e| Problem::new(ErrorKind::Invalid, format!("something follows the JSON document: {e}")))?;
    Ok(value)
}

/// Reads seconds: at most what 63 bits hold, as the document says.
pub(crate) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let seconds = u64::deserialize(deserializer)?;
    if i64::try_from(seconds).is_err() {
        return Err(serde::de::Error::custom(format!("{seconds} seconds are more than {}", i64::MAX)));
    }
    Ok(seconds)
}

/// The same, where they may be left out.
pub(crate) fn maybe_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(serde::Deserialize)]
    struct Seconds(#[serde(deserialize_with = "seconds")] u64);
    Ok(Option::<Seconds>::deserialize(deserializer)?.map(|Seconds(seconds)| seconds))
}

/// What is read from a JSON object only: a struct alone would be read from a list of its fields as well.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// A JSON body: one object.
pub(crate) struct Json<T>(pub T);

/// A longer document is read on a thread that may block: it takes milliseconds, in which others would get no answer.
const READ_HERE_BYTES_MAX: usize = 64 << 10;

impl<T: DeserializeOwned + Send + 'static> FromRequest<Arc<App>> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let media_type = media_type(request.headers());
        if media_type.as_deref() != Some("application/json") {
            return Err(Problem::media_type(media_type.as_deref(), "application/json"));
        }
        let limits = &app.config.limits;
        let bytes = read_body(request.into_body(), limits.json_bytes_max, limits.body_pause_max).await?;
        let object = |bytes: &[u8]| parse_json(bytes).map(|Object(document)| Self(document));
        if bytes.len() <= READ_HERE_BYTES_MAX {
            return object(&bytes);
        }
        let read = tokio::task::spawn_blocking(move || parse_json(&bytes).map(|Object(document)| document));
        let read = read.await;
        read.unwrap_or_else(|_| Err(Problem::new(ErrorKind::Bug, "reading the body ended early"))).map(Self)
    }
}

/// The parameter that a message of the query's reader is about: `limit: invalid digit found in string`, or one that is
/// missing, unknown or there twice.
fn parameter_of(why: &str) -> Option<&str> {
    let named = ["missing field `", "unknown field `", "duplicate field `"];
    let quoted = named.iter().find_map(|words| quoted_after(words, why));
    quoted.or_else(|| why.split_once(": ").map(|(name, _)| name).filter(|name| !name.contains(' ')))
}

/// The query of the address.
pub(crate) struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let Query(params) = Query::try_from_uri(&parts.uri).map_err(|e| {
            let why = std::error::Error::source(&e).map_or_else(|| e.to_string(), ToString::to_string);
            let detail = format!("the query of the address is not as it should be: {why}");
            let problem = Problem::new(ErrorKind::Invalid, detail);
            match parameter_of(&why) {
                Some(name) => problem.parameter(name),
                None => problem,
            }
        })?;
        Ok(Self(params))
    }
}

/// A body that carries annotations or registrations: its bytes as sent, its media type, and its place among
/// those that may be in memory at a time.
pub(crate) struct Upload {
    pub bytes: Bytes,
    pub media_type: String,
    pub _permit: tokio::sync::OwnedSemaphorePermit,
}

impl FromRequest<Arc<App>> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let media_type = media_type(request.headers());
        let Some(media_type) = media_type else {
            return Err(Problem::media_type(None, "application/x-ndjson"));
        };
        let _permit = permit(&app.ingests, "uploads at a time")?;
        let bytes_max = app.archive.limits().request_bytes_max;
        let bytes = read_body(request.into_body(), bytes_max, app.config.limits.body_pause_max).await?;
        Ok(Self { bytes, media_type, _permit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[allow(dead_code)]
        n: u32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[allow(dead_code)]
        list: Vec<Inner>,
    }

    fn fails(text: &str) -> Problem {
        parse_json::<Outer>(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        assert!(parse_json::<Outer>(br#"{"list":[{"n":1}]}"#).is_ok());
        let syntax = fails("{\n  \"list\": [}");
        assert!(syntax.detail.contains("line 2 column 12"), "{}", syntax.detail);
        assert_eq!(syntax.pointer, None);
        assert_eq!(fails(r#"{"list":[{"n":1},{"n":"x"}]}"#).pointer.as_deref(), Some("/list/1/n"));
        let unknown = fails(r#"{"list":[{"m/~":1}]}"#);
        assert_eq!(unknown.pointer.as_deref(), Some("/list/0/m~1~0"));
        assert!(unknown.detail.contains("unknown field"));
        assert!(fails(r#"{"list":[]} x"#).detail.contains("follows"));
        assert!(fails("").detail.contains("line 1"));
    }
}
