//! The embedded engines: what one machine runs on.

use std::path::Path;
use std::sync::Arc;

use rushes_events::{EmbeddedLog, LogOptions};
use rushes_fused::EmbeddedFused;
use rushes_index::{EmbeddedIndex, EmbeddedOptions};
use rushes_store::{BlockFormat, EmbeddedStore, Redactor, StoreOptions};
use rushes_text::{Analyzer, Language, detect, for_each_token, normalise_label};
use rushes_types::Result;
use rushes_wire::Format;

use crate::engines::{Engines, events_dir, fused_dir, index_dir, store_dir};
use crate::manifest::{Manifest, make_private_dir};
use crate::priority::opened_standing_back;

/// Opens the embedded engines in an archive's folder. With `anew`, whatever index there is, is replaced by an
/// empty one; a rebuild fills it.
pub(crate) fn open(dir: &Path, manifest: &Manifest, anew: bool) -> Result<Engines> {
    for folder in [store_dir(dir), events_dir(dir), fused_dir(dir), index_dir(dir)] {
        make_private_dir(&folder)?;
    }
    let store_options = StoreOptions { redactor: Some(Arc::new(WireRedactor)), ..StoreOptions::default() };
    let index_options = EmbeddedOptions {
        analyzer: Analyzer::new(Language::parse(&manifest.default_language)),
        ..EmbeddedOptions::default()
    };
    let index = if anew {
        EmbeddedIndex::create_anew(&index_dir(dir), index_options)?
    } else {
        EmbeddedIndex::open(&index_dir(dir), index_options)?
    };
    Ok(Engines {
        store: Arc::new(EmbeddedStore::open(&store_dir(dir), store_options)?),
        events: Arc::new(EmbeddedLog::open(&events_dir(dir), LogOptions::default())?),
        fused: Arc::new(opened_standing_back(|| EmbeddedFused::open(&fused_dir(dir)))?),
        index: Arc::new(index),
    })
}

/// Blanks rows of Arrow blocks, which the store cannot read.
struct WireRedactor;

impl Redactor for WireRedactor {
    fn keep(&self, format: BlockFormat, bytes: &[u8], keep: &[u32]) -> Result<Option<Vec<u8>>> {
        let format = match format {
            BlockFormat::Lines => Format::Lines,
            BlockFormat::Arrow => Format::Arrow,
        };
        rushes_wire::keep_only(format, bytes, keep)
    }
}

/// What fusion asks of the analysis of text. Public for those who drive fusion themselves: `rushes bench`.
#[derive(Debug, Clone)]
pub struct Words {
    default_language: Language,
}

impl Words {
    /// With the archive's default language.
    #[must_use]
    pub fn new(default_language: &str) -> Self {
        Self { default_language: Language::parse(default_language) }
    }
}

impl rushes_fuse::Linguist for Words {
    fn detect(&self, text: &str) -> Option<String> {
        match detect(text, self.default_language) {
            Language::Und => None,
            language => Some(language.as_str().to_owned()),
        }
    }

    fn words(&self, text: &str, each: &mut dyn FnMut(&str)) {
        for_each_token(text, |token| each(token.folded));
    }

    fn label(&self, label: &str) -> String {
        normalise_label(label)
    }
}
