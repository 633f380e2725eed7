//! Turns Kafka's errors into the product's, by the table of [`crate::answers`].

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rushes_types::{Error, ErrorKind};

use crate::answers::Answer;

/// An error of the client, with what it was doing.
pub fn error(what: &str, cause: &KafkaError) -> Error {
    match cause {
        KafkaError::AdminOp(code) => coded(what, *code),
        KafkaError::ClientConfig(_, why, key, value) => setting(why, key, value),
        KafkaError::ClientCreation(why) => {
            Error::invalid(format!("{what}: {}", why.trim_end_matches('.').to_lowercase()))
                .mend("mend it in `client_settings`")
                .at("/client_settings")
        }
        cause => match cause.rdkafka_error_code() {
            Some(code) => coded(what, code),
            None => Error::new(ErrorKind::Unavailable, format!("{what}: {cause}")),
        },
    }
}

/// A setting that the client rejects.
fn setting(why: &str, key: &str, value: &str) -> Error {
    let mend = if key.starts_with("ssl.") || key.starts_with("sasl.") || key == "security.protocol" {
        "mend it in `client_settings`; a build with the feature `ssl` or `sasl` may be needed"
    } else {
        "mend it in `client_settings`"
    };
    let secret = ["password", "secret", "key", "jaas", "oauth"].iter().any(|sign| key.contains(sign));
    let (value, why) = if secret {
        (String::new(), String::new())
    } else {
        (format!(" = `{value}`"), format!(": {}", why.trim_end_matches('.').to_lowercase()))
    };
    Error::invalid(format!("the kafka client does not take `{key}`{value}{why}"))
        .mend(mend)
        .at("/client_settings")
}

/// An error code, with what the client was doing.
pub fn coded(what: &str, code: Code) -> Error {
    let said = code.to_string();
    let said = said.split_once(" (").map_or(&*said, |(_, rest)| rest.trim_end_matches(')'));
    let message = format!("{what}: kafka says `{said}`");
    match Answer::known(code) {
        Some(row) => Error::new(row.becomes.kind(), message).mend(row.mend),
        // Brokers and the client have more errors than can meet us; one of those is a mistake of ours.
        None => Error::bug(format!("{message} ({code:?})")),
    }
}

/// What an error says happened, without its mend.
fn without_mend(error: &Error) -> &str {
    let said = error.mend_text().and_then(|mend| error.message().strip_suffix(mend));
    said.map_or(error.message(), |said| said.trim_end_matches("; "))
}

/// The same error with more said of what happened.
pub fn with_more(error: &Error, more: &str) -> Error {
    let told = Error::new(error.kind(), format!("{} ({more})", without_mend(error)));
    match error.mend_text() {
        Some(mend) => told.mend(mend),
        None => told,
    }
}

/// Events whose delivery failed. They may still be in the log unless a broker rejected them.
pub fn undelivered(topic: &str, failed: usize, cause: &KafkaError) -> Error {
    let what = format!("{failed} events were not accepted by the topic `{topic}`");
    let error = error(&what, cause);
    if error.kind() != ErrorKind::Unavailable {
        return error;
    }
    let sure = matches!(
        cause.rdkafka_error_code(),
        Some(Code::NotEnoughReplicas | Code::PurgeQueue | Code::QueueFull | Code::ISRInsufficient)
    );
    let kind = if sure { ErrorKind::Unavailable } else { ErrorKind::OutcomeUnknown };
    let mend = "send them again, and see that as many brokers as `min_insync` asks for are in sync";
    Error::new(kind, without_mend(&error)).mend(mend)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_whose_fault_it_is_and_what_to_do() {
        let refused = coded("making the topic `a`", Code::TopicAuthorizationFailed);
        assert_eq!(refused.kind(), ErrorKind::Misconfigured);
        assert!(refused.mend_text().is_some_and(|mend| mend.contains("client_settings")), "{refused}");
        let few = error("making the topic `a`", &KafkaError::AdminOp(Code::InvalidReplicationFactor));
        assert!(few.message().contains("1 for one broker"), "{few}");
        let old = error("asking", &KafkaError::MetadataFetch(Code::UnsupportedVersion));
        assert_eq!(old.kind(), ErrorKind::Unsupported);
        let unknown = coded("asking", Code::NoReassignmentInProgress);
        assert_eq!(unknown.kind(), ErrorKind::Bug);
        assert!(unknown.message().contains("NoReassignmentInProgress"), "{unknown}");
    }

    #[test]
    fn a_delivery_that_timed_out_may_have_happened() {
        let kind = |code| undelivered("a", 1, &KafkaError::MessageProduction(code)).kind();
        assert_eq!(kind(Code::MessageTimedOut), ErrorKind::OutcomeUnknown);
        assert_eq!(kind(Code::NotEnoughReplicas), ErrorKind::Unavailable);
        assert_eq!(kind(Code::MessageSizeTooLarge), ErrorKind::TooLarge);
    }
}
