use super::*;

fn pointer(change: impl Fn(&mut KafkaConfig)) -> Option<String> {
    let mut config = KafkaConfig::default();
    change(&mut config);
    config.check().err().and_then(|error| error.pointer().map(str::to_owned))
}

#[test]
fn the_defaults_are_in_order() {
    assert!(KafkaConfig::default().check().is_ok());
}

#[test]
fn a_setting_that_cannot_work_is_named() {
    assert_eq!(pointer(|c| c.servers.clear()).as_deref(), Some("/servers"));
    assert_eq!(pointer(|c| c.servers = vec!["http://kafka:9092".into()]).as_deref(), Some("/servers"));
    assert_eq!(pointer(|c| c.servers = vec!["kafka".into()]).as_deref(), Some("/servers"));
    assert_eq!(pointer(|c| c.prefix = "a/b".into()).as_deref(), Some("/prefix"));
    assert_eq!(pointer(|c| c.partitions = 0).as_deref(), Some("/partitions"));
    assert_eq!(pointer(|c| c.replication = 0).as_deref(), Some("/replication"));
    assert_eq!(pointer(|c| c.min_insync = Some(4)).as_deref(), Some("/min_insync"));
    assert_eq!(pointer(|c| c.join_timeout_ms = 5_000).as_deref(), Some("/join_timeout_ms"));
    assert_eq!(pointer(|c| c.request_timeout_ms = 0).as_deref(), Some("/request_timeout_ms"));
    assert_eq!(pointer(|c| c.compression = "zip".into()).as_deref(), Some("/compression"));
    assert_eq!(pointer(|c| c.linger_ms = 30_000).as_deref(), Some("/linger_ms"));
}

#[test]
fn one_broker_needs_no_second_setting_and_a_wrong_one_is_named() {
    let one: KafkaConfig = toml::from_str("replication = 1").unwrap();
    assert!(one.check().is_ok() && one.min_insync() == 1);
    assert_eq!(KafkaConfig::default().min_insync(), 2);
    let two: KafkaConfig = toml::from_str("replication = 1\nmin_insync = 2").unwrap();
    let error = two.check().unwrap_err();
    assert!(error.message().contains("`min_insync`") && error.message().contains("`replication`"), "{error}");
}

#[test]
fn what_the_promises_hang_on_cannot_be_set() {
    let set = |c: &mut KafkaConfig| drop(c.client_settings.0.insert("acks".into(), "0".into()));
    assert_eq!(pointer(set).as_deref(), Some("/client_settings"));
    let compact =
        |c: &mut KafkaConfig| drop(c.topic_settings.insert("cleanup.policy".into(), "compact".into()));
    assert_eq!(pointer(compact).as_deref(), Some("/topic_settings"));
}

/// Changes that go to the ends of what is taken.
const EXTREMES: &[fn(&mut KafkaConfig)] = &[
    |c| c.request_timeout_ms = REQUEST_MS_MAX,
    |c| c.request_timeout_ms = TIMEOUT_MS_MIN,
    |c| c.connect_timeout_ms = TIMEOUT_MS_MAX,
    |c| (c.session_timeout_ms, c.join_timeout_ms) = (SESSION_MS_MAX, SESSION_MS_MAX + 1),
    |c| (c.session_timeout_ms, c.join_timeout_ms) = (TIMEOUT_MS_MIN, TIMEOUT_MS_MAX),
    |c| (c.linger_ms, c.delivery_timeout_ms) = (LINGER_MS_MAX, TIMEOUT_MS_MAX),
    |c| (c.linger_ms, c.delivery_timeout_ms) = (TIMEOUT_MS_MIN - 1, TIMEOUT_MS_MIN),
    |c| c.compression = COMPRESSIONS[0].into(),
    |c| c.compression = COMPRESSIONS[1].into(),
    |c| c.compression = COMPRESSIONS[2].into(),
];

#[test]
fn what_is_taken_is_taken_by_the_client_library_too() {
    use rdkafka::consumer::BaseConsumer;
    use rdkafka::producer::BaseProducer;
    for (no, change) in EXTREMES.iter().enumerate() {
        let mut config = KafkaConfig { servers: vec!["127.0.0.1:1".into()], ..KafkaConfig::default() };
        change(&mut config);
        config.check().unwrap_or_else(|e| panic!("{no}: {e}"));
        let made: Result<BaseProducer, _> = config.producer().create();
        assert!(made.is_ok(), "{no}: {}", made.err().unwrap());
        let made: Result<BaseConsumer, _> = config.consumer("g").create();
        assert!(made.is_ok(), "{no}: {}", made.err().unwrap());
    }
}

#[test]
fn what_of_the_security_cannot_work_is_named() {
    let secret = || Some(Secret("the captain's dog".into()));
    assert_eq!(pointer(|c| c.user = Some("u".into())).as_deref(), Some("/password"));
    assert_eq!(pointer(|c| c.password = secret()).as_deref(), Some("/user"));
    assert_eq!(pointer(|c| (c.user, c.password) = (Some("u".into()), secret())), None);
    assert_eq!(pointer(|c| c.mechanism = "GSSAPI".into()).as_deref(), Some("/mechanism"));
    assert_eq!(pointer(|c| c.ca_file = Some("/nowhere".into())).as_deref(), Some("/tls"));
    if cfg!(feature = "ssl") {
        let missing = |c: &mut KafkaConfig| (c.tls, c.ca_file) = (true, Some("/nowhere".into()));
        assert_eq!(pointer(missing).as_deref(), Some("/ca_file"));
    } else {
        assert_eq!(pointer(|c| c.tls = true).as_deref(), Some("/tls"));
    }
}

#[test]
fn a_user_is_told_to_the_client_library() {
    use rdkafka::consumer::BaseConsumer;
    let config = KafkaConfig {
        servers: vec!["127.0.0.1:1".into()],
        user: Some("rushes".into()),
        password: Some(Secret("p".into())),
        ..KafkaConfig::default()
    };
    let client = config.client();
    assert_eq!(client.get("security.protocol"), Some("sasl_plaintext"));
    let made: Result<BaseConsumer, _> = config.consumer("g").create();
    assert!(made.is_ok(), "{}", made.err().unwrap());
}

#[test]
fn a_password_is_not_printed() {
    let mut config =
        KafkaConfig { password: Some(Secret("the captain's dog".into())), ..KafkaConfig::default() };
    config.client_settings.0.insert("sasl.password".into(), "the captain's dog".into());
    let printed = format!("{config:?}");
    assert!(printed.contains("sasl.password") && !printed.contains("captain"), "{printed}");
}

#[test]
fn a_file_names_only_what_differs() {
    let config: KafkaConfig = toml::from_str("servers = [\"kafka:9092\"]\npartitions = 4").unwrap();
    assert_eq!((config.partitions, config.replication), (4, 3));
    assert!(toml::from_str::<KafkaConfig>("server = \"kafka:9092\"").is_err());
}
