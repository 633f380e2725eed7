//! Reading the parts of a source that hold templates.

use toml::de::DeValue;

use crate::decimal::Decimal;
use crate::mapping::{
    AssetField, AssetRule, AssetTemplate, AssetTemplates, AssetValue, Condition, Constant, Fields, Span,
    SpanEnd, Test, TimeExpression, WordsRule,
};
use crate::problem::MappingError;
use crate::record::CellPath;
use crate::section::{Entry, Section};
use crate::template::{Maps, Template};
use crate::time::{Rate, Unit};

type MappingResult<T> = Result<T, MappingError>;

/// Asset keys that are numbers whatever the template says.
const NUMBER_KEYS: [&str; 3] = ["season", "episode", "duration_ns"];

/// What templates of one source may name.
pub(crate) struct Scope<'m> {
    pub captures: &'m [String],
    pub maps: &'m Maps,
    /// The source's path in the mapping, for messages.
    pub source: &'m str,
}

impl Scope<'_> {
    fn template(&self, text: &str, error: impl FnOnce(String) -> MappingError) -> MappingResult<Template> {
        Template::parse(text, self.captures, self.maps).map_err(error)
    }

    fn optional(&self, section: &mut Section<'_>, key: &'static str) -> MappingResult<Option<Template>> {
        let found = section.string(key)?;
        found.map(|(text, entry)| self.template(&text, |why| entry.error(why))).transpose()
    }

    fn required(&self, section: &mut Section<'_>, key: &'static str) -> MappingResult<Template> {
        self.optional(section, key)?.ok_or_else(|| section.error(key, "this key is missing"))
    }

    /// The annotation's fields; ids default to those of `[asset]`.
    pub(crate) fn fields(
        &self,
        section: &mut Section<'_>,
        asset: Option<&AssetTemplates>,
    ) -> MappingResult<Fields> {
        let inherited = |key: &str| match asset.and_then(|asset| asset.field(key)) {
            Some(AssetTemplate::One(Constant::Template(template))) => Some(template.clone()),
            _ => None,
        };
        let asset_id = self.optional(section, "asset_id")?.or_else(|| inherited("asset_id"));
        let asset_id = asset_id
            .ok_or_else(|| section.error("asset_id", "this key is missing, here and in `[asset]`"))?;
        let span = self.span(section)?;
        let attributes = match section.section("attributes")? {
            Some(attributes) => self.constants(&attributes)?,
            None => Vec::new(),
        };
        Ok(Fields {
            asset_id,
            movie_id: self.optional(section, "movie_id")?.or_else(|| inherited("movie_id")),
            model: self.required(section, "model")?,
            kind: self.required(section, "type")?,
            annotation_id: self.optional(section, "annotation_id")?,
            label: self.optional(section, "label")?,
            text: self.optional(section, "text")?,
            language: self.optional(section, "language")?,
            confidence: self.optional(section, "confidence")?,
            confidence_max: confidence_max(section)?,
            attributes,
            span,
        })
    }

    fn constants(&self, section: &Section<'_>) -> MappingResult<Vec<(String, Constant)>> {
        let constant = |(name, entry): (String, Entry<'_>)| match entry.value {
            DeValue::String(text) => {
                Ok((name, Constant::Template(self.template(text, |why| entry.error(why))?)))
            }
            _ => Ok((name, Constant::Raw(raw_constant(&entry)?))),
        };
        section.entries().into_iter().map(constant).collect()
    }

    /// `start`, `end`, `duration` with `time`, `rate`, `first_frame`, `end_inclusive`.
    fn span(&self, section: &mut Section<'_>) -> MappingResult<Span> {
        let span = self.optional_span(section, Unit::Seconds)?;
        span.ok_or_else(|| section.error("start", "this key is missing"))
    }

    fn optional_span(&self, section: &mut Section<'_>, outer: Unit) -> MappingResult<Option<Span>> {
        let unit = read_unit(section)?.unwrap_or(outer);
        let start = self.moment(section, "start", unit)?;
        let end = self.moment(section, "end", unit)?;
        let duration = self.moment(section, "duration", unit)?;
        let inclusive = section.truth("end_inclusive")?;
        let end = match (end, duration, inclusive) {
            (Some(_), Some(_), _) => {
                return Err(section.error("duration", "`end` is given too; take one of the two away"));
            }
            (Some(moment), None, Some((true, entry))) if !moment.unit.has_steps() => {
                return Err(entry.error("an inclusive end needs frames, ms or ns: seconds have no last step"));
            }
            (Some(moment), None, inclusive) => {
                SpanEnd::At { moment, inclusive: inclusive.is_some_and(|(inclusive, _)| inclusive) }
            }
            (None, _, Some((_, entry))) => return Err(entry.error("there is no `end`")),
            (None, Some(duration), None) => SpanEnd::After(duration),
            (None, None, None) => SpanEnd::Point,
        };
        match (start, &end) {
            (Some(start), _) => Ok(Some(Span { start, end })),
            (None, SpanEnd::Point) => Ok(None),
            (None, _) => Err(section.error("start", "this key is missing")),
        }
    }

    /// A template, or a table with a template and a unit of its own.
    fn moment(
        &self,
        section: &mut Section<'_>,
        key: &'static str,
        unit: Unit,
    ) -> MappingResult<Option<TimeExpression>> {
        let Some(entry) = section.take(key) else { return Ok(None) };
        if let DeValue::String(text) = entry.value {
            return Ok(Some(TimeExpression { template: self.template(text, |why| entry.error(why))?, unit }));
        }
        let mut own = entry.section().map_err(|_| entry.error("a text or a table is expected"))?;
        let template = self.required(&mut own, "value")?;
        let unit = read_unit(&mut own)?.unwrap_or(unit);
        own.finish()?;
        Ok(Some(TimeExpression { template, unit }))
    }

    /// `[source.words]`.
    pub(crate) fn words(&self, section: &mut Section<'_>) -> MappingResult<Option<WordsRule>> {
        let outer = read_unit(section)?.unwrap_or(Unit::Seconds);
        let Some(mut words) = section.section("words")? else { return Ok(None) };
        let (list, _) = words.string("list")?.ok_or_else(|| words.error("list", "this key is missing"))?;
        let rule = WordsRule {
            list: CellPath::new(list.trim_end_matches("[]")),
            text: self.required(&mut words, "text")?,
            span: self.optional_span(&mut words, outer)?,
            confidence: self.optional(&mut words, "confidence")?,
            confidence_max: confidence_max(&mut words)?,
        };
        words.finish()?;
        Ok(Some(rule))
    }

    /// `[source.flags]`: column → label.
    pub(crate) fn flags(&self, section: &mut Section<'_>) -> MappingResult<Vec<(CellPath, String)>> {
        let Some(flags) = section.section("flags")? else { return Ok(Vec::new()) };
        let flag =
            |(column, entry): (String, Entry<'_>)| Ok((CellPath::new(&column), entry.string()?.to_owned()));
        flags.entries().into_iter().map(flag).collect()
    }

    /// `when = [{ value = "{column}", equals = "x" }]`.
    pub(crate) fn conditions(&self, section: &mut Section<'_>) -> MappingResult<Vec<Condition>> {
        let Some(list) = section.take("when") else { return Ok(Vec::new()) };
        let condition = |item: Entry<'_>| {
            let mut own = item.section()?;
            let value = self.required(&mut own, "value")?;
            let one = |found: Option<(String, Entry<'_>)>| found.map(|(text, _)| vec![text]);
            let mut tests = Vec::new();
            tests.extend(one(own.string("equals")?).map(Test::OneOf));
            tests.extend(one(own.string("not_equals")?).map(Test::NoneOf));
            tests.extend(own.take("in").map(|entry| entry.strings()).transpose()?.map(Test::OneOf));
            tests.extend(own.take("not_in").map(|entry| entry.strings()).transpose()?.map(Test::NoneOf));
            tests.extend(own.truth("empty")?.map(|(empty, _)| Test::Empty(empty)));
            own.finish()?;
            match <[Test; 1]>::try_from(tests) {
                Ok([test]) => Ok(Condition { value, test }),
                Err(_) => Err(item.error("give one of equals, not_equals, in, not_in, empty")),
            }
        };
        list.items()?.into_iter().map(condition).collect()
    }

    /// The `[asset]` section as this source fills it.
    pub(crate) fn asset(&self, rule: &AssetRule) -> MappingResult<AssetTemplates> {
        let fields = self.asset_fields(&rule.fields)?;
        let mut templates = AssetTemplates { fields, by_file: false };
        let id = match templates.field("asset_id") {
            Some(AssetTemplate::One(Constant::Template(id))) => id.clone(),
            _ => {
                let error =
                    rule.fields.iter().find(|field| field.name == "asset_id").map(|field| &field.error);
                let why = "a text in quotes is expected".to_owned();
                return Err(MappingError {
                    why,
                    ..error.cloned().unwrap_or(MappingError {
                        line: 1,
                        key: "asset".into(),
                        why: String::new(),
                    })
                });
            }
        };
        templates.by_file = id.first_cell().is_none();
        Ok(templates)
    }

    /// If the asset's id comes from the file name alone, so must all its other fields.
    pub(crate) fn check_asset(&self, rule: &AssetRule, templates: &AssetTemplates) -> MappingResult<()> {
        for ((_, template), field) in templates.fields.iter().zip(&rule.fields) {
            let cell = match template {
                AssetTemplate::One(Constant::Template(template)) => template.first_cell(),
                AssetTemplate::One(Constant::Raw(_)) => None,
                AssetTemplate::Attributes(list) => list.iter().find_map(|(_, value)| match value {
                    Constant::Template(template) => template.first_cell(),
                    Constant::Raw(_) => None,
                }),
            };
            if let Some(cell) = cell.filter(|_| templates.by_file) {
                let why = format!(
                    "`{{{cell}}}` is not captured from the file name in {}, from which the asset's id is made; \
                     capture it, or say `asset = false` there",
                    self.source
                );
                return Err(MappingError { why, ..field.error.clone() });
            }
        }
        Ok(())
    }

    fn asset_fields(&self, fields: &[AssetField]) -> MappingResult<Vec<(String, AssetTemplate)>> {
        let one = |field: &AssetField, text: &str| {
            // A season is a number for every source, so mappings need not say so.
            let text = match text.strip_suffix('}') {
                Some(open) if field.is_number() && !text.contains(":number") => format!("{open}:number}}"),
                _ => text.to_owned(),
            };
            self.template(&text, |why| MappingError { why, ..field.error.clone() })
        };
        let field = |field: &AssetField| {
            let value = match &field.value {
                AssetValue::Template(text) => AssetTemplate::One(Constant::Template(one(field, text)?)),
                AssetValue::Raw(raw) => AssetTemplate::One(Constant::Raw(raw.clone())),
                AssetValue::Attributes(fields) => {
                    let fields = self.asset_fields(fields)?;
                    let plain = |(name, value)| match value {
                        AssetTemplate::One(value) => Some((name, value)),
                        AssetTemplate::Attributes(_) => None,
                    };
                    AssetTemplate::Attributes(fields.into_iter().filter_map(plain).collect())
                }
            };
            Ok((field.name.clone(), value))
        };
        fields.iter().map(field).collect()
    }
}

