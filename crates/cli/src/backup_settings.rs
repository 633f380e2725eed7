//! The section `[backup]` of `rushes.toml`: when backups are made by themselves, and where.

use std::path::PathBuf;
use std::time::Duration;

use rushes_archive::BackupSchedule;
use toml::Value;

/// Backups that stay where the configuration says nothing.
const KEEP: usize = 7;
/// The shortest time between two backups.
const EVERY_MIN: Duration = Duration::from_secs(60);

/// The settings of the section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupSettings {
    /// How long after the last one begins the next; `None`: none is made by itself.
    pub every: Option<Duration>,
    /// The set that they are made in.
    pub to: Option<PathBuf>,
    /// How many stay.
    pub keep: usize,
    /// Do tokens come along?
    pub with_tokens: bool,
    /// Does the configuration come along?
    pub with_config: bool,
}

impl Default for BackupSettings {
    fn default() -> Self {
        Self { every: None, to: None, keep: KEEP, with_tokens: false, with_config: false }
    }
}

impl BackupSettings {
    /// The schedule, where there is one. `runs_here`: does this process make the backups?
    pub fn schedule(&self, runs_here: bool) -> Option<BackupSchedule> {
        Some(BackupSchedule {
            every: self.every?,
            to: self.to.clone()?,
            keep: self.keep,
            with_tokens: self.with_tokens,
            with_config: self.with_config,
            runs_here,
        })
    }

    /// What one setting lacks of the others.
    pub fn problem(&self) -> Option<String> {
        match (&self.every, &self.to) {
            (Some(_), None) => Some("`backup.every` is set and `backup.to` is not: name a folder".to_owned()),
            (None, Some(_)) => {
                Some("`backup.to` is set and `backup.every` is not: say how often, such as \"6h\"".to_owned())
            }
            _ => None,
        }
    }
}

/// `90m`, `6h`, `1d`.
pub fn duration(value: &Value) -> Result<Duration, String> {
    let wrong = || "must be a time such as \"90m\", \"6h\" or \"1d\"".to_owned();
    let text = value.as_str().ok_or_else(wrong)?.trim();
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let number = text.strip_suffix(unit).unwrap_or_default();
    let seconds: u64 = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let duration = Duration::from_secs(u64::from(number) * seconds);
    if duration < EVERY_MIN { Err("must be at least \"1m\"".to_owned()) } else { Ok(duration) }
}

/// A duration as [`duration`] reads it; empty for none.
pub fn duration_text(duration: Option<Duration>) -> Value {
    let seconds = duration.unwrap_or_default().as_secs();
    Value::String(match seconds {
        0 => String::new(),
        s if s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s % 3_600 == 0 => format!("{}h", s / 3_600),
        s => format!("{}m", s / 60),
    })
}

/// A folder of this machine, as an absolute path.
pub fn folder(value: &Value) -> Result<PathBuf, String> {
    let wrong = "must be an absolute path such as \"/mnt/backup/rushes\"";
    value.as_str().map(PathBuf::from).filter(|path| path.is_absolute()).ok_or_else(|| wrong.to_owned())
}

/// `true` or `false`; from the environment as a text.
pub fn yes_or_no(value: &Value) -> Result<bool, String> {
    match (value.as_bool(), value.as_str()) {
        (Some(yes), _) => Ok(yes),
        (_, Some("true")) => Ok(true),
        (_, Some("false")) => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for (text, seconds) in [("90m", 5_400), ("6h", 21_600), ("1d", 86_400), ("24h", 86_400)] {
            let read = duration(&Value::String(text.to_owned())).unwrap();
            assert_eq!(read, Duration::from_secs(seconds), "{text}");
            assert_eq!(duration(&duration_text(Some(read))), Ok(read));
        }
        for wrong in ["", "6", "h", "0m", "-1h", "6 hours", "99999999999h", "1\u{fc}"] {
            assert!(duration(&Value::String(wrong.to_owned())).is_err(), "{wrong}");
        }
        assert!(duration(&Value::Integer(6)).is_err());
    }
}
