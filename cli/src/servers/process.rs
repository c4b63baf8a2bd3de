//! One child process in a process group of its own: started, watched, paused, killed, and never confused with another.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::sys::signal::{Signal, kill};

use super::{
    Error,
    process_table::{Identity, descendants},
};

/// How long a process may take to end in order before it is killed.
const PATIENCE: Duration = Duration::from_secs(30);
/// A dropped handle blocks its thread, so it waits for less.
const PATIENCE_OF_DROP: Duration = Duration::from_secs(8);
const POLL: Duration = Duration::from_millis(10);

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The name under which people know it, e.g. `kafka`.
    pub name: String,
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    /// Added to the environment of the caller.
    pub environment: Vec<(String, String)>,
    pub folder: Option<PathBuf>,
    /// Where stdout and stderr are appended.
    pub log: PathBuf,
    /// Names the running process for a later `mall down`.
    pub pid_file: Option<PathBuf>,
    /// The signal that asks it to end in order.
    pub stop_signal: Signal,
    /// User and group to drop to; needs root.
    pub user: Option<(u32, u32)>,
}

impl Recipe {
    /// A process that ends in order on SIGTERM, with the caller's environment, folder and user.
    pub fn new(name: impl Into<String>, program: impl Into<PathBuf>, log: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: None,
            log: log.into(),
            pid_file: None,
            stop_signal: Signal::SIGTERM,
            user: None,
        }
    }

    pub fn arguments<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    fn spawn(&self) -> Result<Child, Error> {
        if let Some(folder) = self.log.parent() {
            fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        }
        let log = fs::File::options().create(true).append(true).open(&self.log);
        let log = log.map_err(Error::file("open", &self.log))?;
        let errors = log.try_clone().map_err(Error::file("open", &self.log))?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).envs(self.environment.iter().map(|(key, value)| (key, value)));
        // A group of its own: Ctrl-C in the terminal is for `mall`, which then stops its parts in their order.
        command.stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command.spawn().map_err(|source| Error::Spawn { program: self.program.display().to_string(), source })
    }
}

/// A running (or ended) process. Dropping it stops it, unless it was left with [`Process::leave`].
#[derive(Debug)]
pub struct Process {
    name: String,
    identity: Identity,
    /// Nothing for a process that an earlier `mall` started.
    child: Option<Child>,
    pid_file: Option<PathBuf>,
    log: PathBuf,
    log_start: u64,
    stop_signal: Signal,
    left: bool,
}

impl Process {
    pub fn start(recipe: &Recipe) -> Result<Self, Error> {
        let log_start = fs::metadata(&recipe.log).map_or(0, |log| log.len());
        let child = recipe.spawn()?;
        let process = Self {
            name: recipe.name.clone(),
            identity: Identity::of_child(&child),
            child: Some(child),
            pid_file: recipe.pid_file.clone(),
            log: recipe.log.clone(),
            log_start,
            stop_signal: recipe.stop_signal,
            left: false,
        };
        if let Some(file) = &process.pid_file {
            process.identity.write(file)?;
        }
        Ok(process)
    }

