//! One Kafka node (KRaft, broker and controller in one process), run by the system's Java from jars in the tools' folder.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use uuid::Uuid;

use super::{Error, Process, Recipe, ports, tools};

const SETTINGS: &str = include_str!("../../../deploy/local/kafka.properties");
const LOGGING: &str = include_str!("../../../deploy/local/kafka-log4j2.properties");
const PATIENCE: Duration = Duration::from_secs(90);
/// Fewer threads and only the quick compiler: a broker for one machine starts in less than a second.
const JVM: [&str; 3] = ["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
/// 128 bits in base64url. One for all: no two of these clusters ever meet.
const CLUSTER_ID: &str = "MallBotsOnOneMachine1A";
const STARTED: &str = "Kafka Server started";

#[derive(Clone, Debug)]
pub struct KafkaOptions {
    pub dir: PathBuf,
    pub port: u16,
    pub controller_port: u16,
    pub log: PathBuf,
    pub pid_file: Option<PathBuf>,
}

impl KafkaOptions {
    /// Data, log and pid file below `state`, both ports free ones.
    pub fn free(state: &Path) -> Result<Self, Error> {
        let port = || ports::free().map_err(|error| Error::Unusable(error.to_string()));
        Ok(Self::at(state, port()?, port()?))
    }

    /// Data, log and pid file below `state`.
    pub fn at(state: &Path, port: u16, controller_port: u16) -> Self {
        Self {
            dir: state.join("kafka"),
            port,
            controller_port,
            log: state.join("log/kafka.log"),
            pid_file: Some(state.join("run/kafka.pid")),
        }
    }

    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// A running broker. Dropping it stops the broker, unless it was left with [`Kafka::leave`].
#[derive(Debug)]
pub struct Kafka {
    options: KafkaOptions,
    process: Process,
}

impl Kafka {
    /// Fetches the jars if need be, formats the data folder if there is none, starts the broker and waits until it answers.
    pub async fn start(options: KafkaOptions) -> Result<Self, Error> {
        tools::java().await?;
        let jars = Jars::get().await?;
        let archive = jars.archive().await?;
        let settings = write_settings(&options)?;
        jars.format(&options.dir, &settings).await?;
        let mut recipe = Recipe::new("kafka", "java", &options.log).arguments(JVM);
        recipe.pid_file.clone_from(&options.pid_file);
        let mut process = Process::start(
            &recipe
                .arguments([format!("-XX:SharedArchiveFile={}", archive.display())])
                .arguments(jars.arguments(&options.dir, "kafka.Kafka"))
                .arguments([settings]),
        )?;
        process.wait_until_ready(PATIENCE, async |process| has_started(process)).await?;
        Ok(Self { options, process })
    }

    /// Takes hold of a broker that was left running; nothing if it has ended.
    pub fn adopt(options: KafkaOptions) -> Option<Self> {
        let pid_file = options.pid_file.as_deref()?;
        let process = Process::adopt("kafka", pid_file, &options.log, nix::sys::signal::Signal::SIGTERM)?;
        Some(Self { options, process })
    }

    /// `host:port`, as clients want it.
    pub fn bootstrap(&self) -> String {
        self.options.bootstrap()
    }

    pub fn port(&self) -> u16 {
        self.options.port
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    pub fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    pub fn leave(&mut self) {
        self.process.leave();
    }

    pub async fn stop(&mut self) {
        self.process.stop().await;
    }

    /// SIGKILL: what it had not written is lost, as in a crash.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    pub fn pause(&mut self) {
        self.process.pause();
    }

    pub fn resume(&mut self) {
        self.process.resume();
    }

    /// Stops it if it runs, and starts it again on the same data and ports.
    pub async fn restart(&mut self) -> Result<(), Error> {
        self.stop().await;
        *self = Self::start(self.options.clone()).await?;
        Ok(())
    }
}

/// The port is open long before the broker serves, so its own word is waited for.
fn has_started(process: &Process) -> Result<(), String> {
    match process.logged().contains(STARTED) {
        true => Ok(()),
        false => Err(format!("it has not said `{STARTED}`")),
    }
}

fn write_settings(options: &KafkaOptions) -> Result<PathBuf, Error> {
    fs::create_dir_all(&options.dir).map_err(Error::file("make", &options.dir))?;
    let dir = std::path::absolute(&options.dir).map_err(Error::file("look at", &options.dir))?;
    let logging = dir.join("log4j2.properties");
    fs::write(&logging, LOGGING).map_err(Error::file("write", &logging))?;
    let settings = SETTINGS
        .replace("{port}", &options.port.to_string())
        .replace("{controller_port}", &options.controller_port.to_string())
        .replace("{data}", &dir.join("data").display().to_string());
    let file = dir.join("server.properties");
    fs::write(&file, settings).map_err(Error::file("write", &file))?;
    Ok(file)
}

/// The fetched jars, in a fixed order: the archive of loaded classes is valid for one class path only.
struct Jars {
    folder: PathBuf,
    class_path: String,
}

impl Jars {
    async fn get() -> Result<Self, Error> {
        let folder = tools::kafka().await?;
        let libs = folder.join("libs");
        let entries = fs::read_dir(&libs).map_err(Error::file("read", &libs))?;
        let mut jars: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path().display().to_string())).collect();
        jars.retain(|jar| jar.ends_with(".jar"));
        jars.sort_unstable();
        Ok(Self { folder, class_path: jars.join(":") })
    }

    /// What follows the JVM's own flags. The log settings lie in the data folder.
    fn arguments(&self, dir: &Path, main: &str) -> Vec<String> {
        let logging = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()).join("log4j2.properties");
        let logging = format!("-Dlog4j2.configurationFile={}", logging.display());
        vec![logging, "-cp".to_owned(), self.class_path.clone(), main.to_owned()]
    }

    /// Gives the data folder its identity; nothing if it has one.
    async fn format(&self, dir: &Path, settings: &Path) -> Result<(), Error> {
        if dir.join("data/meta.properties").is_file() {
            return Ok(());
        }
        let mut java = tokio::process::Command::new("java");
        // Not there yet when the archive itself is made; Java then only loads its classes more slowly.
        java.args(JVM).arg(format!("-XX:SharedArchiveFile={}", self.folder.join("app.jsa").display()));
        java.args(self.arguments(dir, "kafka.tools.StorageTool"));
        java.args(["format", "-t", CLUSTER_ID, "--ignore-formatted", "-c"]).arg(settings);
        let missing = Error::Missing { what: "java", package: "openjdk-17-jre-headless" };
        tools::output(&mut java, missing).await.map(|_| ())
    }

    /// The archive of loaded classes, made once by a broker that runs only for that: it halves every later start.
    async fn archive(&self) -> Result<PathBuf, Error> {
        let archive = self.folder.join("app.jsa");
        if archive.is_file() {
            return Ok(archive);
        }
        let scratch = self.folder.join(format!(".archive-{}", Uuid::now_v7()));
        let options = KafkaOptions { pid_file: None, ..KafkaOptions::free(&scratch)? };
        let made = scratch.join("app.jsa");
        let settings = write_settings(&options)?;
        self.format(&options.dir, &settings).await?;
        let recipe = Recipe::new("kafka", "java", &options.log).arguments(JVM);
        let mut process = Process::start(
            &recipe
                .arguments([format!("-XX:ArchiveClassesAtExit={}", made.display())])
                .arguments(self.arguments(&options.dir, "kafka.Kafka"))
                .arguments([settings]),
        )?;
        process.wait_until_ready(PATIENCE, async |process| has_started(process)).await?;
        process.stop().await;
        let moved = fs::rename(&made, &archive).map_err(Error::file("make", &archive));
        // Whether it could be made or not, its folder has done its service.
        let _ = fs::remove_dir_all(&scratch);
        moved.map(|()| archive)
    }
}
