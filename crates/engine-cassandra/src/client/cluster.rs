//! The driver of the cluster, and the threads it runs on.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rushes_types::{Error, ErrorKind, Result};
use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::policies::load_balancing::DefaultPolicy;
use scylla::policies::retry::FallthroughRetryPolicy;
use scylla::statement::prepared::PreparedStatement;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::client::config::Config;
use crate::client::errors;
use crate::client::statement::Purpose;

/// Threads that run the driver.
const THREADS: usize = 2;
/// The oldest supported Cassandra: (major, minor).
const OLDEST: (u32, u32) = (4, 0);
/// Opening may take this many times the connect timeout in all: it connects, queries, and reads the list of nodes.
const PATIENCE: u32 = 3;
/// Most node names shown in a message.
const NODES_SHOWN: usize = 5;

/// A connection to Cassandra that any number of threads may share.
pub struct Cluster {
    /// `None` only during drop.
    runtime: Option<Runtime>,
    handle: Handle,
    session: Session,
    config: Config,
    permits: Semaphore,
    statements: RwLock<HashMap<Purpose, HashMap<String, Arc<PreparedStatement>>>>,
}

impl Cluster {
    /// Connects, checks the server's version, and creates the keyspace if it does not exist.
    ///
    /// # Errors
    /// Invalid or Misconfigured where the configuration is wrong; Unavailable or Unsupported where no usable Cassandra
    /// answers. The message says how to fix it.
    pub fn connect(config: &Config) -> Result<Self> {
        config.check()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("cassandra")
            .enable_all()
            .build()
            .map_err(|e| Error::io("cannot start the threads for Cassandra", e))?;
        let nodes = config.addresses();
        let shown = nodes.iter().take(NODES_SHOWN).cloned().collect::<Vec<_>>().join(", ");
        #[cfg(feature = "tls")]
        let opening = open_session(
            config,
            &nodes,
            config.tls.then(|| crate::client::tls::context(config)).transpose()?,
        );
        #[cfg(not(feature = "tls"))]
        let opening = open_session(config, &nodes);
        // The driver itself waits a minute for a server that accepts connections but never answers.
        let patience = Duration::from_millis(config.connect_timeout_ms).saturating_mul(PATIENCE);
        let session = runtime
            .block_on(async { tokio::time::timeout(patience, opening).await })
            .map_err(|_| errors::silent(&shown))?
            .map_err(|e| errors::of_opening(&shown, e))?;
        check_data_centre(config, &session)?;
        let cluster = Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
            session,
            config: config.clone(),
            permits: Semaphore::new(config.max_in_flight),
            statements: RwLock::default(),
        };
        cluster.block_on(async {
            cluster.check_version().await?;
            cluster.open_keyspace().await?;
            cluster.use_keyspace().await
        })?;
        Ok(cluster)
    }

    /// Runs a future to its end on the calling thread. Not to be called from asynchronous code.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.handle.block_on(future)
    }

    /// The configuration it was opened with.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The driver's session, for what is not wrapped here.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// A table's name qualified by the keyspace. Statements may also use the bare name.
    #[must_use]
    pub fn table(&self, name: &str) -> String {
        format!("{}.{name}", self.config.keyspace)
    }

    /// The cluster's setting of this name, where this version exposes it.
    ///
    /// # Errors
    /// Unavailable where the node does not answer.
    pub fn setting(&self, name: &str) -> Result<Option<String>> {
        let cql = "SELECT value FROM system_views.settings WHERE name = ?";
        let found = self.block_on(self.first::<(Option<String>,)>(cql, (name,)));
        match found {
            Ok(row) => Ok(row.and_then(|(value,)| value)),
            Err(e) if e.kind() == ErrorKind::Unavailable => Err(e),
            // Hidden from this user, or absent in this version.
            Err(_) => Ok(None),
        }
    }

    async fn check_version(&self) -> Result<()> {
        let row = self
            .first::<(Option<String>,)>("SELECT release_version FROM system.local WHERE key = 'local'", ())
            .await?;
        let version = row.and_then(|(version,)| version).unwrap_or_default();
        if parse_version(&version).is_some_and(|found| found >= OLDEST) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unsupported, format!("this is Cassandra `{version}`"))
            .mend(format!("take {}.{} or newer", OLDEST.0, OLDEST.1)))
    }

    /// Lets statements use bare table names.
    async fn use_keyspace(&self) -> Result<()> {
        self.session.use_keyspace(&self.config.keyspace, false).await.map_err(|e| {
            let what = format!("the keyspace `{}` cannot be used: {e}", self.config.keyspace);
            Error::new(ErrorKind::Unavailable, what).mend("try again; see whether it was dropped").because(e)
        })
    }

    /// A seed for the backoff jitter of one request, different for concurrent requests.
    pub(crate) fn seed(&self) -> u64 {
        RandomState::new().hash_one(self.permits.available_permits())
    }

    pub(crate) async fn permit(&self) -> Result<SemaphorePermit<'_>> {
        self.permits
            .acquire()
            .await
            .map_err(|e| Error::bug("requests to Cassandra are counted no more").because(e))
    }

    pub(crate) fn known(&self, cql: &str, purpose: Purpose) -> Option<Arc<PreparedStatement>> {
        let statements = self.statements.read().unwrap_or_else(PoisonError::into_inner);
        statements.get(&purpose)?.get(cql).cloned()
    }

    pub(crate) fn remember(
        &self,
        cql: &str,
        purpose: Purpose,
        statement: PreparedStatement,
    ) -> Arc<PreparedStatement> {
        let statement = Arc::new(statement);
        let mut statements = self.statements.write().unwrap_or_else(PoisonError::into_inner);
        statements.entry(purpose).or_default().insert(cql.to_owned(), Arc::clone(&statement));
        statement
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Not a blocking shutdown: this may run inside another runtime, which forbids blocking.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn open_session(
    config: &Config,
    nodes: &[String],
    #[cfg(feature = "tls")] tls: Option<scylla::client::session::OpenSsl010Config>,
) -> Result<Session, scylla::errors::NewSessionError> {
    let mut balance = DefaultPolicy::builder().token_aware(true);
    if let Some(name) = &config.local_data_centre {
        balance = balance.prefer_datacenter(name.clone());
    }
    let profile = ExecutionProfile::builder()
        .consistency(config.consistency.read())
        .serial_consistency(Some(config.serial_consistency.write()))
        .request_timeout(Some(config.request_timeout()))
        .load_balancing_policy(balance.build())
        // No retries by the driver: this crate decides them, because it knows which requests are idempotent.
        .retry_policy(Arc::new(FallthroughRetryPolicy::new()))
        .build();
    let mut builder = SessionBuilder::new()
        .known_nodes(nodes)
        .default_execution_profile_handle(profile.into_handle())
        .connection_timeout(Duration::from_millis(config.connect_timeout_ms))
        .hostname_resolution_timeout(Some(Duration::from_millis(config.connect_timeout_ms)))
        .schema_agreement_timeout(Duration::from_secs(60))
        .schema_agreement_interval(Duration::from_millis(20));
    if let (Some(user), Some(password)) = (&config.user, &config.password) {
        builder = builder.user(user, password);
    }
    #[cfg(feature = "tls")]
    {
        builder = builder.tls_context(tls);
    }
    builder.build().await
}

/// A data centre without nodes would leave every request without a node to go to.
fn check_data_centre(config: &Config, session: &Session) -> Result<()> {
    let Some(asked) = &config.local_data_centre else { return Ok(()) };
    let state = session.get_cluster_state();
    let known: BTreeSet<&str> =
        state.get_nodes_info().iter().filter_map(|node| node.datacenter.as_deref()).collect();
    if known.is_empty() || known.contains(asked.as_str()) {
        return Ok(());
    }
    Err(errors::no_data_centre(asked, &known.into_iter().collect::<Vec<_>>().join("`, `")))
}

/// `5.0.9` or `4.1-beta1` as (major, minor).
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_with_what_hangs_on_them() {
        assert_eq!(parse_version("5.0.9"), Some((5, 0)));
        assert_eq!(parse_version("4.1-beta1"), Some((4, 1)));
        assert_eq!(parse_version("3.11.4"), Some((3, 11)));
        assert_eq!(parse_version(""), None);
        assert!(parse_version("3.11.4").unwrap() < OLDEST);
    }
}
