//! The event log on Kafka: implements the log's trait with producer, consumers and administration.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::consumer::BaseConsumer;
use rushes_events::{
    Arrivals, DeadLetter, Delivered, Event, EventLog, Lag, Position, Topic, check_name, replayed,
};
use rushes_types::{Commit, Error, ErrorKind, Result};

use crate::client::{Bounds, ClientLog, Cluster, CommittedOffset, PlainContext, committed, make, serve};
use crate::config::KafkaConfig;
use crate::consumer::Subscription;
use crate::dead_letters::{self, Letters};
use crate::format::{encode, key, partition_of};
use crate::producer::{Outgoing, Producer};
use crate::schema::{Admin, Topics, open_topics};

type Consumers<T> = Mutex<HashMap<(Topic, String), Arc<T>>>;

/// The event log on Kafka.
pub struct KafkaLog {
    config: KafkaConfig,
    topics: Topics,
    cluster: Arc<Cluster>,
    producer: Arc<Producer>,
    arrivals: Arc<Arrivals>,
    /// The consumers of this process.
    subscriptions: Consumers<Subscription>,
    /// Clients that only read the committed offsets of a group.
    query_clients: Consumers<BaseConsumer<PlainContext>>,
    trimmed: Mutex<HashMap<Topic, Instant>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl KafkaLog {
    /// Connects to the cluster, creates missing topics and checks existing ones.
    ///
    /// # Errors
    /// Invalid or Conflict, naming the setting; Unavailable where no server, or another than Kafka, answers;
    /// Misconfigured where the brokers refuse this user; Unsupported where they are too old.
    pub fn open(config: KafkaConfig) -> Result<Self> {
        config.check()?;
        let cluster = Arc::new(Cluster::connect(&config)?);
        let topics = open_topics(&config, &cluster)?;
        let producer = Arc::new(Producer::new(&config)?);
        Ok(Self {
            config,
            topics,
            cluster,
            producer,
            arrivals: Arc::default(),
            subscriptions: Mutex::default(),
            query_clients: Mutex::default(),
            trimmed: Mutex::default(),
        })
    }

    /// Partitions of each topic: the most workers of a stage that can share the work.
    #[must_use]
    pub const fn partitions(&self) -> u32 {
        self.topics.partitions
    }

    /// Removes the topics and the groups that this process knows, with their content. It is derived state: a rebuild
    /// sends every event again.
    ///
    /// # Errors
    /// Where the brokers refuse it or do not answer.
    pub fn remove(self) -> Result<()> {
        let mut groups: BTreeSet<String> = BTreeSet::from([Letters::group(&self.config)]);
        for topic in Topic::ALL {
            groups.extend(self.consumers(topic).iter().map(|name| self.config.group(topic, name)));
        }
        // Members leave first.
        lock(&self.subscriptions).clear();
        lock(&self.query_clients).clear();
        let topics =
            [self.config.topic(Topic::Committed), self.config.topic(Topic::Fused), self.config.dead_topic()];
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        Admin::new(&self.config)?.remove(&topics, &groups)
    }

    fn all(&self) -> Vec<u32> {
        (0..self.topics.partitions).collect()
    }

    /// The consumer of this process, if it has polled.
    fn known(&self, topic: Topic, consumer: &str) -> Option<Arc<Subscription>> {
        lock(&self.subscriptions).get(&(topic, consumer.to_owned())).cloned()
    }

    fn subscription(&self, topic: Topic, consumer: &str) -> Result<Arc<Subscription>> {
        check_name(consumer)?;
        let mut subscriptions = lock(&self.subscriptions);
        let of = (topic, consumer.to_owned());
        match subscriptions.get(&of) {
            Some(known) if !known.failed() => return Ok(Arc::clone(known)),
            Some(_) => {
                tracing::warn!(consumer, topic = topic.as_str(), "a kafka consumer broke and is restarted");
                subscriptions.remove(&of);
            }
            None => {}
        }
        let new = self.join(topic, consumer)?;
        subscriptions.insert(of, Arc::clone(&new));
        Ok(new)
    }

    /// Begins to join a consumer's group; the process leaves it when the last holder of the subscription drops it.
    fn join(&self, topic: Topic, consumer: &str) -> Result<Arc<Subscription>> {
        Subscription::new(&self.config, topic, consumer, &self.cluster, &self.producer, &self.arrivals)
            .map(Arc::new)
    }

    /// As [`Self::subscription`], but a process that does not consume leaves the group again: partitions that it kept
    /// would have no consumer.
    fn visit(&self, topic: Topic, consumer: &str) -> Result<Arc<Subscription>> {
        check_name(consumer)?;
        match self.known(topic, consumer).filter(|known| !known.failed()) {
            Some(known) => Ok(known),
            None => self.join(topic, consumer),
        }
    }

    /// The names of a topic's consumers: the configured ones and those of this process.
    fn consumers(&self, topic: Topic) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = self.config.consumers.of(topic).iter().cloned().collect();
        let subscriptions = lock(&self.subscriptions);
        names.extend(subscriptions.keys().filter(|(of, _)| *of == topic).map(|(_, name)| name.clone()));
        names
    }

