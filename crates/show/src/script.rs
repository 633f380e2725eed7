//! Parses the screenplay, which has no times. The grammar is at the head of `night-ferry.txt`.

/// A parsed screenplay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// The episodes in order.
    pub episodes: Vec<Episode>,
    /// Lines that could not be parsed; a test checks that there are none.
    pub not_understood: Vec<String>,
}

/// An episode as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Episode {
    /// Such as `s01e02`.
    pub code: String,
    /// Its title.
    pub title: String,
    /// Its scenes in order.
    pub scenes: Vec<Scene>,
}

/// A scene as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scene {
    /// Where it plays.
    pub place: String,
    /// The props that are there from the beginning.
    pub props: Vec<String>,
    /// What happens, in order.
    pub beats: Vec<Beat>,
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beat {
    /// Somebody speaks.
    Speak {
        /// Who.
        name: String,
        /// BCP 47, such as `pt`.
        language: String,
        /// What is said.
        text: String,
    },
    /// Somebody comes in.
    Enter(String),
    /// Somebody goes.
    Leave(String),
    /// Something is brought in.
    Bring(String),
    /// A requested cut.
    Cut(Framing),
    /// No dialogue.
    Wait {
        /// For how long.
        seconds: i64,
        /// What is seen during it; may be empty.
        seen: String,
    },
}

/// What the camera shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Framing {
    /// The whole place.
    Wide,
    /// One person.
    Close(String),
    /// Two people, and anyone between them.
    Two(String, String),
    /// A prop.
    Insert(String),
}

impl Framing {
    /// The word for it: `wide`, `close`, `two` or `insert`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Close(_) => "close",
            Self::Two(..) => "two",
            Self::Insert(_) => "insert",
        }
    }
}

/// Reads a screenplay.
#[must_use]
pub fn read(text: &str) -> Script {
    let mut script = Script::default();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        if read_line(&mut script, line).is_none() {
            script.not_understood.push(line.to_owned());
        }
    }
    script
}

/// One line that is no comment; `None` if it cannot be parsed.
fn read_line(script: &mut Script, line: &str) -> Option<()> {
    if let Some(heading) = line.strip_prefix("== ") {
        let (code, title) = heading.split_once(' ')?;
        let (code, title) = (code.to_owned(), title.to_owned());
        script.episodes.push(Episode { code, title, scenes: Vec::new() });
        return Some(());
    }
    let scenes = &mut script.episodes.last_mut()?.scenes;
    if let Some(scene) = line.strip_prefix("@ ") {
        let (place, props) = scene.split_once(" | ").unwrap_or((scene, ""));
        scenes.push(Scene { place: place.to_owned(), props: names(props), beats: Vec::new() });
        return Some(());
    }
    let beats = &mut scenes.last_mut()?.beats;
    if let Some(who) = line.strip_prefix("+ ") {
        beats.extend(names(who).into_iter().map(Beat::Enter));
    } else if let Some(who) = line.strip_prefix("- ") {
        beats.extend(names(who).into_iter().map(Beat::Leave));
    } else if let Some(what) = line.strip_prefix("* ") {
        beats.extend(names(what).into_iter().map(Beat::Bring));
    } else if let Some(framing) = line.strip_prefix("! ") {
        beats.push(Beat::Cut(read_framing(framing)?));
    } else if let Some(wait) = line.strip_prefix("~ ") {
        let (seconds, seen) = wait.split_once(" | ").unwrap_or((wait, ""));
        beats.push(Beat::Wait { seconds: seconds.parse().ok()?, seen: seen.to_owned() });
    } else {
        let (who, text) = line.split_once(": ")?;
        let (name, language) = match who.split_once(" (") {
            Some((name, language)) => (name, language.strip_suffix(')')?),
            None => (who, "en"),
        };
        let (name, language, text) = (name.to_owned(), language.to_owned(), text.to_owned());
        beats.push(Beat::Speak { name, language, text });
    }
    Some(())
}

fn read_framing(text: &str) -> Option<Framing> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut who = names(rest).into_iter();
    Some(match word {
        "wide" => Framing::Wide,
        "close" => Framing::Close(who.next()?),
        "two" => Framing::Two(who.next()?, who.next()?),
        "insert" => Framing::Insert(who.next()?),
        _ => return None,
    })
}

fn names(list: &str) -> Vec<String> {
    list.split(", ").filter(|n| !n.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_screenplay_is_understood() {
        let script = read(crate::SCREENPLAY);
        assert_eq!(script.not_understood, Vec::<String>::new());
        assert_eq!(script.episodes.len(), crate::FILMS.len());
    }

    #[test]
    fn a_line_without_a_scene_or_a_meaning_is_kept_apart() {
        let script = read("Mara: too early\n== s01e01 A\n@ galley | soup\n! sideways\n~ long\nwhat");
        assert_eq!(script.not_understood, ["Mara: too early", "! sideways", "~ long", "what"]);
    }

    #[test]
    fn a_line_says_who_and_in_which_language() {
        let script = read("== s01e01 A\n@ galley\nInes (es): No fui yo: nunca.\n! two A, B");
        let said =
            Beat::Speak { name: "Ines".into(), language: "es".into(), text: "No fui yo: nunca.".into() };
        assert_eq!(
            script.episodes[0].scenes[0].beats,
            [said, Beat::Cut(Framing::Two("A".into(), "B".into()))]
        );
    }
}
