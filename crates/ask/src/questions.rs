//! Sets of questions with expected plans, and how many are parsed as expected.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rushes_plan::{Knowledge, Names, Plan, WordCounts};
use rushes_types::{Asset, AssetId, Error, Metric, MovieId, Result, Space, SpaceId};
use serde::{Deserialize, Serialize};

use crate::languages::Languages;
use crate::short::{in_short, sorted};

/// The names that our own questions are asked over.
pub const LEXICON: &str = include_str!("../questions/lexicon.toml");
/// Our questions that the parser is developed on.
pub const DEVELOP: &str = include_str!("../questions/develop.toml");
/// A second set of ours: the first version of the parser got 33 of them right; then they were used for development,
/// too.
pub const LATER: &str = include_str!("../questions/later.toml");
/// Our held-out questions: no rule was made for them, except for two that ask "says Otto" before a quote.
pub const HELD_OUT: &str = include_str!("../questions/held-out.toml");
/// The plan of a question that must be refused because it asks for nothing.
const REFUSED: &str = "!";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LexiconFile {
    #[serde(default)]
    encoder: bool,
    #[serde(default)]
    label: Vec<LabelRows>,
    #[serde(default)]
    asset: Vec<AssetRow>,
    #[serde(default)]
    words: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelRows {
    #[serde(rename = "type")]
    kind: String,
    /// Label, count, aliases.
    names: Vec<Vec<Cell>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Cell {
    Text(String),
    Count(u64),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AssetRow {
    id: String,
    movie: Option<String>,
    series: Option<String>,
    collection: Option<String>,
    season: Option<i64>,
    episode: Option<i64>,
    title: Option<String>,
}

impl AssetRow {
    fn asset(&self) -> Result<Asset> {
        let bad = |e: rushes_types::IdError| Error::invalid(format!("`{}`: {e}", self.id));
        let movie = MovieId::new(self.movie.as_ref().unwrap_or(&self.id)).map_err(bad)?;
        let mut asset = Asset::new(AssetId::new(&self.id).map_err(bad)?, movie);
        (asset.series, asset.collection) = (self.series.clone(), self.collection.clone());
        (asset.season, asset.episode, asset.title) = (self.season, self.episode, self.title.clone());
        Ok(asset)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    #[serde(default)]
    known: BTreeSet<String>,
    /// Lines that are said.
    #[serde(default)]
    lines: Vec<String>,
}

/// A lexicon read from a file.
#[derive(Debug)]
pub struct WrittenLexicon {
    names: Arc<Names>,
    known: BTreeSet<String>,
    /// Lines that are said: their words, with a space before and behind each.
    lines: Vec<String>,
    encoder: bool,
}

/// The words of a text, with a space before and behind each.
fn spaced(text: &str) -> String {
    rushes_text::tokenise(text)
        .into_iter()
        .fold(String::from(" "), |so_far, token| so_far + &token.folded + " ")
}

impl WrittenLexicon {
    /// Reads a lexicon.
    ///
    /// # Errors
    /// Where the text is no such lexicon.
    pub fn read(toml: &str) -> Result<Self> {
        let file: LexiconFile = toml::from_str(toml)
            .map_err(|e| Error::invalid(format!("this is no lexicon: {e}")).mend("mend it"))?;
        let mut names = Names::new();
        for rows in &file.label {
            for row in &rows.names {
                let mut texts = row.iter().filter_map(|c| if let Cell::Text(t) = c { Some(t) } else { None });
                let count = row.iter().find_map(|c| if let Cell::Count(n) = c { Some(*n) } else { None });
                let Some(label) = texts.next() else { continue };
                let aliases: Vec<String> = texts.cloned().collect();
                names.add_label(&rows.kind, label, &aliases, count.unwrap_or(0));
            }
        }
        for row in &file.asset {
            names.add_asset(&row.asset()?);
        }
        let lines: Vec<String> = file.words.lines.iter().map(|line| spaced(line)).collect();
        let mut known = file.words.known;
        known.extend(lines.iter().flat_map(|line| line.split_whitespace()).map(str::to_owned));
        Ok(Self { names: Arc::new(names), known, lines, encoder: file.encoder })
    }

    /// The same, with or without an encoder of texts.
    #[must_use]
    pub fn with_encoder(mut self, encoder: bool) -> Self {
        self.encoder = encoder;
        self
    }
}

impl Knowledge for WrittenLexicon {
    fn names(&self) -> Result<Arc<Names>> {
        Ok(Arc::clone(&self.names))
    }

    fn word_counts(&self, words: &[String]) -> Result<WordCounts> {
        let counts = words.iter().map(|word| u64::from(self.known.contains(word))).collect();
        Ok(WordCounts { counts, ..WordCounts::default() })
    }

    fn is_said(&self, words: &str) -> Result<bool> {
        let words = spaced(words);
        Ok(self.lines.iter().any(|line| line.contains(&words)))
    }

    fn spaces(&self) -> Result<Vec<Space>> {
        let id = SpaceId::new("written").map_err(|e| Error::bug(e.to_string()))?;
        Ok(vec![Space { id, dimensions: 1, metric: Metric::Cosine, encoder: None }])
    }

    fn encodes_text(&self, _: &Space) -> Result<bool> {
        Ok(self.encoder)
    }
}

/// A question with the plan that it should become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What kind of question.
    pub category: String,
    /// Its language.
    pub language: String,
    /// The question.
    pub ask: String,
    /// The plans in short of which each is right.
    pub plans: Vec<String>,
}

/// Reads a set of questions: a table for each category, in it a list for each language, of rows: the question, then its
/// plan, then further plans that are right too.
///
/// # Errors
/// Where the text is no such set.
pub fn read(toml: &str) -> Result<Vec<Question>> {
    type Set = BTreeMap<String, BTreeMap<String, Vec<Vec<String>>>>;
    let set: Set = toml::from_str(toml)
        .map_err(|e| Error::invalid(format!("this is no set of questions: {e}")).mend("mend it"))?;
    let mut questions = Vec::new();
    for (category, languages) in set {
        for (language, rows) in languages {
            for row in rows {
                let mut row = row.into_iter();
                let (ask, plans) = (row.next().unwrap_or_default(), row.collect::<Vec<_>>());
                if plans.is_empty() {
                    return Err(Error::invalid(format!("`{category}.{language}`: `{ask}` has no plan"))
                        .mend("write [question, plan]; docs/asking.md says how"));
                }
                let (category, language) = (category.clone(), language.clone());
                questions.push(Question { category, language, ask, plans });
            }
        }
    }
    Ok(questions)
}

/// How many questions of a kind became the plan that they should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Right ones.
    pub right: usize,
    /// All.
    pub asked: usize,
}

/// A question that did not become its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Miss {
    /// What kind of question.
    pub category: String,
    /// Its language.
    pub language: String,
    /// The question.
    pub ask: String,
    /// The plans in short of which it should become one.
    pub wanted: Vec<String>,
    /// The plan in short that it became; `!` where it was refused.
    pub got: String,
}

/// The score of a set of questions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Score {
    /// All together.
    pub all: Tally,
    /// By category.
    pub categories: BTreeMap<String, Tally>,
    /// By language.
    pub languages: BTreeMap<String, Tally>,
    /// The wrong ones.
    pub misses: Vec<Miss>,
}

