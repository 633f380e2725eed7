//! Backing up and restoring, as it is typed.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

/// `rushes backup`
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rushes backup /mnt/backup/monday                     a folder of its own
  rushes backup --set /mnt/backup/rushes --keep 14     the next of a set; what did not change is kept once
  rushes backup --verify /mnt/backup/rushes            reads all of it, and says what is damaged
  rushes restore /mnt/backup/monday /mnt/archive       makes an archive of it again

What was written is read back before a backup gets its name. Tokens and configuration come along only where asked for.
--verify exits with 1 where a backup is not whole. A schedule stands in rushes.toml: every, to and keep of [backup].")]
pub struct Backup {
    /// The folder to make
    #[arg(value_name = "DIR", required_unless_present_any = ["set", "verify"])]
    pub to: Option<PathBuf>,
    /// Make the next backup of the set in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "to")]
    pub set: Option<PathBuf>,
    /// How many backups of this archive stay in the set [default: all]
    #[arg(long, value_name = "N", requires = "set")]
    pub keep: Option<NonZeroUsize>,
    /// Check a backup, or all of a set, and make none
    #[arg(long, value_name = "DIR", conflicts_with_all = ["to", "set", "with_tokens", "with_config"])]
    pub verify: Option<PathBuf>,
    /// The access tokens come along
    #[arg(long)]
    pub with_tokens: bool,
    /// The rushes.toml in the archive's folder comes along
    #[arg(long)]
    pub with_config: bool,
}

/// `rushes restore`
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rushes restore /mnt/backup/monday /mnt/archive
  rushes restore --archive /mnt/archive /mnt/backup/monday
  rushes restore --at 4200 /mnt/backup/rushes /mnt/archive     as the archive was at commit 4200

Every file is checked, and the restored store must hold what the backup's list says. A commit that ends no backup is
restored from the next backup; one of which something was erased since is refused, and the nearest are named. Buckets and
index are rebuilt when the archive is opened next.")]
pub struct Restore {
    /// A folder made by `rushes backup`: a backup, or a set, of which the newest counts
    #[arg(value_name = "FROM")]
    pub from: PathBuf,
    /// The archive's folder to make [default: the archive named by --archive]
    #[arg(value_name = "TO")]
    pub to: Option<PathBuf>,
    /// The commit at which the restored archive stops [default: that of the newest backup]
    #[arg(long, value_name = "COMMIT")]
    pub at: Option<u64>,
    /// Restore the access tokens too, where the backup has them
    #[arg(long)]
    pub with_tokens: bool,
    /// Restore the configuration too, where the backup has it
    #[arg(long)]
    pub with_config: bool,
}
