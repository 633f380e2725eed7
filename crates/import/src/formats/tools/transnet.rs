//! TransNetV2: the list of scenes (`.scenes.txt`).
//!
//! Source: a line `first last` for each shot, frames from 0, the last one **included**. A frame rate is needed. Each
//! becomes a `SHOT`.

use std::io::Read;

use crate::problem::{Fault, shown};
use rushes_types::known_types;

use crate::formats::out::{AnnotationDraft, CONTINUE, Flow, FormatOutput};
use crate::formats::rate::rate_is_needed;
use crate::formats::text::Lines;

/// First and last frame of a line.
fn frames(line: &str) -> Option<(i64, i64)> {
    let mut fields = line.split_whitespace();
    let mut frame = || {
        let field = fields.next()?;
        let is_plain = field.len() <= 9 && field.bytes().all(|byte| byte.is_ascii_digit());
        if is_plain { field.parse::<i64>().ok() } else { None }
    };
    let both = (frame()?, frame()?);
    fields.next().is_none().then_some(both)
}

/// Are these lines, of a file with this name, such a list? Each begins where the one before ended.
pub(crate) fn is_list(name: &str, lines: &[&str]) -> bool {
    let mut next = None;
    let mut count = 0;
    for line in lines.iter().filter(|line| !line.trim().is_empty()) {
        let Some((first, last)) = frames(line) else { return false };
        if last < first || next.is_some_and(|next| next != first) {
            return false;
        }
        (next, count) = (Some(last + 1), count + 1);
    }
    count > 1 || (count == 1 && name.contains("scenes"))
}

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    let Some(rate) = out.settings.frame_rate else { return out.stop(0, rate_is_needed()) };
    let mut lines = Lines::open(reader, out)?;
    loop {
        let line = match lines.next_or_fault() {
            Ok(Some(line)) => line,
            Ok(None) => return CONTINUE,
            Err(fault) => return out.stop(lines.number, fault),
        };
        if line.trim().is_empty() {
            continue;
        }
        out.row();
        match frames(&line) {
            Some((first, last)) => {
                let ns = |frame: i64| i128::from(rate.start_of(frame));
                let said =
                    AnnotationDraft::label(known_types::SHOT, "", ns(first), ns(last.saturating_add(1)));
                out.annotation(lines.number, said)?;
            }
            None => {
                let why = format!("{} is not a first and a last frame", shown(&line));
                out.problem(lines.number, Fault::new("", why, "write `0 521`"))?;
            }
        }
    }
}
