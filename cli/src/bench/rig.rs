//! What is measured: a PostgreSQL, a Kafka, nine services and an Envoy of the bench's own, gone when it ends.

use std::{sync::Mutex, time::Duration};

use mall_cli::{
    Fleet, FleetOptions,
    rest::Rest,
    servers::{Error, PrivateServers},
};
use mall_proto::topology::SERVICES;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tonic::transport::{Channel, Endpoint};

use super::{cpu::Watched, kafka_log::KafkaLog};

/// Connections to the gateway: both of its workers get some.
const CHANNELS: usize = 4;

/// Fields are dropped in this order: the fleet ends before its servers.
pub(super) struct Rig {
    fleet: Fleet,
    /// Any database of the server: what is counted of it is not what is counted by it.
    pub(super) server: PgPool,
    pub(super) baskets: PgPool,
    pub(super) ordering: PgPool,
    /// `host:port`.
    pub(super) kafka: String,
    pub(super) kafka_log: Mutex<KafkaLog>,
    pub(super) watched: Watched,
    pub(super) rest: Rest,
    pub(super) http: reqwest::Client,
    channels: Vec<Channel>,
    _servers: PrivateServers,
}

impl Rig {
    /// Starts everything and waits until it is ready.
    pub(super) async fn start() -> Result<Self, Error> {
        let servers = PrivateServers::start(true).await?;
        let kafka = servers.kafka.as_ref().expect("it was asked for");
        let mut options = FleetOptions::new(servers.state(), &servers.postgres.url(), &kafka.bootstrap())?;
        options.database_prefix = "bench_".to_owned();
        let mut fleet = Fleet::launch(options).await?;
        let mut single: Vec<(String, u32)> = Vec::new();
        for service in SERVICES {
            let pid = fleet.pid(service.name).expect("it is ready, so it runs");
            single.push((service.name.to_owned(), pid));
        }
        let gateway = fleet.gateway().expect("it was asked for").pid();
        single.push(("envoy".to_owned(), gateway));
        single.push(("kafka".to_owned(), kafka.pid()));
        single.push(("bench".to_owned(), std::process::id()));
        let server = pool(&servers.postgres.url())?;
        sqlx::query("create extension if not exists pg_stat_statements").execute(&server).await?;
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build();
        Ok(Self {
            server,
            baskets: pool(&fleet.database_url("baskets"))?,
            ordering: pool(&fleet.database_url("ordering"))?,
            kafka: kafka.bootstrap(),
            kafka_log: Mutex::new(KafkaLog::new(servers.state().join("kafka/data"))),
            watched: Watched { single, postmaster: servers.postgres.pid() },
            rest: Rest::new(fleet.rest_url()),
            http: http.expect("a client without TLS has nothing that can fail"),
            channels: channels(&fleet.rest_url()),
            fleet,
            _servers: servers,
        })
    }

    /// A connection to the gateway; `turn` spreads callers over all of them.
    pub(super) fn channel(&self, turn: usize) -> Channel {
        self.channels[turn % CHANNELS].clone()
    }

    pub(super) fn pool_of(&self, service: &str) -> Result<PgPool, Error> {
        pool(&self.fleet.database_url(service))
    }

    /// Each drains first.
    pub(super) async fn stop_all_services(&mut self) {
        self.fleet.stop_all().await;
    }

    /// Drains it first.
    pub(super) async fn stop_service(&mut self, service: &str) {
        self.fleet.stop(service).await;
    }

    pub(super) async fn start_service(&mut self, service: &str) -> Result<(), Error> {
        self.fleet.start(service).await?;
        let pid = self.fleet.pid(service).expect("it is ready, so it runs");
        self.watched.single.retain(|(name, _)| name != service);
        self.watched.single.push((service.to_owned(), pid));
        Ok(())
    }

    pub(super) fn metrics_url(&self, service: &str) -> String {
        format!("http://{}/metrics", self.fleet.http_address(service))
    }
}

/// Few connections, made when they are needed.
fn pool(url: &str) -> Result<PgPool, Error> {
    let options = PgPoolOptions::new().max_connections(2).test_before_acquire(false);
    Ok(options.connect_lazy(url)?)
}

fn channels(gateway: &str) -> Vec<Channel> {
    let endpoint = Endpoint::from_shared(gateway.to_owned()).expect("our own address");
    let endpoint = endpoint.timeout(Duration::from_secs(20)).tcp_nodelay(true);
    (0..CHANNELS).map(|_| endpoint.connect_lazy()).collect()
}
