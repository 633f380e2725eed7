//! The client's upper bound: a producer and a consumer with the same settings, without groups and without parsing the
//! messages.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};
use rdkafka::{Message, TopicPartitionList};
use rushes_engine_kafka::{KafkaConfig, KafkaLog};
use rushes_events::Topic;
use rushes_types::{Error, ErrorKind, Result};

use crate::test_beds::Ceiling;

/// Number of assets in the events.
const ASSETS: u64 = 5_000;
/// How long the brokers may be silent.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a client waits where its queue is full.
const PAUSE: Duration = Duration::from_millis(1);
/// How long one look for a message takes.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Default)]
struct Counting(AtomicU64);

impl ClientContext for Counting {}

impl ProducerContext for Counting {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if result.is_ok() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Sends and receives events, in topics of its own that it removes afterwards.
pub(super) fn measure(config: &KafkaConfig, events: u64) -> Result<[Ceiling; 2]> {
    let config = KafkaConfig { prefix: format!("{}-bare", config.prefix), ..config.clone() };
    let log = KafkaLog::open(config.clone())?;
    let partitions = log.partitions();
    let measured = produce(&config, partitions, events).and_then(|(took, bytes)| {
        let ceiling = |what: &str, took: Duration| Ceiling {
            what: what.to_owned(),
            rows: events,
            bytes,
            seconds: took.as_secs_f64(),
        };
        let got = consume(&config, partitions, events)?;
        Ok([ceiling("producer of librdkafka", took), ceiling("consumer of librdkafka, no group", got)])
    });
    let removed = log.remove();
    let measured = measured?;
    removed.map(|()| measured)
}

fn of_client(error: KafkaError) -> Error {
    Error::new(ErrorKind::Unavailable, format!("kafka: {error}")).because(error)
}

fn late() -> Error {
    let seconds = PATIENCE.as_secs();
    Error::new(ErrorKind::Unavailable, format!("kafka carried no event for {seconds} s"))
}

fn client(config: &KafkaConfig) -> ClientConfig {
    let mut client = ClientConfig::new();
    for (key, value) in &config.client_settings.0 {
        client.set(key, value);
    }
    client.set("bootstrap.servers", config.servers.join(","));
    client
}

/// How long it took, and the bytes of keys and events.
fn produce(config: &KafkaConfig, partitions: u32, events: u64) -> Result<(Duration, u64)> {
    let mut client = client(config);
    client.set("enable.idempotence", "true").set("acks", "all");
    client.set("queue.buffering.max.messages", "100000").set("queue.buffering.max.kbytes", "32768");
    client.set("linger.ms", config.linger_ms.to_string()).set("compression.codec", &config.compression);
    let producer =
        ThreadedProducer::from_config_and_context(&client, Counting::default()).map_err(of_client)?;
    let topic = config.topic(Topic::Committed);
    let begun = Instant::now();
    let mut bytes = 0;
    for n in 0..events {
        let mut full = None;
        let key = format!("bench-s01e{:04}", n % ASSETS);
        let value = format!(r#"{{"v":1,"asset":"{key}","commit":{n}}}"#);
        bytes += (key.len() + value.len()) as u64;
        let partition = i32::try_from(n % u64::from(partitions.max(1))).unwrap_or(0);
        let mut record = BaseRecord::to(&topic).key(&key).payload(&value).partition(partition);
        while let Err((error, back)) = producer.send(record) {
            if error != KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) {
                return Err(of_client(error));
            }
            if full.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                return Err(late());
            }
            record = back;
            std::thread::sleep(PAUSE);
        }
    }
    producer.flush(PATIENCE).map_err(of_client)?;
    if producer.client().context().0.load(Ordering::Relaxed) < events {
        return Err(late());
    }
    Ok((begun.elapsed(), bytes))
}

fn consume(config: &KafkaConfig, partitions: u32, events: u64) -> Result<Duration> {
    let mut client = client(config);
    client.set("group.id", format!("{}.measure", config.prefix));
    client.set("enable.auto.commit", "false").set("auto.offset.reset", "earliest");
    client.set("queued.max.messages.kbytes", "4096").set("queued.min.messages", "10000");
    client.set("fetch.queue.backoff.ms", "10");
    let consumer: BaseConsumer = client.create().map_err(of_client)?;
    let mut all = TopicPartitionList::new();
    let last = i32::try_from(partitions).unwrap_or(1) - 1;
    all.add_partition_range(&config.topic(Topic::Committed), 0, last);
    all.set_all_offsets(rdkafka::Offset::Beginning).map_err(of_client)?;
    consumer.assign(&all).map_err(of_client)?;
    // From the first message on, as the product's log is timed.
    let mut heard = Instant::now();
    let mut begun = None;
    let (mut got, mut bytes) = (0_u64, 0_usize);
    while got < events {
        if heard.elapsed() > PATIENCE {
            return Err(late());
        }
        if let Some(message) = consumer.poll(LOOK) {
            bytes += message.map_err(of_client)?.payload().map_or(0, <[u8]>::len);
            got += 1;
            heard = Instant::now();
            begun.get_or_insert_with(Instant::now);
        }
    }
    std::hint::black_box(bytes);
    Ok(begun.map_or(Duration::ZERO, |begun| begun.elapsed()))
}
