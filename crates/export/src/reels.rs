//! Names of reels in an edit list, and which reel became what.

use std::collections::HashMap;

use rushes_types::Asset;

use crate::clip::file_name;
use crate::options::Reels;
use crate::text::one_line;

/// Most characters of a reel's name in CMX 3600.
const CHARS_MAX: usize = 8;
/// Most characters where the whole name of a file is written.
const FILE_CHARS_MAX: usize = 120;
/// Names that mean something else in an edit list: black, in one spelling or the other.
const TAKEN: [&str; 2] = ["BL", "BLACK"];
/// The name of a reel that has no letter to be named by.
const NO_NAME: &str = "AX";

/// The names, each given once.
#[derive(Debug, Default)]
pub(crate) struct ReelTable {
    kind: Reels,
    by_source: HashMap<String, String>,
    by_name: HashMap<String, String>,
    renamed: Vec<(String, String)>,
}

impl ReelTable {
    pub(crate) fn new(kind: Reels) -> Self {
        Self { kind, ..Self::default() }
    }

    /// The reel that an asset is on. Assets that name one reel are on one tape; all others are told apart.
    pub(crate) fn of(&mut self, asset: &Asset) -> String {
        let own = asset.reel.as_deref().map(str::trim).filter(|reel| !reel.is_empty());
        let (source, wanted) = match (self.kind, own) {
            (Reels::File, _) => (asset.id.as_str().to_owned(), whole(&file_name(asset))),
            (Reels::Eight, Some(reel)) => (format!("reel {reel}"), short(reel)),
            (Reels::Eight, None) => (asset.id.as_str().to_owned(), short(asset.id.as_str())),
        };
        if let Some(name) = self.by_source.get(&source) {
            return name.clone();
        }
        let name = self.free(&wanted);
        let said = if self.kind == Reels::File {
            file_name(asset)
        } else {
            own.unwrap_or(asset.id.as_str()).to_owned()
        };
        if !said.eq_ignore_ascii_case(&name) {
            self.renamed.push((name.clone(), said));
        }
        self.by_name.insert(name.clone(), source.clone());
        self.by_source.insert(source, name.clone());
        name
    }

    fn free(&self, wanted: &str) -> String {
        let wanted = if wanted.is_empty() { NO_NAME } else { wanted };
        let is_free = |name: &str| !TAKEN.contains(&name) && !self.by_name.contains_key(name);
        let most = if self.kind == Reels::File { FILE_CHARS_MAX } else { CHARS_MAX };
        let numbered = |n: usize| {
            let digits = n.to_string();
            let kept: String = wanted.chars().take(most.saturating_sub(digits.len())).collect();
            format!("{kept}{digits}")
        };
        // Among one more than there are, one is free.
        let mut names = std::iter::once(wanted.to_owned()).chain((2..=self.by_name.len() + 3).map(numbered));
        names.find(|name| is_free(name)).unwrap_or_else(|| NO_NAME.to_owned())
    }

    /// Reels that are not called as they were, in the order of the list: the name in the list, and the one before.
    pub(crate) fn renamed(self) -> Vec<(String, String)> {
        self.renamed
    }
}

/// Letters and digits of a name, in capitals; of a long one the end, where the numbers are.
fn short(name: &str) -> String {
    let letters: Vec<char> = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let from = letters.len().saturating_sub(CHARS_MAX);
    letters.iter().skip(from).collect::<String>().to_ascii_uppercase()
}

/// The whole name in one column: without its ending, spaces as `_`.
fn whole(file: &str) -> String {
    let stem = match file.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => file,
    };
    one_line(stem, FILE_CHARS_MAX).replace(' ', "_")
}
