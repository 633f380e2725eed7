//! The words behind `cargo xtask engines`, and the settings that follow from them.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};

use super::{Server, Settings};

/// Says what servers are for, of those that tests start too.
pub const USE: &str = "RUSHES_ENGINES_USE";
/// How long one server may take to start, by default.
const START_LIMIT: Duration = Duration::from_secs(180);

/// What shall be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    Up,
    Down,
    Start,
    Stop,
    Kill,
    Status,
    Env,
    Fetch,
    Wipe,
}

/// Each with its name, and whether it wants its servers named: what hits a server does not hit all by a slip.
const ACTIONS: &[(&str, Action, bool)] = &[
    ("up", Action::Up, false),
    ("down", Action::Down, false),
    ("start", Action::Start, true),
    ("stop", Action::Stop, true),
    ("kill", Action::Kill, true),
    ("status", Action::Status, false),
    ("env", Action::Env, false),
    ("fetch", Action::Fetch, false),
    ("wipe", Action::Wipe, true),
];

/// Which of a server's settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Key {
    Port,
    PeerPort,
    Heap,
}

const KEYS: &[(&str, Key)] = &[("port", Key::Port), ("peer-port", Key::PeerPort), ("heap", Key::Heap)];

/// What a server is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Use {
    /// Work and measuring: its JVM compiles as well as it can, which pays after minutes.
    Work,
    /// Tests, on few cores, which would wait for the compiler: it compiles quickly.
    Tests,
    /// Tests that never kill it: what only a restart would want is not written down.
    Scratch,
}

impl Use {
    fn named(name: &str) -> anyhow::Result<Self> {
        match name {
            "work" => Ok(Self::Work),
            "tests" => Ok(Self::Tests),
            "scratch" => Ok(Self::Scratch),
            _ => bail!("`{name}` is no use of a server: write `work`, `tests` or `scratch`"),
        }
    }
}

/// A command, understood.
#[derive(PartialEq, Eq, Debug)]
pub struct Request {
    /// What.
    pub action: Action,
    /// With which, in the order of [`Server::ALL`].
    pub servers: Vec<Server>,
    /// The folder of all of them, if it was said.
    pub home: Option<PathBuf>,
    /// The home whose jars are used, if it is another one.
    pub jars: Option<PathBuf>,
    /// How long each may take to start.
    pub limit: Duration,
    /// What they are for.
    pub for_use: Use,
    /// Do they ask for a user, and speak TLS?
    secure: bool,
    shift: Option<u16>,
    said: Vec<(Server, Key, String)>,
}

impl Request {
    /// Reads the words behind `engines`. `env` answers for the environment.
    pub fn parse(words: &[&str], env: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let names = || ACTIONS.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join("|");
        let (first, rest) = words.split_first().with_context(|| format!("say what: {}", names()))?;
        let Some((_, action, must_name)) = ACTIONS.iter().find(|(name, ..)| name == first) else {
            bail!("`{first}` is nothing that engines do; there are {}", names());
        };
        let mut request = Self {
            action: *action,
            servers: Vec::new(),
            home: env("RUSHES_ENGINES_HOME").map(PathBuf::from),
            jars: env("RUSHES_ENGINES_JARS").map(PathBuf::from),
            limit: env("RUSHES_ENGINES_TIMEOUT").map_or(Ok(START_LIMIT), |text| seconds(&text))?,
            secure: false,
            for_use: env(USE).map_or(Ok(Use::Work), |text| Use::named(&text))?,
            shift: env("RUSHES_ENGINES_SHIFT").map(|text| number(&text)).transpose()?,
            said: from_env(env),
        };
        let mut named = Vec::new();
        let mut rest = rest.iter();
        while let Some(word) = rest.next() {
            let Some(option) = word.strip_prefix("--") else {
                named.push(Server::named(word)?);
                continue;
            };
            if option == "secure" {
                request.secure = true;
                continue;
            }
            let (option, value) = match option.split_once('=') {
                Some((option, value)) if KEYS.iter().all(|(key, _)| *key != option) => (option, value),
                _ => (option, *rest.next().with_context(|| format!("`--{option}` needs a value"))?),
            };
            request.option(option, value)?;
        }
        ensure!(
            !must_name || !named.is_empty(),
            "`{first}` wants its servers named: `engines {first} kafka`"
        );
        let all: &[Server] =
            if matches!(action, Action::Up | Action::Fetch) { &Server::USUAL } else { &Server::ALL };
        request.servers = Server::ALL
            .into_iter()
            .filter(|server| !request.secure || server.can_be_secure())
            .filter(|server| if named.is_empty() { all.contains(server) } else { named.contains(server) })
            .collect();
        Ok(request)
    }

