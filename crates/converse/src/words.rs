//! The words of conversations, by what they do: the files of `lang`, which no code names.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rushes_types::{Error, Result};
use serde::Deserialize;

use crate::facet::Facet;
use crate::pattern::{Found, Pattern, words_of};
use crate::sentence::Sentence;

/// The files of the languages that are built in.
const FILES: &[&str] = include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// What a sentence does to the plan before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Act {
    Back,
    Forward,
    Clear,
    Unlike,
    Like,
    Longer,
    Shorter,
    Closer,
    Wider,
    Widen,
    Deny,
    Restore,
    /// Who was spoken of, and nobody else.
    Alone,
    /// Those who were spoken of, together.
    Both,
    Number,
    Earliest,
    Latest,
    LongerThan,
    ShorterThan,
    /// How soon one step follows another.
    Apart,
    /// The steps the other way round.
    Reverse,
    /// Says that something is well as it is.
    Idle,
    /// Asks for something that no plan can say.
    Outside,
    Other,
    Meant,
    Swap,
    Anew,
    Same,
    About,
    Drop,
    Only,
    Either,
    Also,
    Then,
    Before,
    /// What a part of a sentence adds that commands nothing.
    Beside,
}

/// Acts by their names in the files. Where a sentence fits several equally well, the first is meant.
const ACTS: [(&str, Act); 36] = [
    ("back", Act::Back),
    ("forward", Act::Forward),
    ("clear", Act::Clear),
    ("unlike", Act::Unlike),
    ("like", Act::Like),
    ("longer", Act::Longer),
    ("shorter", Act::Shorter),
    ("closer", Act::Closer),
    ("wider", Act::Wider),
    ("widen", Act::Widen),
    ("deny", Act::Deny),
    ("restore", Act::Restore),
    ("alone", Act::Alone),
    ("both", Act::Both),
    ("number", Act::Number),
    ("earliest", Act::Earliest),
    ("latest", Act::Latest),
    ("longer_than", Act::LongerThan),
    ("shorter_than", Act::ShorterThan),
    ("apart", Act::Apart),
    ("reverse", Act::Reverse),
    ("idle", Act::Idle),
    ("outside", Act::Outside),
    ("other", Act::Other),
    ("meant", Act::Meant),
    ("swap", Act::Swap),
    ("anew", Act::Anew),
    ("same", Act::Same),
    ("about", Act::About),
    ("drop", Act::Drop),
    ("only", Act::Only),
    ("either", Act::Either),
    ("also", Act::Also),
    ("then", Act::Then),
    ("before", Act::Before),
    ("beside", Act::Beside),
];

type Phrases = BTreeMap<String, String>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[allow(dead_code, reason = "names the file for people")]
    tag: String,
    leading: String,
    trailing: String,
    fine: String,
    continuing: String,
    asking: String,
    pronouns: String,
    ones: String,
    moments: String,
    placing: String,
    joining: String,
    inside: String,
    articles: String,
    saying: String,
    sets: Phrases,
    acts: Phrases,
    widen: Phrases,
    facets: Phrases,
    families: Phrases,
    sizes: Phrases,
    ordinals: Phrases,
}

type Rows = Vec<Vec<String>>;

/// The words of the languages that are known.
#[derive(Debug, Default)]
pub(crate) struct Words {
    patterns: Vec<(Act, Pattern)>,
    /// Whole sentences that give up a part of the plan.
    widening: Vec<(Facet, Vec<String>)>,
    facets: Vec<(Facet, Vec<String>)>,
    pub leading: Rows,
    pub trailing: Rows,
    fine: Rows,
    pub continuing: Rows,
    pub asking: Rows,
    pub ones: Rows,
    pub moments: Rows,
    placing: Rows,
    pub joining: Rows,
    /// What stands before a title that is looked in.
    pub inside: Rows,
    pub articles: Rows,
    saying: Rows,
    pronouns: Rows,
    daylight: Rows,
    /// Sizes of shots from the widest to the closest: the names of each.
    pub sizes: Vec<Rows>,
    ordinals: BTreeMap<String, i64>,
}

