//! A file of no known format: what it looks like, and a mapping to begin with.

use crate::value::{Value, push_json_string};

use crate::formats::sniff::beginning;

/// Lines of the file that a message shows.
const SHOWN_LINES: usize = 3;
/// Characters of a line that a message shows.
const SHOWN_CHARS: usize = 80;
/// Members by which a line shows that it is meant for the archive itself.
const OWN: [&str; 5] = ["\"asset_id\"", "\"time_range\"", "\"model\"", "\"movie_id\"", "\"type\""];

/// What columns of other tools are called, letters and digits only, in lower case; the first that is there counts.
const STARTS: &[&str] = &[
    "start",
    "starttime",
    "begin",
    "begintime",
    "from",
    "onset",
    "startframe",
    "startms",
    "startsec",
    "in",
    "t0",
    "tcin",
    "time",
    "timestamp",
    "frame",
];
const ENDS: &[&str] = &["end", "endtime", "to", "stop", "endframe", "endms", "endsec", "out", "t1", "tcout"];
const LENGTHS: &[&str] = &["duration", "length", "dur"];
const LABELS: &[&str] = &[
    "label",
    "what",
    "class",
    "name",
    "category",
    "tag",
    "character",
    "speaker",
    "action",
    "object",
    "event",
    "scene",
];
const TEXTS: &[&str] =
    &["text", "transcript", "caption", "sentence", "utterance", "description", "words", "content"];
const SHARES: &[&str] = &["confidence", "score", "prob", "probability"];

/// What a table, or a list in JSON, seems to hold.
struct Layout {
    format: &'static str,
    delimiter: Option<char>,
    /// Where the rows are, of JSON.
    rows: Option<String>,
    columns: Vec<String>,
    /// The first line has the names.
    is_named: bool,
    first: Vec<String>,
}

/// Why a file of no known format is refused, with its first lines, what its columns seem to be, and the way out; `None`
/// where it is empty or its lines are meant for the archive itself.
#[must_use]
pub fn unknown(head: &[u8]) -> Option<String> {
    let text = beginning(head);
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    if head.starts_with(&[0xff; 4]) || OWN.iter().any(|member| first.contains(member)) {
        return None;
    }
    let short = |line: &str| {
        let cut: String =
            line.trim_end().chars().filter(|letter| !letter.is_control()).take(SHOWN_CHARS).collect();
        format!("`{cut}`")
    };
    let lines: Vec<String> =
        text.lines().filter(|line| !line.trim().is_empty()).take(SHOWN_LINES).map(short).collect();
    let guess = layout(&text).map_or(String::new(), |layout| {
        let columns: Vec<String> =
            layout.columns.iter().take(12).map(|column| format!("`{column}`")).collect();
        format!("; it looks like {} with the columns {}", layout.format, columns.join(", "))
    });
    Some(format!("the file is of no format that is read: it begins {}{guess}", lines.join(", ")))
}

/// A mapping to begin with, for a file of that name and beginning; `None` where no rows are seen in it.
#[must_use]
pub fn suggest(name: &str, head: &[u8]) -> Option<String> {
    let layout = layout(&beginning(head))?;
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let pattern: String = file.chars().map(|c| if "{}[]*".contains(c) { '?' } else { c }).collect();
    let find = |names: &[&str]| {
        let bare = |column: &String| -> String {
            column.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase()
        };
        names.iter().find_map(|name| layout.columns.iter().position(|column| bare(column) == *name))
    };
    let start = find(STARTS).unwrap_or(0);
    let (end, length) = (find(ENDS), find(LENGTHS));
    let end = end.or((!layout.is_named && layout.columns.len() > 1).then_some(1));
    let value = layout.first.get(start).map_or("", String::as_str);
    let said = find(TEXTS);
    let label = find(LABELS).filter(|place| *place != start);
    let mut lines = vec![
        "# A suggestion: look at every line. docs/mapping.md says what can be written.".to_owned(),
        "[[source]]".to_owned(),
        format!("files = {}", quoted(&pattern)),
        format!("format = \"{}\"", layout.format),
    ];
    if let Some(delimiter) = layout.delimiter.filter(|delimiter| !matches!(delimiter, ',' | '\t')) {
        lines.push(format!("delimiter = {}", quoted(&delimiter.to_string())));
    }
    if let Some(rows) = layout.rows.as_ref().filter(|rows| !rows.is_empty()) {
        lines.push(format!("rows = {}", quoted(rows)));
    }
    if !layout.is_named {
        let names: Vec<String> = layout.columns.iter().map(|column| quoted(column)).collect();
        lines.push(format!("columns = [{}]", names.join(", ")));
    }
    lines.push("asset_id = \"{@stem}\"".to_owned());
    lines.push("model = \"other-tool@1\"".to_owned());
    let kind = if said.is_some() { "DIALOGUE_SEARCH" } else { "EVENT_SEARCH" };
    lines.push(format!("type = \"{kind}\""));
    let column = |place: usize| quoted(&placeholder(&layout.columns[place]));
    lines.extend(label.map(|place| format!("label = {}", column(place))));
    lines.extend(said.map(|place| format!("text = {}", column(place))));
    lines.extend(find(SHARES).map(|place| format!("confidence = {}", column(place))));
    lines.extend(unit(&layout.columns[start], value));
    lines.push(format!("start = {}", column(start)));
    match (end, length) {
        (Some(end), _) => lines.push(format!("end = {}", column(end))),
        (None, Some(length)) => lines.push(format!("duration = {}", column(length))),
        (None, None) => lines.push("# without `end` or `duration` each is a point in time".to_owned()),
    }
    Some(lines.join("\n") + "\n")
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    push_json_string(&mut out, text);
    out
}

