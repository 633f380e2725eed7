//! The encoders of this process: the built-in one, and those of `rushes.toml`.
//!
//! ```toml
//! [encoder.studio]
//! kind = "openai"                  # an endpoint: POST {url}/v1/embeddings
//! url = "https://models.studio.example"
//! model = "text-small"
//! key_env = "STUDIO_KEY"           # the environment variable that holds the key
//!
//! [encoder.clip]
//! kind = "folder"                  # a model on this machine
//! path = "/models/clip-vit-base-patch32"
//! ```

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rushes_encode::http::{Endpoint, EndpointConfig, TIMEOUT_DEFAULT};
use rushes_encode::{Encoder, Registry};
use rushes_query::Encoders;
use rushes_types::limits::DIMENSIONS_MAX;
use rushes_types::{Metric, Result, Space};
use toml::{Table, Value};

/// The section of encoders in `rushes.toml`.
pub const SECTION: &str = "encoder";
/// Longest time in seconds that an endpoint is waited for.
const TIMEOUT_S_MAX: i64 = 600;
/// Letters of a name.
const NAME_CHARS_MAX: usize = 64;

/// The encoders that are known.
#[derive(Debug, Default)]
pub struct ConfiguredEncoders(pub Registry);

impl ConfiguredEncoders {
    /// Only the one that is built in.
    pub fn built_in() -> Result<Self> {
        Ok(Self(Registry::built_in()?))
    }

    /// The one that is built in and those of a configuration. What is wrong with one is added to `problems`.
    pub fn of(
        table: &Table,
        path: &Path,
        variable: &dyn Fn(&str) -> Option<String>,
        problems: &mut Vec<String>,
    ) -> Result<Self> {
        let mut known = Self::built_in()?;
        let Some(section) = table.get(SECTION) else { return Ok(known) };
        let mut wrong =
            |place: &str, why: &str| problems.push(format!("`{}`: `{place}` {why}", path.display()));
        let Some(entries) = section.as_table() else {
            wrong(SECTION, "must be sections, one an encoder: [encoder.NAME]");
            return Ok(known);
        };
        for (name, entry) in entries {
            let place = format!("{SECTION}.{name}");
            let Some(entry) = entry.as_table() else {
                wrong(&place, "must be a section: [encoder.NAME]");
                continue;
            };
            let made = encoder(name, entry, variable).and_then(|e| known.0.add(e).map_err(|e| e.to_string()));
            if let Err(why) = made {
                wrong(&place, &why);
            }
        }
        Ok(known)
    }
}

impl Encoders for ConfiguredEncoders {
    fn encodes_text(&self, space: &Space) -> bool {
        self.0.knows(space)
    }

    fn encode_text(&self, space: &Space, text: &str) -> Result<Option<Vec<f32>>> {
        self.0.text(space, text)
    }

    fn encode_image(&self, space: &Space, image: &str) -> Result<Option<Vec<f32>>> {
        self.0.picture(space, image)
    }
}

/// One encoder, or what is wrong with its section.
fn encoder(
    name: &str,
    entry: &Table,
    variable: &dyn Fn(&str) -> Option<String>,
) -> std::result::Result<Arc<dyn Encoder>, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._@".contains(c);
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(plain) {
        return Err(format!(
            "is no name; take at most {NAME_CHARS_MAX} letters, digits, and any of `-`, `.`, `_`, `@`"
        ));
    }
    let fields = Fields(entry);
    match fields.text("kind")?.as_deref() {
        Some("openai") => {
            fields.only(&["kind", "url", "model", "key_env", "dimensions", "metric", "timeout_s"])?;
            let config = endpoint(name, &fields, variable)?;
            Ok(Arc::new(Endpoint::new(config).map_err(|e| e.message().to_owned())?))
        }
        Some("folder") => {
            fields.only(&["kind", "path"])?;
            folder(name, Path::new(&fields.needed("path")?))
        }
        _ => {
            Err("needs a `kind`: \"openai\" for an endpoint, \"folder\" for a model on this machine"
                .to_owned())
        }
    }
}

