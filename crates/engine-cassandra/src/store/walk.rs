//! Goes through all assets that heads or chains speak of, and through a chain link by link.

use std::collections::BTreeSet;

use rushes_types::Result;

use crate::client::Cluster;
use crate::store::chain;
use crate::store::link::{Link, seed};

/// Partitions of one page.
const PAGE: i32 = 500;

/// How far a walk is: first the partitions of heads, then those of chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// After this place on the ring, in the heads.
    Heads(i64),
    /// After this place on the ring, in the chains.
    Chains(Option<i64>),
}

/// A page of assets, each of which is in the heads or in the chains; some come twice.
pub async fn all_assets(
    cluster: &Cluster,
    after: Option<Place>,
) -> Result<(BTreeSet<String>, Option<Place>)> {
    const FIRST_HEADS: &str = "SELECT DISTINCT asset, token(asset) FROM heads LIMIT ?";
    const HEADS: &str = "SELECT DISTINCT asset, token(asset) FROM heads WHERE token(asset) > ? LIMIT ?";
    const FIRST_CHAINS: &str = "SELECT DISTINCT asset, chunk, token(asset, chunk) FROM chain LIMIT ?";
    const CHAINS: &str =
        "SELECT DISTINCT asset, chunk, token(asset, chunk) FROM chain WHERE token(asset, chunk) > ? LIMIT ?";
    type Chunk = (String, i64, i64);
    match after {
        None | Some(Place::Heads(_)) => {
            let rows = match after {
                Some(Place::Heads(token)) => cluster.rows::<(String, i64)>(HEADS, (token, PAGE)).await?,
                _ => cluster.rows::<(String, i64)>(FIRST_HEADS, (PAGE,)).await?,
            };
            let next = rows.last().map_or(Place::Chains(None), |(_, token)| Place::Heads(*token));
            Ok((rows.into_iter().map(|(asset, _)| asset).collect(), Some(next)))
        }
        Some(Place::Chains(token)) => {
            let rows = match token {
                Some(token) => cluster.rows::<Chunk>(CHAINS, (token, PAGE)).await?,
                None => cluster.rows::<Chunk>(FIRST_CHAINS, (PAGE,)).await?,
            };
            let next = rows.last().map(|(_, _, token)| Place::Chains(Some(*token)));
            Ok((rows.into_iter().map(|(asset, _, _)| asset).collect(), next))
        }
    }
}

/// How a chain fails its own links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// The records from the first to the last number are not there.
    Gap(u64, u64),
    /// This record does not follow the one before, or is not what was written.
    Link(u64),
}

/// Reads a chain link by link. A record that a crash left in the head alone counts as well.
pub struct ChainReader<'a> {
    cluster: &'a Cluster,
    asset: &'a str,
    seed: u128,
    /// The partition that comes next, and the last one that there should be.
    chunk: u64,
    last_chunk: u64,
    before: Option<Link>,
    /// The records in the head, once they were read.
    in_head: Option<Vec<Link>>,
}

impl<'a> ChainReader<'a> {
    /// Of an asset whose head says `stamp`.
    pub fn new(cluster: &'a Cluster, lineage: u128, asset: &'a str, stamp: Option<&Link>) -> Self {
        let last_chunk = stamp.map_or(0, |stamp| chain::chunk_of(stamp.seq));
        Self { cluster, asset, seed: seed(lineage, asset), chunk: 0, last_chunk, before: None, in_head: None }
    }

    /// The next records, and what is wrong with them; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<(Vec<Link>, Vec<Broken>)>> {
        let in_head = match &mut self.in_head {
            Some(in_head) => in_head,
            none => none.insert(chain::in_head(self.cluster, self.asset).await?),
        };
        let mut links = chain::chunk(self.cluster, self.asset, self.chunk).await?;
        // What the head has beyond the end of the chain follows from the head itself.
        if let Some(last) = links.last().map(|link| link.seq) {
            let of_chunk = |link: &&Link| chain::chunk_of(link.seq) == self.chunk && link.seq < last;
            let lacking = |link: &&Link| links.binary_search_by_key(&link.seq, |other| other.seq).is_err();
            let left: Vec<Link> = in_head.iter().filter(of_chunk).filter(lacking).cloned().collect();
            links.extend(left);
            links.sort_by_key(|link| link.seq);
        }
        if links.is_empty() && self.chunk >= self.last_chunk {
            return Ok(None);
        }
        self.chunk += 1;
        let mut broken = Vec::new();
        for link in &links {
            broken.extend(self.follow(link));
        }
        Ok(Some((links, broken)))
    }

    fn follow(&mut self, link: &Link) -> Option<Broken> {
        let before = self.before.replace(link.clone());
        let wanted = before.as_ref().map_or(1, |before| before.seq.saturating_add(1));
        if link.seq > wanted {
            // Where a chain begins again, what came before says nothing any more.
            return (!link.is_base).then(|| Broken::Gap(wanted, link.seq.saturating_sub(1)));
        }
        let follows = before.map_or(self.seed, |before| before.link);
        (link.seq < wanted || link.link != link.after(follows)).then_some(Broken::Link(link.seq))
    }
}

/// The first fault of an asset's chain.
pub async fn broken_link(
    cluster: &Cluster,
    lineage: u128,
    asset: &str,
    stamp: Option<&Link>,
) -> Result<Option<Broken>> {
    let mut reader = ChainReader::new(cluster, lineage, asset, stamp);
    while let Some((_, broken)) = reader.next().await? {
        if let Some(broken) = broken.into_iter().next() {
            return Ok(Some(broken));
        }
    }
    Ok(None)
}
