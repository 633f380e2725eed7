//! Ids. Each is a checked string of its own type, so that an asset is never taken for a run.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::limits::ID_BYTES_MAX;

/// Why a string is no id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdError {
    message: String,
    mend: Option<String>,
}

impl IdError {
    fn new(message: String, mend: &str) -> Self {
        Self { message, mend: Some(mend.to_owned()) }
    }
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.mend {
            Some(mend) => write!(f, "{}; {mend}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl From<IdError> for Error {
    fn from(error: IdError) -> Self {
        let invalid = Self::invalid(error.message);
        match error.mend {
            Some(mend) => invalid.mend(mend),
            None => invalid,
        }
    }
}

impl std::error::Error for IdError {}

/// Checks a text as ids are checked: 1 to [`ID_BYTES_MAX`] bytes, no control character. `what` it is, the error says.
///
/// # Errors
/// [`IdError`] says what is wrong and how to mend it.
pub fn check_id(what: &str, id: &str) -> Result<(), IdError> {
    if id.is_empty() {
        return Err(IdError::new(format!("{what} is empty"), "give it at least one character"));
    }
    if id.len() > ID_BYTES_MAX {
        let mend = format!("at most {ID_BYTES_MAX} are accepted");
        return Err(IdError::new(format!("{what} has {} bytes", id.len()), &mend));
    }
    if id.chars().any(char::is_control) {
        return Err(IdError::new(format!("{what} holds a control character"), "remove it"));
    }
    Ok(())
}

macro_rules! string_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks `id`: 1 to 512 bytes, no control character.
            ///
            /// # Errors
            /// [`IdError`] says what is wrong and how to mend it.
            pub fn new(id: &str) -> Result<Self, IdError> {
                check_id($what, id)?;
                Ok(Self(Arc::from(id)))
            }

            /// Checks `id` as [`Self::new`] does, without keeping it.
            ///
            /// # Errors
            /// [`IdError`] says what is wrong and how to mend it.
            pub fn check(id: &str) -> Result<(), IdError> {
                check_id($what, id)
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

string_id!(
    /// Names one media file.
    AssetId, "asset_id"
);
string_id!(
    /// Names a title: an episode's series, a film.
    MovieId, "movie_id"
);
string_id!(
    /// Names a run. Loose lines share the run [`RunId::loose`].
    RunId, "run"
);
string_id!(
    /// Names an annotation within its asset, model and run.
    AnnotationId, "annotation_id"
);
string_id!(
    /// What kind of thing an annotation says. Types are open; see [`known_types`].
    AnnotationType, "type"
);
string_id!(
    /// Names a vector space. A space is immutable: a new encoder is a new space.
    SpaceId, "space"
);

impl RunId {
    /// The run that all loose lines belong to. It is reserved: no run can be opened by this name.
    pub const LOOSE: &'static str = "-";

    /// The run id of loose lines.
    #[must_use]
    pub fn loose() -> Self {
        Self(Arc::from(Self::LOOSE))
    }

    /// Is this the run of loose lines?
    #[must_use]
    pub fn is_loose(&self) -> bool {
        &*self.0 == Self::LOOSE
    }
}

/// The annotation types that are known from the start.
pub mod known_types {
    /// A character is seen or heard.
    pub const CHARACTER: &str = "CHARACTER_SEARCH";
    /// A place, as a label or an embedding.
    pub const SCENE: &str = "SCENE_SEARCH";
    /// A line of dialogue.
    pub const DIALOGUE: &str = "DIALOGUE_SEARCH";
    /// An object is seen.
    pub const OBJECT: &str = "OBJECT_SEARCH";
    /// A shot, from cut to cut.
    pub const SHOT: &str = "SHOT";
    /// What lines of dialogue mean, as an embedding: the lines themselves stay [`DIALOGUE`], so that words and phrases
    /// find them once.
    pub const MEANING: &str = "MEANING_SEARCH";
}

impl AnnotationType {
    /// Do consecutive annotations of this type join for phrases?
    #[must_use]
    pub fn is_dialogue(&self) -> bool {
        self.as_str() == known_types::DIALOGUE
    }
}

/// A model's name and version, written `name@version`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelRef {
    text: Arc<str>,
    at: usize,
}

impl ModelRef {
    /// What is added to a name without a version.
    pub const FIRST_VERSION: &str = "@1";

    /// Parses `name@version`; without `@` the version is `1`.
    ///
    /// # Errors
    /// [`IdError`] where name or version is empty, too long, or holds a control character.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        check_id("model", text)?;
        let full: Arc<str> = if text.contains('@') {
            Arc::from(text)
        } else {
            let full = format!("{text}{}", Self::FIRST_VERSION);
            check_id("model", &full)?;
            Arc::from(full)
        };
        let at = full.rfind('@').unwrap_or(full.len());
        if at == 0 || at + 1 >= full.len() {
            let message = format!("model `{text}` must be written name@version, for instance faces@3");
            return Err(IdError { message, mend: None });
        }
        Ok(Self { text: full, at })
    }

    /// The name, without the version.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.text[..self.at]
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// `name@version`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.text)
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
