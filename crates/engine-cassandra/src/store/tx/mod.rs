//! One change of one asset: decided on its head, made by one conditional write.

mod around;

use std::time::Duration;

use crate::client::{Outcome, Write};
use rushes_store::Effect;
use rushes_types::{AssetId, Backoff, Commit, Error, ErrorKind, Result};

use crate::columns::{column, number};
use crate::store::CassandraStore;
use crate::store::chain;
use crate::store::content::{self, Content};
use crate::store::head::{self, Head, Numbered, PieceRow, Record, kind};
use crate::store::history;
use crate::store::link::Link;
pub use crate::store::lists::{forget_strays, list};
use crate::store::state::AssetState;
use crate::store::testing::FaultPoint;
use crate::store::writers::Ticket;

/// Attempts at a change that loses races.
const ATTEMPTS: u32 = 200;
/// Attempts at a conditional write of unknown outcome.
const ASKS: u32 = 6;
/// The first and the longest wait between them.
const ASK_WAITS: (Duration, Duration) = (Duration::from_millis(32), Duration::from_secs(1));
/// The first and the longest wait before a change that lost a race is decided again.
const DECIDE_WAITS: (Duration, Duration) = (Duration::from_millis(4), Duration::from_millis(64));

enum HeadWrite {
    Put { kind: i32, name: String, num: u64, value: Vec<u8> },
    Remove { kind: i32, name: String, num: u64 },
    RemoveKind { kind: i32 },
    Trimmed { upto: u64 },
}

/// A piece that is written before the commit that names it.
pub struct PendingPiece<'a> {
    /// Its number.
    pub piece: u64,
    /// What it holds.
    pub content: &'a Content,
    /// Was it written by an attempt before?
    pub written: bool,
}

/// A change being put together.
pub struct Tx<'a> {
    /// The store.
    pub store: &'a CassandraStore,
    /// The asset.
    pub asset: &'a AssetId,
    /// The head after the change.
    pub head: Head,
    /// The cached state of the asset, up to the current head.
    pub state: &'a mut AssetState,
    before: Head,
    rows: Vec<HeadWrite>,
    ticket: Option<Ticket>,
    /// The commits of this change.
    pub records: Vec<Numbered>,
    /// Of an import, a checksum of all its commits; most of them are in the history already.
    imported: Option<u128>,
    /// The record of this change.
    link: Option<Link>,
}

/// The outcome of an attempt.
enum Attempt {
    /// The change is made.
    Made,
    /// Others came first, or this writer was closed: decide again.
    Again,
}

