//! Profiles that are there from the start. One of the same name takes their place.

use rushes_types::Result;

use crate::document::Profile;

const TEXTS: [&str; 5] = [
    r#"name = "editorial"
says = "Cutting: whole moments at their exact ends, snapped to frames"
[plan]
snap = "frame"
[plan.weights]
CHARACTER_SEARCH = 1.5
"#,
    r#"name = "trailer"
inherits = "editorial"
says = "Trailers: few strong moments of each episode, people and pictures before dialogue"
[plan]
group_by = ["episode"]
top = 5
[plan.fold]
overlap = 0.5
[plan.weights]
SCENE_SEARCH = 1.5
DIALOGUE_SEARCH = 0.75
"#,
    r#"name = "marketing"
says = "Campaigns: whole scenes around what was found, in shots of at most twenty seconds, that models are sure of"
[plan]
mode = "union"
max_span = 20
min_confidence = 0.5
[plan.fold]
overlap = 0.5
"#,
    r#"name = "archive"
says = "Archivists: everything there is, exactly, in the order of the footage"
exact = true
[plan]
rank_by = "start"
group_by = ["asset"]
"#,
    r#"name = "compliance"
says = "Compliance: nothing missed; every instance, however unsure, exactly"
exact = true
[plan]
min_confidence = 0.0
rank_by = "start"
[plan.pad]
before = 1
after = 1
"#,
];

/// The profiles.
///
/// # Errors
/// None, but for a bug.
pub fn built_in() -> Result<Vec<Profile>> {
    TEXTS.iter().map(|text| Profile::read_toml(text)).collect()
}
