//! How a score was made, term by term.

use rushes_index::IndexReader;
use rushes_plan::{Fusion, Query};
use rushes_types::Result;

use crate::answer::{Explanation, Term};
use crate::clause_hits::ClauseHits;
use crate::score::{BestEvidence, ScoredClause, reciprocal};

/// The explanation of one moment; `ranks` only with `rrf`.
///
/// # Errors
/// Those of the index.
pub(crate) fn explanation(
    query: &Query,
    scored_clauses: &[ScoredClause],
    found: &[ClauseHits],
    reader: &dyn IndexReader,
    best: &[BestEvidence],
    ranks: Option<&[usize]>,
) -> Result<Explanation> {
    let weights: f64 = scored_clauses.iter().map(|r| r.weight).sum();
    let term = |(i, (scored, best)): (usize, (&ScoredClause, &BestEvidence))| -> Result<Term> {
        let hit = best.hit.and_then(|h| found.get(scored.criterion).map(|f| f.hit(h, reader)));
        let hit = hit.transpose()?;
        let hit = hit.as_ref();
        let share = if weights > 0.0 { scored.weight / weights } else { 0.0 };
        let rank = ranks.map(|ranks| ranks.get(i).copied().unwrap_or(0));
        Ok(Term {
            clause: query.criteria.get(scored.criterion).map(|c| c.pointer.clone()).unwrap_or_default(),
            weight: scored.weight,
            share,
            score: hit.map_or(0.0, |h| h.score),
            confidence: hit.map_or(0.0, |h| h.confidence),
            similarity: hit.and_then(|h| h.similarity),
            rank,
            term: share * rank.map_or(best.value, reciprocal),
        })
    };
    let terms: Vec<Term> = scored_clauses.iter().zip(best).enumerate().map(term).collect::<Result<_>>()?;
    let fusion = match query.plan.fusion {
        Fusion::Weighted => "weighted",
        Fusion::Rrf => "rrf",
    };
    Ok(Explanation { fusion, sum: terms.iter().map(|t| t.term).sum(), terms })
}
