//! The real servers, started and stopped as `mall up` and the tests of other crates do.

mod kafka;
mod postgres;
mod state;
