//! Prints the forms by which words are known: `term_sets LANGUAGE < words`, one word a line. For measuring.

use rushes_text::{Analyzer, Forms, Language, fold_word, lower_word};
use std::io::{BufRead, Write};

fn main() -> std::io::Result<()> {
    let language = Language::parse(&std::env::args().nth(1).unwrap_or_default());
    let (analyzer, mut forms) = (Analyzer::default(), Forms::new());
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let word = line?;
        let folded = fold_word(&word);
        analyzer.forms(&lower_word(&word), &folded, language, &mut forms);
        writeln!(out, "{word}\t={folded} {}", forms.as_slice().join(" "))?;
    }
    Ok(())
}
