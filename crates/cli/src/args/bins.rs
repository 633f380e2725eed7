//! The arguments of `rushes bin`.

use clap::Subcommand;

use super::export::{ExportOptions, formats};

/// `rushes bin`
#[derive(Debug, Subcommand)]
pub enum BinCommand {
    /// List the bins
    List {
        /// Those in the trash
        #[arg(long)]
        trash: bool,
    },
    /// Make a bin and print its id
    New {
        /// What it is called
        name: String,
        /// Who else may see it, or change it
        #[arg(long, value_parser = ["private", "read", "write"])]
        share: Option<String>,
    },
    /// Show what is in a bin
    Show {
        /// Its id or its name
        bin: String,
    },
    /// Add a moment, or all moments that a question finds
    #[command(after_help = "Examples:
  rushes bin new Mara
  rushes bin add Mara night-ferry-s01e01 10:00:12:00 10:00:14:12 --note 'the look'
  rushes bin add Mara --search 'Mara in the galley'
  rushes bin export Mara xmeml --handles 12f > mara.xml")]
    Add {
        /// Its id or its name
        bin: String,
        /// The asset
        #[arg(requires_all = ["from", "to"], required_unless_present = "search")]
        asset: Option<String>,
        /// First instant: seconds or timecode
        from: Option<String>,
        /// End, exclusive: seconds or timecode
        to: Option<String>,
        /// All moments that this question finds, at most a thousand
        #[arg(long, value_name = "TEXT", conflicts_with = "asset")]
        search: Option<String>,
        /// What you say of it
        #[arg(long)]
        note: Option<String>,
    },
    /// Change a moment of a bin
    Change {
        /// Its id or its name
        bin: String,
        /// The moment's number
        item: u64,
        /// What you say of it; empty for nothing
        #[arg(long)]
        note: Option<String>,
        /// Its colour; empty for none
        #[arg(long)]
        colour: Option<String>,
        /// From 0 to 5
        #[arg(long)]
        rating: Option<u8>,
        /// Circled?
        #[arg(long)]
        circled: Option<bool>,
    },
    /// Take moments out of a bin
    Remove {
        /// Its id or its name
        bin: String,
        /// The moments' numbers
        #[arg(required = true)]
        items: Vec<u64>,
    },
    /// Put moments first, in this order
    Order {
        /// Its id or its name
        bin: String,
        /// The moments' numbers
        #[arg(required = true)]
        items: Vec<u64>,
    },
    /// Name a bin anew, or share it
    Set {
        /// Its id or its name
        bin: String,
        /// What it is called
        #[arg(long, required_unless_present = "share")]
        name: Option<String>,
        /// Who else may see it, or change it
        #[arg(long, value_parser = ["private", "read", "write"])]
        share: Option<String>,
    },
    /// Put a bin into the trash
    Trash {
        /// Its id or its name
        bin: String,
        /// Remove it for good
        #[arg(long)]
        forever: bool,
    },
    /// Take a bin out of the trash
    Restore {
        /// Its id or its name
        bin: String,
    },
    /// What was changed, by whom
    History {
        /// Its id or its name
        bin: String,
    },
    /// Write a bin to standard output, as a file for other programs
    Export {
        /// Its id or its name
        bin: String,
        /// The format, as of `rushes search --export`
        #[arg(id = "export", value_parser = formats(), value_name = "FORMAT")]
        format: String,
        /// How it is written
        #[command(flatten)]
        options: ExportOptions,
    },
}
