//! What is wrong in a configuration is named with its key and what to do about it, before anything is connected.

use rushes_engines::Configured;

const SECTIONS: [&str; 3] = ["cassandra", "kafka", "elasticsearch"];

fn problems(section: &str, lines: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let table = format!("[{section}]\n{lines}\n").parse().unwrap();
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Configured::read(&table, &variables).err().unwrap_or_default()
}

/// The keys of a section, as the error of an unknown one lists them.
fn keys_of(section: &str) -> Vec<String> {
    let [problem]: [String; 1] = problems(section, "no_such_key = 1", &[]).try_into().unwrap();
    assert!(problem.starts_with(&format!("`{section}.no_such_key`: ")), "{problem}");
    let (_, listed) = problem.split_once("expected one of ").unwrap();
    let listed = listed.split(';').next().unwrap();
    listed.split(", ").map(|key| key.trim_matches('`').to_owned()).collect()
}

#[test]
fn a_value_of_another_kind_is_named_with_its_key_for_every_key() {
    for (section, least) in SECTIONS.into_iter().zip([12, 17, 16]) {
        let keys = keys_of(section);
        assert!(keys.len() >= least, "{section}: {keys:?}");
        for key in keys {
            let found = problems(section, &format!("{key} = {{ nonsense = [true] }}"), &[]);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(&format!("`{section}.{key}`")), "{found:?}");
            assert!(found[0].contains(&format!("docs/{section}.md")), "{found:?}");
        }
    }
}

#[test]
fn what_is_wrong_in_several_keys_is_said_of_each() {
    let found = problems("kafka", "partitions = 'many'\nserver = 'a:1'\nreplication = 1", &[]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().any(|problem| problem.starts_with("`kafka.partitions`")), "{found:?}");
    assert!(found.iter().any(|problem| problem.contains("`servers`")), "{found:?}");
}

/// Values that are readable and cannot work: the section, the lines, the key that is named, and a part of the mend.
const WRONG: &[(&str, &str, &str, &str)] = &[
    ("cassandra", "nodes = []", "nodes", "host:9042"),
    ("cassandra", "nodes = ['a', '']", "nodes", "host:9042"),
    ("cassandra", "keyspace = 'My Show'", "keyspace", "a-z"),
    ("cassandra", "replication = 0", "replication", "give 1 for one node"),
    ("cassandra", "replication = { north = 0 }", "replication", "give 1 for one node"),
    ("cassandra", "local_data_centre = ''", "local_data_centre", "leave it out"),
    ("cassandra", "consistency = 'ONE'", "consistency", "LOCAL_QUORUM"),
    ("cassandra", "serial_consistency = 'ONE'", "serial_consistency", "LOCAL_SERIAL"),
    ("cassandra", "user = 'u'", "password", "give both, or none"),
    ("cassandra", "password = 'p'", "user", "give both, or none"),
    ("cassandra", "request_timeout_ms = 0", "request_timeout_ms", "give 1 to"),
    ("cassandra", "connect_timeout_ms = 0", "connect_timeout_ms", "give 1 to"),
    ("cassandra", "max_in_flight = 40000", "max_in_flight", "give 1 to 32768"),
    ("cassandra", "retries = 21", "retries", "give 0 to 20"),
    ("kafka", "servers = []", "servers", "host:port"),
    ("kafka", "servers = ['http://a:1']", "servers", "host:port"),
    ("kafka", "prefix = 'a/b'", "prefix", "letters"),
    ("kafka", "partitions = 0", "partitions", "give 1 to 10000"),
    ("kafka", "replication = 0", "replication", "give 1 to"),
    ("kafka", "replication = 40000", "replication", "give 1 to"),
    ("kafka", "min_insync = 4", "min_insync", "set it to 1 to 3"),
    ("kafka", "replication = 1\nmin_insync = 2", "min_insync", "set it to 1 to 1, or leave it out"),
    ("kafka", "topic_settings = { 'cleanup.policy' = 'compact' }", "topic_settings", "set `cleanup.policy`"),
    ("kafka", "client_settings = { acks = '0' }", "client_settings", "take it out"),
    ("kafka", "consumers = { committed = [''] }", "consumers", "names of consumers"),
    ("kafka", "compression = 'zip'", "compression", "lz4"),
    ("kafka", "connect_timeout_ms = 0", "connect_timeout_ms", "give 10 to"),
    ("kafka", "request_timeout_ms = 400000", "request_timeout_ms", "give 10 to 300000"),
    ("kafka", "delivery_timeout_ms = 0", "delivery_timeout_ms", "give 10 to"),
    ("kafka", "session_timeout_ms = 4000000", "session_timeout_ms", "give 10 to 3600000"),
    ("kafka", "join_timeout_ms = 0", "join_timeout_ms", "give 10 to"),
    ("kafka", "join_timeout_ms = 10000", "join_timeout_ms", "more than `session_timeout_ms`"),
    ("kafka", "linger_ms = 40000", "linger_ms", "give 0 to 29999"),
    ("elasticsearch", "urls = []", "urls", "http://host:9200"),
    ("elasticsearch", "urls = ['host:9200']", "urls", "http://host:9200"),
    ("elasticsearch", "prefix = 'Friends'", "prefix", "small letter"),
    ("elasticsearch", "shards = 0", "shards", "give 1 to 1024"),
    ("elasticsearch", "replicas = 2000", "replicas", "give 0 to 1024"),
    ("elasticsearch", "user = 'u'", "password", "api_key"),
    ("elasticsearch", "password = 'p'", "user", "api_key"),
    ("elasticsearch", "user = 'u'\npassword = 'p'\napi_key = 'k'", "api_key", "give one"),
    ("elasticsearch", "connect_ms = 0", "connect_ms", "give 1 to"),
    ("elasticsearch", "request_ms = 0", "request_ms", "give 1 to"),
    ("elasticsearch", "patience_ms = 0", "patience_ms", "give 1 to"),
    ("elasticsearch", "bulk_bytes = 0", "bulk_bytes", "give 1 to"),
    ("elasticsearch", "in_flight = 0", "in_flight", "give 1 to"),
];

