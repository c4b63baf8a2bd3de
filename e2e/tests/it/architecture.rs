//! The shape of the repository, held by tests: who may depend on whom, which rooms a service has and what each of them
//! may use, the habits of every file; that services say, hear and ask as it is declared, and that documents name tests
//! which exist.
//!
//! Each rule is a function from small inputs to breaches, so that its unit tests can break it.

mod crates;
mod documents;
mod habits;
mod refusals;
mod rooms;
mod source;
mod statements;
mod topology;

use std::path::PathBuf;

use cargo_metadata::{DependencyKind, MetadataCommand};
use mall_service::{Config, Service};

/// The nine as their binaries have them.
const SERVICES: [fn(&Config) -> Service; 9] = [
    baskets::service,
    cosec::service,
    customers::service,
    depot::service,
    notifications::service,
    ordering::service,
    payments::service,
    search::service,
    stores::service,
];

/// What services are told that are looked at and never run, or whose database is this.
fn config(database: &str) -> Config {
    let mut config = Config::default();
    database.clone_into(&mut config.database.url);
    // Nobody listens there.
    let peers = mall_proto::topology::SERVICES.iter();
    config.peers.extend(peers.map(|peer| (peer.name.to_owned(), "http://127.0.0.1:9".to_owned())));
    config
}

use crate::root;

/// A crate of this workspace, and what it depends on.
#[derive(Clone, Debug, Default)]
struct Package {
    name: String,
    folder: PathBuf,
    /// With those of its build script.
    normal: Vec<String>,
}

/// All crates of the workspace.
fn packages() -> Vec<Package> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo describes its own workspace");
    let packages = metadata.packages.iter().map(|package| {
        let normal = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
        Package {
            name: package.name.to_string(),
            folder: package.manifest_path.parent().expect("a manifest is in a folder").into(),
            normal: normal.map(|dependency| dependency.name.clone()).collect(),
        }
    });
    packages.collect()
}

fn assert_none(breaches: &[String]) {
    assert!(breaches.is_empty(), "{} breaches:\n{}", breaches.len(), breaches.join("\n"));
}