/// Asks all questions, and counts.
#[must_use]
pub fn score(questions: &[Question], knowledge: &dyn Knowledge) -> Score {
    let mut score = Score::default();
    for question in questions {
        let got = match crate::ask(&question.ask, &Plan::default(), knowledge) {
            Ok(asked) => in_short(&asked.plan),
            Err(_) => REFUSED.to_owned(),
        };
        let got = comparable(&got);
        let wanted: Vec<String> = question.plans.iter().map(|plan| comparable(plan)).collect();
        let right = wanted.contains(&got);
        let category = score.categories.entry(question.category.clone()).or_default();
        let language = score.languages.entry(question.language.clone()).or_default();
        for tally in [&mut score.all, category, language] {
            tally.asked += 1;
            tally.right += usize::from(right);
        }
        if !right {
            score.misses.push(Miss {
                category: question.category.clone(),
                language: question.language.clone(),
                ask: question.ask.clone(),
                wanted,
                got,
            });
        }
    }
    score
}

/// The same, with what is said in small letters: case does not matter there.
fn caseless(short: &str) -> String {
    let mut said = false;
    let parts = short.split_inclusive('"').map(|part| {
        let opens = ["S\"", "D\"", "A\""].iter().any(|mark| part.ends_with(mark));

        if std::mem::replace(&mut said, opens) { part.to_lowercase() } else { part.to_owned() }
    });
    parts.collect()
}

/// A plan in short, in a fixed order, as plans are compared; of words that are searched by meaning, those that frame
/// nothing.
#[must_use]
pub fn comparable(short: &str) -> String {
    let short = &caseless(short);
    let mut out = String::new();
    let mut rest = short.as_str();
    while let Some(at) = rest.find("M\"") {
        let (before, text) = rest.split_at(at + 2);
        let (text, after) = text.split_once('"').unwrap_or((text, ""));
        let content = rushes_text::tokenise(text).into_iter().map(|t| t.folded);
        let content: Vec<String> = content.filter(|w| !Languages::built_in().frames(w)).collect();
        if content.is_empty() {
            // What only frames asks for nothing.
            out.push_str(before.trim_end_matches("M\"").trim_end_matches(['|', '-']));
        } else {
            out.push_str(before);
            out.push_str(&content.join(" "));
            out.push('"');
        }
        rest = after;
    }
    out.push_str(rest);
    sorted(&out)
}
