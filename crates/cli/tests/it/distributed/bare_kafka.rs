//! Just enough of Kafka's protocol to put a message into a topic that no producer of ours would write.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Produce, in the oldest version that brokers still take.
const PRODUCE: i16 = 0;
const VERSION: i16 = 3;
/// How long a broker may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Before the partition's error code in the answer: size, correlation, topics, name, partitions, partition.
const ERROR_AT: usize = 4 + 4 + 4 + 2 + 4 + 4;

/// Appends a message without a key to a partition, on the broker that leads it.
pub fn append(broker: &str, topic: &str, partition: i32, value: &[u8]) -> io::Result<()> {
    let records = batch(value);
    let mut request = Vec::new();
    request.extend(PRODUCE.to_be_bytes());
    request.extend(VERSION.to_be_bytes());
    request.extend(7_i32.to_be_bytes()); // correlation
    request.extend((-1_i16).to_be_bytes()); // no client's name
    request.extend((-1_i16).to_be_bytes()); // no transaction
    request.extend((-1_i16).to_be_bytes()); // acknowledged by all
    request.extend(10_000_i32.to_be_bytes()); // in so many ms
    request.extend(1_i32.to_be_bytes());
    request.extend((topic.len() as i16).to_be_bytes());
    request.extend(topic.as_bytes());
    request.extend(1_i32.to_be_bytes());
    request.extend(partition.to_be_bytes());
    request.extend((records.len() as i32).to_be_bytes());
    request.extend(records);
    let mut stream = TcpStream::connect(broker)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&(request.len() as i32).to_be_bytes())?;
    stream.write_all(&request)?;
    let mut answer = vec![0; ERROR_AT + topic.len() + 2];
    stream.read_exact(&mut answer)?;
    match &answer[ERROR_AT + topic.len()..] {
        [0, 0] => Ok(()),
        code => Err(io::Error::other(format!("the broker answers {code:?}"))),
    }
}

/// A batch of one record.
fn batch(value: &[u8]) -> Vec<u8> {
    let mut record = vec![0, 0, 0]; // attributes, time and offset from the batch's
    record.extend(varint(-1)); // no key
    record.extend(varint(value.len() as i64));
    record.extend(value);
    record.push(0); // no headers
    let mut checked = Vec::new();
    checked.extend(0_i16.to_be_bytes()); // attributes
    checked.extend(0_i32.to_be_bytes()); // last offset
    let now = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as i64);
    checked.extend(now.to_be_bytes());
    checked.extend(now.to_be_bytes());
    checked.extend((-1_i64).to_be_bytes()); // no producer
    checked.extend((-1_i16).to_be_bytes());
    checked.extend((-1_i32).to_be_bytes());
    checked.extend(1_i32.to_be_bytes()); // records
    checked.extend(varint(record.len() as i64));
    checked.extend(record);
    let mut batch = Vec::new();
    batch.extend(0_i64.to_be_bytes()); // offset
    batch.extend((checked.len() as i32 + 9).to_be_bytes());
    batch.extend((-1_i32).to_be_bytes()); // leader's epoch
    batch.push(2);
    batch.extend(crc32c(&checked).to_be_bytes());
    batch.extend(checked);
    batch
}

fn varint(number: i64) -> Vec<u8> {
    let mut left = ((number << 1) ^ (number >> 63)) as u64;
    let mut bytes = Vec::new();
    while left > 0x7f {
        bytes.push(left as u8 | 0x80);
        left >>= 7;
    }
    bytes.push(left as u8);
    bytes
}

fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82f6_3b78 & 0_u32.wrapping_sub(crc & 1)))
    })
}

#[test]
fn the_sum_is_the_one_that_kafka_knows() {
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
}
