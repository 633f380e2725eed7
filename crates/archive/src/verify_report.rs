//! What checking an archive found.

/// Problems that a report names; the others are only counted.
pub(crate) const PROBLEMS_MAX: usize = 100;

/// What `verify` found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Assets looked at.
    pub assets: u64,
    /// Annotations compared, superseded ones too.
    pub annotations: u64,
    /// The first problems; empty when all is well.
    pub problems: Vec<String>,
    /// How many problems there are.
    pub problem_count: u64,
    /// Is something committed that is not fused and indexed yet? It was left out.
    pub catching_up: bool,
    /// For how many seconds bytes of what was erased may have been on disk; `None` where there are none. Longer
    /// than [`crate::GONE_WITHIN`] is a problem.
    pub unpurged_for_s: Option<u64>,
}

impl VerifyReport {
    pub(crate) fn problem(&mut self, text: String) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(text);
        }
    }
}
