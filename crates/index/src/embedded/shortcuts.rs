//! Ways to search that spare work and change no answer. Tests switch each off and compare.

/// Which are used; all by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortcuts {
    /// The list of a label says enough of its entries: they are not read.
    pub label_rows: bool,
    /// In a phrase the lines beside those with its rarest word are found from there, without going through all.
    pub walked_lines: bool,
    /// Of several words the rarest names the candidates.
    pub rarest_word_first: bool,
    /// Few candidates of long lists are read instead of the lists.
    pub candidates_read: bool,
    /// Lists of many words are joined by bits.
    pub lists_by_bits: bool,
    /// Vectors outside the times in question are passed over before they are compared.
    pub times_before_vectors: bool,
    /// Vectors are compared by the widest instructions that the processor has.
    pub wide_instructions: bool,
}

impl Shortcuts {
    /// All of them.
    pub const ALL: Self = Self {
        label_rows: true,
        walked_lines: true,
        rarest_word_first: true,
        candidates_read: true,
        lists_by_bits: true,
        times_before_vectors: true,
        wide_instructions: true,
    };
}

#[cfg(feature = "testing")]
impl Shortcuts {
    /// None of them.
    pub const NONE: Self = Self {
        label_rows: false,
        walked_lines: false,
        rarest_word_first: false,
        candidates_read: false,
        lists_by_bits: false,
        times_before_vectors: false,
        wide_instructions: false,
    };

    /// None, and all but one of each, with names: what must give the same answers as all.
    #[must_use]
    pub fn switched_off() -> Vec<(&'static str, Self)> {
        let all = Self::ALL;
        vec![
            ("all", Self::NONE),
            ("label_rows", Self { label_rows: false, ..all }),
            ("walked_lines", Self { walked_lines: false, ..all }),
            ("rarest_word_first", Self { rarest_word_first: false, ..all }),
            ("candidates_read", Self { candidates_read: false, ..all }),
            ("lists_by_bits", Self { lists_by_bits: false, ..all }),
            ("times_before_vectors", Self { times_before_vectors: false, ..all }),
            ("wide_instructions", Self { wide_instructions: false, ..all }),
        ]
    }
}
