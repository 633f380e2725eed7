//! Which read points can still be read.

use rushes_types::limits::READ_POINT_SECONDS;
use rushes_types::{Commit, Error, ErrorKind, ReadPoint, Result};

/// One publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The read point it made.
    pub upto: Commit,
    /// When, in seconds since 1970.
    pub seconds: u64,
    /// Which publish it was, counted from 1.
    pub generation: u64,
}

/// The publishes whose read points can still be read, oldest first. A read point stays readable for
/// [`READ_POINT_SECONDS`] after the next one superseded it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadPoints(Vec<Published>);

impl ReadPoints {
    /// From what was kept, oldest first.
    #[must_use]
    pub fn from_publishes(publishes: Vec<Published>) -> Self {
        Self(publishes)
    }

    /// All that is kept, oldest first.
    #[must_use]
    pub fn publishes(&self) -> &[Published] {
        &self.0
    }

    /// The newest read point.
    #[must_use]
    pub fn newest(&self) -> Commit {
        self.0.last().map_or(Commit::NONE, |published| published.upto)
    }

    /// The number of publishes so far.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.0.last().map_or(0, |published| published.generation)
    }

    /// Adds a publish. A read point never goes back; publishing it again changes only its generation.
    pub fn publish(&mut self, upto: Commit, seconds: u64) {
        let generation = self.generation() + 1;
        match self.0.last_mut() {
            Some(last) if last.upto >= upto => last.generation = generation,
            _ => self.0.push(Published { upto, seconds, generation }),
        }
        let oldest = self.oldest_readable(seconds);
        self.0.retain(|kept| kept.upto >= oldest);
    }

    /// The oldest read point that can still be read.
    #[must_use]
    pub fn oldest_readable(&self, now: u64) -> Commit {
        let superseded = |pair: &&[Published]| pair[1].seconds.saturating_add(READ_POINT_SECONDS) < now;
        let expired = self.0.windows(2).take_while(superseded).count();
        self.0.get(expired).map_or(Commit::NONE, |published| published.upto)
    }

    /// The generation of the oldest read point that can still be read.
    #[must_use]
    pub fn oldest_generation(&self, now: u64) -> u64 {
        let oldest = self.oldest_readable(now);
        self.0.iter().find(|published| published.upto >= oldest).map_or(0, |published| published.generation)
    }

    /// The read point that a reader asks for, and the generation whose asset documents it sees.
    ///
    /// # Errors
    /// [`ErrorKind::Gone`] where it is too old, or was never reached.
    pub fn resolve(&self, at: Option<&ReadPoint>, now: u64) -> Result<(ReadPoint, u64)> {
        let Some(at) = at else { return Ok((ReadPoint::at(self.newest()), self.generation())) };
        if at.upto < self.oldest_readable(now) {
            return Err(Error::new(ErrorKind::Gone, format!("read point `{at}` is gone"))
                .mend("ask again without a cursor"));
        }
        if at.upto > self.newest() {
            return Err(Error::new(
                ErrorKind::Gone,
                format!("read point `{at}` is not reached by this index"),
            )
            .mend("ask again without a cursor"));
        }
        let later = self.0.partition_point(|published| published.upto <= at.upto);
        let generation = later.checked_sub(1).and_then(|last| self.0.get(last)).map_or(0, |p| p.generation);
        Ok((at.clone(), generation))
    }
}
