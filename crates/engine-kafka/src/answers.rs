//! What Kafka can answer besides what was asked for, and what becomes of it: the one table that decides.

use std::fmt;

use rdkafka::error::RDKafkaErrorCode as Code;
use rushes_types::ErrorKind;

use self::Becomes::{Busy, Misconfigured, Mistake, Regroups, TooLarge, Unsupported, Waits};

/// What becomes of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Becomes {
    /// Something is not ready: the client asks again within its time limits, then 503 with Retry-After.
    Waits,
    /// The group is being divided anew, or moves to another broker: asked again within `join_timeout_ms`, then 503 with
    /// Retry-After.
    Regroups,
    /// Too much to do: 429 with Retry-After.
    Busy,
    /// A setting, of the brokers or of ours, must be mended by an operator: 503.
    Misconfigured,
    /// The brokers are too old.
    Unsupported,
    /// An event is larger than the topic takes.
    TooLarge,
    /// A mistake of this crate.
    Mistake,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The error, as the client names it.
    pub code: Code,
    /// What becomes of it.
    pub becomes: Becomes,
    /// What to do about it.
    pub mend: &'static str,
}

const fn row(code: Code, becomes: Becomes, mend: &'static str) -> Answer {
    Answer { code, becomes, mend }
}

const BROKERS: &str = "see whether the brokers of `servers` run and reach each other";
const LEADER: &str = "another broker becomes the leader; try again";
const IN_SYNC: &str =
    "fewer brokers than the topic's `min.insync.replicas` are in sync: start the missing brokers";
const REMOVED: &str = "the topic is not there: if it was removed, restart, which makes it again, then run \
                       `rushes rebuild`";
const PRODUCER: &str = "the client begins anew; send it again";
const GROUP: &str = "the group is divided anew; try again";
const COORDINATOR: &str = "the group moves to another broker; try again";
const RIGHTS: &str = "give the user of `client_settings` the right to read, write, describe and create what begins with \
                      `prefix`";
const LOGIN: &str =
    "check `user`, `password` and `mechanism`, or what `client_settings` says in place of them";
const POLICY: &str = "check `topic_settings`, `partitions` and `replication` against the brokers' policy";
const FEWER: &str = "the cluster has fewer brokers than `replication`: set it to what there is (1 for one broker), or add \
                     brokers";
const DISK: &str = "a broker's disk is full or fails: its log says which";
const OLD: &str = "the brokers are too old: Kafka 2.4 or newer is needed";
const OURS: &str = "this is a mistake of rushes";

