//! Seasons, episodes, languages, in the ways people write them.

use rushes_plan::Target;

use crate::item::{ItemKind, ScopePart};
use crate::languages::{Level, Role};
use crate::question::Question;

/// Longest range of seasons or episodes that is written out.
const RANGE_MAX: i64 = 200;
/// Seasons or episodes that are listed one by one.
const LIST_MAX: usize = 64;

/// Words of "except for", and of "seasons" before it.
const EXCEPT_TOKENS_MAX: usize = 4;
/// Words of a title before "episode".
const THEME_WORDS_MAX: usize = 5;
/// Titles that such words are compared with.
const TITLES_MAX: usize = 64;

/// A season or an episode as code: "s01e02", "1x02", "s2", "e3", "ep3".
fn code(word: &str) -> Option<(Option<i64>, Option<i64>)> {
    let digits = |s: &str| -> Option<i64> {
        (!s.is_empty() && s.len() <= 4 && s.bytes().all(|b| b.is_ascii_digit()))
            .then(|| s.parse().ok())
            .flatten()
    };
    if let Some((season, episode)) = word.split_once('x') {
        return Some((Some(digits(season)?), Some(digits(episode)?)));
    }
    for start in ["s", "t"] {
        let Some(rest) = word.strip_prefix(start) else { continue };
        if let Some((season, episode)) = rest.split_once('e') {
            if let (Some(season), Some(episode)) = (digits(season), digits(episode)) {
                return Some((Some(season), Some(episode)));
            }
        } else if let Some(season) = digits(rest).filter(|_| start == "s") {
            return Some((Some(season), None));
        }
    }
    let episode = word.strip_prefix("ep").or_else(|| word.strip_prefix('e'))?;
    Some((None, Some(digits(episode)?)))
}

fn range(from: i64, to: i64) -> Vec<i64> {
    if from <= to && to - from <= RANGE_MAX { (from..=to).collect() } else { vec![from, to] }
}

