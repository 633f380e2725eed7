//! The turns of a conversation, with those that were undone: what its leader keeps.

use rushes_plan::{Plan, Stretch};

use crate::turn::{Step, Turned};

/// A turn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Turn {
    /// What was said.
    pub say: String,
    /// The plan after it; none where the conversation was begun anew with nothing.
    pub plan: Option<Plan>,
    /// The moment that was spoken of.
    pub spoken_of: Option<Stretch>,
}

/// A conversation. Whatever is undone stays until something else is said.
#[derive(Debug, Clone, Default)]
pub struct History {
    turns: Vec<Turn>,
    /// How many of the turns count.
    at: usize,
}

impl History {
    /// The turns, the undone ones at the end.
    #[must_use]
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// How many of them count.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// The plan that counts now.
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        self.turns.get(self.at.checked_sub(1)?)?.plan.as_ref()
    }

    /// Takes in what became of what was said. Where nothing changed, no turn is added.
    pub fn take(&mut self, say: &str, turned: &Turned) {
        match turned.step {
            Step::Back | Step::Forward => self.at = turned.at.unwrap_or(self.at).min(self.turns.len()),
            Step::Stays => {}
            Step::Refines | Step::Anew | Step::Clears => {
                self.turns.truncate(self.at);
                let (plan, spoken_of) = (turned.plan.clone(), turned.spoken_of.clone());
                self.turns.push(Turn { say: say.to_owned(), plan, spoken_of });
                self.at = self.turns.len();
            }
        }
    }
}
