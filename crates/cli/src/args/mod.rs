//! The command line as it is typed: syntax only, nothing checked against an archive.

mod backup;
mod bins;
mod export;
mod learn;
mod manage;
mod work;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use backup::{Backup, Restore};
pub use bins::BinCommand;
pub use export::ExportOptions;
pub use learn::{FeedbackCommand, FeedbackFilterArgs, ProfileCommand, RankingCommand};
pub use manage::{
    AssetCommand, ConfigCommand, EventsCommand, GrantArg, LabelCommand, Migrate, ModelCommand, RunCommand,
    TokenCommand,
};
pub use work::{
    Annotate, Bench, Buckets, Demo, Encode, Erase, Footage, Foreign, Ingest, Mode, SchemaArg, Search, Serve,
};

/// Finds moments in video: annotations in, exact seconds out.
#[derive(Debug, Parser)]
#[command(name = "rushes", version, propagate_version = true, max_term_width = 110)]
#[command(after_help = "Examples:
  rushes demo                                   a small archive of our own making, searched and served
  rushes ingest --wait annotations.jsonl        take annotation lines in, wait until they can be searched
  rushes ingest --mapping map.toml FOLDER       take tables and other JSON in by a mapping file
  rushes search Joey in the kitchen             known names become labels, the other words are looked for
  rushes search --plan plan.json                a structured query
  rushes serve                                  the HTTP API and the page, on this machine only

