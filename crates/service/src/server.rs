//! A running service: started in order, ended in order.

use std::error::Error as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mall_messaging::{ConsumerLoop, Engine, Relay, TopicCounts};
use mall_persistence::Database;
use mall_persistence::sqlx::migrate::{MigrateError, Migrator};
use mall_saga::{Sagas, Timer};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::config::Config;
use crate::edge::Edge;
use crate::forgetting;
use crate::http::{Health, router};
use crate::layer::CallLayer;
use crate::replies::reply_codec;
use crate::sampler;
use crate::service::{AddServices, Service, Stop};
use crate::telemetry::Telemetry;

/// How long requests in flight may take to end when the service drains.
const LAST_REQUESTS: Duration = Duration::from_secs(10);
/// How long background work may take to end after it.
const LAST_TASKS: Duration = Duration::from_secs(5);
/// The wait before a dependency that is away is asked again.
const AGAIN: Duration = Duration::from_millis(500);

/// A service at work.
pub struct Running {
    /// Where the API listens.
    pub grpc: SocketAddr,
    /// Where health and metrics are.
    pub http: SocketAddr,
    /// Its database.
    pub database: Database,
    /// Its consumer's engine, where no broker was wanted: messages are delivered by hand.
    pub engine: Option<Engine>,
    draining: Arc<AtomicBool>,
    stop_requests: watch::Sender<bool>,
    stop_work: watch::Sender<bool>,
    stop_relay: watch::Sender<bool>,
    server: JoinHandle<()>,
    health: JoinHandle<()>,
    work: Vec<JoinHandle<()>>,
    relay: Option<JoinHandle<()>>,
    consumer: Option<ConsumerLoop>,
    telemetry: Telemetry,
}

