//! Moments in groups, on several levels, the best first in each.

use std::collections::HashMap;
use std::sync::Arc;

use rushes_plan::{GroupBy, Top};
use rushes_types::{Asset, AssetDocument, Value};
use serde_json::{Value as Json, json};

use crate::answer::Group;
use crate::page::index_of;
use crate::rank::Folded;
use crate::score::Draft;

/// Moments in the order they are paged in, and the groups they lie in.
#[derive(Debug, Default)]
pub(crate) struct Grouped {
    /// The moments that are kept.
    pub kept: Vec<Folded>,
    nodes: Vec<Node>,
    roots: Vec<usize>,
}

#[derive(Debug)]
struct Node {
    by: String,
    key: Json,
    within: Json,
    total: usize,
    children: Vec<usize>,
    moments: Vec<Folded>,
    /// Where its moments lie in the order of pages.
    first: usize,
    end: usize,
}

/// Puts moments into groups, ordered by their best moments, and keeps the top ones.
pub(crate) fn grouped(
    levels: &[GroupBy],
    top: Option<&Top>,
    kept: Vec<Folded>,
    drafts: &[Draft],
    documents: &[Arc<AssetDocument>],
) -> Grouped {
    if levels.is_empty() {
        let most = match top {
            Some(Top::Moments(n)) => *n,
            Some(Top::Levels(levels)) => levels.last().copied().flatten().unwrap_or(usize::MAX),
            None => usize::MAX,
        };
        return Grouped { kept: kept.into_iter().take(most).collect(), ..Grouped::default() };
    }
    let mut grouped = Grouped::default();
    let mut by_key: HashMap<String, usize> = HashMap::new();
    let mut by_asset: Vec<Option<Vec<usize>>> = vec![None; documents.len()];
    for kept in kept {
        let Some(draft) = drafts.get(kept.draft) else { continue };
        let no = index_of(draft.asset);
        let (Some(path), Some(document)) = (by_asset.get_mut(no), documents.get(no)) else { continue };
        let path = path.get_or_insert_with(|| grouped.path(levels, &document.asset, &mut by_key));
        for node in path.iter() {
            if let Some(node) = grouped.nodes.get_mut(*node) {
                node.total += kept.count;
            }
        }
        if let Some(node) = path.last().and_then(|node| grouped.nodes.get_mut(*node)) {
            node.moments.push(kept);
        }
    }
    let most = |level: usize| match top {
        Some(Top::Moments(n)) if level + 1 == levels.len() => *n,
        Some(Top::Levels(numbers)) => numbers.get(level).copied().flatten().unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    // `top` gives for each level how many children a group keeps: groups of the next level, or moments at the last.
    let mut roots = std::mem::take(&mut grouped.roots);
    for root in &mut roots {
        grouped.lay_out(*root, 0, &most);
    }
    grouped.roots = roots;
    grouped
}

impl Grouped {
    /// The groups of an asset, the outermost first; made where they are new.
    fn path(&mut self, levels: &[GroupBy], asset: &Asset, by_key: &mut HashMap<String, usize>) -> Vec<usize> {
        let mut path: Vec<usize> = Vec::with_capacity(levels.len());
        for level in levels {
            let (key, within) = key_of(level, asset);
            let parent = path.last().copied();
            let name = format!("{parent:?} {key} {within}");
            let next = self.nodes.len();
            let no = *by_key.entry(name).or_insert(next);
            if no == next {
                let by = level.to_string();
                let (children, moments) = (Vec::new(), Vec::new());
                self.nodes.push(Node { by, key, within, total: 0, children, moments, first: 0, end: 0 });
                match parent.and_then(|p| self.nodes.get_mut(p)) {
                    Some(parent) => parent.children.push(no),
                    None => self.roots.push(no),
                }
            }
            path.push(no);
        }
        path
    }

    fn lay_out(&mut self, no: usize, level: usize, most: &dyn Fn(usize) -> usize) {
        let first = self.kept.len();
        let Some(node) = self.nodes.get_mut(no) else { return };
        node.first = first;
        let keep = most(level);
        node.children.truncate(keep);
        let children = node.children.clone();
        let moments: Vec<Folded> = std::mem::take(&mut node.moments).into_iter().take(keep).collect();
        self.kept.extend(moments);
        for child in children {
            self.lay_out(child, level + 1, most);
        }
        let end = self.kept.len();
        if let Some(node) = self.nodes.get_mut(no) {
            node.end = end;
        }
    }

    /// The groups with a moment on the page `from .. to`.
    pub fn on_page(&self, from: usize, to: usize) -> Vec<Group> {
        self.groups(&self.roots, from, to)
    }

    fn groups(&self, numbers: &[usize], from: usize, to: usize) -> Vec<Group> {
        let nodes = numbers.iter().filter_map(|no| self.nodes.get(*no));
        let shown = nodes.filter(|node| node.first < to && from < node.end);
        let group = |node: &Node| Group {
            by: node.by.clone(),
            key: node.key.clone(),
            within: node.within.clone(),
            total: node.total,
            groups: self.groups(&node.children, from, to),
            moments: match node.children.is_empty() {
                true => (node.first.max(from)..node.end.min(to)).map(|i| i - from).collect(),
                false => Vec::new(),
            },
        };
        shown.map(group).collect()
    }
}

/// What distinguishes a group from others of its level, and its parent's key: episode 1 of one season is not that of
/// another.
fn key_of(level: &GroupBy, asset: &Asset) -> (Json, Json) {
    let series = || match &asset.series {
        Some(series) => json!({"series": series}),
        None => json!({"movie": asset.movie.as_str()}),
    };
    match level {
        GroupBy::Movie => (json!(asset.movie.as_str()), Json::Null),
        GroupBy::Collection => (json!(asset.collection), Json::Null),
        GroupBy::Series => (json!(asset.series), Json::Null),
        GroupBy::Season => (json!(asset.season), series()),
        GroupBy::Episode => {
            let mut within = series();
            if let (Json::Object(fields), Some(season)) = (&mut within, asset.season) {
                fields.insert("season".into(), json!(season));
            }
            (json!(asset.episode), within)
        }
        GroupBy::Asset => (json!(asset.id.as_str()), Json::Null),
        GroupBy::Attribute(name) => (asset.attributes.get(name).map_or(Json::Null, json_of), Json::Null),
    }
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Bool(b) => json!(b),
        Value::Int(i) => json!(i),
        Value::Float(x) => json!(x),
        Value::Text(text) => json!(text),
        Value::Null | Value::List(_) | Value::Map(_) => json!(value.to_string()),
    }
}
