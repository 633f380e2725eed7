//! Annotation and asset lines, in the order of fields in which people read them.

use crate::decimal::Decimal;
use crate::limits::DIMENSIONS_MAX;
use crate::mapping::{AssetTemplate, AssetTemplates, Constant, Source, Span, SpanEnd, WordsRule};
use crate::object::JsonObject;
use crate::problem::{Fault, shown};
use crate::record::{CellPath, CellValue, Cells, SourceRow};
use crate::template::{FilledTemplate, Template};
use crate::value::Value;

type FillResult<T> = Result<T, Fault>;

impl JsonObject {
    fn filled(&mut self, name: &str, filled: &FilledTemplate) {
        match filled {
            FilledTemplate::Absent => {}
            FilledTemplate::Text(text) => self.text(name, text),
            FilledTemplate::Raw(json) => self.raw(name, json),
        }
    }

    fn constants(
        &mut self,
        field: &str,
        constants: &[(String, Constant)],
        row: &SourceRow<'_>,
    ) -> FillResult<()> {
        for (name, constant) in constants {
            match constant {
                Constant::Raw(json) => self.raw(name, json),
                Constant::Template(template) => {
                    self.filled(name, &template.fill(&format!("{field}{name}"), row)?);
                }
            }
        }
        Ok(())
    }
}

/// An annotation line, and whether it is a point in time.
pub(crate) struct Annotation {
    pub line: String,
    pub is_point: bool,
}

/// The annotation of a row; `flag_label` is the label where flags give it.
pub(crate) fn annotation(
    source: &Source,
    row: &SourceRow<'_>,
    flag_label: Option<&str>,
) -> FillResult<Annotation> {
    let fields = &source.fields;
    let mut line = JsonObject::new();
    line.text("asset_id", &required(&fields.asset_id, "asset_id", row)?);
    let optional = |name: &str, template: &Option<Template>| match template {
        Some(template) => template.text(name, row),
        None => Ok(None),
    };
    let add = |line: &mut JsonObject, name: &str, template: &Option<Template>| -> FillResult<()> {
        if let Some(text) = optional(name, template)? {
            line.text(name, &text);
        }
        Ok(())
    };
    add(&mut line, "movie_id", &fields.movie_id)?;
    line.text("model", &required(&fields.model, "model", row)?);
    add(&mut line, "annotation_id", &fields.annotation_id)?;
    line.text("type", &required(&fields.kind, "type", row)?);
    let (start_ns, end_ns) = times(&fields.span, "", row)?;
    line.raw("time_range", &format!("{{\"start_time_ns\":{start_ns},\"end_time_ns\":{end_ns}}}"));
    match flag_label {
        Some(label) => line.text("label", label),
        None => add(&mut line, "label", &fields.label)?,
    }
    add(&mut line, "text", &fields.text)?;
    if let Some(words) = &source.words
        && let Some(json) = words_json(words, row)?
    {
        line.raw("words", &json);
    }
    add(&mut line, "language", &fields.language)?;
    if let Some(template) = &fields.confidence
        && let Some(json) = confidence(template, fields.confidence_max, "confidence", row)?
    {
        line.raw("confidence_score", &json);
    }
    let mut attributes = JsonObject::new();
    attributes.constants("attributes.", &fields.attributes, row)?;
    if !attributes.is_empty() {
        line.raw("attributes", &attributes.finish());
    }
    if let Some(path) = &source.embedding
        && let Some(json) = embedding(path, row)?
    {
        line.raw("embedding_vector", &json);
    }
    Ok(Annotation { line: line.finish(), is_point: start_ns == end_ns })
}

/// The asset id and the asset line of a row, or of a file as such.
pub(crate) fn asset(templates: &AssetTemplates, row: &SourceRow<'_>) -> FillResult<(String, String)> {
    let id = match templates.field("asset_id") {
        Some(AssetTemplate::One(Constant::Template(template))) => required(template, "asset.asset_id", row)?,
        _ => return Err(Fault::new("asset.asset_id", "this key is missing", "write it in `[asset]`")),
    };
    let mut line = JsonObject::new();
    line.text("asset_id", &id);
    for (name, value) in templates.fields.iter().filter(|(name, _)| name != "asset_id") {
        match value {
            AssetTemplate::One(Constant::Raw(json)) => line.raw(name, json),
            AssetTemplate::One(Constant::Template(template)) => {
                line.filled(name, &template.fill(&format!("asset.{name}"), row)?);
            }
            AssetTemplate::Attributes(constants) => {
                let mut attributes = JsonObject::new();
                attributes.constants("asset.attributes.", constants, row)?;
                if !attributes.is_empty() {
                    line.raw(name, &attributes.finish());
                }
            }
        }
    }
    Ok((id, line.finish()))
}

fn required(template: &Template, field: &str, row: &SourceRow<'_>) -> FillResult<String> {
    template.text(field, row)?.ok_or_else(|| {
        Fault::new(field, "there is no value", "mend the row, or leave such rows out with `when`")
    })
}

