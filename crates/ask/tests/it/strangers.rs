//! Kinds of wording that strangers to the grammar use, each with several examples that none of them asked.

use rushes_ask::questions::WrittenLexicon;

use crate::support::{ours, reads};

/// People with names that are ordinary words, a group, actions, sounds and shots.
const COAST: &str = r#"
encoder = true
[[label]]
type = "CHARACTER_SEARCH"
names = [["Will", 90], ["May", 80], ["Mark", 60], ["Frank", 70], ["Rose", 50, "the florist"], ["Robin", 40], ["Summer", 30],
         ["Rachel", 90], ["Tess", 20, "the choir"], ["Rudi", 20, "the choir"]]
[[label]]
type = "SCENE_SEARCH"
names = [["harbour", 90], ["beach", 60], ["outside", 50]]
[[label]]
type = "OBJECT_SEARCH"
names = [["rose", 30], ["robin", 20], ["dog", 40]]
[[label]]
type = "ACTION_SEARCH"
names = [["running", 80], ["crying", 70], ["dancing", 60], ["singing", 50], ["swimming", 40]]
[[label]]
type = "SOUND_SEARCH"
names = [["bells", 30], ["music", 60]]
[[label]]
type = "SHOT_MOVEMENT"
names = [["pan", 50]]
[[asset]]
id = "us1a"
movie = "us"
series = "Us"
season = 1
episode = 4
title = "The Night of the Storm"
[[asset]]
id = "us1b"
movie = "us"
series = "Us"
season = 1
episode = 4
title = "The Night of the Storm"
[[asset]]
id = "us2"
movie = "us"
series = "Us"
season = 2
episode = 1
title = "Home"
"#;

fn coast() -> WrittenLexicon {
    WrittenLexicon::read(COAST).unwrap()
}

