//! Examining one asset: its head against its chain, its chain link by link, its commits against the chain, its content.

use rushes_store::Effect;
use rushes_store::engine::RunRow;
use rushes_types::{AssetId, Result, RunId, RunState};

use crate::store::CassandraStore;
use crate::store::content::{self, ContentSum, encode_entries};
use crate::store::head;
use crate::store::head::{Head, Numbered, PieceRow, kind};
use crate::store::history::{self, ErasureOverlay};
use crate::store::judge::{Verdict, named, say};
use crate::store::link::{Link, RecordsDigest, digest_of_pieces};
use crate::store::look::{is_listed, verdict};
use crate::store::walk::{Broken, ChainReader};

/// Commits read at once.
const PAGE: usize = 1_024;

/// What is found of an asset.
struct Examination<'a> {
    store: &'a CassandraStore,
    asset: &'a AssetId,
    head: Head,
    overlay: ErasureOverlay,
    bytes: u64,
    wrong: Vec<String>,
}

impl CassandraStore {
    /// What is wrong with an asset, and how many bytes were read.
    pub(crate) async fn examine_asset(&self, asset: &AssetId) -> Result<(u64, Vec<String>)> {
        let (head, verdict) = verdict(&self.cluster, asset, 0).await?;
        let overlay = ErasureOverlay::read(&self.cluster, asset).await?;
        let (bytes, wrong) = (0, Vec::new());
        let mut found = Examination { store: self, asset, head, overlay, bytes, wrong };
        found.against_chain(&verdict);
        let restart = found.links().await?;
        found.commits(restart).await?;
        found.runs().await?;
        if found.head.commits > 0 && !is_listed(&self.cluster, asset).await? {
            found.wrong.push("it is missing in the list of assets".to_owned());
        }
        Ok((found.bytes, found.wrong))
    }
}

