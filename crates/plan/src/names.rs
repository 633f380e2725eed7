//! The names used in an archive: labels with their aliases, and titles, found by their words even where mistyped.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rushes_text::{Fuzziness, tokenise, within};
use rushes_types::{Asset, known_types};

use crate::sound::sound_key;

/// Longest name, in words.
pub const NAME_WORDS_MAX: usize = 8;
/// Titles examined for one prefix.
const TITLES_LOOKED_AT_MAX: usize = 2_000;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A label of a type.
    Label {
        /// The annotation type.
        kind: String,
        /// The label, as usually written.
        label: String,
    },
    /// A series.
    Series(String),
    /// A title, by its id.
    Movie(String),
    /// A collection.
    Collection(String),
    /// An asset, by its id.
    Asset(String),
}

impl Target {
    /// Breaks ties between equally frequent names, the lower first: people, places, things, other labels, then titles.
    fn rank(&self) -> u8 {
        match self {
            Self::Label { kind, .. } => match kind.as_str() {
                known_types::CHARACTER => 0,
                known_types::SCENE => 1,
                known_types::OBJECT => 2,
                _ => 3,
            },
            Self::Series(_) => 4,
            Self::Movie(_) => 5,
            Self::Collection(_) => 6,
            Self::Asset(_) => 7,
        }
    }

    /// Is it a label?
    #[must_use]
    pub fn is_label(&self) -> bool {
        matches!(self, Self::Label { .. })
    }
}

/// A name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// What it stands for.
    pub target: Target,
    /// As it is written.
    pub written: String,
    /// How many annotations carry the label.
    pub count: u64,
}

/// An episode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// Its asset.
    pub asset: String,
    /// Its season.
    pub season: Option<i64>,
    /// Its number.
    pub episode: Option<i64>,
}

/// The names of an archive, in the order of their words.
#[derive(Debug, Default)]
pub struct Names {
    by_key: HashMap<String, Vec<Name>>,
    /// Keys of several words, by what they are without the spaces.
    by_joined: HashMap<String, Vec<String>>,
    /// Keys of labels, for someone typing.
    label_keys: BTreeSet<String>,
    /// First words of labels of several.
    firsts: HashSet<String>,
    /// Keys of places of several words, by their last one.
    by_head: HashMap<String, BTreeSet<String>>,
    /// How many annotations carry the most frequent label of a type.
    most: HashMap<String, u64>,
    /// Keys with the set of their letters, by number of words and first character.
    by_shape: HashMap<(usize, char), Vec<(u64, String)>>,
    /// Keys by how they sound.
    by_sound: HashMap<String, Vec<String>>,
    /// Titles from each of their words on, for someone typing.
    title_starts: BTreeSet<(String, Target, String)>,
    episodes: Vec<Episode>,
}

/// The lookup key of a name, and its number of words.
fn key_of(text: &str) -> Option<(usize, String)> {
    let words: Vec<String> = tokenise(text).into_iter().map(|t| t.folded).collect();
    (1..=NAME_WORDS_MAX).contains(&words.len()).then(|| (words.len(), words.join(" ")))
}

/// What a label says in one: `carry/hold (an object)` is called `carry`, `hold`, `carry an object` as well, and
/// `ride (e.g., a bike, a horse)` is `ride horse`.
fn parts_of(label: &str) -> Vec<String> {
    let (head, inside) = label.split_once('(').unwrap_or((label, ""));
    let (inside, tail) = inside.split_once(')').unwrap_or((inside, ""));
    let is_plain = head.chars().chain(tail.chars()).all(|c| c.is_lowercase() || " /()-,.'".contains(c));
    if !is_plain || !label.contains(['/', '(']) {
        return Vec::new();
    }
    let article = |text: &str| {
        let rest = text
            .strip_prefix("a ")
            .or_else(|| text.strip_prefix("an "))
            .or_else(|| text.strip_prefix("the "));
        rest.unwrap_or(text).to_owned()
    };
    let examples: Vec<String> = match inside.trim().strip_prefix("e.g.") {
        Some(list) => list.split(',').map(|one| article(one.trim())).filter(|one| !one.is_empty()).collect(),
        None => vec![inside.trim().to_owned()],
    };
    let mut out: Vec<String> = Vec::new();
    for head in head.split('/').map(str::trim) {
        out.push(format!("{head}{tail}"));
        out.extend(examples.iter().map(|example| format!("{head} {example}{tail}")));
    }
    out.retain(|part| part.trim().chars().count() > 2);
    out
}

/// The letters of a word as a bit set, which rules out most words as too different without comparing them.
fn letters(key: &str) -> u64 {
    key.chars().fold(0, |set, c| set | 1 << (u32::from(c) % 64))
}

