//! Reads through a point in time: all hits of a query, page by page.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use rushes_index::Clock;
use rushes_types::{AssetId, Commit, Error, ErrorKind, FusedAnnotation, ReadPoint, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{ApiRequest, Client};
use crate::document;
use crate::errors::Failure;
use crate::meta::Meta;

/// Hits of one page: the most that engines return at once.
pub(crate) const PAGE: usize = 10_000;
/// How long a point in time stays open without requests: a little longer than a read point is kept.
const KEEP_ALIVE: &str = "6m";

/// The state of an index as it was when this was made.
#[derive(Debug)]
pub(crate) struct PointInTime {
    client: Arc<Client>,
    alias: String,
    id: Mutex<String>,
    renewal: Renewal,
}

/// Decides whether a point in time that the cluster closed may be reopened: only while its read point is readable.
#[derive(Debug)]
pub(crate) struct Renewal {
    pub meta: Arc<Meta>,
    pub at: ReadPoint,
    pub clock: Clock,
}

impl Renewal {
    fn check(&self) -> Result<()> {
        self.meta.read()?.read_points.resolve(Some(&self.at), self.clock.seconds()).map(drop)
    }
}

/// Which fields hits come with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fields {
    /// The annotation without its vector.
    Body,
    /// The annotation with its vector.
    Whole,
    /// Asset, start and end only.
    Times,
}

/// One hit.
#[derive(Debug, Deserialize)]
pub(crate) struct SearchHit<'a> {
    #[serde(rename = "_score")]
    pub score: Option<f64>,
    #[serde(borrow, default)]
    fields: SearchHitFields<'a>,
    #[serde(default)]
    sort: Vec<Value>,
}

#[derive(Debug, Default, Deserialize)]
struct SearchHitFields<'a> {
    #[serde(borrow, default)]
    asset: Vec<Cow<'a, str>>,
    #[serde(default)]
    commit: Vec<u64>,
    #[serde(borrow, default)]
    body: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    vector: Vec<Cow<'a, str>>,
    #[serde(default)]
    start_ns: Vec<i64>,
}

#[derive(Debug, Deserialize)]
struct Answer<'a> {
    pit_id: Option<String>,
    #[serde(default)]
    timed_out: bool,
    // Missing when nothing is found.
    #[serde(borrow, default)]
    hits: AnswerHits<'a>,
}

#[derive(Debug, Default, Deserialize)]
struct AnswerHits<'a> {
    #[serde(borrow, default)]
    hits: Vec<SearchHit<'a>>,
}

impl SearchHit<'_> {
    pub fn asset(&self) -> &str {
        self.fields.asset.first().map_or("", Cow::as_ref)
    }

    /// The commit that wrote it.
    pub fn commit(&self) -> Commit {
        Commit(self.fields.commit.first().copied().unwrap_or_default())
    }

    pub fn start_ns(&self) -> i64 {
        self.fields.start_ns.first().copied().unwrap_or_default()
    }

    /// The annotation itself.
    pub fn annotation(&self, asset: &AssetId) -> Result<FusedAnnotation> {
        let body = self.fields.body.first().map_or("", Cow::as_ref);
        document::read(asset, body, self.fields.vector.first().map(Cow::as_ref))
    }
}

impl PointInTime {
    pub fn open(client: &Arc<Client>, alias: &str, renewal: Renewal) -> Result<Self> {
        let id = open(client, alias)?;
        Ok(Self { client: client.clone(), alias: alias.to_owned(), id: Mutex::new(id), renewal })
    }

    fn id(&self) -> String {
        self.id.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, id: String) {
        *self.id.lock().unwrap_or_else(PoisonError::into_inner) = id;
    }

