//! Fills an answer with a page of moments that is no longer than an answer may be.

use rushes_plan::Warning;
use rushes_types::{Error, ErrorKind, Result};

use crate::answer::Answer;
use crate::bytes::json_bytes;
use crate::groups::Grouped;
use crate::page::Pages;

/// Bytes that a cursor takes in an answer, and for each word of the plan.
const CURSOR_BYTES: usize = 1_024;
/// See [`CURSOR_BYTES`].
const CURSOR_WORD_BYTES: usize = 32;

/// Puts the moments from `from` on, and their groups, into an answer that has all the rest; returns where the next page
/// begins. A page that would be too long ends sooner, and a warning says so.
///
/// # Errors
/// [`ErrorKind::TooLarge`] where the answer would be too long with a single moment; those of the index and of the budget.
pub(crate) fn fill(
    answer: &mut Answer,
    pages: &Pages<'_>,
    grouped: &Grouped,
    from: usize,
    words: usize,
) -> Result<usize> {
    let most = pages.view.budget.limits().answer_bytes;
    let to = from.saturating_add(pages.query.limit()).min(grouped.kept.len());
    let wanted = grouped.kept.get(from..to).unwrap_or_default();
    let own = json_bytes(answer)?.saturating_add(CURSOR_BYTES + words.saturating_mul(CURSOR_WORD_BYTES));
    let room = most.saturating_sub(own);
    // Groups repeat little of their moments.
    let room = if pages.query.plan.group_by.is_empty() { room } else { room / 4 * 3 };
    let page = pages.page(wanted, room)?;
    let end = from + page.taken;
    answer.moments = page.moments;
    answer.groups = grouped.on_page(from, end);
    if own.saturating_add(page.bytes).saturating_add(json_bytes(&answer.groups)?) > most {
        let message =
            format!("the answer would be longer than {most} bytes with {} moments", answer.moments.len());
        return Err(Error::new(ErrorKind::TooLarge, message).mend(
            "ask for a smaller `limit`, fewer clauses or fewer levels of `group_by`, or without `explain`",
        ));
    }
    if end < to {
        let message = format!(
            "the page has {} moments, and would be longer than {most} bytes with more; the next page goes on from there",
            page.taken
        );
        answer.warnings.push(Warning::new("page_cut", "/limit", message));
    }
    Ok(end)
}
