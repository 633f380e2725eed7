//! Which annotations are current: a pure fold over an asset's history.
