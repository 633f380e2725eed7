//! The bucket documents, exactly as published, for other programs to search.

use std::collections::HashMap;

use rushes_index::{AssetUpdate, BucketContent, space_of};
use rushes_types::{Annotation, AnnotationKey, AssetDocument, Bucket, BucketMember, Result};
use rushes_wire::render::{BucketDocument, EngineFields, bucket_documents};

use crate::backend::ElasticIndex;
use crate::bulk::{Sink, Target};
use crate::document::is_even;
use crate::names::{bucket_id, vector_field};

impl ElasticIndex {
    /// Writes the buckets of an update. `parts_before` is the most parts that any bucket of the asset had: parts that a
    /// bucket no longer has are emptied. Returns the new maximum.
    pub(crate) fn put_buckets(
        &self,
        sink: &mut Sink<'_>,
        update: &AssetUpdate,
        parts_before: u64,
    ) -> Result<u64> {
        let mut most = parts_before;
        let Some(document) = update.document.as_ref().filter(|_| self.config.buckets) else {
            return Ok(most);
        };
        let vectors = self.config.bucket_vectors;
        let field =
            |annotation: &Annotation| vectors.then(|| vector_field_of(document, annotation)).flatten();
        let engine_fields = EngineFields { commit: update.upto, vector_field: &field };
        for bucket in &update.buckets {
            most = most.max(self.put_bucket(sink, update, document, bucket, &engine_fields, parts_before)?);
        }
        Ok(most)
    }

    fn put_bucket(
        &self,
        sink: &mut Sink<'_>,
        update: &AssetUpdate,
        document: &AssetDocument,
        content: &BucketContent,
        engine_fields: &EngineFields<'_>,
        parts_before: u64,
    ) -> Result<u64> {
        let by_key: HashMap<AnnotationKey, &Annotation> =
            content.annotations.iter().map(|fused| (fused.annotation.key(), &fused.annotation)).collect();
        let members = content.annotations.iter().map(|fused| BucketMember {
            start_ns: fused.annotation.range.start_ns(),
            key: fused.annotation.key(),
            end_ns: fused.annotation.range.end_ns(),
        });
        let bucket = Bucket {
            no: content.no,
            annotations: members.collect(),
            intersections: Vec::new(),
            truncated: false,
        };
        let length_ns = content.range.end_ns() - content.range.start_ns();
        let find = |key| by_key.get(&key).copied();
        let movie = &document.asset.movie;
        let vectors = self.config.bucket_vectors;
        let mut parts: Vec<BucketDocument<'_>> =
            bucket_documents(&update.asset, movie, &bucket, length_ns, vectors, &find);
        let count = parts.len();
        let before = usize::try_from(parts_before).unwrap_or(usize::MAX);
        let emptied: Vec<_> =
            (count + 1..=before).filter_map(|part| Some(parts.first()?.emptied(part))).collect();
        parts.extend(emptied);
        for (part, document) in (1..).zip(parts) {
            let id = bucket_id(&update.asset, content.no.0, part);
            let target = Target { index: &self.names.buckets, id: &id, version: update.upto, again: false };
            sink.index(target, &document.with_engine_fields(engine_fields))?;
        }
        Ok(count as u64)
    }
}

/// The field in which an annotation's vector can be searched.
fn vector_field_of(document: &AssetDocument, annotation: &Annotation) -> Option<String> {
    let vector = annotation.vector.as_ref().filter(|vector| is_even(vector))?;
    let space = space_of(Some(document), &annotation.model).ok()?;
    Some(vector_field(&space, vector.len()))
}
