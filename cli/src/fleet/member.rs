//! One service of a fleet: its process, what it is told, and whether it is ready.

use std::{
    path::{Path, PathBuf},
    process::ExitStatus,
    time::{Duration, Instant},
};

use mall_proto::topology::ServiceTopology;
use nix::sys::signal::Signal;

use super::{FleetOptions, Ready, with_database};
use crate::servers::{Error, Process, Recipe, ports::loopback};

#[derive(Debug)]
pub(super) struct Member {
    service: &'static ServiceTopology,
    grpc: u16,
    http: u16,
    log: PathBuf,
    pid_file: PathBuf,
    process: Option<Process>,
    kept: bool,
}

impl Member {
    pub(super) fn new(service: &'static ServiceTopology, options: &FleetOptions) -> Self {
        Self {
            service,
            grpc: options.ports.grpc(service.name),
            http: options.ports.http(service.name),
            log: options.state.join(format!("log/{}.log", service.name)),
            pid_file: options.run.join(format!("{}.pid", service.name)),
            process: None,
            kept: false,
        }
    }

    /// Keeps a process that was left running, unless its binary has been built anew since.
    pub(super) async fn adopt_or_start(&mut self, options: &FleetOptions) -> Result<(), Error> {
        if options.adopt
            && let Some(mut process) = Process::adopt(self.service.name, &self.pid_file, &self.log, Signal::SIGTERM)
        {
            if !process.is_outdated() {
                self.kept = true;
                self.process = Some(process);
                return Ok(());
            }
            process.stop().await;
        }
        self.start(options)
    }

    pub(super) fn start(&mut self, options: &FleetOptions) -> Result<(), Error> {
        if self.is_running() {
            return Ok(());
        }
        let program = options.binaries.join(self.service.name);
        if !program.is_file() {
            let text = format!("{} is not built; `make up` and `make test` build it", program.display());
            return Err(Error::Unusable(text));
        }
        let mut recipe = Recipe::new(self.service.name, program, &self.log);
        recipe.environment = self.environment(options);
        recipe.pid_file = Some(self.pid_file.clone());
        self.kept = false;
        self.process = Some(Process::start(&recipe)?);
        Ok(())
    }

    fn environment(&self, options: &FleetOptions) -> Vec<(String, String)> {
        let database = format!("{}{}", options.database_prefix, self.service.name);
        let mut environment = vec![
            ("MALL__DATABASE__URL".to_owned(), with_database(&options.postgres, &database)),
            ("MALL__KAFKA__BOOTSTRAP".to_owned(), options.kafka.clone()),
            ("MALL__GRPC__LISTEN".to_owned(), loopback(self.grpc).to_string()),
            ("MALL__HTTP__LISTEN".to_owned(), loopback(self.http).to_string()),
            ("MALL__LOG__FORMAT".to_owned(), "json".to_owned()),
        ];
        environment.extend(self.service.calls.iter().map(|peer| {
            let address = loopback(options.ports.grpc(peer));
            (format!("MALL__PEERS__{}", peer.to_uppercase()), format!("http://{address}"))
        }));
        environment.extend(options.environment.iter().cloned());
        environment
    }

    /// An error if it has ended, or is still not ready at the deadline; it has been stopped then.
    pub(super) async fn is_ready(&mut self, deadline: Instant) -> Result<bool, Error> {
        let url = format!("http://{}/readyz", loopback(self.http));
        let Some(process) = &mut self.process else {
            return Err(Error::Unusable(format!("{} does not run", self.service.name)));
        };
        if let Some(status) = process.exit() {
            let (log, tail) = (self.log.clone(), process.tail());
            return Err(Error::Died { name: self.service.name.to_owned(), status, log, tail });
        }
        let Err(reason) = ask_ready(&url).await else { return Ok(true) };
        if Instant::now() < deadline {
            return Ok(false);
        }
        let (log, tail) = (self.log.clone(), process.tail());
        Err(Error::NotReady {
            name: self.service.name.to_owned(),
            seconds: super::PATIENCE.as_secs(),
            reason,
            log,
            tail,
        })
    }

    pub(super) fn ready(&self, took: Duration) -> Ready {
        let address = format!("grpc {}  http {}", self.grpc, self.http);
        Ready { part: self.service.name.to_owned(), address, took, kept: self.kept }
    }

    pub(super) fn leave(&mut self) {
        self.process.iter_mut().for_each(Process::leave);
    }

    pub(super) fn ask(&mut self) {
        self.process.iter_mut().for_each(Process::ask);
    }

    pub(super) fn ask_unless_left(&mut self) {
        self.process.iter_mut().filter(|process| !process.is_left()).for_each(Process::ask);
    }

    pub(super) async fn stop(&mut self) -> Option<ExitStatus> {
        self.process.take()?.stop().await
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    pub(super) fn pause(&mut self) {
        self.process.iter_mut().for_each(Process::pause);
    }

    pub(super) fn resume(&mut self) {
        self.process.iter_mut().for_each(Process::resume);
    }

    pub(super) fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(Process::is_running)
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    pub(super) fn log(&self) -> &Path {
        &self.log
    }
}

/// Nothing if the service says that it is ready, else what it says.
async fn ask_ready(url: &str) -> Result<(), String> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).no_proxy().build();
    let client = client.map_err(|error| error.to_string())?;
    let answer = client.get(url).send().await.map_err(|_| "no answer from /readyz".to_owned())?;
    if answer.status().is_success() {
        return Ok(());
    }
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    Err(format!("/readyz says {status} {}", text.trim()))
}
