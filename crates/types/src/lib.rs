//! The words of Rushes.
