//! `/v1/audit`: the audit log, and whether it is whole.

use std::sync::Arc;

use axum::Json as Answer;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use rushes_archive::{Archive, Caller, Right};
use rushes_types::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::registry::count;
use crate::NDJSON;
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::audit_chain::{Verified, Wanted};
use crate::body::Params;
use crate::limits::{AUDIT_LINES_DEFAULT, AUDIT_LINES_MAX};
use crate::problem::{Problem, Reply};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(audit)).routes(routes!(verify_audit))
}

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditParams {
    /// From this time on (RFC 3339 in UTC, or the beginning of one: `2026-11-30`, `2026-11-30T12:00`).
    from: Option<String>,
    /// Before this time.
    to: Option<String>,
    /// After this number; to go on after the last line of an answer.
    #[param(minimum = 0)]
    after: Option<u64>,
    /// At most this many.
    limit: Option<usize>,
}

/// Whether the chain of the audit log is whole.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditReport {
    /// Lines of the chain that are there.
    lines: u64,
    /// Lines that an earlier version wrote, before there was a chain.
    unchained: u64,
    /// The number of the first line that is there: above 1 where older files were moved away. 0: there is none.
    first: u64,
    /// The number of the last line.
    last: u64,
    /// Its checksum. Kept elsewhere, it proves later that nothing up to here was made anew.
    sum: String,
    /// How much is wrong.
    problem_count: u64,
    /// What is wrong, the first hundred.
    problems: Vec<String>,
}

impl From<Verified> for AuditReport {
    fn from(found: Verified) -> Self {
        let Verified { lines, unchained, first, last, sum, problems, problem_count } = found;
        Self { lines, unchained, first, last, sum, problem_count, problems }
    }
}

/// The beginnings of times that are taken: digits stand for digits.
const TIME_FORM: &str = "0000-00-00T00:00:00.000";

/// The beginning of a time, as it is compared with times of the log.
fn time(parameter: &str, text: Option<String>) -> Reply<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    let bare = text.strip_suffix('Z').unwrap_or(&text);
    let fits = bare.len() <= TIME_FORM.len()
        && [4, 7, 10, 13, 16, 19, 20, 21, 22, 23].contains(&bare.len())
        && bare.bytes().zip(TIME_FORM.bytes()).all(
            |(c, form)| {
                if form == b'0' { c.is_ascii_digit() } else { c == form }
            },
        );
    if fits && !bare.ends_with('.') {
        return Ok(Some(bare.to_owned()));
    }
    let problem = Problem::new(ErrorKind::Invalid, format!("`{parameter}` is no time"));
    Err(problem
        .mend("write a time in UTC such as `2026-11-30T12:00:00Z`, or its beginning")
        .parameter(parameter))
}

fn failed(e: std::io::Error) -> Error {
    Error::io("reading the audit log", e)
}

/// The audit log: who did what, one JSON object a line, the oldest first.
///
/// Lines have numbers without gaps, and each has the checksum of the one before: see `docs/access.md`.
#[utoipa::path(
    get, path = "/v1/audit", tag = "access", operation_id = "audit", params(AuditParams),
    responses(
        (status = 200, content_type = "application/x-ndjson", body = Object),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn audit(ctx: Ctx, Params(params): Params<AuditParams>) -> Reply<Response> {
    let limit = params.limit.map_or(Ok(AUDIT_LINES_DEFAULT), |n| count("limit", n, AUDIT_LINES_MAX))?;
    let (from, to) = (time("from", params.from)?, time("to", params.to)?);
    let wanted = Wanted { from, to, after: params.after.unwrap_or(0), limit };
    let app = Arc::clone(&ctx.app);
    let work = move |_: &Archive, caller: &Caller| -> Result<Vec<u8>> {
        caller.require_everywhere(Right::Admin)?;
        app.audit.reader().and_then(|log| log.select(&wanted)).map_err(failed)
    };
    let lines = ctx.audited(Action::of("read-audit"), work, |_, action| action).await?;
    let mut response = Response::new(lines.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    Ok(response)
}

/// Looks whether the audit log is whole: no line altered, none missing, none put in.
#[utoipa::path(
    post, path = "/v1/audit/verify", tag = "access", operation_id = "verify_audit",
    responses(
        (status = 200, body = AuditReport),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn verify_audit(ctx: Ctx) -> Reply<Answer<AuditReport>> {
    let app = Arc::clone(&ctx.app);
    let work = move |_: &Archive, caller: &Caller| -> Result<Verified> {
        caller.require_everywhere(Right::Admin)?;
        app.audit.reader().and_then(|log| log.verify()).map_err(failed)
    };
    let found = ctx.audited(Action::of("verify-audit"), work, |_, action| action).await?;
    Ok(Answer(found.into()))
}
