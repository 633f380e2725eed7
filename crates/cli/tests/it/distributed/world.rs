//! Engines of the test's own with proxies before them, the fleet on them, and what clients know.

use rushes_testkit::engines::{self, TestServer};
use rushes_testkit::proxy::Proxy;
use rushes_testkit::proxy::bulk::BulkProxy;
use rushes_testkit::proxy::cql::CqlProxy;
use tempfile::TempDir;

use super::client::Ledger;
use super::fleet::Fleet;

/// Partitions of a topic: more than workers of a stage.
const PARTITIONS: u32 = 4;
/// What names the keyspace, the topics and the indices; the engines are ours alone.
pub const NAME: &str = "rushes_faults";

/// The engines, and what stands before each.
pub struct Engines {
    pub cassandra: TestServer,
    pub kafka: TestServer,
    pub elastic: TestServer,
    /// Answers in the node's place, behind the network.
    pub cassandra_node: CqlProxy,
    pub cassandra_proxy: Proxy,
    pub kafka_proxy: Proxy,
    pub elastic_proxy: BulkProxy,
}

impl Engines {
    /// Starts them, all at once; `None`, said on stderr, where the machine cannot have them.
    pub fn start() -> Option<Self> {
        let (cassandra, kafka, elastic) = std::thread::scope(|scope| {
            let cassandra = scope.spawn(engines::cassandra);
            let kafka = scope.spawn(engines::kafka);
            let elastic = engines::elasticsearch();
            (cassandra.join().unwrap(), kafka.join().unwrap(), elastic)
        });
        let (cassandra, kafka, elastic) = (cassandra?, kafka?, elastic?);
        let cassandra_node = CqlProxy::before(&cassandra.address()).unwrap();
        Some(Self {
            cassandra_proxy: Proxy::before(&cassandra_node.address().to_string()).unwrap(),
            cassandra_node,
            kafka_proxy: Proxy::kafka(&kafka.address()).unwrap(),
            elastic_proxy: BulkProxy::before(&elastic.address()).unwrap(),
            cassandra,
            kafka,
            elastic,
        })
    }

    /// The configuration of an archive on them: through the proxies, or past them.
    pub fn configuration(&self, through_proxies: bool) -> String {
        self.configuration_of(NAME, through_proxies)
    }

    /// The same for an archive of another name.
    pub fn configuration_of(&self, name: &str, through_proxies: bool) -> String {
        let [cassandra, kafka, elastic] = match through_proxies {
            true => [
                self.cassandra_proxy.address().to_string(),
                self.kafka_proxy.address().to_string(),
                self.elastic_proxy.url(),
            ],
            false => [self.cassandra.address(), self.kafka.address(), self.elastic.address()],
        };
        format!(
            "[engines]\nstore = 'cassandra'\nevents = 'kafka'\nfused = 'cassandra'\nindex = 'elasticsearch'\n\
             [cassandra]\nnodes = ['{cassandra}']\nkeyspace = '{name}'\nrequest_timeout_ms = 4000\n\
             [kafka]\nservers = ['{kafka}']\nprefix = '{name}'\npartitions = {PARTITIONS}\nreplication = 1\n\
             min_insync = 1\nsession_timeout_ms = 6000\n\
             [elasticsearch]\nurls = ['{elastic}']\nprefix = '{name}'\nrequest_ms = 10000\npatience_ms = 20000\n"
        )
    }
}

/// All that a fault may touch.
pub struct World {
    // The first to go: a fleet that outlives its engines only complains.
    pub fleet: Fleet,
    pub ledger: Ledger,
    pub engines: Engines,
    pub folder: TempDir,
}

impl World {
    pub fn new(engines: Engines) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fleet = Fleet::new(folder.path(), &engines.configuration(true));
        Self { fleet, ledger: Ledger::default(), engines, folder }
    }
}
