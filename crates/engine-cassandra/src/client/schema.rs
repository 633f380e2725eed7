//! Creates and migrates tables, by numbered migrations.
//!
//! Each component (the annotation store, the fused store) has a list of migrations. The table `schema_steps` records
//! which of them are done. Pending migrations run in order, each waiting until all nodes agree on the schema. One
//! process at a time does this, under a [`Lease`]. Every migration must be idempotent.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rushes_types::{Error, ErrorKind, Result};
use scylla::statement::unprepared::Statement;

use crate::client::config::Replication;
use crate::client::statement::Purpose;
use crate::client::{Cluster, Lease};

/// How long another process may hold the schema before we give up, in all.
const WAIT: Duration = Duration::from_secs(120);
/// How long a process that died keeps others from the schema.
const LEASE: Duration = Duration::from_secs(60);
/// How long one schema change may take: a cluster makes the changes of all clients one after the other.
const DEFINITION: Duration = Duration::from_secs(60);
/// How long a node may list a table that it does not know yet.
const LISTED: Duration = Duration::from_secs(10);
/// The pause between two checks.
const LOOK: Duration = Duration::from_millis(200);

/// One migration: a statement in which `{ks}` stands for the keyspace.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its number; migrations ascend by one, from one.
    pub number: i32,
    /// The statement, `IF NOT EXISTS` or otherwise harmless when done twice.
    pub cql: &'static str,
}

/// The tables of a component.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// Its name in `schema_steps`.
    pub component: &'static str,
    /// What it is called in messages.
    pub what: &'static str,
    /// Its migrations.
    pub migrations: &'static [Migration],
}

impl Schema {
    /// Runs the pending migrations.
    ///
    /// # Errors
    /// Unsupported where a newer version migrated the tables; Busy where another process holds the schema for too long.
    pub fn apply(&self, cluster: &Cluster) -> Result<()> {
        cluster.block_on(self.bring_up(cluster))
    }

    async fn bring_up(&self, cluster: &Cluster) -> Result<()> {
        if self.missing(cluster).await?.is_empty() {
            return Ok(());
        }
        let lease = Lease::new("schema", LEASE);
        let since = Instant::now();
        while !lease.take(cluster).await? {
            if since.elapsed() > WAIT {
                return Err(Error::new(
                    ErrorKind::Busy,
                    format!(
                        "another process has been changing the tables of keyspace `{}` for {} s",
                        cluster.config().keyspace,
                        WAIT.as_secs()
                    ),
                )
                .mend("try again when it is done"));
            }
            tokio::time::sleep(LOOK).await;
        }
        let done = self.carry_out(cluster, &lease).await;
        lease.leave(cluster).await?;
        done
    }

    async fn carry_out(&self, cluster: &Cluster, lease: &Lease) -> Result<()> {
        let note = format!("INSERT INTO {} (component, step) VALUES (?, ?)", cluster.table("schema_steps"));
        for migration in self.missing(cluster).await? {
            if !lease.take(cluster).await? {
                return Err(
                    Error::new(ErrorKind::Busy, "another process took the tables over").mend("try again")
                );
            }
            cluster.define(&migration.cql.replace("{ks}", &cluster.config().keyspace)).await?;
            cluster.write(&note, (self.component, migration.number)).await?;
        }
        Ok(())
    }

    /// The migrations that are not done yet.
    async fn missing(&self, cluster: &Cluster) -> Result<Vec<Migration>> {
        let cql = format!("SELECT step FROM {} WHERE component = ?", cluster.table("schema_steps"));
        let done: Vec<i32> =
            cluster.rows::<(i32,)>(&cql, (self.component,)).await?.into_iter().map(|(n,)| n).collect();
        let known = self.migrations.iter().map(|s| s.number).max().unwrap_or(0);
        if let Some(newer) = done.iter().copied().filter(|n| *n > known).max() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "{} in keyspace `{}` is of schema {newer}, and this version knows {known}",
                    self.what,
                    cluster.config().keyspace
                ),
            )
            .mend("take the newer version of rushes"));
        }
        Ok(self.migrations.iter().filter(|s| !done.contains(&s.number)).copied().collect())
    }
}