    fn option(&mut self, option: &str, value: &str) -> anyhow::Result<()> {
        match option {
            "home" => self.home = Some(value.into()),
            "jars" => self.jars = Some(value.into()),
            "timeout" => self.limit = seconds(value)?,
            "use" => self.for_use = Use::named(value)?,
            "shift" => self.shift = Some(number(value)?),
            _ => {
                let Some((_, key)) = KEYS.iter().find(|(name, _)| *name == option) else {
                    bail!("`--{option}` is no option of engines; see `cargo xtask help`");
                };
                let (server, value) = value
                    .split_once('=')
                    .with_context(|| format!("write `--{option} SERVER=VALUE`, not `{value}`"))?;
                self.said.push((Server::named(server)?, *key, value.to_owned()));
            }
        }
        Ok(())
    }

    /// The settings of one server: what was said, else what it had before, else the usual ones.
    pub fn settings(&self, server: Server, before: Option<Settings>) -> anyhow::Result<Settings> {
        let usual = server.defaults();
        let mut settings = match (self.shift, before) {
            (None, Some(before)) => before,
            (shift, before) => {
                let shift = shift.unwrap_or(0);
                let moved = |port: u16| {
                    port.checked_add(shift).with_context(|| {
                        format!("a shift by `{shift}` leaves the range of ports: choose less")
                    })
                };
                Settings {
                    port: moved(usual.port)?,
                    peer_port: moved(usual.peer_port)?,
                    heap: before.as_ref().map_or(usual.heap, |before| before.heap.clone()),
                    secure: before.is_some_and(|before| before.secure),
                }
            }
        };
        settings.secure |= self.secure;
        for (_, key, value) in self.said.iter().filter(|(of, ..)| *of == server) {
            match key {
                Key::Port => settings.port = port(value)?,
                Key::PeerPort => settings.peer_port = port(value)?,
                Key::Heap => settings.heap = heap(value)?,
            }
        }
        ensure!(
            settings.port != settings.peer_port,
            "{} wants two ports, and both are `{}`; give another `--peer-port {}=PORT`",
            server.name(),
            settings.port,
            server.name()
        );
        Ok(settings)
    }
}

/// `RUSHES_ENGINES_KAFKA_PORT` and so on. They stand before the options, which therefore win.
fn from_env(env: impl Fn(&str) -> Option<String>) -> Vec<(Server, Key, String)> {
    let mut said = Vec::new();
    for server in Server::ALL {
        for (name, key) in KEYS {
            let variable =
                format!("RUSHES_ENGINES_{}_{name}", server.name()).replace('-', "_").to_uppercase();
            said.extend(env(&variable).map(|value| (server, *key, value)));
        }
    }
    said
}

fn number(text: &str) -> anyhow::Result<u16> {
    text.parse().with_context(|| format!("`{text}` is no number from 0 to {}", u16::MAX))
}

fn port(text: &str) -> anyhow::Result<u16> {
    let port = number(text)?;
    ensure!(port > 0, "`{text}` is no port: choose one from 1 to {}", u16::MAX);
    Ok(port)
}

fn seconds(text: &str) -> anyhow::Result<Duration> {
    let seconds = text.parse().with_context(|| format!("`{text}` is no number of seconds"))?;
    Ok(Duration::from_secs(seconds))
}

