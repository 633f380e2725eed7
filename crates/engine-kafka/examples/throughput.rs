//! How many events a second the log takes and gives, beside a bare client of the same library with the same settings.
//!
//!     cargo run --release -p rushes-engine-kafka --example throughput -- 127.0.0.1:9092 1000000
#![allow(clippy::print_stdout, reason = "it measures, and says what it measured")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};
use rdkafka::{Message, TopicPartitionList};
use rushes_engine_kafka::{KafkaConfig, KafkaLog, KnownConsumers};
use rushes_events::{Event, EventLog, Topic};
use rushes_types::{AssetId, Commit};

/// Events of one call, as the relay sends them.
const BATCH: u64 = 4_096;
/// Events of one call, so many that waiting for the last of them hardly counts.
const LARGE_BATCH: u64 = 65_536;
const ASSETS: u64 = 5_000;
const PARTITIONS: u32 = 12;
const ROUNDS: usize = 3;

fn event(n: u64) -> anyhow::Result<Event> {
    let asset = AssetId::new(&format!("the-night-ferry-s01e{:04}", n % ASSETS))?;
    Ok(Event::Asset { asset, commit: Commit(n) })
}

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

fn rate(what: &str, count: u64, took: Duration) -> f64 {
    let rate = count as f64 / took.as_secs_f64();
    println!("{what:40} {rate:>12.0} events/s  ({:.2} s)", took.as_secs_f64());
    rate
}

fn bare_producer(config: &KafkaConfig, count: u64) -> anyhow::Result<Duration> {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", config.servers.join(","));
    client.set("enable.idempotence", "true").set("acks", "all");
    client.set("queue.buffering.max.messages", "100000").set("queue.buffering.max.kbytes", "32768");
    client.set("linger.ms", config.linger_ms.to_string()).set("compression.codec", &config.compression);
    let producer = ThreadedProducer::from_config_and_context(&client, Counting::default())?;
    let topic = config.topic(Topic::Committed);
    let begin = Instant::now();
    for n in 0..count {
        let key = format!("the-night-ferry-s01e{:04}", n % ASSETS);
        let value = format!(r#"{{"v":1,"asset":"{key}","commit":{n}}}"#);
        let partition = i32::try_from(n % u64::from(PARTITIONS))?;
        let mut record = BaseRecord::to(&topic).key(&key).payload(&value).partition(partition);
        while let Err((e, back)) = producer.send(record) {
            anyhow::ensure!(e == KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), "{e}");
            record = back;
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    producer.flush(Duration::from_secs(60))?;
    while producer.client().context().0.load(Ordering::Relaxed) < count {
        anyhow::ensure!(begin.elapsed() < Duration::from_secs(300), "events were lost");
        std::thread::sleep(Duration::from_micros(100));
    }
    Ok(begin.elapsed())
}

fn append(config: &KafkaConfig, count: u64, batch: u64) -> anyhow::Result<(KafkaLog, Duration)> {
    let log = KafkaLog::open(config.clone())?;
    let begin = Instant::now();
    let mut said = 0;
    while said < count {
        let mut events = (said..count.min(said + batch)).map(event).collect::<anyhow::Result<Vec<_>>>()?;
        said += events.len() as u64;
        events.push(Event::Watermark { partition: None, upto: Commit(said) });
        log.append(Topic::Committed, &events)?;
    }
    Ok((log, begin.elapsed()))
}

fn bare_consumer(config: &KafkaConfig, count: u64) -> anyhow::Result<Duration> {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", config.servers.join(",")).set("group.id", "measure");
    client.set("enable.auto.commit", "false").set("auto.offset.reset", "earliest");
    client.set("queued.max.messages.kbytes", "4096").set("queued.min.messages", "10000");
    client.set("fetch.queue.backoff.ms", "10");
    let consumer: BaseConsumer = client.create()?;
    let mut all = TopicPartitionList::new();
    all.add_partition_range(&config.topic(Topic::Committed), 0, i32::try_from(PARTITIONS)? - 1);
    all.set_all_offsets(rdkafka::Offset::Beginning)?;
    let begin = Instant::now();
    consumer.assign(&all)?;
    let (mut got, mut bytes) = (0, 0);
    while got < count {
        anyhow::ensure!(begin.elapsed() < Duration::from_secs(300), "events do not come");
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            bytes += message?.payload().map_or(0, <[u8]>::len);
            got += 1;
        }
    }
    std::hint::black_box(bytes);
    Ok(begin.elapsed())
}

fn poll(log: &KafkaLog, count: u64, consumer: &str) -> anyhow::Result<Duration> {
    let begin = Instant::now();
    let mut got = 0;
    while got < count {
        anyhow::ensure!(begin.elapsed() < Duration::from_secs(300), "events do not come");
        let polled = log.poll(Topic::Committed, consumer, BATCH as usize)?;
        got += polled.iter().filter(|d| d.watermark().is_none()).count() as u64;
        let positions: Vec<_> = polled.iter().map(|d| d.position).collect();
        log.acknowledge(Topic::Committed, consumer, &positions)?;
    }
    Ok(begin.elapsed())
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let server = arguments.next().unwrap_or_else(|| "127.0.0.1:9092".to_owned());
    let count: u64 = arguments.next().map_or(Ok(1_000_000), |count| count.parse())?;
    for round in 0..ROUNDS {
        let config = |part: &str| KafkaConfig {
            servers: vec![server.clone()],
            prefix: format!("rushes-measure-{}-{round}-{part}", std::process::id()),
            partitions: PARTITIONS,
            replication: 1,
            min_insync: Some(1),
            consumers: KnownConsumers { committed: Vec::new(), fused: Vec::new() },
            ..KafkaConfig::default()
        };
        let bare = KafkaLog::open(config("bare"))?;
        let bare_sent = rate("bare producer", count, bare_producer(&config("bare"), count)?);
        let (large, took) = append(&config("large"), count, LARGE_BATCH)?;
        let sent_large = rate("append, 65536 at once", count, took);
        large.remove()?;
        let (log, took) = append(&config("log"), count, BATCH)?;
        let sent = rate("append, 4096 at once", count, took);
        let bare_got =
            rate("bare consumer, no groups, nothing read", count, bare_consumer(&config("bare"), count)?);
        let got = rate("poll and acknowledge, 4096 at once", count, poll(&log, count, "fuse")?);
        let first = Instant::now();
        log.append(Topic::Committed, &[event(0)?])?;
        let alone = first.elapsed();
        let heard = Instant::now();
        while log.poll(Topic::Committed, "fuse", 1)?.is_empty() {}
        println!("one event: append {alone:?}, then poll {:?}", heard.elapsed());
        println!(
            "of the bare client: append {:.2} and {:.2}, poll {:.2}",
            sent_large / bare_sent,
            sent / bare_sent,
            got / bare_got
        );
        bare.remove()?;
        log.remove()?;
    }
    Ok(())
}