    /// The committed offset of a consumer's group in each partition, whichever members the group has.
    fn committed_offsets(&self, topic: Topic, consumer: &str) -> Result<Vec<Option<CommittedOffset>>> {
        check_name(consumer)?;
        if let Some(known) = self.known(topic, consumer) {
            return known.committed(&self.all());
        }
        let query_client = {
            let mut query_clients = lock(&self.query_clients);
            let of = (topic, consumer.to_owned());
            match query_clients.get(&of) {
                Some(query_client) => Arc::clone(query_client),
                None => {
                    let group = self.config.group(topic, consumer);
                    let context = PlainContext(ClientLog::new(&group));
                    let query_client = Arc::new(make(&self.config.consumer(&group), context)?);
                    query_clients.insert(of, Arc::clone(&query_client));
                    query_client
                }
            }
        };
        let (topic, all) = (self.config.topic(topic), self.all());
        let offsets = committed(&query_client, &topic, &all, self.config.request_timeout());
        serve(&query_client);
        offsets
    }

    fn bounds(&self, topic: Topic) -> Result<Vec<Bounds>> {
        self.cluster.bounds(&self.config.topic(topic), &self.all())
    }

    /// Sends events of one kind (assets or watermarks), whose order among each other does not matter.
    fn send(&self, topic: Topic, events: &[Event]) -> Result<()> {
        let partitions = self.topics.partitions;
        let outgoing = events.iter().flat_map(|event| {
            let targets = match event {
                Event::Asset { asset, .. } => {
                    let partition = partition_of(asset, partitions);
                    partition..partition + 1
                }
                Event::Watermark { partition: Some(partition), .. } => *partition..partition + 1,
                Event::Watermark { partition: None, .. } => 0..partitions,
            };
            targets.map(move |partition| {
                let mut value = Vec::new();
                encode(event, &mut value)?;
                Ok(Outgoing { partition, key: key(event), value, headers: None })
            })
        });
        let ends = self.producer.send(&self.config.topic(topic), outgoing)?;
        self.reached(topic, &ends);
        Ok(())
    }

    /// Tells the consumers of this process where the partitions end, so that they know when they have caught up.
    fn reached(&self, topic: Topic, ends: &BTreeMap<u32, i64>) {
        for ((_, _), subscription) in lock(&self.subscriptions).iter().filter(|((of, _), _)| *of == topic) {
            for (partition, end) in ends {
                subscription.reaches(*partition, *end);
            }
        }
        self.arrivals.arrived(topic);
    }

    fn check_partitions(&self, events: &[Event]) -> Result<()> {
        let count = self.topics.partitions;
        let other = events.iter().find_map(|event| match event {
            Event::Watermark { partition: Some(partition), .. } if *partition >= count => Some(*partition),
            _ => None,
        });
        other.map_or(Ok(()), |partition| {
            let message =
                format!("partition `{partition}` is not there; the topics have {count}, counted from `0`");
            Err(Error::invalid(message))
        })
    }

    /// Is it time to trim again?
    fn trim_is_due(&self, topic: Topic) -> bool {
        let every = Duration::from_secs(self.config.trim_every_s);
        let mut trimmed = lock(&self.trimmed);
        if trimmed.get(&topic).is_some_and(|at| at.elapsed() < every) {
            return false;
        }
        trimmed.insert(topic, Instant::now());
        true
    }

    /// The offset in each partition up to which every consumer is done; `None` if no consumer has begun, or a
    /// configured one has not.
    fn all_done(&self, topic: Topic) -> Result<Option<Vec<i64>>> {
        let mut done: Option<Vec<i64>> = None;
        for name in self.consumers(topic) {
            let offsets = self.committed_offsets(topic, &name)?;
            if offsets.iter().all(Option::is_none) && !self.config.consumers.of(topic).contains(&name) {
                continue;
            }
            let next = offsets.iter().map(|offset| offset.map_or(0, |offset| offset.next));
            done = Some(match done {
                Some(done) => done.into_iter().zip(next).map(|(a, b)| a.min(b)).collect(),
                None => next.collect(),
            });
        }
        Ok(done)
    }
}

