//! JSON documents of other tools, row by row: one row that cannot be read costs that row.

use std::cell::Cell;
use std::io::Read;
use std::ops::ControlFlow;

use crate::ROW_BYTES_MAX;
use crate::bytes::{open, unpacked};
use crate::decimal::Decimal;
use crate::problem::{Fault, shown};
use crate::scan::{Scanner, parse_path};
use crate::time::{MILLISECOND_PLACES, SECOND_PLACES, clock_ns};
use crate::value::Value;

use crate::formats::encoding::decode_json;
use crate::formats::json_scan::{top_members, without_nan};
use crate::formats::limits::JSON_BYTES_MAX;
use crate::formats::out::{CONTINUE, Flow, FormatOutput};
use crate::formats::text::tell;

/// A document, held as its bytes.
pub(crate) struct Document {
    bytes: Vec<u8>,
    told: Cell<bool>,
}

/// Called with every row: its line, and its value.
pub(crate) type RowFn<'f, 'o, 's> = dyn FnMut(&mut FormatOutput<'o, 's>, u64, &Value) -> Flow + 'f;

impl Document {
    /// Reads a document whole; where that fails it is reported, and reading ends.
    pub(crate) fn load(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> ControlFlow<(), Document> {
        let (settings, mut bytes) = (out.settings, Vec::new());
        let opened = match &settings.encoding {
            Some(_) => unpacked(reader, JSON_BYTES_MAX),
            None => open(reader, JSON_BYTES_MAX),
        };
        if let Err(error) = opened.and_then(|mut text| text.read_to_end(&mut bytes)) {
            out.stop(0, Fault::new("", error.to_string(), "mend the file, or split it"))?;
            return ControlFlow::Break(());
        }
        match decode_json(bytes, settings.encoding.as_deref(), settings.language.as_deref()) {
            Ok((text, how)) => {
                tell(out, &how)?;
                ControlFlow::Continue(Document { bytes: text.into_bytes(), told: Cell::new(false) })
            }
            Err(fault) => {
                out.stop(0, fault)?;
                ControlFlow::Break(())
            }
        }
    }

    /// Does the path lead to anything?
    pub(crate) fn has(&self, path: &str) -> bool {
        let mut has = false;
        let steps = parse_path(path).unwrap_or_default();
        let _ = Scanner::new(self.bytes.as_slice(), 0).rows(&steps, &mut |_| {
            has = true;
            ControlFlow::Break(())
        });
        has
    }

    /// The first of these paths that leads to anything.
    pub(crate) fn first_of<'p>(&self, paths: &[&'p str]) -> Option<&'p str> {
        paths.iter().find(|path| self.has(path)).copied()
    }

    /// The text or number at a path.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        let mut found = None;
        let steps = parse_path(path).unwrap_or_default();
        let _ = Scanner::new(self.bytes.as_slice(), ROW_BYTES_MAX).rows(&steps, &mut |cut| {
            found = cut.bytes.and_then(|bytes| Value::parse(bytes).ok());
            ControlFlow::Break(())
        });
        found.as_ref().and_then(scalar).map(str::to_owned)
    }

    /// Calls `each` with every row at a path, and answers how many there were.
    pub(crate) fn rows<'o, 's>(
        &self,
        out: &mut FormatOutput<'o, 's>,
        path: &str,
        each: &mut RowFn<'_, 'o, 's>,
    ) -> ControlFlow<(), u64> {
        self.rows_within(out, path, ROW_BYTES_MAX, each)
    }

    /// The same where one row is a whole channel of speech and may be long.
    pub(crate) fn rows_within<'o, 's>(
        &self,
        out: &mut FormatOutput<'o, 's>,
        path: &str,
        row_bytes_max: u64,
        each: &mut RowFn<'_, 'o, 's>,
    ) -> ControlFlow<(), u64> {
        let steps = parse_path(path).unwrap_or_default();
        let mut count = 0;
        let walked = Scanner::new(self.bytes.as_slice(), row_bytes_max).rows(&steps, &mut |cut| {
            count += 1;
            out.row();
            let Some(bytes) = cut.bytes else {
                let why = format!("the row is longer than {row_bytes_max} bytes");
                return out.problem(cut.line, Fault::new("", why, "split it"));
            };
            let value = match Value::parse(bytes) {
                Ok(value) => value,
                Err(why) => match Value::parse(&without_nan(bytes)) {
                    Ok(value) => {
                        out.tally(cut.line, "rows with numbers that are not finite are read without these");
                        value
                    }
                    Err(_) => {
                        let mend = "mend the row; JSON is what RFC 8259 says";
                        return out.problem(cut.line, Fault::new("", why, mend));
                    }
                },
            };
            let before = out.touched();
            each(out, cut.line, &value)?;
            // Whatever a reader does, a row leaves a trace.
            if out.touched() == before {
                out.skip(cut.line, "rows that say nothing that is kept are left out");
            }
            CONTINUE
        });
        match walked {
            Ok(ControlFlow::Break(())) => return ControlFlow::Break(()),
            Ok(ControlFlow::Continue(_)) => {}
            Err(broken) => self.broken(out, broken.line, &broken.why)?,
        }
        ControlFlow::Continue(count)
    }

    /// The value at a path, at most `bytes_max` of it.
    pub(crate) fn value(&self, path: &str, bytes_max: u64) -> Option<Value> {
        let mut found = None;
        let steps = parse_path(path).unwrap_or_default();
        let _ = Scanner::new(self.bytes.as_slice(), bytes_max).rows(&steps, &mut |cut| {
            found = cut.bytes.and_then(|bytes| Value::parse(bytes).ok());
            ControlFlow::Break(())
        });
        found
    }

    /// Names the lists and objects at the top of the document that are none of these, and so are not read.
    pub(crate) fn name_unread(&self, out: &mut FormatOutput<'_, '_>, read: &[&str]) -> Flow {
        let unread = top_members(&self.bytes);
        let unread: Vec<String> = unread
            .into_iter()
            .filter(|name| !read.contains(&name.as_str()))
            .map(|name| shown(&name))
            .collect();
        if unread.is_empty() {
            return CONTINUE;
        }
        out.note(0, format!("parts of the document that are not read: {}", unread.join(", ")))
    }

    /// Calls `each` with every row at a path that helps to read others: it is not counted, and one that cannot be read
    /// is passed over.
    pub(crate) fn lookup(&self, path: &str, each: &mut dyn FnMut(&Value)) {
        let steps = parse_path(path).unwrap_or_default();
        let _ = Scanner::new(self.bytes.as_slice(), ROW_BYTES_MAX).rows(&steps, &mut |cut| {
            if let Some(value) = cut.bytes.and_then(|bytes| Value::parse(bytes).ok()) {
                each(&value);
            }
            CONTINUE
        });
    }

    /// Reports once that the document is truncated or malformed.
    fn broken(&self, out: &mut FormatOutput<'_, '_>, line: u64, why: &str) -> Flow {
        if self.told.replace(true) {
            return CONTINUE;
        }
        let why = format!("the document breaks off: {why}");
        out.problem(line, Fault::new("", why, "write the file again; what came before has gone in"))
    }

    /// Reports that there was nothing to read in the document.
    pub(crate) fn nothing(&self, out: &mut FormatOutput<'_, '_>, what: &str) -> Flow {
        let why = format!("the file has no {what}");
        out.problem(
            0,
            Fault::new("", why, "see that it is of the format it is read as; `--format` names another"),
        )
    }

    /// Does the document hold this text anywhere?
    pub(crate) fn mentions(&self, text: &str) -> bool {
        self.bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

fn scalar(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) | Value::Number(text) => Some(text),
        _ => None,
    }
}