fn heap(text: &str) -> anyhow::Result<String> {
    let digits = text.trim_end_matches(['m', 'g', 'M', 'G']);
    let is_size = text.len() == digits.len() + 1 && digits.parse::<u32>().is_ok_and(|n| n > 0);
    ensure!(is_size, "`{text}` is no size of a heap: write `512m` or `1g`");
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> anyhow::Result<Request> {
        Request::parse(&words.split_whitespace().collect::<Vec<_>>(), |_| None)
    }

    #[test]
    fn without_names_up_means_the_usual_ones_and_down_all() {
        assert_eq!(parse("up").unwrap().servers, Server::USUAL);
        assert_eq!(parse("down").unwrap().servers, Server::ALL);
        assert_eq!(parse("up opensearch kafka").unwrap().servers, [Server::Kafka, Server::Opensearch]);
    }

    #[test]
    fn secure_ones_are_those_that_can_be() {
        let request = parse("up --secure --shift 10").unwrap();
        assert_eq!(request.servers, [Server::Cassandra, Server::Kafka]);
        assert!(request.settings(Server::Kafka, None).unwrap().secure);
        assert!(!parse("up").unwrap().settings(Server::Kafka, None).unwrap().secure);
    }

    #[test]
    fn what_hits_a_server_wants_it_named() {
        for action in ["kill", "stop", "start", "wipe"] {
            assert!(parse(action).unwrap_err().to_string().contains("engines"), "{action}");
        }
        assert_eq!(parse("kill kafka").unwrap().servers, [Server::Kafka]);
    }

    #[test]
    fn wrong_words_are_answered_with_a_mend() {
        for (words, part) in [
            ("", "up|down"),
            ("upp", "`upp`"),
            ("up kafak", "`kafak`"),
            ("up --port", "`--port` needs a value"),
            ("up --port 9", "SERVER=VALUE"),
            ("up --colour red", "`--colour`"),
            ("up --timeout soon", "`soon`"),
            ("up --use play", "`tests` or `scratch`"),
        ] {
            let error = format!("{:#}", parse(words).unwrap_err());
            assert!(error.contains(part), "{words}: {error}");
        }
        for (option, part) in [
            ("--port kafka=0", "`0`"),
            ("--port kafka=70000", "`70000`"),
            ("--heap kafka=much", "512m"),
            ("--heap kafka=0g", "`0g`"),
            ("--port kafka=9093", "--peer-port kafka=PORT"),
            ("--shift 60000", "`60000`"),
        ] {
            let request = parse(&format!("up {option}")).unwrap();
            let error = format!("{:#}", request.settings(Server::Kafka, None).unwrap_err());
            assert!(error.contains(part), "{option}: {error}");
        }
    }

    #[test]
    fn an_option_wins_over_the_environment_which_wins_over_what_was() {
        let env = |name: &str| match name {
            "RUSHES_ENGINES_KAFKA_PORT" => Some("1000".to_owned()),
            "RUSHES_ENGINES_KAFKA_PEER_PORT" => Some("1001".to_owned()),
            _ => None,
        };
        let request = Request::parse(&["up", "--port", "kafka=2000"], env).unwrap();
        let before = Settings { port: 1, peer_port: 2, heap: "2g".to_owned(), secure: false };
        let settings = request.settings(Server::Kafka, Some(before.clone())).unwrap();
        assert_eq!(settings, Settings { port: 2000, peer_port: 1001, ..before.clone() });
        assert_eq!(parse("up").unwrap().settings(Server::Kafka, Some(before.clone())).unwrap(), before);
    }

    #[test]
    fn a_shift_moves_all_ports_from_where_they_usually_are() {
        let request = parse("up --shift 10000 --home /tmp/x --timeout=7").unwrap();
        let before = Settings { port: 1, peer_port: 2, heap: "2g".to_owned(), secure: true };
        let settings = request.settings(Server::Cassandra, Some(before.clone())).unwrap();
        assert_eq!(settings, Settings { port: 19042, peer_port: 17000, ..before });
        assert_eq!((request.home, request.limit), (Some("/tmp/x".into()), Duration::from_secs(7)));
    }
}
