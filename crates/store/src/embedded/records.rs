//! Records of the annotation store, to and from bytes.

use rushes_types::{
    AnnotationId, AnnotationType, Asset, AssetId, Commit, FrameRate, Metric, Model, ModelRef, MovieId,
    Result, Run, RunId, RunMode, RunState, Space, SpaceId, TimeRange, Visibility,
};

use super::codec::{Reader, Writer, corrupt};
use crate::{Effect, Erased, LabelAliases, Segment};

/// An id from stored text.
macro_rules! id {
    ($reader:expr, $type:ty) => {
        <$type>::new($reader.text()?).map_err(|_| corrupt(concat!("no ", stringify!($type))))?
    };
}

fn model_ref(reader: &mut Reader<'_>) -> Result<ModelRef> {
    ModelRef::parse(reader.text()?).map_err(|_| corrupt("no model"))
}

/// How far the store's numbers are, and what it holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counters {
    /// The last commit.
    pub(super) commits: u64,
    /// Runs opened so far.
    pub(super) runs: u64,
    /// Loose scopes so far.
    pub(super) scopes: u64,
    /// Assets registered now.
    pub(super) assets: u64,
    /// Annotations in committed segments now.
    pub(super) annotations: u64,
}

impl Counters {
    pub(super) fn encode(self) -> Vec<u8> {
        let mut w = Writer::default();
        for n in [self.commits, self.runs, self.scopes, self.assets, self.annotations] {
            w.uint(n);
        }
        w.done()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::new(bytes);
        let counters = Self {
            commits: r.uint()?,
            runs: r.uint()?,
            scopes: r.uint()?,
            assets: r.uint()?,
            annotations: r.uint()?,
        };
        r.end()?;
        Ok(counters)
    }
}

/// An asset as stored; Invalid where its attributes are nested too deep.
pub fn encode_asset(asset: &Asset) -> Result<Vec<u8>> {
    let mut w = Writer::default();
    w.text(asset.id.as_str());
    w.text(asset.movie.as_str());
    w.opt_text(asset.collection.as_ref());
    w.opt_text(asset.series.as_ref());
    w.opt_int(asset.season);
    w.opt_int(asset.episode);
    w.opt_text(asset.title.as_ref());
    w.opt_int(asset.duration_ns);
    w.option(asset.frame_rate, |w, rate| {
        let (num, den) = rate.ratio();
        w.uint(num.into());
        w.uint(den.into());
    });
    w.opt_text(asset.start_timecode.as_ref());
    w.bool(asset.drop_frame);
    w.opt_text(asset.reel.as_ref());
    w.opt_text(asset.scene.as_ref());
    w.opt_text(asset.take.as_ref());
    w.opt_text(asset.camera.as_ref());
    w.option(asset.circled, Writer::bool);
    w.opt_text(asset.language.as_ref());
    w.opt_text(asset.path.as_ref());
    w.attributes(&asset.attributes)?;
    Ok(w.done())
}

/// The asset back; Corrupt where the bytes are not what was written, as with all that decode.
pub fn decode_asset(bytes: &[u8]) -> Result<Asset> {
    let mut r = Reader::new(bytes);
    let asset = Asset {
        id: id!(r, AssetId),
        movie: id!(r, MovieId),
        collection: r.opt_text()?,
        series: r.opt_text()?,
        season: r.opt_int()?,
        episode: r.opt_int()?,
        title: r.opt_text()?,
        duration_ns: r.opt_int()?,
        frame_rate: r
            .option(|r| FrameRate::new(r.uint32()?, r.uint32()?).map_err(|_| corrupt("no frame rate")))?,
        start_timecode: r.opt_text()?,
        drop_frame: r.bool()?,
        reel: r.opt_text()?,
        scene: r.opt_text()?,
        take: r.opt_text()?,
        camera: r.opt_text()?,
        circled: r.option(Reader::bool)?,
        language: r.opt_text()?,
        path: r.opt_text()?,
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
    w.opt_text(model.language.as_ref());
    w.option(model.space.as_ref(), |w, space| {
        w.text(space.id.as_str());
        w.uint(space.dimensions as u64);
        w.text(space.metric.as_str());
        w.opt_text(space.encoder.as_ref());
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
    let language = r.opt_text()?;
    let space = r.option(|r| {
        Ok(Space {
            id: id!(r, SpaceId),
            dimensions: usize::try_from(r.uint()?).map_err(|_| corrupt("too many dimensions"))?,
            metric: Metric::parse(r.text()?).ok_or_else(|| corrupt("no metric"))?,
            encoder: r.opt_text()?,
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

/// A run with what the store must know of it.
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
    pub fn as_segment(&self) -> Segment {
        Segment {
            id: self.segment,
            model: self.run.model.clone(),
            run: self.run.id.clone(),
            mode: self.run.mode,
            coverage: self.run.coverage,
            annotations: self.run.annotations,
        }
    }
}

fn segment(w: &mut Writer, segment: &Segment) {
    w.uint(segment.id);
    w.text(segment.model.as_str());
    w.text(segment.run.as_str());
    mode(w, segment.mode);
    coverage(w, segment.coverage);
    w.uint(segment.annotations);
}

fn read_segment(r: &mut Reader<'_>) -> Result<Segment> {
    Ok(Segment {
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

/// Where an id was kept, and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segment: u64,
    pub(super) block: u32,
    pub(super) position: u32,
    pub(super) start_ns: i64,
    pub(super) digest: u128,
}

/// The places of an id, oldest first. There are several only where a loose annotation was superseded and
/// sent again: each copy lies in its own segment until it is erased.
pub(super) fn encode_places(places: &[Place]) -> Vec<u8> {
    let mut w = Writer::default();
    for place in places {
        w.uint(place.segment);
        w.uint(place.block.into());
        w.uint(place.position.into());
        w.int(place.start_ns);
        w.u128(place.digest);
    }
    w.done()
}

pub(super) fn decode_places(bytes: &[u8]) -> Result<Vec<Place>> {
    let mut r = Reader::new(bytes);
    let mut places = Vec::with_capacity(1);
    while !r.is_empty() {
        places.push(Place {
            segment: r.uint()?,
            block: r.uint32()?,
            position: r.uint32()?,
            start_ns: r.int()?,
            digest: r.u128()?,
        });
    }
    Ok(places)
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
            let _ = decode_places(&bytes);
            let _ = Counters::decode(&bytes);
            let _ = crate::embedded::stored_block::decode(&bytes);
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

    const COUNTERS: &str = "ac0201007fffffffffffffffffff01";
    const PLACES: &str = "\
    80808080808080804003f0a20401fffffffffffffffffffffffffffffffe0903f0a20480bcc1960b00000000000000000000\
    000000000001";

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn bytes(hex: &str) -> Vec<u8> {
        let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        hex.as_bytes().chunks_exact(2).map(pair).collect()
    }

    #[test]
    fn counters_and_places_are_read_and_written_as_they_always_were() {
        let counters = Counters { commits: 300, runs: 1, scopes: 0, assets: 127, annotations: u64::MAX };
        let place =
            Place { segment: 1 << 62, block: 3, position: 70_000, start_ns: -1, digest: u128::MAX - 1 };
        let places = [place, Place { segment: 9, start_ns: 1_500_000_000, digest: 1, ..place }];
        assert_eq!(hex(&counters.encode()), COUNTERS);
        assert_eq!(Counters::decode(&bytes(COUNTERS)).unwrap(), counters);
        assert_eq!(hex(&encode_places(&places)), PLACES);
        assert_eq!(decode_places(&bytes(PLACES)).unwrap(), places);
    }
}
