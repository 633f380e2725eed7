//! The four servers: what each one needs, and how it is called.

use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::bail;

use super::args::Use;
use super::jdk::Jdk;

/// The first major version of Java that asks to be told who may call native code.
const ASKS_FOR_NATIVE: u32 = 22;
/// The first that has the vector instructions which Lucene uses.
const HAS_VECTORS: u32 = 21;

/// A server that Rushes can stand on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Server {
    Cassandra,
    Kafka,
    Elasticsearch,
    Opensearch,
}

/// Where a server listens, and how large it may grow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// What clients connect to.
    pub port: u16,
    /// What other nodes would connect to; Kafka's controller.
    pub peer_port: u16,
    /// The largest heap, as Java writes it: `512m`, `1g`.
    pub heap: String,
    /// Does it ask for a user, and speak TLS?
    pub secure: bool,
}

impl Server {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cassandra, Self::Kafka, Self::Elasticsearch, Self::Opensearch];
    /// Those that the tests need, and one JDK can run.
    pub const USUAL: [Self; 3] = [Self::Cassandra, Self::Kafka, Self::Elasticsearch];

    /// Its name, in commands and as a folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cassandra => "cassandra",
            Self::Kafka => "kafka",
            Self::Elasticsearch => "elasticsearch",
            Self::Opensearch => "opensearch",
        }
    }

    /// The server of that name.
    pub fn named(name: &str) -> anyhow::Result<Self> {
        let Some(server) = Self::ALL.into_iter().find(|server| server.name() == name) else {
            bail!("`{name}` is no server; there are {}", Self::ALL.map(Self::name).join(", "));
        };
        Ok(server)
    }

    /// The major versions of Java that it runs on.
    pub fn java(self) -> RangeInclusive<u32> {
        match self {
            Self::Cassandra => 17..=17,
            Self::Kafka | Self::Elasticsearch => 17..=25,
            Self::Opensearch => 21..=25,
        }
    }

    /// Ports as everybody knows them, heaps as tests need them.
    pub fn defaults(self) -> Settings {
        let (port, peer_port, heap) = match self {
            Self::Cassandra => (9042, 7000, "2g"),
            Self::Kafka => (9092, 9093, "512m"),
            Self::Elasticsearch => (9200, 9300, "1g"),
            Self::Opensearch => (9201, 9301, "1g"),
        };
        Settings { port, peer_port, heap: heap.to_owned(), secure: false }
    }

    /// The variable that leads tests to it.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Cassandra => "RUSHES_TEST_CASSANDRA",
            Self::Kafka => "RUSHES_TEST_KAFKA",
            Self::Elasticsearch => "RUSHES_TEST_ELASTICSEARCH",
            Self::Opensearch => "RUSHES_TEST_OPENSEARCH",
        }
    }

    /// What its clients are given.
    pub fn endpoint(self, port: u16) -> String {
        match self {
            Self::Cassandra | Self::Kafka => format!("127.0.0.1:{port}"),
            Self::Elasticsearch | Self::Opensearch => format!("http://127.0.0.1:{port}"),
        }
    }

    /// Can it ask for a user, and speak TLS? The parts of Elasticsearch and OpenSearch that do are published in no jar.
    pub fn can_be_secure(self) -> bool {
        matches!(self, Self::Cassandra | Self::Kafka)
    }

    /// Has it sources of ours that must be compiled?
    pub fn has_sources(self) -> bool {
        matches!(self, Self::Elasticsearch | Self::Opensearch)
    }

    /// The whole command line; it is run in the server's folder `dir`, and `mark` tells the process from others.
    pub fn command(
        self,
        jdk: &Jdk,
        dir: &Path,
        heap: &str,
        for_use: Use,
        mark: &str,
    ) -> anyhow::Result<Vec<String>> {
        let mut command = vec![jdk.program("java"), mark.to_owned(), format!("-Xmx{heap}")];
        command.extend(["-XX:+ExitOnOutOfMemoryError", "-Dfile.encoding=UTF-8"].map(str::to_owned));
        if for_use >= Use::Tests {
            command.extend(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"].map(str::to_owned));
        }
        if jdk.major >= ASKS_FOR_NATIVE {
            command.push("--enable-native-access=ALL-UNNAMED".to_owned());
        }
        if self == Self::Cassandra {
            command.extend(cassandra(dir)?);
            if for_use == Use::Scratch {
                command.push("-Dcassandra.test.flush_local_schema_changes=false".to_owned());
            }
        } else {
            command.push("-Dlog4j2.configurationFile=config/log4j2.properties".to_owned());
        }
        if self.has_sources() && jdk.major >= HAS_VECTORS {
            command.push("--add-modules=jdk.incubator.vector".to_owned());
            // Lucene uses them only on the versions of Java that it knew, unless it is told otherwise.
            command.push(format!("-Dorg.apache.lucene.vectorization.upperJavaFeatureVersion={}", jdk.major));
        }
        let main: &[&str] = match self {
            Self::Cassandra => &["-cp", "lib/*", "org.apache.cassandra.service.CassandraDaemon"],
            Self::Kafka => &["-cp", "lib/*", "kafka.Kafka", "config/server.properties"],
            Self::Elasticsearch | Self::Opensearch => &["-cp", "classes:lib/*", "rushes.Launch", "."],
        };
        command.extend(main.iter().map(|&word| word.to_owned()));
        Ok(command)
    }
}

