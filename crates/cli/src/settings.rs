//! Every setting that an operator may set: its key, its default, what it takes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rushes_archive::{FeedbackOptions, LANGUAGE_DEFAULT, WhoIsKept};
use rushes_serve::{ServeConfig, ServeLimits};
use rushes_types::limits::Limits;
use toml::Value;

use crate::backup_settings::{BackupSettings, duration, duration_text, folder, yes_or_no};
use crate::roles::Role;

/// Nanoseconds in an hour.
const HOUR_NS: i64 = 3600 * 1_000_000_000;

/// The settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Host names under which the server may be called, besides loopback.
    pub hosts: Vec<String>,
    /// What a serving process is for.
    pub roles: Vec<Role>,
    /// Folders that media may be served from.
    pub media_roots: Vec<PathBuf>,
    /// Language of text that names none; counts when an archive is made.
    pub default_language: Option<String>,
    /// Length of a bucket in milliseconds; counts when an archive is made.
    pub bucket_ms: Option<u32>,
    /// Limits of ingesting and searching.
    pub limits: Limits,
    /// Limits of the server.
    pub serve: ServeLimits,
    /// Backups that are made by themselves.
    pub backup: BackupSettings,
    /// How often the archive is verified by itself; `None`: never.
    pub verify_every: Option<Duration>,
    /// How feedback is kept and used.
    pub feedback: FeedbackOptions,
}

impl Default for Settings {
    fn default() -> Self {
        let serve = ServeConfig::default();
        Self {
            listen: serve.listen,
            hosts: Vec::new(),
            roles: Role::ALL.to_vec(),
            media_roots: Vec::new(),
            default_language: None,
            bucket_ms: None,
            limits: Limits::default(),
            serve: serve.limits,
            backup: BackupSettings::default(),
            verify_every: None,
            feedback: FeedbackOptions::default(),
        }
    }
}

/// One setting.
pub struct Setting {
    /// Its key in `rushes.toml`; before a dot stands the section.
    pub key: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Its value; an empty text where there is none.
    pub get: fn(&Settings) -> Value,
    /// Sets it, or says why not.
    pub set: fn(&mut Settings, &Value) -> Result<(), String>,
}

/// A setting that is a positive whole number.
macro_rules! number {
    ($key:literal, $what:literal, $($field:ident).+) => {
        Setting {
            key: $key,
            what: $what,
            get: |s| integer(s.$($field).+),
            set: |s, v| {
                s.$($field).+ = positive(v)?;
                Ok(())
            },
        }
    };
}

/// A setting that is true or false.
macro_rules! flag {
    ($key:literal, $what:literal, $($field:ident).+) => {
        Setting {
            key: $key,
            what: $what,
            get: |s| Value::Boolean(s.$($field).+),
            set: |s, v| {
                s.$($field).+ = yes_or_no(v)?;
                Ok(())
            },
        }
    };
}

/// A setting that is a number of seconds.
macro_rules! seconds {
    ($key:literal, $what:literal, $field:ident) => {
        Setting {
            key: $key,
            what: $what,
            get: |s| integer(s.serve.$field.as_secs()),
            set: |s, v| {
                s.serve.$field = Duration::from_secs(positive(v)?);
                Ok(())
            },
        }
    };
}

