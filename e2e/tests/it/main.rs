//! The repository's shape, and the whole fleet from outside: features, faults, the API and telemetry.
//!
//! Run it with `make test ARGS='-p mall-e2e'`: the services' binaries must have been built before.

mod api;
mod architecture;
mod faults;
mod features;
mod mall;
mod roles;
mod telemetry;

use std::path::PathBuf;

/// The folder of the whole repository.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is a folder of the repository").to_owned()
}

/// Tells whoever watches the run, or reads what it has left.
#[expect(clippy::print_stderr, reason = "tests tell by what they print")]
fn say(text: &str) {
    eprintln!("{text}");
}
