//! What is written about an asset: its id, and the fields of its line. Pure.
//!
//! What a person wrote about an asset is kept, what a tool found may change. So an existing field is overwritten only
//! where the media file is a different one, and then only with facts of the file itself.

use serde_json::{Map, Value, json};

use crate::cache::Key;
use crate::names::{ParsedName, slug};
use crate::probe::Probe;

/// Longest part of an id that comes from names, in bytes.
const ID_NAME_BYTES_MAX: usize = 200;
/// Fields that are facts of the media file.
const OF_THE_FILE: [&str; 12] = [
    "duration_ns",
    "frame_rate",
    "start_timecode",
    "drop_frame",
    "path",
    "container",
    "video_codec",
    "width",
    "height",
    "audio_codec",
    "audio_languages",
    "variable_frame_rate",
];

/// What is known about a media file, or of subtitles without one.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What its name says.
    pub named: &'a ParsedName,
    /// What ffprobe says.
    pub probe: Option<&'a Probe>,
    /// Where the media file is.
    pub path: Option<&'a str>,
    /// Its folder's name, for what has no title of its own.
    pub folder: &'a str,
}

/// The present holder of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdHolder {
    /// No asset.
    None,
    /// An asset without a media file, or whose file is gone: it is the same one.
    Same,
    /// An asset with another file.
    Another,
}

/// The id that names and numbers suggest: `night-ferry-s01e02`, else the name below the folder.
#[must_use]
pub fn suggested_id(named: &ParsedName, stem: &str) -> String {
    let id = match (&named.series, named.season, named.episode) {
        (Some(series), Some(season), Some(episode)) => format!("{}-s{season:02}e{episode:02}", slug(series)),
        (Some(series), None, Some(episode)) => format!("{}-e{episode:02}", slug(series)),
        _ => slug(stem),
    };
    let id = id.trim_matches('-');
    let end = (0..=ID_NAME_BYTES_MAX.min(id.len())).rev().find(|n| id.is_char_boundary(*n)).unwrap_or(0);
    let short = id.get(..end).unwrap_or_default();
    if short.is_empty() { "media".to_owned() } else { short.to_owned() }
}

/// The id: the suggested one, or where another file has that, with a mark of the file's own path.
#[must_use]
pub fn choose_id(suggested: &str, path: &str, holder: IdHolder) -> String {
    match holder {
        IdHolder::None | IdHolder::Same => suggested.to_owned(),
        IdHolder::Another => {
            let mark = Key::new("", &[path.as_bytes()]);
            format!("{suggested}-{}", mark.name().get(..8).unwrap_or_default())
        }
    }
}

/// The fields of an asset line, but for its id.
#[must_use]
pub fn asset_fields(facts: &Facts<'_>) -> Map<String, Value> {
    let named = facts.named;
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| {
        if !value.is_null() {
            fields.insert(name.to_owned(), value);
        }
    };
    let work = named.series.as_deref().or(named.year.and(named.title.as_deref()));
    let movie = match (work, named.year) {
        (Some(work), Some(year)) if named.series.is_none() => slug(&format!("{work} {year}")),
        (Some(work), _) => slug(work),
        (None, _) => slug(facts.folder),
    };
    if !movie.is_empty() {
        set("movie_id", json!(movie));
    }
    set("series", json!(named.series));
    set("season", json!(named.season));
    set("episode", json!(named.episode));
    set("last_episode", json!(named.last_episode));
    set("title", json!(named.title));
    set("year", json!(named.year));
    set("reel", json!(named.reel));
    set("camera", json!(named.camera));
    set("path", json!(facts.path));
    let Some(probe) = facts.probe else { return fields };
    set("duration_ns", json!(probe.duration_ns));
    if let Some(video) = &probe.video {
        set("frame_rate", json!(video.rate.map(|r| r.to_string())));
        set("variable_frame_rate", if video.is_variable { json!(true) } else { Value::Null });
        set("video_codec", json!(video.codec));
        set("width", json!(video.width));
        set("height", json!(video.height));
    }
    set("start_timecode", json!(probe.start_timecode));
    if probe.start_timecode.is_some() {
        set("drop_frame", json!(probe.drop_frame));
    }
    set("container", json!(probe.container));
    set("audio_codec", json!(probe.audio_codec));
    if let [language] = probe.audio_languages.as_slice() {
        set("language", json!(language));
    } else if !probe.audio_languages.is_empty() {
        set("audio_languages", json!(probe.audio_languages));
    }
    if let Some(reel) = &probe.reel {
        set("reel", json!(reel));
    }
    fields
}

