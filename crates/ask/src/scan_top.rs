//! How many, of what, in which order.

use rushes_plan::RankBy;

use crate::grammar::{Level, Sense};
use crate::scan::{ItemKind, ScanMatch, Scanner};

/// What the number counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker {
    Best,
    Longest,
    Shortest,
    Earliest,
}

impl Scanner<'_> {
    /// An order, a group or a number of moments at a token.
    pub fn top(&self, at: usize) -> Option<ScanMatch> {
        self.order(at)
            .or_else(|| self.group(at))
            .or_else(|| self.ranked_behind(at))
            .or_else(|| self.ranked(at))
            .or_else(|| self.limited(at))
    }

    fn order(&self, at: usize) -> Option<ScanMatch> {
        if let Some(len) = self.is(at, Sense::InOrder) {
            return Some((len, ItemKind::Rank(RankBy::Start)));
        }
        self.is(at, Sense::FirstTime).map(|len| (len, ItemKind::Top(1, None, RankBy::Start)))
    }

    fn level(&self, at: usize) -> Option<(usize, Level)> {
        self.find(at, |s| if let Sense::Level(level) = s { Some(level) } else { None })
    }

    /// "per episode", "of each season", "grouped by movie".
    fn group(&self, at: usize) -> Option<ScanMatch> {
        let per = self.is(at, Sense::Per)?;
        let (len, level) = self.level(at + per)?;
        // "by episode 3" is no group.
        self.whole(at + per + len).is_none().then_some((per + len, ItemKind::Group(level)))
    }

    fn marker(&self, at: usize) -> Option<(usize, Marker)> {
        let of = |s: Sense| {
            Some(match s {
                Sense::Best | Sense::Most => Marker::Best,
                Sense::Longest => Marker::Longest,
                Sense::Shortest => Marker::Shortest,
                Sense::Ordinal(1) => Marker::Earliest,
                _ => return None,
            })
        };
        self.find(at, of)
    }

    /// "les 3 scènes les plus longues": the marker stands behind what it marks.
    fn ranked_behind(&self, at: usize) -> Option<ScanMatch> {
        let (len, count) = self.count(at).map_or((0, 1), |(len, n)| (len, n));
        let noun =
            at + len + self.find(at + len, |s| matches!(s, Sense::Noun | Sense::Nouns).then_some(()))?.0;
        let article = self.is(noun, Sense::Frame).unwrap_or(0);
        let longest = self.is(noun + article, Sense::Longest)?;
        Some((noun + article + longest - at, ItemKind::Top(count, None, RankBy::Duration)))
    }

    /// "top 5", "best three", "5 best", "the longest", "first 3 scenes".
    fn ranked(&self, at: usize) -> Option<ScanMatch> {
        let (mut end, count, marker, most) = if let Some((len, n)) = self.count(at) {
            let most = self.is(at + len, Sense::Most).is_some();
            let (more, marker) = self.marker(at + len)?;
            (at + len + more, Some(n), marker, most)
        } else {
            let (len, marker) = self.marker(at)?;
            let most = self.is(at, Sense::Most).is_some();
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
        let noun = self.find(end, |s| matches!(s, Sense::Noun | Sense::Nouns).then_some(()));
        let has_noun = noun.is_some();
        if let Some((len, ())) = noun {
            end += len;
        } else if let Some((len, of)) = self.level(end).filter(|_| count.is_some()) {
            (end, level) = (end + len, Some(of));
        }
        match marker {
            Marker::Best => count.map(|n| (end - at, ItemKind::Top(n, level, RankBy::Score))),
            Marker::Earliest if has_noun => Some((end - at, ItemKind::Top(count?, None, RankBy::Start))),
            Marker::Earliest => None,
            Marker::Longest => Some((end - at, ItemKind::Top(count.unwrap_or(1), level, RankBy::Duration))),
            Marker::Shortest => Some((
                end - at,
                ItemKind::Inexpressible("moments cannot be ordered by length, the shortest first"),
            )),
        }
    }

    /// "10 clips", "one clip".
    fn limited(&self, at: usize) -> Option<ScanMatch> {
        let (len, n) = self.count(at)?;
        if let Some(noun) = self.is(at + len, Sense::Noun).filter(|_| n == 1) {
            return Some((len + noun, ItemKind::Top(1, None, RankBy::Score)));
        }
        let noun = self.is(at + len, Sense::Nouns)?;
        Some((len + noun, ItemKind::Limit(n)))
    }
}
