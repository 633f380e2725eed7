//! The formats by name.

/// A format that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// SubRip subtitles.
    Srt,
    /// WebVTT subtitles.
    WebVtt,
    /// TTML and IMSC subtitles.
    Ttml,
    /// Whisper's JSON.
    Whisper,
    /// WhisperX's JSON.
    WhisperX,
    /// Amazon Transcribe's JSON.
    AwsTranscribe,
    /// Google Speech-to-Text's JSON.
    GoogleSpeech,
    /// IBM Watson Speech to Text's JSON.
    Watson,
    /// Speaker turns of diarisation tools.
    Rttm,
    /// PySceneDetect's list of scenes.
    PySceneDetect,
    /// Amazon Rekognition Video's JSON.
    Rekognition,
    /// Azure AI Video Indexer's JSON.
    VideoIndexer,
    /// Google Video Intelligence's JSON.
    GoogleVideo,
    /// CVAT for video, XML 1.1.
    Cvat,
    /// MOTChallenge's boxes.
    Mot,
    /// A NumPy matrix of embeddings.
    Npy,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 16] = [
        Format::Srt,
        Format::WebVtt,
        Format::Ttml,
        Format::Whisper,
        Format::WhisperX,
        Format::AwsTranscribe,
        Format::GoogleSpeech,
        Format::Watson,
        Format::Rttm,
        Format::PySceneDetect,
        Format::Rekognition,
        Format::VideoIndexer,
        Format::GoogleVideo,
        Format::Cvat,
        Format::Mot,
        Format::Npy,
    ];

    /// Its name; with `@1` the model of lines for which no other is given.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Format::Srt => "srt",
            Format::WebVtt => "webvtt",
            Format::Ttml => "ttml",
            Format::Whisper => "whisper",
            Format::WhisperX => "whisperx",
            Format::AwsTranscribe => "aws-transcribe",
            Format::GoogleSpeech => "google-speech",
            Format::Watson => "watson",
            Format::Rttm => "rttm",
            Format::PySceneDetect => "pyscenedetect",
            Format::Rekognition => "rekognition",
            Format::VideoIndexer => "video-indexer",
            Format::GoogleVideo => "google-video",
            Format::Cvat => "cvat",
            Format::Mot => "mot",
            Format::Npy => "npy",
        }
    }

    /// The format of that name, upper and lower case alike; `vtt` is WebVTT too.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Format> {
        let name = name.to_ascii_lowercase();
        let name = if name == "vtt" { "webvtt" } else { &name };
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Is it dialogue on a clock, such as a subtitle track: something to pair with a media file by its name?
    #[must_use]
    pub const fn is_subtitle(self) -> bool {
        matches!(self, Format::Srt | Format::WebVtt | Format::Ttml)
    }
}
