//! What was learned of feedback: fitted, kept in versions with the events that they saw, put to use, taken back.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use rushes_learn::{
    Centre, Estimate, FEATURE_COUNT, Impression, Preference, RankingModel, Shown, estimate, learn_teams,
    preference, raw_shift, shift_of,
};
use rushes_query::{Learned, Ranking};
use rushes_store::Memo;
use rushes_types::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::clock::now_ms;
use crate::ranking_state::{RankingVersion, Ready};
use crate::shelves::{RANKING as SHELF, SETTINGS};

/// The setting that says which version is used.
const IN_USE: &str = "ranking";
/// How long a version is taken for the newest where other processes may make one.
const HOLD: Duration = Duration::from_secs(5);
/// Versions that are read at once.
const PAGE: usize = 1_000;

/// How a request wants its moments ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RankingMode {
    /// As the archive is configured.
    #[default]
    Default,
    /// By hand-set scores alone.
    HandSet,
    /// By what was learned, where that is used.
    Learned,
    /// Both orders, drawn by coins.
    Interleaved,
}

/// What a request says of ranking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RankingAsk {
    /// How.
    pub mode: RankingMode,
    /// For which team.
    pub team: Option<String>,
    /// The seed of the coins; by default one that follows from the time.
    pub seed: Option<u64>,
    /// Is each moment to say its features, for feedback?
    pub tells_features: bool,
}

/// How one team's interleaved answers went, and what its model would have brought.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TeamReport {
    /// Answers that were shown, with something of them logged.
    pub impressions: usize,
    /// Which order people preferred, where two were interleaved.
    pub preference: Preference,
    /// What the model in use would have brought on all of them, estimated from the log.
    pub estimate: Estimate,
    /// Is the team's model used?
    pub is_used: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct InUse {
    version: u64,
}

impl Archive {
    /// Fits models to all feedback there is and keeps them as a new version, which is used from then on.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; what the store answers.
    pub fn fit_ranking(&self, caller: &Caller) -> Result<RankingVersion> {
        self.expire_feedback(caller)?;
        let made_ms = now_ms();
        let (gathered, events_digest) = self.gathered(made_ms)?;
        let events = gathered.events;
        let (pooled, teams) = learn_teams(gathered.teams());
        let next = self.rankings(caller)?.last().map_or(1, |last| last.version + 1);
        let made = RankingVersion { version: next, made_ms, events, events_digest, pooled, teams };
        let value = serde_json::to_vec(&made).map_err(|e| Error::bug(e.to_string()))?;
        let _writing = self.write_freeze.enter();
        let memo = Memo { key: key(next), value };
        if self.engines.store.put_memos(SHELF, &[memo], false)? == 0 {
            return Err(Error::new(
                ErrorKind::Busy,
                format!("version {next} was made by somebody else meanwhile"),
            )
            .mend("fit again"));
        }
        self.engines.store.remove_memos(SETTINGS, &[IN_USE.to_owned()])?;
        self.rankings.forget();
        Ok(made)
    }

