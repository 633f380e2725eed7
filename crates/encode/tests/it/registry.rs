use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rushes_encode::{BUILT_IN, BUILT_IN_DIMENSIONS, Encoder, Registry};
use rushes_types::{ErrorKind, Metric, Result, Space, SpaceId};

/// Counts its calls; a text is as many numbers as it has letters.
#[derive(Debug, Default)]
struct Counting(AtomicUsize);

impl Encoder for Counting {
    fn name(&self) -> &str {
        "counting@1"
    }
    fn dimensions(&self) -> Option<usize> {
        None
    }
    fn metric(&self) -> Metric {
        Metric::L2
    }
    fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Option<Vec<f32>>>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(texts.iter().map(|t| (!t.is_empty()).then(|| vec![1.0; t.len()])).collect())
    }
    fn takes_pictures(&self) -> bool {
        true
    }
    fn encode_pictures(&self, pictures: &[&[u8]]) -> Result<Vec<Vec<f32>>> {
        Ok(pictures.iter().map(|p| vec![f32::NAN; p.len()]).collect())
    }
}

fn space(encoder: Option<&str>, dimensions: usize) -> Space {
    let id = SpaceId::new("s").unwrap();
    Space { id, dimensions, metric: Metric::Cosine, encoder: encoder.map(str::to_owned) }
}

#[test]
fn a_space_is_encoded_by_the_encoder_that_it_names() {
    let registry = Registry::built_in().unwrap();
    let text = |s: &Space| registry.text(s, "kitchen").unwrap();
    assert!(text(&space(Some(BUILT_IN), BUILT_IN_DIMENSIONS)).is_some());
    assert!(text(&space(None, BUILT_IN_DIMENSIONS)).is_none());
    assert!(text(&space(Some("unheard-of@1"), BUILT_IN_DIMENSIONS)).is_none());
    assert!(registry.picture(&space(Some(BUILT_IN), 4), "no picture").unwrap().is_none());
    assert_eq!(registry.names().collect::<Vec<_>>(), [BUILT_IN]);
}

#[test]
fn what_does_not_fit_the_space_is_said() {
    let registry = Registry::built_in().unwrap();
    let error = registry.text(&space(Some(BUILT_IN), 7), "kitchen").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("256 numbers, and the space holds 7"), "{}", error.message());
}

#[test]
fn the_same_question_is_encoded_once() {
    let counting = Arc::new(Counting::default());
    let mut registry = Registry::default();
    registry.add(counting.clone()).unwrap();
    assert_eq!(registry.add(counting.clone()).unwrap_err().kind(), ErrorKind::Conflict);
    let four = space(Some("counting@1"), 4);
    for _ in 0..3 {
        assert_eq!(registry.text(&four, "word").unwrap(), Some(vec![1.0; 4]));
        assert_eq!(registry.text(&four, "").unwrap(), None);
    }
    assert_eq!(counting.0.load(Ordering::Relaxed), 2);
}

#[test]
fn what_is_no_number_is_refused() {
    let mut registry = Registry::default();
    registry.add(Arc::new(Counting::default())).unwrap();
    let png = "iVBORw0KGgo="; // only the signature
    let error = registry.picture(&space(Some("counting@1"), 8), png).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
