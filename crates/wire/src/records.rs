//! Asset, model and label lines: one JSON object a line.
//!
//! There are few of them, so they are read into a tree of values, which lets an unknown field of an asset become a free
//! attribute.

use rushes_types::limits::Limits;
use rushes_types::{
    AnnotationType, Asset, AssetId, Attributes, FrameRate, IdError, LabelAliases, Metric, Model, ModelRef,
    MovieId, Space, SpaceId, Timecode, Value,
};

use crate::line::LineError;
use crate::values::attributes_from_json;

type Result<T> = std::result::Result<T, LineError>;

/// The fields of an object; those that are read are taken out.
struct Fields {
    map: Attributes,
    path: String,
}

impl Fields {
    fn read(line: &[u8], limits: &Limits) -> Result<Self> {
        if line.len() > limits.line_bytes_max {
            let detail =
                format!("the line has {} bytes; at most {} are accepted", line.len(), limits.line_bytes_max);
            return Err(LineError::new("", detail));
        }
        let text = std::str::from_utf8(line).map_err(|_| LineError::new("", "the line is no UTF-8"))?;
        let map = attributes_from_json(text)
            .map_err(|why| LineError::new("", format!("{why}; send one JSON object a line")))?;
        Ok(Self { map, path: String::new() })
    }

    fn pointer(&self, name: &str) -> String {
        rushes_types::pointer::step_to(&self.path, name)
    }

    fn wrong(&self, name: &str, wanted: &str) -> LineError {
        LineError::new(self.pointer(name), format!("`{name}` is not {wanted}; send {wanted}"))
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.map.remove(name).filter(|v| *v != Value::Null)
    }

    fn text(&mut self, name: &str) -> Result<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text).filter(|t| !t.is_empty())),
            Some(_) => Err(self.wrong(name, "a text")),
        }
    }

    fn needed(&mut self, name: &str) -> Result<String> {
        let pointer = self.pointer(name);
        self.text(name)?.ok_or_else(|| LineError::new(pointer, format!("`{name}` is missing; it is needed")))
    }

    fn int(&mut self, name: &str) -> Result<Option<i64>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Int(i)) => Ok(Some(i)),
            Some(_) => Err(self.wrong(name, "a whole number")),
        }
    }

    fn bool(&mut self, name: &str) -> Result<Option<bool>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(b)) => Ok(Some(b)),
            Some(_) => Err(self.wrong(name, "true or false")),
        }
    }

    fn texts(&mut self, name: &str) -> Result<Vec<String>> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::List(list)) => list
                .into_iter()
                .map(|item| match item {
                    Value::Text(text) => Ok(text),
                    _ => Err(self.wrong(name, "a list of texts")),
                })
                .collect(),
            Some(_) => Err(self.wrong(name, "a list of texts")),
        }
    }

    fn id<T>(&self, name: &str, made: std::result::Result<T, IdError>) -> Result<T> {
        made.map_err(|e| LineError::id(&self.pointer(name), &e))
    }
}

/// Reads an asset line. Without `movie_id` the asset is a movie of its own name. Unknown fields, and those of
/// `attributes`, become free attributes.
///
/// # Errors
/// [`LineError`] names the first field that is wrong.
pub fn parse_asset_line(line: &[u8], limits: &Limits) -> Result<Asset> {
    let mut f = Fields::read(line, limits)?;
    let id_text = f.needed("asset_id")?;
    let id = f.id("asset_id", AssetId::new(&id_text))?;
    let movie_text = f.text("movie_id")?.unwrap_or(id_text);
    let movie = f.id("movie_id", MovieId::new(&movie_text))?;
    let mut asset = Asset::new(id, movie);
    asset.collection = f.text("collection")?;
    asset.series = f.text("series")?;
    asset.season = f.int("season")?;
    asset.episode = f.int("episode")?;
    asset.title = f.text("title")?;
    asset.duration_ns = f.int("duration_ns")?;
    if asset.duration_ns.is_some_and(|d| d < 0) {
        return Err(f.wrong("duration_ns", "a length in nanoseconds, 0 or more"));
    }
    asset.frame_rate = frame_rate(&mut f)?;
    asset.start_timecode = f.text("start_timecode")?;
    let sent = f.bool("drop_frame")?;
    if let (Some(text), Some(rate)) = (&asset.start_timecode, asset.frame_rate) {
        Timecode::parse(text, rate).map_err(|e| LineError::new("/start_timecode", e.to_string()))?;
    }
    let written = asset.start_timecode.as_ref().is_some_and(|t| t.contains(';'));
    asset.drop_frame = sent.unwrap_or(written);
    if asset.drop_frame && asset.frame_rate.is_some_and(|r| !r.can_drop()) {
        let detail = "drop frame exists at 30000/1001 and 60000/1001 only; mend the rate or leave it out";
        return Err(LineError::new("/drop_frame", detail));
    }
    asset.reel = f.text("reel")?;
    asset.scene = f.text("scene")?;
    asset.take = f.text("take")?;
    asset.camera = f.text("camera")?;
    asset.circled = f.bool("circled")?;
    asset.language = f.text("language")?;
    asset.path = f.text("path")?;
    let named = match f.take("attributes") {
        None => Attributes::new(),
        Some(Value::Map(map)) => map,
        Some(_) => return Err(f.wrong("attributes", "an object")),
    };
    asset.attributes = f.map;
    asset.attributes.extend(named);
    Ok(asset)
}

