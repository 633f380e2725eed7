//! Who may do what: the rights that a caller has, on all titles or on some.

use std::collections::BTreeSet;

use rushes_query::{Access, Titles};
use rushes_types::{Asset, Error, ErrorKind, MovieId, Result};
use serde::{Deserialize, Serialize};

/// What a caller may do with a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// Search, suggest, read buckets, play media.
    Read,
    /// Register assets and models, write annotations and runs.
    Ingest,
    /// Everything: erase, tokens, rebuild, backup.
    Admin,
}

/// Rights on some titles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Movies, by id: all assets of them.
    #[serde(default)]
    pub movies: BTreeSet<String>,
    /// Collections: all assets that name one, of whatever movie, also those that come later.
    #[serde(default)]
    pub collections: BTreeSet<String>,
    /// What is allowed there. `Admin` includes the others, `Ingest` does not include `Read`.
    pub rights: BTreeSet<Right>,
}

impl Grant {
    fn holds_movie(&self, movie: &MovieId) -> bool {
        self.movies.contains(movie.as_str())
    }

    fn holds(&self, asset: &Asset) -> bool {
        self.holds_movie(&asset.movie)
            || asset.collection.as_ref().is_some_and(|name| self.collections.contains(name))
    }
}

/// What a token is made with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSpec {
    /// What people call it; unique.
    pub name: String,
    /// The movies that `rights` are for; `None`, and no collections: all titles.
    pub movies: Option<BTreeSet<String>>,
    /// The collections that `rights` are for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub collections: BTreeSet<String>,
    /// What it allows. `Admin` includes the others, `Ingest` does not include `Read`.
    pub rights: BTreeSet<Right>,
    /// Further rights, on titles of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// From when on it is refused, in seconds since 1970; `None`: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_s: Option<u64>,
}

impl TokenSpec {
    /// The spec as it is stored: a program that knows no collections reads from it no more rights than it has.
    pub(crate) fn stored(mut self) -> Self {
        if !self.collections.is_empty() {
            self.movies.get_or_insert_default();
        }
        self
    }

    /// Does it allow anything?
    pub(crate) fn allows_something(&self) -> bool {
        !self.rights.is_empty() || self.grants.iter().any(|grant| !grant.rights.is_empty())
    }
}

/// The holder that stands for the archive's owner.
pub(crate) const OWNER: &str = "owner";

/// Someone who calls: what every read and write is limited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    name: String,
    /// Which token, or which login, it is: signed links say so.
    holder: String,
    /// Rights on all titles.
    everywhere: BTreeSet<Right>,
    /// Rights on some.
    grants: Vec<Grant>,
}

/// `Admin` includes the others.
fn includes(rights: &BTreeSet<Right>, right: Right) -> bool {
    rights.contains(&right) || rights.contains(&Right::Admin)
}

impl Caller {
    /// The person at the machine itself: may do everything.
    #[must_use]
    pub fn local() -> Self {
        Self {
            name: "local".to_owned(),
            holder: OWNER.to_owned(),
            everywhere: BTreeSet::from([Right::Admin]),
            grants: Vec::new(),
        }
    }

    /// Somebody with the rights of a spec who holds no token of the archive: who logged in by a provider. `holder` names
    /// that login.
    #[must_use]
    pub fn logged_in(spec: &TokenSpec, holder: impl Into<String>) -> Self {
        Self { holder: holder.into(), ..Self::of(spec) }
    }

    /// The holder of a token.
    pub(crate) fn of(spec: &TokenSpec) -> Self {
        let TokenSpec { name, movies, collections, rights, grants, .. } = spec.clone();
        let (everywhere, mut all) = match movies {
            None if collections.is_empty() => (rights, Vec::new()),
            movies => {
                let movies = movies.unwrap_or_default();
                (BTreeSet::new(), vec![Grant { movies, collections, rights }])
            }
        };
        all.extend(grants);
        Self { name, holder: String::new(), everywhere, grants: all }
    }

    /// The same, known by the token that it holds.
    pub(crate) fn holding(self, holder: String) -> Self {
        Self { holder, ..self }
    }