impl Question<'_> {
    /// A part of the scope at a token.
    pub fn find_scope(&self, at: usize) -> Option<(usize, ItemKind)> {
        let scoped = self.codes(at).or_else(|| self.counted(at)).or_else(|| self.glued(at));
        let scoped = scoped.or_else(|| self.excepted(at)).or_else(|| self.special(at));
        let scoped = scoped.or_else(|| self.themed(at));
        scoped.map(|(len, part)| (len, ItemKind::Scope(part)))
    }

    /// "all seasons except 2": a number that is denied behind the word for what it counts.
    fn excepted(&self, at: usize) -> Option<(usize, ScopePart)> {
        let (len, number) = self.whole(at)?;
        let denies =
            (at.saturating_sub(EXCEPT_TOKENS_MAX)..at).rfind(|i| self.is(*i, Role::Not) == Some(at - i))?;
        let level = (denies.saturating_sub(EXCEPT_TOKENS_MAX)..denies)
            .rev()
            .find_map(|i| self.noun(i).filter(|(len, _)| i + len == denies))?
            .1;
        let counts = self.duration(at).is_some() || self.is_any(at + len, &[Role::Nouns, Role::Noun]);
        let (mut end, mut numbers) = (at + len, vec![number]);
        while let Some(sep) = self.separator(end)
            && let Some((more, next)) = self.whole(end + sep)
            && numbers.len() < LIST_MAX
        {
            end += sep + more;
            numbers.push(next);
        }
        (!counts).then(|| Some((end - at, Self::part(level, numbers)?))).flatten()
    }

    /// "season2", "episode3", "staffel1".
    fn glued(&self, at: usize) -> Option<(usize, ScopePart)> {
        let word = &self.tokens.get(at)?.folded;
        let cut = word.find(|c: char| c.is_ascii_digit()).filter(|cut| *cut > 2)?;
        let number: i64 = word.get(cut..).filter(|digits| digits.len() <= 4)?.parse().ok()?;
        let level = self.languages.level(word.get(..cut)?, self.spoken)?;
        Some((1, Self::part(level, vec![number])?))
    }

    fn part(level: Level, numbers: Vec<i64>) -> Option<ScopePart> {
        Some(match level {
            // British seasons are "series".
            Level::Season | Level::Series => ScopePart::Seasons(numbers),
            Level::Episode => ScopePart::Episodes(numbers),
            _ => return None,
        })
    }

    fn code_at(&self, at: usize) -> Option<(Option<i64>, Option<i64>)> {
        code(&self.tokens.get(at)?.folded)
    }

    /// A dash or "to" between two ends of a range.
    fn dash(&self, at: usize) -> Option<usize> {
        self.is(at, Role::Until)
    }

    fn codes(&self, at: usize) -> Option<(usize, ScopePart)> {
        match self.code_at(at)? {
            (Some(season), Some(episode)) => {
                if let Some(dash) = self.dash(at + 1) {
                    let last = at + 1 + dash;
                    let to = match self.code_at(last) {
                        Some((None, Some(to))) => Some((1, to)),
                        Some((Some(same), Some(to))) if same == season => Some((1, to)),
                        Some(_) => None,
                        None => self.whole(last).filter(|_| self.touches(at)),
                    };
                    if let Some((len, to)) = to {
                        let codes = range(episode, to).into_iter().map(|e| (season, e)).collect();
                        return Some((last + len - at, ScopePart::Codes(codes)));
                    }
                }
                Some((1, ScopePart::Codes(vec![(season, episode)])))
            }
            (Some(season), None) => {
                // "s1 e2", "S2, episode 1".
                if let Some((None, Some(episode))) = self.code_at(at + 1) {
                    return Some((2, ScopePart::Codes(vec![(season, episode)])));
                }
                let last = self.dash(at + 1).map(|dash| at + 1 + dash);
                if let Some(last) = last
                    && let Some((Some(to), None)) = self.code_at(last)
                {
                    return Some((last + 1 - at, ScopePart::Seasons(range(season, to))));
                }
                // "s2 or s3"
                let (mut end, mut seasons) = (at + 1, vec![season]);
                while let Some(sep) = self.separator(end)
                    && let Some((Some(next), None)) = self.code_at(end + sep)
                    && seasons.len() < LIST_MAX
                {
                    end += sep + 1;
                    seasons.push(next);
                }
                Some((end - at, ScopePart::Seasons(seasons)))
            }
            (None, Some(episode)) => Some((1, ScopePart::Episodes(vec![episode]))),
            (None, None) => None,
        }
    }

    fn noun(&self, at: usize) -> Option<(usize, Level)> {
        self.find(at, |s| match s {
            Role::Level(level @ (Level::Season | Level::Episode | Level::Series)) => Some(level),
            _ => None,
        })
    }

    /// "season 2", "episodes 2-4", "seasons 1 and 2", "second season", "zweiten Staffel".
    fn counted(&self, at: usize) -> Option<(usize, ScopePart)> {
        if let Some((len, nth)) = self.ordinal(at)
            && let Some((more, level)) = self.noun(at + len)
        {
            return Some((len + more, Self::part(level, vec![nth])?));
        }
        // "the first three episodes"
        if let Some((len, 1)) = self.ordinal(at)
            && let Some((more, count)) = self.count(at + len)
            && let Some((last, level)) = self.noun(at + len + more)
        {
            let numbers = range(1, i64::try_from(count).ok()?);
            return Some((len + more + last, Self::part(level, numbers)?));
        }
        let (len, level) = self.noun(at)?;
        let begin = at + len + usize::from(matches!(self.mark(at + len), Some('.' | ':')));
        let (mut end, first) = self.whole(begin).map(|(len, n)| (begin + len, n))?;
        let mut numbers = vec![first];
        if let Some(dash) = self.dash(end)
            && let Some((len, to)) = self.whole(end + dash)
        {
            end += dash + len;
            numbers = range(first, to);
        }
        // "1, 2 and 3"; a number that goes on with something else is not of the list.
        while let Some(sep) = self.separator(end)
            && let Some((len, next)) = self.whole(end + sep)
            && self.duration(end + sep).is_none()
            && self.clock(end + sep).is_none()
            && numbers.len() < LIST_MAX
        {
            end += sep + len;
            numbers.push(next);
        }
        Some((end - at, Self::part(level, numbers)?))
    }

    fn separator(&self, at: usize) -> Option<usize> {
        let comma = usize::from(self.mark(at) == Some(','));
        let word = self.is(at + comma, Role::And).or_else(|| self.is(at + comma, Role::Or));
        match comma + word.unwrap_or(0) {
            0 => None,
            len => Some(len),
        }
    }

    /// "the pilot", "the finale", "last season", "in Spanish".
    fn special(&self, at: usize) -> Option<(usize, ScopePart)> {
        if let Some(len) = self.is(at, Role::Pilot) {
            return Some((len, ScopePart::Codes(vec![(1, 1)])));
        }
        if let Some(len) = self.is(at, Role::Finale) {
            return Some((len, ScopePart::LastEpisode));
        }
        if let Some(last) = self.is(at, Role::Last)
            && let Some((len, level)) = self.noun(at + last).filter(|(_, level)| *level != Level::Series)
        {
            let part = if level == Level::Season { ScopePart::LastSeason } else { ScopePart::LastEpisode };
            return Some((last + len, part));
        }
        let spoken = |role| if let Role::Spoken(tag) = role { Some(tag) } else { None };
        if let Some((len, tag)) = self.find(at, spoken) {
            // "in French or German"
            let joint = at
                .checked_sub(1)
                .filter(|i| self.is_any(*i, &[Role::And, Role::Or]) || self.mark(*i) == Some(','));
            if joint.and_then(|i| i.checked_sub(1)).is_some_and(|i| self.find(i, spoken).is_some()) {
                return Some((len, ScopePart::Language(self.languages.text(tag).to_owned())));
            }
            // "German-language", "German lines"
            let end = at + len + usize::from(self.mark(at + len) == Some('-'));
            let tongue = self.is(end, Role::Tongue).map(|tongue| end + tongue - at);
            let len = tongue.or_else(|| self.is_any(end, &[Role::Dialogue]).then_some(len))?;
            return Some((len, ScopePart::Language(self.languages.text(tag).to_owned())));
        }
        let before = self.is(at, Role::Place).or_else(|| self.is(at, Role::Speaking))?;
        let named = self.skip_frames(at + before);
        let (len, tag) = self.find(named, spoken)?;
        Some((named + len - at, ScopePart::Language(self.languages.text(tag).to_owned())))
    }

    /// "the blackout episode": words of the title of an episode before its noun.
    fn themed(&self, at: usize) -> Option<(usize, ScopePart)> {
        let is_theme = |i: usize| self.is_word(i) && self.noun(i).is_none();
        let end = (at..at + THEME_WORDS_MAX).take_while(|i| is_theme(*i)).last()? + 1;
        let (noun, _) = self.noun(end).filter(|(_, level)| *level == Level::Episode)?;
        let named =
            self.phrases(at).next().is_some() || self.exact(at).is_some_and(|(_, n)| n[0].target.is_label());
        if named || self.whole(end + noun).is_some() || !self.work.may_scan() {
            return None;
        }
        let words =
            || (at..end).filter(|i| self.phrases(*i).next().is_none()).map(|i| &self.tokens[i].folded);
        let holds = |title: &str| {
            let title: Vec<String> = rushes_text::tokenise(title).into_iter().map(|t| t.folded).collect();
            words().all(|word| title.contains(word))
        };
        let titles = self.lexicon.names().titles_beginning(&self.tokens[at].folded, TITLES_MAX);
        let assets = titles.into_iter().filter_map(|(target, title)| match target {
            Target::Asset(id) if holds(title) => Some(id.clone()),
            _ => None,
        });
        let assets: Vec<String> = assets.collect();
        // All parts of the episodes, where they are numbered.
        let episodes = self.lexicon.names().episodes();
        let numbered = |id: &String| {
            let episode = episodes.iter().find(|episode| episode.asset == *id)?;
            Some((episode.season?, episode.episode?))
        };
        let codes: Option<Vec<(i64, i64)>> = assets.iter().map(numbered).collect();
        let part = codes.filter(|codes| !codes.is_empty()).map(|mut codes| {
            codes.dedup();
            ScopePart::Codes(codes)
        });
        let part = part.or_else(|| (!assets.is_empty()).then_some(ScopePart::Assets(assets)))?;
        Some((end + noun - at, part))
    }
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn codes_are_read_and_words_are_not() {
        assert_eq!(code("s01e02"), Some((Some(1), Some(2))));
        assert_eq!(code("1x02"), Some((Some(1), Some(2))));
        assert_eq!(code("s2"), Some((Some(2), None)));
        assert_eq!(code("ep3"), Some((None, Some(3))));
        for word in ["seen", "some", "exit", "x", "s", "e", "t2", "s123456e1", "mexico"] {
            assert_eq!(code(word), None, "{word}");
        }
    }
}
