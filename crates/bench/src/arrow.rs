//! Vectors as Arrow IPC streams: one stream per episode, one batch of one asset and one model.

use std::sync::Arc;

use arrow_array::{ArrayRef, FixedSizeListArray, Float32Array, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use rushes_types::{Error, Result};

use crate::lines::{Volume, vector_stream};
use crate::timeline::Timeline;
use crate::world::{Episode, World, Writer};

/// Writes the vectors of an episode as one IPC stream: the same annotations as
/// [`crate::lines::write_vector_lines`] writes.
///
/// # Errors
/// If the stream cannot be written, which is a bug.
pub fn write_vectors(world: &World, episode: &Episode, out: &mut Vec<u8>) -> Result<Volume> {
    let from = out.len();
    let timeline = Timeline::of(world, episode);
    let rows = timeline.shots.len();
    stream(world, episode, &timeline, out)
        .map_err(|e| Error::bug(format!("writing an Arrow stream: {e}")).because(e))?;
    Ok(Volume { annotations: rows as u64, bytes: (out.len() - from) as u64 })
}

fn stream(
    world: &World,
    episode: &Episode,
    timeline: &Timeline,
    out: &mut Vec<u8>,
) -> std::result::Result<(), ArrowError> {
    let rows = timeline.shots.len();
    let dimensions = world.clusters.dimensions();
    let mut random = vector_stream(world, episode);
    let mut values = vec![0.0f32; rows * dimensions];
    for (vector, shot) in values.chunks_exact_mut(dimensions).zip(&timeline.shots) {
        world.clusters.member(shot.cluster, &mut random, vector);
    }
    let item = Arc::new(Field::new("item", DataType::Float32, false));
    let size = i32::try_from(dimensions).map_err(|e| ArrowError::InvalidArgumentError(e.to_string()))?;
    let vectors = FixedSizeListArray::try_new(item, size, Arc::new(Float32Array::from(values)), None)?;
    let same = |text: &str| Arc::new(StringArray::from_iter_values((0..rows).map(|_| text))) as ArrayRef;
    let starts = Int64Array::from_iter_values(timeline.shots.iter().map(|s| s.start_ns));
    let ends = Int64Array::from_iter_values(timeline.shots.iter().map(|s| s.end_ns));
    let columns: [(&str, ArrayRef); 7] = [
        ("asset_id", same(&episode.asset_id)),
        ("movie_id", same(&episode.movie_id)),
        ("model", same(Writer::Clip.model())),
        ("type", same(Writer::Clip.kind())),
        ("start_time_ns", Arc::new(starts)),
        ("end_time_ns", Arc::new(ends)),
        ("embedding_vector", Arc::new(vectors)),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), false)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, c)| c).collect())?;
    let mut writer = StreamWriter::try_new(out, &schema)?;
    writer.write(&batch)?;
    writer.finish()
}
