//! Sends events, and returns when all required brokers have them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{DeliveryResult, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use rushes_types::{Error, ErrorKind, Result};

use crate::client::{ClientLog, make, native};
use crate::config::KafkaConfig;
use crate::errors::undelivered;

/// Pause while the most allowed messages are in flight.
const FULL: Duration = Duration::from_millis(1);
/// The library reports every event within the delivery's time limit; it gets this much longer to report it.
const GRACE: Duration = Duration::from_secs(5);

/// A message in flight.
pub struct Outgoing<'a> {
    pub partition: u32,
    pub key: &'a [u8],
    pub value: Vec<u8>,
    pub headers: Option<OwnedHeaders>,
}

/// The outcome of the messages of one call.
#[derive(Default)]
struct Tally {
    closed: bool,
    failed: usize,
    cause: Option<KafkaError>,
    ends: BTreeMap<u32, i64>,
}

#[derive(Default)]
struct Batch {
    /// Messages without an outcome yet.
    open: AtomicUsize,
    tally: Mutex<Tally>,
    reported: Condvar,
}

impl Batch {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, cause: KafkaError) {
        let mut tally = self.tally();
        tally.failed += 1;
        // Keep the first cause: the others follow from it.
        tally.cause.get_or_insert(cause);
    }

    fn closed(&self) {
        if self.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.tally().closed = true;
            self.reported.notify_all();
        }
    }
}

struct Sender(Arc<ClientLog>);

impl ClientContext for Sender {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        self.0.log(level, fac, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(&error, reason);
    }
}

impl ProducerContext for Sender {
    type DeliveryOpaque = Arc<Batch>;

    fn delivery(&self, result: &DeliveryResult<'_>, batch: Arc<Batch>) {
        match result {
            Ok(message) => {
                let partition = u32::try_from(message.partition()).unwrap_or_default();
                let mut tally = batch.tally();
                let end = tally.ends.entry(partition).or_default();
                *end = message.offset().saturating_add(1).max(*end);
            }
            Err((cause, _)) => batch.failed(cause.clone()),
        }
        batch.closed();
    }
}

/// The producer of one process.
pub struct Producer {
    config: ClientConfig,
    log: Arc<ClientLog>,
    limit: Duration,
    inner: Mutex<Arc<ThreadedProducer<Sender>>>,
}

impl Producer {
    pub fn new(config: &KafkaConfig) -> Result<Self> {
        let (log, client) = (ClientLog::new("the event log's producer"), config.producer());
        let inner = Mutex::new(Arc::new(make(&client, Sender(Arc::clone(&log)))?));
        Ok(Self { config: client, log, limit: config.delivery_timeout(), inner })
    }

    fn current(&self) -> MutexGuard<'_, Arc<ThreadedProducer<Sender>>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends messages and waits until each is acknowledged or has failed. Returns how far each partition reaches now.
    pub fn send<'a>(
        &self,
        topic: &str,
        messages: impl Iterator<Item = Result<Outgoing<'a>>>,
    ) -> Result<BTreeMap<u32, i64>> {
        let (producer, batch) = (Arc::clone(&self.current()), Arc::new(Batch::default()));
        // Starts at one, so that the batch is not complete before all messages are sent.
        batch.open.store(1, Ordering::Release);
        let until = Instant::now() + self.limit;
        let mut stopped = None;
        for message in messages {
            match message {
                Ok(message) => enqueue(&producer, &batch, topic, message, until),
                Err(e) => {
                    stopped = Some(e);
                    break;
                }
            }
        }
        batch.closed();
        let result = self.outcome(topic, &batch, until + GRACE);
        if result.is_err() {
            self.renew_if_fatal(&producer);
        }
        stopped.map_or(result, Err)
    }

    fn outcome(&self, topic: &str, batch: &Batch, until: Instant) -> Result<BTreeMap<u32, i64>> {
        let mut tally = batch.tally();
        while !tally.closed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let message = format!(
                    "{} events are still on their way to the topic `{topic}`; send them again",
                    batch.open.load(Ordering::Acquire)
                );
                return Err(self.log.explain(Error::new(ErrorKind::OutcomeUnknown, message)));
            }
            tally = batch.reported.wait_timeout(tally, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        match &tally.cause {
            Some(cause) => Err(self.log.explain(undelivered(topic, tally.failed, cause))),
            None => Ok(std::mem::take(&mut tally.ends)),
        }
    }

    /// After a fatal error an idempotent producer accepts no more messages, to protect their order; replaces it by a
    /// new one.
    fn renew_if_fatal(&self, failed: &Arc<ThreadedProducer<Sender>>) {
        let Some((code, why)) = failed.client().fatal_error() else { return };
        tracing::warn!("the kafka producer is restarted after `{code}`: {why}");
        let mut current = self.current();
        if !Arc::ptr_eq(&current, failed) {
            return;
        }
        match make(&self.config, Sender(Arc::clone(&self.log))) {
            Ok(producer) => *current = Arc::new(producer),
            Err(e) => tracing::warn!("the kafka producer cannot be restarted: {e}"),
        }
    }
}

/// Hands a message to the library, waiting for room; a rejected message counts as failed.
fn enqueue(
    producer: &ThreadedProducer<Sender>,
    batch: &Arc<Batch>,
    topic: &str,
    message: Outgoing<'_>,
    until: Instant,
) {
    batch.open.fetch_add(1, Ordering::AcqRel);
    let mut record = BaseRecord::with_opaque_to(topic, Arc::clone(batch))
        .partition(native(message.partition))
        .key(message.key)
        .payload(&message.value[..]);
    record.headers = message.headers;
    loop {
        match producer.send(record) {
            Ok(()) => return,
            Err((KafkaError::MessageProduction(Code::QueueFull), back)) if Instant::now() < until => {
                record = back;
                std::thread::sleep(FULL);
            }
            Err((cause, _)) => {
                batch.failed(cause);
                batch.closed();
                return;
            }
        }
    }
}