#[test]
fn a_value_that_cannot_work_is_named_with_its_key_and_its_mend() {
    for (section, lines, key, mend) in WRONG {
        let found = problems(section, lines, &[]);
        assert_eq!(found.len(), 1, "{section} {lines}: {found:?}");
        assert!(found[0].starts_with(&format!("`{section}.{key}`: ")), "{found:?}");
        assert!(found[0].contains(mend), "{mend}: {found:?}");
        assert!(!found[0].contains("'p'"), "{found:?}");
    }
}

#[test]
fn a_value_of_the_environment_is_named_with_its_variable() {
    let found = problems("kafka", "replication = 3", &[("RUSHES_KAFKA_PARTITIONS", "0")]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("`kafka.partitions`") && found[0].contains("`RUSHES_KAFKA_PARTITIONS`"),
        "{found:?}"
    );
}

#[test]
fn one_node_of_each_engine_needs_one_setting_at_most() {
    for (section, lines) in [("cassandra", ""), ("kafka", "replication = 1"), ("elasticsearch", "")] {
        assert_eq!(problems(section, lines, &[]), Vec::<String>::new());
    }
}

#[test]
fn a_password_is_never_part_of_what_is_said() {
    for (section, lines) in [
        ("cassandra", "password = 12345"),
        ("elasticsearch", "api_key = 12345"),
        ("kafka", "client_settings = { 'sasl.password' = 12345 }"),
    ] {
        let found = problems(section, lines, &[]);
        assert!(found.len() == 1 && !found[0].contains("12345"), "{found:?}");
    }
}

#[test]
fn an_engine_that_is_not_there_is_said_with_its_setting_and_the_file() {
    use rushes_archive::{Archive, OpenOptions};
    let place = tempfile::tempdir().unwrap();
    for (part, section, lines, key) in [
        ("store", "cassandra", "nodes = ['127.0.0.1:1']", "nodes"),
        ("events", "kafka", "servers = ['127.0.0.1:1']\nconnect_timeout_ms = 600", "servers"),
    ] {
        let text = format!("[engines]\n{part} = '{section}'\n[{section}]\n{lines}\n");
        let file = place.path().join("rushes.toml");
        let configured = Configured::read(&text.parse().unwrap(), &[]).unwrap().of_file(&file);
        let options = OpenOptions { engines: configured.engines(), ..OpenOptions::default() };
        let error = Archive::open(&place.path().join(part), options).err().unwrap();
        let said = error.message();
        let expected = format!("`{key}` in section `[{section}]` of `{}`", file.display());
        assert!(said.contains(&expected), "{said}");
    }
}
