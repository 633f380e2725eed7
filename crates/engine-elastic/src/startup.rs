//! Checks at startup: the right engine, healthy, with the indices as this crate creates them.

use std::time::{SystemTime, UNIX_EPOCH};

use rushes_text::ANALYSER_VERSION;
use rushes_types::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use crate::client::{ApiRequest, Client};
use crate::config::ElasticConfig;
use crate::errors::Failure;
use crate::meta::{IndexInfo, Meta, of_index};
use crate::names::{Names, version_of, versioned};
use crate::schema::{self, MAPPING_VERSION, difference};
use crate::whole::Whole;

/// The supported major version of Elasticsearch.
const MAJOR: u64 = 8;

fn unsupported(message: String) -> Error {
    Error::new(ErrorKind::Unsupported, message)
}

/// Is it Elasticsearch, of the right version, and does it take writes?
pub(crate) fn check_cluster(client: &Client) -> Result<()> {
    let root = client.greet()?;
    check_root(&root)?;
    let settings = client.json(&ApiRequest::get("/_cluster/settings?flat_settings=true"))?;
    for scope in ["persistent", "transient"] {
        for block in ["cluster.blocks.read_only", "cluster.blocks.read_only_allow_delete"] {
            let set = settings.get(scope).and_then(|s| s.get(block)).and_then(Value::as_str);
            if set == Some("true") {
                let what = "elasticsearch: the cluster is set to read-only";
                return Err(Error::new(ErrorKind::Misconfigured, what).mend(format!("set `{block}` to null")));
            }
        }
    }
    Ok(())
}

/// Is the answer to `GET /` that of a supported server?
fn check_root(root: &Value) -> Result<()> {
    let number = root.pointer("/version/number").and_then(Value::as_str);
    let Some(number) = number else {
        return Err(unsupported(
            "what listens at this address is not Elasticsearch; set `urls` to a node of a cluster".to_owned(),
        ));
    };
    if let Some(other) = root.pointer("/version/distribution").and_then(Value::as_str) {
        return Err(unsupported(format!(
            "`{other}` {number} listens at this address; this needs Elasticsearch {MAJOR}"
        )));
    }
    let major = number.split('.').next().and_then(|major| major.parse().ok());
    if major != Some(MAJOR) {
        return Err(unsupported(format!(
            "elasticsearch {number} listens at this address; this needs version {MAJOR}: use a cluster of it"
        )));
    }
    Ok(())
}

/// Position of the meta index in [`wanted`]: last, so that it is looked up last.
const META: usize = 3;

/// The mapping and the settings of each alias.
fn wanted<'n>(config: &ElasticConfig, names: &'n Names) -> [(&'n str, Value, Value); 4] {
    let (large, small) = (|| schema::settings(config), || schema::small_settings(config));
    [
        (&names.annotations, schema::annotations(), large()),
        (&names.buckets, schema::buckets(), large()),
        (&names.assets, schema::assets(), small()),
        (&names.meta, schema::meta(), small()),
    ]
}

/// Is it a field that is added with a new space?
fn is_vector_field(name: &str) -> bool {
    let digits = name.strip_prefix('v').and_then(|rest| rest.split_once('_'));
    digits.is_some_and(|(dimensions, hash)| {
        !dimensions.is_empty() && dimensions.bytes().all(|b| b.is_ascii_digit()) && hash.len() == 16
    })
}

/// Creates the missing indices, the meta index first: so another process that finds others without it, or finds it
/// empty, can tell a deleted index from one that is being created.
fn make_missing(
    client: &Client,
    wanted: &[(&str, Value, Value); 4],
    found: &[Option<(String, Value)>],
) -> Result<()> {
    let make = |no: usize| match found.get(no) {
        Some(Some(_)) => Ok(()),
        _ => {
            let (alias, mapping, settings) = &wanted[no];
            make_version(client, (alias, 1), mapping, settings, alias)
        }
    };
    make(META)?;
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..META).map(|no| scope.spawn(move || make(no))).collect();
        running
            .into_iter()
            .try_for_each(|made| made.join().unwrap_or_else(|_| Err(Error::bug("making an index panicked"))))
    })
}

/// Checks that the indices exist, are healthy and have the right mappings. Creates those of a new archive.
pub(crate) fn check_or_make(
    client: &Client,
    config: &ElasticConfig,
    names: &Names,
    meta: &Meta,
) -> Result<()> {
    let wanted = wanted(config, names);
    // Read first: while it is missing, another process may be creating the indices.
    let is_known = meta.has_info()?;
    let found: Vec<Option<(String, Value)>> =
        wanted.iter().map(|(alias, ..)| look_up(client, alias)).collect::<Result<_>>()?;
    if found.iter().all(Option::is_none) || (!is_known && found[META].is_some()) {
        make_missing(client, &wanted, &found)?;
    } else {
        for ((alias, mapping, _), found) in wanted.iter().zip(&found) {
            let Some((name, state)) = found else {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    format!("index `{alias}` is missing and others of the archive are there"),
                )
                .mend("was it deleted? `rushes rebuild` rebuilds them"));
            };
            check_index(name, mapping, state)?;
        }
        check_health(client, config, names)?;
    }
    let incarnation = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let info = meta.create_info(&IndexInfo {
        mapping: MAPPING_VERSION,
        analyser: ANALYSER_VERSION.to_owned(),
        incarnation: format!("{incarnation:x}-{:x}", std::process::id()),
        ..IndexInfo::default()
    })?;
    check_info(&info)
}