    /// Which token, or which login, it is: what a signed link names. It reveals no secret.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// The name, for the audit log.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn granting(&self, right: Right) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |grant| includes(&grant.rights, right))
    }

    /// Does the caller have this right on the asset?
    #[must_use]
    pub fn may(&self, right: Right, asset: &Asset) -> bool {
        self.may_everywhere(right) || self.granting(right).any(|grant| grant.holds(asset))
    }

    /// May the caller do this with every title?
    #[must_use]
    pub fn may_everywhere(&self, right: Right) -> bool {
        includes(&self.everywhere, right)
    }

    /// May the caller see some titles only, or none? Such a caller learns nothing of the others, also where he may write
    /// to all.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        !self.may_everywhere(Right::Read)
    }

    /// An error where the caller, who may write to the asset, would put it among titles that are not his: into a movie or
    /// a collection that he has no right on. What an asset has already it may keep.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`], at the field. It is the same whatever the movie and the collection hold.
    pub(crate) fn require_place(&self, asset: &Asset, known: Option<&Asset>) -> Result<()> {
        let right = Right::Ingest;
        if self.may_everywhere(right) {
            return Ok(());
        }
        let foreign = |field: &str, what: String| {
            let message = format!("the token `{}` has no {right:?} right on {what}", self.name());
            let mend = "leave the asset where it is, or ask for a token that has it";
            Err(Error::new(ErrorKind::Forbidden, message).mend(mend).at(format!("/{field}")))
        };
        let movie = &asset.movie;
        if known.is_none_or(|known| known.movie != *movie) && self.require_movie(right, movie).is_err() {
            return foreign("movie_id", format!("the movie `{movie}`, only on a collection"));
        }
        let Some(collection) = &asset.collection else { return Ok(()) };
        let stays = known.is_some_and(|known| known.collection.as_ref() == Some(collection));
        if !stays && !self.granting(right).any(|grant| grant.collections.contains(collection)) {
            return foreign("collection", format!("the collection `{collection}`"));
        }
        Ok(())
    }

    /// What the caller has the right on.
    #[must_use]
    pub fn access(&self, right: Right) -> Access {
        if self.may_everywhere(right) {
            return Access::All;
        }
        let mut titles = Titles::default();
        for grant in self.granting(right) {
            titles.movies.extend(grant.movies.iter().filter_map(|m| MovieId::new(m).ok()));
            titles.collections.extend(grant.collections.iter().cloned());
        }
        Access::Only(titles)
    }

    /// Has the caller this right, on whatever titles?
    #[must_use]
    pub fn has(&self, right: Right) -> bool {
        self.may_everywhere(right) || self.granting(right).next().is_some()
    }

    /// An error unless the caller has the right on the asset, as he describes it: the error repeats its movie.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: a caller who may not see a movie does not learn that it exists.
    pub fn require(&self, right: Right, asset: &Asset) -> Result<()> {
        if self.may(right, asset) { Ok(()) } else { Err(self.refused(right, &asset.movie)) }
    }

    /// An error unless the caller has the right on the movie itself, whatever its assets' collections are.
    ///
    /// # Errors
    /// As of [`Caller::require`].
    pub fn require_movie(&self, right: Right, movie: &MovieId) -> Result<()> {
        if self.may_everywhere(right) || self.granting(right).any(|grant| grant.holds_movie(movie)) {
            return Ok(());
        }
        Err(self.refused(right, movie))
    }

    fn refused(&self, right: Right, movie: &MovieId) -> Error {
        let name = self.name();
        Error::new(
            ErrorKind::NotFound,
            format!("movie `{movie}` is not known, or the token `{name}` has no {right:?} right on it"),
        )
    }

    /// An error unless the caller has the right everywhere.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] otherwise.
    pub fn require_everywhere(&self, right: Right) -> Result<()> {
        if self.may_everywhere(right) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Forbidden,
            format!("the token `{}` has no {right:?} right on all movies", self.name()),
        )
        .mend("ask for one that has"))
    }

    /// An error where the caller may see some titles only: what is counted over all of them would tell of the others.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] then.
    pub fn require_unlimited(&self) -> Result<()> {
        if !self.is_limited() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Forbidden, format!("the token `{}` is for some titles only", self.name()))
            .mend("ask for one that is for all"))
    }
}

#[cfg(test)]
mod tests {
    use rushes_types::AssetId;

    use super::*;

    fn set<T: Ord>(of: impl IntoIterator<Item = T>) -> BTreeSet<T> {
        of.into_iter().collect()
    }

    fn asset(movie: &str, collection: Option<&str>) -> Asset {
        let collection = collection.map(str::to_owned);
        Asset { collection, ..Asset::new(AssetId::new("a").unwrap(), MovieId::new(movie).unwrap()) }
    }

    fn grant(movies: &[&str], collections: &[&str], rights: &[Right]) -> Grant {
        Grant {
            movies: movies.iter().map(ToString::to_string).collect(),
            collections: collections.iter().map(ToString::to_string).collect(),
            rights: set(rights.iter().copied()),
        }
    }

