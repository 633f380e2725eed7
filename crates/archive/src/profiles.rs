//! Profiles of teams: kept in versions, given to tokens, applied to requests.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use rushes_profile::{Inherited, Profile, apply, built_in, inherited};
use rushes_query::{AppliedProfile, FilledField};
use rushes_store::Memo;
use rushes_types::pointer::step_to;
use rushes_types::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::clock::now_ms;
use crate::profile_state::{AssignedProfiles, Known, ProfileVersion};
use crate::shelves::{PROFILES as SHELF, SETTINGS};

/// The setting that says whose profile is which.
const ASSIGNED: &str = "profiles";
/// Memos that are read at once.
const PAGE: usize = 1_000;
/// How long profiles are taken for the newest where other processes may change them.
const HOLD: Duration = Duration::from_secs(5);
/// Stands between a name and the number of its version in a key; no name holds it.
const AFTER_NAME: char = '\u{1}';
/// The field of a request that names its profile.
const FIELD: &str = "profile";

#[derive(Serialize, Deserialize)]
struct Stored {
    made_ms: u64,
    by: String,
    profile: Option<Value>,
}

impl Archive {
    /// The newest version of every profile, by name.
    ///
    /// # Errors
    /// What the store answers.
    pub fn profiles(&self) -> Result<Vec<ProfileVersion>> {
        let known = self.known_profiles()?;
        Ok(known.versions.keys().filter_map(|name| known.newest(name).cloned()).collect())
    }

    /// Every version of a profile, the oldest first.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is none; what the store answers.
    pub fn profile_versions(&self, name: &str) -> Result<Vec<ProfileVersion>> {
        self.known_profiles()?.versions.get(name).cloned().ok_or_else(|| no_profile(name))
    }

    /// Which profiles count where a request names none.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; what the store answers.
    pub fn assigned_profiles(&self, caller: &Caller) -> Result<AssignedProfiles> {
        caller.require_everywhere(Right::Admin)?;
        Ok(self.known_profiles()?.assigned.clone())
    }

    /// Writes a new version of a profile; returns its number.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; [`ErrorKind::Invalid`] where it would inherit itself, or
    /// what nothing holds; what the store answers.
    pub fn put_profile(&self, caller: &Caller, profile: &Profile) -> Result<u64> {
        caller.require_everywhere(Right::Admin)?;
        let known = self.known_profiles()?;
        let find = |name: &str| match name == profile.name {
            true => Some(profile.clone()),
            false => known.newest(name).and_then(|version| version.profile.clone()),
        };
        inherited(&profile.name, &mut |name| Ok(find(name)))?;
        self.write_profile(caller, &profile.name, Some(profile), &known)
    }

    /// Removes a profile: its versions stay, and another may take its name. One that was built in is there again.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; [`ErrorKind::NotFound`] where there is none;
    /// [`ErrorKind::Conflict`] where others inherit from it.
    pub fn remove_profile(&self, caller: &Caller, name: &str) -> Result<()> {
        caller.require_everywhere(Right::Admin)?;
        let known = self.known_profiles()?;
        if known.newest(name).is_none_or(|version| version.version == 0) {
            return Err(no_profile(name));
        }
        let inherits = |version: &&ProfileVersion| {
            version.profile.as_ref().is_some_and(|profile| profile.inherits.as_deref() == Some(name))
        };
        let is_built_in = built_in()?.iter().any(|profile| profile.name == name);
        if let Some(other) =
            known.versions.keys().filter_map(|n| known.newest(n)).find(inherits).filter(|_| !is_built_in)
        {
            let other = other.profile.as_ref().map(|profile| profile.name.as_str()).unwrap_or_default();
            return Err(Error::new(ErrorKind::Conflict, format!("profile `{other}` inherits from `{name}`"))
                .mend("change that one first"));
        }
        self.write_profile(caller, name, None, &known).map(drop)
    }

    fn write_profile(
        &self,
        caller: &Caller,
        name: &str,
        profile: Option<&Profile>,
        known: &Known,
    ) -> Result<u64> {
        let number = known.versions.get(name).and_then(|all| all.last()).map_or(1, |last| last.version + 1);
        let stored = Stored {
            made_ms: now_ms(),
            by: caller.name().to_owned(),
            profile: profile.map(Profile::to_json),
        };
        let value = serde_json::to_vec(&stored).map_err(|e| Error::bug(e.to_string()))?;
        let key = format!("{name}{AFTER_NAME}{number:08}");
        let _writing = self.write_freeze.enter();
        let written = self.engines.store.put_memos(SHELF, &[Memo { key, value }], false)?;
        self.profiles.forget();
        if written == 0 {
            return Err(Error::new(
                ErrorKind::Busy,
                format!("profile `{name}` was changed by somebody else meanwhile"),
            )
            .mend("look at it, and write it again"));
        }
        Ok(number)
    }

