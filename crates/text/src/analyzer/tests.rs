use super::*;
use crate::tokenise;
use proptest::prelude::*;

fn is_same(a: &str, b: &str, language: Language) -> bool {
    Analyzer::default().same_word(a, b, language)
}

fn all_same(language: Language, groups: &[&str]) {
    let mut missed = Vec::new();
    for group in groups {
        let words: Vec<&str> = group.split_whitespace().collect();
        for word in &words[1..] {
            if !is_same(words[0], word, language) || !is_same(word, words[0], language) {
                missed.push(format!("{} {word}", words[0]));
            }
        }
    }
    assert!(missed.is_empty(), "{language:?}: {missed:?}");
}

#[test]
fn english_irregular_forms_meet() {
    all_same(
        Language::En,
        &[
            "run running ran runs",
            "foot feet",
            "go went gone going goes",
            "goose geese",
            "see saw seen seeing",
            "saw saws sawing",
            "good better best",
            "bad worse worst",
            "be is are was were been am",
            "have has had",
            "do did done does",
            "child children",
            "woman women",
            "mouse mice",
            "tooth teeth",
            "leave left",
            "wolf wolves",
            "speak spoke spoken",
            "big bigger biggest",
            "happy happier happiest",
            "dog dog's dogs",
        ],
    );
    for (a, b) in [("he'll", "hello"), ("number", "numb"), ("crew", "crow"), ("kitchen", "kitten")] {
        assert!(!is_same(a, b, Language::En), "{a} and {b}");
    }
}

#[test]
fn every_language_has_its_forms() {
    all_same(
        Language::Es,
        &["correr corriendo corrió corren", "casa casas", "gato gatos gata", "canción canciones cancion"],
    );
    all_same(
        Language::Fr,
        &["manger mangeait mangé mange", "heureux heureuse", "cheval chevaux", "homme l'homme hommes"],
    );
    all_same(
        Language::De,
        &["Haus Häuser Hauses", "laufen laufe läuft lief", "Straße Strassen", "Kind Kinder Kindern"],
    );
    all_same(
        Language::It,
        &["parlare parlando parlato", "ragazzo ragazzi", "acqua dell'acqua", "città citta"],
    );
    all_same(Language::Pt, &["falar falando falou", "menino meninos", "gato gata gatos"]);
    all_same(Language::Nl, &["huis huizen", "lopen loopt", "boek boeken"]);
    all_same(Language::Sv, &["hund hundar hundarna", "flicka flickor", "springa springer"]);
    all_same(
        Language::Ru,
        &["книга книги книгу", "говорить говорил говорила", "дом дома домов", "ёлка елка ёлки"],
    );
    all_same(Language::Da, &["hund hunde hundene", "hus huset", "bil biler"]);
    all_same(Language::No, &["hund hunder hundene", "gutt gutter", "bil biler bilen"]);
    all_same(Language::Fi, &["talo talossa talot", "auto autot autossa", "kissa kissat kissalla"]);
    all_same(Language::Hu, &["ház házak házban", "kutya kutyák", "autó autók"]);
    all_same(Language::Ro, &["casă casa", "copil copilul", "munte munți"]);
    all_same(Language::Tr, &["ev evler evde", "kitap kitaplar", "okul okullar"]);
    all_same(Language::Ar, &["كتاب الكتاب", "مدرسة المدرسة", "بيت البيت"]);
    all_same(Language::El, &["σπίτι σπίτια", "γάτα γάτες", "δρόμος δρόμοι"]);
}

#[test]
fn more_languages_have_stems() {
    let with_stems = Language::ALL.iter().filter(|language| language.stemmer().is_some()).count();
    assert!(with_stems >= 34, "{with_stems}");
    all_same(Language::Cs, &["město města", "žena ženy"]);
    all_same(Language::Pl, &["kobieta kobiety", "książka książki"]);
    all_same(Language::Uk, &["книга книги книгу"]);
    all_same(Language::Lt, &["namas namai"]);
    all_same(Language::Et, &["maja majad"]);
    all_same(Language::Eo, &["domo domoj domon"]);
    all_same(Language::Id, &["makan makanan"]);
}