#[test]
fn what_moments_are_wanted_for_says_nothing_of_them() {
    reads(
        &ours(),
        &[
            ("Mara on the bridge for the autumn campaign", r#"C"Mara" P"wheelhouse""#),
            ("for an article about old boats: Otto", r#"C"Otto""#),
            ("Mara, we have to clear her contract", r#"C"Mara""#),
            ("Mara für die Kampagne", r#"C"Mara""#),
            ("Mara pour la campagne", r#"C"Mara""#),
            ("Mara para la campaña de verano", r#"C"Mara""#),
            ("Mara per il sito web", r#"C"Mara""#),
            ("Mara para o cartaz", r#"C"Mara""#),
            ("Mara voor de nieuwsbrief", r#"C"Mara""#),
            ("Mara looking for the poster", r#"C"Mara" M"poster""#),
            ("Mara with a poster", r#"C"Mara" M"poster""#),
        ],
    );
}

#[test]
fn names_that_are_verbs_are_names_where_no_verb_can_be() {
    reads(
        &coast(),
        &[
            ("shots of may and will on the beach", r#"C"May" C"Will" P"beach""#),
            ("art on the wall of the harbour", r#"M"art on the wall" P"harbour""#),
            ("may on the beach", r#"C"May" P"beach""#),
            ("robins on the beach", r#"O"robin" P"beach""#),
            ("may swimming", r#"C"May" L"ACTION_SEARCH:swimming""#),
            ("will you find the harbour", r#"P"harbour""#),
            ("mark cries", r#"C"Mark" L"ACTION_SEARCH:crying""#),
            ("to be honest, Rose at the harbour", r#"C"Rose" P"harbour""#),
            ("rose at the harbour", r#"C"Rose" P"harbour""#),
            ("a rose on the beach", r#"O"rose" P"beach""#),
            ("rose the florist with a dog", r#"C"Rose" O"dog""#),
            ("robin (a bird) at the harbour", r#"O"robin" P"harbour""#),
        ],
    );
}

#[test]
fn a_group_is_its_members() {
    reads(
        &coast(),
        &[
            ("the choir on the beach", r#"P"beach" |C"Rudi" |C"Tess""#),
            ("the beach without the choir", r#"-C"Rudi" -C"Tess" P"beach""#),
            ("nobody of the choir, the harbour", r#"-C"Rudi" -C"Tess" P"harbour""#),
        ],
    );
}

#[test]
fn what_people_do_is_named_in_poor_english_too() {
    reads(
        &coast(),
        &[
            ("rachel dance with frank", r#"C"Frank" C"Rachel" L"ACTION_SEARCH:dancing""#),
            ("frank he runing", r#"C"Frank" L"ACTION_SEARCH:running""#),
            ("rachl swim", r#"C"Rachel" L"ACTION_SEARCH:swimming""#),
            ("the choir sings", r#"L"ACTION_SEARCH:singing" |C"Rudi" |C"Tess""#),
            ("rachel sesson 2", r#"C"Rachel" @s2"#),
            ("2 most long scene of rachel", r##"C"Rachel" #rank=duration #top=2"##),
            ("shortest clips of rachel", r##"C"Rachel" #rank=shortest"##),
            ("5 sad lines by Rachel", r##"C"Rachel" M"sad lines" #limit=5"##),
        ],
    );
}

#[test]
fn near_is_said_in_either_order() {
    reads(
        &coast(),
        &[
            ("bells at most 4 seconds away from Rachel", r##"L"SOUND_SEARCH:bells" #near<4:C"Rachel""##),
            ("bells within 4 seconds before or after Rachel", r##"L"SOUND_SEARCH:bells" #near<4:C"Rachel""##),
            ("Frank and Rachel, at most 4 seconds away, before or after", r##"C"Frank" #near<4:C"Rachel""##),
            ("Frank höchstens 4 Sekunden entfernt von Rachel", r##"C"Frank" #near<4:C"Rachel""##),
        ],
    );
}

#[test]
fn each_by_itself_and_who_is_not_seen() {
    reads(
        &coast(),
        &[
            ("Rachel and Frank, whether or not together", r#"|C"Frank" |C"Rachel""#),
            ("Rachel und Frank, egal ob zusammen oder nicht", r#"|C"Frank" |C"Rachel""#),
            ("Rachel et Frank, ensemble ou non", r#"|C"Frank" |C"Rachel""#),
            ("everything with Rachel", r#"C"Rachel""#),
            ("Frank talks about Rachel while she isn't there", r#"-C"Rachel" A"Rachel" C"Frank""#),
            ("the harbour, in which Rachel herself is not seen", r#"-C"Rachel" P"harbour""#),
            ("Rachel, outside, no dog", r#"-O"dog" C"Rachel" P"outside""#),
            ("Rachel outside the harbour", r#"-P"harbour" C"Rachel""#),
        ],
    );
}

#[test]
fn lines_are_asked_for_in_further_words() {
    reads(
        &coast(),
        &[
            ("a quote from Frank about boats", r#"A"boats" C"Frank""#),
            ("Will tells us about the war", r#"A"war" C"Will""#),
            (
                "the line that goes something like leave it before they come",
                r#"S"leave it before they come""#,
            ),
            (
                "Rachel states that the boat is lost, or words to that effect",
                r#"C"Rachel" S"the boat is lost""#,
            ),
            ("Rachel says something like get out of my harbour", r#"C"Rachel" S"get out of my harbour""#),
            ("French-language lines by Rachel", r#"C"Rachel" T"DIALOGUE_SEARCH" @lang"fr""#),
            ("deutschsprachige Dialoge von Rachel", r#"C"Rachel" T"DIALOGUE_SEARCH" @lang"de""#),
            ("Rachel in German", r#"C"Rachel" @lang"de""#),
        ],
    );
}

#[test]
fn where_and_how_sure_is_said_in_further_words() {
    reads(
        &coast(),
        &[
            ("Us, season 1: Rachel", r#"C"Rachel" @s1 @series"Us""#),
            ("Rachel in the storm episode", r#"C"Rachel" @e4 @s1"#),
            ("Rachel s1 or s2", r#"C"Rachel" @s1 @s2"#),
            ("us1b rachel", r#"C"Rachel" @asset"us1b""#),
            ("Rachel within the first three minutes", r#"C"Rachel" @time=0..180"#),
            ("Rachel, confidence at least 0.7", r##"C"Rachel" #conf=0.7"##),
            ("Rachel, confidence 80 % or more", r##"C"Rachel" #conf=0.8"##),
            ("Rachel, but nothing from season 2", r#"C"Rachel" @!s2"#),
            ("music audible while Rachel is seen", r#"C"Rachel" L"SOUND_SEARCH:music""#),
            ("a frying pan on the beach", r#"M"frying pan" P"beach""#),
            ("pan over the harbour", r#"L"SHOT_MOVEMENT:pan" P"harbour""#),
        ],
    );
}

#[test]
fn who_asks_for_help_alone_is_told_what_to_ask() {
    reads(
        &ours(),
        &[
            ("hello, how does this work?", "!"),
            ("help", "!"),
            ("hola, ¿cómo funciona?", "!"),
            ("hallo, wie funktioniert das", "!"),
            ("help me find Mara", r#"C"Mara""#),
        ],
    );
}