impl AssetField {
    fn is_number(&self) -> bool {
        NUMBER_KEYS.iter().any(|key| self.error.key == format!("asset.{key}"))
    }
}

impl AssetTemplates {
    /// The value of one key.
    pub(crate) fn field(&self, key: &str) -> Option<&AssetTemplate> {
        self.fields.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

fn confidence_max(section: &mut Section<'_>) -> MappingResult<i64> {
    match section.integer("confidence_max")? {
        Some((max, entry)) if max < 1 => Err(entry.error("1 or more is expected")),
        Some((max, _)) => Ok(max),
        None => Ok(1),
    }
}

fn read_unit(section: &mut Section<'_>) -> MappingResult<Option<Unit>> {
    let rate = match section.string("rate")? {
        Some((text, entry)) => {
            let rate = Rate::parse(&text);
            Some(rate.ok_or_else(|| entry.error("write frames per second, as `24000/1001` or `25`"))?)
        }
        None => None,
    };
    let first = section.integer("first_frame")?.map_or(0, |(first, _)| first);
    let Some((word, entry)) = section.string("time")? else {
        return match rate {
            Some(_) => Err(section.error("rate", "this needs `time = \"frames\"`")),
            None => Ok(None),
        };
    };
    if rate.is_some() && word != "frames" {
        return Err(entry.error("`rate` belongs to `time = \"frames\"`"));
    }
    match (word.as_str(), rate) {
        ("seconds", _) => Ok(Some(Unit::Seconds)),
        ("ms", _) => Ok(Some(Unit::Milliseconds)),
        ("ns", _) => Ok(Some(Unit::Nanoseconds)),
        ("timecode", _) => Ok(Some(Unit::Timecode)),
        ("frames", Some(rate)) => Ok(Some(Unit::Frames { first, rate })),
        ("frames", None) => Err(entry.error("frames need a `rate`; write `rate = \"24000/1001\"`")),
        _ => {
            Err(entry.error(format!("`{word}` is not known; there are seconds, ms, ns, frames and timecode")))
        }
    }
}

/// A number or a truth value of the mapping, as JSON.
pub(crate) fn raw_constant(entry: &Entry<'_>) -> MappingResult<String> {
    let wrong = || entry.error("a text, a number, or `true` or `false` is expected");
    match entry.value {
        DeValue::Boolean(value) => Ok(value.to_string()),
        DeValue::Integer(_) => Ok(entry.integer()?.to_string()),
        DeValue::Float(number) => {
            Decimal::parse(number.as_str()).and_then(|number| number.to_json()).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}
