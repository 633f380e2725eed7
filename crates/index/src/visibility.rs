//! Which annotations a reader sees: those current at its read point, and those of pinned runs.

use rushes_plan::Filter;
use rushes_types::{ReadPoint, RunId, Validity};

/// How a query's pins affect the annotations of one asset, model and run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PinStatus {
    /// No pin concerns this asset and model: what is current counts.
    Current,
    /// The run is pinned: all of it counts, current or kept.
    Pinned,
    /// Another run of the model is pinned on the asset: this one does not count.
    Replaced,
}

/// How the filter's pins affect a run of a model (by name) on an asset.
#[must_use]
pub fn pin_status(filter: &Filter, asset: &str, model_name: &str, run: &RunId) -> PinStatus {
    let mut status = PinStatus::Current;
    for pin in &filter.pins {
        if pin.asset.as_str() == asset && pin.model_name == model_name {
            if pin.run == *run {
                return PinStatus::Pinned;
            }
            status = PinStatus::Replaced;
        }
    }
    status
}

/// Is an annotation with these validities seen at a read point?
///
/// A kept annotation is seen through a pin from its birth on, so that a reader at an earlier read point does not see
/// later runs.
#[must_use]
pub fn is_visible(validities: &[Validity], kept: bool, status: PinStatus, at: &ReadPoint) -> bool {
    let is_current = || validities.iter().any(|validity| validity.contains(at));
    match status {
        PinStatus::Current => is_current(),
        PinStatus::Pinned => {
            is_current() || (kept && validities.iter().any(|validity| at.sees(validity.born)))
        }
        PinStatus::Replaced => false,
    }
}
