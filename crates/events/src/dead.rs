//! Dead letters in the embedded log's folder.
//!
//! They are few and read by people, so the key is just the topic and the event's position, and a value is read as a
//! whole.

use rushes_kv::Folder;
use rushes_types::Result;

use crate::embedded::{ROWS, code, damaged, decode, encode};
use crate::{DeadLetter, Position, Topic};

/// Kind of the rows; the first byte of their keys. Part of the format.
const DEAD: u8 = b'd';
/// Longest reason that is kept, in bytes.
const REASON_BYTES_MAX: usize = 4_096;

/// The part of a reason that is kept with a dead letter.
#[must_use]
pub fn short_reason(reason: &str) -> &str {
    let boundary = (0..=REASON_BYTES_MAX.min(reason.len())).rev().find(|at| reason.is_char_boundary(*at));
    reason.get(..boundary.unwrap_or_default()).unwrap_or_default()
}

fn key(letter: &DeadLetter) -> Vec<u8> {
    let offset = letter.position.offset.to_be_bytes();
    [&[DEAD, code(letter.topic)], offset.as_slice(), letter.consumer.as_bytes()].concat()
}

/// The length of the reason, the reason, the event.
fn value(letter: &DeadLetter) -> Vec<u8> {
    let reason = short_reason(&letter.reason);
    let length = u32::try_from(reason.len()).unwrap_or_default();
    let event = letter.event.as_ref().map(encode).unwrap_or_default();
    [length.to_be_bytes().as_slice(), reason.as_bytes(), &event].concat()
}

pub(crate) fn read(key: &[u8], value: &[u8]) -> Option<DeadLetter> {
    let (head, consumer) = key.split_at_checked(10)?;
    let topic = Topic::ALL.into_iter().find(|topic| head.get(1) == Some(&code(*topic)))?;
    let offset = u64::from_be_bytes(head.get(2..)?.try_into().ok()?);
    let (length, rest) = value.split_first_chunk::<4>()?;
    let (reason, event) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    Some(DeadLetter {
        topic,
        position: Position { partition: 0, offset },
        consumer: String::from_utf8(consumer.to_vec()).ok()?,
        event: if event.is_empty() { None } else { Some(decode(event).ok()?) },
        reason: String::from_utf8(reason.to_vec()).ok()?,
    })
}

/// Keeps a letter, durably.
pub(crate) fn put(folder: &Folder, letter: &DeadLetter) -> Result<()> {
    let mut batch = folder.batch();
    batch.insert(ROWS, key(letter), value(letter));
    folder.sync(folder.write(batch, 0)?)
}

/// The letters, at most `limit`.
pub(crate) fn list(folder: &Folder, limit: usize) -> Result<Vec<DeadLetter>> {
    let mut letters = Vec::new();
    for guard in folder.table(ROWS).prefix([DEAD]).take(limit) {
        let (key, value) = guard.into_inner().map_err(|e| folder.error("cannot read", e))?;
        letters.push(read(&key, &value).ok_or_else(damaged)?);
    }
    Ok(letters)
}

/// Removes letters from the list.
pub(crate) fn remove(folder: &Folder, letters: &[DeadLetter]) -> Result<()> {
    let mut batch = folder.batch();
    for letter in letters {
        batch.remove(ROWS, key(letter));
    }
    folder.sync(folder.write(batch, 0)?)
}
