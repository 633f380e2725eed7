//! What is written before and after the conditional write of a change, and the record of the change in the asset's chain.

use rushes_types::{Error, ErrorKind, Result};

use super::{PendingPiece, Tx};
use crate::columns::column;
use crate::store::chain;
use crate::store::clock;
use crate::store::link::{Link, RecordsDigest, digest_of_pieces, seed};
use crate::store::lists::{forget_strays, list};
use crate::store::schema::slice;

/// Records of the chain that stay in a head which is changed again and again.
const LINKS_MAX: u64 = 64;

impl Tx<'_> {
    /// The record of this change in the asset's chain.
    pub(super) fn next_link(&self, ahead: &[PendingPiece<'_>]) -> Link {
        let (before, name) = (&self.before, self.asset.as_str());
        // Where a version that keeps no chain has written, the chain goes on after what is there.
        let follows = match &before.stamp {
            Some(stamp) => (stamp.commits, stamp.commit) == (before.commits, before.last_commit),
            None => before.last_commit == 0,
        };
        if !follows {
            tracing::warn!(asset = name, "changes without a record in the chain; it goes on after them");
        }
        let records = self.imported.unwrap_or_else(|| {
            let mut digest = RecordsDigest::default();
            self.records.iter().for_each(|(commit, record)| digest.add(commit.0, &record.encode()));
            digest.done()
        });
        let link = Link {
            seq: before.stamp.as_ref().map_or(0, |stamp| stamp.seq).saturating_add(1),
            is_base: !follows,
            commit: self.head.last_commit,
            from: before.commits,
            commits: self.head.commits,
            annotations: self.head.annotations,
            at_ms: clock::now_ms(),
            records,
            content: digest_of_pieces(ahead.iter().map(|p| (p.piece, p.content.sum())).collect()),
            link: 0,
        };
        let first = || seed(self.store.lineage, name);
        link.linked(before.stamp.as_ref().map_or_else(first, |stamp| stamp.link))
    }

    /// Records that the asset may have a commit to carry, and that the new pieces may belong to none.
    pub(super) async fn note(&self, ahead: &[PendingPiece<'_>]) -> Result<()> {
        const PENDING: &str =
            "INSERT INTO pending (slice, asset, writer, num) VALUES (?, ?, ?, ?) USING TIMESTAMP ?";
        const ASSET: &str = "INSERT INTO assets (slice, asset) VALUES (?, ?) USING TIMESTAMP ?";
        const STRAY: &str = "INSERT INTO strays (asset, piece, writer) VALUES (?, ?, ?)";
        let (cluster, name) = (&self.store.cluster, self.asset.as_str());
        let pending = async {
            let Some(ticket) = &self.ticket else { return Ok(()) };
            let stamp = column(ticket.number);
            let noted = cluster.write(PENDING, (slice(name), name, ticket.identity.id, stamp, stamp));
            let known = async {
                match self.before.version {
                    None => cluster.write(ASSET, (slice(name), name, stamp)).await,
                    Some(_) => Ok(()),
                }
            };
            let (noted, known) = futures_util::join!(noted, known);
            noted.and(known)
        };
        let writer = self.store.writers.identity().id;
        let new = ahead.iter().filter(|p| !p.written).map(|p| (name, column(p.piece), writer));
        let (pending, strays) = futures_util::join!(pending, cluster.write_many(STRAY, new));
        pending.and(strays)
    }

    /// After a change: records it as acknowledged, updates lists that may lag, and removes notes that are no longer needed.
    pub(super) async fn follow_up(&mut self, pieces: &[u64]) -> Result<()> {
        let cluster = &self.store.cluster;
        let name = self.asset.as_str();
        let links = self.link.as_slice();
        let listed = async {
            if self.records.is_empty() { Ok(()) } else { list(cluster, self.asset, &self.head).await }
        };
        let (chained, listed, forgotten) = futures_util::join!(
            chain::put(cluster, name, links),
            listed,
            forget_strays(cluster, self.asset, pieces)
        );
        if let Err(error) = listed.and(forgotten) {
            tracing::debug!(%error, asset = %self.asset, "a list lags until the asset's commits are carried");
        }
        chained.map_err(|error| {
            let said = format!("asset `{name}` is changed, but that is not recorded");
            Error::new(ErrorKind::OutcomeUnknown, said).mend("send it again").because(error)
        })?;
        let Some(link) = &self.link else { return Ok(()) };
        self.store.writers.chained(name, link.seq);
        let carried = &mut self.state.links_carried;
        if *carried == 0 {
            *carried = link.seq.min(1);
        }
        if link.seq.saturating_sub(*carried) >= LINKS_MAX {
            // Records of others may be missing in the chain: whoever wrote them may have died before.
            match chain::carry(cluster, name).await {
                Ok(upto) => *carried = upto,
                Err(error) => tracing::debug!(%error, asset = name, "old records stay in the head"),
            }
        }
        Ok(())
    }
}
