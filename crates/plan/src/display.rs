//! Queries as readable text, for test logs and `explain`.

use std::fmt;

use rushes_types::Metric;

use crate::clause::{Clause, Fuzziness, NearestTest, Test, Word};
use crate::moments::Mode;
use crate::plan::PlanOf;
use crate::query::{MomentTest, Query};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.plan.mode {
            Mode::Intersection => "intersection",
            Mode::Union => "union",
        };
        writeln!(f, "{mode}")?;
        for (i, step) in self.steps.iter().enumerate() {
            if i > 0 {
                match step.within_ns {
                    Some(ns) => writeln!(f, "then within {} s", crate::time::seconds_of_ns(ns))?,
                    None => writeln!(f, "then")?,
                }
            }
            for (name, group) in [("all", &step.all), ("any", &step.any), ("none", &step.none)] {
                for no in group {
                    write!(f, "  {name:<4} ")?;
                    self.write_criterion(f, *no)?;
                }
            }
        }
        for test in &self.tests {
            match test {
                MomentTest::Duration(_) => writeln!(f, "where duration")?,
                MomentTest::OtherThan(asset, _) => writeln!(f, "where other than a moment of {asset}")?,
                MomentTest::Coverage(no, _) => {
                    write!(f, "where coverage ")?;
                    self.write_criterion(f, *no)?;
                }
                MomentTest::Near { criterion, negate, .. } => {
                    write!(f, "where {}near ", if *negate { "not " } else { "" })?;
                    self.write_criterion(f, *criterion)?;
                }
            }
        }
        Ok(())
    }
}

impl Query {
    fn write_criterion(&self, f: &mut fmt::Formatter<'_>, no: usize) -> fmt::Result {
        let Some(criterion) = self.criteria.get(no) else { return writeln!(f, "#{no}") };
        write!(f, "#{no} {}", criterion.pointer)?;
        if criterion.parts.is_empty() {
            write!(f, " finds nothing")?;
        }
        for (i, part) in criterion.parts.iter().enumerate() {
            write!(f, "{} {part}", if i == 0 { "" } else { " |" })?;
        }
        if criterion.weight.to_bits() != 1.0_f64.to_bits() {
            write!(f, " weight {}", criterion.weight)?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Some(kind) => write!(f, "{kind}")?,
            None => write!(f, "any type")?,
        }
        if let Some(model) = &self.model {
            write!(f, " by {model}")?;
        }
        match &self.test {
            Test::Any => {}
            Test::Label(labels) => write!(f, " label {labels:?}")?,
            Test::Words(test) => {
                write!(f, " {}", if test.every { "words" } else { "some words" })?;
                write_words(f, &test.words, test.analysed, test.fuzziness)?;
            }
            Test::Phrase(test) => {
                write!(f, " phrase")?;
                write_words(f, &test.words, test.analysed, test.fuzziness)?;
                if test.slop > 0 {
                    write!(f, " slop {}", test.slop)?;
                }
            }
            Test::Nearest(test) => write_nearest(f, test)?,
        }
        for attribute in &self.attributes {
            write!(f, " attribute {}", attribute.name)?;
        }
        if self.min_confidence > 0.0 {
            write!(f, " confidence >= {}", self.min_confidence)?;
        }
        Ok(())
    }
}

fn write_words(
    f: &mut fmt::Formatter<'_>,
    words: &[Word],
    analysed: bool,
    fuzziness: Fuzziness,
) -> fmt::Result {
    for word in words {
        write!(f, " {}{}^{}", word.text, if word.prefix { "*" } else { "" }, word.weight)?;
    }
    if analysed {
        write!(f, " by form")?;
    }
    match fuzziness {
        Fuzziness::Exact => Ok(()),
        Fuzziness::One => write!(f, " fuzzy 1"),
        Fuzziness::Two => write!(f, " fuzzy 2"),
        Fuzziness::Auto => write!(f, " fuzzy auto"),
    }
}

fn write_nearest(f: &mut fmt::Formatter<'_>, test: &NearestTest) -> fmt::Result {
    write!(f, " {}nearest", if test.exact { "exactly " } else { "" })?;
    if let Some(k) = test.k {
        write!(f, " {k}")?;
    }
    write!(f, " in {} ({} dimensions, {})", test.space, test.query.len(), test.metric.as_str())?;
    match (test.threshold, test.metric) {
        (None, _) => Ok(()),
        (Some(t), Metric::Cosine) => write!(f, " cosine >= {t}"),
        (Some(t), Metric::L2) => write!(f, " distance <= {t}"),
    }
}

impl<C: serde::Serialize, R: serde::Serialize> fmt::Display for PlanOf<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}