fn check_info(info: &IndexInfo) -> Result<()> {
    if info.mapping != MAPPING_VERSION {
        return Err(unsupported(format!(
            "the index was made with mapping {}, this version of rushes makes {MAPPING_VERSION}; `rushes rebuild` \
             rebuilds it",
            info.mapping
        )));
    }
    if info.analyser != ANALYSER_VERSION {
        return Err(unsupported(format!(
            "the index was made with `{}`, this version of rushes reads words with `{ANALYSER_VERSION}`; `rushes rebuild` \
             rebuilds it",
            info.analyser
        )));
    }
    Ok(())
}

/// The index behind an alias with its mapping and settings; `None` where there is none.
pub(crate) fn look_up(client: &Client, alias: &str) -> Result<Option<(String, Value)>> {
    let Some(found) = client.find(&ApiRequest::get(format!("/{alias}?flat_settings=true")))? else {
        return Ok(None);
    };
    let mut indices = found.as_object().cloned().unwrap_or_default().into_iter();
    match (indices.next(), indices.next()) {
        (Some((name, state)), None) if version_of(alias, &name).is_some() => Ok(Some((name, state))),
        (Some((name, _)), None) => Err(unsupported(format!(
            "`{name}` is an index and should be an alias of one named `{alias}-v1`; choose another `prefix`, or delete it"
        ))),
        _ => Err(unsupported(format!(
            "`{alias}` means several indices; take all but the newest from the alias"
        ))),
    }
}

fn check_index(name: &str, wanted: &Value, state: &Value) -> Result<()> {
    let none = json!({});
    let found = state.get("mappings").unwrap_or(&none);
    if let Some(difference) = difference(wanted, found, &is_vector_field) {
        return Err(unsupported(format!(
            "the mapping of index `{name}` was changed: {difference}; delete the index and let `rushes rebuild` rebuild it"
        )));
    }
    let is_set = |block: &str| {
        let set = state.get("settings").and_then(|s| s.get(block)).and_then(Value::as_str);
        set == Some("true")
    };
    if is_set("index.blocks.read_only_allow_delete") {
        return Err(Error::new(ErrorKind::StorageFull, format!("elasticsearch: index `{name}` takes no writes, because a disk is too full")).mend("make room, and it takes them again by itself, or set `index.blocks.read_only_allow_delete` to null"));
    }
    for block in
        ["index.blocks.read_only", "index.blocks.write", "index.blocks.metadata", "index.blocks.read"]
    {
        if is_set(block) {
            let what = format!("elasticsearch: index `{name}` is blocked");
            return Err(Error::new(ErrorKind::Misconfigured, what).mend(format!("set `{block}` to null")));
        }
    }
    Ok(())
}

/// Has every shard a copy that works?
fn check_health(client: &Client, config: &ElasticConfig, names: &Names) -> Result<()> {
    let all = names.all().join(",");
    let path = format!("/_cluster/health/{all}?wait_for_status=yellow&timeout=5s&filter_path=status");
    let status = match client.once(&ApiRequest::get(path)) {
        Ok(_) => return Ok(()),
        // The wait timed out.
        Err(Failure::Refused(refusal)) if refusal.status == 408 => "red",
        Err(failure) => return Err(failure.into()),
    };
    Err(Error::new(
        ErrorKind::Unavailable,
        format!(
            "elasticsearch: the indices `{}-*` are {status}: some shard has no working copy",
            config.prefix
        ),
    )
    .mend("look at `_cluster/allocation/explain` and start the missing nodes"))
}

/// Creates a version of an index, with an alias. One that another process created at the same time is accepted.
pub(crate) fn make_version(
    client: &Client,
    (of, version): (&str, u64),
    mapping: &Value,
    settings: &Value,
    alias: &str,
) -> Result<()> {
    let name = versioned(of, version);
    let body = json!({"mappings": mapping, "settings": {"index": settings}, "aliases": {alias: {}}});
    let body = body.to_string().into_bytes();
    let ask = ApiRequest::put(format!("/{name}")).with(&body).must_be(Whole::Acknowledged);
    match client.json(&ask) {
        Err(failure) if failure.is("resource_already_exists_exception") => Ok(()),
        answered => answered.map(drop).map_err(|failure| of_index(&name, failure)),
    }
}

/// Deletes all versions of all indices.
pub(crate) fn delete_all(client: &Client, names: &Names) -> Result<()> {
    let patterns: Vec<String> = names.all().iter().map(|alias| format!("{alias}-v*")).collect();
    let path = format!("/{}?filter_path=*.aliases&expand_wildcards=all", patterns.join(","));
    let found = client.find(&ApiRequest::get(path))?.unwrap_or_default();
    let is_ours = |index: &&String| names.all().iter().any(|alias| version_of(alias, index).is_some());
    let ours: Vec<&str> =
        found.as_object().into_iter().flat_map(|f| f.keys()).filter(is_ours).map(String::as_str).collect();
    if ours.is_empty() {
        return Ok(());
    }
    let path = format!("/{}?ignore_unavailable=true", ours.join(","));
    Ok(client.json(&ApiRequest::delete(path).must_be(Whole::Acknowledged)).map(drop)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_engine_or_version_is_named() {
        let of = |root: Value| check_root(&root).map_err(|e| e.to_string());
        assert!(of(json!({"version": {"number": "8.19.21"}})).is_ok());
        assert!(of(json!({"version": {"number": "7.17.0"}})).unwrap_err().contains("needs version 8"));
        let open = of(json!({"version": {"number": "3.5.0", "distribution": "opensearch"}}));
        assert!(open.unwrap_err().contains("opensearch"));
        assert!(of(json!({"hello": 1})).unwrap_err().contains("not Elasticsearch"));
    }

    #[test]
    fn vector_fields_have_a_number_and_a_hash() {
        assert!(is_vector_field("v512_0123456789abcdef"));
        for other in ["v", "vector", "v_0123456789abcdef", "v5_01", "words"] {
            assert!(!is_vector_field(other), "{other}");
        }
    }
}