/// The table.
pub const ANSWERS: &[Answer] = &[
    // Brokers start, go, or are not reached.
    row(Code::BrokerTransportFailure, Waits, BROKERS),
    row(Code::AllBrokersDown, Waits, BROKERS),
    row(Code::Resolve, Waits, BROKERS),
    row(Code::OperationTimedOut, Waits, BROKERS),
    row(Code::MessageTimedOut, Waits, BROKERS),
    row(Code::TimedOutQueue, Waits, BROKERS),
    row(Code::RequestTimedOut, Waits, BROKERS),
    row(Code::NetworkException, Waits, BROKERS),
    row(Code::BrokerNotAvailable, Waits, BROKERS),
    row(Code::UnknownBroker, Waits, BROKERS),
    row(Code::BrokerDestroy, Waits, BROKERS),
    row(Code::DestroyBroker, Waits, BROKERS),
    row(Code::RebootstrapRequired, Waits, BROKERS),
    row(Code::BadMessage, Waits, BROKERS),
    row(Code::Fail, Waits, BROKERS),
    row(Code::Unknown, Waits, "the log of the brokers says why"),
    // A partition changes its leader, or lacks brokers.
    row(Code::LeaderNotAvailable, Waits, LEADER),
    row(Code::NotLeaderForPartition, Waits, LEADER),
    row(Code::ReplicaNotAvailable, Waits, LEADER),
    row(Code::PreferredLeaderNotAvailable, Waits, LEADER),
    row(Code::EligibleLeadersNotAvailable, Waits, LEADER),
    row(Code::FencedLeaderEpoch, Waits, LEADER),
    row(Code::UnknownLeaderEpoch, Waits, LEADER),
    row(Code::OffsetNotAvailable, Waits, LEADER),
    row(Code::NotController, Waits, LEADER),
    row(Code::StaleControllerEpoch, Waits, LEADER),
    row(Code::StaleBrokerEpoch, Waits, LEADER),
    row(Code::ReassignmentInProgress, Waits, LEADER),
    row(Code::ListenerNotFound, Waits, LEADER),
    row(Code::NotEnoughReplicas, Waits, IN_SYNC),
    row(Code::NotEnoughReplicasAfterAppend, Waits, IN_SYNC),
    row(Code::ISRInsufficient, Waits, IN_SYNC),
    row(Code::KafkaStorageError, Waits, DISK),
    row(Code::LogDirNotFound, Waits, DISK),
    row(Code::UnknownTopicOrPartition, Waits, REMOVED),
    row(Code::UnknownTopic, Waits, REMOVED),
    row(Code::UnknownPartition, Waits, REMOVED),
    row(Code::UnknownTopicId, Waits, REMOVED),
    row(Code::FetchSessionIdNotFound, Waits, PRODUCER),
    row(Code::InvalidFetchSessionEpoch, Waits, PRODUCER),
    row(Code::UnstableOffsetCommit, Waits, "a transaction ends; try again"),
    // A producer that lost its place.
    row(Code::Fatal, Waits, PRODUCER),
    row(Code::OutOfOrderSequenceNumber, Waits, PRODUCER),
    row(Code::UnknownProducerId, Waits, PRODUCER),
    row(Code::InvalidProducerEpoch, Waits, PRODUCER),
    row(Code::InvalidProducerIdMapping, Waits, PRODUCER),
    row(Code::ProducerFenced, Waits, PRODUCER),
    row(Code::Fenced, Waits, PRODUCER),
    row(Code::GaplessGuarantee, Waits, PRODUCER),
    row(Code::PurgeQueue, Waits, PRODUCER),
    row(Code::PurgeInflight, Waits, PRODUCER),
    // A group is divided anew, or moves.
    row(Code::RebalanceInProgress, Regroups, GROUP),
    row(Code::IllegalGeneration, Regroups, GROUP),
    row(Code::UnknownMemberId, Regroups, GROUP),
    row(Code::AssignmentLost, Regroups, GROUP),
    row(Code::NotCoordinator, Regroups, COORDINATOR),
    row(Code::CoordinatorNotAvailable, Regroups, COORDINATOR),
    row(Code::CoordinatorLoadInProgress, Regroups, COORDINATOR),
    row(Code::WaitingForCoordinator, Regroups, COORDINATOR),
    row(Code::MemberIdRequired, Waits, GROUP),
    row(Code::FencedInstanceId, Waits, GROUP),
    row(Code::FencedMemberEpoch, Waits, GROUP),
    row(Code::StaleMemberEpoch, Waits, GROUP),
    row(Code::PollExceeded, Waits, GROUP),
    // Too much to do.
    row(Code::QueueFull, Busy, "more events are on their way than may be; try again later"),
    row(Code::ThrottlingQuotaExceeded, Busy, "the brokers' quota is used up; try again later"),
    // An operator must mend a setting.
    row(Code::TopicAuthorizationFailed, Misconfigured, RIGHTS),
    row(Code::GroupAuthorizationFailed, Misconfigured, RIGHTS),
    row(Code::ClusterAuthorizationFailed, Misconfigured, RIGHTS),
    row(Code::TransactionalIdAuthorizationFailed, Misconfigured, RIGHTS),
    row(Code::DelegationTokenAuthorizationFailed, Misconfigured, RIGHTS),
    row(Code::SaslAuthenticationFailed, Misconfigured, LOGIN),
    row(Code::Authentication, Misconfigured, LOGIN),
    row(Code::UnsupportedSASLMechanism, Misconfigured, LOGIN),
    row(Code::IllegalSASLState, Misconfigured, LOGIN),
    row(Code::SecurityDisabled, Misconfigured, LOGIN),
    row(Code::DelegationTokenExpired, Misconfigured, LOGIN),
    row(Code::DelegationTokenNotFound, Misconfigured, LOGIN),
    row(Code::DelegationTokenAuthDisabled, Misconfigured, LOGIN),
    row(Code::DelegationTokenOwnerMismatch, Misconfigured, LOGIN),
    row(Code::DelegationTokenRequestNotAllowed, Misconfigured, LOGIN),
    row(Code::UnacceptableCredential, Misconfigured, LOGIN),
    row(Code::PrincipalDeserializationFailure, Misconfigured, LOGIN),
    row(
        Code::SSL,
        Misconfigured,
        "check `tls`, `ca_file`, `client_certificate_file` and `client_key_file`, or the `ssl.*` settings in `client_settings`",
    ),
    row(Code::InvalidReplicationFactor, Misconfigured, FEWER),
    row(Code::InvalidPartitions, Misconfigured, POLICY),
    row(Code::InvalidReplicaAssignment, Misconfigured, POLICY),
    row(Code::InvalidConfig, Misconfigured, POLICY),
    row(Code::PolicyViolation, Misconfigured, POLICY),
    row(
        Code::InvalidTopic,
        Misconfigured,
        "the brokers do not take `prefix` as the beginning of a topic's name",
    ),
    row(
        Code::InvalidGroupId,
        Misconfigured,
        "the brokers do not take `prefix` as the beginning of a group's name",
    ),
    row(
        Code::InvalidSessionTimeout,
        Misconfigured,
        "`session_timeout_ms` must lie within the brokers' `group.min.session.timeout.ms` and \
         `group.max.session.timeout.ms`",
    ),
    row(
        Code::InconsistentGroupProtocol,
        Misconfigured,
        "another program is in this group: give each archive a `prefix` of its own",
    ),
    row(Code::GroupMaxSizeReached, Misconfigured, "the brokers' `group.max.size` is reached: raise it"),
    row(Code::TopicDeletionDisabled, Misconfigured, "set `delete.topic.enable` of the brokers"),
    row(Code::UnsupportedCompressionType, Misconfigured, "choose another `compression`"),
    row(Code::MessageSizeTooLarge, TooLarge, "raise `max.message.bytes` of the topic"),
    row(Code::MessageBatchTooLarge, TooLarge, "raise `max.message.bytes` of the topic"),
    row(Code::UnsupportedVersion, Unsupported, OLD),
    row(Code::UnsupportedFeature, Unsupported, OLD),
    row(Code::UnsupportedForMessageFormat, Unsupported, OLD),
    row(Code::UnsupportedAssignor, Unsupported, OLD),
    // What this crate should never ask for.
    row(Code::InvalidRequest, Mistake, OURS),
    row(Code::InvalidRequiredAcks, Mistake, OURS),
    row(Code::InvalidTimestamp, Mistake, OURS),
    row(Code::InvalidRecord, Mistake, OURS),
    row(Code::InvalidMessageSize, Mistake, OURS),
    row(Code::OffsetMetadataTooLarge, Mistake, OURS),
    row(Code::InvalidCommitOffsetSize, Mistake, OURS),
    row(Code::InvalidArgument, Mistake, OURS),
    row(Code::State, Mistake, OURS),
];