#[test]
fn what_is_written_onto_a_word_is_no_part_of_it() {
    all_same(Language::En, &["do don't", "can can't", "we we're", "dog dog’s"]);
    all_same(Language::Fr, &["amour l'amour", "amours l’amour"]);
    all_same(Language::It, &["arte dell'arte", "fare farlo", "dare dandogli"]);
    all_same(Language::Es, &["decir dímelo", "decir decirlo", "hacer haciéndolo"]);
}

#[test]
fn numbers_are_words_and_digits() {
    assert!(is_same("two", "2", Language::En) && is_same("vierundzwanzig", "24", Language::De));
    assert!(!is_same("two", "3", Language::En) && !is_same("un", "1", Language::Fr));
}

#[test]
fn common_irregular_forms_meet_in_other_languages() {
    all_same(Language::Es, &["ir fui voy vamos iba", "ser fue soy", "decir dijo digo", "poder puedo pudo"]);
    all_same(Language::Fr, &["aller vais ira", "œil yeux oeil", "être suis était j'étais", "avoir j'ai eu"]);
    all_same(Language::De, &["gehen ging gegangen", "sein war bin", "essen aß gegessen", "gut besser"]);
    all_same(Language::It, &["andare vado vanno", "uomo uomini l'uomo", "fare fatto fece"]);
    all_same(Language::Pt, &["ir vou foi", "fazer fiz feito", "ser são sou"]);
    all_same(Language::Nl, &["lopen liep gelopen", "kind kinderen", "zijn was geweest"]);
    all_same(Language::Sv, &["gå gick gått", "bok böcker", "springa sprang"]);
    all_same(Language::Ru, &["идти шёл шел шла иду", "человек люди", "ребёнок дети"]);
}

#[test]
fn languages_without_stems_have_the_word_itself() {
    let analyzer = Analyzer::default();
    let mut forms = Forms::new();
    for language in [Language::Zh, Language::Ja, Language::Ko, Language::Und] {
        analyzer.forms("猫が", "猫が", language, &mut forms);
        assert_eq!(forms.as_slice(), ["猫が"]);
    }
    assert!(is_same("Été", "ete", Language::Und));
    assert!(!is_same("run", "ran", Language::Und));
    let english = Analyzer::new(Language::En);
    assert!(english.same_word("run", "ran", Language::Und));
}

#[test]
fn an_operators_lemmas_count_in_their_language() {
    let mut analyzer = Analyzer::default();
    analyzer.user_lemmas.add(Language::Fi, "juoksin\tjuosta\n").unwrap();
    assert!(analyzer.same_word("Juoksin", "juosta", Language::Fi));
    assert!(!analyzer.same_word("juoksin", "juosta", Language::Sv));
}

#[test]
fn forms_are_sorted_and_each_once() {
    let mut forms = Forms::new();
    for form in ["see", "saw", "see", "", "abc"] {
        forms.insert(form);
    }
    assert_eq!(forms.as_slice(), ["abc", "saw", "see"]);
    forms.clear();
    forms.insert("x");
    assert_eq!(forms.as_slice(), ["x"]);
}

fn letters() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zà-ÿ'ßœ]{0,24}",
        "[а-яё']{0,16}",
        "[α-ωάέήίόύώϊΐς]{0,16}",
        "[ا-يًٌَُِّْ]{0,16}",
        "[ğışçöüâa-z]{0,16}",
        "[a-zőűțșăîâåäöøæ]{0,16}",
        "\\PC{0,12}",
        proptest::collection::vec(any::<char>(), 0..8).prop_map(|cs| cs.into_iter().collect()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn no_word_is_too_odd_for_any_language(word in letters()) {
        let analyzer = Analyzer::default();
        let mut forms = Forms::new();
        for token in tokenise(&word) {
            for language in Language::ALL {
                analyzer.forms(&token.lower, &token.folded, *language, &mut forms);
                prop_assert!(forms.as_slice().is_sorted());
                for form in forms.iter() {
                    prop_assert_eq!(fold_word(form), form);
                }
            }
        }
        let _ = analyzer.same_word(&word, "x", Language::En);
    }
}
