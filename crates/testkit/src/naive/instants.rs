//! When rules hold: cell by cell between all borders, and instant by instant at the borders.

/// A range of time.
pub(super) type Range = (i64, i64);

/// Groups of ranges that must all be present, and ranges that must be absent.
pub(super) struct Rules<'r> {
    /// Groups of ranges: at each time, at least one range of each group must be present.
    pub must: Vec<Vec<Range>>,
    /// None of these may be present.
    pub none: &'r [Range],
}

/// Does a range cover everything between two neighbouring borders?
fn covers(ranges: &[Range], from: i64, to: i64) -> bool {
    ranges.iter().any(|(s, e)| *s <= from && to <= *e && s < e)
}

/// Does a range contain an instant, both ends included?
pub(super) fn at(ranges: &[Range], t: i64) -> bool {
    ranges.iter().any(|(s, e)| *s <= t && t <= *e)
}

fn point(ranges: &[Range], t: i64) -> bool {
    ranges.iter().any(|(s, e)| *s == t && *e == t)
}

/// Do two ranges overlap: in a stretch, or at a point event of one of them?
pub(super) fn meet(a: Range, b: Range) -> bool {
    if a.0 == a.1 {
        return b.0 <= a.0 && a.0 <= b.1;
    }
    if b.0 == b.1 {
        return a.0 <= b.0 && b.0 <= a.1;
    }
    a.0.max(b.0) < a.1.min(b.1)
}

impl Rules<'_> {
    fn borders(&self) -> Vec<i64> {
        let all = self.must.iter().flatten().chain(self.none).flat_map(|(s, e)| [*s, *e]);
        let mut borders: Vec<i64> = all.collect();
        borders.sort_unstable();
        borders.dedup();
        borders
    }

    fn cell(&self, from: i64, to: i64) -> bool {
        !self.must.is_empty()
            && self.must.iter().all(|group| covers(group, from, to))
            && !covers(self.none, from, to)
    }

    /// Do the rules hold at a point event?
    fn instant(&self, t: i64) -> bool {
        self.must.iter().any(|group| point(group, t))
            && self.must.iter().all(|group| at(group, t))
            && !at(self.none, t)
    }

    /// Do the rules hold anywhere in an annotation's range?
    pub fn meets(&self, range: Range) -> bool {
        if range.0 == range.1 {
            let mut closed = false;
            for pair in self.borders().windows(2) {
                closed |= self.cell(pair[0], pair[1]) && pair[0] <= range.0 && range.0 <= pair[1];
            }
            return (closed && !at(self.none, range.0)) || self.instant(range.0);
        }
        let cells = self.borders();
        cells
            .windows(2)
            .any(|pair| self.cell(pair[0], pair[1]) && pair[0].max(range.0) < pair[1].min(range.1))
            || cells.iter().any(|t| self.instant(*t) && range.0 <= *t && *t <= range.1)
    }

    /// The maximal stretches, and instants outside all stretches.
    pub fn pieces(&self) -> Vec<Range> {
        let borders = self.borders();
        let mut pieces: Vec<Range> = Vec::new();
        let mut open: Option<i64> = None;
        for (i, t) in borders.iter().enumerate() {
            let left = i > 0 && self.cell(borders[i - 1], *t);
            let right = borders.get(i + 1).is_some_and(|next| self.cell(*t, *next));
            let broken = point(self.none, *t);
            if left && (!right || broken) {
                pieces.push((open.take().unwrap(), *t));
            }
            if right && (!left || broken) {
                open = Some(*t);
            }
            if !left && !right && self.instant(*t) {
                pieces.push((*t, *t));
            }
        }
        pieces
    }
}
