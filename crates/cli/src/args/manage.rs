//! The arguments of the commands that manage assets, models, labels, runs, tokens and configuration.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `rushes asset …`
#[derive(Debug, Subcommand)]
pub enum AssetCommand {
    /// Register or change assets from JSON lines or a catalogue (CSV, TSV, Avid ALE)
    #[command(after_help = "Examples:
  rushes asset import assets.jsonl
  rushes asset import catalogue.csv                   columns: asset id, title, season, FPS, Start, Tape, file, …
  rushes asset import A001.ale

A line: {\"asset_id\":\"night-ferry-s01e01\",\"movie_id\":\"night-ferry\",\"season\":1,\"episode\":1,\"frame_rate\":\"25/1\",
         \"start_timecode\":\"10:00:00:00\",\"language\":\"en\",\"path\":\"/media/s01e01.mov\"}")]
    Import {
        /// A file, or - for standard input
        file: PathBuf,
    },
    /// List assets
    List,
    /// Show one
    Show {
        /// The asset
        asset: String,
    },
}

/// `rushes model …`
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Register models from JSON lines
    #[command(after_help = "Examples:
  rushes model import models.jsonl

A line: {\"model\":\"frames@1\",\"types\":[\"SCENE_SEARCH\"],\"space\":{\"dimensions\":512,\"metric\":\"cosine\"}}")]
    Import {
        /// A file, or - for standard input
        file: PathBuf,
    },
    /// List models
    List,
}

/// `rushes label …`
#[derive(Debug, Subcommand)]
pub enum LabelCommand {
    /// Set aliases from JSON lines {"type","label","aliases":[…]}
    #[command(after_help = "Examples:
  rushes label import labels.jsonl

A line: {\"type\":\"CHARACTER_SEARCH\",\"label\":\"Captain Brandt\",\"aliases\":[\"the captain\",\"Brandt\"]}")]
    Import {
        /// A file, or - for standard input
        file: PathBuf,
    },
    /// List labels that have aliases
    List,
}

/// `rushes run …`
#[derive(Debug, Subcommand)]
pub enum RunCommand {
    /// List runs
    List {
        /// Only of this asset
        #[arg(long)]
        asset: Option<String>,
    },
    /// Open a run; prints its id
    #[command(after_help = "Examples:
  run=$(rushes run open --asset night-ferry-s01e01 --model faces@3)
  rushes run append \"$run\" faces.jsonl && rushes run commit \"$run\"

  rushes run open --asset night-ferry-s01e01 --model faces@3 --coverage 0-120.5     only the first two minutes")]
    Open {
        /// The asset
        #[arg(long)]
        asset: String,
        /// The model, name@version
        #[arg(long)]
        model: String,
        /// Add to earlier annotations of the model instead of superseding them
        #[arg(long)]
        append: bool,
        /// The part of the asset that the run looks at: FROM-TO, in seconds
        #[arg(long, value_name = "FROM-TO")]
        coverage: Option<String>,
        /// Its id [default: made up]
        #[arg(long)]
        id: Option<String>,
    },
    /// Add annotation lines to an open run
    Append {
        /// The run
        run: String,
        /// Files, or - for standard input
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Make a run visible, whole
    Commit {
        /// The run
        run: String,
    },
    /// Give a run up
    Abort {
        /// The run
        run: String,
    },
    /// Make an earlier run current again
    Restore {
        /// The run
        run: String,
    },
    /// Keep a superseded run so that queries can pin it
    Keep {
        /// The run
        run: String,
    },
    /// Take a superseded run out of the index; it can still be restored
    Archive {
        /// The run
        run: String,
    },
}

/// `rushes events …`
#[derive(Debug, Subcommand)]
pub enum EventsCommand {
    /// List events that were set aside because a stage failed at them again and again
    List,
    /// Say them again, once what they failed at is mended
    #[command(after_help = "Examples:
  rushes events list && rushes events replay
  rushes events replay --limit 1")]
    Replay {
        /// Only the oldest ones, this many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
}

/// `rushes token …`
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token; its secret is printed this once
    #[command(after_help = "Examples:
  rushes token create editors --right read
  rushes token create annotator --right ingest --movie night-ferry
  rushes token create trailers --right read --collection ferries --days 90
  rushes token create vendor --right read --movie day-boat --grant read,ingest:movie=night-ferry
  rushes token rotate editors --keep-hours 24

Who has rights on some titles only learns nothing of the others. A collection's rights hold for all assets that name it,
also for those that come later. With the first token, everybody who calls the server needs one, except commands of the archive's owner on this machine.")]
    Create {
        /// What people call it
        name: String,
        /// What it allows (may be given again)
        #[arg(long = "right", value_enum, required_unless_present = "grants")]
        rights: Vec<RightArg>,
        /// A movie it is for (may be given again) [default: all]
        #[arg(long = "movie")]
        movies: Vec<String>,
        /// A collection it is for (may be given again)
        #[arg(long = "collection")]
        collections: Vec<String>,
        /// Further rights on a title of their own, as RIGHT,…:movie=NAME or RIGHT,…:collection=NAME (may be given again)
        #[arg(long = "grant", value_name = "GRANT")]
        grants: Vec<GrantArg>,
        /// How many days it counts [default: until it is revoked]
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..=DAYS_MAX))]
        days: Option<u64>,
    },
    /// List tokens
    List,
    /// Give a token another secret, which is printed this once
    Rotate {
        /// Its name
        name: String,
        /// For how many hours the secret before counts, too
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=HOURS_MAX))]
        keep_hours: u64,
    },
    /// End the links to media that were signed so far
    RotateLinks {
        /// For how many hours they count on
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=HOURS_MAX))]
        keep_hours: u64,
    },
    /// Revoke a token
    Revoke {
        /// Its name
        name: String,
    },
}

