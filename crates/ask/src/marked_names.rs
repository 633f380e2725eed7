//! Names with marks in them, films of a series by their number, clips by the beginning of their names.

use rushes_plan::{NAME_WORDS_MAX, Name, Target};
use rushes_text::tokenise;

use crate::item::{ItemKind, ScopePart};
use crate::languages::Role;
use crate::names::{Run, Written, further};
use crate::question::Question;
use crate::sense::{BEGUN, NAME, Sense};

/// Tokens of a name with its marks.
const MARKED_TOKENS_MAX: usize = 32;
/// Films of a series that are counted.
const SEQUELS: [&str; 10] = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"];
/// Titles that begin as a film of a series.
const TITLES_MAX: usize = 4;
/// As many letters or fewer are the beginning of too many clips.
pub(crate) const REEL_CHARS_MIN: usize = 3;
/// Clips that a beginning stands for, at most.
const REEL_ASSETS_MAX: usize = 200;
/// Numbers in a row behind the title of a series: "2, 3 and 4".
const NUMBERS_MAX: usize = 9;

/// The words of a text as they are looked up.
fn key_of(text: &str) -> String {
    tokenise(text).into_iter().map(|token| token.folded).collect::<Vec<_>>().join(" ")
}

impl Question<'_> {
    /// "7:15 to Harlow", "open (e.g., a window, a door)": a name written out with its marks.
    pub fn marked(&self, at: usize, senses: &mut Vec<Sense>) {
        let last = self.tokens.len().min(at + MARKED_TOKENS_MAX);
        let (mut words, mut marks, mut key) = (0, false, String::new());
        for end in at + 1..=last {
            match self.mark(end - 1) {
                None if self.is_word(end - 1) => {
                    key.push_str(if words > 0 { " " } else { "" });
                    key.push_str(&self.tokens[end - 1].whole);
                    words += 1;
                }
                Some(c) if "():,./!?&-–'".contains(c) => marks = true,
                _ => break,
            }
            if words > NAME_WORDS_MAX {
                break;
            }
            let closes = self.is_word(end - 1) || self.mark(end - 1) == Some(')');
            let Some(text) = self.slice(at, end).filter(|_| marks && closes && words > 1) else { continue };
            if text.matches('(').count() != text.matches(')').count() {
                continue;
            }
            self.work.names(1);
            let names = self.lexicon.names().named(&key);
            if names.is_empty() {
                continue;
            }
            let written = Written::otherwise(0, "a name with its marks");
            // "Mara, Otto" are two names, "Us, season 2" is a series and its season.
            let whole: Vec<_> = names
                .iter()
                .filter(|name| {
                    !name.target.is_label() || !text.contains([',', '.']) || name.written.contains([',', '.'])
                })
                .cloned()
                .collect();
            self.weigh(at, end - at, &whole, &written, senses);
        }
        self.bracketed_labels(senses);
    }

    /// "ride (e.g., a bike, a horse)" behind "ride": the label as it is written.
    fn bracketed_labels(&self, senses: &mut Vec<Sense>) {
        let mut longer = Vec::new();
        for sense in senses.iter() {
            let ItemKind::Label { label, .. } = &sense.what else { continue };
            if self.mark(sense.to) != Some('(') {
                continue;
            }
            let inside = (sense.to..self.tokens.len()).take(MARKED_TOKENS_MAX);
            let Some(end) = inside.clone().find(|i| self.mark(*i) == Some(')')) else { continue };
            let Some(text) = self.slice(sense.to, end + 1) else { continue };
            let same = label.split_once('(').is_some_and(|(_, own)| key_of(own).starts_with(&key_of(text)));
            if same {
                longer.push(Sense {
                    to: end + 1,
                    cost: sense.cost - 2,
                    why: "a label with its brackets",
                    ..sense.clone()
                });
            }
        }
        senses.extend(longer);
    }

    /// Clips whose names go on after these words: "everything in A001".
    pub fn reels(&self, at: usize, runs: &[Run], senses: &mut Vec<Sense>) {
        for run in runs {
            let Some(key) = run.spellings.first().filter(|key| key.contains(|c: char| c.is_ascii_digit()))
            else {
                continue;
            };
            let named = self.lexicon.names().named(key);
            let long = key.chars().count() > REEL_CHARS_MIN && !self.is_number(at);
            if long && named.is_empty() && self.scope(at).is_none() && self.work.may_scan() {
                let assets = self.lexicon.names().assets_called(key, REEL_ASSETS_MAX);
                if !assets.is_empty() {
                    let assets = assets.into_iter().map(str::to_owned).collect();
                    let what = ItemKind::Scope(ScopePart::Assets(assets));
                    senses.push(Sense::new(at, run.tokens, what, NAME + BEGUN, "clips whose names begin so"));
                }
            }
        }
    }

    fn is_number(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.folded.bytes().all(|b| b.is_ascii_digit()))
    }

    /// "salt road 2 and 3", "the second salt road": films of a series that are told by their number.
    pub fn sequel(&self, at: usize, senses: &mut Vec<Sense>) {
        if let Some((len, n)) = self.ordinal(at)
            && let named = self.skip_level(at + len)
            && let Some((more, part)) = self.numbered_title(named, |_| Some((0, n)))
        {
            let end = named + more;
            let cost = NAME + further(end - at);
            senses.push(Sense::new(
                at,
                end - at,
                ItemKind::Scope(part),
                cost,
                "a film of a series, by its number",
            ));
        }
        if let Some((len, part)) = self.numbered_title(at, |end| self.film_number(end)) {
            let cost = NAME + further(len);
            senses.push(Sense::new(
                at,
                len,
                ItemKind::Scope(part),
                cost,
                "a film of a series, by its number",
            ));
        }
        if let Some(part) = self.further_number(at) {
            senses.push(Sense::new(at, 1, ItemKind::Scope(part), NAME, "a further film of a series"));
        }
    }

    /// "film" in "the second film Salt Road".
    fn skip_level(&self, at: usize) -> usize {
        let level = |role| matches!(role, Role::Level(_)).then_some(());
        let end = at + self.find(at, level).map_or(0, |(len, ())| len);
        end + self.is(end, Role::Of).filter(|_| end > at).unwrap_or(0)
    }

    /// "2", "ii".
    fn film_number(&self, at: usize) -> Option<(usize, i64)> {
        let roman = || {
            let word = self.tokens.get(at)?.folded.as_str();
            let number = SEQUELS.iter().position(|roman| *roman == word).filter(|_| word.len() > 1)?;
            Some((1, i64::try_from(number + 1).ok()?))
        };
        self.whole(at).or_else(roman)
    }

    /// The longest title here with a number, which may stand behind it.
    fn numbered_title(
        &self,
        at: usize,
        number: impl Fn(usize) -> Option<(usize, i64)>,
    ) -> Option<(usize, ScopePart)> {
        if !self.is_word(at) || self.film_number(at).is_some() {
            return None;
        }
        (1..NAME_WORDS_MAX).rev().find_map(|words| {
            let end = at + words;
            let all = (at..end).all(|i| self.is_word(i));
            // "then one falls" is no film called Then.
            let framed = words == 1 && !self.is_capital(at) && self.phrases(at).next().is_some();
            let (len, n) = number(end).filter(|_| all && !framed)?;
            let part = self.film(&key_of(self.slice(at, end)?), n)?;
            Some((words + len, part))
        })
    }

    /// "and 3" behind "salt road 2".
    fn further_number(&self, at: usize) -> Option<ScopePart> {
        let (1, n) = self.film_number(at)? else { return None };
        let joint =
            |i: usize| self.is_any(i, &[Role::And, Role::Or, Role::Until]) || self.mark(i) == Some(',');
        let mut first = at;
        for _ in 0..NUMBERS_MAX {
            let before =
                first.checked_sub(2).filter(|_| joint(first - 1)).filter(|i| self.film_number(*i).is_some());
            match before {
                Some(before) => first = before,
                None => break,
            }
        }
        if first == at {
            return None;
        }
        (1..NAME_WORDS_MAX).rev().find_map(|words| {
            let begin = first.checked_sub(words)?;
            if self.film_number(begin).is_some() || !(begin..first).all(|i| self.is_word(i)) {
                return None;
            }
            self.film(&key_of(self.slice(begin, first)?), n)
        })
    }

    /// The film of a number of the series whose first film, or all of whose films, have this title.
    fn film(&self, key: &str, number: i64) -> Option<ScopePart> {
        let names = self.lexicon.names();
        let is_title = |key: &str| names.named(key).iter().any(|name| !name.target.is_label());
        let bare = key.strip_prefix("the ").unwrap_or(key);
        let bases = [bare.to_owned(), format!("the {bare}")];
        let roman = usize::try_from(number).ok()?.checked_sub(1).and_then(|n| SEQUELS.get(n))?;
        bases.iter().filter(|base| is_title(base) || number > 1).find_map(|base| {
            let spelled =
                [format!("{base} {number}"), format!("{base} {roman}"), format!("{base} part {number}")];
            let found = spelled.iter().find_map(|key| {
                let begins = || {
                    if !self.work.may_scan() {
                        return None;
                    }
                    let titles = names.titles_beginning(key, TITLES_MAX);
                    let goes_on = |title: &str| key_of(title).starts_with(&format!("{key} "));
                    let whole = titles.iter().find(|(_, title)| goes_on(title));
                    whole.map(|(target, _)| ScopePart::Title((*target).clone()))
                };
                self.title_of(names.named(key)).or_else(begins)
            });
            let first = || if number == 1 { self.title_of(names.named(base)) } else { None };
            found.or_else(first).map(|part| self.whole_film(part))
        })
    }

    /// The title that names stand for.
    pub fn title_of(&self, names: &[Name]) -> Option<ScopePart> {
        titled(names).map(|part| self.whole_film(part))
    }

    /// An asset that is called as its film is all of the film.
    fn whole_film(&self, part: ScopePart) -> ScopePart {
        let ScopePart::Title(Target::Asset(id)) = &part else { return part };
        let named = self.lexicon.names().named(&key_of(id));
        let film = named.iter().find(|name| matches!(&name.target, Target::Movie(movie) if movie == id));
        film.map_or(part.clone(), |name| ScopePart::Title(name.target.clone()))
    }
}

/// The title that the same words stand for: a series before a film, a film before its assets, of which several may be
/// called the same.
fn titled(names: &[Name]) -> Option<ScopePart> {
    let titles = || names.iter().map(|name| &name.target).filter(|target| !target.is_label());
    let first = titles().min()?;
    let assets =
        titles().filter_map(|target| if let Target::Asset(id) = target { Some(id.clone()) } else { None });
    let assets: Vec<String> = assets.collect();
    let several = matches!(first, Target::Asset(_)) && assets.len() > 1;
    Some(if several { ScopePart::Assets(assets) } else { ScopePart::Title(first.clone()) })
}
