//! Answers for people: moments as blocks, plans in a line.

use serde_json::Value;

use crate::hits::mark;
use crate::output::{bold, clock, count, faint, plural};

/// Pieces of evidence that are shown of a moment.
const EVIDENCE_SHOWN: usize = 6;

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or("")
}

fn ns(value: &Value, field: &str) -> i64 {
    value.get(field).and_then(Value::as_i64).unwrap_or(0)
}

fn list<'v>(value: &'v Value, field: &str) -> &'v [Value] {
    value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Nanoseconds as seconds, with as many decimals as they need, at most three.
#[must_use]
pub fn seconds(ns: i64) -> String {
    let text = format!("{}.{:03}", ns / 1_000_000_000, ns / 1_000_000 % 1000);
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A moment as a block of lines.
#[must_use]
pub fn moment(moment: &Value) -> Vec<String> {
    let (start, end) = (ns(moment, "start_ns"), ns(moment, "end_ns"));
    let when = match (
        moment.get("timecode_in").and_then(Value::as_str),
        moment.get("timecode_out").and_then(Value::as_str),
    ) {
        (Some(from), Some(to)) => format!("{from} – {to}"),
        _ => format!("{} – {}", clock(start), clock(end)),
    };
    let score = moment.get("score").and_then(Value::as_f64).unwrap_or(0.0);
    let many = moment.get("count").and_then(Value::as_u64).filter(|n| *n > 1);
    let many = many.map(|n| format!("  stands for {}", count(n))).unwrap_or_default();
    let mut lines = vec![format!(
        "{}  {when}  {}{many}",
        bold(text(moment, "asset_id")),
        faint(&format!("{}, score {score:.3}", seconds(end.saturating_sub(start))))
    )];
    let is_part = |best: &&Value| (ns(best, "start_ns"), ns(best, "end_ns")) != (start, end);
    if let Some(best) = moment.get("best").filter(|b| b.is_object()).filter(is_part) {
        lines.push(format!("    best at {} – {}", clock(ns(best, "start_ns")), clock(ns(best, "end_ns"))));
    }
    let evidence = list(moment, "evidence");
    lines.extend(evidence.iter().take(EVIDENCE_SHOWN).map(self::evidence));
    if evidence.len() > EVIDENCE_SHOWN {
        lines.push(format!("    … and {} more", evidence.len() - EVIDENCE_SHOWN));
    }
    for term in moment.pointer("/explain/terms").and_then(Value::as_array).into_iter().flatten() {
        let number = |field: &str| term.get(field).and_then(Value::as_f64).unwrap_or(0.0);
        lines.push(faint(&format!(
            "    {} adds {:.4}: score {:.4} × confidence {:.2} × share {:.3}",
            text(term, "clause"),
            number("term"),
            number("score"),
            number("confidence"),
            number("share")
        )));
    }
    lines
}

/// One piece of evidence: type, what it says, when.
fn evidence(evidence: &Value) -> String {
    let kind = text(evidence, "type").trim_end_matches("_SEARCH").to_lowercase();
    let mut says = text(evidence, "label").to_owned();
    let line = text(evidence, "text");
    if !line.is_empty() {
        let said = format!("“{}”", mark(line, list(evidence, "marks")));
        says = if says.is_empty() { said } else { format!("{says} {said}") };
    }
    if says.is_empty() {
        // A vector cannot be shown as text; a few letters of the id distinguish annotations.
        says = format!("#{}", text(evidence, "annotation_id").chars().take(8).collect::<String>());
    }
    let similarity = evidence.get("similarity").and_then(Value::as_f64);
    let similarity = similarity.map(|s| format!(", similarity {s:.3}")).unwrap_or_default();
    let when = format!("{} – {}", clock(ns(evidence, "start_ns")), clock(ns(evidence, "end_ns")));
    format!("    {kind:10} {says}  {}", faint(&format!("{when}, {}{similarity}", text(evidence, "model"))))
}

/// The groups' headings, each with the positions of its moments.
#[must_use]
pub fn groups(groups: &[Value], depth: usize) -> Vec<(String, Vec<usize>)> {
    let mut out = Vec::new();
    // A plan has a handful of levels: this does not go deep.
    for group in groups {
        let key = match group.get("key") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => "unknown".to_owned(),
            Some(other) => other.to_string(),
        };
        let within = match group.get("within") {
            Some(Value::Object(fields)) => fields
                .iter()
                .map(|(k, v)| format!("{k} {}", v.as_str().map_or_else(|| v.to_string(), str::to_owned)))
                .collect(),
            _ => Vec::new(),
        };
        let within = if within.is_empty() { String::new() } else { format!(" of {}", within.join(", ")) };
        let total = group.get("total").and_then(Value::as_u64).unwrap_or(0);
        let heading = format!("{} {key}{within}: {}", text(group, "by"), plural(total, "moment"));
        let positions = list(group, "moments")
            .iter()
            .filter_map(Value::as_u64)
            .filter_map(|n| usize::try_from(n).ok())
            .collect();
        out.push((format!("{}{}", "  ".repeat(depth), bold(&heading)), positions));
        out.extend(self::groups(list(group, "groups"), depth + 1));
    }
    out
}

