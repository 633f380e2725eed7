//! A moment to be written, and what people call it.

use rushes_types::{Asset, Colour};

/// A moment to be written, with its asset.
#[derive(Debug, Clone, Copy)]
pub struct Clip<'a> {
    /// The asset.
    pub asset: &'a Asset,
    /// First instant, in nanoseconds from the start of the media.
    pub start_ns: i64,
    /// End, exclusive, in nanoseconds.
    pub end_ns: i64,
    /// What it is worth, 0 … 1.
    pub score: f64,
    /// The labels that were found in it, each once.
    pub labels: &'a [String],
    /// The lines of dialogue that were found in it.
    pub lines: &'a [String],
    /// What a person wrote about it.
    pub note: &'a str,
    /// Its colour.
    pub colour: Option<Colour>,
}

impl<'a> Clip<'a> {
    /// A moment of which only its place is known.
    #[must_use]
    pub const fn new(asset: &'a Asset, start_ns: i64, end_ns: i64) -> Self {
        Self { asset, start_ns, end_ns, score: 1.0, labels: &[], lines: &[], note: "", colour: None }
    }

    /// What is said of it: its note, its labels, its lines.
    pub(crate) fn says(&self) -> impl Iterator<Item = &'a str> {
        let found = self.labels.iter().chain(self.lines).map(String::as_str);
        std::iter::once(self.note).chain(found).filter(|text| !text.trim().is_empty())
    }

    /// The shortest name of it: its first label, else its note or line, else what its asset is called.
    pub(crate) fn name(&self) -> String {
        let first = self.labels.iter().map(String::as_str).find(|label| !label.trim().is_empty());
        first.or_else(|| self.says().next()).map_or_else(|| asset_name(self.asset), str::to_owned)
    }
}

/// What people call an asset: series, season and episode, title; else its id.
pub(crate) fn asset_name(asset: &Asset) -> String {
    let mut code = String::new();
    code.extend(asset.season.map(|n| format!("S{n:02}")));
    code.extend(asset.episode.map(|n| format!("E{n:02}")));
    let parts: Vec<&str> = [asset.series.as_deref(), Some(code.as_str()), asset.title.as_deref()]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    if parts.is_empty() { asset.id.to_string() } else { parts.join(" ") }
}

/// What an editing program finds the media by: the file's name, else the asset's id.
pub(crate) fn file_name(asset: &Asset) -> String {
    let file = asset.path.as_deref().and_then(|path| path.rsplit(['/', '\\']).find(|part| !part.is_empty()));
    file.map_or_else(|| asset.id.to_string(), str::to_owned)
}
