//! Opening a folder whose changes are guarded: what its tables say, what its chain says, and what follows.

use std::path::Path;

use fjall::Keyspace;
use rushes_types::{Error, ErrorKind, Result};

use crate::chain::{
    Chain, ChainFile, ChainRecord, ChainState, Damage, Guard, HeldLink, OnDamage, RecordKind, Stamp, Verdict,
    each_record, judge,
};
use crate::faults::Faults;
use crate::folder::{Folder, Layout, VERSION_FILE};
use crate::held::{self, HeldFiles};
use crate::journal::{self, JournalsState, TornTail};
use crate::said::unreadable;
use crate::stamp::{STAMP_KEY, link_key};

impl Folder {
    /// Opens a folder whose changes are guarded, making it where it is not there.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where it lacks what was acknowledged, unless the guard says otherwise; else as [`Folder::open`].
    pub fn open_guarded(path: &Path, layout: Layout, faults: Option<Faults>, guard: Guard) -> Result<Self> {
        let _alone = if guard.holds_files { Some(held::alone(path)?) } else { None };
        held::refuse_open(path)?;
        let chain = ChainFile::state(&guard.path)?;
        if chain == ChainState::Missing {
            clear_unborn(path)?;
        }
        let held = match if guard.holds_files { HeldFiles::of(path) } else { Ok(None) } {
            // Without room nothing can be held, and what is whole must still be read. Where it is damaged, it is refused as it is.
            Err(error) if error.kind() == ErrorKind::StorageFull && guard.on_damage == OnDamage::Refuse => {
                tracing::error!(%error, "opening without a copy of the journals");
                None
            }
            held => held?,
        };
        let may_cut = held.is_some() || !guard.holds_files;
        let opened = whole_journals(path, &layout, &guard, may_cut).and_then(|found| {
            let (folder, unreadable) = Self::open_or_leave_journals(path, layout, faults, &guard)?;
            let (stamp, tables) = folder.stamps()?;
            let link = folder.held_link(&chain)?;
            let verdict = match (
                unreadable.or(found.broken),
                judge(stamp.as_ref(), &tables, &chain, link, guard.identity),
            ) {
                (Some(why), verdict) if !matches!(verdict, Verdict::Damaged(_)) => {
                    Verdict::Damaged(Damage::Journals { why })
                }
                (_, verdict) => verdict,
            };
            Ok((folder, stamp, verdict, found.torn))
        });
        let (mut folder, stamp, verdict, torn) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                // A folder that another process has open was not touched, but its files are not ours to exchange either.
                if let Some(held) = held {
                    match error.kind() {
                        ErrorKind::Busy => held.release()?,
                        _ => held.put_back()?,
                    }
                }
                return Err(match error.kind() {
                    ErrorKind::Corrupt => unreadable(&error, &chain, &guard),
                    _ => error,
                });
            }
        };
        if let ChainState::Read { last: Some(last), .. } = &chain
            && last.kind == RecordKind::Base
            && last.mark > 0
        {
            // Taken as it is, and the numbers that were lost may not be left out yet.
            folder.taken_over = Some(last.mark);
        }
        if let Some(torn) = torn.filter(|_| !matches!(verdict, Verdict::Damaged(_))) {
            folder.say_torn(&torn, held.as_ref());
        }
        folder.follow(&verdict, stamp, guard, held)
    }

    /// Says that the end of a journal was cut off, and keeps it where files are held. Nobody was told of that write.
    fn say_torn(&self, torn: &TornTail, held: Option<&HeldFiles>) {
        let bytes = torn.end.saturating_sub(torn.begin);
        let what = self.what();
        match held.map(|held| held.keep_torn(torn)).transpose() {
            Ok(kept) => {
                tracing::warn!(
                    bytes,
                    ?kept,
                    "a write to {what} was cut short, and nobody was told of it: it is left out"
                );
            }
            // That it is kept is a courtesy.
            Err(error) => tracing::error!(bytes, %error, "a write to {what} was cut short, and is left out"),
        }
    }

    /// Opens the folder. One that is to be opened though it is damaged is opened without its journals where they are what cannot
    /// be read: what is in table files is better than nothing, and the files as they were are held. Then also why.
    fn open_or_leave_journals(
        path: &Path,
        layout: Layout,
        faults: Option<Faults>,
        guard: &Guard,
    ) -> Result<(Self, Option<String>)> {
        match Self::open(path, layout, faults.clone()) {
            Err(error) if error.kind() == ErrorKind::Corrupt && guard.on_damage != OnDamage::Refuse => {
                journal::remove_all(path)?;
                Ok((Self::open(path, layout, faults)?, Some(error.message().to_owned())))
            }
            opened => Ok((opened?, None)),
        }
    }

    /// What the tables say of their last changes.
    pub(crate) fn stamps(&self) -> Result<(Option<Stamp>, Vec<Option<u64>>)> {
        let read = |table: &Keyspace| table.get(STAMP_KEY).map_err(|e| self.error("cannot read", e));
        let own = read(&self.own)?;
        let stamp = own.as_deref().map(|bytes| {
            Stamp::decode(bytes, self.tables.len()).ok_or_else(|| self.corrupt("its stamp cannot be read"))
        });
        let number = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).ok();
        let tables = self.tables.iter().map(|table| Ok(read(table)?.and_then(|bytes| number(&bytes))));
        Ok((stamp.transpose()?, tables.collect::<Result<_>>()?))
    }

    /// What is known here of the change that the chain ends with.
    pub(crate) fn held_link(&self, chain: &ChainState) -> Result<HeldLink> {
        let ChainState::Read { last: Some(last), .. } = chain else { return Ok(HeldLink::NotKept) };
        let row = self.own.get(link_key(last.sequence)).map_err(|e| self.error("cannot read", e))?;
        let Some((number, link)) = row.as_deref().and_then(|row| row.split_first_chunk::<8>()) else {
            return Ok(HeldLink::NotKept);
        };
        let link = link.try_into().map(u128::from_le_bytes);
        let link = link.map_err(|_| self.corrupt("the link of a change cannot be read"))?;
        Ok(match u64::from_le_bytes(*number).cmp(&last.sequence) {
            std::cmp::Ordering::Less => HeldLink::NotKept,
            std::cmp::Ordering::Equal => HeldLink::Known(link),
            std::cmp::Ordering::Greater => HeldLink::Forgotten,
        })
    }

    fn follow(
        mut self,
        verdict: &Verdict,
        stamp: Option<Stamp>,
        guard: Guard,
        held: Option<HeldFiles>,
    ) -> Result<Self> {
        let name = self.what().to_owned();
        let fresh =
            Stamp { identity: guard.identity, sequence: 0, link: 0, tables: vec![0; self.tables.len()] };
        let stamp = stamp.unwrap_or(fresh);
        let file = match verdict {
            Verdict::Same { end } => ChainFile::resume(&guard.path, *end)?,
            Verdict::New => ChainFile::begin(&guard.path, guard.identity, &[])?,
            Verdict::Ahead { end, is_damaged } => {
                if *is_damaged {
                    tracing::error!(
                        "the end of the chain of changes of {name} was damaged; it goes on after what the tables hold"
                    );
                }
                let mut file = ChainFile::resume(&guard.path, *end)?;
                file.append(&[base(&guard, &stamp, self.taken_over)])?;
                file
            }
            Verdict::ChainLost => {
                tracing::error!(
                    "the chain of changes of {name} was lost or damaged; it begins again with what the tables hold"
                );
                begin_after(&guard, &stamp, None)?
            }
            Verdict::Damaged(damage) => return self.follow_damage(damage, &stamp, guard, held),
        };
        if let Some(held) = held {
            held.release()?;
        }
        self.chain = Some(Chain::new(guard, stamp, file));
        Ok(self)
    }

    fn follow_damage(
        mut self,
        damage: &Damage,
        stamp: &Stamp,
        guard: Guard,
        held: Option<HeldFiles>,
    ) -> Result<Self> {
        let said = self.corrupt(&self.say(damage, &guard)?);
        match guard.on_damage {
            OnDamage::Refuse => {
                drop(self);
                if let Some(held) = held {
                    held.put_back()?;
                }
                Err(said)
            }
            OnDamage::ReadOnly => {
                // The next opening puts the held files back in place, also after a power cut.
                held.as_ref().map_or(Ok(()), HeldFiles::outlast)?;
                tracing::error!("{}; it is open for reading only", said.message());
                self.group.poison(&said);
                self.damage = Some(said.message().to_owned());
                Ok(self)
            }
            OnDamage::Accept => {
                let mark = last_mark(&guard)?;
                let kept = held
                    .map(|held| held.keep(&format!(".damaged-{}", (guard.now_ms)() / 1000)))
                    .transpose()?;
                tracing::error!(?kept, "{}; it is taken as it is", said.message());
                let stamp = Stamp {
                    identity: guard.identity,
                    tables: self.stamps()?.1.into_iter().map(Option::unwrap_or_default).collect(),
                    ..stamp.clone()
                };
                // At least 1, so that the next opening knows of it as well.
                self.taken_over = Some(mark.max(1));
                // Before the stamp: with that alone, tables that lack something would pass for what was acknowledged.
                let file = begin_after(&guard, &stamp, self.taken_over)?;
                self.restamp(&stamp)?;
                self.chain = Some(Chain::new(guard, stamp, file));
                Ok(self)
            }
        }
    }

    /// Writes a stamp without a change.
    fn restamp(&self, stamp: &Stamp) -> Result<()> {
        let (key, value) = stamp.link_row();
        let written = self.own.insert(STAMP_KEY, stamp.encode());
        written
            .and_then(|()| self.own.insert(key, value))
            .and_then(|()| self.db.persist(fjall::PersistMode::SyncAll))
            .map_err(|e| self.error("cannot write", e))
    }
}

