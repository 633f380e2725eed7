//! What was found at each word of a question, so that each is looked for once, however many rules ask.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::item::ItemKind;
use crate::languages::Role;
use crate::near_names::variants;
use crate::question::Question;
use crate::token::Kind;

/// What was recognised at a token: how many tokens it takes, and what they say.
pub(crate) type Match = (usize, ItemKind);

/// A word with what it may be a form of, each with whether it is only that in the plural.
pub(crate) type WordForms = Rc<Vec<(String, bool)>>;

/// What was found at one token.
#[derive(Debug, Default)]
struct Slot {
    scope: OnceCell<Option<Match>>,
    amount: OnceCell<Option<Match>>,
    top: OnceCell<Option<Match>>,
    is_doing: OnceCell<bool>,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    slots: Vec<Slot>,
    forms: RefCell<HashMap<String, WordForms>>,
    /// For each token the first one from it on that ends words that are said, and that are talked about.
    ends: [OnceCell<Vec<usize>>; 2],
    first_line: OnceCell<usize>,
    first_away: OnceCell<usize>,
    last_then: OnceCell<Option<usize>>,
    has_quote: OnceCell<bool>,
    adds: OnceCell<bool>,
}

impl Memo {
    pub fn of(tokens: usize) -> Self {
        Self { slots: (0..tokens).map(|_| Slot::default()).collect(), ..Self::default() }
    }
}

impl Question<'_> {
    /// A part of the scope at a token.
    pub fn scope(&self, at: usize) -> Option<&Match> {
        self.memo.slots.get(at)?.scope.get_or_init(|| self.find_scope(at)).as_ref()
    }

    /// What an amount at a token says.
    pub fn amount(&self, at: usize) -> Option<&Match> {
        self.memo.slots.get(at)?.amount.get_or_init(|| self.find_amount(at)).as_ref()
    }

    /// An order, a group or a number of moments at a token.
    pub fn top(&self, at: usize) -> Option<&Match> {
        self.memo.slots.get(at)?.top.get_or_init(|| self.find_top(at)).as_ref()
    }

    /// Is something counted, or narrowed, from a token on?
    pub fn is_counted(&self, at: usize) -> bool {
        self.scope(at).is_some() || self.top(at).is_some() || self.amount(at).is_some()
    }

    /// Is the word, in any form, a label of neither people nor places?
    pub fn is_doing(&self, at: usize) -> bool {
        self.memo.slots.get(at).is_some_and(|slot| *slot.is_doing.get_or_init(|| self.names_doing(at)))
    }

    /// What a word may be a form of.
    pub fn variants(&self, word: &str) -> WordForms {
        if let Some(known) = self.memo.forms.borrow().get(word) {
            return Rc::clone(known);
        }
        let forms = Rc::new(variants(&self.analyzer, self.language, word));
        self.work.names(forms.len());
        self.memo.forms.borrow_mut().insert(word.to_owned(), Rc::clone(&forms));
        forms
    }

    /// For each token the first one from it on that ends words that are said, or talked about.
    pub fn ends_of_words(&self, talked: bool) -> &[usize] {
        self.memo.ends[usize::from(talked)].get_or_init(|| {
            let count = self.tokens.len();
            let mut ends = vec![count; count + 1];
            for at in (0..count).rev() {
                let here = self.always_ends(at) || self.ends_inside(at, talked);
                ends[at] = if here { at } else { ends[at + 1] };
            }
            ends
        })
    }

    /// Do words before speak of lines, or of somebody who says something: "lines by Mara about …"?
    pub fn lines_before(&self, at: usize) -> bool {
        let is_line = |i: &usize| self.is_any(*i, &[Role::Dialogue, Role::Say, Role::Manner]);
        *self.memo.first_line.get_or_init(|| self.first(is_line)) < at
    }

    /// Does "away" stand before?
    pub fn away_before(&self, at: usize) -> bool {
        *self.memo.first_away.get_or_init(|| self.first(|i| self.is(*i, Role::Away).is_some())) < at
    }

    /// Does "then" stand behind?
    pub fn then_behind(&self, at: usize) -> bool {
        let last = || (0..self.tokens.len()).rfind(|i| self.is(*i, Role::Then).is_some());
        self.memo.last_then.get_or_init(last).is_some_and(|then| then > at)
    }

    pub fn has_quote(&self) -> bool {
        let is_quote = |i: &usize| matches!(self.kind(*i), Some(Kind::Quote(_)));
        *self.memo.has_quote.get_or_init(|| self.first(is_quote) < self.tokens.len())
    }

    /// Does the question add with "+", so that it takes away with "-"?
    pub fn adds(&self) -> bool {
        *self.memo.adds.get_or_init(|| self.first(|i| self.mark(*i) == Some('+')) < self.tokens.len())
    }

    /// The first token of a kind; one past the last where there is none.
    fn first(&self, is_one: impl Fn(&usize) -> bool) -> usize {
        (0..self.tokens.len()).find(is_one).unwrap_or(self.tokens.len())
    }
}
