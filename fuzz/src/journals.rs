//! The journals of the store below, as they are read before it opens them: what is cut off leaves whole journals.

use rushes_kv::STAMP_KEY;
use xxhash_rust::xxh3::xxh3_64;

use crate::Target;
use crate::files::folder;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
const MAGIC: [u8; 4] = [b'F', b'J', b'L', 3];
/// Of an item, after its tag: kind, compression, table, lengths of the key, of the value, and of the value as it stands there.
const ITEM_HEAD: usize = 20;

pub fn targets() -> Vec<Target> {
    let changes = |from: u64, to: u64| -> Vec<u8> { (from..=to).flat_map(batch).collect() };
    let two = |first: &[u8], second: &[u8]| {
        let cut = u16::try_from(first.len()).expect("a short journal").to_le_bytes();
        [&cut, first, second].concat()
    };
    let seeds = vec![
        two(&changes(1, 3), &[]),
        two(&changes(1, 2), &changes(3, 4)),
        two(&changes(1, 2), &changes(4, 4)),
        two(&changes(1, 2), &changes(3, 4)[..70]),
        two(&changes(1, 1), &cleared()),
    ];
    vec![Target::new("journal", journals, seeds)]
}

/// The first two bytes say where the first of two journals ends. As they are, and with all checksums made right.
fn journals(data: &[u8]) {
    let Some((cut, data)) = data.split_first_chunk::<2>() else { return };
    let (first, second) = data.split_at(data.len().min(usize::from(u16::from_le_bytes(*cut))));
    let dir = folder().join("journals");
    std::fs::create_dir_all(&dir).expect("a folder");
    for with in [<[u8]>::to_vec, summed] {
        for (name, bytes) in [("0.jnl", first), ("1.jnl", second)] {
            std::fs::write(dir.join(name), with(bytes)).expect("a small file");
        }
        rushes_kv::fuzzing::journals(&dir);
    }
}

/// What is a batch by its lengths gets the checksum of its items.
fn summed(data: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    let mut at = 0;
    while let Some((items, end)) = items_of(&bytes, at) {
        let sum = xxh3_64(&bytes[items..end]).to_le_bytes();
        let Some(last) = bytes.get_mut(end..end + 1 + sum.len() + MAGIC.len()) else { break };
        last[0] = END;
        last[1..9].copy_from_slice(&sum);
        last[9..].copy_from_slice(&MAGIC);
        at = end + 13;
    }
    bytes
}

/// Where the items of the batch at `at` begin and end, by their lengths.
fn items_of(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let head = bytes.get(at..at + 13)?;
    let count = u32::from_le_bytes(*head.get(1..)?.first_chunk()?);
    let mut place = at + 13;
    for _ in 0..(head[0] == START).then_some(count)? {
        place += match *bytes.get(place)? {
            CLEAR => 9,
            ITEM => {
                let head = bytes.get(place + 1..place + 1 + ITEM_HEAD)?;
                let key = u16::from_le_bytes(*head.get(10..)?.first_chunk()?);
                let value = u32::from_le_bytes(*head.get(16..)?.first_chunk()?);
                1 + ITEM_HEAD + usize::from(key) + value as usize
            }
            _ => return None,
        };
        bytes.get(..place)?;
    }
    Some((at + 13, place))
}

fn item(table: u64, key: &[u8], value: &[u8]) -> Vec<u8> {
    let (long, short) = (value.len() as u32, key.len() as u16);
    let head = [&[ITEM, 0, 0][..], &table.to_le_bytes(), &short.to_le_bytes()].concat();
    [&head, &long.to_le_bytes()[..], &long.to_le_bytes(), key, value].concat()
}

fn batch_of(items: &[Vec<u8>], number: u64) -> Vec<u8> {
    let head = [&[START][..], &(items.len() as u32).to_le_bytes(), &number.to_le_bytes()].concat();
    summed(&[head, items.concat(), vec![0; 13]].concat())
}

/// A change: a row, and the stamp that names it.
fn batch(change: u64) -> Vec<u8> {
    let stamp = [&[7; 16][..], &change.to_le_bytes(), &[9; 16], &change.to_le_bytes()].concat();
    batch_of(&[item(2, b"key", b"value"), item(1, STAMP_KEY, &stamp)], change)
}

/// A table is emptied.
fn cleared() -> Vec<u8> {
    batch_of(&[[&[CLEAR][..], &2_u64.to_le_bytes()].concat()], 9)
}
