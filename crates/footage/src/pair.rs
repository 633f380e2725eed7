//! Which subtitles belong to which media file: pure decisions on names.
//!
//! `ep1.en.srt` belongs to `ep1.mov`: the same folder, and the same name after removing trailing parts separated by a
//! point, a dash or an underscore. The removed parts give language and kind. Subtitles in a folder of their own
//! (`Subs/`) belong to the media file beside that folder.

use std::collections::BTreeMap;

use crate::language;
use crate::scan::{FoundFile, Kind};

/// Names of folders that hold subtitles of the media beside them.
const SUBTITLE_FOLDERS: [&str; 6] = ["subs", "subtitles", "sub", "untertitel", "sous-titres", "subtitulos"];

/// A file beside a media file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companion {
    /// The file.
    pub file: FoundFile,
    /// Its language, where its name says so (BCP 47).
    pub language: Option<String>,
    /// Does it hold only what must always be shown?
    pub is_forced: bool,
    /// Is it for the hard of hearing?
    pub is_sdh: bool,
}

/// A media file with what belongs to it, or subtitles without a media file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// The media file.
    pub media: Option<FoundFile>,
    /// Its name below the folder, without its ending.
    pub stem: String,
    /// Its subtitles and what models wrote beside it, by name.
    pub companions: Vec<Companion>,
}

/// Media files by folder and name in lower case; two may differ in their ending only.
type Stems = BTreeMap<(String, String), Vec<usize>>;

/// Folder and name without ending, of names below a folder.
fn split(below: &str) -> (&str, &str) {
    let (folder, name) = below.rsplit_once('/').unwrap_or(("", below));
    (folder, name.rsplit_once('.').map_or(name, |(stem, _)| stem))
}

fn joined(folder: &str, stem: &str) -> String {
    if folder.is_empty() { stem.to_owned() } else { format!("{folder}/{stem}") }
}

/// Puts together what belongs together, sorted by name. Subtitles without a media file are a group of their own;
/// other files without one are left out.
#[must_use]
pub fn pair(files: &[FoundFile]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut stems = Stems::new();
    for file in files.iter().filter(|f| f.kind == Kind::Media) {
        let (folder, stem) = split(&file.below);
        stems.entry((folder.to_owned(), stem.to_lowercase())).or_default().push(groups.len());
        groups.push(Group { media: Some(file.clone()), stem: joined(folder, stem), ..Group::default() });
    }
    let mut alone: BTreeMap<String, Group> = BTreeMap::new();
    for file in files.iter().filter(|f| matches!(f.kind, Kind::Subtitles | Kind::Other)) {
        let (folder, stem) = split(&file.below);
        match owner(&stems, folder, stem) {
            Some((owners, rest)) => {
                for owner in owners {
                    if let Some(group) = groups.get_mut(*owner) {
                        group.companions.push(companion(file, &rest));
                    }
                }
            }
            None if file.kind == Kind::Subtitles => {
                let (base, rest) = without_language(stem);
                let stem = joined(folder, base);
                let group = alone.entry(stem.clone()).or_insert_with(|| Group { stem, ..Group::default() });
                group.companions.push(companion(file, rest));
            }
            None => {}
        }
    }
    groups.extend(alone.into_values());
    groups.sort_by(|a, b| a.stem.cmp(&b.stem).then_with(|| below(a).cmp(below(b))));
    groups
}

fn below(group: &Group) -> &str {
    group.media.as_ref().map_or("", |m| &m.below)
}

/// The media files that a name belongs to, and what its name says beyond theirs.
fn owner<'s>(stems: &'s Stems, folder: &str, stem: &str) -> Option<(&'s [usize], String)> {
    if let Some(found) = owner_here(stems, folder, stem) {
        return Some(found);
    }
    // `Subs/ep1.en.srt`, `Subs/English.srt`, `Subs/ep1/English.srt`.
    let is_for_subtitles = |name: &str| SUBTITLE_FOLDERS.contains(&name.to_lowercase().as_str());
    let (above, last) = folder.rsplit_once('/').unwrap_or(("", folder));
    if is_for_subtitles(last) {
        if let Some(found) = owner_here(stems, above, stem) {
            return Some(found);
        }
        let mut only = stems.iter().filter(|((f, _), _)| f == above);
        if let (Some((_, owners)), None) = (only.next(), only.next()) {
            return Some((owners, format!(".{stem}")));
        }
    }
    let (top, middle) = above.rsplit_once('/').unwrap_or(("", above));
    let owners = stems.get(&(top.to_owned(), last.to_lowercase())).filter(|_| is_for_subtitles(middle))?;
    Some((owners, format!(".{stem}")))
}

/// The longest beginning of the name that is a media file's in that folder.
fn owner_here<'s>(stems: &'s Stems, folder: &str, stem: &str) -> Option<(&'s [usize], String)> {
    let ends = stem.char_indices().filter(|(_, c)| ".-_ ".contains(*c)).map(|(i, _)| i);
    let mut ends: Vec<usize> = ends.chain([stem.len()]).filter(|i| *i > 0).collect();
    ends.reverse();
    ends.into_iter().find_map(|end| {
        let owners = stems.get(&(folder.to_owned(), stem.get(..end)?.to_lowercase()))?;
        Some((owners.as_slice(), stem.get(end..)?.to_owned()))
    })
}