impl Answer {
    /// The row of an error; `None` if there is none.
    #[must_use]
    pub fn known(code: Code) -> Option<&'static Self> {
        ANSWERS.iter().find(|row| row.code == code)
    }
}

impl Becomes {
    /// The kind of the error in the end.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        match self {
            Waits | Regroups => ErrorKind::Unavailable,
            Busy => ErrorKind::Busy,
            Misconfigured => ErrorKind::Misconfigured,
            Unsupported => ErrorKind::Unsupported,
            TooLarge => ErrorKind::TooLarge,
            Mistake => ErrorKind::Bug,
        }
    }
}

impl fmt::Display for Becomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Waits => "the client asks again, then 503 with Retry-After",
            Regroups => "asked again until the group stands, then 503 with Retry-After",
            Busy => "429 with Retry-After",
            Misconfigured => "503, until it is mended",
            Unsupported => "refused: 501",
            TooLarge => "413",
            Mistake => "500, with all of its text in the log",
        })
    }
}

/// A row of a table in Markdown.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| `{:?}` | {} | {} |", self.code, self.becomes, self.mend)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_the_table() {
        let page = include_str!("../../../docs/kafka.md");
        let table: Vec<String> = ANSWERS.iter().map(ToString::to_string).collect();
        let shown =
            page.lines().skip_while(|line| **line != table[0]).take_while(|line| line.starts_with('|'));
        assert!(shown.eq(&table), "docs/kafka.md must show\n{}", table.join("\n"));
    }

    #[test]
    fn no_error_has_two_rows() {
        for row in ANSWERS {
            assert_eq!(Answer::known(row.code), Some(row), "the first of two rows counts");
        }
    }

    #[test]
    fn a_retry_is_promised_where_the_kind_says_so() {
        for row in ANSWERS {
            let promised = row.becomes.to_string().contains("Retry-After");
            assert_eq!(row.becomes.kind().is_retryable(), promised, "{row}");
        }
    }
}
