//! The nine services and their gateway as child processes, against a PostgreSQL and a Kafka that are there.
//!
//! `mall up` runs one fleet on known ports and leaves it running; tests and benches run theirs on free ports, break
//! members of it one by one, and drop it. Fleets can share one PostgreSQL, each with its own prefix of database names. They
//! cannot share one Kafka: topics are the same for all.

mod databases;
mod member;
mod ports;

use std::{
    collections::BTreeMap,
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::{Duration, Instant},
};

use mall_proto::topology::SERVICES;

pub use databases::with_database;
pub use ports::Ports;

use member::Member;

use crate::servers::{Envoy, EnvoyOptions, Error, Upstream, create_topics, ports::loopback};

const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// What a fleet is made of.
#[derive(Clone, Debug)]
pub struct FleetOptions {
    /// The folder with the nine binaries.
    pub binaries: PathBuf,
    /// Logs and the gateway's settings.
    pub state: PathBuf,
    /// Process numbers, by which a later `mall` finds what was left running.
    pub run: PathBuf,
    /// Any database of the server; its user may make databases.
    pub postgres: String,
    /// Kafka's `host:port`.
    pub kafka: String,
    /// A service's database is this and its name.
    pub database_prefix: String,
    pub ports: Ports,
    /// Whether there is an Envoy before the services.
    pub gateway: bool,
    /// Added to every service's environment, after what it gets anyway.
    pub environment: Vec<(String, String)>,
    /// Keep what an earlier fleet left running in the same state folder, on the same ports.
    pub adopt: bool,
}

impl FleetOptions {
    /// A fleet for a test: binaries of this build, free ports, a gateway, databases of its own.
    pub fn new(state: &Path, postgres: &str, kafka: &str) -> Result<Self, Error> {
        Ok(Self {
            binaries: binaries()?,
            state: state.to_owned(),
            run: state.join("run"),
            postgres: postgres.to_owned(),
            kafka: kafka.to_owned(),
            database_prefix: format!("fleet_{}_", uuid::Uuid::now_v7().simple()),
            ports: Ports::free()?,
            gateway: true,
            environment: Vec::new(),
            adopt: false,
        })
    }
}

/// The folder of the running program, where cargo puts all binaries of a profile; tests run one folder below.
pub fn binaries() -> Result<PathBuf, Error> {
    let program = env::current_exe().map_err(Error::file("find", "the running program"))?;
    let folder = program.parent().unwrap_or(Path::new("."));
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    Ok(folder.to_owned())
}

/// A part of the fleet that has become ready.
#[derive(Clone, Debug)]
pub struct Ready {
    pub part: String,
    pub address: String,
    pub took: Duration,
    /// It ran before.
    pub kept: bool,
}

/// A running fleet. Dropping it stops all that it started, unless it was left with [`Fleet::leave`].
#[derive(Debug)]
pub struct Fleet {
    options: FleetOptions,
    /// First, so that nobody is served while the services end.
    gateway: Option<Envoy>,
    members: BTreeMap<&'static str, Member>,
}

impl Fleet {
    /// Makes databases and topics, starts all services and the gateway, and waits until they are ready.
    pub async fn launch(options: FleetOptions) -> Result<Self, Error> {
        Self::launch_with(options, |_| {}).await
    }

    /// As [`Fleet::launch`], and tells of each part that has become ready.
    pub async fn launch_with(options: FleetOptions, mut tell: impl FnMut(&Ready)) -> Result<Self, Error> {
        databases::create(&options.postgres, &options.database_prefix).await?;
        create_topics(&options.kafka, mall_proto::topology::TOPICS).await?;
        let mut fleet = Self { options, gateway: None, members: BTreeMap::new() };
        let start = Instant::now();
        for service in SERVICES {
            let mut member = Member::new(service, &fleet.options);
            member.adopt_or_start(&fleet.options).await?;
            fleet.members.insert(service.name, member);
        }
        fleet.wait_until_ready(start, &mut tell).await?;
        if fleet.options.gateway {
            fleet.start_gateway(&mut tell).await?;
        }
        Ok(fleet)
    }

