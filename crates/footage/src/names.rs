//! Parses a file's name and its folders: series, season, episode, title, year, camera reel. Pure.

/// What is read from a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParsedName {
    /// The series.
    pub series: Option<String>,
    /// Season number.
    pub season: Option<i64>,
    /// Episode number within the season.
    pub episode: Option<i64>,
    /// The last episode, where a file holds several.
    pub last_episode: Option<i64>,
    /// Title of the episode or film.
    pub title: Option<String>,
    /// Year of the film or series.
    pub year: Option<i64>,
    /// Reel and camera, where the name is one that a camera gave.
    pub reel: Option<String>,
    /// See [`ParsedName::reel`].
    pub camera: Option<String>,
}

/// Words at which the technical part of a release name begins.
const TECHNICAL: &[&str] = &[
    "480p",
    "576p",
    "720p",
    "1080p",
    "1080i",
    "2160p",
    "4k",
    "8k",
    "uhd",
    "hdr",
    "hdr10",
    "dv",
    "sdr",
    "web",
    "webrip",
    "webdl",
    "web-dl",
    "bluray",
    "blu-ray",
    "brrip",
    "bdrip",
    "dvdrip",
    "dvd",
    "hdtv",
    "pdtv",
    "hdrip",
    "remux",
    "x264",
    "x265",
    "h264",
    "h265",
    "hevc",
    "avc",
    "xvid",
    "divx",
    "av1",
    "vp9",
    "prores",
    "aac",
    "ac3",
    "eac3",
    "dts",
    "flac",
    "ddp5",
    "dd5",
    "10bit",
    "8bit",
    "proper",
    "repack",
    "internal",
    "multi",
    "vostfr",
    "dubbed",
    "subbed",
    "extended",
    "uncut",
    "remastered",
];
/// Words for a season, in the languages that the command line's people use.
const SEASON: &[&str] =
    &["season", "series", "staffel", "saison", "temporada", "stagione", "seizoen", "säsong", "сезон"];
/// Words for an episode.
const EPISODE: &[&str] = &[
    "episode",
    "ep",
    "folge",
    "épisode",
    "episodio",
    "episódio",
    "capitulo",
    "capítulo",
    "aflevering",
    "avsnitt",
    "серия",
];
/// Years that a film may be of.
const YEARS: std::ops::RangeInclusive<i64> = 1888..=2039;

/// Reads a name below a folder, without its ending: `Show (1994)/Season 1/Show - S01E02 - Title`.
#[must_use]
pub fn read(stem: &str) -> ParsedName {
    let mut parts: Vec<&str> = stem.split('/').filter(|p| !p.is_empty()).collect();
    let Some(own) = parts.pop() else { return ParsedName::default() };
    if let Some((reel, camera)) = camera_name(own) {
        let (reel, camera) = (Some(reel), Some(camera));
        return ParsedName { reel, camera, title: Some(own.to_owned()), ..ParsedName::default() };
    }
    let words = words(own);
    let mut named = ParsedName::default();
    let season_of_folder = parts.last().and_then(|folder| season_folder(folder));
    if season_of_folder.is_some() {
        parts.pop();
    }
    let number = find_number(&words, season_of_folder.is_some());
    let Some(number) = number else {
        let (title, year) = title_and_year(&words);
        (named.title, named.year) = (title, year);
        return named;
    };
    named.season = number.season.or(season_of_folder);
    named.episode = Some(number.episode);
    named.last_episode = number.last;
    let front = words.get(..number.first_word).unwrap_or_default();
    let (series, year) = title_and_year(front);
    // The series is in the name, else the folder's name is the series.
    let folder = parts.last().map(|f| title_and_year(&self::words(f)));
    (named.series, named.year) = match (series, folder) {
        (Some(series), folder) => (Some(series), year.or_else(|| folder.and_then(|f| f.1))),
        (None, Some((series, year))) => (series, year),
        (None, None) => (None, year),
    };
    let behind = words.get(number.last_word + 1..).unwrap_or_default();
    named.title = title_and_year_kept(behind);
    named
}

