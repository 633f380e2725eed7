//! Questions become the plans that they should.

mod questions;