/// What was found in journals that are now whole.
struct WholeJournals {
    /// What was cut off the last one.
    torn: Option<TornTail>,
    /// What is missing in the middle, where the folder is opened all the same.
    broken: Option<String>,
}

/// Leaves of a folder's journals what is whole. Where bytes are missing that had been on disk, that is refused, unless the guard
/// says otherwise. `may_cut`: is there a copy, or no need of one?
fn whole_journals(path: &Path, layout: &Layout, guard: &Guard, may_cut: bool) -> Result<WholeJournals> {
    match journal::examine(path)? {
        JournalsState::Torn(torn) if may_cut => {
            journal::cut(&torn.journal, torn.begin)?;
            Ok(WholeJournals { torn: Some(torn), broken: None })
        }
        JournalsState::Whole | JournalsState::Torn(_) => Ok(WholeJournals { torn: None, broken: None }),
        JournalsState::Broken { why, .. } if guard.on_damage == OnDamage::Refuse => {
            let message = format!(
                "{} in `{}` is damaged: its journals are not whole ({why})",
                layout.what,
                path.display()
            );
            Err(Error::new(ErrorKind::Corrupt, message))
        }
        JournalsState::Broken { journal, end, why } => {
            journal::cut_from(path, &journal, end)?;
            Ok(WholeJournals { torn: None, broken: Some(why) })
        }
    }
}

