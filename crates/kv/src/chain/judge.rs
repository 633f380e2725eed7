//! What tables and their chain say of each other. Pure.

use super::file::ChainState;
use super::record::ChainRecord;

/// What the tables say of the changes that they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Whose tables these are.
    pub identity: u128,
    /// The last change.
    pub sequence: u64,
    /// Its link.
    pub link: u128,
    /// For each table, the last change that touched it.
    pub tables: Vec<u64>,
}

/// What is done on opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Tables and chain hold the same.
    Same {
        /// Where the chain's whole records end.
        end: u64,
    },
    /// A new folder, or one of a version that kept no chain.
    New,
    /// The tables hold changes that were never acknowledged, or whose record is lost: the chain goes on after them.
    Ahead {
        /// Where the chain's whole records end.
        end: u64,
        /// The chain was damaged: more than one record cut short lies at its end.
        is_damaged: bool,
    },
    /// The chain is gone and begins again.
    ChainLost,
    /// Tables hold less than was acknowledged, or something else.
    Damaged(Damage),
}

/// What the tables still know of the link of the change that the chain ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldLink {
    /// It is this one.
    Known(u128),
    /// The links of so many later changes are kept that it is not among them.
    Forgotten,
    /// None is kept: a version wrote it that kept none.
    NotKept,
}

/// How tables fail what was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Damage {
    /// Changes after `held` are missing.
    Missing {
        /// The last change that is there.
        held: u64,
        /// The last one that was acknowledged.
        last: Box<ChainRecord>,
    },
    /// A table does not hold the last change that touched it.
    Table {
        /// Its place in the layout.
        table: usize,
        /// What the table says, if anything.
        held: Option<u64>,
        /// What it should say.
        wanted: u64,
    },
    /// As many changes as were acknowledged, but others.
    Differs {
        /// The last change of both.
        sequence: u64,
    },
    /// The tables hold so many changes after the last one of the chain that they cannot be shown to follow it.
    Unconnected {
        /// The last change that is there.
        held: u64,
        /// The last one of the chain.
        acknowledged: u64,
    },
    /// The tables belong to another folder.
    Foreign,
    /// The journals cannot be read, and were left out.
    Journals {
        /// What the library says of them.
        why: String,
    },
}

/// Compares what the tables say with what their chain says. `tables` is what each table says itself, `held` what they know of the
/// change that the chain ends with.
pub(crate) fn judge(
    stamp: Option<&Stamp>,
    tables: &[Option<u64>],
    chain: &ChainState,
    held: HeldLink,
    identity: u128,
) -> Verdict {
    if let Some(stamp) = stamp {
        let pairs = stamp.tables.iter().zip(tables).enumerate();
        // A table that was flushed on its own may be ahead after a power cut.
        let lost = pairs.into_iter().find(|(_, (wanted, held))| held.unwrap_or(0) < **wanted);
        if let Some((table, (wanted, held))) = lost {
            return Verdict::Damaged(Damage::Table { table, held: *held, wanted: *wanted });
        }
    }
    match (stamp, chain) {
        (None, ChainState::Missing) => Verdict::New,
        (None, ChainState::Unreadable) => Verdict::ChainLost,
        (None, ChainState::Read { last: None, .. }) => Verdict::New,
        (None, ChainState::Read { last: Some(last), .. }) => {
            Verdict::Damaged(Damage::Missing { held: 0, last: Box::new(last.clone()) })
        }
        (Some(stamp), _) if stamp.identity != identity => Verdict::Damaged(Damage::Foreign),
        (Some(_), ChainState::Missing | ChainState::Unreadable) => Verdict::ChainLost,
        // A chain of other tables says nothing of these.
        (Some(_), ChainState::Read { identity: whose, .. }) if *whose != identity => Verdict::ChainLost,
        (Some(stamp), ChainState::Read { last, end, after, .. }) => {
            let acknowledged = last.as_ref().map_or(0, |last| last.sequence);
            match (stamp.sequence.cmp(&acknowledged), last) {
                (std::cmp::Ordering::Less, Some(last)) => {
                    Verdict::Damaged(Damage::Missing { held: stamp.sequence, last: Box::new(last.clone()) })
                }
                (std::cmp::Ordering::Equal, Some(last)) if last.link != stamp.link => {
                    Verdict::Damaged(Damage::Differs { sequence: stamp.sequence })
                }
                (std::cmp::Ordering::Equal, _) if *after == 0 => Verdict::Same { end: *end },
                // Being ahead is what a crash leaves; but only of tables that went on from what was acknowledged.
                (std::cmp::Ordering::Greater, Some(last)) if matches!(held, HeldLink::Known(link) if link != last.link) => {
                    Verdict::Damaged(Damage::Differs { sequence: last.sequence })
                }
                (std::cmp::Ordering::Greater, Some(_)) if held == HeldLink::Forgotten => {
                    Verdict::Damaged(Damage::Unconnected { held: stamp.sequence, acknowledged })
                }
                _ => {
                    Verdict::Ahead { end: *end, is_damaged: *after > super::record::RECORD_BYTES_MAX as u64 }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::RecordKind;

    fn ahead_of(acknowledged: u64, held: HeldLink) -> Verdict {
        let stamp = Stamp { identity: 1, sequence: 9, link: 90, tables: vec![9] };
        let last = ChainRecord {
            kind: RecordKind::Change,
            sequence: acknowledged,
            at_ms: 0,
            mark: 0,
            content: 0,
            link: 70,
            note: Vec::new(),
        };
        let chain = ChainState::Read { identity: 1, last: Some(last), end: 100, after: 0 };
        judge(Some(&stamp), &[Some(9)], &chain, held, 1)
    }

    #[test]
    fn tables_that_are_ahead_must_have_gone_on_from_what_was_acknowledged() {
        let ahead = Verdict::Ahead { end: 100, is_damaged: false };
        for (held, verdict) in [
            (HeldLink::Known(70), ahead.clone()),
            (HeldLink::Known(71), Verdict::Damaged(Damage::Differs { sequence: 7 })),
            (HeldLink::Forgotten, Verdict::Damaged(Damage::Unconnected { held: 9, acknowledged: 7 })),
            // A crash, and then a newer version.
            (HeldLink::NotKept, ahead),
        ] {
            assert_eq!(ahead_of(7, held), verdict, "{held:?}");
        }
        assert_eq!(
            ahead_of(9, HeldLink::Known(90)),
            Verdict::Damaged(Damage::Differs { sequence: 9 }),
            "as many, but others"
        );
    }
}
