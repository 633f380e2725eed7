//! How a bin changes: all of a change or nothing of it.

use std::collections::{BTreeSet, HashMap};

use rushes_types::limits::{QUERY_BYTES_MAX, TIME_NS_MAX};
use rushes_types::{Colour, Error, ErrorKind, Result, check_id};
use serde::{Deserialize, Serialize};

use crate::bin::{Bin, Item, Record, Sharing};
use crate::limits::{CHANGES_MAX, HISTORY_MAX, ITEMS_MAX, NAME_BYTES_MAX, NOTE_BYTES_MAX, RATING_MAX};

/// A moment to be added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Addition {
    /// The asset.
    pub asset_id: String,
    /// First instant, in nanoseconds from the start of the media.
    pub start_ns: i64,
    /// End, exclusive, in nanoseconds.
    pub end_ns: i64,
    /// What a person says of it.
    #[serde(default)]
    pub note: String,
    /// Its colour.
    pub colour: Option<String>,
    /// From 0, the worst, to 5.
    pub rating: Option<u8>,
    /// Was it circled?
    #[serde(default)]
    pub circled: bool,
    /// The question that found it.
    pub question: Option<String>,
}

/// What changes of a moment; what is not named stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ItemChange {
    /// Its number in the bin.
    pub item: u64,
    /// First instant, in nanoseconds.
    pub start_ns: Option<i64>,
    /// End, exclusive, in nanoseconds.
    pub end_ns: Option<i64>,
    /// What a person says of it; empty for nothing.
    pub note: Option<String>,
    /// Its colour; empty for none.
    pub colour: Option<String>,
    /// From 0, the worst, to 5.
    pub rating: Option<u8>,
    /// Was it circled?
    pub circled: Option<bool>,
}

/// A change of a bin. Its parts are done in this order, all or none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Who else may see or change it.
    pub sharing: Option<Sharing>,
    /// Into the trash, or out of it.
    pub trashed: Option<bool>,
    /// Moments to take out, by number.
    #[serde(default)]
    pub remove: Vec<u64>,
    /// Moments to change.
    #[serde(default)]
    pub change: Vec<ItemChange>,
    /// Moments to add, at the end.
    #[serde(default)]
    pub add: Vec<Addition>,
    /// Numbers of moments that come first, in this order; the others follow as they are.
    #[serde(default)]
    pub order: Vec<u64>,
}

fn too_large(pointer: &str, what: String, mend: &str) -> Error {
    Error::new(ErrorKind::TooLarge, what).at(pointer).mend(mend)
}

impl Change {
    /// Does it only add? Then it fits whatever others have made of the bin meanwhile.
    #[must_use]
    pub fn only_adds(&self) -> bool {
        Self { add: Vec::new(), ..self.clone() } == Self::default()
    }

