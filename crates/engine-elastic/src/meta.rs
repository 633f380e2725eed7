//! Metadata of the whole index: read points, vector spaces, and how it was created. Each is a document that is changed
//! by compare-and-set on its last state, so that several processes may publish.

use std::collections::BTreeMap;
use std::sync::Arc;

use rushes_index::{Published, ReadPoints};
use rushes_types::{Commit, Error, ErrorKind, Metric, Result, SpaceId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::client::{ApiRequest, Client};
use crate::errors::Failure;
use crate::names::Names;

const ARCHIVE: &str = "archive";
const READ_POINTS: &str = "read_points";
const SPACES: &str = "spaces";

/// Attempts to change a document that others change too. Each failed attempt means that another succeeded.
const TRIES_MAX: u32 = 1_000;

/// Reads and changes these documents.
#[derive(Debug)]
pub(crate) struct Meta {
    client: Arc<Client>,
    alias: String,
}

/// An index of annotations that is being filled beside the one in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Filling {
    /// Its version.
    pub version: u64,
    /// A heartbeat counter of the process that fills it.
    pub beat: u64,
}

/// A filling that this process watches, and the second since which its heartbeat has not changed.
pub(crate) type WatchedFilling = Option<(Filling, u64)>;

/// How an index was created.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct IndexInfo {
    /// The version of the mappings.
    pub mapping: u64,
    /// Identifies the analyser.
    pub analyser: String,
    /// Distinguishes this index from an earlier one of the same name.
    pub incarnation: String,
    /// The index being filled, if any: writers write annotations there too.
    #[serde(default)]
    pub filling: Option<Filling>,
    /// The highest version whose filling was ever begun; 0 if there was none.
    #[serde(default)]
    pub begun: u64,
    /// How often something was erased.
    #[serde(default)]
    pub erased: u64,
    /// The number of erasures whose bytes are gone.
    #[serde(default)]
    pub purged: u64,
    /// Was a document copied to the new index and erased during the copy? The purge checked only the old index.
    #[serde(default)]
    pub copied_erased: bool,
}

impl IndexInfo {
    /// Do annotations go to the same indices as in `then`?
    pub fn is_written_as(&self, then: &Self) -> bool {
        let targets = |info: &Self| (info.begun, info.filling.map(|filling| filling.version));
        self.incarnation == then.incarnation && targets(self) == targets(then)
    }
}

/// A field of vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VectorField {
    pub space: SpaceId,
    pub dimensions: usize,
    /// The metric its graph is built for.
    pub metric: Metric,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub info: IndexInfo,
    pub read_points: ReadPoints,
    /// By the field's name.
    pub spaces: BTreeMap<String, VectorField>,
}

/// The sequence number and primary term that a document was seen with, for a conditional write; `None` where there was none.
type SequenceNumber = Option<(u64, u64)>;

#[derive(Serialize, Deserialize)]
struct PublishedJson {
    upto: u64,
    seconds: u64,
    generation: u64,
}

#[derive(Serialize, Deserialize)]
struct VectorFieldJson {
    field: String,
    space: String,
    dimensions: usize,
    metric: String,
}

fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the index's document `{what}` is damaged"))
        .mend("`rushes rebuild` rebuilds the index")
}

fn read_points(source: &Value) -> Result<ReadPoints> {
    let Some(kept) = source.get("kept") else { return Ok(ReadPoints::default()) };
    let kept: Vec<PublishedJson> = Deserialize::deserialize(kept).map_err(|_| damaged(READ_POINTS))?;
    let published =
        |p: PublishedJson| Published { upto: Commit(p.upto), seconds: p.seconds, generation: p.generation };
    Ok(ReadPoints::from_publishes(kept.into_iter().map(published).collect()))
}

fn read_points_json(points: &ReadPoints) -> Value {
    let published =
        |p: &Published| PublishedJson { upto: p.upto.0, seconds: p.seconds, generation: p.generation };
    json!({"kept": points.publishes().iter().map(published).collect::<Vec<_>>()})
}

fn spaces(source: &Value) -> Result<BTreeMap<String, VectorField>> {
    let Some(fields) = source.get("fields") else { return Ok(BTreeMap::new()) };
    let fields: Vec<VectorFieldJson> = Deserialize::deserialize(fields).map_err(|_| damaged(SPACES))?;
    let field = |f: VectorFieldJson| {
        let metric = Metric::parse(&f.metric).ok_or_else(|| damaged(SPACES))?;
        let space = SpaceId::new(&f.space).map_err(|_| damaged(SPACES))?;
        Ok((f.field, VectorField { space, dimensions: f.dimensions, metric }))
    };
    fields.into_iter().map(field).collect()
}

fn spaces_json(spaces: &BTreeMap<String, VectorField>) -> Value {
    let field = |(name, f): (&String, &VectorField)| VectorFieldJson {
        field: name.clone(),
        space: f.space.as_str().to_owned(),
        dimensions: f.dimensions,
        metric: f.metric.as_str().to_owned(),
    };
    json!({"fields": spaces.iter().map(field).collect::<Vec<_>>()})
}

impl Meta {
    pub fn new(client: Arc<Client>, names: &Names) -> Self {
        Self { client, alias: names.meta.clone() }
    }