fn endpoint(
    name: &str,
    fields: &Fields<'_>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> std::result::Result<EndpointConfig, String> {
    let key = match fields.text("key_env")? {
        None => None,
        Some(named) => {
            let key = variable(&named).filter(|key| !key.is_empty());
            Some(key.ok_or_else(|| format!("takes its key from the environment variable `{named}`; set it"))?)
        }
    };
    let dimensions = fields.number("dimensions", DIMENSIONS_MAX as i64)?;
    let timeout = fields.number("timeout_s", TIMEOUT_S_MAX)?.map_or(TIMEOUT_DEFAULT, Duration::from_secs);
    let metric = match fields.text("metric")? {
        None => Metric::Cosine,
        Some(text) => Metric::parse(&text).ok_or("has a `metric` that is neither \"cosine\" nor \"l2\"")?,
    };
    Ok(EndpointConfig {
        name: name.to_owned(),
        url: fields.needed("url")?,
        model: fields.needed("model")?,
        key,
        dimensions: dimensions.and_then(|d| usize::try_from(d).ok()),
        metric,
        timeout,
    })
}

#[cfg(feature = "models")]
fn folder(name: &str, path: &Path) -> std::result::Result<Arc<dyn Encoder>, String> {
    rushes_encode_models::open(name, path).map_err(|e| e.message().to_owned())
}

#[cfg(not(feature = "models"))]
fn folder(_name: &str, _path: &Path) -> std::result::Result<Arc<dyn Encoder>, String> {
    Err("needs a build with models; build one with `cargo build --release --features models`".to_owned())
}

/// The fields of one encoder.
struct Fields<'t>(&'t Table);

impl Fields<'_> {
    fn only(&self, known: &[&str]) -> std::result::Result<(), String> {
        match self.0.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(format!("has no setting `{key}`; it takes {}", known.join(", "))),
            None => Ok(()),
        }
    }

    fn text(&self, key: &str) -> std::result::Result<Option<String>, String> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
            Some(_) => Err(format!("has a `{key}` that is no text")),
        }
    }

    fn needed(&self, key: &str) -> std::result::Result<String, String> {
        self.text(key)?.ok_or_else(|| format!("needs a `{key}`"))
    }

    fn number(&self, key: &str, most: i64) -> std::result::Result<Option<u64>, String> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::Integer(n)) if (1..=most).contains(n) => Ok(u64::try_from(*n).ok()),
            Some(_) => Err(format!("has a `{key}` that is no whole number from 1 to {most}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let variable = |name: &str| (name == "STUDIO_KEY").then(|| "k".to_owned());
        ConfiguredEncoders::of(&text.parse().unwrap(), Path::new("rushes.toml"), &variable, &mut found)
            .unwrap();
        found
    }

    #[test]
    fn an_endpoint_is_known_by_its_name() {
        let text =
            "[encoder.studio]\nkind='openai'\nurl='http://127.0.0.1:1'\nmodel='m'\nkey_env='STUDIO_KEY'\n";
        let variable = |_: &str| Some("k".to_owned());
        let known =
            ConfiguredEncoders::of(&text.parse().unwrap(), Path::new("r"), &variable, &mut Vec::new())
                .unwrap();
        assert_eq!(known.0.names().collect::<Vec<_>>(), ["static-en@1", "studio"]);
        assert_eq!(problems(text), [] as [String; 0]);
    }

    #[test]
    fn what_is_wrong_with_an_encoder_is_named_with_its_place() {
        for (text, part) in [
            ("encoder = 3", "one an encoder"),
            ("[encoder]\nstudio = 3", "`encoder.studio` must be a section"),
            ("[encoder.a]\nkind='word2vec'", "`encoder.a` needs a `kind`"),
            ("[encoder.a]\nkind='openai'\nurl='http://h'", "needs a `model`"),
            ("[encoder.a]\nkind='openai'\nurl='h'\nmodel='m'", "`h` is no address"),
            ("[encoder.a]\nkind='openai'\nurl='http://h'\nmodel='m'\nkey='k'", "no setting `key`"),
            ("[encoder.a]\nkind='openai'\nurl='http://h'\nmodel='m'\nkey_env='NONE'", "`NONE`; set it"),
            ("[encoder.a]\nkind='openai'\nurl='http://h'\nmodel='m'\ntimeout_s=0", "from 1 to 600"),
            ("[encoder.'static-en@1']\nkind='openai'\nurl='http://h'\nmodel='m'", "already"),
            ("[encoder.'a b']\nkind='openai'", "is no name"),
            ("[encoder.a]\nkind='folder'", "needs a `path`"),
            ("[encoder.a]\nkind='folder'\npath='/none'", "`encoder.a`"),
        ] {
            let found = problems(text).join("\n");
            assert!(found.contains(part), "{part} in {found:?}");
        }
    }
}
