//! The sections of a configuration that choose engines and say how they are reached.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rushes_archive::{EmbeddedEngines, OpenEngines, Part};
use toml::{Table, Value};

use crate::choice::{Choice, Engine};
use crate::drivers;

/// The section that chooses, and those that say how each engine is reached.
pub const SECTIONS: [&str; 4] = ["engines", "cassandra", "kafka", "elasticsearch"];

/// Is a key of a configuration (with its section before a dot) one of those read here?
#[must_use]
pub fn is_ours(key: &str) -> bool {
    SECTIONS
        .iter()
        .any(|section| key.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// The chosen engines and how they are reached: checked, not connected yet.
#[derive(Debug, Clone, Default)]
pub struct Configured {
    choice: Choice,
    settings: drivers::Settings,
    file: Option<PathBuf>,
}

impl Configured {
    /// Reads the sections of a configuration's table; environment variables such as `RUSHES_ENGINES_STORE` or
    /// `RUSHES_CASSANDRA_KEYSPACE` take precedence. Their values are written as in the file; a plain text needs no
    /// quotes.
    ///
    /// # Errors
    /// Everything that is wrong, each with its key.
    pub fn read(table: &Table, variables: &[(String, String)]) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut sections: Vec<Table> = Vec::new();
        for name in SECTIONS {
            let mut section = match table.get(name) {
                None => Table::new(),
                Some(Value::Table(section)) => section.clone(),
                Some(_) => {
                    problems.push(format!("`{name}` must be a section: write `[{name}]`"));
                    Table::new()
                }
            };
            overlay(&mut section, name, variables);
            sections.push(section);
        }
        let mut sections = sections.into_iter();
        let choice = choose(&sections.next().unwrap_or_default(), &mut problems);
        let mut next = || sections.next().unwrap_or_default();
        let tables = drivers::Tables { cassandra: next(), kafka: next(), elasticsearch: next() };
        let settings = drivers::settings(&choice, tables, &mut problems);
        if !problems.is_empty() {
            let named = problems.into_iter().map(|problem| with_variable(problem, variables));
            return Err(named.collect());
        }
        Ok(Self { choice, settings, file: None })
    }

    /// Says which file it was read from, for the errors of engines that cannot be opened.
    #[must_use]
    pub fn of_file(self, path: &Path) -> Self {
        Self { file: Some(path.to_owned()), ..self }
    }

    /// What each part runs on.
    #[must_use]
    pub const fn choice(&self) -> &Choice {
        &self.choice
    }

    /// What opens it.
    #[must_use]
    pub fn engines(&self) -> Arc<dyn OpenEngines> {
        match self.choice.is_embedded() {
            true => Arc::new(EmbeddedEngines),
            false => drivers::engines(self.choice, self.settings.clone(), self.file.clone()),
        }
    }
}

/// For benchmarks of the engines themselves.
#[cfg(feature = "drivers")]
impl Configured {
    /// How each engine is reached.
    #[must_use]
    pub const fn settings(&self) -> &drivers::Settings {
        &self.settings
    }

    /// The same engines under another name: another keyspace, other topics and indices.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        Self { choice: self.choice, settings: self.settings.clone().named(name), file: self.file.clone() }
    }
}

/// Applies environment variables to a section. Variables that are other settings are ignored.
fn overlay(section: &mut Table, name: &str, variables: &[(String, String)]) {
    let prefix = format!("RUSHES_{}_", name.to_uppercase());
    for (variable, text) in variables {
        let Some(key) = variable.strip_prefix(&prefix).map(str::to_lowercase) else { continue };
        if name == SECTIONS[0] && !Part::ALL.iter().any(|part| part.as_str() == key) {
            continue;
        }
        let read: Option<Table> = format!("value = {text}").parse().ok();
        let value = read.and_then(|mut table| table.remove("value"));
        section.insert(key, value.unwrap_or_else(|| Value::String(text.clone())));
    }
}

/// A problem of a setting that the environment gave says so: the file is not at fault.
fn with_variable(problem: String, variables: &[(String, String)]) -> String {
    let key = problem.split('`').nth(1).unwrap_or_default();
    let variable = format!("RUSHES_{}", key.replace('.', "_").to_uppercase());
    match variables.iter().any(|(name, _)| *name == variable) {
        true => format!("{problem} (the environment sets it: `{variable}`)"),
        false => problem,
    }
}

