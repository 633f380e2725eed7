//! Just enough of Kafka's protocol to put a message into a topic that no producer of ours would write,
//! and to have a topic take none.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Produce, in the oldest version that brokers still take.
const PRODUCE: i16 = 0;
const VERSION: i16 = 3;
/// How long a broker may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Before the partition's error code in the answer: topics, name, partitions, partition.
const ERROR_AT: usize = 4 + 2 + 4 + 4;
/// Changes single settings, in the only version whose numbers have fixed widths.
const ALTER: i16 = 44;

/// Appends a message without a key to a partition, on the broker that leads it.
pub fn append(broker: &str, topic: &str, partition: i32, value: &[u8]) -> io::Result<()> {
    let records = batch(value);
    let mut body = Vec::new();
    body.extend((-1_i16).to_be_bytes()); // no transaction
    body.extend((-1_i16).to_be_bytes()); // acknowledged by all
    body.extend(10_000_i32.to_be_bytes()); // in so many ms
    body.extend(1_i32.to_be_bytes());
    body.extend(text(topic));
    body.extend(1_i32.to_be_bytes());
    body.extend(partition.to_be_bytes());
    body.extend((records.len() as i32).to_be_bytes());
    body.extend(records);
    let answer = exchange(broker, (PRODUCE, VERSION), &body)?;
    code_at(&answer, ERROR_AT + topic.len())
}

/// Has the broker take no message longer than this for the topic; `None`: as long as it took before.
pub fn limit(broker: &str, topic: &str, bytes: Option<u32>) -> io::Result<()> {
    let mut body = Vec::new();
    body.extend(1_i32.to_be_bytes());
    body.push(2); // a topic
    body.extend(text(topic));
    body.extend(1_i32.to_be_bytes());
    body.extend(text("max.message.bytes"));
    match bytes {
        Some(bytes) => {
            body.push(0); // set
            body.extend(text(&bytes.to_string()));
        }
        None => {
            body.push(1); // delete
            body.extend((-1_i16).to_be_bytes());
        }
    }
    body.push(0); // not only tried
    let answer = exchange(broker, (ALTER, 0), &body)?;
    // After the time it was held back, and the number of answers.
    code_at(&answer, 4 + 4)
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as i16).to_be_bytes(), text.as_bytes()].concat()
}

fn code_at(answer: &[u8], at: usize) -> io::Result<()> {
    match answer.get(at..at + 2) {
        Some([0, 0]) => Ok(()),
        code => Err(io::Error::other(format!("the broker answers {code:?}"))),
    }
}

/// One request, and its answer without length and correlation.
fn exchange(broker: &str, (api, version): (i16, i16), body: &[u8]) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    request.extend(api.to_be_bytes());
    request.extend(version.to_be_bytes());
    request.extend(7_i32.to_be_bytes()); // correlation
    request.extend((-1_i16).to_be_bytes()); // no client's name
    request.extend(body);
    let mut stream = TcpStream::connect(broker)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&(request.len() as i32).to_be_bytes())?;
    stream.write_all(&request)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; u32::from_be_bytes(length).min(1 << 20) as usize];
    stream.read_exact(&mut answer)?;
    Ok(answer.split_off(4.min(answer.len())))
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
