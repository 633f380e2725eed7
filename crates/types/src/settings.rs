//! Settings that go together.

use crate::{Error, Result};

/// Checks two settings that are of use only together, each by its key and whether it is given.
///
/// # Errors
/// Invalid where one is given alone, at the other's key.
pub fn both_or_none(one: (&str, bool), other: (&str, bool)) -> Result<()> {
    let (missing, given) = match (one.1, other.1) {
        (true, false) => (other.0, one.0),
        (false, true) => (one.0, other.0),
        _ => return Ok(()),
    };
    let error = Error::invalid(format!("`{given}` is given alone")).mend("give both, or none");
    Err(error.at(format!("/{missing}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alone_is_refused_at_the_other() {
        for (one, other, at) in [
            (true, true, None),
            (false, false, None),
            (true, false, Some("/key")),
            (false, true, Some("/certificate")),
        ] {
            let checked = both_or_none(("certificate", one), ("key", other));
            assert_eq!(checked.as_ref().err().and_then(Error::pointer), at, "{checked:?}");
        }
    }
}
