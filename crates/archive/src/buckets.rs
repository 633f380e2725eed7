//! Buckets with the annotations that they name, for people who read them.

use std::sync::Arc;

use rushes_timeline::next_page;
use rushes_types::{AssetId, Bucket, BucketNo, FusedAnnotation, Result};

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::bucket_content::{Annotations, PAGE};
use crate::rebuild_marker::Rebuild;

/// A bucket with its annotations.
#[derive(Debug, Clone, PartialEq)]
pub struct BucketView {
    /// The bucket.
    pub bucket: Bucket,
    /// Its annotations, in the bucket's order.
    pub annotations: Vec<Arc<FusedAnnotation>>,
}

impl Archive {
    /// Buckets `from ..= to` of an asset with their annotations, at most `limit`.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::NotFound`] where the asset is not there or the caller may not see it.
    pub fn buckets(
        &self,
        caller: &Caller,
        asset: &AssetId,
        from: BucketNo,
        to: BucketNo,
        limit: usize,
    ) -> Result<Vec<BucketView>> {
        self.require_asset(caller, Right::Read, asset)?;
        let timeline = &*self.engines.timeline;
        let mut annotations = Annotations::default();
        let mut views: Vec<BucketView> = Vec::new();
        let mut next = Some(from);
        while let Some(from) = next.filter(|from| *from <= to && views.len() < limit) {
            let asked = PAGE.min(limit - views.len());
            let page = timeline.buckets(asset, from, to, asked);
            let mut page = self.healer.after(Rebuild::All, page)?;
            next = next_page(&page, asked);
            // An emptied bucket is treated like one that never existed: a rebuild may not write it.
            page.retain(|bucket| !bucket.annotations.is_empty());
            self.healer.after(Rebuild::All, annotations.load(timeline, asset, &page))?;
            views.extend(
                page.into_iter().map(|bucket| BucketView { annotations: annotations.of(&bucket), bucket }),
            );
        }
        Ok(views)
    }
}
