//! The shape of the repository, held by tests: who may depend on whom, which rooms a service has and what each of them
//! may use, and the habits of every file.
//!
//! Each rule is a function from small inputs to breaches, so that its unit tests can break it.

mod crates;
mod habits;
mod refusals;
mod rooms;
mod source;

use std::path::PathBuf;

use cargo_metadata::{DependencyKind, MetadataCommand};

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