    /// All versions, the oldest first.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; what the store answers.
    pub fn rankings(&self, caller: &Caller) -> Result<Vec<RankingVersion>> {
        caller.require_everywhere(Right::Admin)?;
        let (mut found, mut after): (Vec<RankingVersion>, Option<String>) = (Vec::new(), None);
        loop {
            let page = self.engines.store.memos(SHELF, after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { return Ok(found) };
            after = Some(last.key.clone());
            for memo in &page {
                found.push(version(&memo.value)?);
            }
        }
    }

    /// The number of the version in use; `None` where there is none, or none is to be used.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; what the store answers.
    pub fn ranking_in_use(&self, caller: &Caller) -> Result<Option<u64>> {
        caller.require_everywhere(Right::Admin)?;
        Ok(self.ready()?.version.as_ref().map(|version| version.version))
    }

    /// Puts a version to use; 0 ranks by hand-set scores until a new version is fitted.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; [`ErrorKind::NotFound`] where there is no such version.
    pub fn use_ranking(&self, caller: &Caller, number: u64) -> Result<()> {
        if number != 0 && !self.rankings(caller)?.iter().any(|known| known.version == number) {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("there is no version {number} of the ranking"),
            )
            .mend("`rushes ranking show` names those that are there")
            .at("/version"));
        }
        caller.require_everywhere(Right::Admin)?;
        let value = serde_json::to_vec(&InUse { version: number }).map_err(|e| Error::bug(e.to_string()))?;
        let _writing = self.write_freeze.enter();
        self.engines.store.put_memos(SETTINGS, &[Memo { key: IN_USE.to_owned(), value }], true)?;
        self.rankings.forget();
        Ok(())
    }

    /// How interleaved answers went, by team.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; what the store answers.
    pub fn ranking_report(&self, caller: &Caller) -> Result<BTreeMap<String, TeamReport>> {
        caller.require_everywhere(Right::Admin)?;
        let (gathered, _) = self.gathered(u64::MAX)?;
        let ready = self.ready()?;
        let report = |(team, impressions): (String, Vec<Impression>)| {
            let model = ready.version.as_ref().and_then(|version| version.for_team(Some(&team)));
            let weights = model.map_or(Ok([0.0; FEATURE_COUNT]), RankingModel::weights)?;
            let curve = model.map(|model| model.position).unwrap_or_default();
            let report = TeamReport {
                impressions: impressions.len(),
                preference: preference(&impressions),
                estimate: estimate(&impressions, &curve, |shown| ranks(shown, &weights)),
                is_used: model.is_some(),
            };
            Ok((team, report))
        };
        gathered.teams().into_iter().map(report).collect()
    }

    /// How a search is ranked; `None`: by hand-set scores alone.
    pub(crate) fn ranking_of(&self, ask: &RankingAsk) -> Result<Option<Ranking>> {
        let ranks = match ask.mode {
            RankingMode::Default => self.options.feedback.ranks,
            RankingMode::HandSet => false,
            RankingMode::Learned | RankingMode::Interleaved => true,
        };
        if !ranks && !ask.tells_features {
            return Ok(None);
        }
        let ready = self.ready()?;
        let version = ready.version.as_ref().filter(|_| ranks);
        let model = version.and_then(|version| version.for_team(ask.team.as_deref()));
        let weights = model.map_or(Ok([0.0; FEATURE_COUNT]), RankingModel::weights)?;
        let used = version.filter(|_| model.is_some()).map_or(0, |version| version.version);
        let learned = Learned { version: used, weights, kept: Arc::clone(&ready.kept) };
        let seed = (ask.mode == RankingMode::Interleaved).then(|| ask.seed.unwrap_or_else(now_ms));
        Ok(Some(Ranking { learned: Arc::new(learned), seed, tells_features: ask.tells_features }))
    }

    fn ready(&self) -> Result<Arc<Ready>> {
        let known = self.rankings.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let holds = |at: &Instant| !self.engines.shared() || at.elapsed() < HOLD;
        if let Some((_, ready)) = known.as_ref().filter(|(at, _)| holds(at)) {
            return Ok(Arc::clone(ready));
        }
        let ready = match known {
            Some((_, ready)) if !self.has_changed(&ready)? => ready,
            _ => Arc::new(self.read_ready()?),
        };
        *self.rankings.0.write().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), Arc::clone(&ready)));
        Ok(ready)
    }

    /// Did another process fit, or choose another version?
    fn has_changed(&self, ready: &Ready) -> Result<bool> {
        let newer = self.engines.store.memos(SHELF, Some(&key(ready.newest)), 1)?;
        Ok(!newer.is_empty() || self.wanted_version()? != ready.wanted)
    }

    /// The version that is set by hand.
    fn wanted_version(&self) -> Result<Option<u64>> {
        let set = self.engines.store.memos(SETTINGS, None, PAGE)?.into_iter().find(|memo| memo.key == IN_USE);
        let wanted: Option<InUse> =
            set.map(|memo| serde_json::from_slice(&memo.value)).transpose().map_err(damaged)?;
        Ok(wanted.map(|wanted| wanted.version))
    }

    fn read_ready(&self) -> Result<Ready> {
        let nothing = Ready { version: None, newest: 0, wanted: None, kept: Arc::default() };
        let versions = match self.rankings(&Caller::local()) {
            Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(nothing),
            versions => versions?,
        };
        let newest = versions.last().map_or(0, |last| last.version);
        let wanted = self.wanted_version()?;
        let version = match wanted {
            Some(wanted) => versions.into_iter().find(|known| known.version == wanted),
            None => versions.into_iter().next_back(),
        };
        let Some(version) = version else { return Ok(Ready { newest, wanted, ..nothing }) };
        let kept = self.gathered(version.made_ms)?.0.kept_before();
        Ok(Ready { version: Some(version), newest, wanted, kept: Arc::new(kept) })
    }
}

/// The ranks that coefficients would give to what was shown, in the order in which it was shown.
fn ranks(impression: &Impression, weights: &[f64; FEATURE_COUNT]) -> Vec<usize> {
    let centre = Centre::of(impression.shown.iter().map(|s| &s.features)).raw(weights);
    let shift = |s: &Shown| shift_of(raw_shift(weights, &s.features), centre);
    let score = |i: &usize| impression.shown.get(*i).map_or(0.0, |s| s.score + shift(s));
    let mut order: Vec<usize> = (0..impression.shown.len()).collect();
    order.sort_by(|a, b| score(b).total_cmp(&score(a)));
    let mut ranks = vec![0; order.len()];
    for (rank, at) in order.into_iter().enumerate() {
        ranks[at] = rank + 1;
    }
    ranks
}

fn key(version: u64) -> String {
    format!("{version:08}")
}

fn version(bytes: &[u8]) -> Result<RankingVersion> {
    serde_json::from_slice(bytes).map_err(damaged)
}

fn damaged(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Corrupt, "a version of the ranking cannot be read")
        .mend("fit again: `rushes ranking fit`")
        .because(error)
}
