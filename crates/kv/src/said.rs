//! What is missing of a folder, in words.

use rushes_types::{Error, ErrorKind, Result};

use crate::chain::{ChainState, Damage, Guard, RecordKind, each_record};
use crate::folder::{DOCTOR, Folder};

/// What is missing is named by at most this many records.
const NAMED_MAX: usize = 20;

impl Folder {
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
pub(crate) fn unreadable(error: &Error, chain: &ChainState, guard: &Guard) -> Error {
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
