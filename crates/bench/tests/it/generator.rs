use rushes_bench::arrow::write_vectors;
use rushes_bench::lines::{Volume, write_lines, write_vector_lines};
use rushes_bench::{Spec, World};
use serde_json::Value;

/// Hash of everything that is generated from a spec.
fn hash(spec: Spec) -> u64 {
    let world = World::new(spec);
    let mut bytes = Vec::new();
    for episode in &world.episodes {
        write_lines(&world, episode, &mut bytes);
        write_vector_lines(&world, episode, &mut bytes);
        write_vectors(&world, episode, &mut bytes).expect("writing to memory");
    }
    xxhash_rust::xxh3::xxh3_64(&bytes)
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let spec = Spec { seed: 11, hours: 1, dimensions: 16 };
    assert_eq!(hash(spec), hash(spec));
    assert_ne!(hash(spec), hash(Spec { seed: 12, ..spec }));
}

#[test]
fn lines_and_arrow_hold_the_same_vectors() {
    let world = World::new(Spec { seed: 2, hours: 1, dimensions: 8 });
    let episode = &world.episodes[0];
    let (mut lines, mut stream) = (Vec::new(), Vec::new());
    let written = write_vector_lines(&world, episode, &mut lines);
    assert_eq!(written.annotations, write_vectors(&world, episode, &mut stream).unwrap().annotations);
    let batches: Vec<_> = arrow_ipc::reader::StreamReader::try_new(&stream[..], None)
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(batches.len(), 1);
    let column = batches[0].column_by_name("embedding_vector").unwrap();
    let list = arrow_array::cast::AsArray::as_fixed_size_list(column.as_ref());
    for (row, line) in lines.split(|b| *b == b'\n').filter(|l| !l.is_empty()).enumerate() {
        let line: Value = serde_json::from_slice(line).unwrap();
        let sent: Vec<f32> = serde_json::from_value(line["embedding_vector"].clone()).unwrap();
        let item = list.value(row);
        let stored =
            arrow_array::cast::AsArray::as_primitive::<arrow_array::types::Float32Type>(item.as_ref());
        assert_eq!(stored.values(), &sent[..], "row {row}");
    }
}

#[test]
fn every_line_is_json_of_the_documented_form() {
    let world = World::new(Spec { seed: 2, hours: 1, dimensions: 8 });
    let mut bytes = Vec::new();
    let written = write_lines(&world, &world.episodes[0], &mut bytes);
    let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).collect();
    assert_eq!(written, Volume { annotations: lines.len() as u64, bytes: bytes.len() as u64 });
    for line in &lines {
        let line: Value = serde_json::from_slice(line).unwrap();
        assert!(line["time_range"]["start_time_ns"].as_i64() <= line["time_range"]["end_time_ns"].as_i64());
        assert!((0.0..=1.0).contains(&line["confidence_score"].as_f64().unwrap()));
    }
    let mean = bytes.len() / lines.len();
    assert!((220..=310).contains(&mean), "{mean} bytes a line");
}
