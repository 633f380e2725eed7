//! How the store is opened.

use std::sync::Arc;
use std::time::Duration;

use rushes_store::{OnDamage, Redactor};

/// Ids kept in memory, over all assets: about 100 MB.
const IDS_MAX: usize = 4_000_000;

/// How the store is opened.
#[derive(Clone)]
pub struct StoreOptions {
    /// Removes rows from Arrow blocks; without it, single annotations in them cannot be erased.
    pub redactor: Option<Arc<dyn Redactor>>,
    /// Most ids kept in memory to recognise repeated annotations, some 25 bytes each. Beyond that they are looked up.
    pub ids_max: usize,
    /// How long a process may not raise its floor before it is closed as dead.
    pub silence: Duration,
    /// How long the relay lease lasts: after the relaying process died, another takes over no earlier.
    pub lease: Duration,
    /// What is done with a store that lacks what was acknowledged.
    pub on_damage: OnDamage,
    /// Shows a time in milliseconds since 1970 to people.
    pub show_time: fn(u64) -> String,
    /// Stops or kills changes at a point.
    #[cfg(feature = "testing")]
    pub faults: Option<crate::store::Faults>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            redactor: None,
            ids_max: IDS_MAX,
            silence: Duration::from_secs(10),
            lease: Duration::from_secs(10),
            on_damage: OnDamage::Refuse,
            show_time: |ms| format!("{ms} ms since 1970"),
            #[cfg(feature = "testing")]
            faults: None,
        }
    }
}
