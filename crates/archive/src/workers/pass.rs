//! What a pass is, and under which names passes consume the event log.

/// What a pass did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pass {
    /// Did it find anything to do?
    pub busy: bool,
    /// How many items.
    pub items: u64,
}

impl Pass {
    pub(super) const IDLE: Self = Self { busy: false, items: 0 };
    /// It was asked to stop: its work stands, and is counted when it is acknowledged.
    pub(super) const CUT_SHORT: Self = Self { busy: true, items: 0 };

    pub(super) const fn of(items: usize) -> Self {
        Self { busy: true, items: items as u64 }
    }
}

/// The name under which fusion consumes [`Topic::Committed`].
pub const FUSE_CONSUMER: &str = "fuse";
/// The name under which indexing consumes [`Topic::Fused`].
pub const INDEX_CONSUMER: &str = "index";