/// All settings, in the order in which `config check` shows them.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "listen",
        what: "where the server listens",
        get: |s| Value::String(s.listen.to_string()),
        set: |s, v| {
            let text = v.as_str().ok_or("must be an address such as \"127.0.0.1:7890\"")?;
            s.listen = text
                .parse()
                .map_err(|_| format!("is `{text}`; write an address such as \"127.0.0.1:7890\""))?;
            Ok(())
        },
    },
    Setting {
        key: "hosts",
        what: "host names under which the server may be called",
        get: |s| Value::Array(s.hosts.iter().cloned().map(Value::String).collect()),
        set: |s, v| {
            s.hosts = texts(v)?;
            Ok(())
        },
    },
    Setting {
        key: "roles",
        what: "what a serving process is for: ingest, search, relay, fuse, index, maintain",
        get: |s| Value::Array(s.roles.iter().map(|r| Value::String(r.as_str().to_owned())).collect()),
        set: |s, v| {
            let role = |name: String| {
                Role::named(&name).ok_or_else(|| {
                    format!("has `{name}`; there are {}", Role::ALL.map(Role::as_str).join(", "))
                })
            };
            s.roles = texts(v)?.into_iter().map(role).collect::<Result<_, _>>()?;
            if s.roles.is_empty() { Err("is empty; name at least one role".to_owned()) } else { Ok(()) }
        },
    },
    Setting {
        key: "media_roots",
        what: "folders that media may be served from",
        get: |s| Value::Array(s.media_roots.iter().map(|p| Value::String(p.display().to_string())).collect()),
        set: |s, v| {
            s.media_roots = texts(v)?.into_iter().map(PathBuf::from).collect();
            Ok(())
        },
    },
    Setting {
        key: "default_language",
        what: "language of text that names none; fixed when an archive is made",
        get: |s| Value::String(s.default_language.clone().unwrap_or_else(|| LANGUAGE_DEFAULT.to_owned())),
        set: |s, v| {
            let ok = |t: &&str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            let text = v.as_str().filter(ok).ok_or("must be a language tag such as \"en\" or \"pt-BR\"")?;
            s.default_language = Some((*text).to_owned());
            Ok(())
        },
    },
    Setting {
        key: "bucket_ms",
        what: "length of a bucket in milliseconds; fixed when an archive is made",
        get: |s| integer(s.bucket_ms.unwrap_or(1000)),
        set: |s, v| {
            let ms = positive(v)?;
            s.bucket_ms = Some(ms);
            Ok(())
        },
    },
    number!("limits.line_bytes", "longest annotation line, in bytes", limits.line_bytes_max),
    number!("limits.dimensions", "most dimensions of a vector", limits.dimensions_max),
    number!("limits.request_bytes", "longest request, in bytes", limits.request_bytes_max),
    Setting {
        key: "limits.span_hours",
        what: "longest annotation, in hours",
        get: |s| integer(s.limits.span_ns_max / HOUR_NS),
        set: |s, v| {
            let hours: u32 = positive(v)?;
            s.limits.span_ns_max = i64::from(hours).saturating_mul(HOUR_NS);
            Ok(())
        },
    },
    number!("limits.label_bytes", "longest label, in bytes", limits.label_bytes_max),
    number!("limits.clauses", "most clauses of a plan", limits.clauses_max),
    number!("limits.page", "most moments of a page", limits.page_max),
    number!("limits.search_cpu_ms", "CPU time of one search, in milliseconds", limits.search.cpu_ms_max),
    number!(
        "limits.search_memory_bytes",
        "memory that one search may hold for what it finds",
        limits.search.memory_bytes_max
    ),
    number!(
        "limits.search_answer_bytes",
        "longest answer of a search, in bytes",
        limits.search.answer_bytes_max
    ),
    number!(
        "limits.searches_memory_bytes",
        "memory that all searches may hold for what they find",
        limits.search.all_memory_bytes_max
    ),
    number!("limits.searches_per_token", "most searches of one token at a time", limits.search.per_token_max),
    number!(
        "limits.long_search_cpu_ms",
        "a search is a long one after this much CPU time, in milliseconds",
        limits.search.long_cpu_ms
    ),
    number!("limits.long_searches", "most long searches that run at a time", limits.search.long_max),
    number!(
        "limits.long_searches_per_token",
        "most long searches of one token, running and waiting",
        limits.search.long_per_token_max
    ),
    number!("limits.connections", "most connections at a time", serve.connections_max),
    number!("limits.requests", "most requests at a time", serve.requests_max),
    number!("limits.ingests", "most requests at a time that carry annotations", serve.ingests_max),
    number!("limits.media_streams", "most media files that play at a time", serve.media_streams_max),
    number!("limits.token_rate", "requests a second of one token", serve.token_rate_max),
    number!("limits.token_burst", "requests of one token at once, above that", serve.token_burst_max),
    number!("limits.address_rate", "requests a second from one address", serve.address_rate_max),
    number!("limits.address_burst", "requests from one address at once, above that", serve.address_burst_max),
    number!(
        "limits.failed_logins",
        "wrong tokens a minute from one address, before it has to wait",
        serve.failed_logins_max
    ),
    number!(
        "limits.audit_file_bytes",
        "a file of the audit log that is longer is put aside",
        serve.audit_file_bytes_max
    ),
    number!("limits.frame_cache_bytes", "disk that pictures of frames may take", serve.frame_cache_bytes_max),
    number!("limits.proxy_cache_bytes", "disk that proxies may take", serve.proxy_cache_bytes_max),
    number!("limits.json_bytes", "longest plan or other JSON body, in bytes", serve.json_bytes_max),
    seconds!(
        "limits.wait_seconds",
        "how long an answer waits for annotations to be searchable",
        wait_time_max
    ),
    seconds!("limits.drain_seconds", "how long requests in flight have when the server ends", drain_time_max),
    Setting {
        key: "backup.every",
        what: "how often a serving process makes a backup, such as \"6h\"",
        get: |s| duration_text(s.backup.every),
        set: |s, v| {
            s.backup.every = Some(duration(v)?);
            Ok(())
        },
    },
    Setting {
        key: "backup.to",
        what: "the folder that they are made in",
        get: |s| Value::String(s.backup.to.as_ref().map_or_else(String::new, |to| to.display().to_string())),
        set: |s, v| {
            s.backup.to = Some(folder(v)?);
            Ok(())
        },
    },
    number!("backup.keep", "how many of them stay", backup.keep),
    flag!("backup.with_tokens", "do access tokens come along", backup.with_tokens),
    flag!("backup.with_config", "does this configuration come along", backup.with_config),
    Setting {
        key: "verify.every",
        what: "how often a serving process verifies the archive, such as \"7d\"",
        get: |s| duration_text(s.verify_every),
        set: |s, v| {
            s.verify_every = Some(duration(v)?);
            Ok(())
        },
    },
    flag!("feedback.on", "is feedback taken?", feedback.on),
    Setting {
        key: "feedback.who",
        what: "what is kept of who sent it: `nobody` or `person`",
        get: |s| Value::String(who(s.feedback.who).to_owned()),
        set: |s, v| {
            let kinds = [WhoIsKept::Nobody, WhoIsKept::Person];
            let wanted = kinds.into_iter().find(|kind| v.as_str() == Some(who(*kind)));
            s.feedback.who = wanted.ok_or("must be `nobody` or `person`")?;
            Ok(())
        },
    },
    number!("feedback.keep_days", "days that feedback is kept", feedback.keep_days),
    flag!("ranking.learned", "are searches ranked by what was learned?", feedback.ranks),
];

