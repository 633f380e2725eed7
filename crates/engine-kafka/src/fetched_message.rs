//! A message from the brokers: an event, or the reason why it is none.

use rdkafka::Message as _;
use rdkafka::message::BorrowedMessage;
use rushes_events::Event;

use crate::dead_letters::BadMessage;
use crate::format::decode;

/// A message as it came.
pub struct FetchedMessage {
    pub partition: u32,
    pub offset: i64,
    pub event: Result<Event, BadMessage>,
}

impl From<&BorrowedMessage<'_>> for FetchedMessage {
    fn from(message: &BorrowedMessage<'_>) -> Self {
        let partition = u32::try_from(message.partition()).unwrap_or_default();
        let event = decode(partition, message.payload()).map_err(|reason| BadMessage {
            reason,
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec).unwrap_or_default(),
        });
        Self { partition, offset: message.offset(), event }
    }
}
