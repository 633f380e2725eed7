//! How moments are written as files for other programs.

use clap::Args;
use clap::builder::PossibleValuesParser;
use rushes_export::Format;

/// How moments are written as a file.
#[derive(Debug, Args)]
#[command(next_help_heading = "Files for other programs")]
pub struct ExportOptions {
    /// Its name [default: the question]
    #[arg(long, value_name = "TEXT", requires = "export")]
    pub title: Option<String>,
    /// Added before and after each moment: frames (12f) or seconds (0.5)
    #[arg(long, value_name = "LENGTH", requires = "export")]
    pub handles: Option<String>,
    /// Left empty between two moments: frames or seconds
    #[arg(long, value_name = "LENGTH", requires = "export")]
    pub gap: Option<String>,
    /// Notes, labels and lines also as markers
    #[arg(long, requires = "export")]
    pub notes: bool,
    /// Timecode at which the timeline begins [default: 01:00:00:00]
    #[arg(long, value_name = "TIMECODE", requires = "export")]
    pub start: Option<String>,
    /// Frames a second of the timeline, or `each`: a file for each rate [default: that of most moments]
    #[arg(long, value_name = "RATE", requires = "export")]
    pub rate: Option<String>,
    /// Does its timecode drop frames? [default: as that of the first moment]
    #[arg(long, value_name = "BOOL", value_parser = ["true", "false"], requires = "export")]
    pub drop_frame: Option<String>,
    /// What a clip brings [default: both]
    #[arg(long, value_parser = ["both", "video", "audio"], requires = "export")]
    pub tracks: Option<String>,
    /// Names of reels in an edit list: eight characters, or the file's whole name [default: eight]
    #[arg(long, value_parser = ["eight", "file"], requires = "export")]
    pub reel: Option<String>,
    /// What markers and captions are placed on [default: the source where there is one, else the sequence]
    #[arg(long, value_parser = ["sequence", "source"], requires = "export")]
    pub place: Option<String>,
}

impl ExportOptions {
    /// As parameters of an address, `format` first.
    pub fn parameters(&self, format: &str) -> Vec<(&'static str, String)> {
        let mut all = vec![("format", format.to_owned())];
        let named = [
            ("title", &self.title),
            ("handles", &self.handles),
            ("gap", &self.gap),
            ("start", &self.start),
            ("rate", &self.rate),
            ("drop_frame", &self.drop_frame),
            ("tracks", &self.tracks),
            ("reels", &self.reel),
            ("place", &self.place),
        ];
        all.extend(named.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
        all.extend(self.notes.then(|| ("notes", "true".to_owned())));
        all
    }
}

/// The names of the formats, with what each is.
pub fn formats() -> PossibleValuesParser {
    let known = Format::names().into_iter().filter_map(Format::parse);
    PossibleValuesParser::new(known.map(|f| clap::builder::PossibleValue::new(f.as_str()).help(f.says())))
}
