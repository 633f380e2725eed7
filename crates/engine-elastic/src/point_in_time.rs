//! Reads through a point in time: all hits of a query, page by page.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use rushes_index::{Budget, Clock};
use rushes_types::{AssetId, Commit, Error, FusedAnnotation, ReadPoint, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{ApiRequest, Client};
use crate::document;
use crate::errors::{Failure, of_search};
use crate::kept_answers::{AnswerKey, KeptAnswers};
use crate::meta::Meta;
use crate::waits::ForCaller;
use crate::whole::Whole;

/// Hits of one page: the most that engines return at once.
pub(crate) const PAGE: usize = 10_000;
/// How long a point in time stays open without requests: a little longer than a read point is kept.
const KEEP_ALIVE: &str = "6m";

/// The state of an index as it was when this was made.
#[derive(Debug)]
pub(crate) struct PointInTime {
    client: Arc<Client>,
    alias: String,
    opened: Mutex<Opened>,
    kept: KeptAnswers,
    renewal: Renewal,
}

/// The id of a point in time, and how often it was opened anew.
#[derive(Debug, Clone)]
struct Opened {
    id: String,
    times: u64,
}

/// An answer to a search at a point in time.
struct PointAnswer {
    bytes: Arc<Vec<u8>>,
    key: AnswerKey,
    is_kept: bool,
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
    #[serde(rename = "_shards", default)]
    shards: Value,
    // Missing when nothing is found.
    #[serde(borrow, default)]
    hits: AnswerHits<'a>,
}

impl Answer<'_> {
    fn check_whole(&self) -> Result<(), Failure> {
        Whole::Search.check(&json!({"timed_out": self.timed_out, "_shards": self.shards}))
    }
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

    /// Bytes of what it came with.
    pub fn bytes(&self) -> usize {
        let of = |all: &[Cow<'_, str>]| all.iter().map(|text| text.len()).sum::<usize>();
        of(&self.fields.body) + of(&self.fields.vector)
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
    pub fn open(client: &Arc<Client>, alias: &str, renewal: Renewal, cache_bytes: usize) -> Result<Self> {
        let opened = Opened { id: open(client, alias)?, times: 0 };
        Ok(Self {
            client: client.clone(),
            alias: alias.to_owned(),
            opened: Mutex::new(opened),
            kept: KeptAnswers::new(cache_bytes),
            renewal,
        })
    }

    fn opened(&self) -> Opened {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over the id of an answer, if the point in time was not opened anew since.
    fn set(&self, times: u64, id: &str) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.times == times {
            id.clone_into(&mut opened.id);
        }
    }

    /// Opens it anew, where the cluster has closed it: documents carry their validities, so the read point still means
    /// the same.
    fn open_anew(&self, closed: &Opened) -> Result<()> {
        self.renewal.check()?;
        let id = open(&self.client, &self.alias)?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.times == closed.times {
            *opened = Opened { id, times: closed.times + 1 };
        }
        Ok(())
    }

    /// Sends a search request at this point, unless its answer is kept. It is given up when the caller goes away.
    fn search(&self, body: &Value, shown: &str, budget: &Budget) -> Result<PointAnswer> {
        let _waits = ForCaller::of(budget);
        let text = format!("{shown} {body}");
        let request = xxhash_rust::xxh3::xxh3_128(text.as_bytes());
        for last in [false, true] {
            let opened = self.opened();
            let key = (opened.times, request);
            if let Some(bytes) = self.kept.get(key) {
                return Ok(PointAnswer { bytes, key, is_kept: true });
            }
            let mut body = body.clone();
            body["pit"] = json!({"id": opened.id, "keep_alive": KEEP_ALIVE});
            let bytes = body.to_string().into_bytes();
            match self.client.bytes(&ApiRequest::search("", shown, "").with(&bytes)) {
                Err(failure) if !last && failure.is_closed_point() => {
                    self.open_anew(&opened)?;
                    if body.get("search_after").is_some() {
                        // The places of hits mean nothing at another point: the caller begins again.
                        return Err(of_search(failure.into()));
                    }
                }
                answered => {
                    let bytes = answered.or_else(|failure| {
                        // Whoever has gone away is not told of the cluster.
                        budget.check()?;
                        Err(of_search(failure.into()))
                    })?;
                    return Ok(PointAnswer { bytes: Arc::new(bytes), key, is_kept: false });
                }
            }
        }
        Err(Error::bug("a search was neither answered nor refused"))
    }

    /// What follows from an answer that was found whole: its id is the newest, and it can be kept.
    fn keep(&self, answer: &PointAnswer, id: Option<&str>) {
        if answer.is_kept {
            return;
        }
        if let Some(id) = id {
            self.set(answer.key.0, id);
        }
        self.kept.put(answer.key, &answer.bytes);
    }

    /// The same for aggregations.
    pub fn aggregate(&self, body: &Value, budget: &Budget) -> Result<Value> {
        budget.check()?;
        let found = self.search(body, "pit_id,hits.total,aggregations", budget)?;
        let mut answer: Value = serde_json::from_slice(&found.bytes).map_err(|e| malformed(&e))?;
        Whole::Search.check(&answer)?;
        self.keep(&found, answer.get("pit_id").and_then(Value::as_str));
        Ok(answer.get_mut("aggregations").map(Value::take).unwrap_or_default())
    }

    /// Calls `each` with every hit of a query, in any order.
    pub fn scan(
        &self,
        query: &Value,
        fields: Fields,
        budget: &Budget,
        each: &mut dyn FnMut(&SearchHit<'_>) -> Result<()>,
    ) -> Result<()> {
        let sort = json!(["_shard_doc"]);
        self.pages(query, fields, &sort, PAGE, budget, &mut |hits| {
            hits.iter().try_for_each(&mut *each)?;
            Ok(Some(PAGE))
        })
    }

    /// Calls `page` with the hits of a query, page by page, in the order of `sort`. The first page has at most `size`
    /// hits; `page` returns the size of the next, or none to stop. The budget is looked at before each request and after.
    pub fn pages(
        &self,
        query: &Value,
        fields: Fields,
        sort: &Value,
        mut size: usize,
        budget: &Budget,
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
            let shown = "pit_id,hits.hits._score,hits.hits.fields,hits.hits.sort";
            budget.check()?;
            let found = self.search(&body, shown, budget)?;
            // A kept answer is read again and costs as much of this process as a new one.
            let _held = budget.hold(found.bytes.len() as u64)?;
            let answer: Answer<'_> = serde_json::from_slice(&found.bytes).map_err(|e| malformed(&e))?;
            answer.check_whole()?;
            self.keep(&found, answer.pit_id.as_deref());
            budget.check()?;
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
        let body = json!({"id": self.opened().id}).to_string().into_bytes();
        // If this fails, the point in time expires by itself.
        let _ = self.client.once(&ApiRequest::delete("/_pit").with(&body));
    }
}

fn open(client: &Client, alias: &str) -> Result<String> {
    let ask = ApiRequest::post(format!("/{alias}/_pit?keep_alive={KEEP_ALIVE}"));
    let answer = client.json(&ask).map_err(|failure| of_search(failure.into()))?;
    let id = answer.get("id").and_then(Value::as_str);
    Ok(id.map(str::to_owned).ok_or_else(|| Failure::Malformed("a point in time has no id".to_owned()))?)
}

fn malformed(error: &serde_json::Error) -> Error {
    Failure::Malformed(error.to_string()).into()
}
