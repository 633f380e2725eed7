use rushes_ask::questions::{LEXICON, WrittenLexicon};
use std::io::BufRead;
fn main() {
    let mut args = std::env::args().skip(1);
    let lexicon = args.next().map_or(LEXICON.to_owned(), |p| if p == "-" { LEXICON.to_owned() } else { std::fs::read_to_string(p).unwrap() });
    let lexicon = WrittenLexicon::read(&lexicon).unwrap();
    let full = args.next().is_some();
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        if full { println!("{}", rushes_ask::lattice_of(&line, &lexicon).unwrap()); }
        match rushes_ask::ask(&line, &Default::default(), &lexicon) {
            Ok(a) => {
                println!("{line}\n    {}", rushes_ask::in_short(&a.plan));
                for w in &a.warnings { println!("      ! {}: {}", w.code, w.message); }
                if let Some(o) = &a.reading.alternative { println!("      ~ {}", rushes_ask::in_short(&o.plan)); }
            }
            Err(e) => println!("{line}\n    REFUSED {}", e.message()),
        }
    }
}
