//! annotations to one-second buckets: pure functions.
