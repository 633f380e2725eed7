//! Where to look: assets, languages, windows of time.

#![allow(
    clippy::needless_pass_by_value,
    reason = "all readers of a node have one signature, and lists are read by value"
)]

use std::collections::BTreeMap;

use rushes_types::Result;
use rushes_types::limits::PLAN_LIST_MAX;
use serde::Serialize;

use crate::leaf::{attributes, ids, instant, integer, list, names};
use crate::node::Node;
use crate::object::{FromObject, object};
use crate::plan_clause::AttributeAsk;
use crate::time::Instant;

object! {
    /// Where to look. Every list that is not empty must hold what the asset (for languages: the annotation) says.
    #[derive(Debug, Clone, PartialEq, Default, Serialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct Scope {
        /// Titles, by id.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub movies: Vec<String> = "movies" default ids,
        /// Collections.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub collections: Vec<String> = "collections" default names,
        /// Assets, by id.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub assets: Vec<String> = "assets" default ids,
        /// Series.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub series: Vec<String> = "series" default names,
        /// Season numbers.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub seasons: Vec<i64> = "seasons" default list(PLAN_LIST_MAX, integer),
        /// Episode numbers.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub episodes: Vec<i64> = "episodes" default list(PLAN_LIST_MAX, integer),
        /// Languages of annotations (BCP 47; the primary tag counts); an unknown one always passes.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub languages: Vec<String> = "languages" default names,
        /// Windows of time that moments are clipped to.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub time: Vec<Window> = "time" default list(PLAN_LIST_MAX, window),
        /// Tests of free attributes of the asset; all must hold.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        pub attributes: BTreeMap<String, AttributeAsk> = "attributes" default attributes,
        /// What is left out: an asset that one of its lists holds, times of its windows, annotations in its languages.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(no_recursion))]
        pub exclude: Option<Box<Scope>> = "exclude" optional excluded,
    }
}

impl Scope {
    /// Does it say nothing?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

object! {
    /// A window of time, in each asset.
    #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct Window {
        /// First instant: seconds, or timecode at the asset's rate; by default the beginning.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub from: Option<Instant> = "from" optional instant,
        /// End, exclusive; by default the end of the media.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub to: Option<Instant> = "to" optional instant,
    }
}

pub(crate) fn scope(node: Node<'_>) -> Result<Scope> {
    Scope::from_node(node)
}

/// `exclude` takes the same fields but another `exclude`.
fn excluded(node: Node<'_>) -> Result<Box<Scope>> {
    let known: Vec<&str> = Scope::FIELDS.iter().copied().filter(|name| *name != "exclude").collect();
    Scope::from_object(&node.object(&known)?).map(Box::new)
}

fn window(node: Node<'_>) -> Result<Window> {
    let window = Window::from_node(node.clone())?;
    match (&window.from, &window.to) {
        (None, None) => Err(node.error("the window is empty").mend("give `from`, `to` or both")),
        (Some(Instant::Ns(from)), Some(Instant::Ns(to))) if from > to => {
            Err(node.error("`from` is after `to`").mend("swap them"))
        }
        _ => Ok(window),
    }
}
