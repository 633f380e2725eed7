//! What an asset's head and its chain say of each other. Pure.

use crate::store::clock;
use crate::store::link::Link;

/// What head and chain say of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The head holds what was acknowledged.
    Same,
    /// Neither knows of the asset, or a version wrote it that kept no chain.
    Unguarded,
    /// The head holds changes that were not acknowledged, and goes on from what was.
    Ahead,
    /// The head has changes that the chain does not have, and the chain ends with none: it was lost.
    ChainLost,
    /// The head holds less than was acknowledged.
    Missing {
        /// What it holds.
        held: Option<Link>,
        /// What was acknowledged last.
        last: Link,
    },
    /// As many changes as were acknowledged or more, but others.
    Differs {
        /// The change that was acknowledged and is another one here.
        last: Link,
    },
}

impl Verdict {
    /// Does the asset lack something that was acknowledged?
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Differs { .. })
    }
}

/// Compares the record in an asset's head with the end of its chain. `between` is what the head holds of the records, ascending.
pub fn judge(stamp: Option<&Link>, end: Option<&Link>, between: &[Link]) -> Verdict {
    match (stamp, end) {
        (None, None) => Verdict::Unguarded,
        (None, Some(end)) => Verdict::Missing { held: None, last: end.clone() },
        (Some(stamp), None) if follows(stamp, None, between) => Verdict::Ahead,
        (Some(_), None) => Verdict::ChainLost,
        (Some(stamp), Some(end)) if stamp.seq < end.seq => {
            Verdict::Missing { held: Some(stamp.clone()), last: end.clone() }
        }
        (Some(stamp), Some(end)) if stamp.seq == end.seq => match stamp == end {
            true => Verdict::Same,
            false => Verdict::Differs { last: end.clone() },
        },
        (Some(stamp), Some(end)) => match follows(stamp, Some(end), between) {
            true => Verdict::Ahead,
            false => Verdict::Differs { last: end.clone() },
        },
    }
}

/// Do the records that the head holds lead from the end of the chain to the head's own?
fn follows(stamp: &Link, end: Option<&Link>, between: &[Link]) -> bool {
    let (mut seq, mut link) = (end.map_or(0, |end| end.seq), end.map(|end| end.link));
    let acknowledged = seq;
    for next in between.iter().filter(|next| next.seq > acknowledged) {
        let is_next = next.seq == seq.saturating_add(1);
        // Before the first record stands the seed, which is tried by examining.
        if !is_next || link.is_some_and(|link| next.link != next.after(link)) {
            return false;
        }
        (seq, link) = (next.seq, Some(next.link));
    }
    seq == stamp.seq && link == Some(stamp.link)
}

/// What is wrong with the asset, in words; `None` where nothing that was acknowledged is missing.
pub fn say(asset: &str, verdict: &Verdict, show_time: fn(u64) -> String) -> Option<String> {
    match verdict {
        Verdict::Same | Verdict::Unguarded | Verdict::Ahead => None,
        Verdict::ChainLost => Some(format!("asset `{asset}`: its chain of changes is missing")),
        Verdict::Differs { last } => Some(format!(
            "asset `{asset}`: change {} is not the one that was acknowledged at {}",
            last.seq,
            show_time(last.at_ms)
        )),
        Verdict::Missing { held, last } => {
            let (seq, commits, since) = match held {
                Some(held) => (held.seq, held.commits, format!(", all after {}", show_time(held.at_ms))),
                None => (0, 0, String::new()),
            };
            let changes = last.seq.saturating_sub(seq);
            let lost = last.commits.saturating_sub(commits);
            Some(format!(
                "asset `{asset}`: {changes} of {} changes that were acknowledged are missing, {lost} of {} commits among \
                 them{since}, the last, commit {}, at {}",
                last.seq,
                last.commits,
                last.commit,
                show_time(last.at_ms)
            ))
        }
    }
}

/// A commit with its time, where its number tells it.
pub fn named(commit: u64, show_time: fn(u64) -> String) -> String {
    match clock::ms_of(commit) {
        Some(ms) => format!("{commit} of {}", show_time(ms)),
        None => commit.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(upto: u64, salt: u64) -> Vec<Link> {
        let mut before = u128::from(salt);
        let mut links = Vec::new();
        for seq in 1..=upto {
            let link = Link {
                seq,
                is_base: false,
                commit: seq * 10,
                from: seq - 1,
                commits: seq,
                annotations: salt,
                at_ms: seq,
                records: 0,
                content: 0,
                link: 0,
            };
            let link = link.linked(before);
            before = link.link;
            links.push(link);
        }
        links
    }

    #[test]
    fn a_head_must_hold_what_the_chain_ends_with_or_go_on_from_it() {
        let (ours, theirs) = (chain(9, 1), chain(9, 2));
        let (link, other) = (|n: usize| Some(&ours[n - 1]), |n: usize| Some(&theirs[n - 1]));
        assert_eq!(judge(None, None, &[]), Verdict::Unguarded);
        assert_eq!(judge(link(5), link(5), &ours[4..5]), Verdict::Same);
        assert!(judge(link(5), other(5), &ours[4..5]).is_damage());
        assert!(matches!(judge(None, link(5), &[]), Verdict::Missing { held: None, .. }));
        assert!(matches!(judge(link(3), link(5), &ours[2..3]), Verdict::Missing { held: Some(_), .. }));
        // A crash before the chain was written.
        assert_eq!(judge(link(7), link(5), &ours[4..7]), Verdict::Ahead);
        assert_eq!(judge(link(7), link(5), &ours[5..7]), Verdict::Ahead);
        assert_eq!(judge(link(1), None, &ours[..1]), Verdict::Ahead);
        // What is between is not there, or of another lineage.
        for (head, between) in [(7, &ours[6..7]), (7, &theirs[4..7]), (7, &[][..])] {
            assert!(judge(link(head), link(5), between).is_damage());
        }
        assert!(judge(other(7), link(5), &theirs[5..7]).is_damage());
        assert_eq!(judge(link(7), None, &ours[6..7]), Verdict::ChainLost);
    }

    #[test]
    fn what_is_missing_is_named() {
        let links = chain(9, 1);
        let said = say("a", &judge(Some(&links[2]), Some(&links[8]), &[]), |ms| format!("<{ms}>")).unwrap();
        assert_eq!(
            said,
            "asset `a`: 6 of 9 changes that were acknowledged are missing, 6 of 9 commits among them, all after <3>, the last, \
             commit 90, at <9>"
        );
        assert_eq!(say("a", &Verdict::Ahead, |ms| format!("<{ms}>")), None);
    }
}
