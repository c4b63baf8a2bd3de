//! Under which conditions was measured.

use std::{fs, thread};

use super::{Failed, rig::Rig};

#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) cores: usize,
    pub(super) processor: String,
    pub(super) memory_gib: f64,
    /// Of 1, 5 and 15 minutes, before anything was started: what others were doing.
    pub(super) load_average: String,
    pub(super) profile: &'static str,
    pub(super) postgresql: String,
    /// What decides how much a commit is worth.
    pub(super) settings: String,
}

impl Machine {
    pub(super) fn look() -> Self {
        let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
        let value = |text: &str, key: &str| -> String {
            let line = text.lines().find_map(|line| line.strip_prefix(key));
            line.map(|rest| rest.trim_start_matches([' ', '\t', ':']).to_owned()).unwrap_or_default()
        };
        let memory = value(&read("/proc/meminfo"), "MemTotal");
        let kib: f64 = memory.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or_default();
        let averages = read("/proc/loadavg").split_whitespace().take(3).collect::<Vec<_>>().join(" ");
        Self {
            cores: thread::available_parallelism().map_or(0, usize::from),
            processor: value(&read("/proc/cpuinfo"), "model name"),
            memory_gib: kib / 1_048_576.0,
            load_average: averages,
            profile: if cfg!(debug_assertions) { "debug" } else { "release" },
            postgresql: String::new(),
            settings: String::new(),
        }
    }

    pub(super) async fn with_versions(mut self, rig: &Rig) -> Result<Self, Failed> {
        self.postgresql = sqlx::query_scalar("show server_version").fetch_one(&rig.server).await?;
        self.settings = sqlx::query_scalar(
            "select string_agg(name || '=' || current_setting(name), ' ' order by name) from pg_settings where name = any (array[ \
             'fsync', 'synchronous_commit', 'full_page_writes', 'track_commit_timestamp', 'shared_buffers'])",
        )
        .fetch_one(&rig.server)
        .await?;
        Ok(self)
    }
}
