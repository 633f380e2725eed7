//! A server's configuration: our templates with the places filled in, and the settings that it was started with.

use std::path::Path;

use anyhow::{Context, ensure};

use super::{Server, Settings, secure};

/// Where a server keeps what it was last started with.
const SETTINGS: &str = "settings";
/// Files that several servers share.
const SHARED: &str = "log4j2.properties";

/// Writes the configuration of a server into `dir/config`, and notes its settings.
pub fn write(server: Server, sources: &Path, dir: &Path, settings: &Settings) -> anyhow::Result<()> {
    let config = dir.join("config");
    std::fs::create_dir_all(&config).with_context(|| format!("making `{}`", config.display()))?;
    let own = sources.join(server.name());
    let mut templates = vec![sources.join(SHARED)];
    for entry in std::fs::read_dir(&own).with_context(|| format!("listing `{}`", own.display()))? {
        templates.push(entry?.path());
    }
    if settings.secure {
        secure::write_certificates(&config)?;
    }
    for template in templates.iter().filter(|path| path.is_file()) {
        let text =
            std::fs::read_to_string(template).with_context(|| format!("reading `{}`", template.display()))?;
        let text =
            fill(&text, server, dir, settings).with_context(|| format!("in `{}`", template.display()))?;
        let name = template.file_name().context("a file without a name")?;
        std::fs::write(config.join(name), text).context("writing the configuration")?;
    }
    std::fs::write(dir.join(SETTINGS), to_text(settings)).context("noting the settings")
}

/// What a server was last started with.
pub fn remembered(dir: &Path) -> Option<Settings> {
    from_text(&std::fs::read_to_string(dir.join(SETTINGS)).ok()?)
}

/// A template with its places filled in.
fn fill(text: &str, server: Server, dir: &Path, settings: &Settings) -> anyhow::Result<String> {
    let dir = dir.to_str().context("the folder's name must be UTF-8; choose another with --home")?;
    // It stands in YAML, in properties and in a URL, and means itself in all of them.
    ensure!(
        !dir.contains(['"', '\\', '#', '%', ' ', '\n', '$']),
        "the folder `{dir}` has a character in its name that configurations read as something else; choose another \
         with --home"
    );
    let filled = text
        .replace("{{security}}", secure::lines(server, settings))
        .replace("{{tls_port}}", &secure::tls_port(settings).to_string())
        .replace("{{dir}}", dir)
        .replace("{{port}}", &settings.port.to_string())
        .replace("{{peer_port}}", &settings.peer_port.to_string());
    ensure!(!filled.contains("{{"), "the template has a place that nothing fills");
    Ok(filled)
}

fn to_text(settings: &Settings) -> String {
    let secure = if settings.secure { " secure" } else { "" };
    format!("{} {} {}{secure}\n", settings.port, settings.peer_port, settings.heap)
}

fn from_text(text: &str) -> Option<Settings> {
    let mut words = text.split_whitespace();
    Some(Settings {
        port: words.next()?.parse().ok()?,
        peer_port: words.next()?.parse().ok()?,
        heap: words.next()?.to_owned(),
        secure: words.next() == Some("secure"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings { port: 19092, peer_port: 19093, heap: "1g".to_owned(), secure: false }
    }

    #[test]
    fn places_are_filled_and_none_is_left() {
        let text = "a={{dir}}/data b={{port}} c={{peer_port}}";
        assert_eq!(
            fill(text, Server::Kafka, Path::new("/e/kafka"), &settings()).unwrap(),
            "a=/e/kafka/data b=19092 c=19093"
        );
        assert!(fill("{{other}}", Server::Kafka, Path::new("/e"), &settings()).is_err());
        let error = fill(text, Server::Kafka, Path::new("/my engines"), &settings()).unwrap_err().to_string();
        assert!(error.contains("--home"), "{error}");
    }

    #[test]
    fn every_template_of_ours_is_filled() {
        let sources = crate::root().unwrap().join("xtask/engines");
        let dir = std::env::temp_dir().join(format!("rushes-config-{}", std::process::id()));
        for server in Server::ALL {
            let dir = dir.join(server.name());
            write(server, &sources, &dir, &settings()).unwrap();
            assert_eq!(remembered(&dir), Some(settings()));
            let names = ["cassandra.yaml", "server.properties", "elasticsearch.yml", "opensearch.yml"];
            let written: Vec<String> = names
                .iter()
                .filter_map(|name| std::fs::read_to_string(dir.join("config").join(name)).ok())
                .collect();
            assert_eq!(written.len(), 1, "{}", server.name());
            assert!(written[0].contains("19092") && written[0].contains("19093"), "{}", written[0]);
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_secure_server_has_certificates_and_asks_for_a_user() {
        let sources = crate::root().unwrap().join("xtask/engines");
        let dir = std::env::temp_dir().join(format!("rushes-secure-{}", std::process::id()));
        let settings = Settings { secure: true, ..settings() };
        for (server, file, part) in [
            (Server::Cassandra, "cassandra.yaml", "authenticator: PasswordAuthenticator"),
            (Server::Kafka, "server.properties", "SASL_SSL://127.0.0.1:19102"),
        ] {
            let dir = dir.join(server.name());
            write(server, &sources, &dir, &settings).unwrap();
            assert_eq!(remembered(&dir), Some(settings.clone()));
            let text = std::fs::read_to_string(dir.join("config").join(file)).unwrap();
            assert!(text.contains(part) && !text.contains("{{"), "{text}");
            for name in ["ca.pem", "node.pem", "client.pem", "client.key"] {
                let pem = std::fs::read_to_string(dir.join("config").join(name)).unwrap();
                assert!(pem.contains("-----BEGIN"), "{name}");
            }
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn settings_that_were_damaged_are_as_good_as_none() {
        assert_eq!(from_text(&to_text(&settings())), Some(settings()));
        assert_eq!(from_text("19092"), None);
        assert_eq!(from_text("a b c"), None);
    }
}
