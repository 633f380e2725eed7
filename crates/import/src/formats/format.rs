//! The formats by name.

macro_rules! formats {
    ($($(#[$doc:meta])* $format:ident => $name:literal,)*) => {
        /// A format that is read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Format {
            $($(#[$doc])* $format,)*
        }

        impl Format {
            /// All of them.
            pub const ALL: [Format; [$($name),*].len()] = [$(Format::$format),*];

            /// Its name; with `@1` the model of lines for which no other is given.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Format::$format => $name,)*
                }
            }
        }
    };
}

formats! {
    /// SubRip subtitles.
    Srt => "srt",
    /// WebVTT subtitles.
    WebVtt => "webvtt",
    /// TTML and IMSC subtitles.
    Ttml => "ttml",
    /// SubStation Alpha subtitles.
    Ass => "ass",
    /// SubViewer subtitles, as YouTube exports them.
    Sbv => "sbv",
    /// Scenarist closed captions.
    Scc => "scc",
    /// EBU STL, broadcast subtitles.
    EbuStl => "ebu-stl",
    /// Lyrics.
    Lrc => "lrc",
    /// YouTube's own captions.
    Json3 => "json3",
    /// Whisper's JSON.
    Whisper => "whisper",
    /// WhisperX's JSON.
    WhisperX => "whisperx",
    /// Amazon Transcribe's JSON.
    AwsTranscribe => "aws-transcribe",
    /// Google Speech-to-Text's JSON.
    GoogleSpeech => "google-speech",
    /// IBM Watson Speech to Text's JSON.
    Watson => "watson",
    /// Deepgram's JSON.
    Deepgram => "deepgram",
    /// AssemblyAI's JSON.
    AssemblyAi => "assemblyai",
    /// Rev AI's JSON.
    RevAi => "rev-ai",
    /// Speechmatics' JSON.
    Speechmatics => "speechmatics",
    /// Azure Speech's JSON, batch and fast.
    AzureSpeech => "azure-speech",
    /// ElevenLabs Scribe's JSON.
    ElevenLabs => "elevenlabs",
    /// Premiere Pro's transcript, as JSON.
    PremiereTranscript => "premiere-transcript",
    /// Speaker turns of diarisation tools.
    Rttm => "rttm",
    /// PySceneDetect's list of scenes.
    PySceneDetect => "pyscenedetect",
    /// Amazon Rekognition Video's JSON.
    Rekognition => "rekognition",
    /// Azure AI Video Indexer's JSON.
    VideoIndexer => "video-indexer",
    /// Google Video Intelligence's JSON.
    GoogleVideo => "google-video",
    /// CVAT for video, XML 1.1.
    Cvat => "cvat",
    /// ELAN annotations.
    Elan => "elan",
    /// Praat TextGrid.
    TextGrid => "textgrid",
    /// Label Studio's JSON export of video.
    LabelStudio => "label-studio",
    /// VGG Image Annotator for video (VIA 3).
    Via => "via",
    /// COCO for video.
    Coco => "coco",
    /// TransNetV2's list of scenes.
    TransNet => "transnetv2",
    /// What ffmpeg's detectors say.
    Ffmpeg => "ffmpeg",
    /// Premiere Pro's markers.
    PremiereMarkers => "premiere-markers",
    /// Markers in edit decision lists, such as DaVinci Resolve's.
    Edl => "edl",
    /// Avid Media Composer's markers.
    AvidMarkers => "avid-markers",
    /// OpenTimelineIO, its markers.
    Otio => "otio",
    /// Final Cut Pro, its markers and keywords.
    FcpXml => "fcpxml",
    /// MOTChallenge's boxes.
    Mot => "mot",
    /// A NumPy matrix of embeddings.
    Npy => "npy",
}

/// Other names that people write.
const ALIASES: [(&str, &str); 5] =
    [("vtt", "webvtt"), ("ssa", "ass"), ("stl", "ebu-stl"), ("youtube", "json3"), ("imsc", "ttml")];

impl Format {
    /// The format of that name, upper and lower case alike; `vtt` is WebVTT too.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Format> {
        let name = name.to_ascii_lowercase();
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, name)| name);
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Is it dialogue on a clock, such as a subtitle track: something to pair with a media file by its name?
    #[must_use]
    pub const fn is_subtitle(self) -> bool {
        matches!(
            self,
            Format::Srt
                | Format::WebVtt
                | Format::Ttml
                | Format::Ass
                | Format::Sbv
                | Format::Scc
                | Format::EbuStl
        )
    }
}
