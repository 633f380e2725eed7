//! The file of a language: which words frame a question in it.

use std::collections::BTreeMap;

use rushes_types::Result;
use serde::Deserialize;

use super::invalid;
use super::role::{HOUR, Level, MINUTE, Role, SECOND};

/// Phrases of one role, parted by `|`.
type Phrases = BTreeMap<String, String>;

/// A file of `lang`. Every table has phrases by what they mean.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LanguageFile {
    /// The language (BCP 47).
    pub tag: String,
    /// Letters and marks that are seen in few other languages.
    #[serde(default)]
    pub letters: String,
    #[serde(default)]
    elided: String,
    /// Words that deny what follows, and end what is said.
    #[serde(default)]
    parting: String,
    /// Words that introduce what is said: "that".
    #[serde(default)]
    introducing: String,
    /// Words of people who speak to each other: "I", "you".
    #[serde(default)]
    personal: String,
    words: Phrases,
    #[serde(default)]
    levels: Phrases,
    #[serde(default)]
    units: Phrases,
    #[serde(default)]
    numbers: Phrases,
    #[serde(default)]
    ordinals: Phrases,
    #[serde(default)]
    spoken: Phrases,
    /// By the reason that is told.
    #[serde(default)]
    unsayable: Phrases,
    #[serde(default)]
    vocabulary: Phrases,
    /// Everyday words by the English word that labels have for them.
    #[serde(default)]
    meanings: Phrases,
}

fn parted(phrases: &str) -> impl Iterator<Item = &str> {
    phrases.split('|').map(str::trim).filter(|phrase| !phrase.is_empty())
}

fn level(name: &str) -> Option<Role> {
    Some(Role::Level(match name {
        "collection" => Level::Collection,
        "movie" => Level::Movie,
        "series" => Level::Series,
        "season" => Level::Season,
        "episode" => Level::Episode,
        "asset" => Level::Asset,
        _ => return None,
    }))
}

fn unit(name: &str) -> Option<Role> {
    Some(match name {
        "second" => SECOND,
        "minute" => MINUTE,
        "hour" => HOUR,
        _ => return None,
    })
}

impl LanguageFile {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it is no such file, with what is wrong.
    pub fn read(text: &str) -> Result<Self> {
        let file: Self = toml::from_str(text).map_err(|e| invalid(format!("this is no language: {e}")))?;
        let known = |table: &Phrases, is_known: &dyn Fn(&str) -> bool| {
            table.keys().find(|name| !is_known(name)).cloned()
        };
        let number = |name: &str| name.parse::<u32>().is_ok();
        let unknown = known(&file.words, &|name| Role::named(name).is_some())
            .or_else(|| known(&file.levels, &|name| level(name).is_some()))
            .or_else(|| known(&file.units, &|name| unit(name).is_some()))
            .or_else(|| known(&file.numbers, &number))
            .or_else(|| known(&file.ordinals, &number));
        match unknown {
            Some(name) => Err(invalid(format!("the language `{}` has an unknown name `{name}`", file.tag))),
            None => Ok(file),
        }
    }

    /// Words that lose their vowel before another.
    pub fn elided(&self) -> impl Iterator<Item = String> {
        parted(&self.elided).map(str::to_owned)
    }

    /// Words that deny what follows, and end what is said.
    pub fn parting(&self) -> impl Iterator<Item = String> {
        parted(&self.parting).map(str::to_owned)
    }

    /// Words that introduce what is said.
    pub fn introducing(&self) -> impl Iterator<Item = String> {
        parted(&self.introducing).map(str::to_owned)
    }

    /// Words of people who speak to each other.
    pub fn personal(&self) -> impl Iterator<Item = String> {
        parted(&self.personal).map(str::to_owned)
    }

    /// The names of the vocabulary with what stands for them.
    pub fn vocabulary(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &str>)> {
        self.vocabulary.iter().map(|(name, phrases)| (name.as_str(), parted(phrases)))
    }

    /// English words with what stands for them.
    pub fn meanings(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &str>)> {
        self.meanings.iter().map(|(english, phrases)| (english.as_str(), parted(phrases)))
    }

    /// Every phrase with its role; texts that roles hold the index of are added to `texts`.
    pub fn phrases(&self, texts: &mut Vec<String>) -> Vec<(Role, String)> {
        let mut out = Vec::new();
        let mut add = |role: Option<Role>, phrases: &str| {
            let of = |role| parted(phrases).map(move |phrase| (role, phrase.to_owned()));
            out.extend(role.into_iter().flat_map(of));
        };
        self.words.iter().for_each(|(name, phrases)| add(Role::named(name), phrases));
        self.levels.iter().for_each(|(name, phrases)| add(level(name), phrases));
        self.units.iter().for_each(|(name, phrases)| add(unit(name), phrases));
        self.numbers.iter().for_each(|(n, phrases)| add(n.parse().ok().map(Role::Number), phrases));
        self.ordinals.iter().for_each(|(n, phrases)| add(n.parse().ok().map(Role::Ordinal), phrases));
        let mut index = |text: &str| {
            let at = texts.iter().position(|known| known == text).unwrap_or_else(|| {
                texts.push(text.to_owned());
                texts.len() - 1
            });
            u16::try_from(at).ok()
        };
        self.spoken.iter().for_each(|(tag, phrases)| add(index(tag).map(Role::Spoken), phrases));
        self.unsayable.iter().for_each(|(why, phrases)| add(index(why).map(Role::Unsayable), phrases));
        self.vocabulary.iter().for_each(|(name, phrases)| add(index(name).map(Role::Shown), phrases));
        out
    }
}
