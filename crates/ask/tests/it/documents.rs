//! What the document says can be said, can be said.

use rushes_ask::questions::{LEXICON, WrittenLexicon};
use rushes_ask::{ask, in_short};
use rushes_plan::Plan;

const ASKING: &str = include_str!("../../../../docs/asking.md");

/// The examples of the tables: what stands in back-ticks in their first column.
fn examples() -> Vec<&'static str> {
    let rows = ASKING.lines().filter_map(|line| line.strip_prefix("| `"));
    let firsts = rows.filter_map(|row| row.split(" |").next());
    firsts
        .flat_map(|first| first.split('`').step_by(2))
        .filter(|e| e.contains(' ') || e.contains('"'))
        .collect()
}

#[test]
fn every_example_of_the_document_is_understood() {
    let lexicon = WrittenLexicon::read(LEXICON).unwrap();
    let examples = examples();
    assert!(examples.len() > 40, "{}", examples.len());
    for example in examples {
        let asked = ask(example, &Plan::default(), &lexicon)
            .or_else(|_| ask(&format!("Mara {example}"), &Plan::default(), &lexicon))
            .unwrap();
        let left_out: Vec<_> = asked.warnings.iter().filter(|w| w.code == "not_understood").collect();
        assert!(left_out.is_empty(), "{example}: {left_out:?}");
        let short = in_short(&asked.plan);
        assert_eq!(short.contains("M\""), example.contains("running"), "{example}: {short}");
    }
}
