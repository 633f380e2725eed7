//! Records of the annotation store, to and from bytes, for every engine that keeps them.
//!
//! Written part by part, so that what lies on disk is fixed by this file and by [`rushes_types::codec`], and not by the
//! shape of a Rust type.

use rushes_types::codec::{self, BoolTags, ByteOrder, Format, ValueTags};
use rushes_types::limits::JSON_DEPTH_MAX;
use rushes_types::{
    AnnotationId, AnnotationType, Asset, AssetId, Commit, Error, ErrorKind, FrameRate, LabelAliases, Metric,
    Model, ModelRef, MovieId, Result, Run, RunId, RunMode, RunState, Space, SpaceId, TimeRange, Visibility,
};

use crate::history::{Effect, Erased, RunSegment};

/// Deepest nesting of attributes that is written.
const DEPTH_MAX: usize = 2 * JSON_DEPTH_MAX + 1;

/// How records of the store are written. Part of the format: never change a tag.
#[derive(Debug)]
pub struct RecordFormat;

impl Format for RecordFormat {
    const FLOATS: ByteOrder = ByteOrder::Big;
    const VALUES: ValueTags = ValueTags {
        null: 0,
        bool: BoolTags::ByTag { no: 1, yes: 2 },
        int: 3,
        float: 4,
        text: 5,
        list: 6,
        map: 7,
    };
    const DEPTH_MAX: usize = DEPTH_MAX;

    fn corrupt(what: &str) -> Error {
        corrupt(what)
    }
}

/// Reads a record.
pub type Reader<'a> = codec::Reader<'a, RecordFormat>;
/// Writes a record.
pub type Writer = codec::Writer<RecordFormat>;

/// Stored bytes are not what was written.
pub fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("a record of the annotation store is damaged ({what})"))
        .mend("restore a backup")
}

/// Names an annotation's id within any scope.
pub fn hash_id(id: &AnnotationId) -> u128 {
    xxhash_rust::xxh3::xxh3_128(id.as_str().as_bytes())
}

/// An id from stored text.
macro_rules! id {
    ($reader:expr, $type:ty) => {
        <$type>::new($reader.text()?).map_err(|_| corrupt(concat!("no ", stringify!($type))))?
    };
}

fn model_ref(reader: &mut Reader<'_>) -> Result<ModelRef> {
    ModelRef::parse(reader.text()?).map_err(|_| corrupt("no model"))
}

/// An asset as stored; Invalid where its attributes are nested too deep.
pub fn encode_asset(asset: &Asset) -> Result<Vec<u8>> {
    if codec::depth(&asset.attributes) > DEPTH_MAX {
        return Err(
            Error::invalid(format!("attributes are nested deeper than {DEPTH_MAX}")).mend("flatten them")
        );
    }
    let mut w = Writer::default();
    w.text(asset.id.as_str());
    w.text(asset.movie.as_str());
    w.opt_text(asset.collection.as_deref());
    w.opt_text(asset.series.as_deref());
    w.opt_int(asset.season);
    w.opt_int(asset.episode);
    w.opt_text(asset.title.as_deref());
    w.opt_int(asset.duration_ns);
    w.option(asset.frame_rate, |w, rate| {
        let (num, den) = rate.ratio();
        w.uint(num.into());
        w.uint(den.into());
    });
    w.opt_text(asset.start_timecode.as_deref());
    w.bool(asset.drop_frame);
    w.opt_text(asset.reel.as_deref());
    w.opt_text(asset.scene.as_deref());
    w.opt_text(asset.take.as_deref());
    w.opt_text(asset.camera.as_deref());
    w.option(asset.circled, Writer::bool);
    w.opt_text(asset.language.as_deref());
    w.opt_text(asset.path.as_deref());
    w.attributes(&asset.attributes);
    Ok(w.done())
}

/// The asset back; Corrupt where the bytes are not what was written, as with all that decode.
pub fn decode_asset(bytes: &[u8]) -> Result<Asset> {
    let mut r = Reader::new(bytes);
    let asset = Asset {
        id: id!(r, AssetId),
        movie: id!(r, MovieId),
        collection: r.opt_string()?,
        series: r.opt_string()?,
        season: r.opt_int()?,
        episode: r.opt_int()?,
        title: r.opt_string()?,
        duration_ns: r.opt_int()?,
        frame_rate: r
            .option(|r| FrameRate::new(r.uint32()?, r.uint32()?).map_err(|_| corrupt("no frame rate")))?,
        start_timecode: r.opt_string()?,
        drop_frame: r.bool()?,
        reel: r.opt_string()?,
        scene: r.opt_string()?,
        take: r.opt_string()?,
        camera: r.opt_string()?,
        circled: r.option(Reader::bool)?,
        language: r.opt_string()?,
        path: r.opt_string()?,
        attributes: r.attributes()?,
    };
    r.end()?;
    Ok(asset)
}

