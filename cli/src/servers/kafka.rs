//! One Kafka node (KRaft, broker and controller in one process), run by the system's Java from jars in the tools' folder.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use uuid::Uuid;

use super::{Error, Process, Recipe, Running, Start, ports, tools};

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

impl Start for KafkaOptions {
    const NAME: &'static str = "kafka";

    /// Fetches the jars if need be, and formats the data folder if there is none.
    async fn start(&self) -> Result<Process, Error> {
        tools::java().await?;
        let jars = Jars::get().await?;
        let archive = jars.archive().await?;
        let settings = write_settings(self)?;
        jars.format(&self.dir, &settings).await?;
        let mut recipe = Recipe::new(Self::NAME, "java", &self.log).arguments(JVM);
        recipe.pid_file.clone_from(&self.pid_file);
        let mut process = Process::start(
            &recipe
                .arguments([format!("-XX:SharedArchiveFile={}", archive.display())])
                .arguments(jars.arguments(&self.dir, "kafka.Kafka"))
                .arguments([settings]),
        )?;
        process.wait_until_ready(PATIENCE, async |process| has_started(process)).await?;
        Ok(process)
    }

    fn log(&self) -> &Path {
        &self.log
    }

    fn pid_file(&self) -> Option<&Path> {
        self.pid_file.as_deref()
    }
}

/// A running broker.
pub type Kafka = Running<KafkaOptions>;

impl Kafka {
    /// `host:port`, as clients want it.
    pub fn bootstrap(&self) -> String {
        self.options.bootstrap()
    }

    pub fn port(&self) -> u16 {
        self.options.port
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
