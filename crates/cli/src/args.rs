//! The command line as it is typed: syntax only, nothing checked against an archive.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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

Times are seconds (12.5) or timecode (00:00:12:12). Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.")]
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
pub struct Global {
    /// The archive's folder [default: in the user's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "RUSHES_ARCHIVE")]
    pub archive: Option<PathBuf>,
    /// Talk to this server instead of opening an archive
    #[arg(long, global = true, value_name = "URL", env = "RUSHES_SERVER", conflicts_with = "archive")]
    pub server: Option<String>,
    /// The access token for the server
    #[arg(long, global = true, value_name = "TOKEN", env = "RUSHES_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Configuration file [default: rushes.toml in the archive's folder]
    #[arg(long, global = true, value_name = "FILE", env = "RUSHES_CONFIG")]
    pub config: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Say less on standard error
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a small archive of our own show, search it, and open the server
    Demo(Demo),
    /// Serve the HTTP API and the page
    Serve(Serve),
    /// Take annotations in
    Ingest(Ingest),
    /// Find moments
    Search(Search),
    /// Suggest labels for what was typed so far
    Suggest {
        /// What was typed
        typed: String,
        /// How many
        #[arg(long, default_value_t = 10)]
        limit: usize,
    },
    /// Print the buckets of an asset
    Buckets(Buckets),
    /// Say how the archive fares: commits, lag of the stages, sizes
    Status,
    /// Check that what was committed is whole and the same in every stage
    Verify,
    /// Throw derived data away and make them anew from what was written
    Rebuild {
        /// Only the index
        #[arg(long)]
        index: bool,
    },
    /// Copy the archive's ground truth to a new folder
    Backup {
        /// The folder to make
        to: PathBuf,
    },
    /// Make an archive from a backup
    Restore {
        /// A folder made by `rushes backup`
        from: PathBuf,
        /// The archive's folder to make [default: the archive named by --archive]
        to: Option<PathBuf>,
    },
    /// Erase for good
    Erase(Erase),
    /// Rewrite files until the bytes of all that was erased are gone
    Purge,
    /// Write the stored annotations of an asset, byte for byte, to standard output
    Export {
        /// The asset
        asset: String,
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
    /// Runs: a model's passes over an asset
    #[command(subcommand)]
    Run(RunCommand),
    /// Access tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Measure this machine, and Rushes on it
    Bench(Bench),
}

/// `rushes demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Do not start the server and open the page afterwards
    #[arg(long)]
    pub no_open: bool,
}

/// `rushes serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen; elsewhere than on loopback needs access tokens
    #[arg(long, value_name = "ADDRESS", env = "RUSHES_LISTEN", default_value = "127.0.0.1:7890")]
    pub listen: std::net::SocketAddr,
    /// A host name under which the server may be called, besides loopback (may be given again)
    #[arg(long = "host", value_name = "NAME")]
    pub hosts: Vec<String>,
    /// A folder that media may be served from (may be given again)
    #[arg(long = "media-root", value_name = "DIR")]
    pub media_roots: Vec<PathBuf>,
    /// Do not open the page in a browser
    #[arg(long)]
    pub no_open: bool,
    /// Write logs as JSON lines
    #[arg(long)]
    pub log_json: bool,
}

/// `rushes ingest`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rushes ingest annotations.jsonl                     JSON, one annotation a line
  rushes ingest vectors.arrow                         an Arrow IPC stream
  faces video.mov | rushes ingest -                   from standard input
  rushes ingest --replace --wait faces-v3.jsonl       replace what these models said of these assets
  rushes ingest --mapping friends.toml FOLDER         CSV, TSV and JSON by a mapping file

A refused line is named with file, line, field, why and mend; the others go in, and the exit code is 1.")]
pub struct Ingest {
    /// Files, folders, or - for standard input
    #[arg(required = true, value_name = "FILE|FOLDER|-")]
    pub inputs: Vec<PathBuf>,
    /// Read tables and JSON by this mapping file
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Wait until what was taken in can be searched
    #[arg(long)]
    pub wait: bool,
    /// Replace what the models of the lines said before of their assets
    #[arg(long)]
    pub replace: bool,
    /// Take all lines of a file or none
    #[arg(long)]
    pub strict: bool,
    /// Only check
    #[arg(long)]
    pub dry_run: bool,
}

