//! Configuration: flag > environment > `rushes.toml` > default.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ArgMatches;
use clap::parser::ValueSource;
use rushes_archive::{OnDamage, OpenOptions, Rebuild, Stage};
use rushes_engines::{Configured, is_ours};
use rushes_query::Encoders;
use rushes_serve::{OidcConfig, ServeConfig};
use rushes_text::{MAX_EDITS, within};
use toml::{Table, Value};

use crate::args::Global;
use crate::encoders::{ConfiguredEncoders, SECTION};
use crate::exit::{Failure, Outcome};
use crate::roles::{requests, stages};
use crate::settings::{SETTINGS, Settings, from_text, variable_name};

/// The section of the login provider.
const OIDC: &str = "oidc";
/// Name of the configuration file in an archive's folder.
const FILE: &str = "rushes.toml";

/// Where the archive is that a command works on.
#[derive(Debug, Clone)]
pub enum ArchiveLocation {
    /// In this folder.
    Folder(PathBuf),
    /// Behind this server.
    Server(String),
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It was not set.
    Default,
    /// The configuration file.
    File,
    /// This environment variable.
    Environment(String),
    /// The command line.
    Flag,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File => f.write_str("file"),
            Self::Environment(name) => f.write_str(name),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// What is configured, and where each value comes from.
#[derive(Debug, Clone)]
pub struct Config {
    /// The archive's folder.
    pub dir: PathBuf,
    /// Where it was named.
    pub dir_origin: Origin,
    /// The server, where one was named.
    pub server: Option<(String, Origin)>,
    /// The token, where one was named.
    pub token: Option<String>,
    /// The configuration file, whether it is there or not.
    pub path: PathBuf,
    /// Is it there?
    pub file_found: bool,
    /// The settings.
    pub settings: Settings,
    /// Where each of [`SETTINGS`] comes from, in that order.
    pub origins: Vec<Origin>,
    /// What the archive runs on.
    pub engines: Configured,
    /// The encoders that are known.
    pub encoders: Arc<ConfiguredEncoders>,
    /// The OpenID provider that people log in by.
    pub oidc: Option<Arc<OidcConfig>>,
    /// What is rebuilt when the archive is opened.
    pub rebuild: Option<Rebuild>,
    /// Is an archive whose store is damaged opened for reading?
    pub read_damaged: bool,
    /// What is wrong.
    pub problems: Vec<String>,
}

impl Config {
    /// Reads the configuration that the flags and the environment point at. Problems are collected in
    /// [`Config::problems`].
    pub fn load(global: &Global, matches: &ArgMatches) -> Outcome<Self> {
        let origin = |id: &str, variable: &str| match matches.value_source(id) {
            Some(ValueSource::CommandLine) => Origin::Flag,
            Some(ValueSource::EnvVariable) => Origin::Environment(variable.to_owned()),
            _ => Origin::Default,
        };
        let dir_origin = origin("archive", "RUSHES_ARCHIVE");
        let server = global.server.clone().map(|url| (url, origin("server", "RUSHES_SERVER")));
        // A folder named on the command line counts before a server named in the environment.
        let server = match server {
            Some((_, Origin::Flag)) if dir_origin == Origin::Flag => {
                return Err(Failure::Usage("give --archive or --server, not both".to_owned()));
            }
            Some((_, Origin::Environment(_))) if dir_origin == Origin::Flag => None,
            server => server,
        };
        let dir = match &global.archive {
            Some(dir) => dir.clone(),
            None => default_dir()?,
        };
        let path = global.config.clone().unwrap_or_else(|| dir.join(FILE));
        let mut problems = Vec::new();
        let table = match read(&path, global.config.is_some()) {
            Ok(table) => table,
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        let mut config = Self {
            dir,
            dir_origin,
            server,
            token: global.token.clone(),
            file_found: table.is_some(),
            path,
            settings: Settings::default(),
            origins: vec![Origin::Default; SETTINGS.len()],
            engines: Configured::default(),
            encoders: Arc::default(),
            oidc: None,
            rebuild: None,
            read_damaged: global.read_damaged,
            problems,
        };
        let table = table.unwrap_or_default();
        config.apply(&table, &|name| std::env::var(name).ok());
        let variables: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        match Configured::read(&table, &variables) {
            Ok(engines) => config.engines = engines.of_file(&config.path),
            Err(problems) => {
                let at = config.path.display();
                config.problems.extend(problems.into_iter().map(|problem| format!("`{at}`: {problem}")));
            }
        }
        config.read_oidc(&table);
        config.encoders = Arc::new(ConfiguredEncoders::of(
            &table,
            &config.path,
            &|name| std::env::var(name).ok(),
            &mut config.problems,
        )?);
        Ok(config)
    }

    /// The configuration, or an error with its problems.
    pub fn checked(self) -> Outcome<Self> {
        match self.problems.first() {
            None => Ok(self),
            Some(problem) => {
                let more = match self.problems.len() {
                    1 => String::new(),
                    n => format!(" ({} more: `rushes config check`)", n - 1),
                };
                Err(Failure::Usage(format!("{problem}{more}")))
            }
        }
    }

    /// Reads the section of the login provider. It has no variables: its grants are a list.
    fn read_oidc(&mut self, table: &Table) {
        let Some(section) = table.get(OIDC) else { return };
        let at = self.path.display();
        let read = serde_path_to_error::deserialize::<_, OidcConfig>(section.clone()).map_err(|e| {
            let why = e.inner().message().replace('\n', ", ");
            match e.path().to_string().as_str() {
                "." => format!("`{at}`: section `[{OIDC}]`: {why}"),
                // What was written there is nobody's business.
                "client_secret" => format!("`{at}`: `{OIDC}.client_secret` must be a text"),
                key => format!("`{at}`: `{OIDC}.{key}`: {why}"),
            }
        });
        let checked = read.and_then(|oidc| match oidc.check() {
            Ok(()) => Ok(oidc),
            Err(error) => {
                let key = error.pointer().unwrap_or_default().trim_start_matches('/');
                Err(format!("`{at}`: `{OIDC}.{key}`: {}", error.message()))
            }
        });
        match checked {
            Ok(oidc) => self.oidc = Some(Arc::new(oidc)),
            Err(problem) => self.problems.push(problem),
        }
    }

    /// Takes over what the file says, then what the environment says.
    fn apply(&mut self, table: &Table, variable: &dyn Fn(&str) -> Option<String>) {
        for (setting, origin) in SETTINGS.iter().zip(&mut self.origins) {
            if let Some(value) = lookup(table, setting.key) {
                match (setting.set)(&mut self.settings, value) {
                    Ok(()) => *origin = Origin::File,
                    Err(why) => {
                        self.problems.push(format!("`{}`: `{}` {why}", self.path.display(), setting.key));
                    }
                }
            }
            let name = variable_name(setting);
            if let Some(text) = variable(&name) {
                match (setting.set)(&mut self.settings, &from_text(setting, &text)) {
                    Ok(()) => *origin = Origin::Environment(name),
                    Err(why) => self.problems.push(format!("`{name}` {why}")),
                }
            }
        }
        let half = self.settings.backup.problem();
        self.problems.extend(half.map(|why| format!("`{}`: {why}", self.path.display())));
        for key in keys(table, "") {
            if !SETTINGS.iter().any(|s| s.key == key)
                && ![is_encoder, is_oidc, is_ours].iter().any(|is| is(&key))
            {
                let near = nearest(&key).map(|k| format!("; did you mean `{k}`?")).unwrap_or_default();
                self.problems.push(format!("`{}`: there is no setting `{key}`{near}", self.path.display()));
            }
        }
    }

    /// A value given on the command line.
    pub fn flag(&mut self, key: &str, set: impl FnOnce(&mut Settings)) {
        set(&mut self.settings);
        if let Some(origin) = SETTINGS.iter().position(|s| s.key == key).and_then(|i| self.origins.get_mut(i))
        {
            *origin = Origin::Flag;
        }
    }

    /// Where the archive is.
    #[must_use]
    pub fn place(&self) -> ArchiveLocation {
        match &self.server {
            Some((url, _)) => ArchiveLocation::Server(url.clone()),
            None => ArchiveLocation::Folder(self.dir.clone()),
        }
    }

    /// How the archive is opened.
    #[must_use]
    pub fn open_options(&self, create: bool) -> OpenOptions {
        let s = &self.settings;
        OpenOptions {
            create,
            limits: s.limits,
            bucket_ns: s.bucket_ms.map(|ms| i64::from(ms) * 1_000_000),
            default_language: s.default_language.clone(),
            media_roots: s.media_roots.clone(),
            engines: self.engines.engines(),
            rebuild: self.rebuild,
            on_damage: if self.read_damaged { OnDamage::ReadOnly } else { OnDamage::Refuse },
            encoders: Arc::clone(&self.encoders) as Arc<dyn Encoders>,
            backups: s.backup.schedule(false),
            verify_every: s.verify_every,
            feedback: s.feedback,
            ..OpenOptions::default()
        }
    }

    /// How the archive of a serving process is opened: with the workers of its roles only. It makes the backups too.
    #[must_use]
    pub fn serve_options(&self) -> OpenOptions {
        let stages = stages(&self.settings.roles);
        let backups = self.settings.backup.schedule(stages.contains(&Stage::Maintain));
        let verifies_here = stages.contains(&Stage::Maintain);
        OpenOptions { stages, backups, verifies_here, ..self.open_options(true) }
    }

    /// How the server is set up.
    #[must_use]
    pub fn serve_config(&self) -> ServeConfig {
        let s = &self.settings;
        ServeConfig {
            listen: s.listen,
            hosts: s.hosts.clone(),
            media_roots: s.media_roots.clone(),
            roles: requests(&s.roles),
            limits: s.serve,
            oidc: self.oidc.clone(),
            ..ServeConfig::default()
        }
    }
}

fn lookup<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    match key.split_once('.') {
        None => table.get(key),
        Some((section, key)) => table.get(section)?.as_table()?.get(key),
    }
}

/// All keys of a table, those of a section behind its name and a dot.
fn keys(table: &Table, section: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) if section.is_empty() => found.extend(keys(inner, &format!("{key}."))),
            _ => found.push(format!("{section}{key}")),
        }
    }
    found
}