Times are seconds (12.5), a clock (1:02:03.5) or timecode (01:00:12:12).
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. RUSHES_LOG=debug says more on standard error.")]
pub struct Cli {
    /// Flags that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "For every command")]
pub struct Global {
    /// The archive's folder [default: in the user's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "RUSHES_ARCHIVE", hide_env_values = true)]
    pub archive: Option<PathBuf>,
    /// Talk to this server instead of opening an archive
    #[arg(long, global = true, value_name = "URL", env = "RUSHES_SERVER", hide_env_values = true)]
    pub server: Option<String>,
    /// The access token for the server
    #[arg(long, global = true, value_name = "TOKEN", env = "RUSHES_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Configuration file [default: rushes.toml in the archive's folder]
    #[arg(long, global = true, value_name = "FILE", env = "RUSHES_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Open an archive whose store is damaged, for reading only
    #[arg(long, global = true)]
    pub read_damaged: bool,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Say less on standard error
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// `rushes doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// Put this backup in place of the archive
    #[arg(long, value_name = "BACKUP", conflicts_with = "take_over")]
    pub restore: Option<PathBuf>,
    /// Go on with what the store still holds
    #[arg(long)]
    pub take_over: bool,
}

/// `rushes mapping`
#[derive(Debug, Subcommand)]
pub enum MappingCommand {
    /// Write a mapping to begin with, for a table or JSON of any layout
    #[command(after_help = "Examples:
  rushes mapping suggest detections.csv > map.toml
  rushes ingest --mapping map.toml FOLDER")]
    Suggest {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a small archive of our own show, search it, and serve it
    Demo(Demo),
    /// Serve the HTTP API and the page
    Serve(Serve),
    /// Take annotations in
    Ingest(Ingest),
    /// Run a program on each asset and ingest the lines that it prints
    Annotate(Annotate),
    /// Turn what is said into vectors, so that it is found by what it means
    Encode(Encode),
    /// Find moments
    Search(Search),
    /// Search by conversation: each line changes the search before it, or begins anew
    #[command(after_help = "Examples:
  rushes chat                                  say what you look for, then what to change: `only season 2`,
                                               `without Otto`, `more like the third`, `the same with Mara`,
                                               `go back`, `start over`; ends with Ctrl-D
  rushes chat 'Mara in the galley' 'longer ones'
  rushes chat < said.txt

:plan prints the plan, :other takes what was said the other way (as something new, or as a change), :end ends.")]
    Chat {
        /// What is said, one thing after another; without it, lines of standard input
        #[arg(value_name = "TEXT")]
        said: Vec<String>,
        /// Moments that are shown each time
        #[arg(long, default_value_t = 5, value_name = "N")]
        limit: usize,
    },
    /// Speak to an agent on standard input and output, by the Model Context Protocol
    #[command(after_help = "Examples:
  rushes mcp --archive DIR                     what an agent's configuration names as the command
  rushes mcp --server http://host:port --token TOKEN

The same tools are at /mcp of `rushes serve`. Without a token of its own an agent only reads.")]
    Mcp,
    /// Suggest labels for what was typed so far
    #[command(after_help = "Examples:
  rushes suggest cap
  rushes suggest --json --limit 3 'captain br' | jq -r '.suggestions[].text'")]
    Suggest {
        /// What was typed
        #[arg(required = true, value_name = "TEXT")]
        typed: Vec<String>,
        /// How many
        #[arg(long, default_value_t = 10, value_name = "N")]
        limit: usize,
    },
    /// Print the buckets of an asset: what is known of each second
    Buckets(Buckets),
    /// Show the archive's status: commits, lag of the stages, sizes
    #[command(after_help = "Examples:
  rushes status
  rushes status --json | jq .catching_up")]
    Status,
    /// Check that what was committed is whole and the same in every stage
    #[command(after_help = "Examples:
  rushes verify
  rushes verify --json | jq .problem_count
  rushes verify --quick                        in seconds, however much there is

The exit code is 1 where something is wrong; `rushes rebuild` mends everything but lost annotations.")]
    Verify {
        /// Only what can be told in seconds: the ends of chains of changes, files and their lengths, the commits of stages
        #[arg(long)]
        quick: bool,
    },
    /// Say what is wrong with an archive that does not open, and mend it
    #[command(after_help = "Examples:
  rushes doctor                                what is missing, and the ways out; changes nothing
  rushes doctor --restore /mnt/backup/monday   put a backup in place; the damaged folder is kept beside it
  rushes doctor --take-over                    go on with what is whole; the files as they were found are kept
  rushes --read-damaged search captain         read what is left, and change nothing

The exit code is 1 where something is wrong.")]
    Doctor(Doctor),
    /// Delete derived data and make them again from what was written
    #[command(after_help = "Examples:
  rushes rebuild             buckets and index, from the annotations as they were sent
  rushes rebuild --index     only the index, from the buckets
  rushes rebuild --index --online
                             a copy of the index on Elasticsearch, with the `shards` and `replicas` that are
                             configured now; searches and writes go on

Interrupted, --online leaves the index as it was.")]
    Rebuild {
        /// Only the index
        #[arg(long)]
        index: bool,
        /// The index stays searchable all the time (on Elasticsearch)
        #[arg(long, requires = "index")]
        online: bool,
    },
    /// Copy the archive's ground truth to a new folder, or check such a copy
    Backup(Backup),
    /// Make an archive from a backup
    Restore(Restore),
    /// Move the archive to other engines, or back into a folder
    Migrate(Migrate),
    /// Erase for good
    Erase(Erase),
    /// Rewrite files until the bytes of all that was erased are gone
    #[command(after_help = "Examples:
  rushes erase --asset night-ferry-s01e01 --yes && rushes purge && rushes verify")]
    Purge,
    /// Write the stored annotations of an asset, byte for byte, to standard output
    #[command(after_help = "Examples:
  rushes export night-ferry-s01e01 > annotations.jsonl
  rushes export --all | gzip > annotations.jsonl.gz")]
    Export {
        /// The asset
        #[arg(required_unless_present_any = ["movie", "all"])]
        asset: Option<String>,
        /// All assets of a movie
        #[arg(long, conflicts_with = "asset")]
        movie: Option<String>,
        /// All assets
        #[arg(long, conflicts_with_all = ["asset", "movie"])]
        all: bool,
    },
    /// Assets: register, list, show
    #[command(subcommand)]
    Asset(AssetCommand),
    /// Models: register, list
    #[command(subcommand)]
    Model(ModelCommand),
    /// Labels: other names that people use
    #[command(subcommand)]
    Label(LabelCommand),
    /// Bins: lists of moments that you keep
    #[command(subcommand)]
    Bin(BinCommand),
    /// Runs: a model's passes over an asset
    #[command(subcommand)]
    Run(RunCommand),
    /// Events that a stage could not handle
    #[command(subcommand)]
    Events(EventsCommand),
    /// Mapping files for layouts that are of no known format
    #[command(subcommand)]
    Mapping(MappingCommand),
    /// What people did with answers
    #[command(subcommand)]
    Feedback(FeedbackCommand),
    /// Profiles: how teams ask
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Ranking that learns from what people choose
    #[command(subcommand)]
    Ranking(RankingCommand),
    /// Access tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print the audit log: who logged in, searched, played, changed, erased; or prove that it is whole
    #[command(after_help = "Examples:
  rushes audit --from 2026-11-01 --to 2026-12-01 > november.jsonl
  rushes audit | jq -r 'select(.action == \"erase\") | [.time, .caller, .subject] | @tsv'
  rushes audit --verify

The exit code of --verify is 1 where a line is missing or was altered.")]
    Audit {
        /// From this time on: 2026-11-30T12:00:00Z, in UTC, or the beginning of it
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        /// Before this time
        #[arg(long, value_name = "TIME")]
        to: Option<String>,
        /// Look whether every line is there and as it was written
        #[arg(long, conflicts_with_all = ["from", "to"])]
        verify: bool,
    },
    /// Configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the OpenAPI document of the HTTP interface, or the JSON Schema of what is sent to it
    #[command(after_help = "Examples:
  rushes schema > openapi.json
  rushes schema annotation          what a program that annotates prints, one object a line
  rushes schema plan                what `rushes search --plan` takes")]
    Schema {
        /// Of what
        #[arg(value_enum, default_value = "openapi")]
        what: SchemaArg,
    },
    /// Score how questions in words are read, against the plans that they should become
    #[command(after_help = "Examples:
  rushes questions                                  our own questions, over our own names
  rushes questions --file mine.toml                 your questions; docs/asking.md says how they are written
  rushes questions --file mine.toml --lexicon names.toml --json | jq '.sets[].score.misses'

No archive is needed.")]
    Questions {
        /// A set of questions
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// The names that they are asked over
        #[arg(long, value_name = "FILE", requires = "file")]
        lexicon: Option<PathBuf>,
    },
    /// Measure this machine, and Rushes on it
    Bench(Bench),
}
