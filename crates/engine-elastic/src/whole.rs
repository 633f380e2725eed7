//! Is an answer of 200 whole? Elasticsearch answers 200 also where some shards failed, where time ran out, or where not
//! all nodes have heard of a change.

use serde_json::{Value, json};

use crate::answers::{FAILED_SHARDS, NOT_ACKNOWLEDGED, TIMED_OUT};
use crate::errors::{Failure, Refusal};

/// What an answer must show besides its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Whole {
    /// Nothing.
    #[default]
    Anything,
    /// That no shard failed and time did not run out.
    Search,
    /// That no shard failed.
    Shards,
    /// That all nodes know of the change.
    Acknowledged,
}

/// What a search must be asked to show, so that [`Whole::Search`] can be checked.
pub(crate) const SHOWN: &str = "timed_out,_shards.total,_shards.failed,_shards.failures";

impl Whole {
    /// Checks an answer.
    pub fn check(self, answer: &Value) -> Result<(), Failure> {
        match self {
            Self::Anything => Ok(()),
            Self::Search => time_left(answer).and_then(|()| no_shard_failed(answer)),
            Self::Shards => no_shard_failed(answer),
            Self::Acknowledged => match answer.get("acknowledged") {
                Some(Value::Bool(false)) => refused(NOT_ACKNOWLEDGED, String::new()),
                _ => Ok(()),
            },
        }
    }
}

fn refused(kind: &str, reason: String) -> Result<(), Failure> {
    Err(Failure::Refused(Refusal::in_a_200(kind, reason)))
}

fn time_left(answer: &Value) -> Result<(), Failure> {
    match answer.get("timed_out") {
        Some(Value::Bool(true)) => refused(TIMED_OUT, String::new()),
        _ => Ok(()),
    }
}

fn number(answer: &Value, at: &str) -> u64 {
    answer.pointer(at).and_then(Value::as_u64).unwrap_or_default()
}

fn no_shard_failed(answer: &Value) -> Result<(), Failure> {
    let (failed, total) = (number(answer, "/_shards/failed"), number(answer, "/_shards/total"));
    if failed == 0 {
        return Ok(());
    }
    let failures =
        answer.pointer("/_shards/failures").and_then(Value::as_array).filter(|all| !all.is_empty());
    match failures {
        // A failure of a kind that is not known is the engine's own trouble.
        Some(failures) => Err(Failure::Refused(Refusal::of(500, &json!({"failed_shards": failures})))),
        None => refused(FAILED_SHARDS, format!("{failed} of {total} shards failed")),
    }
}

/// Did fewer copies answer than there are? A copy that is not there does not count as failed.
pub(crate) fn is_short(answer: &Value) -> bool {
    number(answer, "/_shards/successful") < number(answer, "/_shards/total")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rushes_types::{Error, ErrorKind};

    fn kind_of(whole: Whole, answer: &Value) -> Option<(bool, ErrorKind)> {
        whole.check(answer).err().map(|failure| (failure.may_pass(), Error::from(failure).kind()))
    }

    #[test]
    fn an_answer_that_is_not_whole_is_a_failure() {
        let shards = |failures: Value| json!({"_shards": {"total": 4, "successful": 2, "failed": 2, "failures": failures}});
        let failure = |kind: &str| json!({"shard": 0, "index": "i", "reason": {"type": kind, "reason": "r"}});
        let moving = shards(json!([failure("x_exception"), failure("index_shard_closed_exception")]));
        let broken = shards(json!([failure("x_exception")]));
        for whole in [Whole::Search, Whole::Shards] {
            assert_eq!(kind_of(whole, &json!({"_shards": {"total": 2, "successful": 2, "failed": 0}})), None);
            assert_eq!(kind_of(whole, &moving), Some((true, ErrorKind::Unavailable)));
            assert_eq!(kind_of(whole, &broken), Some((false, ErrorKind::Unavailable)));
            assert_eq!(kind_of(whole, &shards(json!([]))), Some((true, ErrorKind::Unavailable)));
        }
        let late = json!({"timed_out": true, "_shards": {"failed": 0}});
        assert_eq!(kind_of(Whole::Search, &late), Some((true, ErrorKind::Busy)));
        assert_eq!(kind_of(Whole::Anything, &late), None);
        let unheard = json!({"acknowledged": false});
        assert_eq!(kind_of(Whole::Acknowledged, &unheard), Some((true, ErrorKind::Unavailable)));
        assert_eq!(kind_of(Whole::Acknowledged, &json!({"acknowledged": true})), None);
    }

    #[test]
    fn copies_that_are_not_there_are_noticed() {
        assert!(is_short(&json!({"_shards": {"total": 2, "successful": 1, "failed": 0}})));
        assert!(!is_short(&json!({"_shards": {"total": 2, "successful": 2, "failed": 0}})));
    }
}
