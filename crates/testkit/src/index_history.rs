//! Random histories of an archive, as updates from fusion, from a seed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::index_suite::{SECOND, annotation, asset_id, document};
use rushes_index::AssetUpdate;
use rushes_types::{
    Annotation, AssetDocument, Attributes, Change, Commit, FusedAnnotation, FusedKey, TimeRange, Validity,
    Value, known_types,
};

/// A small random generator that depends only on its seed.
pub struct Dice(
    /// The seed.
    pub u64,
);

impl Dice {
    /// A number below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides.max(1)
    }

    /// One of a list.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.roll(all.len() as u64)).unwrap()]
    }

    /// The same as a signed number.
    pub fn number(&mut self, sides: i64) -> i64 {
        i64::try_from(self.roll(u64::try_from(sides).unwrap())).unwrap()
    }
}

/// The assets there are.
pub const ASSETS: [&str; 4] = ["a", "b", "c", "d"];
/// The words of dialogue.
pub const WORDS: [&str; 12] =
    ["how", "you", "doin", "doing", "run", "ran", "running", "joey", "jo", "corrió", "im", "hungry"];
/// The labels.
pub const LABELS: [&str; 6] = ["Joey", "JOEY", "Joey Tribbiani", "kitchen", "Kitchen", "coffee house"];
/// The models.
pub const MODELS: [&str; 5] = ["faces@1", "faces@2", "asr@1", "clip@1", "clip@2"];

#[derive(Default)]
struct AssetHistory {
    document: Option<AssetDocument>,
    annotations: BTreeMap<FusedKey, FusedAnnotation>,
    /// Which annotation changed at which commit; its current state is looked up.
    changed: Vec<(Commit, FusedKey)>,
    /// The last commit.
    last: Commit,
    erased_at: Option<Commit>,
}

/// All annotations, and when each was current.
pub struct History {
    /// Decides the next step.
    pub dice: Dice,
    /// The last commit.
    pub commit: u64,
    runs: u64,
    assets: BTreeMap<&'static str, AssetHistory>,
}

impl History {
    /// No annotation yet.
    pub fn new(seed: u64) -> Self {
        Self { dice: Dice(seed), commit: 0, runs: 0, assets: BTreeMap::new() }
    }

    /// One commit of some kind on some asset.
    pub fn step(&mut self) {
        self.commit += 1;
        let commit = Commit(self.commit);
        let asset = self.dice.one_of(&ASSETS);
        let dice = &mut self.dice;
        let history = self.assets.entry(asset).or_default();
        history.last = commit;
        if history.document.is_none() {
            history.document = Some(document(asset));
        }
        match dice.roll(20) {
            0..=9 => {
                self.runs += 1;
                let model = dice.one_of(&MODELS);
                let replaces = dice.roll(3) > 0;
                history.commit_run(asset, model, &format!("r{}", self.runs), commit, replaces, dice);
            }
            10..=12 => history.restore(commit, dice),
            13..=14 => history.keep_or_archive(commit, dice),
            15 => history.erase_one(commit, dice),
            16 => history.erase_run(commit, dice),
            17 => history.change_language(commit, dice),
            18 => {
                if let Some(document) = &mut history.document {
                    document.asset.title = Some(format!("title {commit}"));
                }
            }
            _ => {
                history.document = None;
                history.annotations.clear();
                history.changed.clear();
                history.erased_at = Some(commit);
            }
        }
    }

    /// The update that brings an asset from a commit to its last; `None` if nothing is new.
    pub fn update(&self, asset: &'static str, after: Commit) -> Option<AssetUpdate> {
        let history = self.assets.get(asset)?;
        if history.last <= after {
            return None;
        }
        // Everything before an erasure is erased with the asset, so the erasure is a step of its own.
        if let Some(erased) = history.erased_at.filter(|erased| *erased > after) {
            let changes = Vec::new();
            return Some(AssetUpdate {
                asset: asset_id(asset),
                document: None,
                after,
                upto: erased,
                changes,
                buckets: Vec::new(),
            });
        }
        let mut keys: Vec<FusedKey> =
            history.changed.iter().filter(|(at, _)| *at > after).map(|(_, key)| *key).collect();
        keys.sort_unstable();
        keys.dedup();
        let change = |key: FusedKey| match history.annotations.get(&key) {
            Some(fused) => Change::Put(Box::new(fused.clone())),
            None => Change::Erased(key),
        };
        Some(AssetUpdate {
            asset: asset_id(asset),
            document: history.document.clone(),
            after,
            upto: history.last,
            changes: keys.into_iter().map(change).collect(),
            buckets: Vec::new(),
        })
    }

    /// Every annotation there ever was and is not erased. All annotations that are not erased, in their current state.
    pub fn annotations(&self) -> Vec<FusedAnnotation> {
        self.assets.values().flat_map(|history| history.annotations.values().cloned()).collect()
    }
}

impl AssetHistory {
    fn end(&mut self, commit: Commit, which: impl Fn(&Annotation) -> bool) {
        for (key, fused) in &mut self.annotations {
            if which(&fused.annotation)
                && let Some(last) = fused.validities.last_mut().filter(|last| last.died == Commit::NEVER)
            {
                last.died = commit;
                self.changed.push((commit, *key));
            }
        }
    }

