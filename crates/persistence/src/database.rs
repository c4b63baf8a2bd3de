//! A service's own database: its pool with pinned plans, its projections, and the wake-up of the relay.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use mall_domain::Refused;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use time::OffsetDateTime;

use crate::projection::{AnyProjection, Projection};
use crate::{Context, Error, Fresh, Work};

/// How a service reaches its database.
#[derive(Clone, Debug)]
pub struct DatabaseOptions {
    /// `postgres://user@host:port/database`
    pub url: String,
    /// Name of the service: the `ce_source` of its messages and the name of its consumer.
    pub service: &'static str,
    /// Connections held at most.
    pub connections: u32,
}

/// A clonable handle on one service's database.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    pool: PgPool,
    service: &'static str,
    options: PgConnectOptions,
    projections: Vec<Arc<dyn AnyProjection>>,
    constraints: Vec<(&'static str, Refused)>,
    with_sagas: bool,
    fresh: Arc<Fresh>,
}

impl Database {
    /// Prepares a pool; connects when first used, so that a database which is away does not stop the start.
    pub fn new(options: &DatabaseOptions) -> Result<Self, Error> {
        let connect: PgConnectOptions = options.url.parse()?;
        let connect = connect.application_name(options.service).options([
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("enable_bitmapscan", "off"),
            ("jit", "off"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(Duration::from_secs(2))
            .test_before_acquire(false)
            .connect_lazy_with(connect.clone());
        let inner = Inner {
            pool,
            service: options.service,
            options: connect,
            projections: Vec::new(),
            constraints: Vec::new(),
            with_sagas: false,
            fresh: Arc::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Feeds `projection` from now on. Part of wiring: before the handle is cloned.
    #[must_use]
    pub fn with_projection(mut self, projection: impl Projection) -> Self {
        self.wiring().projections.push(Arc::new(projection));
        self
    }

    /// What a violation of the unique index `constraint` means to the caller. Part of wiring.
    #[must_use]
    pub fn with_constraint(mut self, constraint: &'static str, refusal: impl Into<Refused>) -> Self {
        self.wiring().constraints.push((constraint, refusal.into()));
        self
    }

    /// This database has a `sagas` table. Part of wiring.
    #[must_use]
    pub fn with_sagas(mut self) -> Self {
        self.wiring().with_sagas = true;
        self
    }

    fn wiring(&mut self) -> &mut Inner {
        Arc::get_mut(&mut self.inner).expect("wiring is over before the handle is cloned")
    }

    /// Begins a unit of work now.
    #[expect(clippy::disallowed_methods, reason = "the one place where work meets the clock")]
    pub fn begin(&self, context: Context) -> Work {
        self.begin_at(context, OffsetDateTime::now_utc())
    }

    /// Begins a unit of work at a given time; for tests and replays.
    pub fn begin_at(&self, context: Context, now: OffsetDateTime) -> Work {
        Work::new(self.clone(), context, now)
    }

    /// The pool, for queries of projections and operators.
    pub fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    /// The name of the service that owns this database.
    pub fn service(&self) -> &'static str {
        self.inner.service
    }

    /// The messages that were just committed through this handle, for the relay.
    pub fn fresh(&self) -> Arc<Fresh> {
        Arc::clone(&self.inner.fresh)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("select 1").execute(&self.inner.pool).await?;
        Ok(())
    }

    pub(crate) fn connect_options(&self) -> &PgConnectOptions {
        &self.inner.options
    }

    pub(crate) fn with_sagas_table(&self) -> bool {
        self.inner.with_sagas
    }

    pub(crate) fn projections(&self) -> &[Arc<dyn AnyProjection>] {
        &self.inner.projections
    }

    pub(crate) fn projects(&self, input: TypeId) -> bool {
        self.inner.projections.iter().any(|projection| projection.input() == input)
    }

    /// Turns a violated constraint that stands for a rule into that rule's refusal.
    pub(crate) fn name_constraint(&self, error: Error) -> Error {
        let Error::Database(sqlx::Error::Database(details)) = &error else {
            return error;
        };
        let Some(constraint) = details.constraint() else {
            return error;
        };
        match self.inner.constraints.iter().find(|(name, _)| *name == constraint) {
            Some((_, refusal)) => Error::Refused(refusal.clone()),
            None => error,
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({})", self.inner.service)
    }
}
