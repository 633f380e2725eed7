//! Media files: what a folder holds, what belongs together, what ffprobe says, where shots begin, pictures, proxies.
//!
//! Deciding and doing are apart. Which subtitles belong to which file ([`pair()`]), what a name says ([`names`]), what
//! ffprobe's answer means ([`parse_probe`]) and where a shot begins ([`cuts`]) are pure functions. Everything that
//! touches a media file goes through one place that runs a tool with limits (`tool`), and takes an *open* file: who
//! may see it is decided before, by others.

pub mod cuts;
pub mod language;
pub mod limits;
pub mod names;

mod cache;
mod pair;
mod picture;
mod plan;
mod probe;
mod proxy;
mod scan;
mod shots;
mod subtitles;
mod tool;

pub use cache::{Cache, Key};
pub use pair::{Companion, Group, pair};
pub use picture::{PictureAt, picture};
pub use plan::{Facts, IdHolder, asset_fields, choose_id, merged, suggested_id};
pub use probe::{Probe, SubtitleTrack, Video, parse as parse_probe, probe};
pub use proxy::{Proxies, ProxyState};
pub use scan::{FoundFile, Kind, Scan, Skipped, holds_media, kind_of, scan, shown};
pub use shots::{SHOTS_MODEL, Shot, shots, shots_with};
pub use subtitles::webvtt;
pub use tool::{ShouldStop, Tools};