fn frame_rate(f: &mut Fields) -> Result<Option<FrameRate>> {
    let text = match f.take("frame_rate") {
        None => return Ok(None),
        Some(Value::Text(text)) => text,
        Some(Value::Int(i)) => i.to_string(),
        Some(Value::Float(x)) => x.to_string(),
        Some(_) => return Err(f.wrong("frame_rate", "a ratio such as \"24000/1001\"")),
    };
    FrameRate::parse(&text).map(Some).map_err(|e| LineError::new("/frame_rate", e.to_string()))
}

/// Reads a model line: `model`, `types`, `language`, and `space` with `id` (default: the model),
/// `dimensions`, `metric` (default: cosine), `encoder`.
///
/// # Errors
/// [`LineError`] names the first field that is wrong.
pub fn parse_model_line(line: &[u8], limits: &Limits) -> Result<Model> {
    let mut f = Fields::read(line, limits)?;
    let text = f.needed("model")?;
    let model = f.id("model", ModelRef::parse(&text))?;
    let mut types = Vec::new();
    for kind in f.texts("types")? {
        types.push(f.id("types", AnnotationType::new(&kind))?);
    }
    let language = f.text("language")?;
    let space = match f.take("space") {
        None => None,
        Some(Value::Map(map)) => Some(space(Fields { map, path: "/space".to_owned() }, &model, limits)?),
        Some(_) => return Err(f.wrong("space", "an object")),
    };
    refuse_unknown(&f)?;
    Ok(Model { model, types, language, space })
}

fn space(mut f: Fields, model: &ModelRef, limits: &Limits) -> Result<Space> {
    let id_text = f.text("id")?.unwrap_or_else(|| model.as_str().to_owned());
    let id = f.id("id", SpaceId::new(&id_text))?;
    let dimensions = f.int("dimensions")?.and_then(|d| usize::try_from(d).ok());
    let dimensions = dimensions.filter(|d| (1..=limits.dimensions_max).contains(d));
    let wanted = format!("a whole number from 1 to {}", limits.dimensions_max);
    let dimensions = dimensions.ok_or_else(|| f.wrong("dimensions", &wanted))?;
    let metric = match f.text("metric")? {
        None => Metric::Cosine,
        Some(text) => Metric::parse(&text).ok_or_else(|| f.wrong("metric", "`cosine` or `l2`"))?,
    };
    let encoder = f.text("encoder")?;
    refuse_unknown(&f)?;
    Ok(Space { id, dimensions, metric, encoder })
}

/// A misspelt field of a model or label would silently mean its default.
fn refuse_unknown(f: &Fields) -> Result<()> {
    match f.map.keys().next() {
        Some(name) => Err(LineError::new(f.pointer(name), format!("`{name}` is no field here; remove it"))),
        None => Ok(()),
    }
}

/// Reads a label line: `type`, `label`, `aliases`.
///
/// # Errors
/// [`LineError`] names the first field that is wrong.
pub fn parse_label_line(line: &[u8], limits: &Limits) -> Result<LabelAliases> {
    let mut f = Fields::read(line, limits)?;
    let kind_text = f.needed("type")?;
    let kind = f.id("type", AnnotationType::new(&kind_text))?;
    let label = f.needed("label")?;
    let aliases = f.texts("aliases")?;
    let too_long = |pointer: String| {
        LineError::new(pointer, format!("a label has more than {} bytes; shorten it", limits.label_bytes_max))
    };
    if label.len() > limits.label_bytes_max {
        return Err(too_long("/label".to_owned()));
    }
    for (n, alias) in aliases.iter().enumerate() {
        if alias.len() > limits.label_bytes_max {
            return Err(too_long(format!("/aliases/{n}")));
        }
        if alias.is_empty() {
            return Err(LineError::new(format!("/aliases/{n}"), "an alias is empty; leave it out"));
        }
    }
    refuse_unknown(&f)?;
    Ok(LabelAliases { kind, label, aliases })
}