fn times(span: &Span, prefix: &str, row: &SourceRow<'_>) -> FillResult<(i64, i64)> {
    let name = |field: &str| format!("{prefix}{field}");
    let wrong = |field: &str, why: String| {
        Fault::new(&name(field), why, "mend the value, or `time` in the mapping where the unit is another")
    };
    let start = required(&span.start.template, &name("start"), row)?;
    let start_ns = span.start.unit.point_ns(&start, 0).map_err(|why| wrong("start", why))?;
    let (end_field, end, end_ns) = match &span.end {
        SpanEnd::Point => return Ok((start_ns, start_ns)),
        SpanEnd::At { moment, inclusive } => {
            let end = required(&moment.template, &name("end"), row)?;
            let ns = moment.unit.point_ns(&end, i128::from(*inclusive)).map_err(|why| wrong("end", why))?;
            ("end", end, ns)
        }
        SpanEnd::After(moment) => {
            let length = required(&moment.template, &name("duration"), row)?;
            // Frames are added as frames, so that a shot ends where the next begins.
            let ns = if moment.unit == span.start.unit {
                moment.unit.end_ns(&start, &length, start_ns)
            } else {
                moment.unit.length_ns(&length).map(|ns| start_ns.saturating_add(ns))
            };
            ("duration", length, ns.map_err(|why| wrong("duration", why))?)
        }
    };
    if end_ns < start_ns {
        let why = format!("the end {} lies before the start {}", shown(&end), shown(&start));
        return Err(Fault::new(&name(end_field), why, "mend the row"));
    }
    Ok((start_ns, end_ns))
}

fn confidence(template: &Template, max: i64, field: &str, row: &SourceRow<'_>) -> FillResult<Option<String>> {
    let Some(text) = template.text(field, row)? else { return Ok(None) };
    let wrong = |why: &str| {
        let mend = "mend the value, or `confidence_max` in the mapping where the scale is another";
        Fault::new(field, format!("{} {why}", shown(&text)), mend)
    };
    let number = Decimal::parse(text.trim()).ok_or_else(|| wrong("is not a number"))?;
    let places = max.ilog10();
    let json = if max == 10i64.pow(places) {
        number.shifted_down(i64::from(places)).to_json()
    } else {
        let value = number.to_json().and_then(|json| json.parse::<f64>().ok());
        value.map(|value| (value / max as f64).to_string())
    };
    let json = json.ok_or_else(|| wrong("is not a number"))?;
    let in_range = json.parse::<f64>().is_ok_and(|value| (0.0..=1.0).contains(&value));
    if in_range { Ok(Some(json)) } else { Err(wrong(&format!("is not between 0 and {max}"))) }
}

fn words_json(rule: &WordsRule, row: &SourceRow<'_>) -> FillResult<Option<String>> {
    let items = match row.cell(&rule.list) {
        CellValue::Tree(Value::List(items)) => items,
        CellValue::Text(text) if text.is_empty() => return Ok(None),
        _ => return Err(Fault::new("words.list", "this is not a list", "name the list of words of the row")),
    };
    if items.is_empty() {
        return Ok(None);
    }
    let mut words = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let of_word = |fault: Fault| Fault { why: format!("word {}: {}", index + 1, fault.why), ..fault };
        let word = SourceRow { cells: Cells::Json(item), element: None, ..*row };
        words.extend(word_json(rule, &word).map_err(of_word)?);
    }
    Ok((!words.is_empty()).then(|| format!("[{}]", words.join(","))))
}

/// A word of the line; `None` where it has no time: aligners leave out the times of words that they could not place,
/// and such a word stands in the text only.
fn word_json(rule: &WordsRule, word: &SourceRow<'_>) -> FillResult<Option<String>> {
    let mut line = JsonObject::new();
    line.text("text", &required(&rule.text, "words.text", word)?);
    let Some(span) = &rule.span else { return Ok(None) };
    if span.start.template.text("words.start", word)?.is_none() {
        return Ok(None);
    }
    let (start_ns, end_ns) = times(span, "words.", word)?;
    line.raw("start_time_ns", &start_ns.to_string());
    line.raw("end_time_ns", &end_ns.to_string());
    if let Some(template) = &rule.confidence
        && let Some(json) = confidence(template, rule.confidence_max, "words.confidence", word)?
    {
        line.raw("confidence", &json);
    }
    Ok(Some(line.finish()))
}

/// A JSON list of numbers, or a cell such as `[0.1, 0.2]` or `0.1 0.2`.
fn embedding(path: &CellPath, row: &SourceRow<'_>) -> FillResult<Option<String>> {
    let wrong = |why: String| Fault::new("embedding", why, "mend the row; an embedding is a list of numbers");
    let mut numbers = Vec::new();
    let mut push = |text: &str| {
        let json = Decimal::parse(text).and_then(|number| number.to_json());
        let json = json.filter(|json| json.parse::<f32>().is_ok_and(f32::is_finite));
        numbers.push(json.ok_or_else(|| wrong(format!("{} is not a finite number", shown(text))))?);
        Ok(())
    };
    match row.cell(path) {
        CellValue::Tree(Value::List(items)) => {
            for item in items {
                match item {
                    Value::Number(text) => push(text)?,
                    _ => return Err(wrong("an item of the list is not a number".into())),
                }
            }
        }
        CellValue::Tree(_) => return Err(wrong("this is not a list".into())),
        CellValue::Text(text) => {
            let bare = text.trim();
            let bare = bare.strip_prefix('[').and_then(|bare| bare.strip_suffix(']')).unwrap_or(bare);
            let separators = [',', ';', ' ', '\t', '\n'];
            bare.split(separators).filter(|part| !part.is_empty()).try_for_each(push)?;
        }
    }
    match numbers.len() {
        0 => Ok(None),
        count if count > DIMENSIONS_MAX => {
            Err(wrong(format!("{count} dimensions are more than the {DIMENSIONS_MAX} that are allowed")))
        }
        _ => Ok(Some(format!("[{}]", numbers.join(",")))),
    }
}
