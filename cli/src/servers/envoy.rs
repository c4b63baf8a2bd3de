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

use super::{Error, Process, Recipe, Running, Start, ports, tools};

const SETTINGS: &str = include_str!("../../../deploy/envoy.yaml");
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
            .replace("{listen}", "127.0.0.1")
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

impl Start for EnvoyOptions {
    const NAME: &'static str = "envoy";

    /// Fetches the binary if need be.
    async fn start(&self) -> Result<Process, Error> {
        let binary = tools::envoy().await?;
        let settings = self.write()?;
        let mut recipe = Recipe::new(Self::NAME, binary, &self.log).arguments(["-c".as_ref(), settings.as_os_str()]);
        // Hot restart shares memory under a number that two gateways on one machine would both choose.
        recipe = recipe.arguments(["--disable-hot-restart", "--concurrency", "2", "-l", "warning"]);
        recipe.pid_file.clone_from(&self.pid_file);
        let mut process = Process::start(&recipe)?;
        let admin = ports::loopback(self.admin_port);
        process.wait_until_ready(PATIENCE, async |_| is_live(admin).await).await?;
        Ok(process)
    }

    fn log(&self) -> &Path {
        &self.log
    }

    fn pid_file(&self) -> Option<&Path> {
        self.pid_file.as_deref()
    }
}

/// A running gateway.
pub type Envoy = Running<EnvoyOptions>;

impl Envoy {
    /// Lets Envoy itself judge the settings.
    pub async fn validate(options: &EnvoyOptions) -> Result<(), Error> {
        let binary = tools::envoy().await?;
        let settings = options.write()?;
        let mut envoy = Command::new(binary);
        envoy.args(["--mode", "validate", "-l", "error", "-c"]).arg(settings);
        let missing = Error::Unusable("Envoy has vanished from the tools' folder".into());
        tools::output(&mut envoy, missing).await.map(|_| ())
    }

    /// Where REST and gRPC are served.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.options.port)
    }

    pub fn admin_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.options.admin_port)
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
