//! Joining segments while writing goes on: the long part without the writer, the exchange with it.

use std::collections::HashMap;
use std::sync::Arc;

use rushes_types::{Commit, Result};

use super::EmbeddedIndex;
use super::entry::NONE;
use super::lives::{Life, Overrides};
use super::manifest::segment_path;
use super::merge::{self, Numbers};
use super::segment::Segment;
use super::snapshot::{Part, Snapshot};
use super::writer::{Held, Writer};

/// What became of a joining.
enum Joined {
    Done,
    /// Something that was left out as over was brought back meanwhile: again later.
    Overtaken,
}

impl EmbeddedIndex {
    pub(super) fn maintain_step(&self) -> Result<bool> {
        let _one_at_a_time = self.maintenance();
        self.writer().check()?;
        let snapshot = self.published();
        let oldest = snapshot.read_points.oldest_readable(self.clock.seconds());
        let choose = |snapshot: &Snapshot| {
            let facts: Vec<_> = snapshot.parts.iter().map(|part| merge::facts(part, oldest)).collect();
            merge::choose(&facts)
        };
        let chosen = choose(&snapshot);
        if chosen.is_empty() {
            return Ok(false);
        }
        let parts: Vec<Part> = chosen.iter().map(|at| snapshot.parts[*at].clone()).collect();
        drop(snapshot);
        match self.replace(&parts, oldest)? {
            Joined::Done => Ok(!choose(&self.published()).is_empty()),
            Joined::Overtaken => Ok(true),
        }
    }

    /// Rewrites one by one the segments that hold erased bytes.
    pub(super) fn purge_all(&self) -> Result<()> {
        let _one_at_a_time = self.maintenance();
        self.writer().check()?;
        self.forget_documents();
        let snapshot = self.published();
        let oldest = snapshot.read_points.oldest_readable(self.clock.seconds());
        for part in snapshot.parts.clone() {
            let erased = part.overrides.iter().any(|(_, life)| life.erased);
            let stale = part.segment.documents()?.iter().any(|record| !snapshot.assets.wants(record));
            if erased || stale {
                // A part that was overtaken is rewritten without what was brought back, which is not erased.
                while matches!(self.replace(&[self.current(&part)], oldest)?, Joined::Overtaken) {}
            }
        }
        Ok(())
    }

    /// The part as it is published now.
    fn current(&self, part: &Part) -> Part {
        let snapshot = self.published();
        let same = snapshot.parts.iter().find(|p| p.segment.id == part.segment.id);
        same.unwrap_or(part).clone()
    }

    /// Forgets asset documents that no reader can want any more.
    fn forget_documents(&self) {
        let mut writer = self.writer();
        let snapshot = self.published();
        let oldest = snapshot.read_points.oldest_generation(self.clock.seconds());
        let mut assets = snapshot.assets.clone();
        assets.forget(oldest);
        writer.assets.forget(oldest);
        self.set_published(writer.snapshot(assets));
    }

    /// Puts one segment in the place of some, without what is over.
    fn replace(&self, parts: &[Part], oldest: Commit) -> Result<Joined> {
        let (id, path, assets) = {
            let mut writer = self.writer();
            let id = writer.new_file();
            (id, segment_path(&writer.folder, id), self.published().assets.clone())
        };
        let numbers = merge::join(&path, &self.analyzer, parts, &assets, oldest)?;
        let segment = Arc::new(Segment::open(&path, id)?);
        let mut writer = self.writer();
        let exchanged = writer.writing(|writer| exchange(writer, parts, &numbers, oldest, &segment))?;
        match exchanged {
            None => {
                segment.doom();
                Ok(Joined::Overtaken)
            }
            Some(stale) => {
                let assets = self.published().assets.clone();
                self.set_published(writer.snapshot(assets));
                writer.remove_sides(&stale);
                drop(writer);
                parts.iter().for_each(|part| part.segment.doom());
                Ok(Joined::Done)
            }
        }
    }
}

/// Names the new segment in the manifest, with what changed of the old ones while it was written. `None`: something
/// that was left out lives again. Else the side files that are no longer needed.
fn exchange(
    writer: &mut Writer,
    parts: &[Part],
    numbers: &Numbers,
    oldest: Commit,
    segment: &Arc<Segment>,
) -> Result<Option<Vec<u64>>> {
    let mut published = HashMap::new();
    let mut pending = HashMap::new();
    let mut stale = Vec::new();
    for (part, numbers) in parts.iter().zip(numbers) {
        let Some(held) = writer.segments.iter().find(|held| held.segment.id == part.segment.id) else {
            return Ok(None);
        };
        let changed = held.overrides.iter().filter(|(no, life)| part.overrides.life(*no) != Some(*life));
        let moved = renumber(changed, numbers, oldest);
        let moved_pending = renumber(held.pending.iter().map(|(no, life)| (*no, life)), numbers, oldest);
        let (Some(moved), Some(moved_pending)) = (moved, moved_pending) else { return Ok(None) };
        published.extend(moved);
        pending.extend(moved_pending);
        stale.extend((held.side != 0).then_some(held.side));
    }
    writer.segments.retain(|held| !parts.iter().any(|part| part.segment.id == held.segment.id));
    writer.segments.push(Held { pending, published: true, ..Held::new(segment.clone()) });
    if !published.is_empty() {
        let at = writer.segments.len() - 1;
        writer.write_side(at, Overrides::default().with(&published)?)?;
    }
    writer.write_manifest()?;
    Ok(Some(stale))
}

/// Lives under the new numbers of their entries; `None` where one that was left out is not over.
fn renumber<'l>(
    lives: impl Iterator<Item = (u32, &'l Life)>,
    numbers: &[u32],
    oldest: Commit,
) -> Option<Vec<(u32, Life)>> {
    let mut moved = Vec::new();
    for (no, life) in lives {
        match numbers.get(no as usize).copied().unwrap_or(NONE) {
            NONE if life.is_over(oldest) => {}
            NONE => return None,
            number => moved.push((number, life.clone())),
        }
    }
    Some(moved)
}