/// Encoders are read elsewhere: their names are the operator's own.
fn is_encoder(key: &str) -> bool {
    key.strip_prefix(SECTION).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// So is the login provider.
fn is_oidc(key: &str) -> bool {
    key.strip_prefix(OIDC).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The setting that is spelt most alike, if any is.
fn nearest(key: &str) -> Option<&'static str> {
    let own = |k: &'static str| k.rsplit('.').next().unwrap_or(k);
    let typed = key.rsplit('.').next().unwrap_or(key);
    let near = SETTINGS.iter().filter_map(|s| Some((within(typed, own(s.key), MAX_EDITS)?, s.key)));
    near.min().map(|(_, key)| key)
}

/// Reads the engines of an archive from a configuration file: the named one, else the one in the archive's folder,
/// where there is one. The environment is ignored, because it cannot distinguish two archives.
pub fn read_engines(named: Option<&Path>, archive: &Path) -> Outcome<Configured> {
    let path = named.map_or_else(|| archive.join(FILE), Path::to_owned);
    let table = read(&path, named.is_some()).map_err(Failure::Usage)?.unwrap_or_default();
    Configured::read(&table, &[])
        .map(|engines| engines.of_file(&path))
        .map_err(|problems| Failure::Usage(format!("`{}`: {}", path.display(), problems.join("; "))))
}

fn default_dir() -> Outcome<PathBuf> {
    match dirs::data_dir() {
        Some(data) => Ok(data.join("rushes").join("archive")),
        None => {
            Err(Failure::Usage("there is no user data folder here; name one with --archive DIR".to_owned()))
        }
    }
}

fn read(path: &Path, must_be_there: bool) -> Result<Option<Table>, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && !must_be_there => return Ok(None),
        Err(e) => return Err(format!("`{}` cannot be read: {e}", path.display())),
    };
    let table = text.parse().map_err(|e: toml::de::Error| {
        let line = e.span().and_then(|s| text.get(..s.start)).map_or(1, |t| t.matches('\n').count() + 1);
        format!("`{}`:{line}: {}", path.display(), e.message().replace('\n', ", "))
    })?;
    Ok(Some(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str, variables: &[(&str, &str)]) -> Config {
        let mut config = Config {
            dir: PathBuf::from("/a"),
            dir_origin: Origin::Default,
            server: None,
            token: None,
            path: PathBuf::from("rushes.toml"),
            file_found: true,
            settings: Settings::default(),
            origins: vec![Origin::Default; SETTINGS.len()],
            engines: Configured::default(),
            rebuild: None,
            read_damaged: false,
            encoders: Arc::default(),
            oidc: None,
            problems: Vec::new(),
        };
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        config.apply(&text.parse().unwrap(), &find);
        config
    }

    #[test]
    fn the_environment_counts_before_the_file() {
        let text = "listen = '127.0.0.1:1'\nmedia_roots = ['/m']\n[limits]\npage = 7\nclauses = 9\n";
        let config = config(text, &[("RUSHES_LIMITS_PAGE", "8"), ("RUSHES_HOSTS", "a,b")]);
        assert_eq!(config.problems, Vec::<String>::new());
        assert_eq!((config.settings.limits.page_max, config.settings.limits.clauses_max), (8, 9));
        assert_eq!(config.settings.hosts, ["a", "b"]);
        assert_eq!(config.settings.listen.port(), 1);
        let origin = |key: &str| &config.origins[SETTINGS.iter().position(|s| s.key == key).unwrap()];
        assert_eq!(*origin("limits.page"), Origin::Environment("RUSHES_LIMITS_PAGE".into()));
        assert_eq!(*origin("limits.clauses"), Origin::File);
        assert_eq!(*origin("bucket_ms"), Origin::Default);
    }

    #[test]
    fn all_that_is_wrong_is_named_with_its_place() {
        let text = "hots = ['a']\nbucket_ms = 0\nlisten = 3\n[limits]\npages = 1\nspan_hours = -1\n";
        let problems = config(text, &[("RUSHES_LIMITS_PAGE", "many")]).problems.join("\n");
        for part in [
            "no setting `hots`; did",
            "`hosts`",
            "`bucket_ms`",
            "`listen`",
            "`limits.pages`",
            "`limits.span_hours`",
        ] {
            assert!(problems.contains(part), "{part} in {problems}");
        }
        assert!(problems.contains("`RUSHES_LIMITS_PAGE`"), "{problems}");
    }

    #[test]
    fn a_fault_of_the_login_provider_is_named_with_its_key() {
        let sound = "[oidc]\nissuer = 'https://id'\nclient_id = 'r'\nserver_url = 'https://r'\n";
        for (more, named) in [
            ("session_hours = 'x'", "`oidc.session_hours`: invalid type"),
            ("session_hours = 0", "`oidc.session_hours`: `0` cannot be used"),
            ("scopes = ['openid', 1]", "`oidc.scopes[1]`"),
            ("client_secret = 12345", "`oidc.client_secret` must be a text"),
            ("name_clam = 'x'", "unknown field `name_clam`"),
            (
                "[[oidc.grant]]\ngroup = 'g'\nrights = ['fly']",
                "`oidc.grant[0].rights[0]`: unknown variant `fly`",
            ),
        ] {
            let mut config = config("", &[]);
            config.read_oidc(&format!("{sound}{more}").parse().unwrap());
            let problems = config.problems.join("\n");
            assert!(problems.contains(named) && !problems.contains("12345"), "{more}: {problems}");
        }
    }

    #[test]
    fn every_setting_takes_its_own_default() {
        let shown =
            |settings: &Settings| -> Vec<Value> { SETTINGS.iter().map(|s| (s.get)(settings)).collect() };
        for setting in SETTINGS {
            let mut settings = Settings::default();
            let value = (setting.get)(&settings);
            if value != Value::String(String::new()) {
                assert_eq!((setting.set)(&mut settings, &value), Ok(()), "{}", setting.key);
            }
            assert_eq!(shown(&settings), shown(&Settings::default()), "{}", setting.key);
        }
    }
}