/// The highest mark that a chain knows.
fn last_mark(guard: &Guard) -> Result<u64> {
    let mut mark = 0;
    if matches!(ChainFile::state(&guard.path)?, ChainState::Read { .. }) {
        each_record(&guard.path, &mut |record| mark = mark.max(record.mark))?;
    }
    Ok(mark)
}

/// A record from which a chain goes on.
fn base(guard: &Guard, stamp: &Stamp, taken_over: Option<u64>) -> ChainRecord {
    ChainRecord {
        kind: RecordKind::Base,
        sequence: stamp.sequence,
        at_ms: (guard.now_ms)(),
        mark: taken_over.unwrap_or(0),
        content: 0,
        link: stamp.link,
        note: Vec::new(),
    }
}

/// A chain that begins with what the tables hold; the one before is kept beside it.
fn begin_after(guard: &Guard, stamp: &Stamp, taken_over: Option<u64>) -> Result<ChainFile> {
    let base = (stamp.sequence > 0 || taken_over.is_some()).then(|| base(guard, stamp, taken_over));
    ChainFile::begin(&guard.path, guard.identity, base.as_slice())
}

/// Empties a folder whose making was cut off: nothing was ever written in it.
fn clear_unborn(path: &Path) -> Result<()> {
    if !path.is_dir() || path.join(VERSION_FILE).exists() {
        return Ok(());
    }
    let failed = |e| Error::io(&format!("emptying `{}`, which was never made whole", path.display()), e);
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let is_folder = entry.file_type().map_err(failed)?.is_dir();
        let removed = if is_folder {
            std::fs::remove_dir_all(entry.path())
        } else {
            std::fs::remove_file(entry.path())
        };
        removed.map_err(failed)?;
    }
    Ok(())
}