impl Tx<'_> {
    /// Puts a row.
    pub fn put(&mut self, kind: i32, name: &str, num: u64, value: Vec<u8>) {
        self.rows.push(HeadWrite::Put { kind, name: name.to_owned(), num, value });
    }

    /// Removes a row.
    pub fn remove(&mut self, kind: i32, name: &str, num: u64) {
        self.rows.push(HeadWrite::Remove { kind, name: name.to_owned(), num });
    }

    /// Removes all rows of a kind.
    pub fn remove_kind(&mut self, kind: i32) {
        self.rows.push(HeadWrite::RemoveKind { kind });
    }

    /// The asset's next commit.
    pub fn commit(&mut self, effect: Effect, piece: PieceRow) -> Commit {
        let number = match &self.ticket {
            None => {
                let after = self.head.last_commit.max(number(self.before.version));
                let ticket = self.store.writers.begin(self.asset, after);
                let number = ticket.number;
                self.ticket = Some(ticket);
                number
            }
            Some(_) => self.store.writers.stamp(self.head.last_commit),
        };
        let ordinal = self.head.commits;
        if ordinal.is_multiple_of(head::CHUNK_COMMITS) {
            self.put(kind::CHUNK, "", history::chunk_of(ordinal), history::chunk_value(number).to_vec());
        }
        let record = Record { ordinal, piece, effect };
        self.put(kind::TAIL, "", number, record.encode());
        self.head.commits += 1;
        self.head.last_commit = number;
        self.records.push((Commit(number), record));
        Commit(number)
    }

    /// The next commit, without content.
    pub fn commit_plain(&mut self, effect: Effect) -> Commit {
        self.commit(effect, PieceRow::default())
    }

    /// Adds an imported commit, which has its number already. Commits up to `before` are in the history's body; `all` is a
    /// checksum of all that are new.
    pub fn take_over(&mut self, (commit, record): Numbered, before: u64, all: u128) {
        self.imported = Some(all);
        let after = self.head.last_commit.max(number(self.before.version)).max(commit.0);
        self.ticket = Some(self.store.writers.begin(self.asset, after));
        self.put(kind::TAIL, "", commit.0, record.encode());
        self.rows.push(HeadWrite::Trimmed { upto: before });
        self.head.commits = record.ordinal + 1;
        self.head.last_commit = commit.0;
        self.records.push((commit, record));
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn writes<'w>(&'w self, version: u64) -> Vec<Write<'w>> {
        const HEAD: &str = "UPDATE heads SET version = ?, last_commit = ?, commits = ?, annotations = ?, bytes = ?, \
             erased = ? WHERE asset = ? IF version = ?";
        const HEAD_AND_DOC: &str = "UPDATE heads SET version = ?, last_commit = ?, commits = ?, annotations = ?, \
             bytes = ?, erased = ?, doc = ? WHERE asset = ? IF version = ?";
        const PUT: &str = "INSERT INTO heads (asset, kind, name, num, value) VALUES (?, ?, ?, ?, ?)";
        const REMOVE: &str = "DELETE FROM heads WHERE asset = ? AND kind = ? AND name = ? AND num = ?";
        const REMOVE_KIND: &str = "DELETE FROM heads WHERE asset = ? AND kind = ?";
        const TRIMMED: &str = "UPDATE heads SET trimmed = ? WHERE asset = ?";
        let (asset, head, was) = (self.asset.as_str(), &self.head, self.before.version);
        let (version, last, commits) = (column(version), column(head.last_commit), column(head.commits));
        let (annotations, bytes, erased) =
            (column(head.annotations), column(head.bytes), column(head.erased));
        let first = if head.doc == self.before.doc {
            Write::new(HEAD, (version, last, commits, annotations, bytes, erased, asset, was))
        } else {
            let doc = head.doc.as_deref();
            Write::new(HEAD_AND_DOC, (version, last, commits, annotations, bytes, erased, doc, asset, was))
        };
        let mut writes = vec![first];
        writes.extend(self.rows.iter().map(|row| match row {
            HeadWrite::Put { kind, name, num, value } => {
                Write::new(PUT, (asset, *kind, name.as_str(), column(*num), value.as_slice()))
            }
            HeadWrite::Remove { kind, name, num } => {
                Write::new(REMOVE, (asset, *kind, name.as_str(), column(*num)))
            }
            HeadWrite::RemoveKind { kind } => Write::new(REMOVE_KIND, (asset, *kind)),
            HeadWrite::Trimmed { upto } => Write::new(TRIMMED, ((*upto > 0).then(|| column(*upto)), asset)),
        }));
        if let Some(link) = &self.link {
            writes.push(Write::new(PUT, (asset, kind::LINK, "", chain::link_num(link.seq), link.encode())));
        }
        if self.state.links_carried > 1 {
            let oldest = chain::link_num(self.state.links_carried);
            writes.push(Write::new(chain::REMOVE_LINKS, (asset, kind::LINK, oldest)));
        }
        writes
    }

    /// Makes the change. The pieces of `ahead` are noted, then written, before it.
    async fn finish(&mut self, ahead: &mut [PendingPiece<'_>]) -> Result<Attempt> {
        self.note(ahead).await?;
        self.store.reaches(FaultPoint::Noted)?;
        let identity = self.ticket.as_ref().map(|t| t.identity);
        let open = async {
            match identity {
                Some(identity) => self.store.writers.is_open(identity).await,
                None => Ok(true),
            }
        };
        // Not above the new version, so that every later write is above.
        let stamp = match &self.ticket {
            Some(ticket) => ticket.number,
            None => self.store.writers.stamp(number(self.before.version)),
        };
        let content = async {
            // Wait for all of them, to know which ones were written.
            let pieces = ahead.iter_mut().filter(|p| !p.written).map(|piece| async {
                let cluster = &self.store.cluster;
                content::write(cluster, self.asset, piece.piece, piece.content, stamp).await?;
                piece.written = true;
                Ok::<_, Error>(())
            });
            futures_util::future::join_all(pieces).await.into_iter().collect::<Result<()>>()
        };
        let (open, content) = futures_util::join!(open, content);
        content?;
        if let (false, Some(closed)) = (open?, identity) {
            self.store.writers.enter_again(closed).await?;
            return Ok(Attempt::Again);
        }
        self.store.reaches(FaultPoint::Ready)?;
        self.link = Some(self.next_link(ahead));
        // Imported commits have lower numbers than the change that imports them.
        let first = self.ticket.as_ref().map_or(0, |ticket| ticket.number);
        let version = match self.records.last() {
            Some((commit, _)) => commit.0.max(first),
            None => self.store.writers.stamp(number(self.before.version)),
        };
        self.decide(version).await
    }

    /// Sends the conditional write until its outcome is known.
    async fn decide(&mut self, version: u64) -> Result<Attempt> {
        let mut backoff = Backoff::new(ASK_WAITS.0, ASK_WAITS.1, self.store.cluster.seed());
        let mut unsure = false;
        let mut last = None;
        for _ in 0..ASKS {
            let outcome = self.store.cluster.conditional(&self.writes(version)).await;
            match outcome {
                Ok(Outcome::Applied) => return self.store.reaches(FaultPoint::Made).map(|()| Attempt::Made),
                Ok(Outcome::Refused) if unsure => {
                    let done = if self.was_made(version).await? { Attempt::Made } else { Attempt::Again };
                    return Ok(done);
                }
                Ok(Outcome::Refused) => return Ok(Attempt::Again),
                Err(e) if e.kind() == ErrorKind::OutcomeUnknown => {
                    unsure = true;
                    last = Some(e);
                }
                Err(e) if unsure && e.kind().is_retryable() => last = Some(e),
                Err(e) => {
                    self.let_go(unsure);
                    return Err(e);
                }
            }
            tokio::time::sleep(backoff.next_wait()).await;
        }
        self.let_go(true);
        let unknown = Error::new(
            ErrorKind::OutcomeUnknown,
            format!("Cassandra does not say whether the change of asset `{}` happened", self.asset),
        )
        .mend("send it again");
        Err(match last {
            Some(cause) => unknown.because(cause),
            None => unknown,
        })
    }

    fn let_go(&mut self, unsure: bool) {
        if let Some(ticket) = self.ticket.take()
            && unsure
        {
            ticket.leave_unresolved();
        }
    }

    /// Was a conditional write of unknown outcome made? Another write may have followed it.
    async fn was_made(&self, version: u64) -> Result<bool> {
        let cluster = &self.store.cluster;
        let now = head::read_serial(cluster, self.asset).await?;
        if now.version == Some(column(version)) {
            return Ok(true);
        }
        let Some((first, _)) = self.records.first() else { return Ok(false) };
        let mut found = false;
        history::raw(cluster, self.asset, &now, first.0.saturating_sub(1), first.0, &mut |_| {
            found = true;
            Ok(false)
        })
        .await?;
        Ok(found)
    }
}

