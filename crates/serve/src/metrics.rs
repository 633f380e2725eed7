//! Counters and histograms in the Prometheus text format.
//!
//! We have our own registry: a dozen families in one page of code, instead of a dependency that pulls in a second HTTP
//! stack.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the latency histogram, in seconds.
const BOUNDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// The media type of the text format.
pub const METRICS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Debug, Default)]
struct Histogram {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

#[derive(Debug, Default)]
struct Requests {
    /// By route, method and status.
    counts: BTreeMap<(String, &'static str, u16), u64>,
    /// By route and method.
    seconds: BTreeMap<(String, &'static str), Histogram>,
}

/// What the server counts by itself.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<Requests>,
    /// Requests being answered now.
    pub in_flight: AtomicI64,
    /// Annotations newly kept.
    pub accepted: AtomicU64,
    /// Annotations that were there already.
    pub duplicates: AtomicU64,
    /// Annotations rejected.
    pub rejected: AtomicU64,
    /// Bytes of annotations ingested.
    pub ingest_bytes: AtomicU64,
    /// Panics caught.
    pub panics: AtomicU64,
    /// Audit lines that could not be written.
    pub audit_failures: AtomicU64,
}

/// A page of metric families in Prometheus' text format.
#[derive(Debug, Default)]
pub struct MetricsPage(String);

impl MetricsPage {
    /// Begins a family.
    pub fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// Adds a sample with labels.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.0.push_str(name);
        if !labels.is_empty() {
            self.0.push('{');
            for (i, (label, text)) in labels.iter().enumerate() {
                let comma = if i == 0 { "" } else { "," };
                let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                let _ = write!(self.0, "{comma}{label}=\"{text}\"");
            }
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }

    /// A family of one sample without labels.
    pub fn single(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    /// The text.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

impl Metrics {
    /// Counts an answered request.
    pub fn answered(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.counts.entry((route.to_owned(), method, status)).or_default() += 1;
        let histogram = requests.seconds.entry((route.to_owned(), method)).or_default();
        let seconds = took.as_secs_f64();
        for (bucket, bound) in histogram.buckets.iter_mut().zip(BOUNDS) {
            *bucket += u64::from(seconds <= bound);
        }
        histogram.count += 1;
        histogram.seconds += seconds;
    }

    /// Writes the families.
    pub fn write(&self, page: &mut MetricsPage) {
        self.write_requests(page);
        let counter = |page: &mut MetricsPage, name: &str, help: &str, value: &AtomicU64| {
            page.single(name, "counter", help, value.load(Ordering::Relaxed));
        };
        page.single(
            "rushes_http_requests_in_flight",
            "gauge",
            "Requests being answered now.",
            self.in_flight.load(Ordering::Relaxed),
        );
        page.family(
            "rushes_ingest_annotations_total",
            "counter",
            "Annotations sent, by what became of them.",
        );
        for (outcome, value) in
            [("accepted", &self.accepted), ("duplicate", &self.duplicates), ("rejected", &self.rejected)]
        {
            let value = value.load(Ordering::Relaxed);
            page.sample("rushes_ingest_annotations_total", &[("outcome", outcome)], value);
        }
        counter(page, "rushes_ingest_bytes_total", "Bytes of annotations ingested.", &self.ingest_bytes);
        counter(page, "rushes_panics_total", "Panics caught.", &self.panics);
        counter(
            page,
            "rushes_audit_failures_total",
            "Audit lines that could not be written.",
            &self.audit_failures,
        );
    }

    fn write_requests(&self, page: &mut MetricsPage) {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        page.family("rushes_http_requests_total", "counter", "Requests answered.");
        for ((route, method, status), count) in &requests.counts {
            let status = status.to_string();
            let labels = [("route", route.as_str()), ("method", method), ("status", &status)];
            page.sample("rushes_http_requests_total", &labels, count);
        }
        let name = "rushes_http_request_seconds";
        page.family(name, "histogram", "Time until the answer began.");
        for ((route, method), histogram) in &requests.seconds {
            let labels = [("route", route.as_str()), ("method", method)];
            for (bucket, bound) in histogram.buckets.iter().zip(BOUNDS) {
                let bound = bound.to_string();
                let labels = [labels[0], labels[1], ("le", bound.as_str())];
                page.sample(&format!("{name}_bucket"), &labels, bucket);
            }
            let all = [labels[0], labels[1], ("le", "+Inf")];
            page.sample(&format!("{name}_bucket"), &all, histogram.count);
            page.sample(&format!("{name}_sum"), &labels, histogram.seconds);
            page.sample(&format!("{name}_count"), &labels, histogram.count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_reads_as_prometheus_reads_it() {
        let metrics = Metrics::default();
        metrics.answered("/v1/search", "POST", 200, Duration::from_millis(3));
        metrics.answered("/v1/search", "POST", 200, Duration::from_secs(2));
        metrics.answered("/a\"b", "GET", 404, Duration::ZERO);
        let mut page = MetricsPage::default();
        metrics.write(&mut page);
        let text = page.into_text();
        for line in [
            "rushes_http_requests_total{route=\"/v1/search\",method=\"POST\",status=\"200\"} 2",
            "rushes_http_requests_total{route=\"/a\\\"b\",method=\"GET\",status=\"404\"} 1",
            "rushes_http_request_seconds_bucket{route=\"/v1/search\",method=\"POST\",le=\"0.005\"} 1",
            "rushes_http_request_seconds_bucket{route=\"/v1/search\",method=\"POST\",le=\"+Inf\"} 2",
            "rushes_http_request_seconds_sum{route=\"/v1/search\",method=\"POST\"} 2.003",
            "# TYPE rushes_http_request_seconds histogram",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }
}
