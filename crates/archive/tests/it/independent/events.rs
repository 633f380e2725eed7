//! `events/` of docs/formats.md: the event log.

use std::collections::BTreeMap;
use std::path::Path;

use super::bytes::{Bytes, whole};
use super::tables::Tables;

#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Asset { asset: String, commit: u64 },
    Watermark(u64),
}

#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    pub topic: u8,
    pub offset: u64,
    pub consumer: String,
    pub reason: String,
    pub event: Option<Event>,
}

#[derive(Debug, Default, PartialEq)]
pub struct Events {
    /// By topic (1 committed, 2 fused) and offset.
    pub events: BTreeMap<(u8, u64), Event>,
    /// The last offset written, by topic.
    pub last: BTreeMap<u8, u64>,
    /// Offset and watermark by topic and consumer.
    pub consumers: BTreeMap<(u8, String), (u64, u64)>,
    pub dead_letters: Vec<DeadLetter>,
}

pub const TABLES: [&str; 2] = ["folder", "rows"];

pub fn read(folder: &Path) -> Events {
    let tables = Tables::open(folder, &TABLES);
    let format = tables.format();
    assert_eq!(format, 1, "format {format} is not known");
    let mut events = Events::default();
    for (key, value) in tables.rows("rows") {
        whole(&key, |key| read_row(&mut events, key, &value));
    }
    for (topic, offset) in events.events.keys() {
        assert!((1..=2).contains(topic) && *offset > 0);
        assert!(events.last.get(topic) >= Some(offset));
    }
    events
}

fn read_row(events: &mut Events, key: &mut Bytes<'_>, value: &[u8]) {
    let kind = key.u8();
    let topic = key.u8();
    match kind {
        b'e' => drop(events.events.insert((topic, key.u64_be()), whole(value, event))),
        b'n' => drop(events.last.insert(topic, whole(value, Bytes::u64_be))),
        b'k' => {
            let state = whole(value, |b| (b.u64_be(), if b.0.is_empty() { 0 } else { b.u64_be() }));
            events.consumers.insert((topic, key.last_text()), state);
        }
        b'd' => {
            let (offset, consumer) = (key.u64_be(), key.last_text());
            let mut value = Bytes(value);
            let length = value.u32_be() as usize;
            assert!(length <= 4096);
            let reason = Bytes(value.take(length)).last_text();
            let event = (!value.0.is_empty()).then(|| whole(value.0, event));
            events.dead_letters.push(DeadLetter { topic, offset, consumer, reason, event });
        }
        kind => panic!("a row has the kind {kind}"),
    }
}

fn event(b: &mut Bytes<'_>) -> Event {
    match b.u8() {
        0 => {
            let commit = b.u64_be();
            Event::Asset { commit, asset: b.last_text() }
        }
        1 => Event::Watermark(b.u64_be()),
        tag => panic!("an event has the tag {tag}"),
    }
}
