//! Runs statements: with retries, in pages, many at once, and conditionally.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use rushes_types::{Backoff, Error, ErrorKind, Result};
use scylla::errors::ExecutionError;
use scylla::response::query_result::QueryResult;
use scylla::response::{PagingState, PagingStateResponse};
use scylla::serialize::row::SerializeRow;
use scylla::statement::batch::{Batch, BatchType};
use scylla::statement::prepared::PreparedStatement;
use scylla::value::{CqlValue, Row};

use crate::client::Cluster;
use crate::client::driver::OwnedRow;
use crate::client::errors::{self, Class};

/// The first and the longest wait before a retry.
const WAITS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// Rows of a page.
const PAGE_ROWS: i32 = 2_000;

/// What a statement is for: decides its consistency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    Read,
    SerialRead,
    Write,
    Conditional,
}

/// The outcome of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its condition held: it is done.
    Applied,
    /// Its condition did not hold: nothing was done.
    Refused,
}

/// A statement with its values, for batches of different statements.
pub struct Write<'a> {
    cql: &'a str,
    values: Box<dyn SerializeRow + Send + Sync + 'a>,
}

impl<'a> Write<'a> {
    /// `cql` with `values` for its markers.
    #[must_use]
    pub fn new(cql: &'a str, values: impl SerializeRow + Send + Sync + 'a) -> Self {
        Self { cql, values: Box::new(values) }
    }
}

impl Cluster {
    /// Runs an idempotent write, with retries where nodes are busy or away.
    ///
    /// # Errors
    /// Unavailable, Busy, `StorageFull` or Misconfigured, as the nodes say.
    pub async fn write(&self, cql: &str, values: impl SerializeRow) -> Result<()> {
        let statement = self.prepared(cql, Purpose::Write).await?;
        self.repeating("cannot write", async || self.session().execute_unpaged(&statement, &values).await)
            .await?;
        Ok(())
    }

    /// Runs an idempotent write of one statement for each row, many at once, at most as many as the configuration
    /// allows. `rows` is consumed as fast as they are written. Stops at the first error.
    ///
    /// # Errors
    /// As [`Cluster::write`].
    pub async fn write_many<V: SerializeRow>(
        &self,
        cql: &str,
        rows: impl IntoIterator<Item = V>,
    ) -> Result<()> {
        let statement = self.prepared(cql, Purpose::Write).await?;
        let statement = &*statement;
        stream::iter(rows)
            .map(|values| async move {
                let run = async || self.session().execute_unpaged(statement, &values).await;
                self.repeating("cannot write", run).await.map(drop)
            })
            .buffer_unordered(self.config().max_in_flight)
            .try_collect::<()>()
            .await
    }

    /// As [`Cluster::write_many`], but each group goes as one unlogged batch. A group must be of one partition and
    /// stay well below the server's limit for batches (`batch_size_fail_threshold`, 640 KiB by default).
    ///
    /// # Errors
    /// As [`Cluster::write`].
    pub async fn write_groups<V: SerializeRow>(
        &self,
        cql: &str,
        groups: impl IntoIterator<Item = Vec<V>>,
    ) -> Result<()> {
        let statement = self.prepared(cql, Purpose::Write).await?;
        let statement = &*statement;
        stream::iter(groups)
            .map(|group| async move {
                if let [values] = group.as_slice() {
                    let run = async || self.session().execute_unpaged(statement, values).await;
                    return self.repeating("cannot write", run).await.map(drop);
                }
                if group.is_empty() {
                    return Ok(());
                }
                let mut batch = Batch::new(BatchType::Unlogged);
                batch.set_consistency(self.config().consistency.write());
                for _ in &group {
                    batch.append_statement(statement.clone());
                }
                let run = async || self.session().batch(&batch, &group).await;
                self.repeating("cannot write", run).await.map(drop)
            })
            .buffer_unordered(self.config().max_in_flight)
            .try_collect::<()>()
            .await
    }

