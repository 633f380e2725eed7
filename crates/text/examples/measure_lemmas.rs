//! How well are words known by their lemmas? Measured on running text with lemmas by people:
//!
//!     cargo run --release -p rushes-text --example measure_lemmas -- LANGUAGE FOLDER|FILE.conllu [WORST]
//!
//! Reads CoNLL-U (word, lemma and part of speech are columns 2, 3 and 4), without punctuation, signs, numbers and what
//! is foreign. Over pairs of places in the text whose words are spelled differently: *recall* is how many of those with
//! one lemma are held to be the same word, *precision* how many of those held the same have one lemma. Once over all
//! words and once over content words (nouns, names, verbs, adjectives, adverbs). *Found by lemma*: of the inflected words,
//! how many are found by their lemma. WORST lists so many of the pairs that cost most, missed and false.

use rushes_text::{Analyzer, Forms, Language, fold_word, lower_word};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Write;
use std::path::Path;

const LEFT_OUT: [&str; 5] = ["PUNCT", "SYM", "X", "NUM", "_"];
const CONTENT: [&str; 6] = ["NOUN", "PROPN", "VERB", "AUX", "ADJ", "ADV"];

/// How often each spelling has each lemma.
type Counts = BTreeMap<String, BTreeMap<String, u64>>;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [tag, path, rest @ ..] = args.as_slice() else {
        return Err("say LANGUAGE and FOLDER or FILE".into());
    };
    let worst: usize = rest.first().map_or(Ok(0), |n| n.parse())?;
    let language = Language::parse(tag);
    let (all, content) = read(Path::new(path))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:<8} {:>8} {:>9} {:>15}", "words", "recall", "precision", "found by lemma")?;
    for (name, counts) in [("all", &all), ("content", &content)] {
        if counts.is_empty() {
            return Err(format!("no words with lemmas in {path}").into());
        }
        let pairs = pairs(counts, language);
        let found = found_by_lemma(counts, language);
        writeln!(
            out,
            "{name:<8} {:>8.3} {:>9.3} {found:>15.3}",
            ratio(pairs.both, pairs.one_lemma),
            ratio(pairs.both, pairs.held)
        )?;
        for (title, mut list) in [("missed", pairs.missed), ("false", pairs.wrong)] {
            list.sort_by(|a, b| b.cmp(a));
            let shown: Vec<String> =
                list.iter().take(worst).map(|(n, a, b)| format!("{a} {b} {n}")).collect();
            if !shown.is_empty() {
                writeln!(out, "  {title}: {}", shown.join(", "))?;
            }
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<(Counts, Counts), Box<dyn Error>> {
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        files =
            std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
        files.retain(|file| file.extension().is_some_and(|kind| kind == "conllu"));
    }
    let (mut all, mut content) = (Counts::new(), Counts::new());
    for file in files {
        for line in std::fs::read_to_string(file)?.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let [id, word, lemma, part, ..] = fields[..] else { continue };
            let lemma = lemma.replace(['_', '|'], "");
            let is_word = |text: &str| !text.is_empty() && text.chars().all(char::is_alphabetic);
            if id.parse::<u32>().is_err() || LEFT_OUT.contains(&part) || !is_word(word) || !is_word(&lemma) {
                continue;
            }
            let of = if CONTENT.contains(&part) { vec![&mut all, &mut content] } else { vec![&mut all] };
            for counts in of {
                *counts.entry(lower_word(word)).or_default().entry(fold_word(&lemma)).or_default() += 1;
            }
        }
    }
    Ok((all, content))
}

fn forms_of(word: &str, language: Language) -> Forms {
    let mut forms = Forms::new();
    Analyzer::default().forms(&lower_word(word), &fold_word(word), language, &mut forms);
    forms
}

/// In pairs of places.
#[derive(Default)]
struct Pairs {
    one_lemma: u64,
    held: u64,
    both: u64,
    missed: Vec<(u64, String, String)>,
    wrong: Vec<(u64, String, String)>,
}

fn pairs(counts: &Counts, language: Language) -> Pairs {
    let words: Vec<(&String, String, Forms, &BTreeMap<String, u64>)> = counts
        .iter()
        .map(|(word, lemmas)| (word, fold_word(word), forms_of(word, language), lemmas))
        .collect();
    // Only words that share a lemma or a form are worth comparing.
    let mut together: BTreeMap<(bool, &str), Vec<usize>> = BTreeMap::new();
    for (idx, (_, _, forms, lemmas)) in words.iter().enumerate() {
        lemmas.keys().for_each(|lemma| together.entry((false, lemma)).or_default().push(idx));
        forms.iter().for_each(|form| together.entry((true, form)).or_default().push(idx));
    }
    let couples: BTreeSet<(usize, usize)> = together
        .values()
        .flat_map(|group| {
            group.iter().enumerate().flat_map(|(at, a)| group[at + 1..].iter().map(|b| (*a, *b)))
        })
        .collect();
    let mut sums = Pairs::default();
    for (a, b) in couples {
        let ((word_a, folded_a, forms_a, of_a), (word_b, folded_b, forms_b, of_b)) = (&words[a], &words[b]);
        if folded_a == folded_b {
            continue;
        }
        let places = of_a.values().sum::<u64>() * of_b.values().sum::<u64>();
        let one_lemma: u64 = of_a.iter().map(|(lemma, n)| n * of_b.get(lemma).copied().unwrap_or(0)).sum();
        let pair = |n: u64| (n, (*word_a).clone(), (*word_b).clone());
        sums.one_lemma += one_lemma;
        if forms_a.meets(forms_b) {
            sums.held += places;
            sums.both += one_lemma;
            sums.wrong.extend((places > one_lemma).then(|| pair(places - one_lemma)));
        } else {
            sums.missed.push(pair(one_lemma));
        }
    }
    sums
}

/// Of the places whose word is not spelled as its lemma, how many are found by it.
fn found_by_lemma(counts: &Counts, language: Language) -> f64 {
    let (mut found, mut inflected) = (0, 0);
    for (word, lemmas) in counts {
        let forms = forms_of(word, language);
        for (lemma, n) in lemmas.iter().filter(|(lemma, _)| fold_word(word) != **lemma) {
            inflected += n;
            found += if forms.meets(&forms_of(lemma, language)) { *n } else { 0 };
        }
    }
    ratio(found, inflected)
}

#[expect(clippy::cast_precision_loss, reason = "a corpus has far fewer than 2^52 pairs of places")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}