/// A model as stored.
pub fn encode_model(model: &Model) -> Vec<u8> {
    let mut w = Writer::default();
    w.text(model.model.as_str());
    w.uint(model.types.len() as u64);
    for kind in &model.types {
        w.text(kind.as_str());
    }
    w.opt_text(model.language.as_deref());
    w.option(model.space.as_ref(), |w, space| {
        w.text(space.id.as_str());
        w.uint(space.dimensions as u64);
        w.text(space.metric.as_str());
        w.opt_text(space.encoder.as_deref());
    });
    w.done()
}

/// The model back.
pub fn decode_model(bytes: &[u8]) -> Result<Model> {
    let mut r = Reader::new(bytes);
    let model = model_ref(&mut r)?;
    let mut types = Vec::new();
    for _ in 0..r.uint()? {
        types.push(id!(r, AnnotationType));
    }
    let language = r.opt_string()?;
    let space = r.option(|r| {
        Ok(Space {
            id: id!(r, SpaceId),
            dimensions: usize::try_from(r.uint()?).map_err(|_| corrupt("too many dimensions"))?,
            metric: Metric::parse(r.text()?).ok_or_else(|| corrupt("no metric"))?,
            encoder: r.opt_string()?,
        })
    })?;
    r.end()?;
    Ok(Model { model, types, language, space })
}

/// A label as stored.
pub fn encode_label(label: &LabelAliases) -> Vec<u8> {
    let mut w = Writer::default();
    w.text(label.kind.as_str());
    w.text(&label.label);
    w.uint(label.aliases.len() as u64);
    for alias in &label.aliases {
        w.text(alias);
    }
    w.done()
}

/// The label back.
pub fn decode_label(bytes: &[u8]) -> Result<LabelAliases> {
    let mut r = Reader::new(bytes);
    let (kind, label) = (id!(r, AnnotationType), r.text()?.to_owned());
    let mut aliases = Vec::new();
    for _ in 0..r.uint()? {
        aliases.push(r.text()?.to_owned());
    }
    r.end()?;
    Ok(LabelAliases { kind, label, aliases })
}

fn mode(w: &mut Writer, mode: RunMode) {
    w.bool(mode == RunMode::Append);
}

fn read_mode(r: &mut Reader<'_>) -> Result<RunMode> {
    Ok(if r.bool()? { RunMode::Append } else { RunMode::Replace })
}

fn coverage(w: &mut Writer, coverage: Option<TimeRange>) {
    w.option(coverage, |w, range| {
        w.int(range.start_ns());
        w.int(range.end_ns());
    });
}

fn read_coverage(r: &mut Reader<'_>) -> Result<Option<TimeRange>> {
    r.option(|r| TimeRange::new(r.int()?, r.int()?).map_err(|_| corrupt("no time range")))
}

fn read_visibility(r: &mut Reader<'_>) -> Result<Visibility> {
    Ok(if r.bool()? { Visibility::Kept } else { Visibility::Archived })
}

/// A run with the store's own fields.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// The run.
    pub run: Run,
    /// Its segment; also the scope of its ids.
    pub segment: u64,
    /// How many blocks it has so far.
    pub blocks: u32,
}

impl RunRow {
    /// The row as stored.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        let run = &self.run;
        w.text(run.id.as_str());
        w.text(run.asset.as_str());
        w.text(run.model.as_str());
        mode(&mut w, run.mode);
        coverage(&mut w, run.coverage);
        w.u8(match run.state {
            RunState::Open => 0,
            RunState::Committed => 1,
            RunState::Aborted => 2,
        });
        w.bool(run.visibility == Visibility::Kept);
        w.uint(run.committed.map_or(0, |c| c.0));
        w.uint(run.annotations);
        w.uint(self.segment);
        w.uint(self.blocks.into());
        w.done()
    }

    /// The row back.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::new(bytes);
        let run = Run {
            id: id!(r, RunId),
            asset: id!(r, AssetId),
            model: model_ref(&mut r)?,
            mode: read_mode(&mut r)?,
            coverage: read_coverage(&mut r)?,
            state: match r.u8()? {
                0 => RunState::Open,
                1 => RunState::Committed,
                2 => RunState::Aborted,
                _ => return Err(corrupt("no state of a run")),
            },
            visibility: read_visibility(&mut r)?,
            committed: Some(Commit(r.uint()?)).filter(|c| *c != Commit::NONE),
            annotations: r.uint()?,
        };
        let row = Self { run, segment: r.uint()?, blocks: r.uint32()? };
        r.end()?;
        Ok(row)
    }

    /// The segment that the run is in its asset's history.
    pub fn as_segment(&self) -> RunSegment {
        RunSegment {
            id: self.segment,
            model: self.run.model.clone(),
            run: self.run.id.clone(),
            mode: self.run.mode,
            coverage: self.run.coverage,
            annotations: self.run.annotations,
        }
    }
}

