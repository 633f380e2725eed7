//! Reading a mapping file.

use toml::de::{DeTable, DeValue};

use crate::glob;
use crate::limits::MAPPING_BYTES_MAX;
use crate::mapping::{AssetField, AssetRule, AssetValue, Format, Mapping, RunMode, Source, TableRule};
use crate::parse_fields::{self, Scope};
use crate::problem::MappingError;
use crate::record::CellPath;
use crate::scan::parse_path;
use crate::section::{Entry, Section, line_of};
use crate::template::Maps;

type MappingResult<T> = Result<T, MappingError>;

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// The first thing that is wrong, with its key and line.
    pub fn parse(text: &str) -> Result<Mapping, MappingError> {
        let whole = |why: String| MappingError { line: 1, key: String::new(), why };
        if text.len() > MAPPING_BYTES_MAX {
            return Err(whole(format!("the mapping is longer than {MAPPING_BYTES_MAX} bytes")));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let document = DeTable::parse(text).map_err(|error| MappingError {
            line: error.span().map_or(1, |span| line_of(text, span.start)),
            key: String::new(),
            why: error.message().to_owned(),
        })?;
        let mut root = Section::root(text, document.get_ref());
        if let Some((version, entry)) = root.integer("version")?
            && version != 1
        {
            return Err(entry.error("only version 1 is known"));
        }
        let run = read_run(&mut root)?;
        let maps = read_maps(&mut root)?;
        let mut asset = read_asset(&mut root)?;
        let mut sources = Vec::new();
        let list = root.take("source").ok_or_else(|| whole("there is no `[[source]]`".into()))?;
        for item in list.items()? {
            let mut section = item.section()?;
            let (source, templates) = read_source(&mut section, &item.path, run, &maps, asset.as_ref())?;
            section.finish()?;
            if let Some(asset) = &mut asset {
                asset.by_source.push(templates);
            }
            sources.push(source);
        }
        root.finish()?;
        if sources.is_empty() {
            return Err(list.error("at least one source is needed"));
        }
        Ok(Mapping { asset, sources })
    }
}

fn read_run(section: &mut Section<'_>) -> MappingResult<Option<RunMode>> {
    let Some((word, entry)) = section.string("run")? else { return Ok(None) };
    match word.as_str() {
        "replace" => Ok(Some(RunMode::Replace)),
        "append" => Ok(Some(RunMode::Append)),
        _ => Err(entry.error(format!("`{word}` is not known; there are replace and append"))),
    }
}