/// The text or number of a member; an empty text counts as none.
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.member(name).and_then(scalar).filter(|text| !text.is_empty())
}

/// The first of these members that is a text or a number: tools write `startTime` and `start_time` alike.
pub(crate) fn text_of<'v>(value: &'v Value, names: &[&str]) -> Option<&'v str> {
    names.iter().find_map(|name| text(value, name))
}

/// The first of these members that is there and not `null`.
pub(crate) fn member_of<'v>(value: &'v Value, names: &[&str]) -> Option<&'v Value> {
    names.iter().find_map(|name| value.member(name).filter(|value| **value != Value::Null))
}

/// The items of a list member; none where there is no list.
pub(crate) fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    list_of(value, &[name])
}

/// The items of the first of these members that is a list.
pub(crate) fn list_of<'v>(value: &'v Value, names: &[&str]) -> &'v [Value] {
    match member_of(value, names) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// The items of a list.
pub(crate) fn items(value: &Value) -> &[Value] {
    match value {
        Value::List(items) => items,
        _ => &[],
    }
}

/// The text or number that a value is.
pub(crate) fn own_text(value: &Value) -> Option<&str> {
    scalar(value)
}

fn wrong(field: &str, text: &str, unit: &str) -> Fault {
    Fault::new(field, format!("{} is not a number of {unit}", shown(text)), "mend the row")
}

