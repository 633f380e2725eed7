//! What people did with answers: taken in, given back, forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use rushes_feedback::{Event, Gathered, KeptEvent, key_of, keys_of_asset};
use rushes_store::{EraseTarget, Memo};
use rushes_types::{Asset, AssetId, Error, ErrorKind, MovieId, Result};
use serde_json::value::RawValue;

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::clock::now_ms;
use crate::feedback_options::WhoIsKept;
use crate::shelves::FEEDBACK as SHELF;

/// Memos that are read at once.
const PAGE: usize = 1_000;
/// Memos that are read at once where those of one asset are wanted: most have few.
const PAGE_OF_ASSET: usize = 64;
/// Assets that are read at once.
const ASSETS: usize = 1_024;
/// A day, in milliseconds.
const DAY_MS: u64 = 86_400_000;
/// An event that was not taken.
#[derive(Debug)]
pub struct EventProblem {
    /// Its place in the request.
    pub event: usize,
    /// Why.
    pub error: Error,
}

/// What became of a request.
#[derive(Debug, Default)]
pub struct FeedbackReport {
    /// Events that are kept now and were not before.
    pub accepted: usize,
    /// Events that were there already.
    pub duplicates: usize,
    /// Those that were not taken; sending them again is of no use.
    pub problems: Vec<EventProblem>,
}

/// Which events are meant; what is left out means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedbackFilter {
    /// Those on this asset.
    pub asset: Option<String>,
    /// Those for this team.
    pub team: Option<String>,
    /// Those that this person sent, where that was kept.
    pub who: Option<String>,
}

impl FeedbackFilter {
    fn means(&self, kept: &KeptEvent, event: &Event) -> bool {
        let is =
            |wanted: &Option<String>, value: Option<&str>| wanted.is_none() || wanted.as_deref() == value;
        is(&self.asset, Some(event.asset.as_str()))
            && is(&self.team, event.team.as_deref())
            && is(&self.who, kept.who.as_deref())
    }

    fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

impl Archive {
    /// Keeps events, each on a moment that is there; what is kept already counts as a duplicate. Durable on return.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where feedback is switched off, or the store keeps none; what the store answers. What is
    /// wrong with single events is in the report.
    pub fn put_feedback(&self, caller: &Caller, texts: &[&RawValue]) -> Result<FeedbackReport> {
        if !self.options.feedback.on {
            return Err(Error::new(ErrorKind::Unsupported, "this archive takes no feedback")
                .mend("set `feedback.on = true` in its configuration, or send none"));
        }
        let now_ms = now_ms();
        let mut report = FeedbackReport::default();
        let mut memos = Vec::with_capacity(texts.len());
        let mut assets: BTreeMap<AssetId, Option<Asset>> = BTreeMap::new();
        for (no, text) in texts.iter().enumerate() {
            match self.checked(caller, text.get(), now_ms, &format!("/events/{no}"), &mut assets) {
                Ok(event) => {
                    let who = match self.options.feedback.who {
                        WhoIsKept::Nobody => None,
                        WhoIsKept::Person => Some(caller.name().to_owned()),
                    };
                    let kept = KeptEvent { received_ms: now_ms, who, event: (*text).to_owned() };
                    memos.push(Memo { key: key_of(&event.asset, text.get()), value: kept.to_bytes()? });
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::TooLarge
                    ) =>
                {
                    report.problems.push(EventProblem { event: no, error });
                }
                Err(error) => return Err(error),
            }
        }
        let _writing = self.write_freeze.enter();
        report.accepted = self.engines.store.put_memos(SHELF, &memos, false)?;
        report.duplicates = memos.len() - report.accepted;
        self.expire_daily(now_ms)?;
        Ok(report)
    }

    fn checked(
        &self,
        caller: &Caller,
        text: &str,
        now_ms: u64,
        pointer: &str,
        assets: &mut BTreeMap<AssetId, Option<Asset>>,
    ) -> Result<Event> {
        let event = Event::read(text, now_ms, pointer)?;
        if !assets.contains_key(&event.asset) {
            assets.insert(event.asset.clone(), self.asset(caller, &event.asset)?);
        }
        let Some(Some(asset)) = assets.get(&event.asset) else {
            return Err(Error::new(ErrorKind::NotFound, format!("asset `{}` is not there", event.asset))
                .mend("leave the event out")
                .at(format!("{pointer}/asset_id")));
        };
        match asset.duration_ns {
            Some(duration) if event.range.start_ns() > duration => {
                Err(Error::invalid("the moment begins after the end of the asset")
                    .mend("send it as the answer said")
                    .at(format!("{pointer}/start_ns")))
            }
            _ => Ok(event),
        }
    }

    /// Goes through kept events, by asset.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; what the store, or `each`, answers.
    pub fn each_feedback(
        &self,
        caller: &Caller,
        filter: &FeedbackFilter,
        each: &mut dyn FnMut(&KeptEvent) -> Result<()>,
    ) -> Result<()> {
        caller.require_everywhere(Right::Admin)?;
        self.each_kept(filter, &mut |_, kept, _| each(kept))
    }

