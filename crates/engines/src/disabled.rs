//! A build without the drivers.

use std::path::PathBuf;
use std::sync::Arc;

use rushes_archive::{EmbeddedEngines, OpenEngines};
use toml::Table;

use crate::choice::Choice;

/// The sections that say how engines are reached.
pub(crate) struct Tables {
    pub cassandra: Table,
    pub kafka: Table,
    pub elasticsearch: Table,
}

/// Nothing can be set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings;

pub(crate) fn settings(choice: &Choice, tables: Tables, problems: &mut Vec<String>) -> Settings {
    let said = [tables.cassandra, tables.kafka, tables.elasticsearch].iter().any(|table| !table.is_empty());
    if said || !choice.is_embedded() {
        problems.push(
            "Cassandra, Kafka and Elasticsearch need a build with their drivers; build one with `cargo build --release \
             --features engines`"
                .to_owned(),
        );
    }
    Settings
}

pub(crate) fn engines(_: Choice, _: Settings, _: Option<PathBuf>) -> Arc<dyn OpenEngines> {
    Arc::new(EmbeddedEngines)
}
