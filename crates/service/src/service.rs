//! A service as its author wires it.

use std::convert::Infallible;
use std::pin::Pin;

use mall_domain::Refused;
use mall_messaging::{Consumer, Routes};
use mall_persistence::sqlx::migrate::Migrator;
use mall_persistence::{Database, DatabaseOptions, Projection};
use mall_saga::Sagas;
use tokio::sync::watch;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::RoutesBuilder;

use crate::config::Config;
use crate::edge::Edge;

/// Tells a background task that it is time to end.
pub type Stop = watch::Receiver<bool>;

type Task = Box<dyn FnOnce(Database, Stop) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;
pub(crate) type AddServices = Box<dyn FnOnce(Edge, &mut RoutesBuilder) + Send>;

/// Everything that makes one service.
pub struct Service {
    pub(crate) name: &'static str,
    pub(crate) config: Config,
    pub(crate) database: Database,
    pub(crate) migrations: Option<Migrator>,
    pub(crate) grpc: Vec<(&'static str, AddServices)>,
    pub(crate) routes: Option<Routes>,
    pub(crate) sagas: Option<Sagas>,
    pub(crate) tasks: Vec<(&'static str, Task)>,
}

impl Service {
    /// A service that owns its database and nothing else yet. Panics on a database URL that cannot be read.
    pub fn new(name: &'static str, config: &Config) -> Self {
        let options = DatabaseOptions {
            url: config.database.url.clone(),
            service: name,
            connections: config.database.connections,
        };
        Self {
            name,
            config: config.clone(),
            database: Database::new(&options).expect("database.url is a PostgreSQL URL"),
            migrations: None,
            grpc: Vec::new(),
            routes: None,
            sagas: None,
            tasks: Vec::new(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it listens to, where it does.
    pub fn routes(&self) -> Option<&Routes> {
        self.routes.as_ref()
    }

    /// The service's own tables, beside the core's.
    #[must_use]
    pub fn migrations(mut self, migrations: Migrator) -> Self {
        self.migrations = Some(migrations);
        self
    }

    /// A table fed within every commit.
    #[must_use]
    pub fn projection(mut self, projection: impl Projection) -> Self {
        self.database = self.database.with_projection(projection);
        self
    }

    /// What a violation of a unique index means.
    #[must_use]
    pub fn constraint(mut self, constraint: &'static str, refusal: impl Into<Refused>) -> Self {
        self.database = self.database.with_constraint(constraint, refusal);
        self
    }

    /// A gRPC service; `build` gets the edge when everything is wired.
    #[must_use]
    pub fn grpc<S>(mut self, build: impl FnOnce(Edge) -> S + Send + 'static) -> Self
    where
        S: tower::Service<http::Request<Body>, Error = Infallible> + NamedService + Clone + Send + Sync + 'static,
        S::Response: axum::response::IntoResponse,
        S::Future: Send + 'static,
    {
        let add: AddServices = Box::new(|edge, routes| {
            routes.add_service(build(edge));
        });
        self.grpc.push((S::NAME, add));
        self
    }

    /// What it listens to.
    #[must_use]
    pub fn consumer<App: Send + Sync + 'static>(mut self, consumer: Consumer<App>) -> Self {
        self.routes = Some(consumer.into_routes());
        self
    }

    /// The sagas it owns; its database has the `sagas` table.
    #[must_use]
    pub fn sagas(mut self, sagas: Sagas) -> Self {
        self.database = self.database.with_sagas();
        self.sagas = Some(sagas);
        self
    }

    /// Work of its own that runs beside the rest until `Stop` turns true.
    #[must_use]
    pub fn task<F>(mut self, name: &'static str, task: impl FnOnce(Database, Stop) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.push((name, Box::new(|database, stop| Box::pin(task(database, stop)))));
        self
    }

    /// How patient sagas are here.
    pub fn saga_policy(config: &Config) -> mall_saga::SagaPolicy {
        config.saga_policy()
    }
}