/// A plan in one line.
#[must_use]
pub fn plan_in_short(plan: &Value) -> String {
    let mut parts = step(plan);
    for next in list(plan, "then") {
        let within =
            next.get("within").and_then(Value::as_f64).map(|s| format!(" within {s} s")).unwrap_or_default();
        parts.push(format!("then{within}: {}", step(next).join(", ")));
    }
    if text(plan, "mode") == "union" {
        parts.push("mode: union".to_owned());
    }
    for field in ["rank_by", "group_by", "top", "scope", "where"] {
        if let Some(value) = plan.get(field).filter(|v| !v.is_null()) {
            let value = value.as_str().map_or_else(|| value.to_string().replace('"', ""), str::to_owned);
            parts.push(format!("{}: {value}", field.replace('_', " ")));
        }
    }
    parts.join("; ")
}

fn step(plan: &Value) -> Vec<String> {
    let mut parts = Vec::new();
    for group in ["all", "any", "none"] {
        let clauses: Vec<String> = list(plan, group).iter().map(clause).collect();
        if !clauses.is_empty() {
            parts.push(format!("{group}: {}", clauses.join(" + ")));
        }
    }
    parts
}

/// How a question was read, in a line: what its parts became, in order.
#[must_use]
pub fn reading(understood: Option<&Value>) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    let mut pointers: Vec<&str> = Vec::new();
    for span in list(understood?, "spans").iter().filter(|span| text(span, "kind") != "frame") {
        let (pointer, meaning) = (text(span, "pointer"), text(span, "meaning"));
        // Several words may be of one clause: it is printed once.
        if meaning.is_empty()
            || (!pointer.is_empty() && text(span, "kind") != "meaning" && pointers.contains(&pointer))
        {
            continue;
        }
        pointers.push(pointer);
        parts.push(meaning);
    }
    (!parts.is_empty()).then(|| faint(&format!("read as: {}", parts.join(" · "))))
}

/// A clause in a few words.
#[must_use]
pub fn clause(clause: &Value) -> String {
    let kind = text(clause, "type").trim_end_matches("_SEARCH").to_lowercase();
    let mut parts = if kind.is_empty() { Vec::new() } else { vec![kind] };
    if !text(clause, "model").is_empty() {
        parts.push(format!("by {}", text(clause, "model")));
    }
    for field in ["label", "text", "phrase"] {
        let value = text(clause, field);
        if !value.is_empty() {
            parts.push(if field == "label" {
                format!("“{value}”")
            } else {
                format!("{field} “{value}”")
            });
        }
    }
    if let Some(slop) = clause.get("slop").and_then(Value::as_u64).filter(|s| *s > 0) {
        parts.push(format!("slop {slop}"));
    }
    if let Some(fuzziness) = clause.get("fuzziness").filter(|f| f.as_u64() != Some(0)) {
        parts.push(format!(
            "fuzziness {}",
            fuzziness.as_str().map_or_else(|| fuzziness.to_string(), str::to_owned)
        ));
    }
    if let Some(vector) = clause.get("vector").filter(|v| v.is_object()) {
        let k = vector.get("k").and_then(Value::as_u64).map(|k| format!("{k} ")).unwrap_or_default();
        let exact = if vector.get("exact").and_then(Value::as_bool) == Some(true) { " (exact)" } else { "" };
        parts.push(format!("{k}nearest{exact}"));
    }
    if parts.is_empty() { "anything".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plans_are_told_in_a_line() {
        let plan = json!({
            "all": [{"type": "CHARACTER_SEARCH", "label": "Mara"}],
            "then": [{"all": [{"type": "DIALOGUE_SEARCH", "phrase": "the fog", "slop": 2}], "within": 30}],
        });
        assert_eq!(
            plan_in_short(&plan),
            "all: character “Mara”; then within 30 s: all: dialogue phrase “the fog” slop 2"
        );
        assert_eq!(seconds(2_500_000_000), "2.5 s");
        assert_eq!(seconds(0), "0 s");
    }

    #[test]
    fn nothing_in_an_answer_makes_it_panic() {
        for odd in [
            json!(null),
            json!([]),
            json!({"evidence": [1, {"clause": 3}], "start_ns": i64::MIN, "end_ns": i64::MAX}),
        ] {
            let _ = moment(&odd);
            let _ = groups(std::slice::from_ref(&odd), 0);
            let _ = plan_in_short(&odd);
        }
    }
}
