//! Transcripts of speech services, one file each.

pub(crate) mod assembly_ai;
pub(crate) mod azure;
pub(crate) mod deepgram;
pub(crate) mod eleven_labs;
pub(crate) mod premiere;
pub(crate) mod rev_ai;
pub(crate) mod speechmatics;
