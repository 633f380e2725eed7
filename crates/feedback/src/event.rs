//! One event: what somebody did with one moment.

use rushes_learn::{Features, Side};
use rushes_types::limits::TIME_NS_MAX;
use rushes_types::{AssetId, Error, ErrorKind, Result, TimeRange};
use serde_json::Value;

use crate::fields::Fields;
use crate::{AHEAD_MS_MAX, EVENT_BYTES_MAX, RANK_MAX};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It was shown.
    Shown,
    /// It was in view for a second or longer.
    Viewed,
    /// It was played.
    Played,
    /// It was kept: put aside to be used.
    Kept,
    /// It was taken along: into an edit list, a file.
    Exported,
    /// It was rejected.
    Rejected,
    /// More like it was asked for.
    MoreLike,
    /// Less like it was asked for.
    LessLike,
}

impl Action {
    /// All of them, by the names in which they are sent.
    pub const ALL: [(&'static str, Self); 8] = [
        ("shown", Self::Shown),
        ("viewed", Self::Viewed),
        ("played", Self::Played),
        ("kept", Self::Kept),
        ("exported", Self::Exported),
        ("rejected", Self::Rejected),
        ("more_like", Self::MoreLike),
        ("less_like", Self::LessLike),
    ];

    /// What it says of the moment; `None` where it says nothing by itself.
    #[must_use]
    pub const fn gain(self) -> Option<f64> {
        match self {
            Self::Exported => Some(3.0),
            Self::Kept | Self::MoreLike => Some(2.0),
            Self::Rejected | Self::LessLike => Some(-1.0),
            Self::Shown | Self::Viewed | Self::Played => None,
        }
    }
}

/// How a moment was shown: what learning needs of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// Its rank, from 1.
    pub rank: usize,
    /// Its hand-set score.
    pub score: f64,
    /// The chance that it was shown at this rank.
    pub propensity: f64,
    /// Did a coin decide between it and its neighbour?
    pub by_coin: bool,
    /// Which of two orders it was drawn from.
    pub side: Option<Side>,
    /// Its features.
    pub features: Features,
}

/// What somebody did with a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Names the answer as one person saw it: the client makes it up.
    pub impression: String,
    /// What was done.
    pub action: Action,
    /// The asset.
    pub asset: AssetId,
    /// From when to when in it.
    pub range: TimeRange,
    /// The read point of the answer.
    pub read_point: String,
    /// When, by the client's clock, in milliseconds since 1970.
    pub at_ms: u64,
    /// For which team.
    pub team: Option<String>,
    /// With [`Action::Shown`]: how.
    pub sent: Option<Sent>,
    /// With [`Action::Played`]: for how long, in milliseconds.
    pub played_ms: u64,
}

const COMMON: [&str; 8] =
    ["impression", "event", "asset_id", "start_ns", "end_ns", "read_point", "at_ms", "team"];
const OF_SHOWN: [&str; 6] = ["rank", "score", "propensity", "by_coin", "side", "features"];

impl Event {
    /// Reads an event from its JSON text. `now_ms` is the server's clock, `pointer` the event's place in the request.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] or [`ErrorKind::TooLarge`], with the field and the mend.
    pub fn read(text: &str, now_ms: u64, pointer: &str) -> Result<Self> {
        if text.len() > EVENT_BYTES_MAX {
            let message = format!("the event has {} bytes", text.len());
            return Err(Error::new(ErrorKind::TooLarge, message)
                .mend(format!("at most {EVENT_BYTES_MAX} are taken"))
                .at(pointer));
        }
        let value: Value = serde_json::from_str(text)
            .map_err(|e| Error::invalid(format!("the event is no JSON: {e}")).mend("mend it").at(pointer))?;
        let no_object = || Error::invalid("the event is no object").mend("write one").at(pointer);
        let fields = Fields { fields: value.as_object().ok_or_else(no_object)?, pointer };
        let action = action(&fields)?;
        let more: &[&str] = match action {
            Action::Shown => &OF_SHOWN,
            Action::Played => &["played_ms"],
            _ => &[],
        };
        fields.only(&[&COMMON, more].concat())?;
        let most = u64::try_from(TIME_NS_MAX).unwrap_or_default();
        let at_ms = fields.whole("at_ms", 0, u64::MAX)?;
        if at_ms > now_ms.saturating_add(AHEAD_MS_MAX) {
            return Err(fields
                .error("at_ms", format!("the event is from the future, {} s ahead", (at_ms - now_ms) / 1_000))
                .mend("set the client's clock"));
        }
        let asset = fields.text("asset_id")?;
        Ok(Self {
            impression: fields.name("impression")?.to_owned(),
            action,
            asset: AssetId::new(asset).map_err(|e| Error::from(e).at(format!("{pointer}/asset_id")))?,
            range: range(&fields, most)?,
            read_point: fields.text("read_point")?.to_owned(),
            at_ms,
            team: fields.optional_name("team")?,
            sent: (action == Action::Shown).then(|| sent(&fields)).transpose()?,
            played_ms: if action == Action::Played {
                fields.whole("played_ms", 0, most / 1_000_000)?
            } else {
                0
            },
        })
    }
}

fn action(fields: &Fields<'_>) -> Result<Action> {
    let name = fields.text("event")?;
    let found = Action::ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, action)| *action).ok_or_else(|| {
        let all = Action::ALL.map(|(known, _)| known).join(", ");
        fields.error("event", format!("`{name}` is no event")).mend(format!("there are {all}"))
    })
}

fn range(fields: &Fields<'_>, most: u64) -> Result<TimeRange> {
    let time = |name| fields.whole(name, 0, most).map(|ns| i64::try_from(ns).unwrap_or(i64::MAX));
    let (start, end) = (time("start_ns")?, time("end_ns")?);
    TimeRange::new(start, end).map_err(|_| {
        fields.error("end_ns", "the moment ends before it starts").mend("send it as the answer said")
    })
}

fn sent(fields: &Fields<'_>) -> Result<Sent> {
    let side = match fields.optional_name("side")?.as_deref() {
        None => None,
        Some("a") => Some(Side::A),
        Some("b") => Some(Side::B),
        Some(other) => {
            return Err(fields.error("side", format!("`{other}` is no side")).mend("there are a, b"));
        }
    };
    Ok(Sent {
        rank: usize::try_from(fields.whole("rank", 1, RANK_MAX)?).unwrap_or(usize::MAX),
        score: fields.share("score", 0.0)?,
        propensity: fields.share("propensity", 1.0)?,
        by_coin: fields.flag("by_coin")?,
        side,
        features: Features::read(&fields.numbers("features")?, &format!("{}/features", fields.pointer))?,
    })
}
