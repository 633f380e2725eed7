//! annotation lines and record batches: bytes to annotations and back.