    fn commit_run(
        &mut self,
        asset: &str,
        model: &str,
        run: &str,
        commit: Commit,
        replaces: bool,
        dice: &mut Dice,
    ) {
        let name = model.split('@').next().unwrap_or_default();
        if replaces {
            self.end(commit, |annotation| annotation.model.name() == name);
        }
        let kept = dice.roll(3) > 0;
        for at in 0..dice.roll(9) {
            let annotation = random_annotation(asset, model, run, at, dice);
            let fused = FusedAnnotation { annotation, validities: vec![Validity::from(commit)], kept };
            self.changed.push((commit, fused.fused_key()));
            self.annotations.insert(fused.fused_key(), fused);
        }
    }

    fn some_run(&self, dice: &mut Dice) -> Option<Arc<str>> {
        let all: Vec<_> = self.annotations.values().collect();
        let at = usize::try_from(dice.roll(all.len() as u64)).ok()?;
        all.get(at).map(|fused| Arc::from(fused.annotation.run.as_str()))
    }

    fn restore(&mut self, commit: Commit, dice: &mut Dice) {
        let Some(run) = self.some_run(dice) else { return };
        let of_run = |fused: &&FusedAnnotation| fused.annotation.run.as_str() == &*run;
        let Some(name) = self.annotations.values().find(of_run).map(|f| f.annotation.model.name().to_owned())
        else {
            return;
        };
        self.end(commit, |annotation| annotation.model.name() == name && annotation.run.as_str() != &*run);
        for (key, fused) in &mut self.annotations {
            if fused.annotation.run.as_str() == &*run && !fused.is_current() {
                fused.validities.push(Validity::from(commit));
                self.changed.push((commit, *key));
            }
        }
    }

    fn keep_or_archive(&mut self, commit: Commit, dice: &mut Dice) {
        let Some(run) = self.some_run(dice) else { return };
        for (key, fused) in &mut self.annotations {
            if fused.annotation.run.as_str() == &*run {
                fused.kept = !fused.kept;
                self.changed.push((commit, *key));
            }
        }
    }

    fn erase_one(&mut self, commit: Commit, dice: &mut Dice) {
        let keys: Vec<_> = self.annotations.keys().copied().collect();
        if !keys.is_empty() {
            let key = dice.one_of(&keys);
            self.annotations.remove(&key);
            self.changed.push((commit, key));
        }
    }

    fn erase_run(&mut self, commit: Commit, dice: &mut Dice) {
        let Some(run) = self.some_run(dice) else { return };
        let changed = &mut self.changed;
        self.annotations.retain(|key, fused| {
            let stays = fused.annotation.run.as_str() != &*run;
            if !stays {
                changed.push((commit, *key));
            }
            stays
        });
    }

    /// An annotation's content may change without its identity: its language is the asset's.
    fn change_language(&mut self, commit: Commit, dice: &mut Dice) {
        let language = dice.one_of(&["en", "es"]);
        for (key, fused) in &mut self.annotations {
            if fused.annotation.language.is_some() {
                fused.annotation.language = Some(language.to_owned());
                self.changed.push((commit, *key));
            }
        }
    }
}

fn random_annotation(asset: &str, model: &str, run: &str, at: u64, dice: &mut Dice) -> Annotation {
    let type_ = match model {
        "asr@1" => known_types::DIALOGUE,
        "clip@1" | "clip@2" => known_types::SCENE,
        _ => dice.one_of(&[known_types::CHARACTER, known_types::OBJECT]),
    };
    // Few ids, so that they repeat from run to run, and because they break ties in similarity.
    let id = format!("{}", dice.roll(5) * 10 + at);
    let mut annotation = annotation(asset, model, run, &id, type_, 0);
    let start = dice.number(12) * SECOND / 2;
    annotation.range = TimeRange::new(start, start + dice.number(6) * SECOND / 2).unwrap();
    annotation.confidence = [None, Some(0.3), Some(0.9)][usize::try_from(dice.roll(3)).unwrap()];
    if dice.roll(3) > 0 {
        annotation.language = Some(dice.one_of(&["en", "en-GB", "es", "zz"]).to_owned());
    }
    if dice.roll(4) == 0 {
        let size = Value::Int(dice.number(3));
        annotation.attributes = Attributes::from([("size".to_owned(), size)]);
    }
    if type_ == known_types::DIALOGUE {
        let count = dice.roll(5);
        let text: Vec<_> = (0..count).map(|_| dice.one_of(&WORDS)).collect();
        if dice.roll(5) > 0 {
            annotation.text = Some(text.join(" "));
        }
        if dice.roll(3) == 0 {
            annotation.label = Some(text.join("  ").to_uppercase());
        }
    } else {
        annotation.label = (dice.roll(5) > 0).then(|| dice.one_of(&LABELS).to_owned());
    }
    if type_ == known_types::SCENE {
        let dimensions = if model == "clip@1" { 2 } else { 40 };
        let mut number = || {
            #[allow(clippy::cast_precision_loss, reason = "small whole numbers")]
            let number = (dice.number(7) - 3) as f32;
            number * if dice.roll(9) == 0 { 1e-24 } else { 0.37 }
        };
        annotation.vector = Some((0..dimensions).map(|_| number()).collect());
    }
    annotation
}