/// The parts after the points of a name, where they are a language or a kind of subtitles.
fn without_language(stem: &str) -> (&str, &str) {
    let mut base = stem;
    while let Some((front, part)) = base.rsplit_once('.').or_else(|| base.rsplit_once(['-', '_'])) {
        let known = language::tag(part).is_some() || is_kind(part);
        if !known || front.is_empty() {
            break;
        }
        base = front;
    }
    (base, stem.get(base.len()..).unwrap_or_default())
}

fn is_kind(part: &str) -> bool {
    matches!(part.to_lowercase().as_str(), "forced" | "sdh" | "cc" | "hi" | "full" | "default" | "captions")
}

fn companion(file: &FoundFile, rest: &str) -> Companion {
    let parts: Vec<String> = rest
        .split(['.', '_', ' ', '(', ')', '[', ']', ','])
        .filter(|p| !p.is_empty())
        .map(str::to_lowercase)
        .collect();
    // A dash may stand inside a tag (`pt-br`), or before it.
    let whole = parts.iter().find_map(|p| language::tag(p.trim_matches('-')));
    let language = whole.or_else(|| parts.iter().flat_map(|p| p.split('-')).find_map(language::tag));
    // `hi` is Hindi and "hearing impaired"; beside another language it is the latter.
    let has = |words: &[&str]| parts.iter().flat_map(|p| p.split('-')).any(|p| words.contains(&p));
    Companion {
        file: file.clone(),
        is_forced: has(&["forced"]),
        is_sdh: has(&["sdh", "cc"]) || (has(&["hi"]) && language.as_deref() != Some("hi")),
        language,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn groups(names: &[&str]) -> Vec<String> {
        let files: Vec<FoundFile> = names
            .iter()
            .map(|n| FoundFile {
                path: PathBuf::from(n),
                below: (*n).to_owned(),
                kind: crate::scan::kind_of(n.as_ref()).unwrap(),
                bytes: 1,
                changed_ns: 0,
            })
            .collect();
        pair(&files)
            .iter()
            .map(|g| {
                let mut text = g.media.as_ref().map_or("-", |m| &m.below).to_owned();
                for c in &g.companions {
                    text += &format!(" + {}", c.file.below);
                    text += &c.language.as_ref().map(|l| format!(" {l}")).unwrap_or_default();
                    text += if c.is_forced { " forced" } else { "" };
                    text += if c.is_sdh { " sdh" } else { "" };
                }
                text
            })
            .collect()
    }

    #[test]
    fn subtitles_belong_to_the_media_of_their_name() {
        for (names, wanted) in [
            (&["ep1.mov", "ep1.en.srt"][..], &["ep1.mov + ep1.en.srt en"][..]),
            (&["ep1.mov", "ep1.forced.de.vtt"], &["ep1.mov + ep1.forced.de.vtt de forced"]),
            (&["ep1.mov", "EP1.SRT"], &["ep1.mov + EP1.SRT"]),
            (&["ep1.mov", "ep1.pt-BR.sdh.srt"], &["ep1.mov + ep1.pt-BR.sdh.srt pt-BR sdh"]),
            (&["a b.mkv", "a b_english.srt"], &["a b.mkv + a b_english.srt en"]),
            (&["ep1.mov", "ep10.en.srt", "ep10.mov"], &["ep1.mov", "ep10.mov + ep10.en.srt en"]),
            (&["s/ep1.mov", "t/ep1.srt"], &["s/ep1.mov", "- + t/ep1.srt"]),
            (&["ep1.mov", "ep1.mp4", "ep1.srt"], &["ep1.mov + ep1.srt", "ep1.mp4 + ep1.srt"]),
            (&["film.mkv", "Subs/2_English.srt"], &["film.mkv + Subs/2_English.srt en"]),
            (&["a.mkv", "b.mkv", "Subs/b.fr.srt"], &["a.mkv", "b.mkv + Subs/b.fr.srt fr"]),
            (&["s/a.mkv", "s/b.mkv", "s/Subs/b/3_fre.srt"], &["s/a.mkv", "s/b.mkv + s/Subs/b/3_fre.srt fr"]),
            (&["a.mov", "a.json", "b.json"], &["a.mov + a.json"]),
            (&["x.en.srt", "x.de.srt"], &["- + x.en.srt en + x.de.srt de"]),
            (&["x-en.vtt", "x_fr.vtt", "x-y.vtt"], &["- + x-en.vtt en + x_fr.vtt fr", "- + x-y.vtt"]),
            (
                &["Tears.of.Steel.2012.mkv", "Tears.of.Steel.2012.eng.srt"],
                &["Tears.of.Steel.2012.mkv + Tears.of.Steel.2012.eng.srt en"],
            ),
            (&["ep1.mov", "ep1.en.hi.srt"], &["ep1.mov + ep1.en.hi.srt en sdh"]),
            (&["ep1.mov", "ep1.hi.srt"], &["ep1.mov + ep1.hi.srt hi"]),
        ] {
            assert_eq!(groups(names), wanted, "{names:?}");
        }
    }
}
