//! What /proc knows about processes: who is who in spite of reused numbers, and who started whom.

use std::{fs, path::Path, process::Child};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::Error;

/// A process, told apart from a later one under the same number by the time of its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pid: u32,
    /// In clock ticks since the machine's boot.
    started: u64,
}

impl Identity {
    /// A child that has not been waited for keeps its number, so its entry is there.
    pub(super) fn of_child(child: &Child) -> Self {
        Self::of(child.id()).unwrap_or(Self { pid: child.id(), started: 0 })
    }

    /// The process that has this number now.
    pub fn of(pid: u32) -> Option<Self> {
        Some(Self { pid, started: Stat::read(pid)?.started })
    }

    pub fn own() -> Option<Self> {
        Self::of(std::process::id())
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn nix_pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.pid).expect("the kernel's process numbers are small"))
    }

    /// Whether this very process still runs; one that only waits to be buried does not.
    pub fn is_alive(&self) -> bool {
        Stat::read(self.pid).is_some_and(|stat| stat.started == self.started && !matches!(stat.state, 'Z' | 'X'))
    }

    pub(super) fn signal(&self, signal: Signal) {
        if self.is_alive() {
            // It may end between the question and the signal; that is as good.
            let _ = kill(self.nix_pid(), signal);
        }
    }

    pub fn write(&self, file: &Path) -> Result<(), Error> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        }
        fs::write(file, format!("{} {}\n", self.pid, self.started)).map_err(Error::file("write", file))
    }

    /// The process that the file names; nothing if that one has ended.
    pub fn read(file: &Path) -> Option<Self> {
        let text = fs::read_to_string(file).ok()?;
        let (pid, started) = text.trim().split_once(' ')?;
        let identity = Self { pid: pid.parse().ok()?, started: started.parse().ok()? };
        identity.is_alive().then_some(identity)
    }
}

/// All processes that this one started, and those that they started.
pub(super) fn descendants(pid: u32) -> Vec<Identity> {
    let all = everybody();
    let mut found: Vec<Identity> = Vec::new();
    let mut parents = vec![pid];
    while let Some(parent) = parents.pop() {
        for (identity, _) in all.iter().filter(|(_, stat)| stat.parent == parent) {
            found.push(*identity);
            parents.push(identity.pid);
        }
    }
    found
}

fn everybody() -> Vec<(Identity, Stat)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| {
        let stat = Stat::read(pid)?;
        Some((Identity { pid, started: stat.started }, stat))
    })
    .collect()
}

struct Stat {
    state: char,
    parent: u32,
    started: u64,
}

impl Stat {
    /// /proc/PID/stat: the name in parentheses may hold anything, so the fields are counted from its last `)`.
    fn read(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let mut fields = text.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent = fields.next()?.parse().ok()?;
        let started = fields.nth(17)?.parse().ok()?;
        Some(Self { state, parent, started })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reused_process_number_is_seen_through() {
        let own = Identity::own().expect("this test has a process");
        assert!(own.is_alive());
        let earlier = Identity { started: own.started - 1, ..own };
        assert!(!earlier.is_alive());
    }
}
