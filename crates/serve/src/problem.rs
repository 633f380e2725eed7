//! Problem documents (RFC 9457): the form of every error of the server.
//!
//! A handler returns a [`Problem`]; the outermost middleware writes it, because only there the request's id
//! is known and only there answers that no handler made (an unknown path, a wrong method) pass by.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rushes_types::{Blame, Error, ErrorKind};
use serde::Serialize;
use utoipa::ToSchema;

use crate::limits::RETRY_AFTER_SECONDS;

/// The media type of a problem document.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem: `urn:rushes:problem:` and a word that stays the same.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// Names this occurrence: the request's id, as in the header `x-request-id` and in the log.
    pub instance: String,
    /// The field at fault, as a JSON pointer into the request's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The parameter of the address at fault, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What to do about it.
    pub mend: String,
    /// Lines that were rejected, where the request was all or nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<crate::api::LineProblemDocument>, required = false)]
    pub errors: Vec<serde_json::Value>,
    /// Seconds after which to ask again; in the header `retry-after`.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

/// The result of a handler.
pub type Reply<T> = Result<T, Problem>;

/// The status of a kind of error, and the word in `type`.
const fn status_of(kind: ErrorKind) -> (StatusCode, &'static str) {
    use StatusCode as S;
    match kind {
        ErrorKind::Invalid => (S::BAD_REQUEST, "invalid"),
        ErrorKind::Forbidden => (S::FORBIDDEN, "forbidden"),
        ErrorKind::NotFound => (S::NOT_FOUND, "not-found"),
        ErrorKind::Conflict => (S::CONFLICT, "conflict"),
        ErrorKind::Gone => (S::GONE, "gone"),
        ErrorKind::TooLarge => (S::PAYLOAD_TOO_LARGE, "too-large"),
        ErrorKind::Busy => (S::TOO_MANY_REQUESTS, "busy"),
        ErrorKind::StorageFull => (S::INSUFFICIENT_STORAGE, "storage-full"),
        ErrorKind::Storage => (S::SERVICE_UNAVAILABLE, "storage"),
        ErrorKind::Corrupt => (S::INTERNAL_SERVER_ERROR, "corrupt"),
        ErrorKind::Unavailable => (S::SERVICE_UNAVAILABLE, "unavailable"),
        ErrorKind::Misconfigured => (S::SERVICE_UNAVAILABLE, "misconfigured"),
        ErrorKind::OutcomeUnknown => (S::SERVICE_UNAVAILABLE, "outcome-unknown"),
        ErrorKind::Unsupported => (S::NOT_IMPLEMENTED, "unsupported"),
        ErrorKind::Cancelled => (S::REQUEST_TIMEOUT, "cancelled"),
        ErrorKind::Bug => (S::INTERNAL_SERVER_ERROR, "bug"),
    }
}

/// A kind of error in words, and the mend where the error names none.
const fn words_of(kind: ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::Invalid => ("the request is malformed", "mend the request and send it again"),
        ErrorKind::Forbidden => ("the caller may not do this", "use a token that carries this right"),
        ErrorKind::NotFound => ("there is no such thing", "check the name and what you may see"),
        ErrorKind::Conflict => {
            ("the request clashes with what is there", "look at what is there and decide which one counts")
        }
        ErrorKind::Gone => ("what was asked for is gone", "start again without the cursor"),
        ErrorKind::TooLarge => ("more than a limit allows", "send it in smaller parts"),
        ErrorKind::Busy => ("too busy now", "wait as long as `retry-after` says"),
        ErrorKind::StorageFull => (
            "there is no room on the disk",
            "make room on the disk of the archive, then start the server again",
        ),
        ErrorKind::Storage => (
            "the disk of the archive fails",
            "look into the server's log, mend the disk and start the server again",
        ),
        ErrorKind::Corrupt => (
            "stored bytes are not what was written",
            "run `rushes verify`, then `rushes rebuild` or restore a backup",
        ),
        ErrorKind::Unavailable => ("a part that this server leans on does not answer", "ask again later"),
        ErrorKind::Misconfigured => (
            "a part that this server leans on refuses its configuration",
            "tell who runs the server: its log says which setting",
        ),
        ErrorKind::OutcomeUnknown => (
            "it is not known whether the write happened",
            "send the same request again: nothing is written twice",
        ),
        ErrorKind::Unsupported => ("this archive cannot do that", "leave the named part out of the request"),
        ErrorKind::Cancelled => ("the request was given up", "send it again"),
        ErrorKind::Bug => ("a mistake of the server", "report it with the request's id from `instance`"),
    }
}

