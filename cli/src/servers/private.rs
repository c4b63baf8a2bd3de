//! A PostgreSQL and a Kafka for one run of tests: on free ports, with data that are gone afterwards.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use nix::sys::signal::Signal;
use uuid::Uuid;

use super::{Error, Identity, Kafka, KafkaOptions, Postgres, PostgresOptions, Process, postgres};

const PREFIX: &str = "mallbots-servers-";
const OWNER: &str = "run/owner.pid";

/// Dropping it stops the servers and deletes their data.
#[derive(Debug)]
pub struct PrivateServers {
    pub postgres: Postgres,
    pub kafka: Option<Kafka>,
    // Last: the servers end before their data vanish.
    state: State,
}

impl PrivateServers {
    pub async fn start(with_kafka: bool) -> Result<Self, Error> {
        sweep();
        let state = State(env::temp_dir().join(format!("{PREFIX}{}", Uuid::now_v7().simple())));
        let owner = Identity::own().ok_or_else(|| Error::Unusable("there is no /proc".to_owned()))?;
        owner.write(&state.0.join(OWNER))?;
        let kafka = async {
            match with_kafka {
                true => Kafka::start(KafkaOptions::free(&state.0)?).await.map(Some),
                false => Ok(None),
            }
        };
        let postgres = async { Postgres::start(PostgresOptions::free(&state.0)?).await };
        let (postgres, kafka) = tokio::try_join!(postgres, kafka)?;
        Ok(Self { postgres, kafka, state })
    }

    /// Where the servers log, below `log`; free for the use of tests, too. A process whose number is in a file below `run`
    /// is killed when this run was, by the next one.
    pub fn state(&self) -> &Path {
        &self.state.0
    }
}

#[derive(Debug)]
struct State(PathBuf);

impl Drop for State {
    fn drop(&mut self) {
        // What cannot be deleted stays in the folder for temporary things, where it belongs.
        let _ = postgres::remove(&self.0.join("postgres"));
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Ends and deletes what a run that was killed has left behind: its servers, and whatever else has left its number in that
/// run's folder. A number counts together with the time of its process's start, so nobody else's is touched.
fn sweep() {
    let Ok(entries) = fs::read_dir(env::temp_dir()) else { return };
    let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let ours = folders.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX)));
    for folder in ours {
        if !folder.join(OWNER).is_file() || Identity::read(&folder.join(OWNER)).is_some() {
            continue;
        }
        let left = State(folder);
        for number in files_below(&left.0.join("run")) {
            let name = number.file_stem().unwrap_or_default().to_string_lossy();
            let log = left.0.join(format!("log/{name}.log"));
            if let Some(mut process) = Process::adopt(&name, &number, &log, Signal::SIGTERM) {
                process.kill();
            }
        }
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}
