//! Captions that roll up: a line appears at the bottom, moves up with the next, and so stands in two or three cues.
//!
//! The automatic captions of YouTube are made so, and what decoders make of broadcast captions. Each line is kept once, in
//! the cue in which it appears. A file is of this kind where at least half of its cues begin with what the cue before
//! ended with; two cues that merely say the same are none.

use crate::problem::Fault;

use crate::formats::markup::plain;
use crate::formats::out::clean;

/// Cues further apart do not carry a line on.
const GAP_NS: i128 = 200_000_000;
/// A file with fewer such cues is not of this kind.
const CARRIED_MIN: usize = 2;

/// A cue with its markup.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawCue {
    pub line: u64,
    pub start_ns: i128,
    pub end_ns: i128,
    pub text: String,
    /// It says nothing that the cues before it do not say.
    pub is_repeat: bool,
    /// Why there is no cue in this place.
    pub fault: Option<Fault>,
}

impl RawCue {
    /// The place of a cue that is refused.
    pub(crate) fn refused(line: u64, fault: Fault) -> RawCue {
        RawCue { line, fault: Some(fault), ..RawCue::default() }
    }
}

/// Leaves each line in the first cue that has it, where the cues roll up; answers whether they do.
pub(crate) fn fold(cues: &mut [RawCue]) -> bool {
    let lines: Vec<Vec<String>> = cues.iter().map(|cue| lines_of(&cue.text)).collect();
    let carried: Vec<usize> = (0..cues.len())
        .map(|at| match at.checked_sub(1) {
            Some(before) if follows(&cues[before], &cues[at]) => overlap(&lines[before], &lines[at]),
            _ => 0,
        })
        .collect();
    // Two cues of the same single line are no sign, unless the first has the times of its words.
    let tells = |at: usize| {
        carried[at] > 0
            && (lines[at].len() > carried[at]
                || lines[at - 1].len() > carried[at]
                || has_times(&cues[at - 1].text))
    };
    let telling = (1..cues.len()).filter(|at| tells(*at)).count();
    if telling < CARRIED_MIN || telling * 2 < cues.len() - 1 {
        return false;
    }
    for (cue, carried) in cues.iter_mut().zip(carried).filter(|(_, carried)| *carried > 0) {
        let mut left = carried;
        let kept: Vec<&str> = cue
            .text
            .split('\n')
            .filter(|line| {
                let is_carried = left > 0 && !clean(&plain(line)).is_empty();
                left -= usize::from(is_carried);
                !is_carried
            })
            .collect();
        cue.text = kept.join("\n");
        cue.is_repeat = lines_of(&cue.text).is_empty();
    }
    true
}

fn lines_of(text: &str) -> Vec<String> {
    text.split('\n').map(|line| clean(&plain(line))).filter(|line| !line.is_empty()).collect()
}

fn follows(before: &RawCue, cue: &RawCue) -> bool {
    cue.start_ns >= before.start_ns && cue.start_ns - before.end_ns <= GAP_NS
}

/// How many lines at the end of the one are at the beginning of the other.
fn overlap(before: &[String], lines: &[String]) -> usize {
    let most = before.len().min(lines.len());
    (1..=most).rev().find(|count| before[before.len() - count..] == lines[..*count]).unwrap_or(0)
}

fn has_times(text: &str) -> bool {
    text.contains("<0") || text.contains("<1") || text.contains("<c>")
}

#[cfg(test)]
mod tests {
    use super::{RawCue, fold};

    fn folded(cues: &[(i128, i128, &str)]) -> (bool, Vec<String>) {
        let raw = |(start, end, text): &(i128, i128, &str)| RawCue {
            start_ns: start * 1_000_000_000,
            end_ns: end * 1_000_000_000,
            text: (*text).to_owned(),
            ..RawCue::default()
        };
        let mut cues: Vec<RawCue> = cues.iter().map(raw).collect();
        let rolls = fold(&mut cues);
        (rolls, cues.into_iter().filter(|cue| !cue.is_repeat).map(|cue| cue.text).collect())
    }

    #[test]
    fn each_line_is_kept_once() {
        let (rolls, texts) = folded(&[(0, 1, "a"), (1, 2, "a\nb"), (2, 3, "b\n<i>c</i>"), (3, 4, "c")]);
        assert!(rolls);
        assert_eq!(texts, ["a", "b", "<i>c</i>"]);
        // The same said again is no line that was carried on.
        let (rolls, texts) = folded(&[(0, 1, "a"), (1, 2, "a\nno"), (2, 3, "no\nno"), (3, 4, "no\nb")]);
        assert!(rolls);
        assert_eq!(texts, ["a", "no", "no", "b"]);
    }

    #[test]
    fn cues_that_say_the_same_are_kept() {
        for cues in [
            vec![(0, 1, "no"), (1, 2, "no"), (2, 3, "no"), (3, 4, "no")],
            vec![(0, 1, "a"), (5, 6, "a\nb"), (9, 10, "b\nc")],
            vec![(0, 1, "a\nb"), (1, 2, "b\nc"), (2, 3, "x"), (3, 4, "y"), (4, 5, "z")],
            vec![],
            vec![(0, 1, "a")],
        ] {
            let (rolls, texts) = folded(&cues);
            assert!(!rolls);
            assert_eq!(texts.len(), cues.len());
        }
    }
}