fn placeholder(column: &str) -> String {
    let is_plain = !column.contains([':', '|', '{', '}', '.', '"']) && !column.is_empty();
    if is_plain { format!("{{{column}}}") } else { format!("{{\"{}\"}}", column.replace('"', "")) }
}

/// The lines that say what unit times are in, by the column's name and its first value.
fn unit(column: &str, value: &str) -> Vec<String> {
    let column = column.to_lowercase();
    if value.contains(':') {
        return vec!["time = \"timecode\"".to_owned()];
    }
    if column.contains("frame") {
        return vec![
            "time = \"frames\"".to_owned(),
            "rate = \"25\" # the frame rate of the media".to_owned(),
        ];
    }
    let is_ms = column.ends_with("ms") || column.contains("milli");
    vec![format!("time = \"{}\"", if is_ms { "ms" } else { "seconds" })]
}

fn layout(text: &str) -> Option<Layout> {
    match text.trim_start().as_bytes().first()? {
        b'{' | b'[' => json(text),
        b'<' => None,
        _ => table(text),
    }
}

fn table(text: &str) -> Option<Layout> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(2).collect();
    let first = *lines.first()?;
    let counts = [',', '\t', ';', '|', ' '].map(|mark| (first.matches(mark).count(), mark));
    let (count, delimiter) = counts.into_iter().max_by_key(|(count, mark)| (*count, *mark != ' '))?;
    if count == 0 {
        return None;
    }
    let fields = |line: &str| -> Vec<String> {
        line.split(delimiter).map(|field| field.trim().trim_matches('"').to_owned()).collect()
    };
    let is_number = |field: &String| {
        !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_digit() || b".:-+,;".contains(&byte))
    };
    let head = fields(first);
    let is_named = !head.iter().any(is_number);
    let columns = if is_named { head.clone() } else { (1..=head.len()).map(|n| format!("c{n}")).collect() };
    let first = if is_named { lines.get(1).map(|line| fields(line)).unwrap_or_default() } else { head };
    let format = if delimiter == '\t' { "tsv" } else { "csv" };
    Some(Layout { format, delimiter: Some(delimiter), rows: None, columns, is_named, first })
}

/// The first list of objects in a document, at its top or one member below; or the objects of its lines.
fn json(text: &str) -> Option<Layout> {
    let of = |format, rows: Option<String>, row: &Value| {
        let Value::Object(members) = row else { return None };
        let scalar = |value: &Value| match value {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            _ => None,
        };
        let found: Vec<(String, String)> =
            members.iter().filter_map(|(name, value)| Some((name.clone(), scalar(value)?))).collect();
        let (columns, first): (Vec<String>, Vec<String>) = found.into_iter().unzip();
        (!columns.is_empty()).then_some(Layout {
            format,
            delimiter: None,
            rows,
            columns,
            is_named: true,
            first,
        })
    };
    if let Ok(whole) = Value::parse(text.as_bytes()) {
        return match &whole {
            Value::List(items) => of("json", None, items.first()?),
            Value::Object(members) => members.iter().find_map(|(name, value)| match value {
                Value::List(items) => of("json", Some(name.clone()), items.first()?),
                _ => None,
            }),
            _ => None,
        };
    }
    let line = text.lines().next()?;
    of("jsonl", None, &Value::parse(line.as_bytes()).ok()?)
}
