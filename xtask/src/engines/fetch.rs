//! The published jars, by Maven, and what is compiled and laid out beside them. Done once for each state of our own
//! files, and again when one of them changes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use super::jdk::{self, Jdk};
use super::{Server, Unavailable, process};

/// How long Maven may take; a cold start takes half a minute.
const FETCH_LIMIT: Duration = Duration::from_secs(600);
/// What is fetched in the end says here from what.
const STAMP: &str = "fetched";
/// The module that speaks HTTP; Elasticsearch wants it, and what it needs, in a folder of its own.
const HTTP_MODULE: &str = "transport-netty4";
/// The module of ours.
const OUR_MODULE: &str = "additions";

/// Folders that hold what is fetched and compiled.
const PARTS: [&str; 4] = ["lib", "modules", "classes", "plugins"];

/// Is all there that follows from our own files in the folder `sources`?
pub fn is_fetched(server: Server, sources: &Path, dir: &Path) -> anyhow::Result<bool> {
    let stamp = stamp(server, sources)?;
    Ok(std::fs::read_to_string(dir.join(STAMP)).is_ok_and(|before| before == stamp))
}

/// Brings what a server needs into its folder `dir`.
pub fn fetch(server: Server, sources: &Path, dir: &Path) -> anyhow::Result<()> {
    let stamp = stamp(server, sources)?;
    let jdk = jdk::for_server(server)?;
    for old in PARTS {
        let old = dir.join(old);
        if old.exists() {
            std::fs::remove_dir_all(&old).with_context(|| format!("emptying `{}`", old.display()))?;
        }
    }
    make(&dir.join("lib"))?;
    maven(server, sources, dir, &jdk)?;
    match server {
        Server::Cassandra | Server::Kafka => {}
        Server::Elasticsearch => elasticsearch(sources, dir, &jdk)?,
        Server::Opensearch => opensearch(sources, dir, &jdk)?,
    }
    std::fs::write(dir.join(STAMP), stamp).context("noting what was fetched")
}

/// Lets a server's folder use what lies in that of another home.
pub fn link(dir: &Path, store: &Path) -> anyhow::Result<()> {
    make(dir)?;
    for part in PARTS {
        let (link, part) = (dir.join(part), store.join(part));
        match std::fs::symlink_metadata(&link) {
            Ok(meta) if meta.is_dir() => std::fs::remove_dir_all(&link),
            Ok(_) => std::fs::remove_file(&link),
            Err(_) => Ok(()),
        }
        .with_context(|| format!("removing `{}`", link.display()))?;
        if part.exists() {
            std::os::unix::fs::symlink(&part, &link)
                .with_context(|| format!("linking `{}`", link.display()))?;
        }
    }
    Ok(())
}

/// All that the result follows from.
fn stamp(server: Server, sources: &Path) -> anyhow::Result<String> {
    let mut stamp = String::new();
    for file in std::iter::once(sources.join("pom.xml")).chain(java_files(server, sources)?) {
        stamp += &std::fs::read_to_string(&file).with_context(|| format!("reading `{}`", file.display()))?;
    }
    Ok(stamp)
}

fn java_files(server: Server, sources: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !server.has_sources() {
        return Ok(Vec::new());
    }
    let folder = sources.join(server.name()).join("java");
    Ok(names(&folder)?.into_iter().map(|name| folder.join(name)).collect())
}

/// Names of what lies in a folder, sorted.
fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("listing `{}`", folder.display()))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The names of the jars in a folder; none where there is no folder.
pub fn jars(folder: &Path) -> anyhow::Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    Ok(names(folder)?.into_iter().filter(|name| name.ends_with(".jar")).collect())
}

fn make(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("making `{}`", folder.display()))
}

fn maven(server: Server, sources: &Path, dir: &Path, jdk: &Jdk) -> anyhow::Result<()> {
    let log = dir.join("fetch.log");
    let out = File::create(&log).with_context(|| format!("making `{}`", log.display()))?;
    let started = Command::new("mvn")
        .args(["--batch-mode", "--no-transfer-progress", "-Daether.connector.connectTimeout=20000"])
        .arg(format!("--activate-profiles={}", server.name()))
        .arg(format!("--file={}", sources.join("pom.xml").display()))
        .arg(format!("-Dengine.jars={}", dir.join("lib").display()))
        .arg("process-resources")
        .env("JAVA_HOME", &jdk.home)
        .stdin(Stdio::null())
        .stdout(out.try_clone().context("sharing Maven's log")?)
        .stderr(out)
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Unavailable(
                "there is no Maven, which fetches the servers; install the Debian package `maven`".to_owned(),
            )
            .into());
        }
        Err(error) => return Err(error).context("starting `mvn`"),
    };
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().context("waiting for Maven")? {
            break status;
        }
        if started.elapsed() > FETCH_LIMIT {
            child.kill().context("ending Maven")?;
            child.wait().context("waiting for Maven's end")?;
            return Err(Unavailable(format!(
                "Maven did not fetch {} within {} s; see `{}`",
                server.name(),
                FETCH_LIMIT.as_secs(),
                log.display()
            ))
            .into());
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    if !status.success() {
        return Err(Unavailable(format!(
            "Maven could not fetch {}; does it reach a repository? The end of `{}`:\n{}",
            server.name(),
            log.display(),
            process::last_lines(&log)
        ))
        .into());
    }
    Ok(())
}

