use super::*;

#[test]
fn tags_are_read() {
    for (tag, expected) in [
        ("en", Language::En),
        ("en-US", Language::En),
        ("ENG", Language::En),
        ("pt_BR", Language::Pt),
        ("ger", Language::De),
        ("nb-NO", Language::No),
        (" zh-Hans ", Language::Zh),
        ("jpn", Language::Ja),
        ("tlh", Language::Und),
        ("", Language::Und),
        ("und", Language::Und),
    ] {
        assert_eq!(Language::parse(tag), expected, "{tag:?}");
    }
    for language in Language::ALL {
        assert_eq!(Language::parse(language.as_str()), *language);
    }
}

#[test]
fn guesses_are_made_only_where_they_are_sure() {
    let spanish = "No sé qué decirte, pero creo que deberíamos volver a casa antes de que llegue la noche. Mañana hablaremos con los niños y con tu madre.";
    for (text, default, expected) in [
        ("Joey", Language::Fr, Language::Fr),
        ("", Language::Fr, Language::Fr),
        ("12:30 !?", Language::Und, Language::Und),
        (spanish, Language::En, Language::Es),
        ("We were on a break, and you know that as well as everybody else here.", Language::De, Language::En),
        ("黒猫が走る", Language::En, Language::Ja),
        ("我们走吧", Language::En, Language::Zh),
        ("東京", Language::Ja, Language::Ja),
        ("안녕하세요", Language::En, Language::Ko),
        ("Привет", Language::En, Language::Ru),
        ("Καλημέρα", Language::En, Language::El),
        ("مرحبا", Language::En, Language::Ar),
        ("We met at 東京 station", Language::En, Language::En),
    ] {
        assert_eq!(detect(text, default), expected, "{text:?}");
    }
}
