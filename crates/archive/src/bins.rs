//! Bins: kept in the store as documents, each change by compare and set; shown to a caller as far as titles may be seen.
//!
//! A private bin of somebody else is not there. Who may do everything sees all. Moments of titles that a caller may not see
//! are left out of what the caller is shown, and stay in the bin through every change.

use std::collections::HashMap;

use rushes_bins::{Bin, Change, KIND};
use rushes_store::EraseTarget;
use rushes_store::documents::KeptDocument;
use rushes_types::{Asset, AssetId, Error, ErrorKind, Result};

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::clock::now_s;
use crate::facade::require_any;
use crate::hex::random_hex;

/// Bytes of a bin's id, which is made here.
const ID_BYTES: usize = 8;
/// How often a change is made again to what others have made of the bin meanwhile.
const ATTEMPTS: usize = 16;

/// A bin as a caller may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptBin {
    /// Its id.
    pub id: String,
    /// How often it was changed.
    pub version: u64,
    /// The bin, with the moments that the caller may see.
    pub bin: Bin,
}

impl Archive {
    /// The bins that the caller may see, in or out of the trash, by name.
    ///
    /// # Errors
    /// What the store answers.
    pub fn bins(&self, caller: &Caller, trashed: bool) -> Result<Vec<KeptBin>> {
        require_any(caller, Right::Read)?;
        let mut seen = HashMap::new();
        let mut bins = Vec::new();
        self.engines.store.each_document(KIND, &mut |document| {
            let kept = read(document)?;
            if kept.bin.trashed == trashed && may(caller, &kept.bin, Bin::seen_by) {
                bins.push(self.shown(caller, kept, &mut seen)?);
            }
            Ok(())
        })?;
        bins.sort_by(|a, b| (&a.bin.name, &a.id).cmp(&(&b.bin.name, &b.id)));
        Ok(bins)
    }

    /// A bin.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where it is not there, or is somebody else's.
    pub fn bin(&self, caller: &Caller, id: &str) -> Result<KeptBin> {
        require_any(caller, Right::Read)?;
        let kept = self.whole_bin(caller, id)?;
        self.shown(caller, kept, &mut HashMap::new())
    }

    /// Makes a bin and a first change of it.
    ///
    /// # Errors
    /// What is wrong with the change.
    pub fn make_bin(&self, caller: &Caller, change: &Change) -> Result<KeptBin> {
        require_any(caller, Right::Read)?;
        if change.name.is_none() {
            return Err(Error::invalid("the bin has no name").at("/name").mend("give it a name"));
        }
        change.check()?;
        let mut bin = Bin::new("", caller.name());
        self.check_added(caller, change)?;
        bin.apply(change, 1, caller.name(), now_s())?;
        let kept = KeptBin { id: random_hex(ID_BYTES)?, version: 1, bin };
        self.keep(&kept)?;
        self.shown(caller, kept, &mut HashMap::new())
    }

