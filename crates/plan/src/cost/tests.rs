//! The estimate, printed, and what is refused.
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

use super::*;
use crate::knowledge::Knowledge;
use crate::plan::Plan;
use crate::resolve::resolve;

struct Nothing;

impl Knowledge for Nothing {}

fn query(plan: &str) -> Query {
    let resolved = resolve(&Plan::parse(plan).unwrap(), &Nothing, None).unwrap();
    Query::compile(&resolved.plan).unwrap()
}

/// Ten hours of footage.
const TEN_HOURS: ClauseCounts = ClauseCounts {
    dictionary: 30_000,
    expansions: 2,
    listed: 900,
    shortest: 100,
    lines: 7_000,
    entries: 53_000,
    vectors: 8_000,
};

fn cost(plan: &str, counted: ClauseCounts) -> Cost {
    let query = query(plan);
    estimate(&query, &vec![vec![counted]; query.criteria.len()])
}

#[test]
fn the_estimate_of_a_query_can_be_read() {
    let plan = r#"{"all":[{"type":"CHARACTER_SEARCH","label":"Mara"},
        {"type":"DIALOGUE_SEARCH","text":"pass the salt"},
        {"type":"DIALOGUE_SEARCH","text":"kichen","fuzziness":1},
        {"type":"DIALOGUE_SEARCH","phrase":"pass the salt"}]}"#;
    let shown = cost(plan, TEN_HOURS).to_string();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines,
        [
            "1932 us, 394400 bytes",
            "  /all/0: 900 entries, 27 us, 0 bytes",
            "  /all/1: 3 words, 2 compared, 900 entries, 59 us, 14400 bytes",
            "  /all/2: 1 words, 30002 compared, 900 entries, 956 us, 14400 bytes",
            "  /all/3: 3 words, 2 compared, 900 entries, 479 us, 14400 bytes",
        ]
    );
    assert_eq!(estimate(&query(plan), &[]).to_string().lines().next(), Some("84 us, 0 bytes"));
}

#[test]
fn what_costs_too_much_is_refused_with_what_to_change() {
    let word = |i: usize| format!("word{i}");
    let text: Vec<String> = (0..60).map(word).collect();
    let clause = format!(r#"{{"text":"{}","fuzziness":2}}"#, text.join(" "));
    let clauses = vec![clause; 64].join(",");
    let monstrous = cost(&format!(r#"{{"any":[{clauses}]}}"#), TEN_HOURS);
    let error = monstrous.check(1_000, 1 << 30).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(
        error.message(),
        "fuzziness on 64 clauses of 3840 words would cost more than the 1000 ms of CPU time that a search may take, \
         `/any/0` the most of it; \
         ask for fewer words, or set `fuzziness` to 0"
    );
    let wide = ClauseCounts { expansions: 4_000, listed: 50_000_000, ..TEN_HOURS };
    let error = cost(r#"{"all":[{"text":"a","prefix":true}]}"#, wide).check(u64::MAX, 64 << 20).unwrap_err();
    assert_eq!(error.mend_text(), Some("ask for fewer words or longer beginnings, or narrow the `scope`"));
    assert!(error.message().contains("64 MiB of memory"), "{error}");
    let all = ClauseCounts { listed: 40_000_000, entries: 40_000_000, ..TEN_HOURS };
    let error = cost(r#"{"all":[{"type":"OBJECT_SEARCH"}]}"#, all).check(1_000, 1 << 30).unwrap_err();
    assert!(error.message().starts_with("1 clauses that match much would cost"), "{error}");
    assert!(monstrous.check(u64::MAX, u64::MAX).is_ok());
}

#[test]
fn what_an_index_counts_is_in_no_message() {
    let plan = r#"{"all":[{"text":"a","prefix":true}]}"#;
    let counts = |listed| ClauseCounts { expansions: 7_777, listed, ..TEN_HOURS };
    let (few, many) = (cost(plan, counts(60_000_001)), cost(plan, counts(90_000_009)));
    let says = |cost: &Cost| cost.check(100, 1 << 20).unwrap_err().to_string();
    assert_eq!(says(&few), says(&many));
}

#[test]
fn words_that_a_plan_brings_count_as_those_that_resolution_finds() {
    let words = vec![r#"{"text":"a","weight":1,"prefix":true}"#; 1_300].join(",");
    let clause = format!(r#"{{"text":"a","words":[{words}]}}"#);
    let plan = |clauses: usize| {
        let all = vec![clause.as_str(); clauses].join(",");
        resolve(&Plan::parse(&format!(r#"{{"all":[{all}]}}"#)).unwrap(), &Nothing, None)
    };
    assert!(plan(3).is_ok());
    let error = plan(4).unwrap_err();
    assert_eq!((error.kind(), error.pointer()), (ErrorKind::Invalid, Some("/all/3/words")));
}

#[test]
fn the_clause_that_costs_the_most_is_named() {
    let query = query(r#"{"all":[{"text":"a","prefix":true},{"text":"b","prefix":true}]}"#);
    let counts = |listed| vec![ClauseCounts { expansions: 9, listed, ..TEN_HOURS }];
    let cost = estimate(&query, &[counts(1_000_000), counts(90_000_000)]);
    let error = cost.check(100, u64::MAX).unwrap_err();
    assert_eq!(error.pointer(), Some("/all/1"));
    assert!(error.message().contains("`/all/1` the most of it"), "{error}");
    let other = estimate(&query, &[counts(90_000_000), counts(1_000_000)]);
    assert_eq!(other.check(100, u64::MAX).unwrap_err().pointer(), Some("/all/0"));
}

#[test]
fn a_rare_word_among_frequent_ones_makes_few_hits_and_attributes_are_read_for_each() {
    let counts = |shortest| ClauseCounts { listed: 4_000_000, entries: 5_000_000, shortest, ..TEN_HOURS };
    let words = r#"{"all":[{"text":"the kitchen"}]}"#;
    let (rare, frequent) = (cost(words, counts(10)), cost(words, counts(1_900_000)));
    assert!(rare.cpu_us * 3 < frequent.cpu_us, "{rare} {frequent}");
    assert!(rare.memory_bytes * 2 < frequent.memory_bytes, "{rare} {frequent}");
    let any = cost(r#"{"all":[{"type":"OBJECT_SEARCH"}]}"#, counts(0));
    let tested = r#"{"all":[{"type":"OBJECT_SEARCH","attributes":{"colour":"red"}}]}"#;
    assert!(cost(tested, counts(0)).cpu_us > 3 * any.cpu_us);
}