/// The line to write: known fields, found facts, and the command line's fields, which take precedence.
///
/// `is_another_file`: the media file is another one than the one that was written of.
#[must_use]
pub fn merged(
    known: Option<&Map<String, Value>>,
    found: Map<String, Value>,
    given: Map<String, Value>,
    is_another_file: bool,
) -> Map<String, Value> {
    let mut line = known.cloned().unwrap_or_default();
    // Free attributes stand in an object of their own when they are read, and may be written beside the others.
    if let Some(Value::Object(free)) = line.remove("attributes") {
        for (name, value) in free {
            line.entry(name).or_insert(value);
        }
    }
    line.retain(|_, value| !value.is_null());
    if is_another_file {
        line.retain(|name, _| !OF_THE_FILE.contains(&name.as_str()));
    }
    for (name, value) in found {
        line.entry(name).or_insert(value);
    }
    // Where timecode skips numbers follows from how it is written, unless that is given, too.
    if given.contains_key("start_timecode") || given.contains_key("frame_rate") {
        line.remove("drop_frame");
    }
    line.extend(given);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::needless_pass_by_value)] // `json!` is written in place
    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    #[test]
    fn ids_follow_from_names() {
        for (stem, id) in [
            ("Show/Season 1/Show - S01E02 - Title", "show-s01e02"),
            ("[G] Show - 05", "show-e05"),
            ("day 1/interview take 3", "day-1-interview-take-3"),
            ("???", "media"),
        ] {
            assert_eq!(suggested_id(&crate::names::read(stem), stem), id);
        }
        let long = "é".repeat(300);
        assert_eq!(suggested_id(&ParsedName::default(), &long), "é".repeat(100));
        assert_eq!(choose_id("ep1", "/a/ep1.mov", IdHolder::Same), "ep1");
        let (a, b) = (
            choose_id("ep1", "/a/ep1.mov", IdHolder::Another),
            choose_id("ep1", "/b/ep1.mov", IdHolder::Another),
        );
        assert!(a.starts_with("ep1-") && a.len() == 12 && a != b);
    }

    #[test]
    fn the_movie_is_the_series_the_film_or_the_folder() {
        let movie = |stem: &str| {
            let named = crate::names::read(stem);
            asset_fields(&Facts { named: &named, probe: None, path: None, folder: "My Project" })["movie_id"]
                .clone()
        };
        assert_eq!(movie("Show S01E02"), "show");
        assert_eq!(movie("Sintel (2010)"), "sintel-2010");
        assert_eq!(movie("interview"), "my-project");
    }

    #[test]
    fn what_a_person_said_stays_unless_the_file_is_another() {
        let known = object(json!({"asset_id": "a", "title": "Mine", "frame_rate": "25/1", "reel": null,
                                  "attributes": {"mood": "grim", "width": 1}}));
        let found = object(json!({"title": "Theirs", "frame_rate": "24/1", "reel": "A001", "width": 2}));
        let line = merged(Some(&known), found.clone(), Map::new(), false);
        let wanted = json!({"asset_id": "a", "title": "Mine", "frame_rate": "25/1", "reel": "A001", "mood": "grim",
                            "width": 1});
        assert_eq!(Value::Object(line), wanted);
        let given = object(json!({"title": "Said"}));
        let line = merged(Some(&known), found, given, true);
        let wanted = json!({"asset_id": "a", "title": "Said", "frame_rate": "24/1", "reel": "A001", "mood": "grim",
                            "width": 2});
        assert_eq!(Value::Object(line), wanted);
    }
}