    /// Sends a search request at this point. One that the cluster has closed is reopened: documents carry their
    /// validities, so the read point still means the same.
    pub fn search(&self, mut body: Value, query_string: &str) -> Result<Vec<u8>> {
        let path = format!("/_search?allow_partial_search_results=false&{query_string}");
        for last in [false, true] {
            body["pit"] = json!({"id": self.id(), "keep_alive": KEEP_ALIVE});
            let bytes = body.to_string().into_bytes();
            match self.client.bytes(&ApiRequest::post(&path).with(&bytes)) {
                Err(failure) if !last && failure.is_closed_point() => {
                    self.renewal.check()?;
                    self.set(open(&self.client, &self.alias)?);
                }
                answered => return Ok(answered?),
            }
        }
        Err(Error::bug("a search was neither answered nor refused"))
    }

    /// The same for aggregations.
    pub fn aggregate(&self, body: Value) -> Result<Value> {
        let bytes = self.search(body, "filter_path=pit_id,timed_out,hits.total,aggregations")?;
        let mut answer: Value = serde_json::from_slice(&bytes).map_err(|e| malformed(&e))?;
        if let Some(id) = answer.get("pit_id").and_then(Value::as_str) {
            self.set(id.to_owned());
        }
        Ok(answer.get_mut("aggregations").map(Value::take).unwrap_or_default())
    }

    /// Calls `each` with every hit of a query, in any order.
    pub fn scan(
        &self,
        query: &Value,
        fields: Fields,
        each: &mut dyn FnMut(&SearchHit<'_>) -> Result<()>,
    ) -> Result<()> {
        let sort = json!(["_shard_doc"]);
        self.pages(query, fields, &sort, PAGE, &mut |hits| {
            hits.iter().try_for_each(&mut *each)?;
            Ok(Some(PAGE))
        })
    }

    /// Calls `page` with the hits of a query, page by page, in the order of `sort`. The first page has at most `size`
    /// hits; `page` returns the size of the next, or none to stop.
    pub fn pages(
        &self,
        query: &Value,
        fields: Fields,
        sort: &Value,
        mut size: usize,
        page: &mut dyn FnMut(&[SearchHit<'_>]) -> Result<Option<usize>>,
    ) -> Result<()> {
        let docvalues: &[&str] = match fields {
            Fields::Body => &["asset", "commit", "body"],
            Fields::Whole => &["asset", "commit", "body", "vector"],
            Fields::Times => &["asset", "commit", "start_ns"],
        };
        let mut after: Option<Vec<Value>> = None;
        loop {
            let mut body = json!({
                "query": query, "size": size, "sort": sort, "track_total_hits": false,
                "stored_fields": "_none_", "docvalue_fields": docvalues,
            });
            if let Some(after) = after.take() {
                body["search_after"] = after.into();
            }
            let shown = "filter_path=pit_id,timed_out,hits.hits._score,hits.hits.fields,hits.hits.sort";
            let bytes = self.search(body, shown)?;
            let answer: Answer<'_> = serde_json::from_slice(&bytes).map_err(|e| malformed(&e))?;
            if answer.timed_out {
                return Err(Error::new(ErrorKind::Busy, "elasticsearch: the search took too long")
                    .mend("try again later"));
            }
            if let Some(id) = answer.pit_id {
                self.set(id);
            }
            let hits = answer.hits.hits;
            let next = page(&hits)?;
            let Some(next) = next.filter(|_| hits.len() >= size) else { return Ok(()) };
            size = next;
            after = hits.last().map(|hit| hit.sort.clone());
        }
    }
}

impl Drop for PointInTime {
    fn drop(&mut self) {
        let body = json!({"id": self.id()}).to_string().into_bytes();
        // If this fails, the point in time expires by itself.
        let _ = self.client.once(&ApiRequest::delete("/_pit").with(&body));
    }
}

fn open(client: &Client, alias: &str) -> Result<String> {
    let answer = client.json(&ApiRequest::post(format!("/{alias}/_pit?keep_alive={KEEP_ALIVE}")))?;
    let id = answer.get("id").and_then(Value::as_str);
    Ok(id.map(str::to_owned).ok_or_else(|| Failure::Malformed("a point in time has no id".to_owned()))?)
}

fn malformed(error: &serde_json::Error) -> Error {
    Failure::Malformed(error.to_string()).into()
}