const fn who(kind: WhoIsKept) -> &'static str {
    match kind {
        WhoIsKept::Nobody => "nobody",
        WhoIsKept::Person => "person",
    }
}

/// The environment variable of a setting: `limits.page` is `RUSHES_LIMITS_PAGE`.
#[must_use]
pub fn variable_name(setting: &Setting) -> String {
    format!("RUSHES_{}", setting.key.replace('.', "_").to_uppercase())
}

/// A variable's text as the kind of value that the setting has.
pub fn from_text(setting: &Setting, text: &str) -> Value {
    match (setting.get)(&Settings::default()) {
        Value::Integer(_) => {
            text.trim().parse().map_or_else(|_| Value::String(text.to_owned()), Value::Integer)
        }
        Value::Array(_) => Value::Array(
            text.split(',').filter(|t| !t.is_empty()).map(|t| Value::String(t.to_owned())).collect(),
        ),
        _ => Value::String(text.to_owned()),
    }
}

fn integer(n: impl TryInto<i64>) -> Value {
    Value::Integer(n.try_into().unwrap_or(i64::MAX))
}

fn positive<N: TryFrom<i64>>(value: &Value) -> Result<N, String> {
    let n = value.as_integer().ok_or("must be a whole number")?;
    if n < 1 {
        return Err(format!("is {n}; it must be at least 1"));
    }
    N::try_from(n).map_err(|_| format!("is {n}, which is too large"))
}

fn texts(value: &Value) -> Result<Vec<String>, String> {
    let list = value.as_array().ok_or("must be a list of texts")?;
    list.iter()
        .map(|t| t.as_str().map(str::to_owned).ok_or_else(|| "must be a list of texts".to_owned()))
        .collect()
}
