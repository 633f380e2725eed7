use super::*;
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

fn folded(text: &str) -> String {
    tokenise(text).into_iter().map(|token| token.folded).collect::<Vec<_>>().join("|")
}

#[test]
fn words_are_cut() {
    for (text, expected) in [
        ("", ""),
        (" ?! ", ""),
        ("How you doin'?", "how|you|doin"),
        ("I'm starving", "im|starving"),
        ("I’m — STARVING…", "im|starving"),
        ("'cause rock'n'roll", "cause|rocknroll"),
        ("I`m don´t", "im|dont"),
        ("the 90's", "the|90s"),
        ("wait.What?no", "wait|what|no"),
        ("red_car well-known", "red|car|well|known"),
        ("F.B.I. and U.S.A, e.g. this", "fbi|and|usa|eg|this"),
        ("J.K. Rowling", "jk|rowling"),
        ("I.am", "i|am"),
        ("3.14 1,000 1,23 10:30 4K", "3.14|1000|1|23|10|30|4k"),
        ("$1,000,000", "1000000"),
        ("1,0000", "1|0000"),
        ("L'Été à Zürich", "lete|a|zurich"),
        ("Чайковский, ёлка", "чайковский|елка"),
        ("黒猫が走る", "黒猫|猫が|が走|走る|る"),
        ("猫", "猫"),
        ("東京Tower 3月", "東京|京|tower|3|月"),
        ("한국어 책", "한국|국어|어|책"),
        ("コーヒー", "コー|ーヒ|ヒー|ー"),
        ("ｶﾞｷﾞ", "ガギ|ギ"),
        ("co\u{AD}op", "coop"),
        ("👍 ok 👩\u{200D}🚀", "👍|ok|👩🚀"),
        ("👍🏽👍 ❤\u{FE0F} 🇫🇷🇩🇪", "👍|👍|❤|🇫🇷|🇩🇪"),
        ("♪ la la ♪ ★", "la|la|★"),
        ("C++ and c++, F# or C#.", "c++|and|c++|f#|or|c#"),
        ("R&B, AT&T, M&M's, rock&roll", "r&b|at&t|m&ms|rock|roll"),
        ("24/7 on 9/11, 24/12/99 1999/2000 and/or", "24/7|on|9/11|24|12|99|1999|2000|and|or"),
        ("A+ 1+1 a++b #tag", "a|1|1|a|b|tag"),
        ("हिन्दी में", "हिन्दी|में"),
    ] {
        assert_eq!(folded(text), expected, "of {text:?}");
    }
}

#[test]
fn tokens_know_their_place_and_their_spelling() {
    let text = "«L’Été», I'm";
    let tokens = tokenise(text);
    assert_eq!(tokens[0].lower, "l'été");
    assert_eq!(tokens[0].folded, "lete");
    assert_eq!(&text[tokens[0].start..tokens[0].end], "L’Été");
    assert_eq!((tokens[1].position, tokens[1].lower.as_str()), (1, "i'm"));
    let text = "黒猫";
    let ends: Vec<_> = tokenise(text).into_iter().map(|t| (t.position, t.start, t.end)).collect();
    assert_eq!(ends, [(0, 0, 6), (1, 3, 6)]);
}

#[test]
fn long_words_are_cut_not_lost() {
    let word = "a".repeat(MAX_TOKEN_BYTES * 2 + 5);
    let lengths: Vec<_> = tokenise(&word).iter().map(|t| t.folded.len()).collect();
    assert_eq!(lengths, [MAX_TOKEN_BYTES, MAX_TOKEN_BYTES, 5]);
    let odd = format!("a{}", "é".repeat(MAX_TOKEN_BYTES));
    assert_eq!(tokenise(&odd).iter().map(|t| t.folded.len()).sum::<usize>(), MAX_TOKEN_BYTES + 1);
    let marks = format!("猫{}", "\u{301}".repeat(10_000));
    assert_eq!(folded(&marks), "猫");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_text_is_cut_at_characters_and_in_order(
        plain in "\\PC{0,40}",
        odd in proptest::collection::vec(any::<char>(), 0..20),
        near in "[a-c'’.,0-9 黒が한ｶﾞก\u{301}\u{200D}_]{0,30}",
    ) {
        let text = plain + &odd.into_iter().collect::<String>() + &near;
        let (mut last_start, mut expected) = (0, 0);
        for token in tokenise(&text) {
            prop_assert!(text.is_char_boundary(token.start) && text.is_char_boundary(token.end));
            prop_assert!(token.start < token.end && token.start >= last_start);
            prop_assert_eq!(token.position, expected);
            prop_assert!(!token.folded.is_empty());
            prop_assert_eq!(crate::fold_word(&token.folded), token.folded.clone());
            (last_start, expected) = (token.start, expected + 1);
        }
    }

    #[test]
    fn words_are_those_of_the_standard_where_nothing_is_tailored(text in "[a-dé-ñж-йא-ג0-3 !?;/()«»-]{0,40}") {
        // Between digits the standard joins at a semicolon, where we part, and parts at a slash, where we join.
        let text = text.replace([';', '/'], " ");
        let ours: Vec<_> = tokenise(&text).into_iter().map(|t| text[t.start..t.end].to_owned()).collect();
        let theirs: Vec<_> = text.unicode_words().map(str::to_owned).collect();
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn every_word_character_is_in_a_token(text in "[a-c0-9 黒が'.,_-]{0,40}") {
        let tokens = tokenise(&text);
        for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
            prop_assert!(tokens.iter().any(|t| t.start <= at && at < t.end), "{c} at {at} of {text:?}");
        }
    }
}