    #[test]
    fn a_collection_s_rights_are_inherited_by_what_belongs_to_it() {
        let spec = TokenSpec {
            name: "t".into(),
            rights: set([Right::Read]),
            collections: set(["ferries".to_owned()]),
            grants: vec![grant(&["day"], &[], &[Right::Ingest]), grant(&["own"], &[], &[Right::Admin])],
            ..TokenSpec::default()
        };
        let caller = Caller::of(&spec.stored());
        assert!(caller.is_limited() && !caller.may_everywhere(Right::Read));
        let ferry = asset("night", Some("ferries"));
        assert!(caller.may(Right::Read, &ferry) && !caller.may(Right::Ingest, &ferry));
        let day = asset("day", None);
        assert!(caller.may(Right::Ingest, &day) && !caller.may(Right::Read, &day));
        assert!(caller.may(Right::Read, &asset("own", None)));
        assert!(!caller.may(Right::Read, &asset("night", None)));
        // A right on a collection is none on a whole movie.
        assert!(caller.require_movie(Right::Read, &ferry.movie).is_err());
        let Access::Only(titles) = caller.access(Right::Read) else { panic!("it is limited") };
        assert!(titles.hold(&ferry) && titles.hold(&asset("own", None)) && !titles.hold(&day));
    }

    #[test]
    fn who_may_write_everywhere_but_see_nothing_is_limited() {
        let spec = TokenSpec { name: "t".into(), rights: set([Right::Ingest]), ..TokenSpec::default() };
        let caller = Caller::of(&spec);
        assert!(caller.is_limited() && caller.may_everywhere(Right::Ingest));
        assert!(caller.require_unlimited().is_err());
        for rights in [[Right::Read], [Right::Admin]] {
            let spec = TokenSpec { name: "t".into(), rights: set(rights), ..TokenSpec::default() };
            assert!(!Caller::of(&spec).is_limited());
        }
    }

    #[test]
    fn nobody_puts_an_asset_among_titles_of_others() {
        let spec = TokenSpec {
            name: "t".into(),
            grants: vec![grant(&["mine"], &[], &[Right::Ingest]), grant(&[], &["ferries"], &[Right::Ingest])],
            ..TokenSpec::default()
        };
        let caller = Caller::of(&spec);
        let field = |asset: &Asset, known: Option<&Asset>| {
            let refused = caller.require_place(asset, known).err()?;
            assert_eq!(refused.kind(), ErrorKind::Forbidden);
            refused.pointer().map(str::to_owned)
        };
        assert_eq!(field(&asset("mine", Some("ferries")), None), None);
        assert_eq!(field(&asset("theirs", Some("ferries")), None).as_deref(), Some("/movie_id"));
        assert_eq!(field(&asset("mine", Some("voyages")), None).as_deref(), Some("/collection"));
        // What is there already may stay, and nothing may move on.
        let known = asset("theirs", Some("ferries"));
        assert_eq!(field(&known, Some(&known)), None);
        assert_eq!(field(&asset("others", Some("ferries")), Some(&known)).as_deref(), Some("/movie_id"));
        assert_eq!(field(&asset("theirs", Some("voyages")), Some(&known)).as_deref(), Some("/collection"));
        assert!(Caller::local().require_place(&asset("theirs", Some("voyages")), None).is_ok());
    }

    #[test]
    fn rights_everywhere_stand_beside_rights_on_some_titles() {
        let spec = TokenSpec {
            name: "t".into(),
            rights: set([Right::Read]),
            grants: vec![grant(&["day"], &[], &[Right::Ingest])],
            ..TokenSpec::default()
        };
        let caller = Caller::of(&spec.stored());
        assert!(!caller.is_limited() && caller.access(Right::Read) == Access::All);
        assert!(caller.may(Right::Ingest, &asset("day", None)));
        assert!(!caller.may(Right::Ingest, &asset("night", None)));
        assert!(caller.require_everywhere(Right::Ingest).is_err());
    }

    #[test]
    fn a_program_that_knows_no_collections_reads_no_more_rights() {
        #[derive(Deserialize)]
        struct Earlier {
            movies: Option<BTreeSet<String>>,
            rights: BTreeSet<Right>,
        }
        let spec = TokenSpec {
            name: "t".into(),
            rights: set([Right::Read]),
            collections: set(["ferries".to_owned()]),
            ..TokenSpec::default()
        };
        let written = serde_json::to_string(&spec.stored()).unwrap();
        let read: Earlier = serde_json::from_str(&written).unwrap();
        assert_eq!((read.movies, read.rights), (Some(set([])), set([Right::Read])));
    }
}