impl EventLog for KafkaLog {
    /// A watermark is sent when all events before it are durable: if some of the events failed, no watermark may claim
    /// that they are there.
    fn append(&self, topic: Topic, events: &[Event]) -> Result<()> {
        self.check_partitions(events)?;
        let is_watermark = |event: &Event| matches!(event, Event::Watermark { .. });
        for run in events.chunk_by(|a, b| is_watermark(a) == is_watermark(b)) {
            self.send(topic, run)?;
        }
        Ok(())
    }

    fn poll(&self, topic: Topic, consumer: &str, limit: usize) -> Result<Vec<Delivered>> {
        let subscription = self.subscription(topic, consumer)?;
        self.arrivals.polling(topic);
        subscription.poll(limit)
    }

    fn acknowledge(&self, topic: Topic, consumer: &str, positions: &[Position]) -> Result<()> {
        if positions.is_empty() {
            return check_name(consumer);
        }
        self.subscription(topic, consumer)?.acknowledge(positions)
    }

    fn redeliver(&self, topic: Topic, consumer: &str) -> Result<()> {
        self.known(topic, consumer).map_or(Ok(()), |subscription| subscription.redeliver())
    }

    /// Sets the whole group; its other processes follow within seconds, and before they acknowledge anything else.
    fn skip(&self, topic: Topic, consumer: &str) -> Result<()> {
        self.visit(topic, consumer)?.skip(&self.all())
    }

    fn watermarks(&self, topic: Topic, consumer: &str) -> Result<Vec<Commit>> {
        let offsets = self.committed_offsets(topic, consumer)?;
        Ok(offsets.into_iter().map(|offset| offset.map_or(Commit::NONE, |offset| offset.watermark)).collect())
    }

    fn put_dead_letter(&self, topic: Topic, consumer: &str, event: &Delivered, reason: &str) -> Result<()> {
        check_name(consumer)?;
        dead_letters::set_aside(&self.producer, &self.config.dead_topic(), (topic, consumer), event, reason)
    }

    fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        let read = Letters::read(&self.config, &self.cluster, self.topics.dead_partitions, limit)?;
        Ok(read.letters.into_iter().map(|(_, _, letter)| letter).collect())
    }

    fn replay(&self, limit: usize) -> Result<usize> {
        let read = Letters::read(&self.config, &self.cluster, self.topics.dead_partitions, limit)?;
        let letters: Vec<DeadLetter> = read.letters.iter().map(|(_, _, letter)| letter.clone()).collect();
        let count = replayed(self, &letters)?;
        read.done()?;
        Ok(count)
    }

    /// The lag of every consumer of this process and every configured one that has begun.
    fn lag(&self) -> Result<Vec<Lag>> {
        let mut lag = Vec::new();
        for topic in Topic::ALL {
            let consumers = self.consumers(topic);
            if consumers.is_empty() {
                continue;
            }
            let bounds = self.bounds(topic)?;
            for consumer in consumers {
                let offsets = self.committed_offsets(topic, &consumer)?;
                if offsets.iter().all(Option::is_none) {
                    continue;
                }
                let behind = offsets.iter().zip(&bounds).map(|(offset, bounds)| {
                    let next = offset.map_or(bounds.begin, |offset| offset.next.max(bounds.begin));
                    u64::try_from(bounds.end - next).unwrap_or_default()
                });
                lag.push(Lag { consumer, topic, behind: behind.sum() });
            }
        }
        Ok(lag)
    }

    /// Keeps the newest `keep` of each partition, and all that a configured consumer has yet to see, even if it has
    /// never polled. Runs at most every `trim_every_s`.
    fn trim(&self, topic: Topic, keep: u64) -> Result<()> {
        if !self.trim_is_due(topic) {
            return Ok(());
        }
        let Some(done) = self.all_done(topic)? else { return Ok(()) };
        let keep = i64::try_from(keep).unwrap_or(i64::MAX);
        let partitions = self.bounds(topic)?.into_iter().zip(done).enumerate();
        let upto = partitions.filter_map(|(partition, (bounds, done))| {
            let upto = bounds.end.saturating_sub(keep).min(done);
            (upto > bounds.begin).then_some((u32::try_from(partition).unwrap_or(u32::MAX), upto))
        });
        let upto: Vec<(u32, i64)> = upto.collect();
        if upto.is_empty() {
            return Ok(());
        }
        match Admin::new(&self.config)?.delete_records(&self.config.topic(topic), &upto) {
            Err(e) if e.kind() == ErrorKind::Misconfigured => {
                tracing::warn!("{e}; old events stay until `retention_hours` is over");
                Ok(())
            }
            result => result,
        }
    }

    fn wait(&self, topic: Topic, timeout: Duration) {
        self.arrivals.wait(topic, timeout);
    }
}
