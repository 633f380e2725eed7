//! Answers that are sent while they are made: media, exports, the progress of long work.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use rushes_types::{Error, ErrorKind, Result};
use tokio::sync::mpsc;

use crate::limits::STREAM_PIECES;

/// The answer could not be finished: the connection is cut, so that a part is never mistaken for the whole.
#[derive(Debug)]
pub struct CutShort;

impl std::fmt::Display for CutShort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the answer could not be finished")
    }
}

impl std::error::Error for CutShort {}

/// The body of an answer that is being made.
struct Stream {
    pieces: mpsc::Receiver<Bytes>,
    finished: Arc<AtomicBool>,
    bytes: Option<u64>,
}

/// Where the pieces of the answer are put. Dropping it before [`Sender::finish`] cuts the answer short.
pub struct Sender {
    pieces: mpsc::Sender<Bytes>,
    finished: Arc<AtomicBool>,
    pause_max: Duration,
}

/// A body and where its pieces are put. `bytes`: its length, where it is known. A client that takes nothing for
/// `pause_max` is let go.
pub fn stream(bytes: Option<u64>, pause_max: Duration) -> (Sender, Body) {
    let (sender, pieces) = mpsc::channel(STREAM_PIECES);
    let finished = Arc::new(AtomicBool::new(false));
    let body = Body::new(Stream { pieces, finished: Arc::clone(&finished), bytes });
    (Sender { pieces: sender, finished, pause_max }, body)
}

impl Sender {
    /// Sends a piece.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] where the client is gone or takes nothing any more.
    pub async fn send(&self, piece: impl Into<Bytes>) -> Result<()> {
        match tokio::time::timeout(self.pause_max, self.pieces.send(piece.into())).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Error::new(ErrorKind::Cancelled, "the client takes no more of the answer")),
        }
    }

    /// Sends a piece from a thread that may block.
    ///
    /// # Errors
    /// As [`Sender::send`].
    pub fn send_blocking(&self, runtime: &tokio::runtime::Handle, piece: impl Into<Bytes>) -> Result<()> {
        runtime.block_on(self.send(piece))
    }

    /// Sends a piece if there is room for it now: for progress, of which the newest counts.
    pub fn offer(&self, piece: impl Into<Bytes>) {
        let _ = self.pieces.try_send(piece.into());
    }

    /// The answer is whole.
    pub fn finish(self) {
        self.finished.store(true, Ordering::Release);
    }

    /// Has the client gone?
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.pieces.is_closed()
    }
}

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = CutShort;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        let piece = std::task::ready!(self.pieces.poll_recv(cx));
        Poll::Ready(match piece {
            Some(piece) => Some(Ok(Frame::data(piece))),
            // Reported once: the next poll ends the body.
            None if !self.finished.swap(true, Ordering::Acquire) => Some(Err(CutShort)),
            None => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.bytes.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