    /// All of it, as it is now.
    pub fn read(&self) -> Result<State> {
        let body = json!({"ids": [ARCHIVE, READ_POINTS, SPACES]}).to_string().into_bytes();
        let path = format!("/{}/_mget?filter_path=docs.found,docs._source,docs.error", self.alias);
        let docs = self.client.documents(&ApiRequest::post(path).with(&body))?;
        let source = |at: usize| docs.get(at).and_then(|doc| doc.get("_source")).unwrap_or(&Value::Null);
        let made = source(0);
        Ok(State {
            info: if made.is_null() {
                IndexInfo::default()
            } else {
                IndexInfo::deserialize(made).map_err(|_| damaged(ARCHIVE))?
            },
            read_points: read_points(source(1))?,
            spaces: spaces(source(2))?,
        })
    }

    fn get(&self, id: &str) -> Result<(Value, SequenceNumber)> {
        let found = self.client.find(&ApiRequest::get(format!("/{}/_doc/{id}", self.alias)))?;
        let Some(found) = found else { return Ok((Value::Null, None)) };
        let number = |name: &str| found.get(name).and_then(Value::as_u64);
        let seen = number("_seq_no").zip(number("_primary_term"));
        Ok((found.get("_source").cloned().unwrap_or_default(), seen))
    }

    /// Writes a document if it has not changed since it was read; `false` if another process was faster.
    fn put(&self, id: &str, seen: SequenceNumber, source: &Value) -> Result<bool> {
        let condition = match seen {
            Some((seq_no, term)) => format!("if_seq_no={seq_no}&if_primary_term={term}"),
            None => "op_type=create".to_owned(),
        };
        let body = source.to_string().into_bytes();
        let path = format!("/{}/_doc/{id}?require_alias=true&{condition}", self.alias);
        match self.client.json(&ApiRequest::put(path).with(&body)) {
            Err(failure) if failure.is_conflict() => Ok(false),
            answered => Ok(answered.map(|_| true)?),
        }
    }

    /// Changes a document based on its current content; `None` leaves it unchanged.
    fn change(&self, id: &str, change: &dyn Fn(&Value) -> Result<Option<Value>>) -> Result<()> {
        for _ in 0..TRIES_MAX {
            let (found, seen) = self.get(id)?;
            let Some(changed) = change(&found)? else { return Ok(()) };
            if self.put(id, seen, &changed)? {
                return Ok(());
            }
        }
        Err(Error::new(ErrorKind::Busy, format!("the index's document `{id}` is changed by many at once"))
            .mend("try again"))
    }

    /// Adds a read point.
    pub fn publish(&self, upto: Commit, seconds: u64) -> Result<()> {
        self.change(READ_POINTS, &|found| {
            let mut points = read_points(found)?;
            points.publish(upto, seconds);
            Ok(Some(read_points_json(&points)))
        })
    }

    /// Adds fields; a field that exists keeps its first definition.
    pub fn add_spaces(&self, new: &BTreeMap<String, VectorField>) -> Result<BTreeMap<String, VectorField>> {
        self.change(SPACES, &|found| {
            let known = spaces(found)?;
            let mut all = new.clone();
            all.extend(known.clone());
            Ok((all != known).then(|| spaces_json(&all)))
        })?;
        spaces(&self.get(SPACES)?.0)
    }

    /// Does the info document exist? Writing it is the last step of creating the index.
    pub fn has_info(&self) -> Result<bool> {
        Ok(!self.get(ARCHIVE)?.0.is_null())
    }

    /// Writes the info document unless it exists.
    pub fn create_info(&self, made: &IndexInfo) -> Result<IndexInfo> {
        self.change(ARCHIVE, &|found| {
            Ok(if found.is_null() {
                Some(serde_json::to_value(made).map_err(|e| Error::bug(e.to_string()))?)
            } else {
                None
            })
        })?;
        self.info()
    }

    /// The info document as it is now.
    pub fn info(&self) -> Result<IndexInfo> {
        IndexInfo::deserialize(self.get(ARCHIVE)?.0).map_err(|_| damaged(ARCHIVE))
    }

    /// Changes the info document; an error of `change` leaves it unchanged.
    pub fn update_info(&self, change: &dyn Fn(&mut IndexInfo) -> Result<()>) -> Result<()> {
        self.change(ARCHIVE, &|found| {
            let mut made = IndexInfo::deserialize(found).map_err(|_| damaged(ARCHIVE))?;
            change(&mut made)?;
            serde_json::to_value(made).map(Some).map_err(|e| Error::bug(e.to_string()))
        })
    }
}

/// A failure as an error that says which index.
pub(crate) fn of_index(index: &str, failure: Failure) -> Error {
    Error::from(failure).while_doing(&format!("index `{index}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_come_back_as_they_were() {
        let mut points = ReadPoints::default();
        points.publish(Commit(3), 10);
        points.publish(Commit(9), 20);
        assert_eq!(read_points(&read_points_json(&points)).unwrap(), points);
        let field = VectorField { space: SpaceId::new("clip").unwrap(), dimensions: 3, metric: Metric::L2 };
        let all = BTreeMap::from([("v3_a".to_owned(), field)]);
        assert_eq!(spaces(&spaces_json(&all)).unwrap(), all);
        assert_eq!(read_points(&json!({"kept": 3})).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