impl Problem {
    /// The problem where the server lacks the role for a request.
    pub(crate) fn without_role(role: &str) -> Self {
        Self::http(
            StatusCode::MISDIRECTED_REQUEST,
            "other-role",
            "this server does not take such requests",
            format!("this server has not the role `{role}`"),
            "ask a server that has it; `rushes serve --role` says which roles there are",
        )
    }

    /// A problem that has no [`ErrorKind`]: those of HTTP itself.
    #[must_use]
    pub fn http(status: StatusCode, word: &str, title: &str, detail: impl Into<String>, mend: &str) -> Self {
        Self {
            kind: format!("urn:rushes:problem:{word}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            instance: String::new(),
            pointer: None,
            parameter: None,
            mend: mend.to_owned(),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// A problem of a kind.
    #[must_use]
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self::from(Error::new(kind, detail))
    }

    /// The problem for an answer that no handler made, from its status alone.
    #[must_use]
    pub fn of_status(status: StatusCode, path: &str) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::http(
                status,
                "no-such-path",
                "there is no such path",
                format!("nothing is at `{path}`"),
                "see /openapi.json for the paths there are",
            ),
            StatusCode::METHOD_NOT_ALLOWED => Self::http(
                status,
                "method-not-allowed",
                "this path does not take the method",
                format!("`{path}` does not take this method"),
                "use one of the methods in the header `allow`",
            ),
            other => Self::http(
                other,
                "http",
                other.canonical_reason().unwrap_or("the request failed"),
                format!("`{path}` answered {}", other.as_u16()),
                "see /openapi.json for what the path takes",
            ),
        }
    }

    /// No or no valid token.
    #[must_use]
    pub fn unauthorized(detail: &str) -> Self {
        Self::http(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "an access token is needed",
            detail,
            "send the header `authorization: Bearer TOKEN` with a token of this archive",
        )
    }