    fn each_kept(
        &self,
        filter: &FeedbackFilter,
        each: &mut dyn FnMut(&str, &KeptEvent, &Event) -> Result<()>,
    ) -> Result<()> {
        // The events of one asset lie together.
        let prefix = match &filter.asset {
            Some(asset) => {
                let id = AssetId::new(asset).map_err(|e| Error::from(e).at("/asset_id"))?;
                Some(keys_of_asset(&id))
            }
            None => None,
        };
        let mut after = prefix.clone();
        let most = if prefix.is_some() { PAGE_OF_ASSET } else { PAGE };
        loop {
            let page = self.engines.store.memos(SHELF, after.as_deref(), most)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.key.clone());
            for memo in &page {
                if prefix.as_ref().is_some_and(|prefix| !memo.key.starts_with(prefix)) {
                    return Ok(());
                }
                let kept = KeptEvent::from_bytes(&memo.value)?;
                let event = kept.read()?;
                if filter.means(&kept, &event) {
                    each(&memo.key, &kept, &event)?;
                }
            }
        }
    }

    /// Erases events; returns how many.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; [`ErrorKind::Invalid`] where nothing is named; what the
    /// store answers.
    pub fn erase_feedback(&self, caller: &Caller, filter: &FeedbackFilter) -> Result<usize> {
        caller.require_everywhere(Right::Admin)?;
        if filter.is_everything() {
            return Err(Error::invalid("it is not said which feedback is erased")
                .mend("name an asset, a team or a person"));
        }
        let _writing = self.write_freeze.enter();
        self.forget(filter, u64::MAX)
    }

    /// Erases events that are older than they may be; returns how many.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; what the store answers.
    pub fn expire_feedback(&self, caller: &Caller) -> Result<usize> {
        caller.require_everywhere(Right::Admin)?;
        let _writing = self.write_freeze.enter();
        self.expire(now_ms())
    }

    /// Once a day, with the first events that come.
    fn expire_daily(&self, now_ms: u64) -> Result<()> {
        let today = now_ms / DAY_MS;
        if self.expiry.0.swap(today, Ordering::Relaxed) != today {
            self.expire(now_ms)?;
        }
        Ok(())
    }

    fn expire(&self, now_ms: u64) -> Result<usize> {
        let keep_ms = self.options.feedback.keep_days.saturating_mul(DAY_MS);
        self.forget(&FeedbackFilter::default(), now_ms.saturating_sub(keep_ms))
    }

    /// Removes the events of a filter that came before a time. Call with the write freeze entered.
    fn forget(&self, filter: &FeedbackFilter, before_ms: u64) -> Result<usize> {
        let mut keys = Vec::new();
        self.each_kept(filter, &mut |key, kept, _| {
            if kept.received_ms < before_ms {
                keys.push(key.to_owned());
            }
            Ok(())
        })?;
        if keys.is_empty() {
            return Ok(0);
        }
        let _erasing = self.shared.erasures.begin()?;
        keys.chunks(PAGE).try_fold(0, |sum, keys| Ok(sum + self.engines.store.remove_memos(SHELF, keys)?))
    }

    /// The assets that an erasure takes as a whole: what was said of them goes too.
    pub(crate) fn erased_whole(&self, target: &EraseTarget) -> Result<Vec<AssetId>> {
        match target {
            EraseTarget::Asset(asset) => Ok(vec![asset.clone()]),
            EraseTarget::Movie(movie) => self.assets_of(movie),
            EraseTarget::Model(..) | EraseTarget::Run(_) | EraseTarget::Annotation { .. } => Ok(Vec::new()),
        }
    }

    fn assets_of(&self, movie: &MovieId) -> Result<Vec<AssetId>> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = self.engines.store.assets(after.as_ref(), ASSETS)?;
            let Some(last) = page.last() else { return Ok(found) };
            after = Some(last.id.clone());
            found.extend(page.iter().filter(|asset| asset.movie == *movie).map(|asset| asset.id.clone()));
        }
    }

    /// Removes what was said of assets. Call with the write freeze entered and an erasure begun.
    pub(crate) fn forget_assets(&self, assets: &[AssetId]) -> Result<()> {
        for asset in assets {
            let filter = FeedbackFilter { asset: Some(asset.to_string()), ..FeedbackFilter::default() };
            match self.forget(&filter, u64::MAX) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// All events that came up to a time, put together, with a digest of their names.
    pub(crate) fn gathered(&self, upto_ms: u64) -> Result<(Gathered, String)> {
        let mut gathered = Gathered::default();
        let mut names = xxhash_rust::xxh3::Xxh3::new();
        self.each_kept(&FeedbackFilter::default(), &mut |key, kept, event| {
            if kept.received_ms <= upto_ms {
                names.update(key.as_bytes());
                gathered.add(event);
            }
            Ok(())
        })?;
        Ok((gathered, format!("{:032x}", names.digest128())))
    }

    /// The teams that events name.
    ///
    /// # Errors
    /// As [`Archive::each_feedback`].
    pub fn feedback_teams(&self, caller: &Caller) -> Result<BTreeSet<String>> {
        let mut teams = BTreeSet::new();
        caller.require_everywhere(Right::Admin)?;
        self.each_kept(&FeedbackFilter::default(), &mut |_, _, event| {
            teams.extend(event.team.clone());
            Ok(())
        })?;
        Ok(teams)
    }
}
