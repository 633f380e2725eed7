//! What every engine of the annotation store is made from: the rules, and the bytes of stored records.
//!
//! An engine decides where rows lie and how a commit becomes atomic. What is rejected, with which message, and how a
//! record is encoded must be the same everywhere, so it is defined here once.

pub use crate::cut::{Cut, cut};
pub use crate::import::{
    changed_during_import, check_content, check_import_block, renumbered, run_is_elsewhere,
};
pub use crate::lines::keep_lines;
pub use crate::memo::{check_memo, check_shelf};
pub use crate::records::{
    Reader, RunRow, Writer, corrupt, decode_asset, decode_effect, decode_label, decode_model, encode_asset,
    encode_effect, encode_label, encode_model, hash_id,
};
pub use crate::rules::{
    Verdict, check_blocks_of_run, check_committed, check_label, check_model, check_open, check_rows,
    check_run_id, is_kept, judge, loose_is_no_run, loose_segment, new_run, no_asset, no_redactor, no_run,
    run_id, same_run, visibility_verb,
};
pub use crate::stored_block::{Packed, decode as decode_block, encode as encode_block, pack};
