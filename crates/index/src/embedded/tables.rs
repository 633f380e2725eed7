//! The small tables of a segment, unpacked when it is opened.

use std::sync::Arc;

use rushes_text::Language;
use rushes_types::{AnnotationType, AssetId, ModelRef, RunId, SpaceId};

use super::bytes::{Bytes, index};
use super::entry::NONE;

/// Where annotations come from: rows of the segment's assets and names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Source {
    /// Row of [`Segment::assets`].
    pub asset: u32,
    pub kind: AnnotationType,
    pub model: ModelRef,
    pub run: RunId,
    pub language: Option<Arc<str>>,
}

/// The vectors of one space.
#[derive(Debug)]
pub(crate) struct SpaceTable {
    pub space: SpaceId,
    pub dimensions: usize,
    pub rows: usize,
}

/// Lines of one model on one asset.
#[derive(Debug, Clone)]
pub(crate) struct DialogueGroup {
    pub asset: u32,
    pub model: ModelRef,
    /// Positions in the list of lines.
    pub lines: std::ops::Range<usize>,
}

pub(crate) fn read_assets(bytes: &[u8], count: u32) -> Option<(Vec<AssetId>, Vec<u32>)> {
    let mut bytes = Bytes(bytes);
    let (mut assets, mut firsts) = (Vec::new(), Vec::new());
    for _ in 0..bytes.length()? {
        assets.push(AssetId::new(bytes.text()?).ok()?);
        firsts.push(bytes.varint_u32()?);
    }
    firsts.push(count);
    (firsts.is_sorted() && assets.is_sorted()).then_some((assets, firsts))
}

pub(crate) fn read_names(bytes: &[u8]) -> Option<Vec<Arc<str>>> {
    let mut bytes = Bytes(bytes);
    let mut names = Vec::new();
    for _ in 0..bytes.length()? {
        names.push(Arc::from(bytes.text()?));
    }
    Some(names)
}

/// Every name as what it is; parsed once, shared by all sources.
pub(crate) fn read_sources(bytes: &[u8], names: &[Arc<str>]) -> Option<Vec<Source>> {
    let mut kinds: Vec<Option<AnnotationType>> = vec![None; names.len()];
    let mut models: Vec<Option<ModelRef>> = vec![None; names.len()];
    let mut runs: Vec<Option<RunId>> = vec![None; names.len()];
    let mut sources = Vec::new();
    let mut bytes = Bytes(bytes);
    while !bytes.0.is_empty() {
        let asset = bytes.u32()?;
        let kind = shared(&mut kinds, names, bytes.u32()?, |name| AnnotationType::new(name).ok())?;
        let model = shared(&mut models, names, bytes.u32()?, |name| ModelRef::parse(name).ok())?;
        let run = shared(&mut runs, names, bytes.u32()?, |name| RunId::new(name).ok())?;
        let language = match bytes.u32()? {
            NONE => None,
            name => Some(names.get(name as usize)?.clone()),
        };
        sources.push(Source { asset, kind, model, run, language });
    }
    Some(sources)
}

fn shared<T: Clone>(
    known: &mut [Option<T>],
    names: &[Arc<str>],
    name: u32,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let slot = known.get_mut(name as usize)?;
    if slot.is_none() {
        *slot = Some(parse(names.get(name as usize)?)?);
    }
    slot.clone()
}

pub(crate) fn read_kinds(bytes: &[u8], names: &[Arc<str>]) -> Option<Vec<AnnotationType>> {
    let mut bytes = Bytes(bytes);
    let mut kinds = Vec::new();
    while !bytes.0.is_empty() {
        kinds.push(AnnotationType::new(names.get(bytes.u32()? as usize)?).ok()?);
    }
    Some(kinds)
}

pub(crate) fn read_languages(bytes: &[u8]) -> Option<Vec<Language>> {
    let mut bytes = Bytes(bytes);
    let mut languages = Vec::new();
    for _ in 0..bytes.length()? {
        languages.push(Language::parse(bytes.text()?));
    }
    Some(languages)
}

pub(crate) fn read_dialogue(bytes: &[u8], names: &[Arc<str>], lines: usize) -> Option<Vec<DialogueGroup>> {
    let mut models: Vec<Option<ModelRef>> = vec![None; names.len()];
    let mut bytes = Bytes(bytes);
    let mut groups: Vec<DialogueGroup> = Vec::new();
    while !bytes.0.is_empty() {
        let asset = bytes.u32()?;
        let model = shared(&mut models, names, bytes.u32()?, |name| ModelRef::parse(name).ok())?;
        let from = index(u64::from(bytes.u32()?))?;
        if let Some(last) = groups.last_mut() {
            last.lines.end = from;
        }
        groups.push(DialogueGroup { asset, model, lines: from..lines });
    }
    let ordered = groups.iter().all(|group| group.lines.start <= group.lines.end);
    groups.sort_by(|a, b| (a.asset, &a.model).cmp(&(b.asset, &b.model)));
    ordered.then_some(groups)
}

pub(crate) fn read_spaces(bytes: &[u8]) -> Option<Vec<SpaceTable>> {
    let mut bytes = Bytes(bytes);
    let mut spaces = Vec::new();
    for _ in 0..bytes.length()? {
        let space = SpaceId::new(bytes.text()?).ok()?;
        spaces.push(SpaceTable { space, dimensions: bytes.length()?, rows: bytes.length()? });
    }
    Some(spaces)
}