impl Examination<'_> {
    fn against_chain(&mut self, verdict: &Verdict) {
        let head = &self.head;
        let prefix = format!("asset `{}`: ", self.asset);
        let said = say(self.asset.as_str(), verdict, self.store.options.show_time);
        self.wrong.extend(said.map(|said| said.strip_prefix(&prefix).unwrap_or(&said).to_owned()));
        match &head.stamp {
            None if head.commits > 0 && *verdict == Verdict::Unguarded => self.wrong.push(
                "it has no chain of changes: its rows were put in by something else, or by an earlier version".to_owned(),
            ),
            Some(stamp) if (stamp.commits, stamp.commit) != (head.commits, head.last_commit) => {
                self.wrong.push(format!(
                    "it has {} commits where its chain knows {}: its head was changed by something else, or by an earlier \
                     version",
                    head.commits, stamp.commits
                ));
            }
            _ => {}
        }
    }

    /// Follows the chain link by link. Gives the last record from which the history begins anew.
    async fn links(&mut self) -> Result<Option<Link>> {
        let cluster = &self.store.cluster;
        let name = self.asset.as_str();
        let mut reader = ChainReader::new(cluster, self.store.lineage, name, self.head.stamp.as_ref());
        let mut restart = None;
        while let Some((links, broken)) = reader.next().await? {
            self.wrong.extend(broken.into_iter().map(|broken| match broken {
                Broken::Gap(from, upto) => format!("changes {from} to {upto} are missing in its chain"),
                Broken::Link(seq) => format!("its chain is broken at change {seq}"),
            }));
            restart = links.into_iter().rfind(|link| link.is_base || link.commits < link.from).or(restart);
        }
        Ok(restart)
    }

    /// Compares the commits with what the chain says of them, and reads what they brought.
    async fn commits(&mut self, restart: Option<Link>) -> Result<()> {
        let begun = restart.as_ref().map_or(0, |link| link.seq);
        let known_from = restart.as_ref().map_or(0, |link| link.commit);
        // Of these the chain says nothing, or nothing any more.
        let mut after = self.head.erased.saturating_sub(1);
        loop {
            let page = self.records(after, known_from, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = last.0;
            for record in &page {
                self.content_of(record).await?;
            }
        }
        let (store, asset) = (self.store, self.asset);
        let stamp = self.head.stamp.clone();
        let mut reader = ChainReader::new(&store.cluster, store.lineage, asset.as_str(), stamp.as_ref());
        let mut after = self.head.erased.saturating_sub(1).max(known_from);
        while let Some((links, _)) = reader.next().await? {
            let links: Vec<Link> = links.into_iter().filter(|link| link.seq > begun).collect();
            let Some(last) = links.last() else { continue };
            let records = self.records(after, last.commit, usize::MAX).await?;
            after = after.max(last.commit);
            self.compare(&links, &records).await?;
        }
        Ok(())
    }

    /// The commits in `(after, upto]`, at most `limit`.
    async fn records(&self, after: u64, upto: u64, limit: usize) -> Result<Vec<Numbered>> {
        let mut page = Vec::new();
        history::raw(&self.store.cluster, self.asset, &self.head, after, upto, &mut |record| {
            page.push(record);
            Ok(page.len() < limit)
        })
        .await?;
        Ok(page)
    }

    async fn compare(&mut self, links: &[Link], records: &[Numbered]) -> Result<()> {
        let show_time = self.store.options.show_time;
        let mut rest = records;
        let erased = self.head.erased;
        for link in links.iter().filter(|link| link.commits > link.from && link.commit >= erased) {
            let before = rest.partition_point(|(_, record)| record.ordinal < link.from);
            let later = rest.get(before..).unwrap_or_default();
            let (own, next) =
                later.split_at(later.partition_point(|(_, record)| record.ordinal < link.commits));
            rest = next;
            let lost = (link.commits - link.from).saturating_sub(own.len() as u64);
            let mut digest = RecordsDigest::default();
            own.iter().for_each(|(commit, record)| digest.add(commit.0, &record.encode()));
            let commit = named(link.commit, show_time);
            if lost > 0 {
                let at = show_time(link.at_ms);
                self.wrong.push(format!(
                    "{lost} of the commits that were acknowledged at {at}, up to commit {commit}, are missing"
                ));
            } else if digest.done() != link.records {
                self.wrong.push(format!("commit {commit} is not the one that was acknowledged"));
            }
            let (mut pieces, mut is_known) = (Vec::new(), link.content != 0);
            for record in own {
                match self.content_of(record).await? {
                    Some(Some(sum)) => pieces.push((record.1.piece.piece, sum)),
                    Some(None) => is_known = false,
                    None => {}
                }
            }
            if is_known && !pieces.is_empty() && lost == 0 && digest_of_pieces(pieces) != link.content {
                self.wrong.push(format!("the content of commit {commit} is not what was acknowledged"));
            }
        }
        Ok(())
    }

    /// Reads what a commit of loose lines brought, and gives its checksum; the inner `None` where it is erased or not whole, the
    /// outer one where it brought nothing.
    async fn content_of(&mut self, record: &Numbered) -> Result<Option<Option<u128>>> {
        let (commit, piece) = (record.0, record.1.piece);
        if piece.rows == 0 {
            return Ok(None);
        }
        let shown = self.overlay.show(record.clone()).map(|shown| shown.effect);
        let is_whole = match &shown {
            Some(Effect::Segment(segment)) => segment.annotations > 0 && self.overlay.lost(segment.id) == 0,
            _ => false,
        };
        if !is_whole {
            return Ok(Some(None));
        }
        match self.read_piece(piece).await? {
            Ok(sum) => Ok(Some(Some(sum))),
            Err(lost) => {
                self.wrong
                    .push(format!("of commit {}, {lost}", named(commit.0, self.store.options.show_time)));
                Ok(Some(None))
            }
        }
    }

    /// Reads a piece. Gives its checksum, or what is missing of it.
    async fn read_piece(&mut self, piece: PieceRow) -> Result<std::result::Result<u128, String>> {
        let cluster = &self.store.cluster;
        let (mut sum, mut rows, mut bytes) = (ContentSum::default(), 0_usize, 0_usize);
        let read = content::read(cluster, self.asset, piece, |block| {
            rows += block.places.len();
            bytes += block.bytes.len();
            rushes_store::engine::decode_block(&block.bytes)?;
            sum.block(block.block, &block.bytes);
            Ok(())
        })
        .await;
        if let Err(error) = read {
            return match error.kind() {
                rushes_types::ErrorKind::Corrupt => Ok(Err(error.message().to_owned())),
                _ => Err(error),
            };
        }
        let mut entries = Vec::new();
        content::each_part(cluster, self.asset, &[piece], |_, _, some| {
            entries.extend(some);
            Ok(())
        })
        .await?;
        self.bytes += bytes as u64;
        let missing = |what: &str, held: u64, wanted: u64| {
            format!("{} of {wanted} {what} are missing", wanted.saturating_sub(held))
        };
        if rows as u64 != u64::from(piece.rows) {
            return Ok(Err(missing("rows of content", rows as u64, piece.rows.into())));
        }
        if entries.len() as u64 != piece.annotations {
            return Ok(Err(missing("ids", entries.len() as u64, piece.annotations)));
        }
        Ok(Ok(sum.done(&encode_entries(&entries))))
    }

    /// Reads what runs hold.
    async fn runs(&mut self) -> Result<()> {
        for (_, _, bytes) in head::rows(&self.store.cluster, self.asset, kind::RUN).await? {
            let row = RunRow::decode(&bytes)?;
            if row.run.state == RunState::Aborted {
                continue;
            }
            let id = row.run.id.clone();
            let holder = self.store.asset_of_run(&id).await?;
            if holder.as_ref() != Some(self.asset) {
                self.wrong.push(format!("the name of run `{id}` is missing"));
            } else if !self.is_run_listed(&id).await? {
                self.wrong.push(format!("run `{id}` is missing in the list of runs"));
            }
            let pieces = self.store.pieces_of_run(self.asset, row.segment).await?;
            if pieces.len() as u64 != u64::from(row.blocks) {
                let lost = u64::from(row.blocks).saturating_sub(pieces.len() as u64);
                self.wrong.push(format!("of run `{id}`, {lost} of {} requests are missing", row.blocks));
            }
            if self.overlay.lost(row.segment) > 0 {
                continue;
            }
            for piece in pieces {
                match self.read_piece(piece).await? {
                    Ok(sum) if piece.sum == 0 || sum == piece.sum => {}
                    Ok(_) => {
                        self.wrong.push(format!("the content of run `{id}` is not what was acknowledged"));
                    }
                    Err(lost) => self.wrong.push(format!("of run `{id}`, {lost}")),
                }
            }
        }
        Ok(())
    }

    async fn is_run_listed(&self, run: &RunId) -> Result<bool> {
        const READ: &str = "SELECT run FROM run_list WHERE slice = ? AND run = ?";
        let key = (crate::store::schema::slice(run.as_str()), run.as_str());
        Ok(self.store.cluster.first::<(String,)>(READ, key).await?.is_some())
    }
}
