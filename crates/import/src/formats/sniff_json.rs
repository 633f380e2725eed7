//! Detects the format of a JSON document.

use crate::formats::format::Format;

/// The format of a JSON document, by the members at its beginning.
pub(crate) fn json(start: &str) -> Option<Format> {
    // An annotation line says so itself.
    if has(start, "asset_id") {
        return None;
    }
    let any = |names: &[&str]| names.iter().any(|name| has(start, name));
    if has(start, "OTIO_SCHEMA") {
        return Some(Format::Otio);
    }
    if has(start, "from_name") && has(start, "to_name") {
        return Some(Format::LabelStudio);
    }
    if has(start, "vid_list") || has(start, "metadata") && has(start, "vid") && has(start, "av") {
        return Some(Format::Via);
    }
    if has(start, "videos") && any(&["video_id", "bboxes", "file_names", "categories"]) {
        return Some(Format::Coco);
    }
    if any(&[
        "annotationResults",
        "annotation_results",
        "shotAnnotations",
        "shot_annotations",
        "segmentLabelAnnotations",
    ]) {
        return Some(Format::GoogleVideo);
    }
    if any(&["adjustedStart", "insights", "summarizedInsights"]) {
        return Some(Format::VideoIndexer);
    }
    let speech = speech(start);
    if speech.is_some() {
        return speech;
    }
    let rekognition =
        ["Labels", "Faces", "Persons", "Celebrities", "TextDetections", "ModerationLabels", "Segments"];
    if any(&rekognition) && any(&["Timestamp", "StartTimestampMillis", "VideoMetadata", "JobStatus"]) {
        return Some(Format::Rekognition);
    }
    if any(&["jobName", "accountId"]) && has(start, "results") || any(&["BeginOffsetMillis"]) {
        return Some(Format::AwsTranscribe);
    }
    if any(&["transcription"]) && any(&["offsets", "systeminfo"]) {
        return Some(Format::Whisper);
    }
    if has(start, "chunks") && has(start, "timestamp") || has(start, "task") && has(start, "words") {
        return Some(Format::Whisper);
    }
    if any(&["result_index", "timestamps", "word_confidence"]) {
        return Some(Format::Watson);
    }
    if has(start, "results") && any(&["transcripts", "speaker_labels", "pronunciation"]) {
        return Some(Format::AwsTranscribe);
    }
    let is_google =
        any(&["alternatives", "inlineResult", "inline_result", "cloudStorageResult", "transcript"]);
    if has(start, "results") && is_google {
        return Some(Format::GoogleSpeech);
    }
    if has(start, "segments") {
        let is_aligned = any(&["word_segments", "score", "speaker"]) && !has(start, "seek");
        return Some(if is_aligned { Format::WhisperX } else { Format::Whisper });
    }
    // The whole text stands first and may be longer than the head.
    let opens = start.trim_start_matches('{').trim_start();
    (start.starts_with('{') && opens.starts_with("\"text\"") && !start.trim_end().ends_with('}'))
        .then_some(Format::Whisper)
}

/// Transcripts that say whose they are by members that no other has.
fn speech(start: &str) -> Option<Format> {
    let any = |names: &[&str]| names.iter().any(|name| has(start, name));
    if any(&["wireMagic", "tStartMs"]) {
        return Some(Format::Json3);
    }
    if has(start, "monologues") {
        return Some(Format::RevAi);
    }
    if any(&["recognizedPhrases", "combinedRecognizedPhrases", "combinedPhrases"]) {
        return Some(Format::AzureSpeech);
    }
    let is_deepgram = any(&["alternatives", "punctuated_word", "request_id", "model_info"]);
    if has(start, "channels") && is_deepgram {
        return Some(Format::Deepgram);
    }
    let first_version =
        has(start, "words") && has(start, "time") && has(start, "duration") && has(start, "name");
    if any(&["attaches_to", "is_eos", "transcription_config"]) || first_version {
        return Some(Format::Speechmatics);
    }
    if any(&["audio_url", "audio_src_url", "acoustic_model", "webhook_status_code", "auto_highlights"]) {
        return Some(Format::AssemblyAi);
    }
    let spaced = start.contains("\"spacing\"") || start.contains("\"audio_event\"");
    if spaced || has(start, "language_code") && has(start, "language_probability") {
        return Some(Format::ElevenLabs);
    }
    if has(start, "segments") && has(start, "eos") {
        return Some(Format::PremiereTranscript);
    }
    None
}

/// Is there a member of that name?
fn has(text: &str, name: &str) -> bool {
    let quoted = format!("\"{name}\"");
    text.match_indices(&quoted).any(|(at, _)| text[at + quoted.len()..].trim_start().starts_with(':'))
}
