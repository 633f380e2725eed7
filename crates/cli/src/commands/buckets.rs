//! `rushes buckets`: the annotations of each second, as documents or as tracks.

use std::collections::BTreeMap;

use axum::http::{Method, header};
use serde_json::Value;

use crate::args::Buckets;
use crate::client::{Client, Payload, encode};
use crate::config::Config;
use crate::exit::Outcome;
use crate::output::{self, bold, clock, count, faint};

/// Columns of a track: more buckets than these share a column.
const COLUMNS: usize = 60;
/// Letters of a track's name.
const NAME_CHARS: usize = 28;
/// Lines of dialogue that are listed below the tracks.
const LINES_SHOWN: usize = 40;

/// Runs the command.
pub fn run(config: &Config, args: &Buckets, json_output: bool, quiet: bool) -> Outcome {
    let client = Client::reader(config)?;
    super::wait::before_reading(&client, quiet)?;
    let mut query = String::from("?limit=3600");
    for (name, time) in [("from", &args.from), ("to", &args.to)] {
        if let Some(time) = time {
            query.push_str(&format!("&{name}={}", encode(time)));
        }
    }
    let mut buckets = Vec::new();
    each_page(&client, &args.asset, query, &mut |page| buckets.extend(page))?;
    if json_output {
        return output::json(&Value::Array(buckets));
    }
    Tracks::of(&buckets).print(&args.asset, &buckets);
    Ok(())
}

/// All buckets asked for, page by page: each answer names the next page in the header `link`.
pub fn each_page(
    client: &Client,
    asset: &str,
    mut query: String,
    each: &mut dyn FnMut(Vec<Value>),
) -> Outcome {
    loop {
        let path = format!("/v1/buckets/{}{query}", encode(asset));
        let reply = client.send(Method::GET, &path, Payload::Empty)?;
        let next = reply.headers.get(header::LINK).and_then(|l| l.to_str().ok()).and_then(next_query);
        if let Value::Array(page) = reply.json()? {
            each(page);
        }
        match next {
            Some(next) => query = next,
            None => return Ok(()),
        }
    }
}

/// The query of `<?from=…>; rel="next"`.
fn next_query(link: &str) -> Option<String> {
    let (query, rest) = link.strip_prefix('<')?.split_once('>')?;
    rest.contains("rel=\"next\"").then(|| query.to_owned())
}

/// What is on each track, bucket by bucket.
#[derive(Debug, Default)]
struct Tracks {
    /// By type and name: the times at which its buckets start.
    tracks: BTreeMap<(String, String), Vec<i64>>,
    /// Lines of dialogue, each once, by start.
    lines: BTreeMap<(i64, String), String>,
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or("")
}

fn start_of(bucket: &Value) -> i64 {
    bucket.get("time_bucket_start_ns").and_then(Value::as_i64).unwrap_or(0)
}

impl Tracks {
    fn of(buckets: &[Value]) -> Self {
        let mut tracks = Self::default();
        for bucket in buckets {
            let annotations = bucket.get("source_annotations").and_then(Value::as_array);
            for annotation in annotations.into_iter().flatten() {
                tracks.add(start_of(bucket), annotation);
            }
        }
        tracks
    }

    fn add(&mut self, at: i64, annotation: &Value) {
        let kind = text(annotation, "annotation_type").trim_end_matches("_SEARCH").to_lowercase();
        let label = text(annotation, "label");
        let said = text(annotation, "text");
        let model = text(annotation, "model");
        let name = match (label, said) {
            ("", "") if annotation.get("embedding_vector").is_some() => format!("vectors of {model}"),
            ("", _) => model.to_owned(),
            (label, _) => label.to_owned(),
        };
        let starts = self.tracks.entry((kind, name)).or_default();
        if starts.last() != Some(&at) {
            starts.push(at);
        }
        if !said.is_empty() {
            let start = annotation.pointer("/time_range/start_time_ns").and_then(Value::as_i64).unwrap_or(0);
            let speaker = annotation.pointer("/attributes/speaker").and_then(Value::as_str);
            let line = speaker.map_or_else(|| said.to_owned(), |s| format!("{s}: {said}"));
            self.lines.insert((start, text(annotation, "annotation_id").to_owned()), line);
        }
    }

    fn print(&self, asset: &str, buckets: &[Value]) {
        let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else {
            output::line(&format!("`{asset}` has no buckets there"));
            return;
        };
        let from = start_of(first);
        let to = last.get("time_bucket_end_ns").and_then(Value::as_i64).unwrap_or(from);
        let bucket_ns = first.get("time_bucket_end_ns").and_then(Value::as_i64).unwrap_or(from + 1) - from;
        let n = usize::try_from((to - from) / bucket_ns.max(1)).unwrap_or(usize::MAX);
        let each = n.div_ceil(COLUMNS).max(1);
        output::line(&format!(
            "{}  {} – {}, {}",
            bold(asset),
            clock(from),
            clock(to),
            output::plural(buckets.len() as u64, "bucket")
        ));
        output::line(&faint(&format!(
            "{:NAME_CHARS$}  each column {} of buckets",
            "",
            crate::show::seconds(bucket_ns.saturating_mul(i64::try_from(each).unwrap_or(1)))
        )));
        let mut kind_before = "";
        for ((kind, name), starts) in &self.tracks {
            if kind != kind_before {
                output::line(&bold(kind));
                kind_before = kind;
            }
            output::line(&format!(
                "  {:width$}{}",
                cut(name),
                bar(starts, from, bucket_ns, each, n),
                width = NAME_CHARS
            ));
        }
        if !self.lines.is_empty() {
            output::line("");
        }
        for ((start, _), line) in self.lines.iter().take(LINES_SHOWN) {
            output::line(&format!("{}  {line}", faint(&clock(*start))));
        }
        if self.lines.len() > LINES_SHOWN {
            let more = self.lines.len() - LINES_SHOWN;
            output::line(&format!("… and {} more lines; narrow it with --from and --to", count(more as u64)));
        }
    }
}

/// A name in as many letters as a track has for it.
fn cut(name: &str) -> String {
    if name.chars().count() < NAME_CHARS {
        return name.to_owned();
    }
    name.chars().take(NAME_CHARS - 2).chain(['…']).collect()
}

/// A bar with a block for each column in which the track has a bucket.
fn bar(starts: &[i64], from: i64, bucket_ns: i64, each: usize, n: usize) -> String {
    let mut filled = vec![false; n.div_ceil(each)];
    for start in starts {
        let column = usize::try_from((start - from) / bucket_ns.max(1)).unwrap_or(usize::MAX) / each;
        if let Some(cell) = filled.get_mut(column) {
            *cell = true;
        }
    }
    filled.into_iter().map(|f| if f { '█' } else { '·' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_are_blocks_where_buckets_are() {
        assert_eq!(bar(&[10, 11, 13], 10, 1, 1, 4), "██·█");
        assert_eq!(bar(&[10, 11, 13], 10, 1, 2, 4), "██");
        assert_eq!(next_query("<?from=4.0&limit=2>; rel=\"next\"").as_deref(), Some("?from=4.0&limit=2"));
        assert_eq!(next_query("garbage"), None);
        assert!(cut(&"é".repeat(99)).chars().count() < NAME_CHARS);
    }
}