    /// Changes a bin: all of a change or nothing. `version` is what the caller has seen; without it, the change is made to
    /// whatever others have made of the bin meanwhile.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where the bin has another version; what is wrong with the change.
    pub fn change_bin(
        &self,
        caller: &Caller,
        id: &str,
        version: Option<u64>,
        change: &Change,
    ) -> Result<KeptBin> {
        require_any(caller, Right::Read)?;
        change.check()?;
        self.whole_bin(caller, id)?;
        self.check_added(caller, change)?;
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let mut kept = self.whole_bin(caller, id)?;
            if version.is_some_and(|version| version != kept.version) {
                return Err(conflict(&kept));
            }
            if !may(caller, &kept.bin, Bin::changed_by) {
                let what = format!("the bin `{}` is `{}`'s to change", kept.bin.name, kept.bin.owner);
                return Err(
                    Error::new(ErrorKind::Forbidden, what).mend("ask for it to be shared for writing")
                );
            }
            if change.sharing.is_some_and(|sharing| sharing != kept.bin.sharing)
                && !may(caller, &kept.bin, owned)
            {
                let what = format!("who sees the bin `{}` is `{}`'s to say", kept.bin.name, kept.bin.owner);
                return Err(Error::new(ErrorKind::Forbidden, what).at("/sharing").mend("leave it out"));
            }
            kept.version = kept.version.saturating_add(1);
            self.check_seen(caller, &kept.bin, change)?;
            kept.bin.apply(change, kept.version, caller.name(), now_s())?;
            match self.keep(&kept) {
                Ok(()) => return self.shown(caller, kept, &mut HashMap::new()),
                Err(error) if error.kind() == ErrorKind::Conflict => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| Error::bug("a bin was changed no time")))
    }

    /// Removes a bin for good.
    ///
    /// # Errors
    /// As [`Archive::change_bin`]; only its owner may.
    pub fn remove_bin(&self, caller: &Caller, id: &str, version: Option<u64>) -> Result<()> {
        require_any(caller, Right::Read)?;
        let kept = self.whole_bin(caller, id)?;
        if !may(caller, &kept.bin, owned) {
            let what = format!("the bin `{}` is `{}`'s to remove", kept.bin.name, kept.bin.owner);
            return Err(Error::new(ErrorKind::Forbidden, what).mend("put it in the trash"));
        }
        if version.is_some_and(|version| version != kept.version) {
            return Err(conflict(&kept));
        }
        let _writing = self.write_freeze.enter();
        let version = kept.version.saturating_add(1);
        let gone = KeptDocument { kind: KIND.to_owned(), id: id.to_owned(), version, bytes: Vec::new() };
        self.engines.store.put_document(&gone)
    }

    /// Takes moments of assets that are about to be erased out of all bins. The caller has frozen nothing and holds the
    /// duty to purge.
    pub(crate) fn forget_in_bins(&self, target: &EraseTarget) -> Result<()> {
        let store = &self.engines.store;
        let mut known: HashMap<String, bool> = HashMap::new();
        let mut is_erased = |id: &str| -> Result<bool> {
            if let Some(known) = known.get(id) {
                return Ok(*known);
            }
            let erased = match target {
                EraseTarget::Asset(asset) => asset.as_str() == id,
                EraseTarget::Movie(movie) => {
                    let asset = AssetId::new(id).ok().map(|id| store.asset(&id)).transpose()?.flatten();
                    asset.is_some_and(|asset| asset.movie == *movie)
                }
                _ => false,
            };
            known.insert(id.to_owned(), erased);
            Ok(erased)
        };
        if !matches!(target, EraseTarget::Asset(_) | EraseTarget::Movie(_)) {
            return Ok(());
        }
        let mut touched = Vec::new();
        store.each_document(KIND, &mut |document| {
            let kept = read(document)?;
            let mut holds = false;
            for item in &kept.bin.items {
                holds |= is_erased(&item.asset_id)?;
            }
            touched.extend(holds.then_some(kept.id));
            Ok(())
        })?;
        touched.iter().try_for_each(|id| self.forget_in(id, &|asset| is_known(&known, asset)))
    }

    fn forget_in(&self, id: &str, is_erased: &dyn Fn(&str) -> bool) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let Some(document) = self.engines.store.document(KIND, id)?.filter(|d| !d.bytes.is_empty())
            else {
                return Ok(());
            };
            let mut kept = read(document)?;
            if kept.bin.forget(is_erased) == 0 {
                return Ok(());
            }
            kept.version = kept.version.saturating_add(1);
            let document = written(&kept)?;
            match self.engines.store.put_document(&document) {
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                done => return done,
            }
        }
        Err(Error::new(ErrorKind::Busy, format!("the bin `{id}` is changed all the time"))
            .mend("erase again"))
    }

    fn keep(&self, kept: &KeptBin) -> Result<()> {
        let document = written(kept)?;
        let _writing = self.write_freeze.enter();
        self.engines.store.put_document(&document)
    }

    /// A bin with all its moments, where the caller may see it.
    fn whole_bin(&self, caller: &Caller, id: &str) -> Result<KeptBin> {
        let document = self.engines.store.document(KIND, id)?.filter(|document| !document.bytes.is_empty());
        let kept = document.map(read).transpose()?.filter(|kept| may(caller, &kept.bin, Bin::seen_by));
        kept.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("bin `{id}` is not there"))
                .mend("`rushes bin list` names those that are")
        })
    }

    /// The bin without moments of titles that the caller may not see.
    fn shown(&self, caller: &Caller, mut kept: KeptBin, seen: &mut HashMap<String, bool>) -> Result<KeptBin> {
        for item in &kept.bin.items {
            if !seen.contains_key(&item.asset_id) {
                seen.insert(item.asset_id.clone(), self.may_see(caller, &item.asset_id)?);
            }
        }
        kept.bin.items.retain(|item| is_known(seen, &item.asset_id));
        Ok(kept)
    }

    fn may_see(&self, caller: &Caller, id: &str) -> Result<bool> {
        let asset: Option<Asset> =
            AssetId::new(id).ok().map(|id| self.engines.store.asset(&id)).transpose()?.flatten();
        Ok(asset.is_some_and(|asset| caller.may(Right::Read, &asset)))
    }

    /// A moment that the caller may not see is none: no change tells that it is there.
    fn check_seen(&self, caller: &Caller, bin: &Bin, change: &Change) -> Result<()> {
        if !caller.is_limited() {
            return Ok(());
        }
        let of: HashMap<u64, &str> =
            bin.items.iter().map(|item| (item.item, item.asset_id.as_str())).collect();
        let numbers = [("/remove", change.remove.clone()), ("/order", change.order.clone())];
        let changed = [("/change", change.change.iter().map(|wanted| wanted.item).collect::<Vec<_>>())];
        for (pointer, numbers) in numbers.iter().chain(&changed) {
            for (n, number) in numbers.iter().enumerate() {
                if let Some(asset) = of.get(number)
                    && !self.may_see(caller, asset)?
                {
                    let what = format!("the bin has no moment {number}");
                    let pointer = if *pointer == "/change" {
                        format!("{pointer}/{n}/item")
                    } else {
                        format!("{pointer}/{n}")
                    };
                    return Err(Error::new(ErrorKind::NotFound, what).at(pointer).mend("read the bin again"));
                }
            }
        }
        Ok(())
    }

    /// Moments that are added are of assets that the caller may see.
    fn check_added(&self, caller: &Caller, change: &Change) -> Result<()> {
        let mut seen: HashMap<&str, ()> = HashMap::new();
        for (n, addition) in change.add.iter().enumerate() {
            if seen.insert(&addition.asset_id, ()).is_none() {
                let at = |error: Error| error.at(format!("/add/{n}/asset_id"));
                let id = AssetId::new(&addition.asset_id).map_err(|e| at(Error::from(e)))?;
                self.require_asset(caller, Right::Read, &id).map_err(at)?;
            }
        }
        Ok(())
    }
}

