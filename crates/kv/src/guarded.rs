//! Opening a folder whose changes are guarded: what its tables say, what its chain says, and what follows.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use fjall::Keyspace;
use rushes_types::{Error, ErrorKind, Result};

use crate::Faults;
use crate::chain::{
    Chain, ChainFile, ChainRecord, ChainState, Damage, Guard, HeldLink, OnDamage, RecordKind, Stamp, Verdict,
    each_record, judge,
};
use crate::folder::{DOCTOR, Folder, JOURNAL_ENDING, Layout, VERSION_FILE};
use crate::held::{self, HeldFiles};

/// The row of a table, and of the folder's own table, that says which change touched it last. Seven bytes: no table has
/// another key of that length that begins with a zero byte.
pub const STAMP_KEY: &[u8] = b"\0change";
/// Begins the keys of the rows, in the folder's own table, that have the links of late changes.
const LINK_KEY: &[u8] = b"\0link";
/// How many links are kept: more changes than can be written while none of them is acknowledged.
const LINKS_KEPT: u64 = 4096;
/// What is missing is named by at most this many records.
const NAMED_MAX: usize = 20;

/// Calls the library, and makes an error of a panic: some damage it meets with an assertion.
pub fn without_panic<T>(what: &str, call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it broke off");
        let line = text.lines().next().unwrap_or_default();
        Err(Error::new(ErrorKind::Corrupt, format!("{what}: its files are damaged ({line})"))
            .mend("restore a backup"))
    })
}

/// The row in which the link of a change is kept, until it is that of a later one.
fn link_key(sequence: u64) -> Vec<u8> {
    [LINK_KEY, &(sequence % LINKS_KEPT).to_be_bytes()].concat()
}

impl Stamp {
    /// The row that keeps the link of this change.
    pub(crate) fn link_row(&self) -> (Vec<u8>, Vec<u8>) {
        let value = [self.sequence.to_le_bytes().as_slice(), &self.link.to_le_bytes()].concat();
        (link_key(self.sequence), value)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = [self.identity.to_le_bytes().as_slice(), &self.sequence.to_le_bytes()].concat();
        bytes.extend(self.link.to_le_bytes());
        self.tables.iter().for_each(|table| bytes.extend(table.to_le_bytes()));
        bytes
    }

    fn decode(bytes: &[u8], tables: usize) -> Option<Self> {
        let (identity, rest) = bytes.split_first_chunk::<16>()?;
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let (link, rest) = rest.split_first_chunk::<16>()?;
        let numbers: Vec<u64> =
            rest.chunks_exact(8).map(|n| n.try_into().map_or(0, u64::from_le_bytes)).collect();
        (rest.len() == numbers.len() * 8 && numbers.len() == tables).then(|| Self {
            identity: u128::from_le_bytes(*identity),
            sequence: u64::from_le_bytes(*sequence),
            link: u128::from_le_bytes(*link),
            tables: numbers,
        })
    }
}

impl Folder {
    /// Opens a folder whose changes are guarded, making it where it is not there.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where it lacks what was acknowledged, unless the guard says otherwise; else as [`Folder::open`].
    pub fn open_guarded(path: &Path, layout: Layout, faults: Option<Faults>, guard: Guard) -> Result<Self> {
        let _alone = if guard.holds_files { Some(held::alone(path)?) } else { None };
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
        let opened = Self::open_or_leave_journals(path, layout, faults, &guard).and_then(|(folder, left)| {
            let (stamp, tables) = folder.stamps()?;
            let link = folder.held_link(&chain)?;
            let verdict = match (left, judge(stamp.as_ref(), &tables, &chain, link, guard.identity)) {
                (Some(why), verdict) if !matches!(verdict, Verdict::Damaged(_)) => {
                    Verdict::Damaged(Damage::Journals { why })
                }
                (_, verdict) => verdict,
            };
            Ok((folder, stamp, verdict))
        });
        let (mut folder, stamp, verdict) = match opened {
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
        folder.follow(&verdict, stamp, guard, held)
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
                remove_journals(path)?;
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
            Verdict::New => ChainFile::begin(&guard.path, guard.identity)?,
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
                self.restamp(&stamp)?;
                // At least 1, so that the next opening knows of it as well.
                self.taken_over = Some(mark.max(1));
                let file = begin_after(&guard, &stamp, self.taken_over)?;
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

    pub(crate) fn say(&self, damage: &Damage, guard: &Guard) -> Result<String> {
        Ok(match damage {
            Damage::Missing { held, last } => {
                let (named, more, since) = missing(guard, *held)?;
                let named = match named.is_empty() {
                    true => String::new(),
                    false => format!(
                        ": {}{}",
                        named.join("; "),
                        if more > 0 { format!("; and {more} more") } else { String::new() }
                    ),
                };
                let since =
                    since.map_or_else(String::new, |ms| format!(", the first at {}", (guard.show_time)(ms)));
                let count = last.sequence.saturating_sub(*held);
                format!(
                    "the last {count} of {} changes that were acknowledged are missing{since}{named}",
                    last.sequence
                )
            }
            Damage::Table { table, held, wanted } => {
                let name = self.table_name(*table);
                let held = held.map_or_else(|| "nothing".to_owned(), |held| format!("change {held}"));
                format!("the table `{name}` holds {held} where change {wanted} touched it last")
            }
            Damage::Differs { sequence } => {
                format!(
                    "change {sequence} is not the one that was acknowledged: these files are of another time"
                )
            }
            Damage::Unconnected { held, acknowledged } => format!(
                "it holds {held} changes and its chain ends with change {acknowledged}: whether these files follow it cannot be told"
            ),
            Damage::Foreign => "its files belong to another archive".to_owned(),
            Damage::Journals { why } => format!("its journals cannot be read ({why})"),
        })
    }
}

/// The error of a folder that cannot be opened at all, with what was acknowledged in it.
fn unreadable(error: &Error, chain: &ChainState, guard: &Guard) -> Error {
    let said = match chain {
        ChainState::Read { last: Some(last), .. } => format!(
            "{}; {} changes were acknowledged, the last at {}",
            error.message(),
            last.sequence,
            (guard.show_time)(last.at_ms)
        ),
        _ => error.message().to_owned(),
    };
    Error::new(ErrorKind::Corrupt, said).mend(DOCTOR)
}

fn remove_journals(path: &Path) -> Result<()> {
    let failed = |e| Error::io(&format!("removing the journals of `{}`", path.display()), e);
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ending| ending == JOURNAL_ENDING) {
            std::fs::remove_file(path).map_err(failed)?;
        }
    }
    Ok(())
}

/// The changes after one, each in words, how many more there are, and when the first was written.
fn missing(guard: &Guard, held: u64) -> Result<(Vec<String>, u64, Option<u64>)> {
    let (mut named, mut more, mut since) = (Vec::new(), 0, None);
    each_record(&guard.path, &mut |record| {
        if record.sequence <= held || record.kind != RecordKind::Change {
            return;
        }
        since.get_or_insert(record.at_ms);
        let words = (guard.describe)(&record.note);
        if words.is_empty() || named.contains(&words) {
            return;
        }
        if named.len() < NAMED_MAX {
            named.push(words);
        } else {
            more += 1;
        }
    })?;
    Ok((named, more, since))
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
    let mut file = ChainFile::begin(&guard.path, guard.identity)?;
    if stamp.sequence > 0 || taken_over.is_some() {
        file.append(&[base(guard, stamp, taken_over)])?;
    }
    Ok(file)
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
