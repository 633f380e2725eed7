//! Conformance suites: the laws of every seam, one function a law, run on every implementation.

pub mod fused_suite;