    /// Says which profiles count where a request names none.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; [`ErrorKind::NotFound`] where a profile is not there.
    pub fn assign_profiles(&self, caller: &Caller, assigned: &AssignedProfiles) -> Result<()> {
        caller.require_everywhere(Right::Admin)?;
        let known = self.known_profiles()?;
        let default = assigned.default.iter().map(|name| (name, "/default".to_owned()));
        let tokens = assigned.tokens.iter().map(|(token, name)| (name, step_to("/tokens", token)));
        for (name, pointer) in default.chain(tokens) {
            known.newest(name).ok_or_else(|| no_profile(name).at(pointer))?;
        }
        let value = serde_json::to_vec(assigned).map_err(|e| Error::bug(e.to_string()))?;
        let _writing = self.write_freeze.enter();
        self.engines.store.put_memos(SETTINGS, &[Memo { key: ASSIGNED.to_owned(), value }], true)?;
        self.profiles.forget();
        Ok(())
    }

    /// Takes the profile out of a request and fills in what the request does not say: the one that it names (null: none), else
    /// the caller's, else the archive's default.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where the request names a profile that is not there; what the store answers.
    pub fn apply_profile(
        &self,
        caller: &Caller,
        request: &mut Map<String, Value>,
    ) -> Result<Option<AppliedProfile>> {
        let (name, is_named) = match request.remove(FIELD) {
            Some(Value::Null) => return Ok(None),
            Some(Value::String(name)) => (name, true),
            Some(_) => {
                return Err(Error::invalid("`profile` is no text")
                    .mend("name one, or write null for none")
                    .at("/profile"));
            }
            None => {
                let known = self.known_profiles()?;
                let name = known.assigned.tokens.get(caller.name()).or(known.assigned.default.as_ref());
                let Some(name) = name else { return Ok(None) };
                (name.clone(), false)
            }
        };
        let known = self.known_profiles()?;
        let profile = match self.inherited_profile(&known, &name) {
            // Who assigned it may have removed it since.
            Err(error) if !is_named && error.kind() == ErrorKind::NotFound => return Ok(None),
            profile => profile.map_err(|error| error.at("/profile"))?,
        };
        let version = known.newest(&name).map_or(0, |version| version.version);
        let filled = apply(&profile, request);
        let filled =
            filled.into_iter().map(|field| FilledField { pointer: field.pointer, value: field.value });
        Ok(Some(AppliedProfile {
            name,
            version,
            chain: profile.chain,
            team: profile.team,
            filled: filled.collect(),
        }))
    }

    fn inherited_profile(&self, known: &Known, name: &str) -> Result<Inherited> {
        inherited(name, &mut |name| Ok(known.newest(name).and_then(|version| version.profile.clone())))
    }

    fn known_profiles(&self) -> Result<Arc<Known>> {
        let known = self.profiles.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let holds = |at: &Instant| !self.engines.shared() || at.elapsed() < HOLD;
        if let Some((_, known)) = known.filter(|(at, _)| holds(at)) {
            return Ok(known);
        }
        let known = Arc::new(self.read_profiles()?);
        *self.profiles.0.write().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), Arc::clone(&known)));
        Ok(known)
    }

    fn read_profiles(&self) -> Result<Known> {
        let mut known = Known::default();
        for profile in built_in()? {
            let version = ProfileVersion {
                version: 0,
                made_ms: 0,
                by: "rushes".to_owned(),
                profile: Some(profile.clone()),
            };
            known.versions.entry(profile.name).or_default().push(version);
        }
        let mut after: Option<String> = None;
        loop {
            let page = match self.engines.store.memos(SHELF, after.as_deref(), PAGE) {
                Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(known),
                page => page?,
            };
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            for memo in &page {
                let (name, version) = version_of(memo)?;
                known.versions.entry(name).or_default().push(version);
            }
        }
        let settings = self.engines.store.memos(SETTINGS, None, PAGE)?;
        if let Some(memo) = settings.into_iter().find(|memo| memo.key == ASSIGNED) {
            known.assigned = serde_json::from_slice(&memo.value).map_err(damaged)?;
        }
        // A profile that was removed gives its name back to the one that is built in.
        for profile in built_in()? {
            if let Some(all) = known.versions.get_mut(&profile.name)
                && all.last().is_some_and(|last| last.profile.is_none())
            {
                let number = all.last().map_or(0, |last| last.version);
                let back = ProfileVersion {
                    version: number,
                    made_ms: 0,
                    by: "rushes".to_owned(),
                    profile: Some(profile),
                };
                all.push(back);
            }
        }
        Ok(known)
    }
}

fn version_of(memo: &Memo) -> Result<(String, ProfileVersion)> {
    let (name, number) =
        memo.key.split_once(AFTER_NAME).ok_or_else(|| Error::bug("a profile's key has no version"))?;
    let version = number.parse().map_err(|_| Error::bug("a profile's version is no number"))?;
    let Stored { made_ms, by, profile } = serde_json::from_slice(&memo.value).map_err(damaged)?;
    let profile = profile.map(|profile| Profile::read(&profile)).transpose()?;
    Ok((name.to_owned(), ProfileVersion { version, made_ms, by, profile }))
}

fn damaged(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Corrupt, "a profile cannot be read").mend("write it again").because(error)
}

fn no_profile(name: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no profile `{name}`"))
        .mend("`rushes profile list` names those that are there")
}
