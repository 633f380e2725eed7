//! The options of `rushes ingest`, checked once, before anything is read.

use std::path::PathBuf;

use anyhow::Context;
use rushes_import::formats::{Format, Settings};
use rushes_import::{Decimal, clock_ns};
use rushes_types::{FrameRate, RunMode};

use crate::args::{Footage, Foreign, Ingest};
use crate::exit::{Failure, Outcome};
use crate::sender::SendOptions;

/// The checked options.
pub struct IngestOptions {
    /// Files, folders, or `-`.
    pub inputs: Vec<PathBuf>,
    /// The mapping file to read them by.
    pub mapping: Option<PathBuf>,
    /// The format to read them as.
    pub format: Option<Format>,
    /// Wait until everything can be searched.
    pub wait: bool,
    /// What kind of run the lines go into; `None`: into none.
    pub run: Option<RunMode>,
    /// All or nothing, or only a check.
    pub send: SendOptions,
    /// What files of other tools do not say themselves.
    pub source: SourceOptions,
    /// How footage is ingested.
    pub footage: Footage,
}

/// What files of other tools do not say themselves.
pub struct SourceOptions {
    /// The asset they are about.
    pub asset: Option<String>,
    /// The title the asset belongs to.
    pub movie: Option<String>,
    /// Who wrote them.
    pub model: Option<String>,
    /// Language of speech and labels.
    pub language: Option<String>,
    /// Encoding of their text.
    pub encoding: Option<String>,
    /// Frames a second.
    pub frame_rate: Option<FrameRate>,
    /// Timecode of the first frame. It is checked where the rate is known, which may be the asset's.
    pub start_timecode: Option<String>,
    kind: Option<String>,
    offset_ns: i64,
    step_ns: Option<i64>,
    characters: bool,
}

impl IngestOptions {
    /// Checks what was typed.
    pub fn from_args(args: Ingest) -> Outcome<Self> {
        let source = SourceOptions::from_args(&args.foreign)?;
        Ok(Self {
            format: args.foreign.format.as_deref().map(format_named).transpose()?,
            inputs: args.inputs,
            mapping: args.mapping,
            wait: args.wait,
            run: args.replace.then_some(RunMode::Replace),
            send: SendOptions { strict: args.strict, dry_run: args.dry_run },
            source,
            footage: args.footage,
        })
    }
}

impl SourceOptions {
    fn from_args(args: &Foreign) -> Outcome<Self> {
        let rate = |text: &String| {
            FrameRate::parse(text).map_err(|error| Failure::Usage(format!("`--fps`: {error}")))
        };
        let step_ns = args.step.as_deref().map(|text| duration_ns("--step", text)).transpose()?;
        if step_ns.is_some_and(|step| step <= 0) {
            return Err(Failure::Usage("`--step` is not above zero; give seconds such as `0.5`".to_owned()));
        }
        Ok(Self {
            asset: args.asset.clone(),
            movie: args.movie.clone(),
            model: args.model.clone(),
            kind: args.kind.clone(),
            language: args.language.clone(),
            encoding: args.encoding.clone(),
            frame_rate: args.fps.as_ref().map(rate).transpose()?,
            start_timecode: args.start_timecode.clone(),
            offset_ns: args.offset.as_deref().map_or(Ok(0), |text| duration_ns("--offset", text))?,
            step_ns,
            characters: args.characters,
        })
    }

    /// How a file about this asset is read, as far as it was asked for.
    pub fn settings(&self, asset: &str) -> Settings {
        Settings {
            movie: self.movie.clone(),
            model: self.model.clone(),
            kind: self.kind.clone(),
            language: self.language.clone(),
            encoding: self.encoding.clone(),
            frame_rate: self.frame_rate,
            start_timecode: self.start_timecode.clone(),
            offset_ns: self.offset_ns,
            step_ns: self.step_ns,
            characters: self.characters,
            ..Settings::new(asset)
        }
    }
}

fn format_named(name: &str) -> Outcome<Format> {
    let known = || Format::ALL.map(Format::name).join(", ");
    Format::from_name(name)
        .ok_or_else(|| Failure::Usage(format!("`--format {name}` is not known; write one of {}", known())))
}

/// Seconds or a clock, with a sign, as nanoseconds.
fn duration_ns(flag: &str, text: &str) -> Outcome<i64> {
    let (sign, bare) = match text.strip_prefix('-') {
        Some(bare) => (-1, bare),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let ns = if bare.contains(':') {
        clock_ns(bare).ok()
    } else {
        Decimal::parse(bare).filter(|number| !number.is_negative()).and_then(|number| number.scaled(9))
    };
    let ns = ns.and_then(|ns| i64::try_from(ns).ok()).map(|ns| sign * ns);
    let wrong = format!("`{flag} {text}` is no length of time; write seconds such as `-2.5`, or `1:02:03.5`");
    ns.context(wrong).map_err(|error| Failure::Usage(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::duration_ns;

    #[test]
    fn lengths_of_time_have_a_sign() {
        for (text, expect) in [
            ("-2.5", Some(-2_500_000_000)),
            ("+1", Some(1_000_000_000)),
            ("-1:00:00", Some(-3_600_000_000_000)),
            ("--1", None),
            ("x", None),
            ("1e30", None),
        ] {
            assert_eq!(duration_ns("--offset", text).ok(), expect, "{text}");
        }
    }
}