impl CassandraStore {
    /// Decides a change on the current head and makes it; decides again after a lost race. An empty change writes
    /// nothing.
    pub(crate) async fn change<T>(
        &self,
        asset: &AssetId,
        state: &mut AssetState,
        mut decide: impl AsyncFnMut(&mut Tx<'_>) -> Result<T>,
    ) -> Result<T> {
        self.change_with(asset, state, &mut (), async |tx, ()| decide(tx).await, |()| Vec::new()).await
    }

    /// As [`Self::change`], with content that `ahead` takes from `own` for each attempt. `own` remembers what earlier
    /// attempts have written.
    pub(crate) async fn change_with<T, O>(
        &self,
        asset: &AssetId,
        state: &mut AssetState,
        own: &mut O,
        mut decide: impl AsyncFnMut(&mut Tx<'_>, &mut O) -> Result<T>,
        ahead: impl Fn(&O) -> Vec<(u64, &Content, bool)>,
    ) -> Result<T>
    where
        O: RetryState,
    {
        self.refuse_where_damaged()?;
        let mut backoff = Backoff::new(DECIDE_WAITS.0, DECIDE_WAITS.1, self.cluster.seed());
        for attempt in 0..ATTEMPTS {
            let head = head::read(&self.cluster, asset).await?;
            state.catch_up(&self.cluster, asset, &head).await?;
            let mut tx = Tx {
                store: self,
                asset,
                before: head.clone(),
                head,
                state: &mut *state,
                rows: Vec::new(),
                ticket: None,
                records: Vec::new(),
                imported: None,
                link: None,
            };
            let outcome = decide(&mut tx, own).await?;
            if tx.is_empty() {
                return Ok(outcome);
            }
            let mut pieces: Vec<PendingPiece<'_>> = ahead(own)
                .into_iter()
                .map(|(piece, content, written)| PendingPiece { piece, content, written })
                .collect();
            let done = tx.finish(&mut pieces).await;
            let all: Vec<u64> = pieces.iter().map(|p| p.piece).collect();
            let written: Vec<u64> = pieces.iter().filter(|p| p.written).map(|p| p.piece).collect();
            own.note_written(&written);
            if let Attempt::Made = done? {
                tx.follow_up(&all).await?;
                let records = std::mem::take(&mut tx.records);
                drop(tx);
                state.made(records);
                self.states.used(state);
                return Ok(outcome);
            }
            drop(tx);
            if attempt > 2 {
                tokio::time::sleep(backoff.next_wait()).await;
            }
        }
        Err(Error::new(ErrorKind::Busy, format!("others change asset `{asset}` all the time"))
            .mend("send it again, or let one process write to it"))
    }
}

/// What a change keeps between its attempts.
pub trait RetryState {
    /// These pieces are written.
    fn note_written(&mut self, pieces: &[u64]);
}

impl RetryState for () {
    fn note_written(&mut self, _: &[u64]) {}
}
