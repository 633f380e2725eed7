use proptest::prelude::*;
use rushes_encode::{BUILT_IN_DIMENSIONS, Encoder, StaticEncoder};

fn encode(text: &str) -> Option<Vec<f32>> {
    StaticEncoder::built_in().unwrap().encode_texts(&[text]).unwrap().pop().unwrap()
}

fn near(a: &str, b: &str) -> f32 {
    let (a, b) = (encode(a).unwrap(), encode(b).unwrap());
    a.iter().zip(&b).map(|(x, y)| x * y).sum()
}

#[test]
fn what_means_alike_is_nearer() {
    for (asked, alike, unlike) in [
        ("kitchen", "someone cooks dinner on the stove", "a car chase at night"),
        ("he is starving", "I'm so hungry I could eat a horse", "she missed the train"),
        ("a wedding", "the bride walks down the aisle", "he fixes the engine of the boat"),
        ("they argue", "stop shouting at me, I hate when we fight", "the sun rises over the sea"),
        ("running away", "he ran off as fast as he could", "a quiet cup of tea"),
        ("hospital", "the doctor examines the patient", "he plays the guitar"),
    ] {
        let (alike, unlike) = (near(asked, alike), near(asked, unlike));
        assert!(alike > unlike + 0.1, "{asked}: {alike} and {unlike}");
    }
}

#[test]
fn a_text_without_a_known_word_says_nothing() {
    for text in ["", "   ", "\u{1f600}", "кухня", "厨房", &"a".repeat(200)] {
        assert_eq!(encode(text), None, "{text}");
    }
}

#[test]
fn the_numbers_are_the_same_on_every_machine() {
    let vector = encode("Could you pass the salt, please?").unwrap();
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for byte in vector.iter().flat_map(|x| x.to_bits().to_le_bytes()) {
        sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    assert_eq!(
        format!("{sum:016x}"),
        "58014cdf22afce9c",
        "another table is another encoder: give it another name"
    );
}

proptest! {
    #[test]
    fn every_text_is_at_unit_length_or_says_nothing(text in "\\PC*|[a-z ]{0,80}|[\\x00-\\x7f]{0,200}") {
        if let Some(vector) = encode(&text) {
            prop_assert_eq!(vector.len(), BUILT_IN_DIMENSIONS);
            let length: f64 = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
            prop_assert!((length - 1.0).abs() < 1e-5, "{}", length);
            prop_assert_eq!(encode(&text), Some(vector));
        }
    }
}