impl Cluster {
    /// Changes the schema and waits until all nodes agree on it. The statement must be idempotent.
    ///
    /// # Errors
    /// As the nodes say.
    pub async fn define(&self, cql: &str) -> Result<()> {
        let mut statement = Statement::new(cql);
        statement.set_request_timeout(Some(DEFINITION));
        let run = async || self.session().query_unpaged(statement.clone(), ()).await;
        self.repeating("cannot change the schema", run).await.map(drop)
    }

    /// Removes the keyspace with all that is in it. For tests.
    ///
    /// # Errors
    /// As the nodes say.
    pub fn drop_keyspace(&self) -> Result<()> {
        self.block_on(self.define(&format!("DROP KEYSPACE IF EXISTS {}", self.config().keyspace)))
    }

    /// Creates the keyspace, the table of migrations and the table of leases if they are missing; checks the
    /// replication of a keyspace that exists.
    pub(crate) async fn open_keyspace(&self) -> Result<()> {
        let keyspace = &self.config().keyspace;
        let cql = "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?";
        match self.first::<(HashMap<String, String>,)>(cql, (keyspace,)).await? {
            Some((found,)) => self.check_replication(&found)?,
            None => {
                let options = self.config().replication_cql();
                self.define(&format!(
                    "CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {options}"
                ))
                .await?;
            }
        }
        let known = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?";
        let tables: Vec<String> =
            self.rows::<(String,)>(known, (keyspace,)).await?.into_iter().map(|(n,)| n).collect();
        for (name, columns) in [
            ("schema_steps", "component text, step int, PRIMARY KEY (component, step)"),
            ("leases", "name text PRIMARY KEY, holder text"),
        ] {
            if tables.iter().any(|t| t == name) {
                self.wait_for_table(name).await?;
            } else {
                self.define(&format!("CREATE TABLE IF NOT EXISTS {keyspace}.{name} ({columns})")).await?;
            }
        }
        Ok(())
    }

    /// Waits until a listed table can be used. While another process creates a table, a node lists it a moment before it
    /// takes statements on it.
    async fn wait_for_table(&self, name: &str) -> Result<()> {
        let cql = format!("SELECT * FROM {} LIMIT 1", self.table(name));
        let since = Instant::now();
        loop {
            match self.prepared(&cql, Purpose::Read).await {
                Err(e) if e.kind() == ErrorKind::Misconfigured && since.elapsed() < LISTED => {
                    tokio::time::sleep(LOOK).await;
                }
                other => return other.map(drop),
            }
        }
    }

    /// A keyspace that an operator created must have at least the configured replication.
    fn check_replication(&self, found: &HashMap<String, String>) -> Result<()> {
        let factor = |name: &str| found.get(name).and_then(|n| n.split('/').next()?.parse::<u32>().ok());
        let short = match &self.config().replication {
            Replication::Factor(asked) => {
                // The server stores a plain factor as one for each data centre.
                let least = found.keys().filter(|k| *k != "class").filter_map(|k| factor(k)).min();
                (least.unwrap_or(0) < *asked).then(|| format!("{} of {asked}", least.unwrap_or(0)))
            }
            Replication::PerDataCentre(asked) => asked.iter().find_map(|(dc, asked)| {
                let has = factor(dc).unwrap_or(0);
                (has < *asked).then(|| format!("{has} of {asked} in `{dc}`"))
            }),
        };
        match short {
            None => Ok(()),
            Some(short) => {
                let keyspace = &self.config().keyspace;
                let options = self.config().replication_cql();
                Err(Error::invalid(format!("keyspace `{keyspace}` keeps too few copies ({short})"))
                    .mend(format!(
                        "run `ALTER KEYSPACE {keyspace} WITH replication = {options}` and `nodetool repair`, or ask for \
                         fewer"
                    ))
                    .at("/replication"))
            }
        }
    }
}

#[cfg(feature = "testing")]
impl Cluster {
    /// Records a migration as done, as a later version would.
    ///
    /// # Errors
    /// As the nodes say.
    pub fn note_step(&self, component: &str, step: i32) -> Result<()> {
        let cql = format!("INSERT INTO {} (component, step) VALUES (?, ?)", self.table("schema_steps"));
        self.block_on(self.write_together(&[crate::client::Write::new(&cql, (component, step))]))
    }
}
