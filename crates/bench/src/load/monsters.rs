//! The most that a plan can ask for, each in its own way.

use rushes_types::limits::{CLAUSES_MAX, K_MAX, PAGE_MAX};
use serde_json::{Value, json};

use crate::random::Random;
use crate::world::{World, Writer};

/// A request that costs as much as it can.
pub(super) struct Monster {
    pub name: &'static str,
    pub path: &'static str,
    pub body: String,
}

/// Words of a clause, where 64 of them are just accepted.
const WORDS: usize = 60;
/// Words of a clause, where 64 of them are far too many.
const TOO_MANY_WORDS: usize = 1_300;

/// All of them.
pub(super) fn all(world: &World) -> Vec<Monster> {
    let search = |name, plan: Value| Monster { name, path: "/v1/search", body: plan.to_string() };
    let (speech, objects) = (Writer::Speech.kind(), Writer::Objects.kind());
    let fuzzy = |words: usize| {
        let mut random = Random::at(world.spec.seed, &[7, words as u64]);
        let clause = |_| {
            let words: Vec<&str> = (0..words).map(|_| world.vocabulary.word(&mut random)).collect();
            json!({"type": speech, "text": words.join(" "), "fuzziness": 2, "operator": "or"})
        };
        (0..CLAUSES_MAX).map(clause).collect::<Vec<_>>()
    };
    let letters = || "aeiostnrlm".chars().map(String::from);
    let beginnings: Vec<Value> = letters()
        .cycle()
        .take(CLAUSES_MAX)
        .map(|letter| json!({"type": speech, "text": letter, "prefix": true}))
        .collect();
    let step = json!({"all": [{"type": speech, "text": "t", "prefix": true}], "within": 3_600});
    let near: Vec<Value> = (0..CLAUSES_MAX as u64).map(|no| near(world, no)).collect();
    let many = vec![json!({"type": objects}); 500];
    let everything = vec![json!({"type": objects}); CLAUSES_MAX];
    vec![
        search("64 clauses of 60 words, fuzziness 2", json!({"any": fuzzy(WORDS)})),
        search("64 clauses of 1,300 words, fuzziness 2", json!({"any": fuzzy(TOO_MANY_WORDS)})),
        search("64 beginnings of one letter", json!({"any": beginnings, "mode": "union", "limit": PAGE_MAX})),
        search(
            "63 `then` of a beginning",
            json!({"all": [{"type": speech, "text": "t", "prefix": true}], "then": vec![step; CLAUSES_MAX - 1]}),
        ),
        search("64 vectors, k 10,000", json!({"any": near, "limit": PAGE_MAX})),
        search("`any` of 500 clauses", json!({"any": many})),
        search(
            "64 times everything, explained",
            json!({"any": everything, "mode": "union", "limit": PAGE_MAX, "explain": true}),
        ),
        Monster {
            name: "export of everything",
            path: "/v1/export?format=csv",
            body: json!({"any": [{"type": objects}, {"type": speech}]}).to_string(),
        },
    ]
}

fn near(world: &World, no: u64) -> Value {
    let mut random = Random::at(world.spec.seed, &[8, no]);
    let cluster = world.clusters.draw(&mut random);
    let mut values = vec![0.0; world.clusters.dimensions()];
    world.clusters.member(cluster, &mut random, &mut values);
    let vector = json!({"values": values, "space": Writer::Clip.model(), "k": K_MAX, "exact": true});
    json!({"type": Writer::Clip.kind(), "model": Writer::Clip.model(), "vector": vector})
}