/// HTTP into a module of its own, our additions compiled into another one, the launcher into `classes`.
fn elasticsearch(sources: &Path, dir: &Path, jdk: &Jdk) -> anyhow::Result<()> {
    let (lib, modules) = (dir.join("lib"), dir.join("modules"));
    let all = jars(&lib)?;
    let version = all
        .iter()
        .find_map(|name| name.strip_prefix("elasticsearch-core-")?.strip_suffix(".jar"))
        .context("there is no elasticsearch-core among the jars that Maven brought")?
        .to_owned();
    let http = modules.join(HTTP_MODULE);
    make(&http)?;
    for name in all.iter().filter(|name| name.starts_with("netty-") || name.starts_with(HTTP_MODULE)) {
        std::fs::rename(lib.join(name), http.join(name)).with_context(|| format!("moving `{name}`"))?;
    }
    let describe = |folder: &Path, name: &str, class: &str| {
        std::fs::write(folder.join("plugin-descriptor.properties"), descriptor(name, class, &version))
            .with_context(|| format!("describing the module `{name}`"))
    };
    describe(&http, HTTP_MODULE, "org.elasticsearch.transport.netty4.Netty4Plugin")?;

    let classes = dir.join("classes");
    compile(Server::Elasticsearch, sources, dir, jdk)?;
    // The launcher stays on the class path; a module may not hold what is there too.
    let ours = modules.join(OUR_MODULE);
    let staged = dir.join("classes-of-module");
    make(&ours)?;
    make(&staged.join("rushes"))?;
    for name in names(&classes.join("rushes"))?.iter().filter(|name| !name.starts_with("Launch")) {
        std::fs::rename(classes.join("rushes").join(name), staged.join("rushes").join(name))
            .with_context(|| format!("moving `{name}`"))?;
    }
    let jar = ours.join("additions.jar");
    run(Command::new(jdk.program("jar"))
        .arg("--create")
        .arg("--file")
        .arg(&jar)
        .arg("-C")
        .arg(&staged)
        .arg("."))?;
    std::fs::remove_dir_all(&staged).context("removing what went into the module")?;
    describe(&ours, OUR_MODULE, "rushes.Additions")?;
    make(&dir.join("plugins"))
}

/// What Elasticsearch reads of a module before it loads it.
fn descriptor(name: &str, class: &str, version: &str) -> String {
    format!(
        "name={name}\ndescription={class}\nversion={version}\nelasticsearch.version={version}\njava.version=17\n\
         classname={class}\n"
    )
}

/// The vector plugin's jars out of their archive, the launcher into `classes`.
fn opensearch(sources: &Path, dir: &Path, jdk: &Jdk) -> anyhow::Result<()> {
    let lib = dir.join("lib");
    let unpacked = dir.join("unpacked");
    for name in names(&lib)?.iter().filter(|name| name.ends_with(".zip")) {
        make(&unpacked)?;
        let archive = lib.join(name);
        run(Command::new(jdk.program("jar"))
            .arg("--extract")
            .arg("--file")
            .arg(&archive)
            .current_dir(&unpacked))?;
        for jar in jars(&unpacked)? {
            std::fs::rename(unpacked.join(&jar), lib.join(&jar))
                .with_context(|| format!("moving `{jar}`"))?;
        }
        std::fs::remove_dir_all(&unpacked).context("removing what was unpacked")?;
        std::fs::remove_file(&archive).with_context(|| format!("removing `{name}`"))?;
    }
    compile(Server::Opensearch, sources, dir, jdk)
}

fn compile(server: Server, sources: &Path, dir: &Path, jdk: &Jdk) -> anyhow::Result<()> {
    let release = server.java().start().to_string();
    let mut javac = Command::new(jdk.program("javac"));
    javac.args(["-nowarn", "-Xlint:none", "--release", &release, "-cp", "lib/*", "-d", "classes"]);
    run(javac.args(java_files(server, sources)?).current_dir(dir))
}

/// Runs one of a JDK's tools to its end.
fn run(command: &mut Command) -> anyhow::Result<()> {
    let program = Path::new(command.get_program()).display().to_string();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting `{program}`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{program}` failed: {}", said.trim());
    Ok(())
}

/// Says what cannot be had before anything is tried.
pub fn tools(servers: &[Server]) -> anyhow::Result<()> {
    for server in servers {
        jdk::for_server(*server)?;
    }
    if !Path::new("/proc/self/cmdline").exists() {
        bail!(
            "engines run on Linux only: elsewhere their processes cannot be told from others; use compose.yml"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_says_what_it_is_in_the_servers_own_words() {
        let text = descriptor("additions", "rushes.Additions", "8.19.21");
        assert!(text.contains("classname=rushes.Additions\n"), "{text}");
        assert!(text.contains("elasticsearch.version=8.19.21\n"), "{text}");
    }

    #[test]
    fn the_stamp_of_a_server_follows_its_sources_and_no_others() {
        let sources = crate::root().unwrap().join("xtask/engines");
        let of = |server| stamp(server, &sources).unwrap();
        assert_eq!(of(Server::Cassandra), of(Server::Kafka));
        assert!(
            of(Server::Elasticsearch).contains("class Formula")
                || of(Server::Elasticsearch).contains("interface Formula")
        );
        assert!(!of(Server::Opensearch).contains("interface Formula"));
    }
}
