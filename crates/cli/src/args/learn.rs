//! The arguments of the commands about feedback and what is learned of it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `rushes feedback …`
#[derive(Debug, Subcommand)]
pub enum FeedbackCommand {
    /// Write what people did with answers, as it was sent, one JSON object a line
    #[command(after_help = "Examples:
  rushes feedback export > feedback.jsonl
  rushes feedback export --team trailer")]
    Export(FeedbackFilterArgs),
    /// Erase feedback for good, by asset, team or person
    #[command(after_help = "Examples:
  rushes feedback erase --team trailer
  rushes feedback erase --who anna && rushes purge

What was learned of it stays until `rushes ranking fit`.")]
    Erase(FeedbackFilterArgs),
    /// Erase feedback that is older than `feedback.keep_days`; this happens by itself while feedback comes
    #[command(after_help = "Examples:
  rushes feedback expire")]
    Expire,
}

/// Which feedback.
#[derive(Debug, Args)]
pub struct FeedbackFilterArgs {
    /// On this asset
    #[arg(long)]
    pub asset: Option<String>,
    /// For this team
    #[arg(long)]
    pub team: Option<String>,
    /// That this person sent, where that is kept
    #[arg(long)]
    pub who: Option<String>,
}

/// `rushes ranking …`
#[derive(Debug, Subcommand)]
pub enum RankingCommand {
    /// Learn from all feedback there is; searches are ranked by it from then on, where it proves better
    #[command(after_help = "Examples:
  rushes ranking fit
  rushes ranking fit --json | jq .teams.trailer.model.trial")]
    Fit,
    /// Show the versions, or the coefficients of one
    #[command(after_help = "Examples:
  rushes ranking show
  rushes ranking show 3 --team trailer")]
    Show {
        /// The version
        #[arg(id = "of_version", value_name = "VERSION")]
        version: Option<u64>,
        /// Of this team [default: what all teams together have shown]
        #[arg(long, requires = "of_version")]
        team: Option<String>,
    },
    /// Show what changed from one version to another
    #[command(after_help = "Examples:
  rushes ranking compare 2 3
  rushes ranking compare 2 3 --team trailer")]
    Compare {
        /// The one
        from: u64,
        /// The other
        to: u64,
        /// Of this team [default: what all teams together have shown]
        #[arg(long)]
        team: Option<String>,
    },
    /// Rank by another version; 0 ranks by hand-set scores until the next fit
    #[command(after_help = "Examples:
  rushes ranking use 2
  rushes ranking use 0")]
    Use {
        /// The version
        #[arg(id = "of_version", value_name = "VERSION")]
        version: u64,
    },
    /// Say which order people preferred where two were interleaved, and what the learned one would have brought
    #[command(after_help = "Examples:
  rushes ranking report")]
    Report,
    /// Learn the tastes of simulated people, and show what is gained, and that chance teaches nothing
    #[command(after_help = "Examples:
  rushes ranking simulate
  rushes ranking simulate --seed 7 --picture learning.svg

No archive is needed.")]
    Simulate {
        /// Everything follows from it
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many tastes each kind of reader has
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1_000))]
        tastes: u16,
        /// Write the curves to this file (SVG)
        #[arg(long, value_name = "FILE")]
        picture: Option<PathBuf>,
    },
}

/// `rushes profile …`
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List the profiles, and whose they are
    #[command(after_help = "Examples:
  rushes profile list")]
    List,
    /// Print a profile as TOML, ready to be edited
    #[command(after_help = "Examples:
  rushes profile show trailer > trailer.toml
  rushes profile show trailer --at 2")]
    Show {
        /// The profile
        name: String,
        /// This version [default: the newest]
        #[arg(id = "of_version", long = "at", value_name = "VERSION")]
        version: Option<u64>,
    },
    /// Write a new version of a profile from TOML
    #[command(after_help = "Examples:
  rushes profile show trailer > trailer.toml && rushes profile put trailer.toml")]
    Put {
        /// The file, or - for standard input
        file: PathBuf,
    },
    /// Remove a profile; one that is built in is there again
    #[command(after_help = "Examples:
  rushes profile remove trailer")]
    Remove {
        /// The profile
        name: String,
    },
    /// Let a profile count where a request names none
    #[command(after_help = "Examples:
  rushes profile assign editorial                  for everybody
  rushes profile assign trailer --token trailers   for who comes with this token
  rushes profile assign --none                     for nobody any more")]
    Assign {
        /// The profile
        #[arg(required_unless_present = "none")]
        name: Option<String>,
        /// For this token only
        #[arg(long)]
        token: Option<String>,
        /// No profile
        #[arg(long, conflicts_with = "name")]
        none: bool,
    },
    /// Show one question as two teams would see it, and what stands elsewhere
    #[command(after_help = "Examples:
  rushes profile preview trailer archive Mara in the galley")]
    Preview {
        /// The one
        left: String,
        /// The other
        right: String,
        /// The question
        #[arg(required = true, value_name = "TEXT")]
        words: Vec<String>,
    },
}