fn read_maps(root: &mut Section<'_>) -> MappingResult<Maps> {
    let mut maps = Maps::new();
    for (name, entry) in root.section("maps")?.map(|maps| maps.entries()).unwrap_or_default() {
        let pairs = entry.section()?.entries();
        let pair = |(from, to): (String, Entry<'_>)| Ok((from, to.string()?.to_owned()));
        maps.insert(name, pairs.into_iter().map(pair).collect::<MappingResult<_>>()?);
    }
    Ok(maps)
}

fn read_asset(root: &mut Section<'_>) -> MappingResult<Option<AssetRule>> {
    let Some(section) = root.section("asset")? else { return Ok(None) };
    let mut fields = Vec::new();
    for (name, entry) in section.entries() {
        let value = match entry.value {
            DeValue::Table(_) if name == "attributes" => {
                let attributes = entry.section()?.entries();
                let attribute = |(name, entry): (String, Entry<'_>)| asset_field(name, &entry);
                AssetValue::Attributes(attributes.into_iter().map(attribute).collect::<MappingResult<_>>()?)
            }
            _ => asset_field(name.clone(), &entry)?.value,
        };
        fields.push(AssetField { name, value, error: entry.error("") });
    }
    if !fields.iter().any(|field| field.name == "asset_id") {
        return Err(section.error("asset_id", "this key is missing"));
    }
    Ok(Some(AssetRule { fields, by_source: Vec::new() }))
}

fn asset_field(name: String, entry: &Entry<'_>) -> MappingResult<AssetField> {
    let value = match entry.value {
        DeValue::String(text) => AssetValue::Template(text.to_string()),
        _ => AssetValue::Raw(parse_fields::raw_constant(entry)?),
    };
    Ok(AssetField { name, value, error: entry.error("") })
}

type SourceAndAsset = (Source, Option<crate::mapping::AssetTemplates>);

fn read_source(
    section: &mut Section<'_>,
    path: &str,
    run: Option<RunMode>,
    maps: &Maps,
    asset: Option<&AssetRule>,
) -> MappingResult<SourceAndAsset> {
    let files = read_files(section)?;
    let format = read_format(section)?;
    let captures = match section.string("captures")? {
        Some((text, entry)) => {
            let regex = regex::Regex::new(&text);
            Some(regex.map_err(|error| entry.error(format!("not a regular expression: {error}")))?)
        }
        None => None,
    };
    let names: Vec<String> =
        captures.iter().flat_map(|regex| regex.capture_names().flatten().map(str::to_owned)).collect();
    let scope = Scope { captures: &names, maps, source: path };
    let makes_assets = section.truth("asset")?.is_none_or(|(makes, _)| makes);
    let rule = asset.filter(|_| makes_assets);
    let asset = asset.map(|asset| scope.asset(asset)).transpose()?;
    if let (Some(rule), Some(asset)) = (rule, &asset) {
        scope.check_asset(rule, asset)?;
    }
    let (rows, rows_text) = match section.string("rows")? {
        Some((text, entry)) => {
            let steps = parse_path(&text);
            (steps.ok_or_else(|| entry.error("write a path such as `words` or `videos[].shots`"))?, text)
        }
        None => (Vec::new(), String::new()),
    };
    let source = Source {
        files,
        format,
        run: read_run(section)?.or(run),
        table: read_table(section)?,
        rows,
        rows_text,
        each: section.string("each")?.map(|(path, _)| CellPath::new(path.trim_end_matches("[]"))),
        when: scope.conditions(section)?,
        flags: scope.flags(section)?,
        fields: scope.fields(section, asset.as_ref())?,
        words: scope.words(section)?,
        embedding: section.string("embedding")?.map(|(path, _)| CellPath::new(&path)),
        captures,
    };
    if !source.flags.is_empty() && source.fields.label.is_some() {
        return Err(section.error("label", "`flags` give the labels; take one of the two away"));
    }
    Ok((source, asset.filter(|_| makes_assets)))
}

fn read_files(section: &mut Section<'_>) -> MappingResult<Vec<(String, regex::Regex)>> {
    let Some(entry) = section.take("files") else {
        return Err(section.error("files", "this key is missing; write `files = \"**/*.csv\"`"));
    };
    let globs = entry.strings()?;
    if globs.is_empty() {
        return Err(entry.error("at least one pattern is needed"));
    }
    let compile = |glob: String| match glob::pattern(&glob) {
        Some(regex) => Ok((glob, regex)),
        None => Err(entry.error(format!("`{glob}` is not a pattern; there are *, ?, ** and {{a,b}}"))),
    };
    globs.into_iter().map(compile).collect()
}

fn read_format(section: &mut Section<'_>) -> MappingResult<Option<Format>> {
    let Some((word, entry)) = section.string("format")? else { return Ok(None) };
    match word.as_str() {
        "csv" => Ok(Some(Format::Csv)),
        "tsv" => Ok(Some(Format::Tsv)),
        "json" => Ok(Some(Format::Json)),
        "jsonl" => Ok(Some(Format::JsonLines)),
        _ => Err(entry.error(format!("`{word}` is not known; there are csv, tsv, json and jsonl"))),
    }
}

fn read_table(section: &mut Section<'_>) -> MappingResult<TableRule> {
    let delimiter = match section.string("delimiter")? {
        Some((text, entry)) => match text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Some(*byte),
            _ => return Err(entry.error("one ASCII character is expected")),
        },
        None => None,
    };
    let quotes = section.truth("quotes")?.is_none_or(|(quotes, _)| quotes);
    let skip_lines = match section.integer("skip_lines")? {
        Some((count, entry)) => u64::try_from(count).map_err(|_| entry.error("0 or more is expected"))?,
        None => 0,
    };
    let columns = section.take("columns").map(|entry| entry.strings()).transpose()?;
    Ok(TableRule { delimiter, quotes, skip_lines, columns })
}