/// Why a service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A value of the configuration.
    #[error(transparent)]
    Config(#[from] crate::ConfigError),
    /// A port.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The schema is not one that this program can make or work with.
    #[error("the database's schema")]
    Schema(#[source] MigrateError),
    /// The rights of the role that the service runs under.
    #[error("what {0} may do")]
    Grants(String, #[source] mall_persistence::Error),
    /// The Kafka client.
    #[error("kafka")]
    Kafka(#[from] mall_messaging::KafkaError),
    /// The gRPC server's parts.
    #[error("reflection")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// Starts a service; `with_broker` is false where messages are delivered by hand. Waits as long as the database is
/// away, and says so.
pub async fn start(service: Service, with_broker: bool) -> Result<Running, StartError> {
    let Service { name, config, database, migrations, grpc, routes, sagas, tasks } = service;
    let telemetry = Telemetry::start(name, &config)?;
    let http = listen(config.http.listen).await?;
    let api = listen(config.grpc.listen).await?;
    let draining = Arc::new(AtomicBool::new(false));
    let migrated = Arc::new(AtomicBool::new(false));
    let health = Health {
        database: database.clone(),
        migrated: Arc::clone(&migrated),
        draining: Arc::clone(&draining),
        metrics: telemetry.metrics.clone(),
    };
    let (http_at, grpc_at) = (address(&http), address(&api));
    let serve_http = axum::serve(http, router(health.clone()));
    let health_server = tokio::spawn(async move {
        let _ = serve_http.await;
    });
    have_schema(&database, migrations.as_ref(), config.database.migrate).await?;
    migrated.store(true, Ordering::Relaxed);

    let (stop_requests, requests_stopped) = watch::channel(false);
    let (stop_work, work_stopped) = watch::channel(false);
    let (stop_relay, relay_stopped) = watch::channel(false);
    let edge = Edge::new(database.clone(), config.shop.currency);
    let mut work = Vec::new();
    let server = serve(api, grpc, edge, health, requests_stopped).await?;
    for (task_name, task) in tasks {
        tracing::debug!(task_name, "a task of its own");
        work.push(tokio::spawn(task(database.clone(), work_stopped.clone())));
    }
    let consumer_name = routes.as_ref().map(|_| name);
    work.push(tokio::spawn(sampler::run(database.clone(), consumer_name, sagas.clone(), work_stopped.clone())));
    work.push(tokio::spawn(forgetting::run(database.clone(), work_stopped.clone())));
    let mut engine = routes.map(|routes| Engine::new(database.clone(), routes, reply_codec()));
    let mut running = Running {
        grpc: grpc_at,
        http: http_at,
        database: database.clone(),
        engine: None,
        draining,
        stop_requests,
        stop_work,
        stop_relay,
        server,
        health: health_server,
        work,
        relay: None,
        consumer: None,
        telemetry,
    };
    if with_broker {
        running.join_broker(&config, sagas, engine.take(), work_stopped, relay_stopped)?;
    }
    running.engine = engine;
    tracing::info!(service = name, grpc = %grpc_at, http = %http_at, "started");
    Ok(running)
}

/// Makes the schema of a service, lets the configured role use it, and nothing else. Waits as long as the database is
/// away.
pub async fn migrate_only(service: Service) -> Result<(), StartError> {
    let Service { config, database, migrations, .. } = service;
    have_schema(&database, migrations.as_ref(), true).await?;
    if let Some(role) = &config.database.application_role {
        database.grant_to(role).await.map_err(|error| StartError::Grants(role.clone(), error))?;
    }
    database.pool().close().await;
    Ok(())
}

impl Running {
    /// Starts what needs Kafka: the relay, the sagas' timer, the consumer.
    fn join_broker(
        &mut self,
        config: &Config,
        sagas: Option<Sagas>,
        engine: Option<Engine>,
        work_stopped: Stop,
        relay_stopped: Stop,
    ) -> Result<(), StartError> {
        let kafka = config.kafka_options()?;
        let topics = topics_of(self.database.service());
        self.relay = Some(tokio::spawn(Relay::new(self.database.clone(), kafka.clone(), topics).run(relay_stopped)));
        if let Some(sagas) = sagas {
            let partitions = mall_proto::topology::topic(sagas.reply_topic()).map_or(1, |topic| topic.partitions);
            let timer = Timer::new(self.database.clone(), sagas, kafka.clone(), partitions);
            self.work.push(tokio::spawn(timer.run(work_stopped)));
        }
        if let Some(engine) = engine {
            self.consumer = Some(ConsumerLoop::start(&kafka, engine, tokio::runtime::Handle::current())?);
        }
        Ok(())
    }

    /// Drains: no new requests, those in flight end, the consumer finishes its batch, the relay publishes the rest.
    pub async fn stop(self) {
        self.draining.store(true, Ordering::Relaxed);
        self.stop_requests.send_replace(true);
        if tokio::time::timeout(LAST_REQUESTS, self.server).await.is_err() {
            tracing::warn!("requests did not end in time");
        }
        if let Some(consumer) = self.consumer {
            let _ = tokio::task::spawn_blocking(move || consumer.stop()).await;
        }
        self.stop_work.send_replace(true);
        self.stop_relay.send_replace(true);
        if let Some(relay) = self.relay {
            let _ = tokio::time::timeout(Duration::from_secs(5), relay).await;
        }
        // Tasks may finish what they are doing; health and metrics answer to the end.
        let tasks = futures::future::join_all(self.work);
        if tokio::time::timeout(LAST_TASKS, tasks).await.is_err() {
            tracing::warn!("background work did not end in time");
        }
        self.health.abort();
        self.database.pool().close().await;
        self.telemetry.end();
    }
}

async fn listen(at: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(at).await.map_err(|error| StartError::Listen(at, error))
}

fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("a bound socket has an address")
}

/// Makes the schema, or waits until its owner has made it.
async fn have_schema(database: &Database, own: Option<&Migrator>, make: bool) -> Result<(), StartError> {
    let none = Migrator::DEFAULT;
    let own = own.unwrap_or(&none);
    loop {
        let waiting_for = match make {
            true => match database.migrate(own).await {
                Ok(()) => return Ok(()),
                Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _))
                    if error.as_database_error().is_none() =>
                {
                    format!("the database: {error}")
                }
                Err(error) => return Err(StartError::Schema(error)),
            },
            // Its owner may be about to let us in, so that not even a refusal is final.
            false => match database.is_migrated(own).await {
                Ok(true) => return Ok(()),
                Ok(false) => "the schema".to_owned(),
                Err(error) => match error.source() {
                    Some(cause) => format!("the schema: {cause}"),
                    None => format!("the schema: {error}"),
                },
            },
        };
        tracing::warn!("waiting for {waiting_for}");
        tokio::time::sleep(AGAIN).await;
    }
}

async fn serve(
    listener: TcpListener,
    grpc: Vec<(&'static str, AddServices)>,
    edge: Edge,
    health: Health,
    mut stopped: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, StartError> {
    let (reporter, health_service) = tonic_health::server::health_reporter();
    let mut routes = Routes::builder();
    routes.add_service(health_service);
    // Every service holds the whole fleet's descriptors, so that one gateway can answer for all.
    let descriptors = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(mall_proto::FILE_DESCRIPTOR_SET)
    };
    routes.add_service(descriptors().build_v1()?);
    routes.add_service(descriptors().build_v1alpha()?);
    let mut names = vec![""];
    for (service, add) in grpc {
        add(edge.clone(), &mut routes);
        names.push(service);
    }
    let watched = stopped.clone();
    tokio::spawn(report_health(reporter, names, health, watched));
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let server = Server::builder()
        .layer(CallLayer)
        .concurrency_limit_per_connection(512)
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .add_routes(routes.routes());
    Ok(tokio::spawn(async move {
        let stop = async {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        if let Err(error) = server.serve_with_incoming_shutdown(incoming, stop).await {
            tracing::error!(%error, "the gRPC server");
        }
    }))
}

/// Keeps the gRPC health service at what readiness says.
async fn report_health(
    reporter: tonic_health::server::HealthReporter,
    names: Vec<&'static str>,
    health: Health,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let status = match health.ready().await {
            Ok(()) => tonic_health::ServingStatus::Serving,
            Err(_) => tonic_health::ServingStatus::NotServing,
        };
        for name in &names {
            reporter.set_service_status(*name, status).await;
        }
        if *stopped.borrow() {
            return;
        }
        sampler::pause(&mut stopped, Duration::from_secs(5)).await;
    }
}

/// The topics that this service publishes to, with their declared partitions.
fn topics_of(service: &str) -> TopicCounts {
    let published = mall_proto::topology::service(service).map_or(&[][..], |service| service.publishes);
    let names = published.iter().map(|flow| flow.topic);
    names.filter_map(mall_proto::topology::topic).map(|topic| (topic.name.to_owned(), topic.partitions)).collect()
}

impl Running {
    /// Builds and starts a service whose messages are delivered by hand.
    pub async fn without_broker(build: fn(&Config) -> Service, config: &Config) -> Result<Self, StartError> {
        start(build(config), false).await
    }
}
