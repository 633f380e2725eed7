//! Lengths of moments, windows of time, distances and confidence.

use rushes_plan::time::Instant;
use rushes_plan::{Bounds, Name, Target, Window};
use rushes_types::known_types;

use crate::item::ItemKind;
use crate::languages::{MINUTE, Role};
use crate::memo::Match;
use crate::question::Question;

/// How far before a bound without a unit its unit is looked for, in tokens.
const UNIT_TOKENS_MAX: usize = 24;
/// How far before "in between" the steps are linked, in tokens.
const LINK_TOKENS_MAX: usize = 24;

/// Which way a comparison goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    More,
    AtLeast,
    Less,
    AtMost,
}

impl Compare {
    fn bounds(self, ns: i64) -> Bounds {
        let seconds = Some(rushes_plan::time::seconds_of_ns(ns));
        match self {
            Self::More => Bounds { gt: seconds, ..Bounds::default() },
            Self::AtLeast => Bounds { gte: seconds, ..Bounds::default() },
            Self::Less => Bounds { lt: seconds, ..Bounds::default() },
            Self::AtMost => Bounds { lte: seconds, ..Bounds::default() },
        }
    }
}

impl Question<'_> {
    /// What an amount at a token says.
    pub fn find_amount(&self, at: usize) -> Option<Match> {
        self.between(at)
            .or_else(|| self.window(at))
            .or_else(|| self.confidence(at))
            .or_else(|| self.distance(at))
            .or_else(|| self.compared(at))
    }

    pub fn comparison(&self, at: usize) -> Option<(usize, Compare)> {
        self.find(at, |s| {
            Some(match s {
                Role::More => Compare::More,
                Role::AtLeast => Compare::AtLeast,
                Role::Less => Compare::Less,
                Role::AtMost => Compare::AtMost,
                _ => return None,
            })
        })
    }

    /// "between 5 and 10 seconds", "between 1:00 and 2:30".
    fn between(&self, at: usize) -> Option<Match> {
        let low = at + self.is(at, Role::Between)?;
        let low = if self.number(low).is_some() { low } else { self.skip_frames(low) };
        let and = |at: usize| self.is(at, Role::And).or_else(|| self.is(at, Role::Until));
        if let Some((len, from)) = self.clock(low)
            && let Some(and) = and(low + len)
            && let Some((last, to)) = self.clock(low + len + and)
        {
            return Some((
                low + len + and + last - at,
                ItemKind::Window(Window { from: Some(from), to: Some(to) }),
            ));
        }
        if let Some((len, from)) = self.duration(low)
            && let Some(and) = and(low + len)
            && let Some((last, to)) = self.duration(low + len + and)
        {
            return Some(self.ranged(at, low + len + and + last, from, to));
        }
        let (len, number) = self.number(low)?;
        let high = low + len + and(low + len)?;
        let (unit_at, _) = self.number(high)?;
        let (last, to) = self.duration(high)?;
        let (_, unit) = self.unit(high + unit_at)?;
        let from = rushes_plan::time::ns_of_seconds(number * rushes_plan::time::seconds_of_ns(unit))?;
        Some(self.ranged(at, high + last, from, to))
    }

    fn ranged(&self, at: usize, end: usize, from: i64, to: i64) -> Match {
        let end = end + self.is(end, Role::Long).unwrap_or(0);
        let seconds = |ns| Some(rushes_plan::time::seconds_of_ns(ns));
        (end - at, ItemKind::Duration(Bounds { gte: seconds(from), lte: seconds(to), ..Bounds::default() }))
    }

    /// "in the first five minutes", "after 1:30", "from 0:30 to 1:15", "before minute 3".
    fn window(&self, at: usize) -> Option<Match> {
        let (len, what) = self.window_alone(at)?;
        // "of each episode" says no more: all times are counted in each.
        Some((len + self.group(at + len).map_or(0, |(of, _)| of), what))
    }

    fn window_alone(&self, at: usize) -> Option<Match> {
        if let Some((len, ns)) = self.opening(at) {
            return Some((
                len,
                ItemKind::Window(Window { from: Some(Instant::Ns(0)), to: Some(Instant::Ns(ns)) }),
            ));
        }
        if let Some(within) = self.is(at, Role::Within)
            && let begin = self.skip_frames(at + within)
            && let Some((len, ns)) = self.opening(begin)
        {
            let window = Window { from: Some(Instant::Ns(0)), to: Some(Instant::Ns(ns)) };
            return Some((begin + len - at, ItemKind::Window(window)));
        }
        if let Some((len, _)) = self.closing(at) {
            let why = "a plan counts times from the beginning, not from the end";
            return Some((len, ItemKind::Inexpressible(why.to_owned())));
        }
        let from = at + self.is(at, Role::From).unwrap_or(0);
        if let Some((len, first)) = self.clock(from)
            && let Some(to) = self.is(from + len, Role::Until)
            && let Some((last, end)) =
                self.clock(from + len + to).or_else(|| self.minute(from, from + len + to))
        {
            return Some((
                from + len + to + last - at,
                ItemKind::Window(Window { from: Some(first), to: Some(end) }),
            ));
        }
        let after = self.is(at, Role::After).or_else(|| self.is(at, Role::From));
        if let Some(after) = after {
            let begin = self.skip_frames(at + after);
            let found =
                self.clock(begin).or_else(|| self.opening(begin).map(|(len, ns)| (len, Instant::Ns(ns))));
            if let Some((len, from)) = found {
                return Some((begin + len - at, ItemKind::Window(Window { from: Some(from), to: None })));
            }
        }
        let before = self.is(at, Role::Before).or_else(|| self.is(at, Role::Until))?;
        let begin = self.skip_frames(at + before);
        let (len, to) = self.clock(begin)?;
        Some((begin + len - at, ItemKind::Window(Window { from: None, to: Some(to) })))
    }

    /// "minute 10 to 12": the second minute without its word.
    fn minute(&self, first: usize, at: usize) -> Option<(usize, Instant)> {
        self.is(first, MINUTE)?;
        let (len, minute) = self.whole(at)?;
        Some((len, Instant::Ns(minute.checked_mul(60_000_000_000)?)))
    }

    /// "first five minutes", "cinq premières minutes", "first minute": the length from the beginning.
    fn opening(&self, at: usize) -> Option<(usize, i64)> {
        self.edge(at, |i| self.ordinal(i).filter(|(_, n)| *n == 1).map(|(len, _)| len))
    }

    /// The same at the end.
    fn closing(&self, at: usize) -> Option<(usize, i64)> {
        self.edge(at, |i| self.is(i, Role::Last))
    }

    fn edge(&self, at: usize, is_edge: impl Fn(usize) -> Option<usize>) -> Option<(usize, i64)> {
        if let Some(edge) = is_edge(at) {
            if let Some((len, ns)) = self.duration(at + edge) {
                return Some((edge + len, ns));
            }
            return self.unit(at + edge).map(|(len, ns)| (edge + len, ns));
        }
        let (len, number) = self.number(at)?;
        let edge = is_edge(at + len)?;
        let (last, unit) = self.unit(at + len + edge)?;
        let ns = rushes_plan::time::ns_of_seconds(number * rushes_plan::time::seconds_of_ns(unit))?;
        Some((len + edge + last, ns))
    }

    /// "confidence above 0.8", "with more than 90% confidence".
    fn confidence(&self, at: usize) -> Option<Match> {
        let share = |at: usize| -> Option<(usize, f64)> {
            let (len, number) = self.number(at)?;
            let sign = (self.mark(at + len) == Some('%')).then_some(1);
            let percent = sign.or_else(|| self.is(at + len, Role::Percent));
            let share = if percent.is_some() || number > 1.0 { number / 100.0 } else { number };
            (0.0..=1.0).contains(&share).then_some((len + percent.unwrap_or(0), share))
        };
        if let Some(word) = self.is(at, Role::Confidence) {
            let begin = at + word;
            let mut i = if self.comparison(begin).is_some() { begin } else { self.skip_frames(begin) };
            i += self.comparison(i).map_or(0, |(len, _)| len);
            i = self.skip_frames(i);
            let (len, share) = share(i)?;
            let end = i + len;
            let end = end + self.is(end, Role::OrMore).unwrap_or(0);
            return Some((end - at, ItemKind::Confidence(share)));
        }
        let compare = self.comparison(at).map_or(0, |(len, _)| len);
        let (len, share) = share(at + compare)?;
        let more = |at: usize| at + self.is(at, Role::OrMore).unwrap_or(0);
        let word = self.skip_frames(more(at + compare + len));
        let end = word + self.is(word, Role::Confidence)?;
        Some((more(end) - at, ItemKind::Confidence(share)))
    }

    /// "within 10 s", "less than 5 seconds after", "10 seconds later".
    fn distance(&self, at: usize) -> Option<Match> {
        if let Some(found) = self.away(at) {
            return Some(found);
        }
        let comes = |i: usize| self.is_any(i, &[Role::After, Role::Before, Role::Then]);
        if let Some(each) = self.is(at, Role::Each)
            && let Some((len, ns)) = self.within_or_less(at + each)
        {
            let end = at + each + len;
            let of = self.is(end, Role::Each).unwrap_or(0);
            return Some((end + of - at, ItemKind::WithinEach(ns)));
        }
        if let Some(within) = self.is(at, Role::Within) {
            // "a minute" has an article of its own.
            let begin = at + within;
            let begin = if self.duration(begin).is_some() { begin } else { self.skip_frames(begin) };
            let compared = self.comparison(at).is_some();
            if let Some((len, ns)) = self.duration(begin) {
                let end = begin + len;
                if let Some(of) = self.is(end, Role::Of).filter(|_| !compared || !self.is_english()) {
                    return Some((end + of - at, ItemKind::Near(ns)));
                }
                if !compared || comes(end) {
                    return Some((end - at, ItemKind::Within(ns)));
                }
            }
        }
        let compare = self.comparison(at).filter(|(_, c)| matches!(c, Compare::Less | Compare::AtMost));
        let begin = at + compare.map_or(0, |(len, _)| len);
        let (len, ns) = self.duration(begin)?;
        comes(begin + len).then_some((begin + len - at, ItemKind::Within(ns)))
    }

    /// "at most 5 s away from", "within 5 s before or after", and, behind what is near, "at most 5 s away".
    fn away(&self, at: usize) -> Option<Match> {
        // "with distance max 5 seconds"
        if let Some(distance) = self.is(at, Role::Distance) {
            let (len, ns) = self.within_or_less(at + distance).or_else(|| self.duration(at + distance))?;
            return Some((distance + len, ItemKind::NearBehind(ns)));
        }
        let (len, ns) = self.within_or_less(at).or_else(|| self.duration(at))?;
        let end = at + len;
        if let Some(gap) = self.is(end, Role::Gap) {
            let linked = (at.saturating_sub(LINK_TOKENS_MAX)..at)
                .any(|i| self.is_any(i, &[Role::Then, Role::Before, Role::After]));
            let what = if linked { ItemKind::Within(ns) } else { ItemKind::NearBehind(ns) };
            return Some((end + gap - at, what));
        }
        if let Some(away) = self.is(end, Role::Away) {
            let end = end + away;
            if let Some(from) = self.is(end, Role::Of).or_else(|| self.is(end, Role::Toward)) {
                return Some((end + from - at, ItemKind::Near(ns)));
            }
            let either = usize::from(self.mark(end) == Some(','));
            let either = self.is(end + either, Role::EitherOrder).map_or(0, |len| either + len);
            return Some((end + either - at, ItemKind::NearBehind(ns)));
        }
        // "at most 5 s from Mara"
        let named = |from: usize| {
            let things = [known_types::CHARACTER, known_types::OBJECT];
            let thing = |name: &Name| matches!(&name.target, Target::Label { kind, .. } if things.contains(&kind.as_str()));
            self.exact(self.skip_frames(end + from)).is_some_and(|(_, names)| names.iter().any(thing))
        };
        let most = self.comparison(at).is_some_and(|(_, compare)| compare == Compare::AtMost);
        if let Some(from) = self.is(end, Role::From).filter(|from| most && named(*from)) {
            return Some((end + from - at, ItemKind::Near(ns)));
        }
        let end = end + self.is(end, Role::EitherOrder)?;
        let near = if end < self.tokens.len() { ItemKind::Near(ns) } else { ItemKind::NearBehind(ns) };
        Some((end - at, near))
    }

    /// "within 4 s", "at most 4 s", "less than 4 s".
    fn within_or_less(&self, at: usize) -> Option<(usize, i64)> {
        let less = self.comparison(at).filter(|(_, c)| matches!(c, Compare::Less | Compare::AtMost));
        let len = self.is(at, Role::Within).or(less.map(|(len, _)| len))?;
        let begin = if self.duration(at + len).is_some() { at + len } else { self.skip_frames(at + len) };
        let (last, ns) = self.duration(begin)?;
        Some((begin + last - at, ns))
    }

    /// "at least 4 seconds but no more than 8": the unit stands before.
    fn without_unit(&self, at: usize, len: usize, compare: Compare) -> Option<Match> {
        let (last, number) = self.number(at + len)?;
        let end = at + len + last;
        let unit = (at.saturating_sub(UNIT_TOKENS_MAX)..at).rev().find_map(|i| self.unit(i))?.1;
        let goes_on = self.mark(end) == Some('%')
            || self.unit(end).is_some()
            || self.is_any(end, &[Role::Noun, Role::Nouns, Role::Confidence]);
        let ns = rushes_plan::time::ns_of_seconds(number * rushes_plan::time::seconds_of_ns(unit))?;
        (!goes_on).then(|| (end - at, ItemKind::Duration(compare.bounds(ns))))
    }

    /// "10-20 seconds", "5 to 10 seconds long".
    fn span(&self, at: usize) -> Option<Match> {
        let (len, number) = self.number(at)?;
        let to = self.is(at + len, Role::Until)?;
        let high = at + len + to;
        let (unit_at, _) = self.number(high)?;
        let (last, longest) = self.duration(high)?;
        let (_, unit) = self.unit(high + unit_at)?;
        let shortest = rushes_plan::time::ns_of_seconds(number * rushes_plan::time::seconds_of_ns(unit))?;
        (shortest < longest).then(|| self.ranged(at, high + last, shortest, longest))
    }

    /// "10 seconds of Mara", "a 10 second clip": as long as that.
    fn stretch(&self, at: usize) -> Option<Match> {
        let (len, ns) = self.duration(at)?;
        let end = at + len;
        let noun = |at| self.find(at, |role| matches!(role, Role::Noun | Role::Nouns).then_some(()));
        let before = at == 0
            || at.checked_sub(1).is_some_and(|i| self.is_any(i, &[Role::Frame, Role::Asking, Role::One]));
        let noun = noun(end).map(|(len, ())| len);
        let of = self.is(end, Role::Of).filter(|_| before);
        let taken = noun.or(of)?;
        Some((end + taken - at, ItemKind::Duration(Compare::AtLeast.bounds(ns))))
    }

    /// "longer than 10 s", "at least a minute", "10+ seconds", "for 10 seconds".
    fn compared(&self, at: usize) -> Option<Match> {
        if let Some(found) = self.span(at) {
            return Some(found);
        }
        // "duration over 30 seconds", "long more than 10 seconds"
        if let Some(long) = self.is(at, Role::Long).or_else(|| self.is(at, Role::Runs))
            && self.comparison(at + long).is_some()
            && let Some((len, what)) = self.compared(at + long)
        {
            return Some((long + len, what));
        }
        if let Some(lasting) = self.is(at, Role::Lasting)
            && let Some((len, ns)) = self.duration(at + lasting)
        {
            let end = at + lasting + len;
            let linked = self.is_any(end, &[Role::After, Role::Before, Role::Then, Role::Of]);
            return (!linked).then(|| (end - at, ItemKind::Duration(Compare::AtLeast.bounds(ns))));
        }
        if let Some(found) = self.stretch(at) {
            return Some(found);
        }
        if let Some((len, ns)) = self.duration(at) {
            let plus = (self.mark(at + len) == Some('+')).then_some((1, Compare::AtLeast));
            let more = self.is(at + len, Role::OrMore).map(|more| (more, Compare::AtLeast)).or(plus);
            let (or, compare) = more.or_else(|| Some((self.is(at + len, Role::OrLess)?, Compare::AtMost)))?;
            return Some((len + or, ItemKind::Duration(compare.bounds(ns))));
        }
        if let Some((len, number)) = self.number(at)
            && self.mark(at + len) == Some('+')
            && let Some((unit, ns)) = self.unit(at + len + 1)
        {
            let seconds = number * rushes_plan::time::seconds_of_ns(ns);
            let ns = rushes_plan::time::ns_of_seconds(seconds)?;
            return Some((len + 1 + unit, ItemKind::Duration(Compare::AtLeast.bounds(ns))));
        }
        let (len, compare) = self.comparison(at)?;
        if let Some(found) = self.without_unit(at, len, compare) {
            return Some(found);
        }
        let len = len + usize::from(self.mark(at + len) == Some('.'));
        let begin = if self.duration(at + len).is_some() { at + len } else { self.skip_frames(at + len) };
        let len = begin - at;
        let (last, ns) = self.duration(begin)?;
        let end = at + len + last;
        let end = end + self.is(end, Role::Long).unwrap_or(0);
        Some((end - at, ItemKind::Duration(compare.bounds(ns))))
    }
}
