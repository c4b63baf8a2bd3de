//! A state folder that is gone after its test.

use std::{
    fs,
    path::{Path, PathBuf},
};

pub(crate) struct State(PathBuf);

impl State {
    pub(crate) fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("mall-cli-{name}-{}", std::process::id())))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // A test that failed before it made the folder has nothing to remove.
        let _ = mall_cli::servers::postgres::remove(&self.0.join("postgres"));
        let _ = fs::remove_dir_all(&self.0);
    }
}
