//! What encoders are asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use rushes_archive::{Archive, Body, Caller, IngestOptions, OpenOptions, SearchRequest};
use rushes_query::Encoders;
use rushes_types::{Result, Space};

/// Knows an encoder of every space, and counts what it is asked.
#[derive(Debug, Default)]
struct Counting {
    texts: AtomicUsize,
}

impl Encoders for Counting {
    fn encodes_text(&self, _: &Space) -> bool {
        true
    }

    fn encode_text(&self, space: &Space, _: &str) -> Result<Option<Vec<f32>>> {
        self.texts.fetch_add(1, SeqCst);
        Ok(Some(vec![1.0; space.dimensions]))
    }

    fn encode_image(&self, _: &Space, _: &str) -> Result<Option<Vec<f32>>> {
        Ok(None)
    }
}

#[test]
fn a_question_is_encoded_once_and_nothing_is_encoded_to_see_whether_it_can_be() {
    let dir = tempfile::TempDir::new().unwrap();
    let encoders = Arc::new(Counting::default());
    let options =
        OpenOptions { encoders: Arc::clone(&encoders) as Arc<dyn Encoders>, ..OpenOptions::default() };
    let archive = Archive::open(&dir.path().join("a"), options).unwrap();
    let caller = Caller::local();
    let line = "{\"asset_id\":\"e1\",\"movie_id\":\"show\",\"model\":\"clip@1\",\"type\":\"SCENE_SEARCH\",\
                \"embedding_vector\":[1,0.5],\"time_range\":{\"start_time_ns\":0,\"end_time_ns\":1000000000}}\n";
    archive.ingest(&caller, Body::Lines(line.as_bytes()), &IngestOptions::default()).unwrap();
    let upto = archive.status().unwrap().last_commit;
    assert!(archive.wait_caught_up(upto, Duration::from_secs(60)).unwrap());
    let request =
        SearchRequest { q: Some("somebody running downhill".to_owned()), ..SearchRequest::default() };
    let answer = archive.search(&caller, &request).unwrap();
    assert_eq!(answer.total, 1, "{answer:?}");
    assert_eq!(encoders.texts.load(SeqCst), 1);
}
