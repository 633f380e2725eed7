//! Feedback, ranking models, profiles and settings: copied whole, since nothing else tells what is new among them.

use rushes_store::AnnotationStore;
use rushes_types::Result;

use crate::shelves;

/// Memos that are copied at once.
const PAGE: usize = 1_000;

/// Brings the target's memos up to the source's.
pub(crate) fn bring(from: &dyn AnnotationStore, to: &dyn AnnotationStore) -> Result<()> {
    for shelf in shelves::ALL {
        let mut after: Option<String> = None;
        loop {
            let page = from.memos(shelf, after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            to.put_memos(shelf, &page, true)?;
        }
    }
    Ok(())
}