    async fn wait_until_ready(&mut self, start: Instant, tell: &mut impl FnMut(&Ready)) -> Result<(), Error> {
        let mut waiting: Vec<&mut Member> = self.members.values_mut().collect();
        while !waiting.is_empty() {
            let mut still = Vec::new();
            for member in waiting {
                match member.is_ready(start + PATIENCE).await? {
                    true => tell(&member.ready(start.elapsed())),
                    false => still.push(member),
                }
            }
            waiting = still;
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    async fn start_gateway(&mut self, tell: &mut impl FnMut(&Ready)) -> Result<(), Error> {
        let start = Instant::now();
        let options = self.gateway_options();
        let mut kept = self.options.adopt.then(|| Envoy::adopt(options.clone())).flatten();
        if let Some(outdated) = kept.as_mut().filter(|_| !options.is_current()) {
            outdated.stop().await;
            kept = None;
        }
        let was_there = kept.is_some();
        let gateway = match kept {
            Some(gateway) => gateway,
            None => Envoy::start(options).await?,
        };
        tell(&Ready { part: "envoy".into(), address: gateway.url(), took: start.elapsed(), kept: was_there });
        self.gateway = Some(gateway);
        Ok(())
    }

    fn gateway_options(&self) -> EnvoyOptions {
        let upstreams = SERVICES.iter().map(|service| Upstream {
            service: service.name.to_owned(),
            address: loopback(self.options.ports.grpc(service.name)),
        });
        let ports = &self.options.ports;
        let options =
            EnvoyOptions::at(&self.options.state, ports.gateway(), ports.gateway_admin(), upstreams.collect());
        EnvoyOptions { pid_file: Some(self.options.run.join("envoy.pid")), ..options }
    }

    /// Leaves everything running when this handle is dropped.
    pub fn leave(&mut self) {
        self.members.values_mut().for_each(Member::leave);
        self.gateway.iter_mut().for_each(Envoy::leave);
    }

    /// Stops the gateway, then all services at once, each draining.
    pub async fn stop_all(&mut self) {
        if let Some(gateway) = &mut self.gateway {
            gateway.stop().await;
        }
        self.members.values_mut().for_each(Member::ask);
        for member in self.members.values_mut() {
            member.stop().await;
        }
    }

    /// Starts a service that does not run and waits until it is ready.
    pub async fn start(&mut self, service: &str) -> Result<(), Error> {
        let options = self.options.clone();
        let member = self.member_mut(service);
        member.start(&options)?;
        let deadline = Instant::now() + PATIENCE;
        while !member.is_ready(deadline).await? {
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// SIGTERM: it drains. How it ended, if it ran and was started by this handle.
    pub async fn stop(&mut self, service: &str) -> Option<ExitStatus> {
        self.member_mut(service).stop().await
    }

    /// SIGKILL.
    pub fn kill(&mut self, service: &str) {
        self.member_mut(service).kill();
    }

    /// SIGSTOP: it holds its connections and does nothing.
    pub fn pause(&mut self, service: &str) {
        self.member_mut(service).pause();
    }

    /// SIGCONT.
    pub fn resume(&mut self, service: &str) {
        self.member_mut(service).resume();
    }

    pub fn is_running(&mut self, service: &str) -> bool {
        self.member_mut(service).is_running()
    }

    /// Nothing if it was stopped or killed.
    pub fn pid(&self, service: &str) -> Option<u32> {
        self.member(service).pid()
    }

    pub fn grpc_address(&self, service: &str) -> SocketAddr {
        loopback(self.options.ports.grpc(service))
    }

    /// Where `/readyz` and `/metrics` are.
    pub fn http_address(&self, service: &str) -> SocketAddr {
        loopback(self.options.ports.http(service))
    }

    /// The gateway, for REST and for gRPC.
    pub fn rest_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.options.ports.gateway())
    }

    pub fn gateway(&mut self) -> Option<&mut Envoy> {
        self.gateway.as_mut()
    }

    pub fn database_url(&self, service: &str) -> String {
        with_database(&self.options.postgres, &format!("{}{service}", self.options.database_prefix))
    }

    /// What a service logs, one JSON object a line.
    pub fn log(&self, service: &str) -> &Path {
        self.member(service).log()
    }

    /// Changes the environment of services that are started from now on.
    pub fn set_environment(&mut self, environment: Vec<(String, String)>) {
        self.options.environment = environment;
    }

    fn member(&self, service: &str) -> &Member {
        self.members.get(service).expect("there are nine services, and their names are in /proto/topology.yaml")
    }

    fn member_mut(&mut self, service: &str) -> &mut Member {
        self.members.get_mut(service).expect("there are nine services, and their names are in /proto/topology.yaml")
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        // All at once, so that they drain side by side; their own drop then waits for each.
        self.gateway = None;
        self.members.values_mut().for_each(Member::ask_unless_left);
    }
}
