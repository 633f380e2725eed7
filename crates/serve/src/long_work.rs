//! Long work (verify, rebuild, backup, purge): its progress is streamed, a JSON object a line, and the last
//! line is its result or a problem document.
//!
//! A stream rather than a job to be polled: it ends when the work does, no state is kept, and a client that disconnects
//! (Ctrl-C) stops the work.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderValue, header};
use axum::response::Response;
use rushes_archive::{Archive, Caller, Progress};
use rushes_types::Result;
use serde::Serialize;
use utoipa::ToSchema;

use crate::NDJSON;
use crate::app::{Ctx, permit};
use crate::audit::Action;
use crate::problem::{Problem, Reply};
use crate::stream::{Sender, stream};

/// Progress is sent at most this often.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// How far long work is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProgressDocument {
    /// What is being done.
    pub what: String,
    /// How much of it is done.
    pub done: u64,
    /// How much there is, where it is known.
    pub total: Option<u64>,
}

/// A line of the answer of long work; the last one is `result` or `problem`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProgressLine<T> {
    /// How far it is.
    Progress(ProgressDocument),
    /// It is done.
    Result(T),
    /// It failed.
    Problem(Problem),
}

/// Reports progress to the client, and tells the work whether the client is still connected.
pub(crate) struct Watch {
    sender: Sender,
    ctx: Ctx,
    sent: Mutex<Option<(Instant, String)>>,
}

fn line<T: Serialize>(line: &ProgressLine<T>) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(line).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

impl Progress for Watch {
    fn set(&self, what: &str, done: u64, total: Option<u64>) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let soon = sent.as_ref().is_some_and(|(at, w)| w == what && now - *at < PROGRESS_EVERY);
        if soon && total != Some(done) {
            return;
        }
        *sent = Some((now, what.to_owned()));
        let document = ProgressDocument { what: what.to_owned(), done, total };
        self.sender.offer(line(&ProgressLine::<()>::Progress(document)));
    }

    fn cancelled(&self) -> bool {
        self.sender.is_gone() || self.ctx.app.stopping.load(Ordering::Relaxed)
    }
}

/// Starts long work and answers with the stream of its progress. What the caller may not do is refused before the
/// stream begins, with a status of its own.
pub(crate) fn start<T, F>(ctx: Ctx, action: Action, work: F) -> Reply<Response>
where
    T: Serialize,
    F: FnOnce(&Archive, &Caller, &dyn Progress) -> Result<T> + Send + 'static,
{
    if let Err(error) = ctx.caller.require_everywhere(rushes_archive::Right::Admin) {
        let problem = Problem::from(error);
        ctx.audit(action, "forbidden");
        return Err(problem);
    }
    let permit = permit(&ctx.app.long_work, "long work at a time")?;
    let (sender, body) = stream(None, ctx.app.config.limits.stream_pause_max);
    let runtime = tokio::runtime::Handle::current();
    let span = tracing::Span::current();
    drop(tokio::task::spawn_blocking(move || {
        let _inside = span.enter();
        let watch = Watch { sender, ctx, sent: Mutex::new(None) };
        let done = work(&watch.ctx.app.archive, &watch.ctx.caller, &watch);
        drop(permit);
        let Watch { sender, ctx, .. } = watch;
        let (bytes, outcome) = match done {
            Ok(result) => (line(&ProgressLine::Result(result)), "ok".to_owned()),
            Err(error) => {
                let mut problem = Problem::from(error);
                problem.instance = format!("urn:rushes:request:{}", ctx.request_id);
                let outcome = problem.word().to_owned();
                (line(&ProgressLine::<()>::Problem(problem)), outcome)
            }
        };
        ctx.audit_now(&action, &outcome);
        if sender.send_blocking(&runtime, bytes).is_ok() {
            sender.finish();
        }
    }));
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    Ok(response)
}