/// Longest life of a token that can be asked for, in days: a hundred years.
const DAYS_MAX: u64 = 36_525;
/// Longest time that an exchanged secret goes on counting, in hours: a year.
const HOURS_MAX: u64 = 8_766;

/// Rights on one title or group of titles.
#[derive(Debug, Clone)]
pub struct GrantArg {
    /// What is allowed.
    pub rights: Vec<RightArg>,
    /// `movies` or `collections`.
    pub of: &'static str,
    /// Its name.
    pub name: String,
}

impl std::str::FromStr for GrantArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write RIGHT,…:movie=NAME or RIGHT,…:collection=NAME".to_owned();
        let (rights, title) = text.split_once(':').ok_or_else(wrong)?;
        let rights: Result<Vec<_>, _> = rights.split(',').map(|r| RightArg::from_str(r, false)).collect();
        let (of, name) = title.split_once('=').filter(|(_, name)| !name.is_empty()).ok_or_else(wrong)?;
        let of = match of {
            "movie" => "movies",
            "collection" => "collections",
            _ => return Err(wrong()),
        };
        Ok(Self { rights: rights?, of, name: name.to_owned() })
    }
}

/// What a token allows.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RightArg {
    /// Search, suggest, buckets, media
    Read,
    /// Register and write
    Ingest,
    /// Everything
    Admin,
}

impl RightArg {
    /// As it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Ingest => "ingest",
            Self::Admin => "admin",
        }
    }
}

/// `rushes config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say what is configured, where each value comes from, and what is wrong
    #[command(after_help = "Examples:
  rushes config check
  rushes config check --json | jq '.settings[] | select(.origin != \"default\")'

A flag counts before the environment (RUSHES_LISTEN, RUSHES_LIMITS_PAGE, …), and that before the file.")]
    Check,
}

/// `rushes migrate`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rushes migrate --to cluster.toml --to-archive /srv/rushes        from this archive's folder to what cluster.toml names
  rushes migrate --from cluster.toml --from-archive /srv/rushes --to-archive ./copy        back into a folder
  rushes migrate --to-archive ./copy --dry-run                     say what would move
  rushes migrate --to-archive ./copy --verify-only                 read both back, count and hash them

A file is a rushes.toml: its section [engines] says what the archive runs on. Interrupted, the same command resumes.
Buckets and index are rebuilt when the target is served. See docs/migrate.md.")]
pub struct Migrate {
    /// What the archive runs on now [default: rushes.toml in its folder]
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// The folder of the archive that moves [default: the archive named by --archive]
    #[arg(long, value_name = "DIR")]
    pub from_archive: Option<PathBuf>,
    /// What it shall run on [default: rushes.toml in its folder, else all in the folder]
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// The folder that it moves to
    #[arg(long, value_name = "DIR")]
    pub to_archive: PathBuf,
    /// Give runs that are open up; they do not move
    #[arg(long, conflicts_with_all = ["dry_run", "verify_only"])]
    pub abort_open: bool,
    /// Only say what would move
    #[arg(long, conflicts_with = "verify_only")]
    pub dry_run: bool,
    /// Move nothing: only compare both sides
    #[arg(long)]
    pub verify_only: bool,
    /// Assets that are moved at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub jobs: u8,
}
