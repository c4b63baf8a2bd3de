//! A private PostgreSQL server, run by the system's binaries as an unprivileged user.

use std::{
    env, fs, io,
    os::unix::fs::{DirBuilderExt, chown},
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    sys::signal::Signal,
    unistd::{User, geteuid},
};
use sqlx::Connection;
use tokio::process::Command;
use uuid::Uuid;

use super::{Error, Process, Recipe, Running, Start, ports, tools::output};

const SETTINGS: &str = include_str!("../../../deploy/local/postgresql.conf");
/// The superuser of the private server; it has no password, and the server listens on loopback only.
const SUPERUSER: &str = "mall";
const MISSING: Error = Error::Missing { what: "a PostgreSQL server (initdb, postgres)", package: "postgresql" };
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Its data. Made if it is not there; root gets another place that belongs to this one, see [`data_folder`].
    pub dir: PathBuf,
    pub port: u16,
    pub log: PathBuf,
    pub pid_file: Option<PathBuf>,
}

impl PostgresOptions {
    /// Data, log and pid file below `state`, the port a free one.
    pub fn free(state: &Path) -> Result<Self, Error> {
        let port = ports::free().map_err(|error| Error::Unusable(error.to_string()))?;
        Ok(Self::at(state, port))
    }

    /// Data, log and pid file below `state`.
    pub fn at(state: &Path, port: u16) -> Self {
        Self {
            dir: state.join("postgres"),
            port,
            log: state.join("log/postgres.log"),
            pid_file: Some(state.join("run/postgres.pid")),
        }
    }

    /// The address of a database of this server, for its superuser.
    pub fn database_url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{database}", self.port)
    }
}

impl Start for PostgresOptions {
    const NAME: &'static str = "postgres";
    /// PostgreSQL's fast shutdown, which does not wait for clients to leave.
    const STOP: Signal = Signal::SIGINT;

    async fn start(&self) -> Result<Process, Error> {
        let binaries = binaries()?;
        let user = unprivileged_user()?;
        let data = data_folder(&self.dir);
        if !data.join("PG_VERSION").is_file() {
            init(&binaries, &data, user).await?;
        }
        let settings = SETTINGS.replace("{port}", &self.port.to_string());
        let file = data.join("postgresql.conf");
        fs::write(&file, settings).map_err(Error::file("write", &file))?;
        let recipe = Recipe::new(Self::NAME, binaries.join("postgres"), &self.log);
        let mut recipe = recipe.arguments(["-D".as_ref(), data.as_os_str()]);
        recipe.folder = Some(data);
        recipe.pid_file.clone_from(&self.pid_file);
        recipe.user = user;
        recipe.stop_signal = Self::STOP;
        let mut process = Process::start(&recipe)?;
        let url = self.database_url("postgres");
        process.wait_until_ready(PATIENCE, async |_| answers(&url).await).await?;
        Ok(process)
    }

    fn log(&self) -> &Path {
        &self.log
    }

    fn pid_file(&self) -> Option<&Path> {
        self.pid_file.as_deref()
    }
}

/// A running server.
pub type Postgres = Running<PostgresOptions>;

impl Postgres {
    /// The address of the database `postgres` of this server, for its superuser.
    pub fn url(&self) -> String {
        self.options.database_url("postgres")
    }

    pub fn database_url(&self, database: &str) -> String {
        self.options.database_url(database)
    }

    pub fn port(&self) -> u16 {
        self.options.port
    }
}

/// Deletes the data of a server that is not running.
pub fn remove(dir: &Path) -> Result<(), Error> {
    let data = data_folder(dir);
    match fs::remove_dir_all(&data) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(Error::file("remove", data)),
    }
}

/// Where the data for `dir` really lie. PostgreSQL refuses to run as root, and the user it then runs as may not be able to
/// reach the checkout: for root they lie in /var/tmp, under a name made from `dir`.
pub fn data_folder(dir: &Path) -> PathBuf {
    if !geteuid().is_root() {
        return dir.to_owned();
    }
    let absolute = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let name = Uuid::new_v5(&Uuid::NAMESPACE_URL, absolute.as_os_str().as_encoded_bytes());
    PathBuf::from(format!("/var/tmp/mallbots-{}", name.simple()))
}

/// The folder with `initdb` and `postgres`: the newest of the system's, else the one of `pg_config`, else of the PATH.
fn binaries() -> Result<PathBuf, Error> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok())
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let configured = std::process::Command::new("pg_config").arg("--bindir").output().ok();
    let configured = configured.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders = versions.into_iter().map(|(_, bin)| bin).chain(configured).chain(env::split_paths(&path));
    let complete = folders.find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file());
    complete.ok_or(MISSING)
}

/// The user to drop to, if we are root.
fn unprivileged_user() -> Result<Option<(u32, u32)>, Error> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let user = ["postgres", "nobody"].into_iter().find_map(|name| User::from_name(name).ok().flatten());
    let user =
        user.ok_or_else(|| Error::Unusable("PostgreSQL cannot run as root, and there is no other user".into()))?;
    Ok(Some((user.uid.as_raw(), user.gid.as_raw())))
}

/// Made beside its place and renamed into it: an `initdb` that was cut off leaves nothing half.
async fn init(bin: &Path, data: &Path, user: Option<(u32, u32)>) -> Result<(), Error> {
    let scratch = data.with_extension("new");
    if scratch.exists() {
        fs::remove_dir_all(&scratch).map_err(Error::file("remove", &scratch))?;
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&scratch).map_err(Error::file("make", &scratch))?;
    let mut initdb = Command::new(bin.join("initdb"));
    initdb.args(["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions", "-D"]);
    initdb.arg(&scratch).current_dir(&scratch);
    if let Some((user, group)) = user {
        chown(&scratch, Some(user), Some(group)).map_err(Error::file("hand over", &scratch))?;
        initdb.uid(user).gid(group);
    }
    output(&mut initdb, MISSING).await?;
    fs::rename(&scratch, data).map_err(Error::file("make", data))
}

/// Bounded: something else that listens there may accept and never answer.
async fn answers(url: &str) -> Result<(), String> {
    let connect = tokio::time::timeout(Duration::from_secs(1), sqlx::PgConnection::connect(url)).await;
    let connection = connect.map_err(|_| "no answer".to_owned())?.map_err(|error| error.to_string())?;
    connection.close().await.map_err(|error| error.to_string())
}
