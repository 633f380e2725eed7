//! The arguments of the commands that serve, take in, search and erase.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::export::{ExportOptions, formats};
use crate::roles::Role;

/// `rushes demo`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rushes demo               asks a handful of questions, then serves until Ctrl-C
  rushes demo --no-open     ends after the questions
  rushes demo --keep DIR    keeps the archive and the films

The archive and the films are made in a temporary folder, which is removed at the end.")]
pub struct Demo {
    /// End after the questions: no server, no browser
    #[arg(long)]
    pub no_open: bool,
    /// Make archive and films in this folder, which is new or empty, and keep them
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// `rushes serve`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rushes serve
  rushes serve --listen 127.0.0.1:0 --no-open            a port that is free
  rushes serve --role fuse --role index --listen 127.0.0.1:7900   a worker, beside others on the same engines
  rushes token create team --right read && rushes serve --listen 0.0.0.0:7890 --host rushes.studio.example

A process does everything unless it is given roles; several processes share an archive where `[engines]` in rushes.toml
names Cassandra, Kafka and Elasticsearch (docs/processes.md). Each has a folder of its own: `--archive`.

While it runs, other commands on the same archive go through it. Ctrl-C lets requests in flight finish.")]
pub struct Serve {
    /// Where to listen; elsewhere than on loopback needs access tokens [default: 127.0.0.1:7890]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<std::net::SocketAddr>,
    /// A host name under which the server may be called, besides loopback (may be given again)
    #[arg(long = "host", value_name = "NAME")]
    pub hosts: Vec<String>,
    /// A folder that media may be served from (may be given again)
    #[arg(long = "media-root", value_name = "DIR")]
    pub media_roots: Vec<PathBuf>,
    /// What this process is for (may be given again) [default: everything]
    #[arg(long = "role", value_enum, value_name = "ROLE")]
    pub roles: Vec<Role>,
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
  rushes ingest --serve-media FOLDER                  footage: media with their subtitles, and where shots begin
  rushes ingest annotations.jsonl                     JSON, one annotation a line
  rushes ingest vectors.arrow                         an Arrow IPC stream
  rushes ingest annotations.jsonl.gz                  the same, compressed
  faces video.mov | rushes ingest -                   from standard input
  rushes ingest --replace --wait faces-v3.jsonl       replace what these models said of these assets
  rushes ingest --mapping friends.toml FOLDER         CSV, TSV and JSON by a mapping file
  rushes ingest ep1.en.srt ep1.whisper.json           what other tools write: subtitles, transcripts, detections
  rushes ingest --asset ep1 --fps 25 gt.txt shots.csv
  rushes ingest --asset ep1 --step 0.5 --model clip@2 ep1.npy

Formats (known by what a file says; --format forces one): srt, webvtt, ttml, ass, sbv, scc, ebu-stl, lrc, json3, whisper,
whisperx, aws-transcribe, google-speech, watson, deepgram, assemblyai, rev-ai, speechmatics, azure-speech, elevenlabs,
premiere-transcript, rttm, pyscenedetect, transnetv2, ffmpeg, rekognition, video-indexer, google-video, cvat, elan, textgrid,
label-studio, via, coco, mot, npy, premiere-markers, edl, avid-markers, otio, fcpxml.

A refused line is named with file, line, field, why and mend; the others go in, and the exit code is 1.")]
pub struct Ingest {
    /// Files, folders, or - for standard input
    #[arg(required = true, value_name = "FILE|FOLDER|-")]
    pub inputs: Vec<PathBuf>,
    /// Read tables and JSON by this mapping file
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Wait until what was ingested can be searched
    #[arg(long)]
    pub wait: bool,
    /// Supersede earlier annotations of the lines' models on their assets
    #[arg(long)]
    pub replace: bool,
    /// Take all lines of a file or none
    #[arg(long)]
    pub strict: bool,
    /// Only check
    #[arg(long)]
    pub dry_run: bool,
    /// What files of other tools do not say themselves
    #[command(flatten)]
    pub foreign: Foreign,
    /// How footage is ingested
    #[command(flatten)]
    pub footage: Footage,
}

/// How footage is ingested.
#[derive(Debug, Args)]
#[command(next_help_heading = "Footage")]
pub struct Footage {
    /// Do not look for shot cuts
    #[arg(long)]
    pub no_shots: bool,
    /// Look at media and subtitles again that have not changed
    #[arg(long)]
    pub again: bool,
    /// Let `rushes serve` play what lies in the folder: adds it to media_roots in the archive's rushes.toml
    #[arg(long)]
    pub serve_media: bool,
}

/// What files of other tools do not say themselves.
#[derive(Debug, Args)]
#[command(next_help_heading = "Files of other tools")]
pub struct Foreign {
    /// Read the files as this format
    #[arg(long, value_name = "NAME", conflicts_with = "mapping")]
    pub format: Option<String>,
    /// The asset they are about [default: the file's name without its endings]
    #[arg(long, value_name = "ASSET")]
    pub asset: Option<String>,
    /// The title the asset belongs to
    #[arg(long, value_name = "MOVIE")]
    pub movie: Option<String>,
    /// Who wrote them [default: the format, such as srt@1]
    #[arg(long, value_name = "NAME@VERSION")]
    pub model: Option<String>,
    /// What kind of thing they say, in place of the format's own type
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// Language of speech and labels [default: from ep1.en.srt, or the file]
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
    /// Encoding of their text, such as gb18030 or windows-1251 [default: found from the text]
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// Frames a second, such as 25 or 24000/1001 [default: the asset's]
    #[arg(long, value_name = "RATE")]
    pub fps: Option<String>,
    /// Timecode of the first frame, for subtitle clocks that begin there [default: the asset's]
    #[arg(long, value_name = "TIMECODE")]
    pub start_timecode: Option<String>,
    /// Seconds to add to every time
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    pub offset: Option<String>,
    /// Seconds from one row of embeddings to the next [default: a frame]
    #[arg(long, value_name = "SECONDS")]
    pub step: Option<String>,
    /// Also take who speaks as characters
    #[arg(long)]
    pub characters: bool,
}

/// What a schema is asked of.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SchemaArg {
    /// The HTTP interface
    Openapi,
    /// An annotation line
    Annotation,
    /// An asset line
    Asset,
    /// A model line
    Model,
    /// A label line
    Label,
    /// A structured query
    Plan,
}

/// `rushes annotate`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rushes annotate --model faces@3 -- find-faces {media}
  rushes annotate --model speech@2 --asset night-ferry-s01e01 -- transcribe --json {media}
  rushes annotate --model loudness@1 -- python3 examples/annotators/loudness.py {media}

`{media}` and `{asset}` stand for the path and the id of each asset. The program prints annotation lines; `asset_id` and
`model` may be left out. What it printed is committed as one run when it ends with exit code 0, else none of it. `rushes schema annotation` says what a line may hold.")]
pub struct Annotate {
    /// The model whose lines these are
    #[arg(long, value_name = "NAME@VERSION")]
    pub model: String,
    /// Only this asset (may be given again) [default: all that have a path]
    #[arg(long = "asset", value_name = "ASSET")]
    pub assets: Vec<String>,
    /// Add to earlier annotations of the model instead of superseding them
    #[arg(long)]
    pub append: bool,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub program: Vec<String>,
}

/// `rushes encode`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rushes encode                                   all assets whose dialogue changed since the last time
  rushes encode --asset night-ferry-s01e01
  rushes encode --encoder studio                  with an encoder of rushes.toml
  printf '%s\\n' galley kitchen | rushes encode --lines

Lines of dialogue are joined to windows of a few words more, and each becomes one vector of type MEANING_SEARCH. The
encoder that is built in knows English; lines that say they are of another language are left out. An asset whose lines
are the same as before is skipped, so the command can be stopped and run again at any time.")]
pub struct Encode {
    /// Only this asset (may be given again) [default: all]
    #[arg(long = "asset", value_name = "ASSET")]
    pub assets: Vec<String>,
    /// The encoder [default: the one that is built in]
    #[arg(long, value_name = "NAME")]
    pub encoder: Option<String>,
    /// Wait until what was written can be searched
    #[arg(long)]
    pub wait: bool,
    /// Write nothing: print the vector of each line of standard input, as JSON
    #[arg(long, conflicts_with_all = ["assets", "wait"])]
    pub lines: bool,
}

/// `rushes search`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rushes search Mara in the galley
  rushes search --mode union '\"pass the salt\"' Ines
  rushes search --plan - < plan.json
  rushes search --export edl Mara in the galley > mara.edl
  rushes search --export xmeml --handles 12f --notes Mara in the galley > mara.xml
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
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Go on where an earlier answer ended
    #[arg(long)]
    pub cursor: Option<String>,
    /// Say why each moment matched and how it scored
    #[arg(long)]
    pub explain: bool,
    /// Write all moments found to standard output, as a file for other programs
    #[arg(long, value_parser = formats(), value_name = "FORMAT", conflicts_with_all = ["cursor", "explain"])]
    pub export: Option<String>,
    /// How they are written
    #[command(flatten)]
    pub exported: ExportOptions,
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
#[command(after_help = "Examples:
  rushes buckets night-ferry-s01e01 --from 10 --to 20
  rushes buckets night-ferry-s01e01 --from 10:00:10:00 --to 10:00:20:00
  rushes buckets --json night-ferry-s01e01 | jq '.[].source_annotations[].label'

Times are seconds, a clock (1:02.5) or timecode; both ends count.")]
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
    /// An asset and all its annotations
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

/// `rushes bench`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rushes bench --quick             everything once, small: a few minutes
  rushes bench                     20 hours of made-up footage, in a folder here that goes afterwards
  rushes bench --hours 200 --json
  rushes bench --keep /tmp/bench   keeps the archive, to look around in it
  rushes bench --engines           the same archive on the engines of `[engines]` in rushes.toml, beside the embedded ones
                                   and what each engine's own client does at most; under names of its own, which go
  rushes bench --under-load        what others feel beside eight clients that ask for as much as they can")]
pub struct Bench {
    /// Hours of footage
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub hours: u32,
    /// Small: everything once, in a few minutes
    #[arg(long, conflicts_with_all = ["hours", "engines", "under_load"])]
    pub quick: bool,
    /// Measure the configured engines beside the embedded ones
    #[arg(long, conflicts_with = "keep")]
    pub engines: bool,
    /// Measure ordinary questions beside monstrous ones, and estimates beside what is taken
    #[arg(long, conflicts_with = "engines")]
    pub under_load: bool,
    /// Seconds of each mix, with --under-load
    #[arg(long, default_value_t = 20, value_name = "N", requires = "under_load")]
    pub seconds: u64,
    /// Clients that send at the same time, with --engines
    #[arg(long, default_value_t = rushes_bench::CLIENTS, value_name = "N", requires = "engines")]
    pub clients: usize,
    /// Seed of the made-up archive
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Folder for the made-up archive [default: one in the current folder, removed afterwards]
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}