fn is_known(known: &HashMap<String, bool>, asset: &str) -> bool {
    known.get(asset).copied().unwrap_or(false)
}

fn owned(bin: &Bin, name: &str) -> bool {
    bin.owner == name
}

/// Who may do everything may.
fn may(caller: &Caller, bin: &Bin, allowed: impl Fn(&Bin, &str) -> bool) -> bool {
    allowed(bin, caller.name()) || caller.require_everywhere(Right::Admin).is_ok()
}

fn conflict(kept: &KeptBin) -> Error {
    let last = kept.bin.history.last();
    let by = last.map(|record| format!(" by `{}`: {}", record.by, record.what)).unwrap_or_default();
    let what = format!("the bin `{}` is at version {}, changed{by}", kept.bin.name, kept.version);
    Error::new(ErrorKind::Conflict, what).mend("read it again, and make your change to what it is now")
}

fn read(document: KeptDocument) -> Result<KeptBin> {
    let bin = Bin::read(&document.bytes)?;
    Ok(KeptBin { id: document.id, version: document.version, bin })
}

fn written(kept: &KeptBin) -> Result<KeptDocument> {
    let bytes = kept.bin.write()?;
    Ok(KeptDocument { kind: KIND.to_owned(), id: kept.id.clone(), version: kept.version, bytes })
}
