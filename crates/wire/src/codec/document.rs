//! Asset documents.

use rushes_types::{
    Analysed, AnnotationType, Asset, AssetDocument, AssetId, Commit, FrameRate, IdError, Metric, Model,
    ModelRef, MovieId, Result, RunId, Space, SpaceId, Validity,
};

use super::format::{Reader, Writer, corrupt, put_range, read_range};

const VERSION: u8 = 1;

fn id<T>(made: std::result::Result<T, IdError>) -> Result<T> {
    made.map_err(|e| corrupt(&e.to_string()))
}

fn put_asset(w: &mut Writer<'_>, asset: &Asset) {
    w.text(asset.id.as_str());
    w.text(asset.movie.as_str());
    let texts = [&asset.collection, &asset.series, &asset.title, &asset.start_timecode, &asset.reel];
    for text in texts.into_iter().chain([&asset.scene, &asset.take, &asset.camera]) {
        w.opt_text(text.as_deref());
    }
    w.opt_text(asset.language.as_deref());
    w.opt_text(asset.path.as_deref());
    for number in [asset.season, asset.episode, asset.duration_ns] {
        w.opt_int(number);
    }
    let (num, den) = asset.frame_rate.map_or((0, 0), FrameRate::ratio);
    w.uint(u64::from(num));
    w.uint(u64::from(den));
    w.bool(asset.drop_frame);
    w.u8(asset.circled.map_or(2, u8::from));
    w.attributes(&asset.attributes);
}

fn get_asset(r: &mut Reader<'_>) -> Result<Asset> {
    let mut asset = Asset::new(id(AssetId::new(r.text()?))?, id(MovieId::new(r.text()?))?);
    asset.collection = r.opt_string()?;
    asset.series = r.opt_string()?;
    asset.title = r.opt_string()?;
    asset.start_timecode = r.opt_string()?;
    asset.reel = r.opt_string()?;
    asset.scene = r.opt_string()?;
    asset.take = r.opt_string()?;
    asset.camera = r.opt_string()?;
    asset.language = r.opt_string()?;
    asset.path = r.opt_string()?;
    asset.season = r.opt_int()?;
    asset.episode = r.opt_int()?;
    asset.duration_ns = r.opt_int()?;
    let part = |n: u64| u32::try_from(n).map_err(|_| corrupt("a frame rate is none"));
    let (num, den) = (part(r.uint()?)?, part(r.uint()?)?);
    if (num, den) != (0, 0) {
        asset.frame_rate = Some(FrameRate::new(num, den).map_err(|e| corrupt(&e.to_string()))?);
    }
    asset.drop_frame = r.bool()?;
    asset.circled = match r.u8()? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    };
    asset.attributes = r.attributes()?;
    Ok(asset)
}

const fn metric_byte(metric: Metric) -> u8 {
    match metric {
        Metric::Cosine => 0,
        Metric::L2 => 1,
    }
}

fn metric_of_byte(byte: u8) -> Result<Metric> {
    match byte {
        0 => Ok(Metric::Cosine),
        1 => Ok(Metric::L2),
        _ => Err(corrupt("a space has a metric that is not known")),
    }
}

fn put_model(w: &mut Writer<'_>, model: &Model) {
    w.text(model.model.as_str());
    w.uint(model.types.len() as u64);
    for kind in &model.types {
        w.text(kind.as_str());
    }
    w.opt_text(model.language.as_deref());
    w.bool(model.space.is_some());
    if let Some(space) = &model.space {
        w.text(space.id.as_str());
        w.uint(space.dimensions as u64);
        w.u8(metric_byte(space.metric));
        w.opt_text(space.encoder.as_deref());
    }
}

fn get_model(r: &mut Reader<'_>) -> Result<Model> {
    let model = id(ModelRef::parse(r.text()?))?;
    let count = r.count(2)?;
    let mut types = Vec::with_capacity(count);
    for _ in 0..count {
        types.push(id(AnnotationType::new(r.text()?))?);
    }
    let language = r.opt_string()?;
    let space = if r.bool()? {
        Some(Space {
            id: id(SpaceId::new(r.text()?))?,
            dimensions: usize::try_from(r.uint()?).map_err(|_| corrupt("a space is too wide"))?,
            metric: metric_of_byte(r.u8()?)?,
            encoder: r.opt_string()?,
        })
    } else {
        None
    };
    Ok(Model { model, types, language, space })
}

/// Adds the encoded asset to `out`.
pub fn encode_asset(asset: &Asset, out: &mut Vec<u8>) {
    let mut w = Writer::onto(out);
    w.u8(VERSION);
    put_asset(&mut w, asset);
}

/// Decodes an asset.
///
/// # Errors
/// [`rushes_types::ErrorKind::Corrupt`] where the bytes are damaged.
pub fn decode_asset(bytes: &[u8]) -> Result<Asset> {
    let mut r = Reader::new(bytes);
    if r.u8()? != VERSION {
        return Err(corrupt("an asset has an unknown version"));
    }
    let asset = get_asset(&mut r)?;
    r.end()?;
    Ok(asset)
}

/// Adds the encoded document to `out`.
pub fn encode_document(document: &AssetDocument, out: &mut Vec<u8>) {
    let mut w = Writer::onto(out);
    w.u8(VERSION);
    put_asset(&mut w, &document.asset);
    w.uint(document.models.len() as u64);
    for model in &document.models {
        put_model(&mut w, model);
    }
    w.uint(document.analysed.len() as u64);
    for analysed in &document.analysed {
        w.text(analysed.model.as_str());
        w.text(analysed.run.as_str());
        put_range(&mut w, analysed.range);
        w.u64_le(analysed.validity.born.0);
        w.u64_le(analysed.validity.died.0);
    }
}

/// Decodes a document.
///
/// # Errors
/// [`rushes_types::ErrorKind::Corrupt`] where the bytes are damaged.
pub fn decode_document(bytes: &[u8]) -> Result<AssetDocument> {
    let mut r = Reader::new(bytes);
    if r.u8()? != VERSION {
        return Err(corrupt("an asset document has an unknown version"));
    }
    let asset = get_asset(&mut r)?;
    let count = r.count(4)?;
    let mut models = Vec::with_capacity(count);
    for _ in 0..count {
        models.push(get_model(&mut r)?);
    }
    let count = r.count(20)?;
    let mut analysed = Vec::with_capacity(count);
    for _ in 0..count {
        analysed.push(Analysed {
            model: id(ModelRef::parse(r.text()?))?,
            run: id(RunId::new(r.text()?))?,
            range: read_range(&mut r)?,
            validity: Validity { born: Commit(r.u64_le()?), died: Commit(r.u64_le()?) },
        });
    }
    r.end()?;
    Ok(AssetDocument { asset, models, analysed })
}