/// The error for a missing time.
pub(crate) fn missing(field: &str) -> Fault {
    Fault::new(field, "there is no value", "mend the row")
}

/// Decimal seconds as nanoseconds, rounded to the nearest.
pub(crate) fn seconds_ns(field: &str, text: &str) -> Result<i128, Fault> {
    let number = Decimal::parse(text.trim()).and_then(|number| number.scaled(SECOND_PLACES));
    number.ok_or_else(|| wrong(field, text, "seconds"))
}

/// The seconds of a member as nanoseconds; `None` where it is not there.
pub(crate) fn seconds(value: &Value, field: &str) -> Result<Option<i128>, Fault> {
    text(value, field).map(|text| seconds_ns(field, text)).transpose()
}

/// The milliseconds of a member as nanoseconds; `None` where it is not there.
pub(crate) fn millis(value: &Value, field: &str) -> Result<Option<i128>, Fault> {
    let ns = |text: &str| Decimal::parse(text.trim()).and_then(|number| number.scaled(MILLISECOND_PLACES));
    text(value, field).map(|text| ns(text).ok_or_else(|| wrong(field, text, "milliseconds"))).transpose()
}

/// The clock (`h:mm:ss.fffffff`) of a member as nanoseconds; `None` where it is not there.
pub(crate) fn clock(value: &Value, field: &str) -> Result<Option<i128>, Fault> {
    let read = |text: &str| clock_ns(text.trim()).map_err(|why| Fault::new(field, why, "mend the row"));
    text(value, field).map(read).transpose()
}

/// A protobuf duration as nanoseconds: `"3.5s"`, or `{"seconds":"3","nanos":500000000}`; zero where it is not there,
/// because zeros are left out.
pub(crate) fn duration(value: &Value, names: &[&str]) -> Result<i128, Fault> {
    let field = names.first().copied().unwrap_or("");
    match member_of(value, names) {
        None => Ok(0),
        Some(Value::Object(_)) => {
            let parts = member_of(value, names).unwrap_or(value);
            let whole = seconds(parts, "seconds")?.unwrap_or(0);
            let nanos = text(parts, "nanos").map(|nanos| {
                let number = Decimal::parse(nanos).and_then(|number| number.whole());
                number.ok_or_else(|| wrong(field, nanos, "nanoseconds"))
            });
            Ok(whole.saturating_add(nanos.transpose()?.unwrap_or(0)))
        }
        Some(other) => {
            let text = scalar(other).ok_or_else(|| missing(field))?;
            seconds_ns(field, text.strip_suffix('s').unwrap_or(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::duration;
    use crate::value::Value;

    #[test]
    fn durations_are_read_in_both_forms() {
        for (json, expect) in [
            (r#"{"t":"3.5s"}"#, Ok(3_500_000_000)),
            (r#"{"t":{"seconds":"3","nanos":500000000}}"#, Ok(3_500_000_000)),
            (r#"{"t":{"nanos":7}}"#, Ok(7)),
            (r#"{"t":3.000000001}"#, Ok(3_000_000_001)),
            ("{}", Ok(0)),
            (r#"{"t":"soon"}"#, Err(())),
            (r#"{"t":[]}"#, Err(())),
        ] {
            let value = Value::parse(json.as_bytes()).unwrap();
            assert_eq!(duration(&value, &["u", "t"]).map_err(|_| ()), expect, "{json}");
        }
    }
}