/// `rushes search`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rushes search Mara in the galley
  rushes search --mode union '\"pass the salt\"' Ines
  rushes search --plan - < plan.json
  rushes search --json --limit 5 Otto | jq '.moments[].timecode_in'")]
pub struct Search {
    /// What to look for
    #[arg(value_name = "TEXT", required_unless_present = "plan")]
    pub text: Vec<String>,
    /// A structured plan: a JSON file, or - for standard input
    #[arg(long, value_name = "FILE|-", conflicts_with = "text")]
    pub plan: Option<PathBuf>,
    /// What a moment spans: where all of it is present, or all that matched there
    #[arg(long, value_enum)]
    pub mode: Option<Mode>,
    /// Exact nearest neighbours, always
    #[arg(long)]
    pub exact: bool,
    /// Most moments of a page
    #[arg(long)]
    pub limit: Option<usize>,
    /// Go on where an earlier answer ended
    #[arg(long)]
    pub cursor: Option<String>,
    /// Say why each moment matched and how it scored
    #[arg(long)]
    pub explain: bool,
}

/// What a moment spans.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Mode {
    /// Where all of it is present
    Intersection,
    /// All that matched there
    Union,
}

/// `rushes buckets`
#[derive(Debug, Args)]
pub struct Buckets {
    /// The asset
    pub asset: String,
    /// First time: seconds or timecode
    #[arg(long, value_name = "T")]
    pub from: Option<String>,
    /// Last time: seconds or timecode
    #[arg(long, value_name = "T")]
    pub to: Option<String>,
}

/// `rushes erase`
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(false))]
#[command(after_help = "Examples:
  rushes erase --asset friends-s01e01
  rushes erase --run 7f3a
  rushes erase --model faces@2 --of friends-s01e01
  rushes erase --annotation a17 --of friends-s01e01 --by faces@2 --in-run -

What is erased is invisible at the next read point; `rushes purge` rewrites the files that held it.")]
pub struct Erase {
    /// An asset and all that was said of it
    #[arg(long, group = "what")]
    pub asset: Option<String>,
    /// All assets of a movie
    #[arg(long, group = "what")]
    pub movie: Option<String>,
    /// All that a model wrote
    #[arg(long, group = "what", value_name = "NAME@VERSION")]
    pub model: Option<String>,
    /// A run
    #[arg(long, group = "what")]
    pub run: Option<String>,
    /// One annotation
    #[arg(long, group = "what", requires_all = ["of", "by"])]
    pub annotation: Option<String>,
    /// With --model or --annotation: only on this asset
    #[arg(long, value_name = "ASSET")]
    pub of: Option<String>,
    /// With --annotation: the model that wrote it
    #[arg(long, value_name = "NAME@VERSION")]
    pub by: Option<String>,
    /// With --annotation: the run it is in; - for loose lines
    #[arg(long, value_name = "RUN", default_value = "-")]
    pub in_run: String,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// `rushes asset …`
#[derive(Debug, Subcommand)]
pub enum AssetCommand {
    /// Register or change assets from JSON lines
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
    Open {
        /// The asset
        #[arg(long)]
        asset: String,
        /// The model, name@version
        #[arg(long)]
        model: String,
        /// Add to what the model said before instead of replacing it
        #[arg(long)]
        append: bool,
        /// The part of the asset that the run looks at: FROM-TO in seconds
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

/// `rushes token …`
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token; its secret is printed this once
    Create {
        /// What people call it
        name: String,
        /// What it allows (may be given again)
        #[arg(long = "right", value_enum, required = true)]
        rights: Vec<RightArg>,
        /// A movie it is for (may be given again) [default: all]
        #[arg(long = "movie")]
        movies: Vec<String>,
    },
    /// List tokens
    List,
    /// Revoke a token
    Revoke {
        /// Its name
        name: String,
    },
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

/// `rushes config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say what is configured, where each value comes from, and what is wrong
    Check,
}

/// `rushes bench`
#[derive(Debug, Args)]
pub struct Bench {
    /// Hours of footage
    #[arg(long, default_value_t = 20)]
    pub hours: u32,
    /// Seed of the made-up archive
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder for the made-up archive [default: a temporary one, removed afterwards]
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}
