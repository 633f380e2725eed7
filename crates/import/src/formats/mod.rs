//! Reads files of models and tools, and emits annotation lines.
//!
//! Each file of this module is one format; its head says where the format is described, how it is mapped, how times are
//! rounded and whether ends are inclusive (`docs/formats-in.md` has this as a table). [`sniff`] detects the format,
//! [`read`] emits lines, problems and notes to one sink. Nothing here knows an archive: lines are ingested and checked
//! like any other line.
//!
//! Whatever the bytes are, nothing panics, memory is bounded ([`limits`]), and a row that cannot be read is named with
//! its line and the mend while the others go in.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//! use crate::formats::{Format, Item, Settings, read};
//!
//! let file = std::fs::File::open("ep1.en.srt")?;
//! let settings = Settings { language: Some("en".into()), ..Settings::new("ep1") };
//! let counts = read(Format::Srt, "ep1.en.srt", file, &settings, &mut |item| {
//!     if let Item::Annotation(line) = item {
//!         drop(line);
//!     }
//!     ControlFlow::Continue(())
//! });
//! assert_eq!(counts.files, 1);
//! # Ok::<(), std::io::Error>(())
//! ```

mod format;
pub mod limits;
mod settings;
mod sniff;
mod sniff_json;
mod stem;
mod suggest;

mod cue;
mod markup;
mod rolling;
mod srt;
mod srt_time;
mod ttml;
mod ttml_time;
mod vtt;
mod vtt_time;

mod aws_transcribe;
mod google_speech;
mod rttm;
mod sentences;
mod watson;
mod whisper;
mod whisper_cpp;
mod whisper_words;
mod whisperx;

mod cvat;
mod google_video;
mod mot;
mod npy;
mod pyscenedetect;
mod rekognition;
mod shape;
mod tracks;
mod video_indexer;

mod editors;
mod speech;
mod titles;
mod tools;

mod catalogue;

mod encoding;
mod json;
mod json_scan;
mod kinds;
mod out;
mod rate;
mod text;
mod xml;

use std::io::Read;

pub use crate::{Counts, Item, Note, Problem, Sink};
pub use catalogue::{catalogue, is_catalogue};
pub use format::Format;
pub use settings::Settings;
pub use sniff::sniff;
pub use stem::split_stem;
pub use suggest::{suggest, unknown};

use out::{Flow, FormatOutput};

/// Reads one file and hands out its lines, problems and notes in the order of the file.
///
/// `file` is its name in messages. Where the sink breaks, reading ends.
pub fn read(
    format: Format,
    file: &str,
    mut reader: impl Read,
    settings: &Settings,
    sink: &mut Sink<'_>,
) -> Counts {
    let mut out = FormatOutput::new(file, format.name(), settings, sink);
    if out.check_names().is_continue() {
        // The reason for ending was already reported, or comes from the consumer of the items.
        let _ = read_format(format, &mut reader, &mut out);
    }
    out.finish()
}

fn read_format(format: Format, reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    match format {
        Format::Srt => srt::read(reader, out),
        Format::WebVtt => vtt::read(reader, out),
        Format::Ttml => ttml::read(reader, out),
        Format::Ass => titles::ass::read(reader, out),
        Format::Sbv => titles::sbv::read(reader, out),
        Format::Scc => titles::scc::read(reader, out),
        Format::EbuStl => titles::ebu_stl::read(reader, out),
        Format::Lrc => titles::lrc::read(reader, out),
        Format::Json3 => titles::json3::read(reader, out),
        Format::Whisper => whisper::read(reader, out),
        Format::WhisperX => whisperx::read(reader, out),
        Format::AwsTranscribe => aws_transcribe::read(reader, out),
        Format::GoogleSpeech => google_speech::read(reader, out),
        Format::Watson => watson::read(reader, out),
        Format::Deepgram => speech::deepgram::read(reader, out),
        Format::AssemblyAi => speech::assembly_ai::read(reader, out),
        Format::RevAi => speech::rev_ai::read(reader, out),
        Format::Speechmatics => speech::speechmatics::read(reader, out),
        Format::AzureSpeech => speech::azure::read(reader, out),
        Format::ElevenLabs => speech::eleven_labs::read(reader, out),
        Format::PremiereTranscript => speech::premiere::read(reader, out),
        Format::Rttm => rttm::read(reader, out),
        Format::PySceneDetect => pyscenedetect::read(reader, out),
        Format::Rekognition => rekognition::read(reader, out),
        Format::VideoIndexer => video_indexer::read(reader, out),
        Format::GoogleVideo => google_video::read(reader, out),
        Format::Cvat => cvat::read(reader, out),
        Format::Elan => tools::elan::read(reader, out),
        Format::TextGrid => tools::textgrid::read(reader, out),
        Format::LabelStudio => tools::label_studio::read(reader, out),
        Format::Via => tools::via::read(reader, out),
        Format::Coco => tools::coco::read(reader, out),
        Format::TransNet => tools::transnet::read(reader, out),
        Format::Ffmpeg => tools::ffmpeg::read(reader, out),
        Format::PremiereMarkers => editors::premiere::read(reader, out),
        Format::Edl => editors::edl::read(reader, out),
        Format::AvidMarkers => editors::avid::read(reader, out),
        Format::Otio => editors::otio::read(reader, out),
        Format::FcpXml => editors::fcpxml::read(reader, out),
        Format::Mot => mot::read(reader, out),
        Format::Npy => npy::read(reader, out),
    }
}