fn segment(w: &mut Writer, segment: &RunSegment) {
    w.uint(segment.id);
    w.text(segment.model.as_str());
    w.text(segment.run.as_str());
    mode(w, segment.mode);
    coverage(w, segment.coverage);
    w.uint(segment.annotations);
}

fn read_segment(r: &mut Reader<'_>) -> Result<RunSegment> {
    Ok(RunSegment {
        id: r.uint()?,
        model: model_ref(r)?,
        run: id!(r, RunId),
        mode: read_mode(r)?,
        coverage: read_coverage(r)?,
        annotations: r.uint()?,
    })
}

/// An effect as stored.
pub fn encode_effect(effect: &Effect) -> Vec<u8> {
    let mut w = Writer::default();
    match effect {
        Effect::Registered => w.u8(0),
        Effect::Segment(s) => {
            w.u8(1);
            segment(&mut w, s);
        }
        Effect::Restored(s) => {
            w.u8(2);
            segment(&mut w, s);
        }
        Effect::Visibility(run, visibility) => {
            w.u8(3);
            w.text(run.as_str());
            w.bool(*visibility == Visibility::Kept);
        }
        Effect::Erased(Erased::Asset) => w.u8(4),
        Effect::Erased(Erased::Model(model)) => {
            w.u8(5);
            w.text(model.as_str());
        }
        Effect::Erased(Erased::Run(run)) => {
            w.u8(6);
            w.text(run.as_str());
        }
        Effect::Erased(Erased::Annotation { model, run, id, start_ns }) => {
            w.u8(7);
            w.text(model.as_str());
            w.text(run.as_str());
            w.text(id.as_str());
            w.int(*start_ns);
        }
    }
    w.done()
}

/// The effect back.
pub fn decode_effect(bytes: &[u8]) -> Result<Effect> {
    let mut r = Reader::new(bytes);
    let effect = match r.u8()? {
        0 => Effect::Registered,
        1 => Effect::Segment(read_segment(&mut r)?),
        2 => Effect::Restored(read_segment(&mut r)?),
        3 => Effect::Visibility(id!(r, RunId), read_visibility(&mut r)?),
        4 => Effect::Erased(Erased::Asset),
        5 => Effect::Erased(Erased::Model(model_ref(&mut r)?)),
        6 => Effect::Erased(Erased::Run(id!(r, RunId))),
        7 => Effect::Erased(Erased::Annotation {
            model: model_ref(&mut r)?,
            run: id!(r, RunId),
            id: id!(r, AnnotationId),
            start_ns: r.int()?,
        }),
        _ => return Err(corrupt("an effect of no known kind")),
    };
    r.end()?;
    Ok(effect)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn damaged_records_are_errors_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode_asset(&bytes);
            let _ = decode_model(&bytes);
            let _ = decode_label(&bytes);
            let _ = RunRow::decode(&bytes);
            let _ = decode_effect(&bytes);
            let _ = crate::stored_block::decode(&bytes);
        }

        #[test]
        fn numbers_are_read_back(a in any::<u64>(), b in any::<i64>(), c in any::<u128>()) {
            let mut w = Writer::default();
            w.uint(a);
            w.int(b);
            w.u128(c);
            let bytes = w.done();
            let mut r = Reader::new(&bytes);
            prop_assert_eq!((r.uint().unwrap(), r.int().unwrap(), r.u128().unwrap()), (a, b, c));
            prop_assert!(r.is_empty());
        }
    }

    #[test]
    fn attributes_nested_too_deep_are_refused_before_they_are_written() {
        use rushes_types::{Attributes, Value};
        let nested = |levels: usize| {
            let inner = (1..levels).fold(Value::Null, |value, _| Value::List(vec![value]));
            let mut asset = Asset::new(AssetId::new("a").unwrap(), MovieId::new("m").unwrap());
            asset.attributes = Attributes::from([("x".to_owned(), inner)]);
            asset
        };
        let deepest = nested(DEPTH_MAX);
        assert_eq!(decode_asset(&encode_asset(&deepest).unwrap()).unwrap(), deepest);
        assert_eq!(encode_asset(&nested(DEPTH_MAX + 1)).unwrap_err().kind(), ErrorKind::Invalid);
    }
}
