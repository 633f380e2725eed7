//! What the demo asks, each question telling something else about the search.

use rushes_show::looks;
use serde_json::{Value, json};

/// A question: in words, and as it is sent.
pub struct Question {
    /// In words.
    pub words: &'static str,
    /// As it is sent.
    pub request: Value,
}

const fn ask(words: &'static str, request: Value) -> Question {
    Question { words, request }
}

/// In plain words: they are what is sent.
fn asked(words: &'static str) -> Question {
    Question { words, request: json!({"q": words}) }
}

fn who(label: &str) -> Value {
    json!({"type": "CHARACTER_SEARCH", "label": label})
}

fn place(label: &str) -> Value {
    json!({"type": "SCENE_SEARCH", "label": label})
}

fn said(phrase: &str) -> Value {
    json!({"type": "DIALOGUE_SEARCH", "phrase": phrase})
}

fn word(text: &str) -> Value {
    json!({"type": "DIALOGUE_SEARCH", "text": text})
}

/// All questions.
pub fn questions() -> Vec<Question> {
    let mut all = about_words();
    all.extend(about_moments());
    all
}

fn about_words() -> Vec<Question> {
    vec![
        asked("Mara in the galley"),
        ask("Somebody says “could you pass the salt”", json!({"all": [said("could you pass the salt")]})),
        ask(
            "A phrase that runs over three lines of two people",
            json!({"all": [said("pass the salt could you say please please could you")]}),
        ),
        ask(
            "The words of a phrase in another order: slop",
            json!({"all": [{"type": "DIALOGUE_SEARCH", "phrase": "rope the mind", "slop": 4}]}),
        ),
        ask(
            "Any form of “foot”, “swim” or “steal”: feet, swam, stolen",
            json!({"any": [word("foot"), word("swim"), word("steal")]}),
        ),
        ask(
            "In Spanish, any form of “traer”: traigo, trajo",
            json!({"all": [word("traer")], "scope": {"languages": ["es"]}}),
        ),
        ask(
            "Whatever the language: lanterns in German, geese in French",
            json!({"any": [word("Laterne"), word("oies")]}),
        ),
        ask(
            "A typing mistake in a phrase: “geese dont raed signs”",
            json!({"all": [{"type": "DIALOGUE_SEARCH", "phrase": "geese dont raed signs", "fuzziness": "auto"}]}),
        ),
        ask(
            "A typing mistake in a name: “capten” on screen",
            json!({"all": [{"type": "CHARACTER_SEARCH", "text": "capten", "fuzziness": "auto"}], "limit": 2}),
        ),
    ]
}

fn about_moments() -> Vec<Question> {
    vec![
        asked("Mara saying 'pass the salt' in episode 5"),
        ask(
            "Somebody trips over a rope, by the captions of shots",
            json!({"all": [{"type": "CAPTION_SEARCH", "text": "trip rope"}]}),
        ),
        asked("Mara en la galley sin Joao"),
        asked("Admiral, then salt within 20 seconds"),
        ask("Joao and the galley: exactly where both are", json!({"all": [who("Joao"), place("galley")]})),
        ask(
            "Joao and the galley: the whole of what met (union)",
            json!({"all": [who("Joao"), place("galley")], "mode": "union"}),
        ),
        ask(
            "Ines in the galley without Mara, for two seconds or more",
            json!({"all": [who("Ines"), place("galley")], "none": [who("Mara")],
                   "where": [{"duration": {"gte": 2}}]}),
        ),
        ask(
            "What is said, by what it means: “I am hungry, is there something to eat?”",
            json!({"all": [{"type": "MEANING_SEARCH", "vector": {"space": "meaning@1",
                "text": "I am hungry, is there something to eat?", "k": 2, "exact": true}}]}),
        ),
        ask(
            "Shots of later episodes that look most like the very first one",
            json!({"all": [{"type": "SCENE_SEARCH", "model": "frames@1", "vector": {
                "values": looks::vector(0), "metric": "cosine", "k": 4, "exact": true}}],
                "scope": {"episodes": [2, 3, 4, 5]}}),
        ),
        asked("Longest Otto per episode"),
    ]
}
