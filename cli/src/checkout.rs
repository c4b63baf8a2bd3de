//! This checkout: where its state lies and which ports it uses.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use mall_cli::{
    Ports,
    servers::{Error, KafkaOptions, PostgresOptions},
};

const DEFAULT_BASE: u16 = 8_000;
/// The highest port is 302 above it.
const HIGHEST_BASE: u16 = 65_000;

pub(crate) struct Checkout {
    state: PathBuf,
    base: u16,
}

impl Checkout {
    /// The state is in `.mall` of the checkout that the current folder belongs to. The ports' base is that of the
    /// environment, else the one of the last `up`.
    #[expect(clippy::disallowed_methods, reason = "this program's own configuration is one variable")]
    pub(crate) fn find() -> Result<Self, Error> {
        let here = env::current_dir().map_err(|source| Error::File {
            action: "find",
            path: PathBuf::from("the current folder"),
            source,
        })?;
        let root = here.ancestors().find(|folder| folder.join("proto/topology.yaml").is_file()).unwrap_or(&here);
        let state = root.join(".mall");
        let base = match env::var("MALL_PORT_BASE") {
            Ok(text) => parse_base(&text)?,
            Err(_) => last_base(&state).unwrap_or(DEFAULT_BASE),
        };
        Ok(Self { state, base })
    }

    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    pub(crate) fn ports(&self) -> Ports {
        Ports::based(self.base)
    }

    pub(crate) fn gateway_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports().gateway())
    }

    pub(crate) fn postgres(&self) -> PostgresOptions {
        PostgresOptions::at(&self.state, self.base + 300)
    }

    pub(crate) fn kafka(&self) -> KafkaOptions {
        KafkaOptions::at(&self.state, self.base + 301, self.base + 302)
    }

    /// Where process numbers are.
    pub(crate) fn run(&self) -> PathBuf {
        self.state.join("run")
    }

    pub(crate) fn pid_file(&self, part: &str) -> PathBuf {
        self.run().join(format!("{part}.pid"))
    }

    pub(crate) fn log(&self, part: &str) -> PathBuf {
        self.state.join(format!("log/{part}.log"))
    }

    /// Whether the last `up` used other ports than these.
    pub(crate) fn has_moved(&self) -> bool {
        last_base(&self.state).is_some_and(|last| last != self.base)
    }

    /// Later verbs find the ports of this `up` without being told.
    pub(crate) fn remember_base(&self) -> Result<(), Error> {
        let file = self.state.join("port_base");
        let written = fs::create_dir_all(&self.state).and_then(|()| fs::write(&file, self.base.to_string()));
        written.map_err(|source| Error::File { action: "write", path: file, source })
    }

    /// Held while parts are started or stopped, so that two of us do not do it at once.
    pub(crate) fn lock(&self) -> Result<fs::File, Error> {
        let path = self.state.join("lock");
        let file = |source: io::Error| Error::File { action: "lock", path: path.clone(), source };
        fs::create_dir_all(&self.state).map_err(file)?;
        let lock = fs::File::create(&path).map_err(file)?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(fs::TryLockError::WouldBlock) => {
                Err(Error::Unusable("another `mall` is starting or stopping this mall".to_owned()))
            }
            Err(fs::TryLockError::Error(error)) => Err(file(error)),
        }
    }
}

fn parse_base(text: &str) -> Result<u16, Error> {
    match text.parse() {
        Ok(base) if base <= HIGHEST_BASE => Ok(base),
        _ => Err(Error::Unusable(format!("MALL_PORT_BASE is {text:?}, not a number up to {HIGHEST_BASE}"))),
    }
}

fn last_base(state: &Path) -> Option<u16> {
    fs::read_to_string(state.join("port_base")).ok()?.trim().parse().ok()
}
