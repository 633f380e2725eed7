//! WhisperX: what Whisper heard, aligned word by word, with speakers where it was asked for them.
//!
//! Source: `{"segments":[{"start","end","text","speaker","words":[{"word","start","end","score","speaker"}]}],
//! "word_segments":[…],"language"}`. Read as [`crate::formats::whisper`] is: seconds exact, ends exclusive. `word_segments` says
//! the same again and is passed over. A word that could not be aligned (digits, most often) has no times and stays in
//! the text.

use std::io::Read;

use crate::formats::out::{Flow, FormatOutput};

/// Reads one file.
pub(crate) fn read(reader: &mut dyn Read, out: &mut FormatOutput<'_, '_>) -> Flow {
    crate::formats::whisper::read(reader, out)
}
