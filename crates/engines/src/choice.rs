//! Which engine each part of an archive runs on.

use std::fmt;

use rushes_archive::Part;

/// The engines that a part can run on.
#[must_use]
pub const fn supported_engines(part: Part) -> [Engine; 2] {
    match part {
        Part::Store | Part::Timeline => [Engine::Embedded, Engine::Cassandra],
        Part::Events => [Engine::Embedded, Engine::Kafka],
        Part::Index => [Engine::Embedded, Engine::Elasticsearch],
    }
}

/// An engine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// In the archive's folder.
    #[default]
    Embedded,
    /// Apache Cassandra.
    Cassandra,
    /// Apache Kafka.
    Kafka,
    /// Elasticsearch, or OpenSearch.
    Elasticsearch,
}

impl Engine {
    /// Its name in a configuration and, except for the embedded one, the name of its section there.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Cassandra => "cassandra",
            Self::Kafka => "kafka",
            Self::Elasticsearch => "elasticsearch",
        }
    }
}

/// What each part runs on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Choice([Engine; 4]);

impl Choice {
    /// The engine of a part.
    #[must_use]
    pub const fn of(&self, part: Part) -> Engine {
        self.0[part as usize]
    }

    /// Chooses the engine of a part.
    ///
    /// # Errors
    /// The supported engines, where `name` is not one of them.
    pub fn choose(&mut self, part: Part, name: &str) -> Result<(), String> {
        let found = supported_engines(part).into_iter().find(|engine| engine.as_str() == name);
        let engine = found.ok_or_else(|| {
            let [one, other] = supported_engines(part).map(Engine::as_str);
            format!("is `{name}`; write \"{one}\" or \"{other}\"")
        })?;
        self.0[part as usize] = engine;
        Ok(())
    }

    /// Does anything run on this engine?
    #[must_use]
    pub fn uses(&self, engine: Engine) -> bool {
        self.0.contains(&engine)
    }

    /// Does every part run on the embedded engine?
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_embedded() {
            return f.write_str("embedded");
        }
        for (no, part) in Part::ALL.into_iter().enumerate() {
            let comma = if no == 0 { "" } else { ", " };
            write!(f, "{comma}{} {}", part.as_str(), self.of(part).as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_runs_only_on_what_it_can() {
        let mut choice = Choice::default();
        assert!(choice.is_embedded());
        choice.choose(Part::Events, "kafka").unwrap();
        let wrong = choice.choose(Part::Index, "kafka").unwrap_err();
        assert_eq!(wrong, "is `kafka`; write \"embedded\" or \"elasticsearch\"");
        assert_eq!(choice.to_string(), "store embedded, events kafka, fused embedded, index embedded");
        assert!(choice.uses(Engine::Kafka) && !choice.uses(Engine::Cassandra));
    }
}
