//! The formats, with their names.

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A table (RFC 4180).
    Csv,
    /// Moments as JSON.
    Json,
    /// An edit decision list (CMX 3600).
    Edl,
    /// OpenTimelineIO.
    Otio,
    /// OpenTimelineIO in a ZIP archive, with references to the media where they lie.
    Otioz,
    /// Final Cut Pro, FCPXML 1.10.
    Fcpxml,
    /// Final Cut Pro, FCPXML 1.9.
    Fcpxml19,
    /// Final Cut Pro 7's XML, which Premiere Pro and DaVinci Resolve read.
    Xmeml,
    /// Avid Log Exchange.
    Ale,
    /// Markers of Avid Media Composer.
    AvidMarkers,
    /// Markers as Premiere Pro lists them.
    PremiereMarkers,
    /// An edit list of timeline markers of DaVinci Resolve.
    ResolveMarkers,
    /// Captions, WebVTT.
    Webvtt,
    /// Captions, SubRip.
    Srt,
    /// W3C Web Annotation.
    WebAnnotation,
    /// Chapters of a description on YouTube.
    YoutubeChapters,
    /// A paper edit.
    Paper,
}

/// What there is to know of a format.
struct Facts {
    format: Format,
    name: &'static str,
    extension: &'static str,
    content_type: &'static str,
    says: &'static str,
}

const fn facts(
    format: Format,
    name: &'static str,
    extension: &'static str,
    content_type: &'static str,
    says: &'static str,
) -> Facts {
    Facts { format, name, extension, content_type, says }
}

const TEXT: &str = "text/plain; charset=utf-8";
const XML: &str = "application/xml";

const TABLE: [Facts; 17] = [
    facts(Format::Csv, "csv", "csv", "text/csv; charset=utf-8; header=present", "a table, one line a moment"),
    facts(Format::Json, "json", "json", "application/json", "moments as JSON"),
    facts(Format::Edl, "edl", "edl", TEXT, "edit decision list (CMX 3600), for every editing program"),
    facts(Format::Otio, "otio", "otio", "application/json", "OpenTimelineIO"),
    facts(
        Format::Otioz,
        "otioz",
        "otioz",
        "application/zip",
        "OpenTimelineIO in a ZIP archive; the media stay where they lie",
    ),
    facts(Format::Fcpxml, "fcpxml", "fcpxml", XML, "Final Cut Pro and DaVinci Resolve (FCPXML 1.10)"),
    facts(
        Format::Fcpxml19,
        "fcpxml-1.9",
        "fcpxml",
        XML,
        "older Final Cut Pro and DaVinci Resolve (FCPXML 1.9)",
    ),
    facts(Format::Xmeml, "xmeml", "xml", XML, "Premiere Pro and DaVinci Resolve (Final Cut Pro 7 XML)"),
    facts(Format::Ale, "ale", "ale", TEXT, "Avid log exchange, one clip a moment"),
    facts(Format::AvidMarkers, "avid-markers", "txt", TEXT, "markers for Avid Media Composer"),
    facts(Format::PremiereMarkers, "premiere-markers", "csv", TEXT, "markers as Premiere Pro lists them"),
    facts(Format::ResolveMarkers, "resolve-markers", "edl", TEXT, "timeline markers for DaVinci Resolve"),
    facts(Format::Webvtt, "webvtt", "vtt", "text/vtt; charset=utf-8", "captions (WebVTT)"),
    facts(Format::Srt, "srt", "srt", TEXT, "captions (SubRip)"),
    facts(
        Format::WebAnnotation,
        "web-annotation",
        "jsonld",
        "application/ld+json; profile=\"http://www.w3.org/ns/anno.jsonld\"",
        "W3C Web Annotation, one annotation a moment",
    ),
    facts(Format::YoutubeChapters, "youtube-chapters", "txt", TEXT, "chapters for a description on YouTube"),
    facts(Format::Paper, "paper", "txt", TEXT, "a paper edit: timecode, notes and lines, to be read"),
];

impl Format {
    /// The names of all formats, as [`Format::parse`] reads them.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        TABLE.iter().map(|facts| facts.name).collect()
    }

    /// The format of a name; `None` where there is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        TABLE.iter().find(|facts| facts.name == name).map(|facts| facts.format)
    }

    fn facts(self) -> &'static Facts {
        TABLE.iter().find(|facts| facts.format == self).unwrap_or(&TABLE[0])
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.facts().name
    }

    /// What it is, for people.
    #[must_use]
    pub fn says(self) -> &'static str {
        self.facts().says
    }

    /// The ending of its files, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        self.facts().extension
    }

    /// Its media type.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        self.facts().content_type
    }

    /// Does it mark times on something, rather than lay out clips or list moments?
    pub(crate) const fn is_marks(self) -> bool {
        matches!(
            self,
            Self::AvidMarkers
                | Self::PremiereMarkers
                | Self::ResolveMarkers
                | Self::Webvtt
                | Self::Srt
                | Self::YoutubeChapters
        )
    }

    /// Does it lay moments out as clips, one after the other?
    pub(crate) const fn is_timeline(self) -> bool {
        matches!(
            self,
            Self::Edl | Self::Otio | Self::Otioz | Self::Fcpxml | Self::Fcpxml19 | Self::Xmeml | Self::Ale
        )
    }
}
