//! The generated archive: its series and episodes, and the people, things and places in them.

use rushes_types::{
    AnnotationType, Asset, AssetId, IdError, Metric, Model, ModelRef, MovieId, NS_PER_SECOND, Space,
};
use rushes_types::{FrameRate, SpaceId, known_types};

use crate::random::{Random, Zipf};
use crate::vectors::Clusters;
use crate::words::{Vocabulary, names, things};

/// Characters of all series.
const CHARACTERS: usize = 300;
/// Characters that appear most in one series.
const CAST: usize = 30;
/// Kinds of places.
const PLACES: usize = 240;
/// Kinds of things.
const THINGS: usize = 900;
/// Episodes of a season.
const EPISODES: u64 = 10;
/// Seasons of a series.
const SEASONS: u64 = 4;
/// Shortest and longest episode, in seconds.
const EPISODE_SECONDS: (i64, i64) = (45 * 60, 60 * 60);

/// What to generate: the same spec gives the same bytes, on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// The seed.
    pub seed: u64,
    /// Hours of video, at least; the last episode is not cut off.
    pub hours: u32,
    /// Numbers in a vector.
    pub dimensions: usize,
}

impl Default for Spec {
    fn default() -> Self {
        Self { seed: 1, hours: 100, dimensions: 512 }
    }
}

/// The models that write annotations, in the order of an asset's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Writer {
    /// Characters by face.
    Faces,
    /// Places, as labels.
    Scenes,
    /// Shots, from cut to cut.
    Shots,
    /// Dialogue.
    Speech,
    /// Things.
    Objects,
    /// Embeddings of shots.
    Clip,
}

impl Writer {
    /// The writers without vectors.
    pub const OF_LINES: [Self; 5] = [Self::Faces, Self::Scenes, Self::Shots, Self::Speech, Self::Objects];

    /// Its name and version.
    #[must_use]
    pub const fn model(self) -> &'static str {
        match self {
            Self::Faces => "faces@3",
            Self::Scenes => "places@2",
            Self::Shots => "cuts@1",
            Self::Speech => "speech@4",
            Self::Objects => "things@5",
            Self::Clip => "shot-clip@1",
        }
    }

    /// What it writes.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Faces => known_types::CHARACTER,
            Self::Scenes | Self::Clip => known_types::SCENE,
            Self::Shots => known_types::SHOT,
            Self::Speech => known_types::DIALOGUE,
            Self::Objects => known_types::OBJECT,
        }
    }
}

/// One episode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// Its number in the archive, from 0.
    pub no: u64,
    /// Its series, from 0.
    pub series: u64,
    /// Season and episode, from 1.
    pub season: u64,
    /// Episode of the season, from 1.
    pub episode: u64,
    /// Its length in nanoseconds.
    pub duration_ns: i64,
    /// Its asset id.
    pub asset_id: String,
    /// Its movie id: the series.
    pub movie_id: String,
}

/// The generated archive, before lines are written.
#[derive(Debug)]
pub struct World {
    /// The spec that it was made from.
    pub spec: Spec,
    /// Names of characters, most frequent first.
    pub characters: Vec<String>,
    /// Kinds of places, most frequent first.
    pub places: Vec<String>,
    /// Kinds of things, most frequent first.
    pub things: Vec<String>,
    /// What people say.
    pub vocabulary: Vocabulary,
    /// The clusters of shot vectors.
    pub clusters: Clusters,
    /// The episodes.
    pub episodes: Vec<Episode>,
    titles: Vec<String>,
    pub(crate) character_law: Zipf,
    pub(crate) cast_law: Zipf,
    pub(crate) place_law: Zipf,
    pub(crate) thing_law: Zipf,
}

