//! Where moments lie on what markers and captions are placed on.

use rushes_types::{FrameRate, Result, Timecode};

use crate::clip::Clip;
use crate::layout::{Mixing, Sequence, start_of, timecode_of};
use crate::left_out::LeftOut;
use crate::options::{Options, Place};

/// A moment as a marker.
#[derive(Debug, Clone)]
pub(crate) struct Mark<'a> {
    pub clip: Clip<'a>,
    /// Its first frame, from the beginning of what is marked.
    pub at: i64,
    /// Its frames; at least one.
    pub length: i64,
}

/// Markers, in the order of their times.
#[derive(Debug)]
pub(crate) struct Marks<'a> {
    pub rate: FrameRate,
    pub drop_frame: bool,
    start: i64,
    pub marks: Vec<Mark<'a>>,
    pub left_out: Vec<LeftOut>,
    pub notes: Vec<String>,
}

impl<'a> Marks<'a> {
    /// Markers on the timeline that moments make, or on the media of the one asset that they are of.
    ///
    /// # Errors
    /// Where the start timecode that is asked for does not exist at the rate.
    pub(crate) fn of(clips: &[Clip<'a>], options: &Options, place: Place) -> Result<Self> {
        let mut found = match place {
            Place::Sequence => Self::on_the_timeline(clips, options)?,
            Place::Source => Self::on_the_media(clips, options)?,
        };
        found.marks.sort_by_key(|mark| (mark.at, mark.length));
        Ok(found)
    }

    fn on_the_timeline(clips: &[Clip<'a>], options: &Options) -> Result<Self> {
        let sequence = Sequence::of(clips, options, Mixing::Conform)?;
        let mark = |shot: &crate::layout::Shot<'a>| {
            let (at, length) = sequence.marked(shot);
            Mark { clip: shot.clip, at, length }
        };
        let marks = sequence.shots.iter().map(mark).collect();
        let Sequence { rate, drop_frame, start, left_out, notes, .. } = sequence;
        Ok(Self { rate, drop_frame, start, marks, left_out, notes })
    }

    fn on_the_media(clips: &[Clip<'a>], options: &Options) -> Result<Self> {
        let mut left_out = Vec::new();
        let known: Vec<_> =
            clips.iter().filter_map(|clip| Some((*clip, timecode_of(clip, &mut left_out)?))).collect();
        let Some((_, timecode)) = known.first().copied() else {
            let empty = Sequence::of(&[], options, Mixing::Conform)?;
            let Sequence { rate, drop_frame, start, notes, .. } = empty;
            return Ok(Self { rate, drop_frame, start, marks: Vec::new(), left_out, notes });
        };
        let rate = timecode.rate();
        let own = (timecode.start_frames(), timecode.drop_frame(), Vec::new());
        // The media's own timecode, unless another is asked for: a program may have laid them at one hour.
        let (start, drop_frame, notes) = match options.start {
            Some(_) => start_of(options, rate, timecode.drop_frame())?,
            None => own,
        };
        let mark = |(clip, timecode): &(Clip<'a>, rushes_types::AssetTimecode)| {
            let (at, end) = timecode.frames(clip.start_ns.max(0), clip.end_ns);
            Mark { clip: *clip, at, length: end.saturating_sub(at) }
        };
        Ok(Self { rate, drop_frame, start, marks: known.iter().map(mark).collect(), left_out, notes })
    }

    /// The timecode of a frame.
    pub(crate) fn write(&self, frame: i64) -> String {
        Timecode::from_frames(self.start.saturating_add(frame), self.rate, self.drop_frame).to_string()
    }
}
