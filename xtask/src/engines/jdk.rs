//! Which Java runs a server: the first of the right version in `JAVA_HOME`, on the path, under `/usr/lib/jvm`.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::{Server, Unavailable};

/// Where Linux distributions put them.
const USUAL_PLACE: &str = "/usr/lib/jvm";

/// One installation of Java.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Jdk {
    /// Its folder, with `bin` in it.
    pub home: PathBuf,
    /// 17 for 17.0.15.
    pub major: u32,
    /// Is it a whole JDK? One that only runs has no compiler.
    pub compiles: bool,
}

impl Jdk {
    /// The path of one of its programs.
    pub fn program(&self, name: &str) -> String {
        self.home.join("bin").join(name).display().to_string()
    }

    /// What lies in that folder, if it is one.
    fn at(home: &Path) -> Option<Self> {
        let home = home.canonicalize().ok()?;
        let major = major(&std::fs::read_to_string(home.join("release")).ok()?)?;
        let has = |program: &str| home.join("bin").join(program).is_file();
        let (runs, compiles) = (has("java"), has("javac") && has("jar"));
        runs.then_some(Self { home, major, compiles })
    }
}

/// The one to run a server with, and to compile for it.
pub fn for_server(server: Server) -> anyhow::Result<Jdk> {
    let found = installed();
    match choose(&found, &server.java(), server.has_sources()) {
        Some(jdk) => Ok(jdk.clone()),
        None => Err(Unavailable(missing(server, &found)).into()),
    }
}

/// The first that fits.
fn choose<'a>(found: &'a [Jdk], versions: &RangeInclusive<u32>, must_compile: bool) -> Option<&'a Jdk> {
    found.iter().find(|jdk| versions.contains(&jdk.major) && (jdk.compiles || !must_compile))
}

fn missing(server: Server, found: &[Jdk]) -> String {
    let versions = server.java();
    let wanted = if versions.start() == versions.end() {
        format!("a JDK {}", versions.start())
    } else {
        format!("a JDK {} to {}", versions.start(), versions.end())
    };
    let there: Vec<String> = found
        .iter()
        .map(|jdk| {
            let kind = if jdk.compiles { "" } else { ", without a compiler" };
            format!("{} in `{}`{kind}", jdk.major, jdk.home.display())
        })
        .collect();
    let there = if there.is_empty() { "none".to_owned() } else { there.join("; ") };
    format!(
        "{} needs {wanted}; found: {there}; install the Debian package `openjdk-{}-jdk-headless`, or name another \
         folder in JAVA_HOME",
        server.name(),
        versions.start()
    )
}

/// All that are found, in the order of preference.
fn installed() -> Vec<Jdk> {
    let mut homes: Vec<PathBuf> = std::env::var_os("JAVA_HOME").map(PathBuf::from).into_iter().collect();
    if let Some(path) = std::env::var_os("PATH") {
        let programs = std::env::split_paths(&path).map(|folder| folder.join("java"));
        // Commonly a chain of links that ends in HOME/bin/java.
        homes.extend(programs.filter_map(|java| Some(java.canonicalize().ok()?.parent()?.parent()?.into())));
    }
    let mut others: Vec<PathBuf> = std::fs::read_dir(USUAL_PLACE)
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    others.sort();
    homes.extend(others);
    let mut found: Vec<Jdk> = Vec::new();
    for jdk in homes.iter().filter_map(|home| Jdk::at(home)) {
        if !found.contains(&jdk) {
            found.push(jdk);
        }
    }
    found
}

/// The major version that a JDK's file `release` names: `JAVA_VERSION="17.0.15"`.
fn major(release: &str) -> Option<u32> {
    let version = release.lines().find_map(|line| line.strip_prefix("JAVA_VERSION="))?.trim_matches('"');
    let mut parts = version.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    match parts.next()?.ok()? {
        1 => parts.next()?.ok(), // up to 8 they were called 1.8
        major => Some(major),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jdk(major: u32, compiles: bool) -> Jdk {
        Jdk { home: format!("/jvm/{major}").into(), major, compiles }
    }

    #[test]
    fn versions_are_read_from_the_release_file() {
        for (text, expected) in [
            ("IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"17.0.15\"\n", Some(17)),
            ("JAVA_VERSION=\"25\"", Some(25)),
            ("JAVA_VERSION=\"1.8.0_402\"", Some(8)),
            ("JAVA_VERSION=\"26-ea\"", Some(26)),
            ("JAVA_VERSION=\"\"", None),
            ("", None),
        ] {
            assert_eq!(major(text), expected, "{text}");
        }
    }

    #[test]
    fn the_first_that_fits_is_taken() {
        let found = [jdk(21, false), jdk(25, true), jdk(17, true)];
        assert_eq!(choose(&found, &(17..=17), false).map(|j| j.major), Some(17));
        assert_eq!(choose(&found, &(17..=25), false).map(|j| j.major), Some(21));
        assert_eq!(choose(&found, &(17..=25), true).map(|j| j.major), Some(25));
        assert_eq!(choose(&found, &(11..=11), false), None);
    }

    #[test]
    fn what_is_missing_is_named_by_its_package_with_what_is_there() {
        let text = missing(Server::Opensearch, &[jdk(17, true)]);
        assert!(text.contains("a JDK 21 to 25") && text.contains("openjdk-21-jdk-headless"), "{text}");
        assert!(text.contains("17 in `/jvm/17`"), "{text}");
        assert!(missing(Server::Cassandra, &[]).contains("a JDK 17; found: none"));
    }
}