impl Names {
    /// No names yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a spelling of a name. One without words, or with too many, is left out.
    pub fn add(&mut self, target: Target, written: &str, count: u64) {
        let Some((words, key)) = key_of(written) else { return };
        if let Target::Label { kind, .. } = &target {
            self.label_keys.insert(key.clone());
            if let Some((first, _)) = key.split_once(' ') {
                self.firsts.insert(first.to_owned());
            }
            if let Some((_, head)) = key.rsplit_once(' ').filter(|_| kind == known_types::SCENE) {
                self.by_head.entry(head.to_owned()).or_default().insert(key.clone());
            }
            let most = self.most.entry(kind.clone()).or_default();
            *most = count.max(*most);
        } else {
            let mut rest = Some(key.as_str());
            while let Some(start) = rest {
                self.title_starts.insert((start.to_owned(), target.clone(), written.to_owned()));
                rest = start.split_once(' ').map(|(_, rest)| rest);
            }
        }
        let names = match self.by_key.get_mut(&key) {
            Some(names) => names,
            None => {
                if let Some(first) = key.chars().next() {
                    self.by_shape.entry((words, first)).or_default().push((letters(&key), key.clone()));
                }
                self.by_sound.entry(sound_key(&key)).or_default().push(key.clone());
                if words > 1 {
                    self.by_joined.entry(key.replace(' ', "")).or_default().push(key.clone());
                }
                self.by_key.entry(key).or_default()
            }
        };
        match names.iter_mut().find(|n| n.target == target) {
            Some(known) => known.count = known.count.max(count),
            None => names.push(Name { target, written: written.to_owned(), count }),
        }
        names.sort_by(|a, b| {
            (b.count, a.target.rank(), &a.target).cmp(&(a.count, b.target.rank(), &b.target))
        });
    }

    /// Adds a label with its aliases.
    pub fn add_label(&mut self, kind: &str, label: &str, aliases: &[String], count: u64) {
        let target = Target::Label { kind: kind.to_owned(), label: label.to_owned() };
        self.add_without_article(&target, label, count);
        parts_of(label).into_iter().for_each(|part| self.add(target.clone(), &part, count));
        // "take a photo" is "take photo", whatever article a question has.
        let bare = ["a", "an", "the"]
            .iter()
            .fold(label.to_owned(), |label, word| label.replace(&format!(" {word} "), " "));
        if bare != label && kind != known_types::CHARACTER && kind != known_types::SCENE {
            self.add(target.clone(), &bare, count);
        }
        // "play musical instrument" is "play instrument", too.
        if let [first, _, last] = label.split(' ').collect::<Vec<_>>()[..]
            && ![known_types::CHARACTER, known_types::SCENE, known_types::OBJECT].contains(&kind)
        {
            self.add(target.clone(), &format!("{first} {last}"), count);
        }
        for alias in aliases {
            self.add_without_article(&target, alias, count);
        }
    }

    /// Adds a title.
    fn add_title(&mut self, target: &Target, written: &str) {
        self.add_without_article(target, written, 0);
    }

    /// Adds a spelling of a name, also without its article.
    fn add_without_article(&mut self, target: &Target, written: &str, count: u64) {
        self.add(target.clone(), written, count);
        if let Some((head, rest)) = written.split_once(' ')
            && ["the", "a", "an", "el", "la", "los", "las", "le", "les", "der", "die", "das"]
                .contains(&head.to_lowercase().as_str())
        {
            self.add(target.clone(), rest, count);
        }
    }

    /// Adds the titles that an asset has or belongs to.
    pub fn add_asset(&mut self, asset: &Asset) {
        if let Some(series) = &asset.series {
            self.add_title(&Target::Series(series.clone()), series);
        }
        if let Some(collection) = &asset.collection {
            self.add_title(&Target::Collection(collection.clone()), collection);
        }
        self.add_title(&Target::Movie(asset.movie.to_string()), asset.movie.as_str());
        let id = asset.id.to_string();
        self.add_title(&Target::Asset(id.clone()), &id);
        let file = asset.path.as_deref().and_then(|path| path.rsplit(['/', '\\']).next());
        let stem = file.map(|name| name.rsplit_once('.').map_or(name, |(stem, _)| stem));
        for written in [asset.title.as_deref(), file, stem, asset.reel.as_deref()].into_iter().flatten() {
            self.add_title(&Target::Asset(id.clone()), written);
        }
        self.episodes.push(Episode { asset: id, season: asset.season, episode: asset.episode });
    }

    /// The episodes.
    #[must_use]
    pub fn episodes(&self) -> &[Episode] {
        &self.episodes
    }

    /// Titles of which a word begins as typed, series first; at most `limit`.
    #[must_use]
    pub fn titles_beginning(&self, typed: &str, limit: usize) -> Vec<(&Target, &str)> {
        let Some((_, key)) = key_of(typed) else { return Vec::new() };
        let from = (key.clone(), Target::Label { kind: String::new(), label: String::new() }, String::new());
        let starts = self.title_starts.range(from..).take_while(|(start, ..)| start.starts_with(&key));
        // Only numbered ids share a prefix in large numbers: the first of them are enough.
        let mut found: BTreeMap<&Target, &str> = BTreeMap::new();
        for (_, target, written) in starts.take(TITLES_LOOKED_AT_MAX) {
            let known = found.entry(target).or_insert(written);
            // Of several spellings the longest is the whole title.
            if written.len() > known.len() {
                *known = written;
            }
        }
        let mut titles: Vec<(&Target, &str)> = found.into_iter().collect();
        titles.sort_by_key(|(target, written)| (target.rank(), *written));
        titles.dedup_by_key(|(_, written)| *written);
        titles.truncate(limit);
        titles
    }

