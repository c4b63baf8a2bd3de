//! The real servers, started and stopped as `mall up` and the tests of other crates do.

mod bench;
mod envoy;
mod fleet;
mod kafka;
mod load;
mod postgres;
mod private;
mod state;
mod with_servers;
