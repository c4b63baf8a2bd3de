//! Envoy as the fleet's gateway: one address for gRPC and for REST, which it transcodes.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
};

use super::{Error, Process, Recipe, ports, tools};

const SETTINGS: &str = include_str!("../../../deploy/local/envoy.yaml");
const PATIENCE: Duration = Duration::from_secs(30);

/// A service behind the gateway, and where it speaks gRPC.
#[derive(Clone, Debug)]
pub struct Upstream {
    pub service: String,
    pub address: SocketAddr,
}

#[derive(Clone, Debug)]
pub struct EnvoyOptions {
    /// Its settings and the descriptor set; made if it is not there.
    pub dir: PathBuf,
    pub port: u16,
    pub admin_port: u16,
    /// At least all that have an API.
    pub upstreams: Vec<Upstream>,
    pub log: PathBuf,
    /// Requests that failed with 500 or above, one JSON object a line.
    pub access_log: PathBuf,
    pub pid_file: Option<PathBuf>,
}

impl EnvoyOptions {
    /// Settings, logs and pid file below `state`.
    pub fn at(state: &Path, port: u16, admin_port: u16, upstreams: Vec<Upstream>) -> Self {
        Self {
            dir: state.join("envoy"),
            port,
            admin_port,
            upstreams,
            log: state.join("log/envoy.log"),
            access_log: state.join("log/envoy-errors.log"),
            pid_file: Some(state.join("run/envoy.pid")),
        }
    }

    /// Whether what was last written below `dir` is what would be written now.
    pub fn is_current(&self) -> bool {
        let same = |file: PathBuf, wanted: &[u8]| fs::read(file).is_ok_and(|found| found == wanted);
        let settings = self.settings().is_ok_and(|wanted| same(self.dir.join("envoy.yaml"), wanted.as_bytes()));
        settings && same(self.dir.join("fleet.bin"), mall_proto::FILE_DESCRIPTOR_SET)
    }

    /// Writes the settings, and the fleet's declarations beside them.
    fn write(&self) -> Result<PathBuf, Error> {
        for folder in [Some(self.dir.as_path()), self.access_log.parent()].into_iter().flatten() {
            fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        }
        let descriptors = self.dir.join("fleet.bin");
        fs::write(&descriptors, mall_proto::FILE_DESCRIPTOR_SET).map_err(Error::file("write", &descriptors))?;
        let file = self.dir.join("envoy.yaml");
        fs::write(&file, self.settings()?).map_err(Error::file("write", &file))?;
        Ok(file)
    }

    fn settings(&self) -> Result<String, Error> {
        let absolute = |path: &Path| std::path::absolute(path).map_err(Error::file("look at", path));
        let descriptors = absolute(&self.dir.join("fleet.bin"))?;
        let access_log = absolute(&self.access_log)?;
        let mut settings = SETTINGS
            .replace("{port}", &self.port.to_string())
            .replace("{admin_port}", &self.admin_port.to_string())
            .replace("{descriptors}", &descriptors.display().to_string())
            .replace("{access_log}", &access_log.display().to_string());
        for Upstream { service, address } in &self.upstreams {
            settings = settings
                .replace(&format!("{{{service}_host}}"), &address.ip().to_string())
                .replace(&format!("{{{service}_port}}"), &address.port().to_string());
        }
        Ok(settings)
    }
}

/// A running gateway. Dropping it stops it, unless it was left with [`Envoy::leave`].
#[derive(Debug)]
pub struct Envoy {
    options: EnvoyOptions,
    process: Process,
}

impl Envoy {
    /// Fetches the binary if need be, starts it and waits until it is live.
    pub async fn start(options: EnvoyOptions) -> Result<Self, Error> {
        let binary = tools::envoy().await?;
        let settings = options.write()?;
        let mut recipe = Recipe::new("envoy", binary, &options.log).arguments(["-c".as_ref(), settings.as_os_str()]);
        // Hot restart shares memory under a number that two gateways on one machine would both choose.
        recipe = recipe.arguments(["--disable-hot-restart", "--concurrency", "2", "-l", "warning"]);
        recipe.pid_file.clone_from(&options.pid_file);
        let mut process = Process::start(&recipe)?;
        let admin = ports::loopback(options.admin_port);
        process.wait_until_ready(PATIENCE, async |_| is_live(admin).await).await?;
        Ok(Self { options, process })
    }

    /// Lets Envoy itself judge the settings.
    pub async fn validate(options: &EnvoyOptions) -> Result<(), Error> {
        let binary = tools::envoy().await?;
        let settings = options.write()?;
        let mut envoy = Command::new(binary);
        envoy.args(["--mode", "validate", "-l", "error", "-c"]).arg(settings);
        let missing = Error::Unusable("Envoy has vanished from the tools' folder".into());
        tools::output(&mut envoy, missing).await.map(|_| ())
    }

    /// Takes hold of a gateway that was left running; nothing if it has ended.
    pub fn adopt(options: EnvoyOptions) -> Option<Self> {
        let pid_file = options.pid_file.as_deref()?;
        let process = Process::adopt("envoy", pid_file, &options.log, nix::sys::signal::Signal::SIGTERM)?;
        Some(Self { options, process })
    }

    /// Where REST and gRPC are served.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.options.port)
    }

    pub fn admin_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.options.admin_port)
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

    pub fn kill(&mut self) {
        self.process.kill();
    }

    pub fn pause(&mut self) {
        self.process.pause();
    }

    pub fn resume(&mut self) {
        self.process.resume();
    }

    /// Stops it if it runs, and starts it again on the same ports.
    pub async fn restart(&mut self) -> Result<(), Error> {
        self.stop().await;
        *self = Self::start(self.options.clone()).await?;
        Ok(())
    }
}

async fn is_live(admin: SocketAddr) -> Result<(), String> {
    let answer = tokio::time::timeout(Duration::from_secs(1), ask_ready(admin)).await;
    match answer {
        Ok(Ok(answer)) if answer.contains("LIVE") => Ok(()),
        Ok(Ok(answer)) => Err(answer.lines().last().unwrap_or_default().to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no answer".to_owned()),
    }
}

async fn ask_ready(admin: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(admin).await?;
    stream.write_all(b"GET /ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