/// Packages of Java itself that Cassandra reaches into, by module: those it calls and those it reflects on.
const EXPORTS: &[(&str, &[&str])] = &[
    ("java.base", &["jdk.internal.misc", "jdk.internal.ref", "sun.nio.ch"]),
    ("java.rmi", &["sun.rmi.registry", "sun.rmi.server"]),
    ("java.management.rmi", &["com.sun.jmx.remote.internal.rmi"]),
];
const OPENS: &[(&str, &[&str])] = &[
    (
        "java.base",
        &[
            "java.io",
            "java.lang",
            "java.lang.module",
            "java.lang.reflect",
            "java.net",
            "java.nio",
            "java.util",
            "java.util.concurrent",
            "java.util.concurrent.atomic",
            "jdk.internal.loader",
            "jdk.internal.math",
            "jdk.internal.module",
            "jdk.internal.ref",
            "jdk.internal.reflect",
            "jdk.internal.util.jar",
            "sun.nio.ch",
        ],
    ),
    ("jdk.management", &["com.sun.management.internal"]),
];

fn cassandra(dir: &Path) -> anyhow::Result<Vec<String>> {
    let mut words = Vec::new();
    for (flag, modules) in [("--add-exports", EXPORTS), ("--add-opens", OPENS)] {
        for (module, packages) in modules {
            words.extend(packages.iter().map(|package| format!("{flag}={module}/{package}=ALL-UNNAMED")));
        }
    }
    // It measures its own memory with this agent.
    let jars = super::fetch::jars(&dir.join("lib"))?;
    let Some(jamm) = jars.iter().find(|name| name.starts_with("jamm-")) else {
        bail!("there is no jamm among Cassandra's jars; `cargo xtask engines fetch cassandra` brings them");
    };
    words.push(format!("-javaagent:lib/{jamm}"));
    words.extend(
        [
            "-Djdk.attach.allowAttachSelf=true",
            "-Xss512k",
            "-Dcassandra-foreground=yes",
            "-Dlogback.configurationFile=config/logback.xml",
            // There is no process to wait for.
            "-Dcassandra.skip_wait_for_gossip_to_settle=0",
            "-Dcassandra.ring_delay_ms=100",
        ]
        .map(str::to_owned),
    );
    words.push(format!("-Dcassandra.config=file://{}", dir.join("config/cassandra.yaml").display()));
    words.push(format!("-Dcassandra.storagedir={}", dir.join("data").display()));
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_is_another_one() {
        let mut ports: Vec<u16> = Server::ALL
            .into_iter()
            .flat_map(|server| [server.defaults().port, server.defaults().peer_port])
            .collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 8);
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_right_ones() {
        let error = Server::named("elastic").unwrap_err().to_string();
        assert!(error.contains("`elastic`") && error.contains("elasticsearch"), "{error}");
    }

    #[test]
    fn a_command_line_bears_its_mark_and_ends_in_what_is_run() {
        let jdk = |major| Jdk { home: "/jdk".into(), major, compiles: true };
        let kafka =
            Server::Kafka.command(&jdk(17), Path::new("/home/kafka"), "1g", Use::Work, "-Dmark").unwrap();
        assert_eq!(kafka[..3], ["/jdk/bin/java", "-Dmark", "-Xmx1g"]);
        assert_eq!(kafka[kafka.len() - 2..], ["kafka.Kafka", "config/server.properties"]);
        let with_vectors = |major| {
            let words = Server::Elasticsearch
                .command(&jdk(major), Path::new("/e"), "1g", Use::Work, "-Dmark")
                .unwrap();
            words.iter().any(|word| word == "--add-modules=jdk.incubator.vector")
        };
        assert!(!with_vectors(17) && with_vectors(25));
    }

    #[test]
    fn cassandra_without_its_jars_says_how_to_get_them() {
        let jdk = Jdk { home: "/jdk".into(), major: 17, compiles: true };
        let error =
            Server::Cassandra.command(&jdk, Path::new("/nowhere"), "1g", Use::Work, "-Dmark").unwrap_err();
        assert!(format!("{error:#}").contains("engines fetch cassandra"), "{error:#}");
    }
}