    /// What it does, in words.
    fn words(&self) -> String {
        let counted = |count: usize, what: &str| match count {
            0 => None,
            1 => Some(format!("{what} 1 moment")),
            n => Some(format!("{what} {n} moments")),
        };
        let trash =
            self.trashed.map(|trashed| if trashed { "to the trash" } else { "out of the trash" }.to_owned());
        let parts = [
            self.name.as_ref().map(|name| format!("named `{name}`")),
            self.sharing.map(|sharing| format!("sharing {sharing:?}").to_lowercase()),
            trash,
            counted(self.remove.len(), "removed"),
            counted(self.change.len(), "changed"),
            counted(self.add.len(), "added"),
            counted(self.order.len(), "ordered"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Is it a change at all, whatever the bin?
    ///
    /// # Errors
    /// What is wrong with it, with its place.
    pub fn check(&self) -> Result<()> {
        if let Some(name) = &self.name {
            check_name(name)?;
        }
        let lengths = [
            ("/add", self.add.len()),
            ("/change", self.change.len()),
            ("/remove", self.remove.len()),
            ("/order", self.order.len()),
        ];
        for (pointer, length) in lengths {
            if length > CHANGES_MAX {
                return Err(too_large(
                    pointer,
                    format!("the list has {length} entries"),
                    "send at most 10000 at a time",
                ));
            }
        }
        for (n, wanted) in self.change.iter().enumerate() {
            let pointer = format!("/change/{n}");
            let (start, end) = (wanted.start_ns, wanted.end_ns);
            check_time(&format!("{pointer}/start_ns"), start.unwrap_or(0), start.unwrap_or(0))?;
            check_time(&format!("{pointer}/end_ns"), 0, end.unwrap_or(0))?;
            let colour = wanted.colour.as_deref().filter(|colour| !colour.is_empty());
            check_words(&pointer, wanted.note.as_deref(), colour, wanted.rating)?;
        }
        for (n, addition) in self.add.iter().enumerate() {
            let pointer = format!("/add/{n}");
            check_id("asset id", &addition.asset_id)
                .map_err(|e| Error::from(e).at(format!("{pointer}/asset_id")))?;
            check_time(&format!("{pointer}/start_ns"), addition.start_ns, addition.start_ns)?;
            check_time(&format!("{pointer}/end_ns"), addition.start_ns, addition.end_ns)?;
            check_words(&pointer, Some(&addition.note), addition.colour.as_deref(), addition.rating)?;
            if addition.question.as_ref().is_some_and(|question| question.len() > QUERY_BYTES_MAX) {
                let pointer = format!("{pointer}/question");
                return Err(too_large(&pointer, "the question is too long".to_owned(), "leave it out"));
            }
        }
        Ok(())
    }
}

/// Is it a name for a bin?
///
/// # Errors
/// [`ErrorKind::Invalid`] where it is empty, [`ErrorKind::TooLarge`] above [`NAME_BYTES_MAX`].
pub(crate) fn check_name(name: &str) -> Result<()> {
    if name.trim().is_empty() {
        return Err(Error::invalid("the bin has no name").at("/name").mend("give it a name"));
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(too_large(
            "/name",
            format!("the name has {} bytes", name.len()),
            "shorten it to 512 bytes",
        ));
    }
    Ok(())
}

/// Is it a time of media?
fn check_time(pointer: &str, start_ns: i64, end_ns: i64) -> Result<()> {
    if start_ns >= 0 && start_ns <= end_ns && end_ns <= TIME_NS_MAX {
        return Ok(());
    }
    let what = format!("from {start_ns} to {end_ns} ns is no time of media");
    Err(Error::invalid(what).at(pointer).mend("let it end where it begins or later, within 10000 hours"))
}

fn check_words(pointer: &str, note: Option<&str>, colour: Option<&str>, rating: Option<u8>) -> Result<()> {
    if let Some(note) = note.filter(|note| note.len() > NOTE_BYTES_MAX) {
        let what = format!("the note has {} bytes", note.len());
        return Err(too_large(&format!("{pointer}/note"), what, "shorten it to 4096 bytes"));
    }
    if rating.is_some_and(|rating| rating > RATING_MAX) {
        return Err(Error::invalid("the rating is above 5")
            .at(format!("{pointer}/rating"))
            .mend("rate from 0 to 5"));
    }
    match colour {
        Some(colour) if Colour::parse(colour).is_none() => {
            let mend = format!("name one of {}", Colour::ALL.join(", "));
            Err(Error::invalid(format!("there is no colour `{colour}`"))
                .at(format!("{pointer}/colour"))
                .mend(mend))
        }
        _ => Ok(()),
    }
}

impl Bin {
    /// Makes a change, by somebody, at a time; `version` is that of the bin it makes.
    ///
    /// # Errors
    /// What is wrong with it, with its place; then nothing is changed.
    pub fn apply(&mut self, change: &Change, version: u64, by: &str, at_s: u64) -> Result<()> {
        change.check()?;
        let mut next = self.clone();
        next.do_all(change, by)?;
        next.history.push(Record { version, by: by.to_owned(), at_s, what: change.words() });
        let beyond = next.history.len().saturating_sub(HISTORY_MAX);
        next.history.drain(..beyond);
        *self = next;
        Ok(())
    }

    fn do_all(&mut self, change: &Change, by: &str) -> Result<()> {
        if let Some(name) = &change.name {
            name.clone_into(&mut self.name);
        }
        self.sharing = change.sharing.unwrap_or(self.sharing);
        self.trashed = change.trashed.unwrap_or(self.trashed);
        self.take_out(&change.remove)?;
        let places: HashMap<u64, usize> =
            self.items.iter().enumerate().map(|(place, item)| (item.item, place)).collect();
        for (n, wanted) in change.change.iter().enumerate() {
            let pointer = format!("/change/{n}");
            let item = places.get(&wanted.item).and_then(|place| self.items.get_mut(*place));
            let Some(item) = item else { return Err(no_item(wanted.item, format!("{pointer}/item"))) };
            change_item(item, wanted);
            check_time(&format!("{pointer}/end_ns"), item.start_ns, item.end_ns)?;
        }
        for addition in &change.add {
            let item = new_item(self.number(), addition, by);
            self.items.push(item);
        }
        if self.items.len() > ITEMS_MAX {
            let what = format!("the bin would have {} moments", self.items.len());
            return Err(too_large("/add", what, "a bin has at most 10000: make another"));
        }
        self.put_first(&change.order)
    }

    fn take_out(&mut self, gone: &[u64]) -> Result<()> {
        let known: BTreeSet<u64> = self.items.iter().map(|item| item.item).collect();
        if let Some((n, number)) = gone.iter().enumerate().find(|(_, number)| !known.contains(number)) {
            return Err(no_item(*number, format!("/remove/{n}")));
        }
        let gone: BTreeSet<u64> = gone.iter().copied().collect();
        self.items.retain(|item| !gone.contains(&item.item));
        Ok(())
    }

    fn put_first(&mut self, order: &[u64]) -> Result<()> {
        let mut ranks: HashMap<u64, usize> = HashMap::new();
        let known: BTreeSet<u64> = self.items.iter().map(|item| item.item).collect();
        for (n, number) in order.iter().enumerate() {
            if !known.contains(number) {
                return Err(no_item(*number, format!("/order/{n}")));
            }
            ranks.entry(*number).or_insert(n);
        }
        self.items.sort_by_key(|item| ranks.get(&item.item).copied().unwrap_or(usize::MAX));
        Ok(())
    }
}

fn no_item(number: u64, pointer: String) -> Error {
    Error::new(ErrorKind::NotFound, format!("the bin has no moment {number}"))
        .at(pointer)
        .mend("read the bin again")
}

fn new_item(number: u64, addition: &Addition, by: &str) -> Item {
    let Addition { asset_id, start_ns, end_ns, note, colour, rating, circled, question } = addition.clone();
    Item {
        item: number,
        asset_id,
        start_ns,
        end_ns,
        note,
        colour,
        rating,
        circled,
        question,
        by: by.to_owned(),
    }
}

fn change_item(item: &mut Item, wanted: &ItemChange) {
    item.start_ns = wanted.start_ns.unwrap_or(item.start_ns);
    item.end_ns = wanted.end_ns.unwrap_or(item.end_ns);
    item.circled = wanted.circled.unwrap_or(item.circled);
    item.rating = wanted.rating.or(item.rating);
    if let Some(note) = &wanted.note {
        note.clone_into(&mut item.note);
    }
    if let Some(colour) = &wanted.colour {
        item.colour = Some(colour.clone()).filter(|colour| !colour.is_empty());
    }
}
