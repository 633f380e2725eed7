//! What ffmpeg's detectors say in its log, or in a file of `metadata=print`.
//!
//! Source: `blackdetect` (`black_start:0 black_end:1.5`), `freezedetect` (`freeze_start: 1`), `silencedetect`
//! (`silence_start: 1`), `scdet` (`lavfi.scd.time: 4.04`) and the selection of `scene` (`pts_time:4.04` before
//! `lavfi.scene_score=0.5`). Seconds as decimal numbers, exact; ends are exclusive. Black, frozen and silent stretches become
//! `TECHNICAL_CUE`, cuts the `SHOT`s between them: the first begins at zero, the last ends with the `Duration:` of the log,
//! or is a point in time.

use std::io::Read;

use crate::problem::Fault;
use crate::time::clock_ns;
use rushes_types::known_types;

use crate::formats::json::seconds_ns;
use crate::formats::kinds;
use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};
use crate::formats::text::Lines;

/// Stretches: the name of the start, that of the end, and the label.
const STRETCHES: [(&str, &str, &str); 3] = [
    ("black_start", "black_end", "black"),
    ("freeze_start", "freeze_end", "freeze"),
    ("silence_start", "silence_end", "silence"),
];

/// Does the line come from one of these detectors?
pub(crate) fn is_line(line: &str) -> bool {
    STRETCHES.iter().any(|(start, ..)| value(line, start).is_some())
        || value(line, "lavfi.scene_score").is_some()
        || value(line, "lavfi.scd.time").is_some()
}

/// The number that stands after a name and its mark: `name:1`, `name: 1`, `name=1`.
fn value<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let at = line.find(name)?;
    let rest = line[at + name.len()..].trim_start().strip_prefix([':', '='])?.trim_start();
    let end = rest.find(|letter: char| letter.is_whitespace() || letter == '|').unwrap_or(rest.len());
    Some(&rest[..end]).filter(|number| !number.is_empty())
}

#[derive(Default)]
struct Log {
    /// Starts of stretches that go on, by their place in the table.
    open: [Option<(u64, i128)>; 3],
    /// The time of the frame that the next lines speak of.
    frame_ns: Option<i128>,
    cuts: Vec<(u64, i128)>,
    length_ns: Option<i128>,
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let mut lines = Lines::open(reader, out)?;
    let mut log = Log::default();
    let fault = loop {
        match lines.next_or_fault() {
            Ok(Some(line)) => {
                if let Err(fault) = log.take(out, lines.number, &line)? {
                    out.row();
                    out.problem(lines.number, fault)?;
                }
            }
            Ok(None) => break None,
            Err(fault) => break Some(fault),
        }
    };
    log.end(out)?;
    fault.map_or(CONTINUE, |fault| out.stop(lines.number, fault))
}

type Taken = std::ops::ControlFlow<(), Result<(), Fault>>;

impl Log {
    fn take(&mut self, out: &mut FormatOutput<'_, '_>, number: u64, line: &str) -> Taken {
        let ns = |name: &str| value(line, name).map(|text| seconds_ns(name, text)).transpose();
        let found = (|| -> Result<Vec<(usize, i128)>, Fault> {
            let mut ends = Vec::new();
            for (place, (start, end, _)) in STRETCHES.iter().enumerate() {
                if let Some(start_ns) = ns(start)? {
                    self.open[place] = Some((number, start_ns));
                }
                ends.extend(ns(end)?.map(|end_ns| (place, end_ns)));
            }
            if let Some(at_ns) = ns("pts_time")? {
                self.frame_ns = Some(at_ns);
            }
            let cut_ns = match ns("lavfi.scd.time")? {
                Some(at_ns) => Some(at_ns),
                None => value(line, "lavfi.scene_score").and_then(|_| self.frame_ns.take()),
            };
            self.cuts.extend(cut_ns.map(|at_ns| (number, at_ns)));
            Ok(ends)
        })();
        if let Some(clock) = value(line, "Duration").map(|text| text.trim_end_matches(',')) {
            self.length_ns = clock_ns(clock).ok().or(self.length_ns);
        }
        let ends = match found {
            Ok(ends) => ends,
            Err(fault) => return Taken::Continue(Err(fault)),
        };
        for (place, end_ns) in ends {
            out.row();
            match self.open[place].take() {
                Some((_, start_ns)) => {
                    let label = STRETCHES[place].2;
                    out.annotation(
                        number,
                        AnnotationDraft::label(kinds::TECHNICAL_CUE, label, start_ns, end_ns),
                    )?;
                }
                None => out.skip(number, "ends without a start are left out"),
            }
        }
        Taken::Continue(Ok(()))
    }

    fn end(self, out: &mut FormatOutput<'_, '_>) -> Flow {
        for (place, open) in self.open.into_iter().enumerate() {
            let Some((line, start_ns)) = open else { continue };
            out.row();
            out.tally(
                line,
                "stretches that go on at the end of the log end with the media, or are points in time",
            );
            let end_ns = self.length_ns.filter(|end| *end >= start_ns).unwrap_or(start_ns);
            let label = STRETCHES[place].2;
            out.annotation(line, AnnotationDraft::label(kinds::TECHNICAL_CUE, label, start_ns, end_ns))?;
        }
        let Some((first, _)) = self.cuts.first() else { return CONTINUE };
        let mut cuts = vec![(*first, 0)];
        cuts.extend(self.cuts.iter().filter(|(_, at_ns)| *at_ns > 0));
        for (place, (line, start_ns)) in cuts.iter().enumerate() {
            out.row();
            let next = cuts.get(place + 1).map(|(_, at_ns)| *at_ns);
            let end_ns = next.or(self.length_ns.filter(|end| end >= start_ns)).unwrap_or_else(|| {
                out.tally(*line, "the last shot has no end and is kept as a point in time");
                *start_ns
            });
            out.annotation(*line, AnnotationDraft::label(known_types::SHOT, "", *start_ns, end_ns))?;
        }
        CONTINUE
    }
}