    /// The caller may not do this.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::http(
            StatusCode::FORBIDDEN,
            "forbidden",
            "the caller may not do this",
            detail,
            "use a token that carries this right",
        )
    }

    /// The body's media type is not accepted here.
    #[must_use]
    pub fn media_type(got: Option<&str>, wanted: &str) -> Self {
        let detail = match got {
            Some(got) => format!("the body's media type `{got}` is not accepted here"),
            None => "the request names no media type for its body".to_owned(),
        };
        Self::http(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "media-type",
            "the body's media type is not accepted here",
            detail,
            &format!("send the header `content-type: {wanted}`"),
        )
    }

    /// Sets the mend, instead of the default for problems of its kind.
    #[must_use]
    pub fn mend(mut self, mend: impl AsRef<str>) -> Self {
        mend.as_ref().clone_into(&mut self.mend);
        self.detail = format!("{}; {}", self.detail, self.mend);
        self
    }

    /// Names the field at fault, as a JSON pointer.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// Names the parameter of the address at fault.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>) -> Self {
        self.parameter = Some(name.into());
        self
    }

    /// The word that names its kind.
    #[must_use]
    pub fn word(&self) -> &str {
        self.kind.rsplit(':').next().unwrap_or("problem")
    }

    /// The status; 500 where the number is none.
    #[must_use]
    pub fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Writes the document into an answer, keeping the answer's headers (such as `allow`).
    #[must_use]
    pub fn write_into(mut self, mut response: Response, request_id: &str) -> Response {
        self.instance = format!("urn:rushes:request:{request_id}");
        *response.status_mut() = self.status_code();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status_code() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let bytes = serde_json::to_vec(&self).unwrap_or_default();
        *response.body_mut() = bytes.into();
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (status, word) = status_of(error.kind());
        let (title, mend) = words_of(error.kind());
        // The inner workings (paths, engine messages) of our own mistakes go to the log, not over the wire.
        let hidden = error.kind().blame() == Blame::Bug;
        if hidden {
            tracing::error!(error = %error, "a mistake of the server");
        }
        let detail = if hidden { "the server made a mistake".to_owned() } else { error.message().to_owned() };
        let mend = error.mend_text().filter(|_| !hidden).unwrap_or(mend);
        let mut problem = Self::http(status, word, title, detail, mend);
        problem.pointer = error.pointer().map(str::to_owned);
        problem.retry_after = error.kind().is_retryable().then_some(RETRY_AFTER_SECONDS);
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status_code().into_response();
        response.extensions_mut().insert(Box::new(self));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [ErrorKind; 16] = [
        ErrorKind::Invalid,
        ErrorKind::Forbidden,
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::Gone,
        ErrorKind::TooLarge,
        ErrorKind::Busy,
        ErrorKind::StorageFull,
        ErrorKind::Storage,
        ErrorKind::Corrupt,
        ErrorKind::Unavailable,
        ErrorKind::Misconfigured,
        ErrorKind::OutcomeUnknown,
        ErrorKind::Unsupported,
        ErrorKind::Cancelled,
        ErrorKind::Bug,
    ];

    #[test]
    fn the_mend_is_the_error_s_own_or_that_of_its_kind() {
        let problem = Problem::from(Error::invalid("`x` is no number").mend("write digits").at("/a"));
        assert_eq!(problem.mend, "write digits");
        assert_eq!(problem.detail, "`x` is no number; write digits");
        assert_eq!(problem.pointer.as_deref(), Some("/a"));
        assert_eq!(problem.status, 400);
        assert_eq!(Problem::new(ErrorKind::Gone, "the cursor is old").mend, "start again without the cursor");
    }

    #[test]
    fn no_value_becomes_a_mend() {
        for kind in KINDS {
            let (_, usual) = words_of(kind);
            let bare = Problem::new(kind, "`a; b` is not one of `loose`, `replace`");
            assert_eq!(bare.mend, usual, "{kind:?}");
            let own = Problem::from(Error::new(kind, "`a; b` is wrong").mend("write `c; d`"));
            let expect = if kind == ErrorKind::Bug { usual } else { "write `c; d`" };
            assert_eq!(own.mend, expect, "{kind:?}");
            let later = Problem::new(kind, "`a; b` is wrong").mend("write `c; d`");
            assert_eq!(later.mend, "write `c; d`", "{kind:?}");
        }
    }

    #[test]
    fn a_mistake_of_ours_does_not_tell_its_inside() {
        let problem = Problem::from(Error::bug("index /secret/path out of range"));
        assert_eq!(problem.status, 500);
        assert!(!problem.detail.contains("secret"));
    }

    #[test]
    fn what_may_succeed_later_says_when() {
        assert_eq!(Problem::new(ErrorKind::Busy, "x").retry_after, Some(RETRY_AFTER_SECONDS));
        assert_eq!(Problem::new(ErrorKind::Invalid, "x").retry_after, None);
        for kind in KINDS {
            let problem = Problem::new(kind, "x");
            assert_eq!(problem.retry_after.is_some(), kind.is_retryable(), "{kind:?}");
            assert!(problem.retry_after.is_none() || [429, 503].contains(&problem.status), "{kind:?}");
        }
        // What an engine refuses is no fault of who asks, and waiting does not mend it.
        assert_eq!(Problem::new(ErrorKind::Misconfigured, "x").status, 503);
    }
}