impl World {
    /// Makes the world of a spec.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        let mut random = Random::at(spec.seed, &[0]);
        let hours_ns = i64::from(spec.hours).saturating_mul(3600 * NS_PER_SECOND);
        let shortest = EPISODE_SECONDS.0 * NS_PER_SECOND;
        let per_series = EPISODES * SEASONS;
        let series_max = (hours_ns / shortest).unsigned_abs() / per_series + 1;
        let titles = names(&mut random, usize::try_from(series_max).unwrap_or(1));
        let characters = names(&mut random, CHARACTERS);
        let places = things(&mut random, PLACES);
        let things = things(&mut random, THINGS);
        let vocabulary = Vocabulary::new(&mut random);
        let clusters = Clusters::new(spec.seed, spec.dimensions);
        let mut world = Self {
            spec,
            character_law: Zipf::new(characters.len()),
            cast_law: Zipf::new(CAST),
            place_law: Zipf::new(places.len()),
            thing_law: Zipf::new(things.len()),
            characters,
            places,
            things,
            vocabulary,
            clusters,
            episodes: Vec::new(),
            titles,
        };
        let mut total_ns = 0;
        while total_ns < hours_ns {
            let episode = world.make_episode(world.episodes.len() as u64);
            total_ns += episode.duration_ns;
            world.episodes.push(episode);
        }
        world
    }

    fn make_episode(&self, no: u64) -> Episode {
        let mut random = Random::at(self.spec.seed, &[1, no]);
        let (series, within) = (no / (EPISODES * SEASONS), no % (EPISODES * SEASONS));
        let (season, episode) = (within / EPISODES + 1, within % EPISODES + 1);
        let movie_id = self.title(series).to_lowercase().replace(' ', "-");
        Episode {
            no,
            series,
            season,
            episode,
            duration_ns: random.between(EPISODE_SECONDS.0, EPISODE_SECONDS.1) * NS_PER_SECOND,
            asset_id: format!("{movie_id}-s{season:02}e{episode:02}"),
            movie_id,
        }
    }

    fn title(&self, series: u64) -> &str {
        usize::try_from(series).ok().and_then(|i| self.titles.get(i)).map_or("untitled", String::as_str)
    }

    /// A character of an episode: often one of the series' own.
    pub(crate) fn character(&self, series: u64, random: &mut Random) -> usize {
        if random.one_in(2) {
            return self.character_law.draw(random);
        }
        let first = usize::try_from(series).unwrap_or(0).wrapping_mul(CAST / 2);
        first.wrapping_add(self.cast_law.draw(random)) % self.characters.len().max(1)
    }

    /// The assets, as they are registered.
    ///
    /// # Errors
    /// Where a made-up name is no id: a mistake here.
    pub fn assets(&self) -> Result<Vec<Asset>, IdError> {
        let rate = FrameRate::new(24_000, 1001).ok();
        self.episodes
            .iter()
            .map(|episode| {
                let mut asset =
                    Asset::new(AssetId::new(&episode.asset_id)?, MovieId::new(&episode.movie_id)?);
                asset.series = Some(self.title(episode.series).to_owned());
                asset.season = i64::try_from(episode.season).ok();
                asset.episode = i64::try_from(episode.episode).ok();
                asset.duration_ns = Some(episode.duration_ns);
                asset.frame_rate = rate;
                asset.start_timecode = Some("01:00:00:00".to_owned());
                asset.language = Some("en".to_owned());
                Ok(asset)
            })
            .collect()
    }

    /// The models, as they are registered.
    ///
    /// # Errors
    /// Where a name here is no id: a mistake here.
    pub fn models(&self) -> Result<Vec<Model>, IdError> {
        let all = Writer::OF_LINES.into_iter().chain([Writer::Clip]);
        all.map(|writer| {
            let space = Space {
                id: SpaceId::new(writer.model())?,
                dimensions: self.spec.dimensions,
                metric: Metric::Cosine,
                encoder: None,
            };
            Ok(Model {
                model: ModelRef::parse(writer.model())?,
                types: vec![AnnotationType::new(writer.kind())?],
                language: (writer == Writer::Speech).then(|| "en".to_owned()),
                space: (writer == Writer::Clip).then_some(space),
            })
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_filled_with_episodes_that_differ() {
        let world = World::new(Spec { seed: 3, hours: 60, dimensions: 16 });
        let total: i64 = world.episodes.iter().map(|e| e.duration_ns).sum();
        assert!((60 * 3600 * NS_PER_SECOND..61 * 3600 * NS_PER_SECOND).contains(&total));
        let mut ids: Vec<&str> = world.episodes.iter().map(|e| e.asset_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), world.episodes.len());
        assert_eq!(world.assets().unwrap().len(), ids.len());
        assert_eq!(world.models().unwrap().len(), 6);
    }
}