fn choose(section: &Table, problems: &mut Vec<String>) -> Choice {
    let mut choice = Choice::default();
    for (key, value) in section {
        let Some(part) = Part::ALL.into_iter().find(|part| part.as_str() == key) else {
            let known = Part::ALL.map(Part::as_str).join("`, `");
            problems.push(format!("there is no setting `engines.{key}`; there are `{known}`"));
            continue;
        };
        let chosen = match value.as_str() {
            Some(name) => choice.choose(part, name),
            None => Err(format!("must be a text such as \"{}\"", Engine::Embedded.as_str())),
        };
        if let Err(why) = chosen {
            problems.push(format!("`engines.{key}` {why}"));
        }
    }
    choice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Configured, Vec<String>> {
        let variables: Vec<(String, String)> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Configured::read(&text.parse().unwrap(), &variables)
    }

    #[test]
    fn without_a_word_everything_is_embedded() {
        let configured = read("listen = '127.0.0.1:1'", &[("RUSHES_ENGINES_HOME", "/e")]).unwrap();
        assert!(configured.choice().is_embedded());
        assert_eq!(format!("{:?}", configured.engines()), "EmbeddedEngines");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_key() {
        let problems = read("[engines]\nstores = 'kafka'\nstore = 'kafka'\nfused = 3\n", &[]).unwrap_err();
        let all = problems.join("\n");
        for part in
            ["no setting `engines.stores`", "`engines.store` is `kafka`", "`engines.fused` must be a text"]
        {
            assert!(all.contains(part), "{all}");
        }
        assert!(read("kafka = 'x'", &[]).unwrap_err().join("").contains("[kafka]"));
    }

    #[cfg(not(feature = "drivers"))]
    #[test]
    fn a_build_without_drivers_says_so() {
        let problems = read("", &[("RUSHES_ENGINES_INDEX", "elasticsearch")]).unwrap_err();
        assert!(problems[0].contains("--features engines"), "{problems:?}");
    }

    #[cfg(feature = "drivers")]
    #[test]
    fn the_environment_counts_before_the_file() {
        let text = "[engines]\nstore = 'cassandra'\n[cassandra]\nkeyspace = 'a'\n";
        let variables = [("RUSHES_CASSANDRA_KEYSPACE", "b"), ("RUSHES_CASSANDRA_NODES", "['n1', 'n2:9043']")];
        let configured = read(text, &variables).unwrap();
        assert!(configured.choice().uses(Engine::Cassandra));
        let shown = format!("{:?}", configured.engines());
        assert!(shown.contains("\"b\"") && shown.contains("n2:9043"), "{shown}");
        let problems = read("[cassandra]\nkeyspaces = 'a'\n", &[]).unwrap_err();
        assert!(problems[0].contains("keyspaces"), "{problems:?}");
    }

    #[cfg(feature = "drivers")]
    #[test]
    fn a_password_may_lie_in_a_file_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("password");
        std::fs::write(&file, "hush\n").unwrap();
        let file = file.display();
        for section in ["cassandra", "kafka", "elasticsearch"] {
            let text = format!("[{section}]\nusername = 'rushes'\npassword_file = '{file}'\n");
            let configured = read(&text, &[]).unwrap_or_else(|e| panic!("{e:?}"));
            let settings = configured.settings();
            let password = match section {
                "cassandra" => settings.cassandra.password.clone(),
                "kafka" => settings.kafka.password.clone().map(|secret| secret.0),
                _ => settings.elasticsearch.password.clone(),
            };
            assert_eq!(password.as_deref(), Some("hush"), "{section}");
            for (more, said) in [("password = 'x'", "give one of both"), ("", "cannot be read")] {
                let missing = if more.is_empty() { "/nowhere/at/all".to_owned() } else { file.to_string() };
                let text = format!("[{section}]\nuser = 'r'\npassword_file = '{missing}'\n{more}");
                let problems = read(&text, &[]).unwrap_err().join("\n");
                assert!(problems.contains(&format!("`{section}.password_file`")), "{problems}");
                assert!(problems.contains(said) && !problems.contains("hush"), "{problems}");
            }
        }
    }

    #[test]
    fn keys_of_the_sections_are_known() {
        assert!(is_ours("engines.store") && is_ours("kafka.servers") && is_ours("cassandra"));
        assert!(!is_ours("listen") && !is_ours("kafkas.a"));
    }
}