    /// The assets that are called so, or whose title or name goes on after these words: all clips of a reel. At most
    /// `limit`, by their ids.
    #[must_use]
    pub fn assets_called(&self, key: &str, limit: usize) -> Vec<&str> {
        let from =
            (key.to_owned(), Target::Label { kind: String::new(), label: String::new() }, String::new());
        let starts = self.title_starts.range(from..).take_while(|(start, ..)| start.starts_with(key));
        let mut assets: BTreeSet<&str> = BTreeSet::new();
        for (start, target, written) in starts.take(TITLES_LOOKED_AT_MAX) {
            let goes_on = start.get(key.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
            let whole = key_of(written).is_some_and(|(_, whole)| whole == *start);
            if let (true, true, Target::Asset(id)) = (goes_on, whole, target) {
                assets.insert(id);
            }
        }
        assets.into_iter().take(limit).collect()
    }

    /// The targets that exactly these words name, the likeliest first.
    #[must_use]
    pub fn named(&self, key: &str) -> &[Name] {
        self.by_key.get(key).map_or(&[], Vec::as_slice)
    }

    /// Do labels of several words begin with this one?
    #[must_use]
    pub fn begins_label(&self, word: &str) -> bool {
        self.firsts.contains(word)
    }

    /// The place that has all of these words, where only one has: "mara's cabin" of "Mara and Otto's cabin".
    #[must_use]
    pub fn place_with(&self, words: &[&str]) -> &[Name] {
        let heads = words.last().and_then(|head| self.by_head.get(*head));
        let has_all = |key: &&String| {
            let own: Vec<&str> = key.split(' ').collect();
            words.iter().all(|word| own.iter().any(|o| o == word || o.strip_suffix('s') == Some(*word)))
        };
        let mut fitting = heads.into_iter().flatten().filter(has_all);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => self.named(key),
            _ => &[],
        }
    }

    /// The targets of names that are these words once spaces, hyphens and slashes are left out of the names.
    pub fn joined(&self, joined: &str) -> impl Iterator<Item = &Name> {
        let keys = self.by_joined.get(joined).map_or(&[][..], Vec::as_slice);
        keys.iter().flat_map(|key| self.named(key))
    }

    /// Labels whose name goes on, within a word, where these words end: what someone typing has begun. The most
    /// frequent first, at most `limit`.
    #[must_use]
    pub fn labels_beginning(&self, key: &str, limit: usize) -> Vec<&Name> {
        let keys = self.label_keys.range(key.to_owned()..).take_while(|known| known.starts_with(key));
        let begun = keys.take(TITLES_LOOKED_AT_MAX).filter(|known| {
            known.get(key.len()..).is_some_and(|rest| !rest.is_empty() && !rest.starts_with(' '))
        });
        let mut names: Vec<&Name> = begun.flat_map(|key| self.named(key)).collect();
        names.retain(|name| name.target.is_label());
        names.sort_by_key(|name| (std::cmp::Reverse(name.count), name.target.rank(), &name.target));
        names.dedup_by_key(|name| &name.target);
        names.truncate(limit);
        names
    }

    /// How many annotations carry the most frequent label of a type.
    #[must_use]
    pub fn most(&self, kind: &str) -> u64 {
        self.most.get(kind).copied().unwrap_or_default()
    }

    /// The names that sound as these words do, written by ear: of several the most frequent.
    #[must_use]
    pub fn sounding(&self, key: &str) -> &[Name] {
        let keys = self.by_sound.get(&sound_key(key)).map_or(&[][..], Vec::as_slice);
        let count = |key: &&String| self.named(key).first().map_or(0, |name| name.count);
        let best = keys.iter().max_by_key(|key| (count(key), std::cmp::Reverse(*key)));
        best.map_or(&[], |key| self.named(key))
    }

    /// The nearest name to mistyped words: of equally near ones the most frequent. The first letter must be right.
    #[must_use]
    pub fn near(&self, words: usize, key: &str) -> &[Name] {
        // Names are short: the usual number of forgiven mistakes would turn too many words into names.
        let edits = match key.chars().count() {
            0..=3 => 0,
            4..=7 => 1,
            _ => Fuzziness::Auto.max_edits(key),
        };
        let Some(first) = key.chars().next().filter(|_| edits > 0) else { return &[] };
        let set = letters(key);
        let shapes = self.by_shape.get(&(words, first)).map_or(&[][..], Vec::as_slice);
        let near = shapes.iter().filter(|(other, known)| {
            (set ^ other).count_ones() <= 2 * u32::from(edits) && known.len().abs_diff(key.len()) <= 8
        });
        let distances = near.filter_map(|(_, known)| Some((within(key, known, edits)?, known)));
        let best = distances.min_by_key(|(distance, known)| {
            let count = self.named(known).first().map_or(0, |n| n.count);
            (*distance, std::cmp::Reverse(count), *known)
        });
        best.map_or(&[], |(_, known)| self.named(known))
    }
}