    /// Takes hold of a process that an earlier `mall` left running; nothing if it has ended. Dropping it leaves it running.
    pub fn adopt(name: &str, pid_file: &Path, log: &Path, stop_signal: Signal) -> Option<Self> {
        let identity = Identity::read(pid_file)?;
        Some(Self {
            name: name.to_owned(),
            identity,
            child: None,
            pid_file: Some(pid_file.to_owned()),
            log: log.to_owned(),
            log_start: 0,
            stop_signal,
            left: true,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn pid(&self) -> u32 {
        self.identity.pid()
    }

    pub fn log(&self) -> &Path {
        &self.log
    }

    /// What it has logged since this handle started it.
    pub fn logged(&self) -> String {
        read_from(&self.log, self.log_start).unwrap_or_default()
    }

    /// Whether it runs; a paused one does.
    pub fn is_running(&mut self) -> bool {
        self.exit().is_none()
    }

    /// How it ended, in words; nothing while it runs.
    pub fn exit(&mut self) -> Option<String> {
        match &mut self.child {
            Some(child) => match child.try_wait() {
                Ok(None) => None,
                Ok(Some(status)) => Some(status.to_string()),
                Err(error) => Some(error.to_string()),
            },
            None if self.identity.is_alive() => None,
            None => Some("ended".to_owned()),
        }
    }

    pub(crate) fn is_left(&self) -> bool {
        self.left
    }

    /// Leaves it running when this handle is dropped.
    pub fn leave(&mut self) {
        self.left = true;
    }

    /// Asks it to end in order, and kills it if it has not after 30 s. How it ended is known of a child of ours only.
    pub async fn stop(&mut self) -> Option<ExitStatus> {
        self.ask();
        let deadline = Instant::now() + PATIENCE;
        while self.is_running() && Instant::now() < deadline {
            tokio::time::sleep(POLL).await;
        }
        self.kill();
        self.child.as_mut()?.try_wait().ok()?
    }

    /// Whether the file it was started from has been replaced or deleted since.
    pub fn is_outdated(&self) -> bool {
        let program = fs::read_link(format!("/proc/{}/exe", self.pid()));
        program.is_ok_and(|program| program.to_string_lossy().ends_with(" (deleted)"))
    }

    fn stop_now(&mut self, patience: Duration) {
        self.ask();
        let deadline = Instant::now() + patience;
        while self.is_running() && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
        self.kill();
    }

    /// Asks it to end in order, without waiting. A paused process cannot hear the signal before it goes on.
    pub fn ask(&mut self) {
        self.signal(self.stop_signal);
        self.resume();
    }

    /// Ends it and all processes it started, without warning, as `kill -9` does.
    pub fn kill(&mut self) {
        if self.is_running() {
            // Its children are listed first: without their parent they could not be found any more.
            let children = descendants(self.pid());
            self.signal(Signal::SIGKILL);
            children.iter().for_each(|child| child.signal(Signal::SIGKILL));
            let deadline = Instant::now() + PATIENCE_OF_DROP;
            while (self.is_running() || children.iter().any(Identity::is_alive)) && Instant::now() < deadline {
                std::thread::sleep(POLL);
            }
        }
        if let Some(file) = self.pid_file.take() {
            // Nobody is named by it any more; one left behind would be seen through by its start time.
            let _ = fs::remove_file(file);
        }
    }

    /// Freezes it and its children, as a stopped virtual machine would be.
    pub fn pause(&mut self) {
        self.signal(Signal::SIGSTOP);
        descendants(self.pid()).iter().for_each(|child| child.signal(Signal::SIGSTOP));
    }

    /// Lets a paused one go on.
    pub fn resume(&mut self) {
        descendants(self.pid()).iter().for_each(|child| child.signal(Signal::SIGCONT));
        self.signal(Signal::SIGCONT);
    }

    fn signal(&mut self, signal: Signal) {
        if self.is_running() {
            // It may end between the question and the signal; that is as good.
            let _ = kill(self.identity.nix_pid(), signal);
        }
    }

    /// Waits until `ready` says so. An error carries the end of the log, and the process has been stopped.
    pub async fn wait_until_ready<F>(&mut self, patience: Duration, mut ready: F) -> Result<(), Error>
    where
        F: AsyncFnMut(&Process) -> Result<(), String>,
    {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.exit() {
                self.kill();
                return Err(Error::Died { name: self.name.clone(), status, log: self.log.clone(), tail: self.tail() });
            }
            let Err(reason) = ready(self).await else { return Ok(()) };
            if Instant::now() > deadline {
                let (name, log, tail) = (self.name.clone(), self.log.clone(), self.tail());
                self.kill();
                return Err(Error::NotReady { name, seconds: patience.as_secs(), reason, log, tail });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The last 15 lines that it logged.
    pub fn tail(&self) -> String {
        let log = self.logged();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.left {
            self.stop_now(PATIENCE_OF_DROP);
        }
    }
}

fn read_from(path: &Path, start: u64) -> io::Result<String> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = fs::File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
