//! Names as people write them, and what they say.

use super::*;

fn said(stem: &str) -> String {
    let n = read(stem);
    let text = |t: Option<String>| t.unwrap_or_else(|| "-".to_owned());
    let number = |n: Option<i64>| n.map_or("-".to_owned(), |n| n.to_string());
    let last = n.last_episode.map(|l| format!("-{l}")).unwrap_or_default();
    format!(
        "{} | {} | {}{last} | {} | {}",
        text(n.series),
        number(n.season),
        number(n.episode),
        text(n.title),
        number(n.year)
    )
}

#[test]
fn series_season_episode_title_and_year_are_read() {
    for (name, wanted) in [
        ("Friends.S01E02.The.Sonogram.720p.WEB-DL.x264", "Friends | 1 | 2 | The Sonogram | -"),
        ("friends - 1x02 - The Sonogram", "friends | 1 | 2 | The Sonogram | -"),
        ("Friends S1E2", "Friends | 1 | 2 | - | -"),
        ("friends_s01_e02", "friends | 1 | 2 | - | -"),
        ("The Night Ferry - S02E10-E11 - Fog, Part 1", "The Night Ferry | 2 | 10-11 | Fog, Part 1 | -"),
        ("Show.Name.2019.S03E04E05.1080p", "Show Name | 3 | 4-5 | - | 2019"),
        ("Show Season 2 Episode 7 - Home", "Show | 2 | 7 | Home | -"),
        ("Show (1994)/Season 1/02 - The Sonogram", "Show | 1 | 2 | The Sonogram | 1994"),
        ("Show/Season 01/Episode 3", "Show | 1 | 3 | - | -"),
        ("Show/S02/E05", "Show | 2 | 5 | - | -"),
        ("Serie/Staffel 3/Folge 12 - Nebel", "Serie | 3 | 12 | Nebel | -"),
        ("Série/Saison 1/Épisode 4", "Série | 1 | 4 | - | -"),
        ("Serie/Temporada 1/Serie - 1x03", "Serie | 1 | 3 | - | -"),
        ("Show/Specials/S00E01", "Show | 0 | 1 | - | -"),
        ("[Group] Show - 05 [1080p]", "Show | - | 5 | - | -"),
        ("Show - Ep. 9", "Show | - | 9 | - | -"),
        ("Show/Show Season 4/Show 4x01 Pilot", "Show | 4 | 1 | Pilot | -"),
        ("Sintel (2010)", "- | - | - | Sintel | 2010"),
        ("Sintel.2010.1080p.BluRay", "- | - | - | Sintel | 2010"),
        ("1917", "- | - | - | 1917 | -"),
        ("2001 A Space Odyssey (1968)", "- | - | - | 2001 A Space Odyssey | 1968"),
        ("Blade.Runner.2049.2017.2160p", "- | - | - | Blade Runner 2049 | 2017"),
        ("tears-of-steel-battle-clip-medium", "- | - | - | tears-of-steel-battle-clip-medium | -"),
        ("interview take 3", "- | - | - | interview take 3 | -"),
        ("big_buck_bunny_0_30", "- | - | - | big buck bunny 0 30 | -"),
        ("a\nb", "- | - | - | a b | -"),
        ("", "- | - | - | - | -"),
        ("...", "- | - | - | - | -"),
        ("s99999999999999999999e1", "- | - | - | s99999999999999999999e1 | -"),
    ] {
        assert_eq!(said(name), wanted, "{name}");
    }
}

#[test]
fn names_that_cameras_give_are_reels() {
    for (name, reel) in [
        ("A001_C002_0101AB", Some("A001")),
        ("B012C003_220101_R1AB", Some("B012")),
        ("day 1/A0001C0002_x", Some("A0001")),
        ("A1_C2", None),
        ("Ä001_C002", None),
    ] {
        assert_eq!(read(name).reel.as_deref(), reel, "{name}");
    }
}

#[test]
fn a_slug_holds_letters_digits_and_dashes() {
    for (text, wanted) in [
        ("The Night Ferry", "the-night-ferry"),
        ("Ocean's 8 (2018)", "oceans-8-2018"),
        ("Épisode/1", "épisode-1"),
        ("夜のフェリー", "夜のフェリー"),
        ("--", ""),
    ] {
        assert_eq!(slug(text), wanted);
    }
}
