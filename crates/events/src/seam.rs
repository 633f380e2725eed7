//! The event log's seam.

use rushes_types::{AssetId, Commit, Result, Watermark};

/// A stream of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Stage 1 to stage 2: an asset has a commit in the store.
    Committed,
    /// Stage 2 to stage 3: an asset is fused up to a commit.
    Fused,
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 2] = [Self::Committed, Self::Fused];

    /// Its name, as it is written on disk and in Kafka.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Committed => "rushes.committed",
            Self::Fused => "rushes.fused",
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Event {
    /// The asset has the commit (topic [`Topic::Committed`]) or is fused up to it ([`Topic::Fused`]).
    Asset {
        /// The asset; also the key that keeps its events in order.
        asset: AssetId,
        /// The commit.
        commit: Commit,
    },
    /// All commits of all assets of a partition up to here are in the log before this event.
    Watermark {
        /// The partition it is for. When appending, `None` means every partition; a delivered one is for the partition
        /// that it lies in.
        partition: Option<u32>,
        /// The last of the commits.
        upto: Commit,
    },
}

/// Where an event lies. Order is only promised within a partition; an asset stays in its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The partition; the embedded log has one.
    pub partition: u32,
    /// The offset in it; growing, perhaps with gaps.
    pub offset: u64,
}

/// An event as a consumer gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Where it lies.
    pub position: Position,
    /// What happened.
    pub event: Event,
}

impl Delivered {
    /// The watermark that the event is, if it is one.
    #[must_use]
    pub const fn watermark(&self) -> Option<Watermark> {
        match self.event {
            Event::Watermark { upto, .. } => Some(Watermark { partition: self.position.partition, upto }),
            Event::Asset { .. } => None,
        }
    }
}

/// A dead letter: an event that its consumer could not handle, kept for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The topic of the event.
    pub topic: Topic,
    /// The event's position in that topic.
    pub position: Position,
    /// The consumer that could not handle it.
    pub consumer: String,
    /// The event; `None` where it could not even be read.
    pub event: Option<Event>,
    /// What went wrong.
    pub reason: String,
}

/// The lag of a consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The consumer's name.
    pub consumer: String,
    /// The topic.
    pub topic: Topic,
    /// Events not acknowledged yet.
    pub behind: u64,
}

/// Carries events. Laws:
///
/// * `append` returns when the events are durable; events of one asset stay in order. Appending the same
///   event twice is allowed and harmless.
/// * A consumer is made by its first `poll`, at the beginning of the log. It gets every event at least once,
///   in order within a partition. `poll` gives events after the last *delivered* one in this process;
///   after a restart, or after `redeliver`, after the last *acknowledged* one.
/// * `acknowledge` is durable on return and says: everything up to and including these positions has had its
///   effect. An acknowledgement below an earlier one changes nothing.
/// * Two consumers do not disturb each other.
pub trait EventLog: Send + Sync {
    /// Adds events.
    fn append(&self, topic: Topic, events: &[Event]) -> Result<()>;
    /// The next events for a consumer, at most `limit`; empty when it has caught up. Does not wait.
    fn poll(&self, topic: Topic, consumer: &str, limit: usize) -> Result<Vec<Delivered>>;
    /// The consumer is done with everything up to and including these positions.
    fn acknowledge(&self, topic: Topic, consumer: &str, positions: &[Position]) -> Result<()>;
    /// Forgets what was delivered but not acknowledged: it will be delivered again.
    fn redeliver(&self, topic: Topic, consumer: &str) -> Result<()>;
    /// Lets the consumer skip all events so far and forgets its acknowledged watermarks: it goes on after what the log
    /// holds now. For a rebuild, which republishes all assets.
    fn skip(&self, topic: Topic, consumer: &str) -> Result<()>;
    /// For each partition of the topic the highest watermark among what the consumer has acknowledged, by any process;
    /// [`Commit::NONE`] where there is none yet.
    fn watermarks(&self, topic: Topic, consumer: &str) -> Result<Vec<Commit>>;
    /// Puts an event that cannot be handled among the dead letters, durably. The consumer acknowledges it as any other,
    /// and goes on after it.
    fn put_dead_letter(&self, topic: Topic, consumer: &str, event: &Delivered, reason: &str) -> Result<()>;
    /// The oldest dead letters, at most `limit`.
    fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>>;
    /// Appends the oldest dead letters, at most `limit`, to their topics again and takes them off the list. Those that
    /// could not be read only leave the list. Returns how many were appended.
    fn replay(&self, limit: usize) -> Result<usize>;
    /// The lag of every consumer.
    fn lag(&self) -> Result<Vec<Lag>>;
    /// Drops events that every consumer of the topic has acknowledged, except the newest `keep`.
    fn trim(&self, topic: Topic, keep: u64) -> Result<()>;
    /// Waits until an event may have come to the topic, or the time is over. Spurious returns are allowed.
    fn wait(&self, topic: Topic, timeout: std::time::Duration);
    /// Goes through all that is kept, as far as the engine lets one: every block is read and its checksum tried. Gives what is
    /// wrong, in words. `progress` hears how many bytes were read since it was last called, and may break off.
    fn examine(&self, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<String>> {
        progress(0)?;
        Ok(Vec::new())
    }
    /// What can be told in seconds, however much is kept: whether files and ends of chains fit what they say of each other, and
    /// whether some of what is kept is there. Gives what is wrong, in words.
    fn examine_quickly(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
}
