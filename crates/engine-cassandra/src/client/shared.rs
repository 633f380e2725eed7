//! What all processes of a keyspace must agree on: the first value written stays.

use rushes_types::{Error, ErrorKind, Result};

use crate::client::{Cluster, Migration, Schema, Write};

const SCHEMA: Schema = Schema {
    component: "shared",
    what: "what all processes agree on",
    migrations: &[Migration {
        number: 1,
        cql: "CREATE TABLE IF NOT EXISTS {ks}.shared (name text PRIMARY KEY, said text)",
    }],
};

impl Cluster {
    /// Puts a value under a name unless there is one already; returns the value that is stored after that.
    ///
    /// # Errors
    /// Unavailable where the nodes do not answer.
    pub fn put_if_absent(&self, name: &str, ours: &str) -> Result<String> {
        SCHEMA.apply(self)?;
        let insert = format!("INSERT INTO {} (name, said) VALUES (?, ?) IF NOT EXISTS", self.table("shared"));
        let select = format!("SELECT said FROM {} WHERE name = ?", self.table("shared"));
        self.block_on(async {
            let found = self.serial::<(Option<String>,)>(&select, (name,)).await?;
            if let Some(said) = found.into_iter().find_map(|(said,)| said) {
                return Ok(said);
            }
            match self.conditional(&[Write::new(&insert, (name, ours))]).await {
                Err(error) if error.kind() != ErrorKind::OutcomeUnknown => return Err(error),
                _ => {}
            }
            let found = self.serial::<(Option<String>,)>(&select, (name,)).await?;
            found.into_iter().find_map(|(said,)| said).ok_or_else(|| {
                Error::new(ErrorKind::Unavailable, "what the archive is could not be written")
                    .mend("try again")
            })
        })
    }
}
