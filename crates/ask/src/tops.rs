//! How many, of what, in which order.

use rushes_plan::RankBy;

use crate::amounts::Compare;
use crate::item::ItemKind;
use crate::languages::{Level, Role};
use crate::memo::Match;
use crate::question::Question;
use crate::verbs::is_deed;

/// Words of what moments are wanted for.
const PURPOSE_WORDS_MAX: usize = 4;
/// Words of what that is about.
const TOPIC_WORDS_MAX: usize = 8;
/// Words between a number and what it counts.
const QUALITIES_MAX: usize = 2;

/// What the number counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker {
    Best,
    Longest,
    Shortest,
    Earliest,
    Latest,
}

impl Question<'_> {
    /// An order, a group or a number of moments at a token.
    pub fn find_top(&self, at: usize) -> Option<Match> {
        self.order(at)
            .or_else(|| self.group(at))
            .or_else(|| self.ranked_behind(at))
            .or_else(|| self.ranked(at))
            .or_else(|| self.limited(at))
    }

    fn order(&self, at: usize) -> Option<Match> {
        // "sorted shortest first"
        if let Some(len) = self.is(at, Role::Sorted)
            && let Some((more, rank)) = self.order_alone(at + len)
        {
            return Some((len + more, rank));
        }
        self.order_alone(at)
    }

    fn order_alone(&self, at: usize) -> Option<Match> {
        if let Some(len) = self.is(at, Role::InOrder) {
            return Some((len, ItemKind::Rank(RankBy::Start)));
        }
        let orders = [
            (Role::ByLength, RankBy::Duration),
            (Role::ByBrevity, RankBy::Shortest),
            (Role::ByEnd, RankBy::Latest),
        ];
        for (role, rank) in orders {
            if let Some(len) = self.is(at, role) {
                return Some((len, ItemKind::Rank(rank)));
            }
        }
        let first = self.is(at, Role::FirstTime).map(|len| (len, ItemKind::Top(1, None, RankBy::Start)));
        first.or_else(|| self.is(at, Role::LastTime).map(|len| (len, ItemKind::Top(1, None, RankBy::Latest))))
    }

    /// "for the summer campaign", "for a post about best buddies:": what moments are wanted for says nothing of them.
    pub fn purpose(&self, at: usize) -> Option<Match> {
        const PARTS: &[Role] = &[Role::Or, Role::Then, Role::Before, Role::After, Role::Not, Role::Say];
        let from = at + self.is(at, Role::PurposeOf)?;
        // "looking for the poster"
        let seeks = |i| self.find(i, |role| matches!(role, Role::Asking | Role::About).then_some(()));
        if at.checked_sub(1).and_then(seeks).is_some_and(|(len, ())| len > 1) {
            return None;
        }
        let inside = |i: &usize| self.is_word(*i) && !self.is_any(*i, PARTS);
        let words = (from..from + PURPOSE_WORDS_MAX).take_while(inside);
        let mut end = words.filter_map(|i| self.is(i, Role::Purpose).map(|len| i + len)).next()?;
        while let Some(more) = self.is(end, Role::Purpose) {
            end += more;
        }
        if self.is_any(end, &[Role::Concerning, Role::About]) {
            let goes_on = |i: &usize| self.is_word(*i);
            let colon = end + (end..end + TOPIC_WORDS_MAX).take_while(goes_on).count();
            end = if self.mark(colon) == Some(':') { colon } else { end };
        }
        Some((end - at, ItemKind::Idle))
    }

    fn level(&self, at: usize) -> Option<(usize, Level)> {
        self.find(at, |s| if let Role::Level(level) = s { Some(level) } else { None })
    }

    /// "per episode", "of each season", "grouped by movie".
    pub fn group(&self, at: usize) -> Option<Match> {
        let per = self.is(at, Role::Per)?;
        let (len, level) = self.level(at + per)?;
        // "every season except 2"
        let denied = self.is(at + per + len, Role::Not).map(|not| at + per + len + not);
        if denied.is_some_and(|number| self.whole(number).is_some()) {
            return Some((per + len, ItemKind::Frame));
        }
        // "by episode 3" is no group.
        self.whole(at + per + len).is_none().then_some((per + len, ItemKind::Group(level)))
    }

    fn marker(&self, at: usize) -> Option<(usize, Marker)> {
        let of = |s: Role| {
            Some(match s {
                Role::Best | Role::Most => Marker::Best,
                Role::Longest => Marker::Longest,
                Role::Shortest => Marker::Shortest,
                Role::Ordinal(1) => Marker::Earliest,
                Role::Last => Marker::Latest,
                _ => return None,
            })
        };
        self.find(at, of)
    }

    /// "les 3 scènes les plus longues": the marker stands behind what it marks.
    fn ranked_behind(&self, at: usize) -> Option<Match> {
        let (len, count) = self.count(at).map_or((0, 1), |(len, n)| (len, n));
        let noun = at + len + self.find(at + len, |s| matches!(s, Role::Noun | Role::Nouns).then_some(()))?.0;
        let article = self.is(noun, Role::Frame).unwrap_or(0);
        let (marked, rank) = self.find(noun + article, |role| match role {
            Role::Longest => Some(RankBy::Duration),
            Role::Shortest => Some(RankBy::Shortest),
            // "i tre momenti migliori"
            Role::Best if len > 0 => Some(RankBy::Score),
            _ => None,
        })?;
        Some((noun + article + marked - at, ItemKind::Top(count, None, rank)))
    }

    /// "top 5", "best three", "5 best", "the longest", "first 3 scenes".
    fn ranked(&self, at: usize) -> Option<Match> {
        let (mut end, count, marker, most) = if let Some((len, n)) = self.count(at) {
            let most = self.is(at + len, Role::Most).is_some();
            let (more, marker) = self.marker(at + len)?;
            (at + len + more, Some(n), marker, most)
        } else {
            let (len, marker) = self.marker(at)?;
            let most = self.is(at, Role::Most).is_some();
            match self.count(at + len) {
                Some((more, n)) => (at + len + more, Some(n), marker, most),
                None => (at + len, None, marker, most),
            }
        };
        // "10 more" counts nothing.
        if most && count.is_none() {
            return None;
        }
        let mut level = None;
        let noun = self.find(end, |s| matches!(s, Role::Noun | Role::Nouns).then_some(()));
        let several = self.is(end, Role::Nouns).is_some();
        let has_noun = noun.is_some();
        if let Some((len, ())) = noun {
            end += len;
        } else if let Some((len, of)) = self.level(end).filter(|_| count.is_some()) {
            (end, level) = (end + len, Some(of));
        }
        match marker {
            Marker::Best => {
                // "the best scene" is one.
                let n = count.or_else(|| (noun.is_some() && !several).then_some(1))?;
                Some((end - at, ItemKind::Top(n, level, RankBy::Score)))
            }
            // "the last kiss", "the first hug": of what is done, one.
            Marker::Earliest | Marker::Latest if self.is_one_deed(end, count) => {
                let first = marker == Marker::Earliest;
                let rank = if first { RankBy::Start } else { RankBy::Latest };
                Some((end - at, ItemKind::Top(count.unwrap_or(1), None, rank)))
            }
            Marker::Earliest if has_noun => Some((end - at, ItemKind::Top(count?, None, RankBy::Start))),
            Marker::Earliest => None,
            Marker::Longest | Marker::Shortest if several && count.is_none() => {
                let longest = marker == Marker::Longest;
                let rank = if longest { RankBy::Duration } else { RankBy::Shortest };
                Some((end - at, ItemKind::Rank(rank)))
            }
            Marker::Longest => Some((end - at, ItemKind::Top(count.unwrap_or(1), level, RankBy::Duration))),
            Marker::Latest if has_noun => {
                Some((end - at, ItemKind::Top(count.unwrap_or(1), None, RankBy::Latest)))
            }
            Marker::Latest => None,
            Marker::Shortest => Some((end - at, ItemKind::Top(count.unwrap_or(1), level, RankBy::Shortest))),
        }
    }

    /// Does what somebody does follow, as a label has it: "kiss" of "the last kiss"?
    fn is_one_deed(&self, at: usize, count: Option<usize>) -> bool {
        let named = self.exact(at).is_some_and(|(_, names)| names.iter().all(|name| is_deed(&name.target)));
        let article = at.checked_sub(2).is_some_and(|i| self.is_any(i, &[Role::Every]));
        named
            || ((count.is_some() || article)
                && self.is_word(at)
                && self.exact(at).is_none()
                && self.is_doing(at))
    }

    /// "10 clips", "one clip", "one per episode".
    fn limited(&self, at: usize) -> Option<Match> {
        // "une scène par épisode"
        if let Some(one) = self.is(at, Role::One)
            && let Some(noun) = self.is(at + one, Role::Noun)
            && self.group(at + one + noun).is_some()
        {
            return Some((one + noun, ItemKind::Top(1, None, RankBy::Score)));
        }
        // "not more than 5 clips"
        if let Some((most, Compare::AtMost)) = self.comparison(at)
            && let Some((len, n)) = self.count(at + most)
            && let Some(nouns) =
                self.find(at + most + len, |role| matches!(role, Role::Nouns | Role::Noun).then_some(()))
        {
            return Some((most + len + nouns.0, ItemKind::Limit(n)));
        }
        let (len, n) = self.count(at)?;
        if self.group(at + len).is_some() {
            return Some((len, ItemKind::Top(n, None, RankBy::Score)));
        }
        if let Some(noun) = self.is(at + len, Role::Noun).filter(|_| n == 1) {
            return Some((len + noun, ItemKind::Top(1, None, RankBy::Score)));
        }
        // "10 funny lines"
        let is_other = |i: &usize| {
            self.is_word(*i)
                && self.phrases(*i).all(|found| found.role.is_plain())
                && self.exact(*i).is_none()
        };
        let others = (at + len..at + len + QUALITIES_MAX).take_while(is_other).count();
        if n > 1 && others > 0 && self.is_any(at + len + others, &[Role::Nouns, Role::Dialogue]) {
            return Some((len, ItemKind::Limit(n)));
        }
        // "5 hugs", "10 smiling close-ups": what somebody does, and how it is shot, is counted in moments.
        let shot = |i: usize| self.find(i, |role| matches!(role, Role::Shown(_)).then_some(())).is_some();
        let told = (at + len..at + len + QUALITIES_MAX)
            .find(|i| self.is_word(*i) && (shot(*i) || self.is_doing(*i)));
        if n > 1 && told == Some(at + len) && self.exact(at).is_none() && self.unit(at + len).is_none() {
            return Some((len, ItemKind::Limit(n)));
        }
        // "3 clip" of people whose English is poor.
        let noun = self.is(at + len, Role::Nouns).or_else(|| self.is(at + len, Role::Noun))?;
        // "20 clips max", but "3 clips, max 10 seconds each"
        let most = self.is(at + len + noun, Role::AtMost).or_else(|| self.is(at + len + noun, Role::OrLess));
        let most = most.filter(|most| self.number(at + len + noun + most).is_none()).unwrap_or(0);
        Some((len + noun + most, ItemKind::Limit(n)))
    }
}
