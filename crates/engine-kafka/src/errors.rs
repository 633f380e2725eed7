//! Turns Kafka's errors into the product's: whose fault it is, and which setting or step fixes it.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rushes_types::{Error, ErrorKind};

/// An error of the client, with what it was doing.
pub fn error(what: &str, cause: &KafkaError) -> Error {
    match cause {
        KafkaError::AdminOp(code) => coded(what, *code),
        KafkaError::ClientConfig(_, why, key, value) => setting(why, key, value),
        cause => match cause.rdkafka_error_code() {
            Some(code) => coded(what, code),
            None => Error::new(ErrorKind::Unavailable, format!("{what}: {cause}")),
        },
    }
}

/// A setting that the client rejects.
fn setting(why: &str, key: &str, value: &str) -> Error {
    let mend = if key.starts_with("ssl.") || key.starts_with("sasl.") || key == "security.protocol" {
        "; a build with the feature `ssl` or `sasl` may be needed"
    } else {
        ""
    };
    let secret = ["password", "secret", "key", "jaas", "oauth"].iter().any(|sign| key.contains(sign));
    let (value, why) = if secret {
        (String::new(), String::new())
    } else {
        (format!(" = `{value}`"), format!(": {}", why.trim_end_matches('.').to_lowercase()))
    };
    Error::invalid(format!("the kafka client does not take `{key}`{value}{why}{mend}")).at("/client_settings")
}

/// An error code, with what the client was doing.
pub fn coded(what: &str, code: Code) -> Error {
    let (kind, mend) = judge(code);
    let said = code.to_string();
    let said = said.split_once(" (").map_or(&*said, |(_, rest)| rest.trim_end_matches(')'));
    Error::new(kind, format!("{what}: kafka says `{said}`{mend}"))
}

fn judge(code: Code) -> (ErrorKind, &'static str) {
    match code {
        Code::TopicAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::TransactionalIdAuthorizationFailed => (
            ErrorKind::Forbidden,
            "; give the user of `client_settings` the right to read, write, describe and create what begins with \
             `prefix`",
        ),
        Code::SaslAuthenticationFailed | Code::Authentication | Code::UnsupportedSASLMechanism => {
            (ErrorKind::Forbidden, "; check user, password and mechanism in `client_settings`")
        }
        Code::SSL => (ErrorKind::Forbidden, "; check the `ssl.*` settings in `client_settings`"),
        Code::NotEnoughReplicas | Code::NotEnoughReplicasAfterAppend | Code::ISRInsufficient => (
            ErrorKind::Unavailable,
            "; fewer brokers than the topic's `min.insync.replicas` are in sync: start the missing brokers",
        ),
        Code::InvalidReplicationFactor => (
            ErrorKind::Invalid,
            "; the cluster has fewer brokers than `replication`: lower it (and `min_insync`), or add brokers",
        ),
        Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownPartition => (
            ErrorKind::NotFound,
            "; the topic was removed: restart, which creates it again, then run `rushes rebuild`",
        ),
        Code::UnsupportedVersion | Code::UnsupportedFeature | Code::UnsupportedForMessageFormat => {
            (ErrorKind::Unsupported, "; the brokers are too old: Kafka 2.4 or newer is needed")
        }
        Code::InvalidSessionTimeout => (
            ErrorKind::Invalid,
            "; `session_timeout_ms` must lie within the brokers' `group.min.session.timeout.ms` and \
             `group.max.session.timeout.ms`",
        ),
        Code::InconsistentGroupProtocol => (
            ErrorKind::Conflict,
            "; another program is in this group: give each archive a `prefix` of its own",
        ),
        Code::InvalidConfig | Code::PolicyViolation => (
            ErrorKind::Invalid,
            "; check `topic_settings`, `partitions` and `replication` against the brokers' policy",
        ),
        Code::MessageSizeTooLarge => (ErrorKind::TooLarge, "; raise `max.message.bytes` of the topic"),
        Code::QueueFull | Code::CoordinatorLoadInProgress => (ErrorKind::Busy, "; again later"),
        _ => (ErrorKind::Unavailable, ""),
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
    Error::new(kind, error.message()).mend(mend)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_whose_fault_it_is_and_what_to_do() {
        let refused = coded("making the topic `a`", Code::TopicAuthorizationFailed);
        assert_eq!(refused.kind(), ErrorKind::Forbidden);
        let few = error("making the topic `a`", &KafkaError::AdminOp(Code::InvalidReplicationFactor));
        assert!(few.message().contains("lower it"), "{few}");
        let old = error("asking", &KafkaError::MetadataFetch(Code::UnsupportedVersion));
        assert_eq!(old.kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn a_delivery_that_timed_out_may_have_happened() {
        let kind = |code| undelivered("a", 1, &KafkaError::MessageProduction(code)).kind();
        assert_eq!(kind(Code::MessageTimedOut), ErrorKind::OutcomeUnknown);
        assert_eq!(kind(Code::NotEnoughReplicas), ErrorKind::Unavailable);
        assert_eq!(kind(Code::MessageSizeTooLarge), ErrorKind::TooLarge);
    }
}
