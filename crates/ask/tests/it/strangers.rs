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

/// Films of a series, titles with marks, and actions as detectors label them.
const QUAY: &str = r#"
encoder = true
[[label]]
type = "CHARACTER_SEARCH"
names = [["Ada Kowalski", 300, "Ada"], ["Bruno Fell", 250, "Bruno"], ["Tariq", 80]]
[[label]]
type = "SCENE_SEARCH"
names = [["greenhouse", 120], ["market", 130]]
[[label]]
type = "OBJECT_SEARCH"
names = [["cake", 44]]
[[label]]
type = "ACTION_SEARCH"
names = [["argue with (a person)", 300], ["smile at (a person)", 200], ["laugh", 120], ["fall over", 20], ["hand wave", 30],
         ["ride (e.g., a bike, a horse)", 70]]
[[label]]
type = "SHOT_SIZE"
names = [["close-up", 900]]
[[asset]]
id = "iron-tide"
movie = "iron-tide"
title = "Iron Tide"
[[asset]]
id = "iron-tide-2"
movie = "iron-tide-2"
title = "Iron Tide II: Salvage"
[[asset]]
id = "iron-tide-3"
movie = "iron-tide-3"
title = "The Iron Tide III"
[[asset]]
id = "630-to-basel"
movie = "630-to-basel"
title = "6:30 to Basel"
"#;

fn quay() -> WrittenLexicon {
    WrittenLexicon::read(QUAY).unwrap()
}

#[test]
fn purposes_reasons_and_politeness_are_told_by_their_place() {
    reads(
        &quay(),
        &[
            ("Ada at the market for our autumn lookbook", r#"C"Ada Kowalski" P"market""#),
            ("Ada in the greenhouse, because we open with it", r#"C"Ada Kowalski" P"greenhouse""#),
            ("we must cut this by tonight: Ada and Bruno", r#"C"Ada Kowalski" C"Bruno Fell""#),
            ("Good morning team, Tariq with a cake, thank you so much in advance", r#"C"Tariq" O"cake""#),
            ("Ada laughing (needed for the press kit)", r#"C"Ada Kowalski" L"ACTION_SEARCH:laugh""#),
            ("my colleague wants Ada at the market", r#"C"Ada Kowalski" P"market""#),
            ("for internal use only: Ada", r#"C"Ada Kowalski""#),
            ("Bonjour à tous, Ada au market, merci d'avance", r#"C"Ada Kowalski" P"market""#),
            ("Guten Morgen zusammen, Ada, weil wir das zeigen", r#"C"Ada Kowalski""#),
            ("Hola equipo, Ada sin Bruno", r#"-C"Bruno Fell" C"Ada Kowalski""#),
            ("Ada senza Bruno, grazie mille", r#"-C"Bruno Fell" C"Ada Kowalski""#),
            ("a cake for a child", r#"M"child" O"cake""#),
            ("someone waiting for a train", r#"M"waiting for a train""#),
            ("sad: Ada", r#"C"Ada Kowalski" M"sad""#),
        ],
    );
}

#[test]
fn labels_are_told_by_their_verb_and_with_their_brackets() {
    reads(
        &quay(),
        &[
            ("Bruno argued", r#"C"Bruno Fell" L"ACTION_SEARCH:argue with (a person)""#),
            ("Tariq smilling", r#"C"Tariq" L"ACTION_SEARCH:smile at (a person)""#),
            ("Ada waves", r#"C"Ada Kowalski" L"ACTION_SEARCH:hand wave""#),
            ("somebody falls over", r#"L"ACTION_SEARCH:fall over""#),
            (
                "ride (e.g., a bike, a horse): Ada",
                r#"C"Ada Kowalski" L"ACTION_SEARCH:ride (e.g., a bike, a horse)""#,
            ),
            ("the market with nobody laughing", r#"-L"ACTION_SEARCH:laugh" P"market""#),
            ("Ada close up", r#"C"Ada Kowalski" L"SHOT_SIZE:close-up""#),
            ("bruno fel whitout cake", r#"-O"cake" C"Bruno Fell""#),
        ],
    );
}

#[test]
fn films_of_a_series_are_told_by_their_number() {
    reads(
        &quay(),
        &[
            ("Ada in the second film Iron Tide", r#"C"Ada Kowalski" @movie"iron-tide-2""#),
            ("Ada in iron tide 2 and 3", r#"C"Ada Kowalski" @movie"iron-tide-2" @movie"iron-tide-3""#),
            (
                "Ada in Iron Tide, not Iron Tide II",
                r#"C"Ada Kowalski" @!movie"iron-tide-2" @movie"iron-tide""#,
            ),
            (
                "all but Iron Tide 2 and 6:30 to Basel: Ada",
                r#"C"Ada Kowalski" @!movie"630-to-basel" @!movie"iron-tide-2""#,
            ),
            ("Iron Tide (the first film, not the sequels): Ada", r#"C"Ada Kowalski" @movie"iron-tide""#),
        ],
    );
}

#[test]
fn amounts_are_read_in_further_words() {
    reads(
        &quay(),
        &[
            ("Ada, then Bruno, max 3 sec in between", r#"C"Ada Kowalski" >3 C"Bruno Fell""#),
            (
                "Zuerst Ada, dann Bruno, höchstens 5 Sekunden dazwischen",
                r#"C"Ada Kowalski" >5 C"Bruno Fell""#,
            ),
            ("market, duration over 30 seconds", r##"P"market" #dur>30"##),
            ("not more than 5 clips of Ada", r##"C"Ada Kowalski" #limit=5"##),
            ("Ada, over 80 percent confidence", r##"C"Ada Kowalski" #conf=0.8"##),
            ("Ada in French or German", r#"C"Ada Kowalski" @lang"de" @lang"fr""#),
        ],
    );
}

#[test]
fn a_plea_for_help_asks_for_no_moments() {
    reads(
        &quay(),
        &[
            ("Hello, is anyone free to help me today?", "!"),
            ("can anyone help me with Ada", r#"C"Ada Kowalski""#),
        ],
    );
}
