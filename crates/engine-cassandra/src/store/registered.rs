//! The tables of writers: who is registered, and the floor of each.

use crate::client::{Cluster, Outcome, Write};
use rushes_types::Result;

use crate::columns::number;

/// A registered writer.
#[derive(Debug, Clone, Copy)]
pub struct Registered {
    /// Its number.
    pub number: u16,
    /// Its id.
    pub id: i64,
    /// Was it closed?
    pub closed: bool,
}

/// All registered writers, by a serial read.
pub async fn all(cluster: &Cluster) -> Result<Vec<Registered>> {
    const READ: &str = "SELECT number, id, closed FROM writers WHERE one = 0";
    let rows = cluster.serial::<(i32, Option<i64>, Option<bool>)>(READ, ()).await?;
    let registered = rows.into_iter().filter_map(|(number, id, closed)| {
        Some(Registered { number: u16::try_from(number).ok()?, id: id?, closed: closed == Some(true) })
    });
    Ok(registered.collect())
}

/// The last floor of a writer.
#[derive(Debug, Clone, Copy)]
pub struct Floor {
    /// The writer.
    pub id: i64,
    /// Its floor.
    pub floor: u64,
}

/// All floors, including those of writers that left.
pub async fn floors(cluster: &Cluster) -> Result<Vec<Floor>> {
    const READ: &str = "SELECT id, floor FROM floors WHERE one = 0";
    let rows = cluster.rows::<(Option<i64>, Option<i64>)>(READ, ()).await?;
    Ok(rows.into_iter().map(|(id, floor)| Floor { id: id.unwrap_or(0), floor: number(floor) }).collect())
}

/// Marks a writer as closed.
pub async fn close(cluster: &Cluster, number: u16, id: i64) -> Result<bool> {
    const CLOSE: &str = "UPDATE writers SET closed = true WHERE one = 0 AND number = ? IF id = ?";
    let write = Write::new(CLOSE, (i32::from(number), id));
    Ok(cluster.conditional(&[write]).await? == Outcome::Applied)
}

/// Gives a writer's number back.
pub async fn free(cluster: &Cluster, number: u16, id: i64) -> Result<()> {
    const FREE: &str = "UPDATE writers SET id = null, closed = null WHERE one = 0 AND number = ? IF id = ?";
    cluster.conditional(&[Write::new(FREE, (i32::from(number), id))]).await.map(drop)
}