fn rows(phrases: &str) -> Rows {
    phrases.split('|').map(words_of).filter(|row| !row.is_empty()).collect()
}

/// Cuts at the bars that stand in no bracket.
fn patterns(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut out) = (0_usize, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => {
                out.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    out.push(text[from..].trim());
    out.retain(|pattern| !pattern.is_empty());
    out
}

impl Words {
    /// The words that are built in.
    pub fn built_in() -> &'static Self {
        static WORDS: OnceLock<Words> = OnceLock::new();
        // A test reads every file; a broken one would only leave its own words unknown.
        WORDS.get_or_init(|| Self::of(FILES).unwrap_or_default())
    }

    fn of(files: &[&str]) -> Result<Self> {
        let mut words = Self::default();
        files.iter().try_for_each(|file| words.add(file))?;
        Ok(words)
    }

    fn add(&mut self, text: &str) -> Result<()> {
        let file: File =
            toml::from_str(text).map_err(|e| Error::invalid(format!("this is no language: {e}")))?;
        let sets: BTreeMap<String, Rows> =
            file.sets.iter().map(|(name, phrases)| (name.clone(), rows(phrases))).collect();
        for (name, phrases) in &file.acts {
            let act = ACTS.iter().find(|(known, _)| known == name).map(|(_, act)| *act);
            let act = act.ok_or_else(|| Error::invalid(format!("`{name}` is no act")))?;
            for pattern in patterns(phrases) {
                self.patterns.push((act, Pattern::read(pattern, &sets)?));
            }
        }
        for (table, into) in [(&file.widen, &mut self.widening), (&file.facets, &mut self.facets)] {
            for (name, phrases) in table {
                let facet = Facet::named(name)?;
                into.extend(rows(phrases).into_iter().map(|row| (facet, row)));
            }
        }
        for (phrases, into) in [
            (&file.leading, &mut self.leading),
            (&file.trailing, &mut self.trailing),
            (&file.fine, &mut self.fine),
            (&file.continuing, &mut self.continuing),
            (&file.asking, &mut self.asking),
            (&file.pronouns, &mut self.pronouns),
            (&file.ones, &mut self.ones),
            (&file.moments, &mut self.moments),
            (&file.placing, &mut self.placing),
            (&file.joining, &mut self.joining),
            (&file.inside, &mut self.inside),
            (&file.articles, &mut self.articles),
            (&file.saying, &mut self.saying),
        ] {
            into.extend(rows(phrases));
        }
        self.daylight.extend(file.families.get("daylight").map(|phrases| rows(phrases)).unwrap_or_default());
        for (step, phrases) in &file.sizes {
            let step: usize = step.parse().map_err(|_| Error::invalid(format!("`{step}` is no number")))?;
            if self.sizes.len() < step {
                self.sizes.resize(step, Rows::new());
            }
            if let Some(names) = step.checked_sub(1).and_then(|at| self.sizes.get_mut(at)) {
                names.extend(rows(phrases));
            }
        }
        for (number, phrases) in &file.ordinals {
            let number: i64 =
                number.parse().map_err(|_| Error::invalid(format!("`{number}` is no number")))?;
            self.ordinals.extend(rows(phrases).into_iter().map(|row| (row.join(" "), number)));
        }
        Ok(())
    }

    /// What the words between two places do, by the pattern that names the most of them.
    pub fn act(&self, sentence: &Sentence<'_>, from: usize, to: usize) -> Option<(Act, Found)> {
        let mut best: Option<(Act, Found)> = None;
        for (act, pattern) in &self.patterns {
            let Some(found) = pattern.find(sentence, from, to, self) else { continue };
            let better = best.as_ref().is_none_or(|(known, old)| {
                (found.literal, std::cmp::Reverse(*act)) > (old.literal, std::cmp::Reverse(*known))
            });
            if better {
                best = Some((*act, found));
            }
        }
        best
    }

    /// The part of the plan that a whole sentence gives up.
    pub fn widens(&self, sentence: &Sentence<'_>, from: usize, to: usize) -> Option<Facet> {
        let ends = |row: &&Vec<String>| row.len() < to - from && sentence.is_row(to - row.len(), to, row);
        let fine = self.fine.iter().filter(ends).map(Vec::len).max().unwrap_or_default();
        facet_of(&self.widening, sentence, from, to - fine)
    }

    /// The part of a plan that words name.
    pub fn facet(&self, sentence: &Sentence<'_>, from: usize, to: usize) -> Option<Facet> {
        facet_of(&self.facets, sentence, from, to)
    }

    /// A number or the place of something; -1 for the last.
    pub fn number(&self, sentence: &Sentence<'_>, at: usize) -> Option<i64> {
        let word = sentence.word(at)?;
        self.ordinals.get(word).copied().or_else(|| word.parse().ok().filter(|n| *n > 0))
    }

    /// Is the word one for somebody who was spoken of?
    pub fn is_pronoun(&self, sentence: &Sentence<'_>, at: usize) -> bool {
        let word = sentence.word(at);
        self.pronouns.iter().any(|row| matches!(row.as_slice(), [one] if Some(one.as_str()) == word))
    }

    /// Does the word name nothing by itself, and only go on from what was asked or speak of it?
    pub fn goes_on(&self, word: &str) -> bool {
        let holds = |rows: &Rows| rows.iter().any(|own| matches!(own.as_slice(), [one] if one == word));
        [&self.continuing, &self.pronouns, &self.ones, &self.leading, &self.articles].into_iter().any(holds)
    }

    /// Does the sentence tell that somebody says something?
    pub fn tells_of_a_line(&self, sentence: &Sentence<'_>) -> bool {
        (0..sentence.len()).any(|at| sentence.longest(at, sentence.len(), &self.saying).is_some())
    }

    /// Does the word only say where or when?
    pub fn is_placing(&self, word: &str) -> bool {
        self.placing.contains(&words_of(word))
    }

    /// Is this the name of a time of day?
    pub fn is_daylight(&self, label: &str) -> bool {
        self.daylight.contains(&words_of(label))
    }

    /// How close a shot of this size is.
    pub fn size_of(&self, label: &str) -> Option<usize> {
        let words = words_of(label);
        self.sizes.iter().position(|names| names.contains(&words))
    }
}

fn facet_of(
    table: &[(Facet, Vec<String>)],
    sentence: &Sentence<'_>,
    from: usize,
    to: usize,
) -> Option<Facet> {
    let whole = |row: &[String]| row.len() == to.saturating_sub(from) && sentence.is_row(from, to, row);
    table.iter().find(|(_, row)| whole(row)).map(|(facet, _)| *facet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_read() {
        let words = Words::of(FILES).unwrap();
        assert!(words.patterns.len() > 300 && words.sizes.len() == 7);
    }

    #[test]
    fn the_pattern_that_names_the_most_words_is_meant() {
        let act = |text: &str| {
            let sentence = Sentence::new(text);
            Words::built_in().act(&sentence, 0, sentence.len()).map(|(act, _)| act)
        };
        assert_eq!(act("forget that"), Some(Act::Back));
        assert_eq!(act("forget the kitchen"), Some(Act::Drop));
        assert_eq!(act("not that one"), Some(Act::Unlike));
        assert_eq!(act("more like the third"), Some(Act::Like));
        assert_eq!(act("without her"), Some(Act::Deny));
        assert_eq!(act("a lighthouse by night"), None);
        assert_eq!(act("\"go back\""), None, "what is quoted is said by somebody");
    }
}
