//! Answers of a point in time, kept because they cannot change: the same clause in the next question, the next page of a
//! question, a word typed on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Most answers kept: small ones take more than their bytes.
const ANSWERS_MAX: usize = 4_096;
/// One answer may take this part of all.
const SHARE: usize = 4;

/// Which request it was, and at which opening of the point in time.
pub(crate) type AnswerKey = (u64, u128);

/// The answers, those used last, up to a number of bytes.
#[derive(Debug)]
pub(crate) struct KeptAnswers {
    bytes_max: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<AnswerKey, (Arc<Vec<u8>>, u64)>,
    bytes: usize,
    /// Counts uses.
    now: u64,
}

impl KeptAnswers {
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, kept: Mutex::default() }
    }

    /// The answer to a request, if it is kept.
    pub fn get(&self, key: AnswerKey) -> Option<Arc<Vec<u8>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.now += 1;
        let now = kept.now;
        let (answer, used) = kept.answers.get_mut(&key)?;
        *used = now;
        Some(Arc::clone(answer))
    }

    /// Keeps an answer; those not used for longest go.
    pub fn put(&self, key: AnswerKey, answer: &Arc<Vec<u8>>) {
        if answer.len() > self.bytes_max / SHARE {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.now += 1;
        let now = kept.now;
        if let Some((old, _)) = kept.answers.insert(key, (Arc::clone(answer), now)) {
            kept.bytes -= old.len();
        }
        kept.bytes += answer.len();
        while kept.bytes > self.bytes_max || kept.answers.len() > ANSWERS_MAX {
            let oldest = kept.answers.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key);
            let Some((old, _)) = oldest.and_then(|key| kept.answers.remove(&key)) else { return };
            kept.bytes -= old.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_stays_within_the_bytes() {
        let kept = KeptAnswers::new(100);
        let answer = |bytes: usize| Arc::new(vec![7; bytes]);
        for no in 0..4 {
            kept.put((0, no), &answer(25));
        }
        assert!(kept.get((0, 0)).is_some());
        kept.put((0, 4), &answer(25));
        assert!(kept.get((0, 1)).is_none() && kept.get((0, 0)).is_some() && kept.get((0, 4)).is_some());
        kept.put((0, 5), &answer(26));
        assert!(kept.get((0, 5)).is_none(), "one is not kept in place of many");
        assert!(kept.get((1, 0)).is_none(), "another opening is another index");
        let none = KeptAnswers::new(0);
        none.put((0, 1), &answer(1));
        assert!(none.get((0, 1)).is_none());
    }
}