/// A name in small letters, digits and dashes: for ids.
#[must_use]
pub fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            out.push(c);
        } else if c != '\'' && c != '’' && !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

/// The words of a name. Points and underscores count as spaces where the name has none; text in square brackets is
/// about the file and is dropped.
fn words(name: &str) -> Vec<String> {
    let mut plain = String::with_capacity(name.len());
    let mut depth = 0u32;
    for c in name.chars() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let has_spaces = plain.trim().contains(' ');
    let is_gap = |c: char| c.is_whitespace() || c == '_' || (c == '.' && !has_spaces);
    plain.split(is_gap).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// Where a name says season and episode.
#[derive(Debug, PartialEq, Eq)]
struct Number {
    season: Option<i64>,
    episode: i64,
    last: Option<i64>,
    first_word: usize,
    last_word: usize,
}

fn find_number(words: &[String], in_season_folder: bool) -> Option<Number> {
    let lower: Vec<String> = words.iter().map(|w| w.to_lowercase()).collect();
    let at = |i: usize| lower.get(i).map(|w| trimmed(w));
    for i in 0..lower.len() {
        let word = at(i)?;
        if let Some((season, episode, last)) = sxxexx(word) {
            // `S01E02-E03`, or `S01E02 - E03` as words of their own, are one file with two episodes.
            return Some(Number { season: Some(season), episode, last, first_word: i, last_word: i });
        }
        if let (Some(season), Some((episode, last))) = (lettered(word, 's'), at(i + 1).and_then(episodes)) {
            return Some(Number { season: Some(season), episode, last, first_word: i, last_word: i + 1 });
        }
        let season = SEASON.contains(&word).then(|| at(i + 1).and_then(whole)).flatten();
        if let Some(season) = season {
            let gap = usize::from(at(i + 2).is_some_and(str::is_empty));
            let named = at(i + 2 + gap).is_some_and(|w| EPISODE.contains(&w));
            if let (true, Some(episode)) = (named, at(i + 3 + gap).and_then(whole)) {
                let last_word = i + 3 + gap;
                return Some(Number { season: Some(season), episode, last: None, first_word: i, last_word });
            }
        }
    }
    for i in 0..lower.len() {
        let word = at(i)?;
        if EPISODE.contains(&word)
            && let Some(episode) = at(i + 1).and_then(whole)
        {
            return Some(Number { season: None, episode, last: None, first_word: i, last_word: i + 1 });
        }
        let glued =
            EPISODE.iter().find_map(|w| word.strip_prefix(w).and_then(whole)).or_else(|| lettered(word, 'e'));
        if let Some(episode) = glued {
            return Some(Number { season: None, episode, last: None, first_word: i, last_word: i });
        }
        // `Show - 05 - Title`: between dashes, or at the end behind one.
        let alone = i > 0 && at(i - 1).is_some_and(str::is_empty) && word.len() <= 3;
        if let (true, Some(episode)) = (alone || (in_season_folder && i == 0), whole(word)) {
            return Some(Number { season: None, episode, last: None, first_word: i, last_word: i });
        }
    }
    None
}

/// A word without the punctuation around it; a lone dash is empty.
fn trimmed(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

fn whole(word: &str) -> Option<i64> {
    let digits = (1..=4).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
    if digits { word.parse().ok() } else { None }
}

fn lettered(word: &str, letter: char) -> Option<i64> {
    word.strip_prefix(letter).and_then(whole)
}

/// `e02`, `e02e03`, `e02-e03`, `e02-03`.
fn episodes(word: &str) -> Option<(i64, Option<i64>)> {
    let digits = |t: &str| t.bytes().take_while(u8::is_ascii_digit).count();
    let rest = word.strip_prefix('e')?;
    let n = digits(rest);
    let first = whole(rest.get(..n)?)?;
    let more = rest.get(n..)?;
    if more.is_empty() {
        return Some((first, None));
    }
    let more = more.trim_start_matches('-').trim_start_matches('e');
    let last = whole(more.get(..digits(more))?).filter(|l| *l > first && more.len() == digits(more));
    last.map(|last| (first, Some(last)))
}

/// `s01e02`, `s01e02e03`, `1x02`.
fn sxxexx(word: &str) -> Option<(i64, i64, Option<i64>)> {
    if let Some((season, episode)) = word.split_once('x')
        && let (Some(s), Some(e)) = (whole(season).filter(|_| season.len() <= 2), whole(episode))
        && episode.len() <= 3
    {
        return Some((s, e, None));
    }
    let rest = word.strip_prefix('s')?;
    let (season, _) = rest.split_once(|c: char| !c.is_ascii_digit())?;
    let behind = rest.get(season.len()..)?.trim_start_matches(['.', '-']);
    let (episode, last) = episodes(behind)?;
    Some((whole(season)?, episode, last))
}

/// `Season 2`, `Staffel 02`, `S02`, `Specials`.
fn season_folder(name: &str) -> Option<i64> {
    let words: Vec<String> = words(name).iter().map(|w| trimmed(w).to_lowercase()).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["specials"] => Some(0),
        [one] => {
            lettered(one, 's').or_else(|| SEASON.iter().find_map(|w| one.strip_prefix(w).and_then(whole)))
        }
        [.., word, number] if SEASON.contains(word) => whole(number),
        [number, word] if SEASON.contains(word) => {
            whole(number.trim_end_matches(|c: char| c.is_alphabetic()))
        }
        _ => None,
    }
}

/// The words before the technical part.
fn of_the_work(words: &[String]) -> &[String] {
    let technical = |w: &String| {
        let w = trimmed(w).to_lowercase();
        TECHNICAL.iter().any(|t| w == *t || w.strip_prefix(t).is_some_and(|r| r.starts_with('-')))
    };
    let end = words.iter().position(technical).unwrap_or(words.len());
    words.get(..end).unwrap_or_default()
}

fn joined(words: &[String]) -> Option<String> {
    let text = words.join(" ");
    let text = text.trim_matches(|c: char| c.is_whitespace() || "-–—,;.()".contains(c));
    (!text.is_empty()).then(|| text.to_owned())
}

/// Title and year of a work. The last year counts, and one that begins the name is its title.
fn title_and_year(words: &[String]) -> (Option<String>, Option<i64>) {
    let words = of_the_work(words);
    let year_of = |w: &String| whole(trimmed(w)).filter(|y| trimmed(w).len() == 4 && YEARS.contains(y));
    let found = words.iter().enumerate().skip(1).filter_map(|(i, w)| year_of(w).map(|y| (i, y))).next_back();
    match found {
        Some((at, year)) => (joined(words.get(..at).unwrap_or_default()), Some(year)),
        None => (joined(words), None),
    }
}

/// The title of an episode, in which a year is a word like any other.
fn title_and_year_kept(words: &[String]) -> Option<String> {
    joined(of_the_work(words))
}

/// `A001_C002_0101AB`, `A001C002_220101_R1AB`: reel and camera as cameras name their clips.
fn camera_name(name: &str) -> Option<(String, String)> {
    const LENGTHS: [usize; 2] = [3, 4];
    let bytes = name.as_bytes();
    let camera = bytes.first().filter(|b| b.is_ascii_uppercase())?;
    for n in &LENGTHS {
        let Some((reel, clip)) = name.split_at_checked(n + 1) else { continue };
        let clip = clip.strip_prefix('_').unwrap_or(clip);
        let digits = |t: &str| t.bytes().take_while(u8::is_ascii_digit).count();
        let is_reel = digits(reel.get(1..).unwrap_or_default()) == *n;
        if is_reel && clip.strip_prefix('C').is_some_and(|c| (3..=4).contains(&digits(c))) {
            return Some((reel.to_owned(), char::from(*camera).to_string()));
        }
    }
    None
}

#[cfg(test)]
mod tests;
