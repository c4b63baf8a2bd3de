//! CPU time and memory of processes, from /proc.

use std::{collections::BTreeMap, fs};

/// Of `USER_HZ`: what /proc counts in, the same on every Linux that we run on.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU seconds used so far, by name.
pub(super) type Seconds = BTreeMap<String, f64>;

/// The processes that are watched.
pub(super) struct Watched {
    /// Those with one process each.
    pub(super) single: Vec<(String, u32)>,
    pub(super) postmaster: u32,
}

/// Two views of the same time.
#[derive(Clone, Debug, Default)]
pub(super) struct Cpu {
    /// Services, `postgresql`, `kafka`, `envoy`, and `bench`, the generator itself.
    pub(super) components: Seconds,
    /// Within them: `service thread` summed over all services, and PostgreSQL's processes by what they do.
    pub(super) parts: Seconds,
}

impl Watched {
    /// What each has used since it began.
    pub(super) fn cpu(&self) -> Cpu {
        let mut cpu = Cpu::default();
        for (name, pid) in &self.single {
            let stat = Stat::read(&format!("/proc/{pid}/stat"));
            cpu.components.insert(name.clone(), stat.map_or(0.0, |stat| stat.own));
            if !matches!(name.as_str(), "kafka" | "envoy" | "bench") {
                add_threads(*pid, &mut cpu.parts);
            }
        }
        self.add_postgresql(&mut cpu);
        cpu
    }

    /// The postmaster, its children, and those of them that have ended and been waited for.
    fn add_postgresql(&self, cpu: &mut Cpu) {
        let Some(postmaster) = Stat::read(&format!("/proc/{}/stat", self.postmaster)) else { return };
        let mut total = postmaster.own + postmaster.reaped;
        *cpu.parts.entry("postgresql: ended and main".to_owned()).or_default() += total;
        for pid in pids() {
            let Some(stat) = Stat::read(&format!("/proc/{pid}/stat")) else { continue };
            if stat.parent == self.postmaster {
                total += stat.own;
                *cpu.parts.entry(format!("postgresql: {}", role(pid))).or_default() += stat.own;
            }
        }
        cpu.components.insert("postgresql".to_owned(), total);
    }

    /// CPU seconds of the backends that serve one service's database now.
    pub(super) fn backends_of(&self, service: &str) -> f64 {
        let mut cpu = Cpu::default();
        self.add_postgresql(&mut cpu);
        cpu.parts.get(&backends(service)).copied().unwrap_or(0.0)
    }

    /// Resident memory in MiB of the single processes.
    pub(super) fn memory(&self) -> BTreeMap<String, f64> {
        let resident = |pid: u32| -> Option<f64> {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
            Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1_024.0)
        };
        self.single.iter().filter_map(|(name, pid)| Some((name.clone(), resident(*pid)?))).collect()
    }
}

/// What was used between two readings.
pub(super) fn difference(from: &Seconds, to: &Seconds) -> Seconds {
    to.iter().map(|(name, to)| (name.clone(), (to - from.get(name).copied().unwrap_or(0.0)).max(0.0))).collect()
}

fn add_threads(pid: u32, parts: &mut Seconds) {
    for thread in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        if let Some(stat) = Stat::read(&format!("{}/stat", thread.path().display())) {
            let is_main = thread.file_name().to_string_lossy() == pid.to_string();
            let name = match is_main {
                true => "main, the runtime",
                // librdkafka numbers its threads for brokers.
                false => stat.name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-'),
            };
            *parts.entry(format!("service thread: {name}")).or_default() += stat.own;
        }
    }
}

/// The name of a service's backends among the parts.
pub(super) fn backends(service: &str) -> String {
    format!("postgresql: backends of {service}")
}

/// The database that a backend serves, or what a helper is for: PostgreSQL shows it as the process's title.
fn role(pid: u32) -> String {
    let title = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = title.trim_end_matches(['\0', ' ']).strip_prefix("postgres: ").unwrap_or_default();
    match words.split(' ').collect::<Vec<_>>()[..] {
        [_, database, address, ..] if address.starts_with("127.") => {
            format!("backends of {}", database.rsplit('_').next().unwrap_or(database))
        }
        _ => words.to_owned(),
    }
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

struct Stat {
    name: String,
    parent: u32,
    /// User and system time, in seconds.
    own: f64,
    /// The same of ended children.
    reaped: f64,
}

impl Stat {
    fn read(path: &str) -> Option<Self> {
        Self::parse(&fs::read_to_string(path).ok()?)
    }

    /// The name in parentheses may hold anything, so the fields are counted from its last `)`: proc(5) calls the first
    /// of them number 3.
    fn parse(text: &str) -> Option<Self> {
        let (before, after) = text.rsplit_once(')')?;
        let fields: Vec<&str> = after.split_whitespace().collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
        Some(Self {
            name: before.split_once('(')?.1.to_owned(),
            parent: fields.get(1)?.parse().ok()?,
            own: (number(14)? + number(15)?) / TICKS_PER_SECOND,
            reaped: (number(16)? + number(17)?) / TICKS_PER_SECOND,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_with_an_awkward_name() {
        let line = "7 (a) b (c) S 3 7 7 0 -1 4194560 1 2 3 4 150 50 30 20 20 0 1 0 99 0 0";
        let stat = Stat::parse(line).expect("as the kernel writes it");
        assert_eq!((stat.name.as_str(), stat.parent), ("a) b (c", 3));
        assert_eq!((stat.own, stat.reaped), (2.0, 0.5));
    }

    #[test]
    fn own_time_and_memory_are_seen() {
        let own = Watched { single: vec![("bench".to_owned(), std::process::id())], postmaster: 0 };
        assert!(own.cpu().components["bench"] >= 0.0);
        assert!(own.memory()["bench"] > 0.5);
    }
}