    /// Runs idempotent writes of several kinds as one unlogged batch: of one partition, so that they become
    /// visible together.
    ///
    /// # Errors
    /// As [`Cluster::write`].
    pub async fn write_together(&self, writes: &[Write<'_>]) -> Result<()> {
        if writes.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new(BatchType::Unlogged);
        batch.set_consistency(self.config().consistency.write());
        for write in writes {
            let statement = self.prepared(write.cql, Purpose::Write).await?;
            batch.append_statement((*statement).clone());
        }
        let values: Vec<_> = writes.iter().map(|w| &*w.values).collect();
        self.repeating("cannot write", async || self.session().batch(&batch, &values).await).await?;
        Ok(())
    }

    /// Runs a conditional write (`IF …`): one statement, or several of one partition as a batch. Not retried.
    ///
    /// # Errors
    /// [`ErrorKind::OutcomeUnknown`] where it may have happened: read back with [`Cluster::serial`], or send it again
    /// if its own effect would make its condition fail. Otherwise nothing was written.
    pub async fn conditional(&self, writes: &[Write<'_>]) -> Result<Outcome> {
        // Before the permit: preparing takes one.
        let statements = self.prepared_all(writes).await?;
        let _permit = self.permit().await?;
        self.run_conditional(&statements, writes).await
    }

    /// As [`Cluster::conditional`], besides as many requests as may be under way: for the sign of life of work that has
    /// taken all of them.
    pub(crate) async fn conditional_at_once(&self, writes: &[Write<'_>]) -> Result<Outcome> {
        let statements = self.prepared_all(writes).await?;
        self.run_conditional(&statements, writes).await
    }

    async fn prepared_all(&self, writes: &[Write<'_>]) -> Result<Vec<Arc<PreparedStatement>>> {
        let mut statements = Vec::with_capacity(writes.len());
        for write in writes {
            statements.push(self.prepared(write.cql, Purpose::Conditional).await?);
        }
        Ok(statements)
    }

    async fn run_conditional(
        &self,
        statements: &[Arc<PreparedStatement>],
        writes: &[Write<'_>],
    ) -> Result<Outcome> {
        const WHAT: &str = "cannot write conditionally";
        let outcome = match (statements, writes) {
            ([statement], [write]) => self.session().execute_unpaged(statement, &*write.values).await,
            _ => {
                let mut batch = Batch::new(BatchType::Unlogged);
                batch.set_consistency(self.config().consistency.write());
                batch.set_serial_consistency(Some(self.config().serial_consistency.write()));
                for statement in statements {
                    batch.append_statement((**statement).clone());
                }
                let values: Vec<_> = writes.iter().map(|w| &*w.values).collect();
                self.session().batch(&batch, &values).await
            }
        };
        match outcome {
            Ok(result) => applied(result),
            Err(e) if errors::class(&e) == Class::Unsure => Err(errors::unknown(WHAT, &e)),
            Err(e) => Err(errors::of_request(WHAT, &e)),
        }
    }

    /// The first row that a read finds.
    ///
    /// # Errors
    /// As [`Cluster::write`]; Corrupt where the row has another shape.
    pub async fn first<R: OwnedRow>(&self, cql: &str, values: impl SerializeRow) -> Result<Option<R>> {
        let statement = self.prepared(cql, Purpose::Read).await?;
        let (rows, _) = self.page_of::<R>(&statement, &values, PagingState::start()).await?;
        Ok(rows.into_iter().next())
    }

    /// All rows that a read finds, page after page. For few rows; see [`Cluster::each`].
    ///
    /// # Errors
    /// As [`Cluster::first`].
    pub async fn rows<R: OwnedRow>(&self, cql: &str, values: impl SerializeRow) -> Result<Vec<R>> {
        let statement = self.prepared(cql, Purpose::Read).await?;
        self.all_of(&statement, &values).await
    }

    /// All rows of a serial read, which sees every conditional write that was begun before. For few rows: it reads one
    /// partition.
    ///
    /// # Errors
    /// As [`Cluster::first`].
    pub async fn serial<R: OwnedRow>(&self, cql: &str, values: impl SerializeRow) -> Result<Vec<R>> {
        let statement = self.prepared(cql, Purpose::SerialRead).await?;
        self.all_of(&statement, &values).await
    }

    async fn all_of<R: OwnedRow>(
        &self,
        statement: &PreparedStatement,
        values: &impl SerializeRow,
    ) -> Result<Vec<R>> {
        let mut all = Vec::new();
        let mut state = PagingState::start();
        loop {
            let (rows, next) = self.page_of::<R>(statement, values, state).await?;
            all.extend(rows);
            let Some(next) = next else { return Ok(all) };
            state = next;
        }
    }

    /// Gives every row that a read finds to `each`, with one page in memory at a time. `each` returns whether to
    /// continue.
    ///
    /// # Errors
    /// As [`Cluster::first`], and the errors of `each`.
    pub async fn each<R: OwnedRow>(
        &self,
        cql: &str,
        values: impl SerializeRow,
        mut each: impl FnMut(R) -> Result<bool>,
    ) -> Result<()> {
        let statement = self.prepared(cql, Purpose::Read).await?;
        let mut state = PagingState::start();
        loop {
            let (rows, next) = self.page_of::<R>(&statement, &values, state).await?;
            for row in rows {
                if !each(row)? {
                    return Ok(());
                }
            }
            let Some(next) = next else { return Ok(()) };
            state = next;
        }
    }

    /// The same read for each of `keys`, many at once: what each found, in the order of `keys`.
    ///
    /// # Errors
    /// As [`Cluster::first`].
    pub async fn rows_of_each<R: OwnedRow, V: SerializeRow>(
        &self,
        cql: &str,
        keys: impl IntoIterator<Item = V>,
    ) -> Result<Vec<Vec<R>>> {
        let statement = self.prepared(cql, Purpose::Read).await?;
        let statement = &*statement;
        stream::iter(keys)
            .map(|values| async move { self.all_of::<R>(statement, &values).await })
            .buffered(self.config().max_in_flight)
            .try_collect()
            .await
    }

    async fn page_of<R: OwnedRow>(
        &self,
        statement: &PreparedStatement,
        values: &impl SerializeRow,
        state: PagingState,
    ) -> Result<(Vec<R>, Option<PagingState>)> {
        const WHAT: &str = "cannot read";
        let run = async || self.session().execute_single_page(statement, values, state.clone()).await;
        let (result, next) = self.repeating(WHAT, run).await?;
        let next = match next {
            PagingStateResponse::HasMorePages { state } => Some(state),
            PagingStateResponse::NoMorePages => None,
        };
        let result = result.into_rows_result().map_err(|e| errors::of_rows(WHAT, e))?;
        let rows = result.rows::<R>().map_err(|e| errors::of_rows(WHAT, e))?;
        let rows = rows.collect::<std::result::Result<_, _>>().map_err(|e| errors::of_rows(WHAT, e))?;
        Ok((rows, next))
    }

    /// Prepares a statement once for each purpose.
    pub(crate) async fn prepared(&self, cql: &str, purpose: Purpose) -> Result<Arc<PreparedStatement>> {
        if let Some(known) = self.known(cql, purpose) {
            return Ok(known);
        }
        let run = async || self.session().prepare(cql).await.map_err(ExecutionError::from);
        let mut statement = self.repeating("cannot prepare a statement", run).await?;
        let config = self.config();
        match purpose {
            Purpose::Read => statement.set_consistency(config.consistency.read()),
            Purpose::SerialRead => statement.set_consistency(config.serial_consistency.read()),
            Purpose::Write => statement.set_consistency(config.consistency.write()),
            Purpose::Conditional => {
                statement.set_consistency(config.consistency.write());
                statement.set_serial_consistency(Some(config.serial_consistency.write()));
            }
        }
        statement.set_is_idempotent(purpose != Purpose::Conditional);
        statement.set_page_size(PAGE_ROWS);
        Ok(self.remember(cql, purpose, statement))
    }

    /// Retries an idempotent request until it succeeds or the retries are used up.
    pub(crate) async fn repeating<T>(
        &self,
        what: &str,
        mut run: impl AsyncFnMut() -> std::result::Result<T, ExecutionError>,
    ) -> Result<T> {
        let _permit = self.permit().await?;
        let mut backoff = Backoff::new(WAITS.0, WAITS.1, self.seed());
        for _ in 0..self.config().retries {
            match run().await {
                Ok(done) => return Ok(done),
                Err(e) if errors::class(&e) == Class::Final => return Err(errors::of_request(what, &e)),
                Err(e) => tracing::debug!(error = %e, "repeating a request to Cassandra"),
            }
            tokio::time::sleep(backoff.next_wait()).await;
        }
        run().await.map_err(|e| errors::of_request(what, &e))
    }
}

/// Was a conditional write applied? Its answer says so in the first column.
fn applied(result: QueryResult) -> Result<Outcome> {
    const WHAT: &str = "cannot write conditionally";
    let rows = result.into_rows_result().map_err(|e| errors::of_rows(WHAT, e))?;
    let row: Row = rows.first_row().map_err(|e| errors::of_rows(WHAT, e))?;
    match row.columns.first() {
        Some(Some(CqlValue::Boolean(true))) => Ok(Outcome::Applied),
        Some(Some(CqlValue::Boolean(false))) => Ok(Outcome::Refused),
        _ => Err(Error::new(
            ErrorKind::OutcomeUnknown,
            "Cassandra does not say whether a conditional write was applied",
        )
        .mend("send it again")),
    }
}
