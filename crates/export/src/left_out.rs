//! What is not in a file, and why.

/// Most assets that a reason names.
const NAMED_MAX: usize = 5;

/// A reason for leaving moments out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Why, in words.
    pub why: String,
    /// How many moments.
    pub count: usize,
    /// Ids of the first assets that they are of, each once.
    pub assets: Vec<String>,
}

impl LeftOut {
    /// The reason in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let named =
            if self.assets.is_empty() { String::new() } else { format!(" ({})", self.assets.join(", ")) };
        format!("{}: {}{named}", self.count, self.why)
    }
}

/// Adds a moment of an asset to the reasons.
pub(crate) fn leave_out(reasons: &mut Vec<LeftOut>, why: &str, asset: &str) {
    let known = reasons.iter().position(|reason| reason.why == why);
    let place = known.unwrap_or(reasons.len());
    if known.is_none() {
        reasons.push(LeftOut { why: why.to_owned(), count: 0, assets: Vec::new() });
    }
    if let Some(reason) = reasons.get_mut(place) {
        reason.count += 1;
        if reason.assets.len() < NAMED_MAX && !reason.assets.iter().any(|known| known == asset) {
            reason.assets.push(asset.to_owned());
        }
    }
}

/// Adds the reasons of another file.
pub(crate) fn join(reasons: &mut Vec<LeftOut>, more: Vec<LeftOut>) {
    for one in more {
        match reasons.iter_mut().find(|reason| reason.why == one.why) {
            Some(reason) => {
                reason.count += one.count;
                let new: Vec<String> =
                    one.assets.into_iter().filter(|id| !reason.assets.contains(id)).collect();
                let room = NAMED_MAX.saturating_sub(reason.assets.len());
                reason.assets.extend(new.into_iter().take(room));
            }
            None => reasons.push(one),
        }
    }
}
