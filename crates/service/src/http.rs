//! Health and metrics over plain HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use mall_persistence::Database;
use metrics_exporter_prometheus::PrometheusHandle;

/// What health is judged by.
#[derive(Clone)]
pub(crate) struct Health {
    pub(crate) database: Database,
    /// The schema is there.
    pub(crate) migrated: Arc<AtomicBool>,
    /// SIGTERM has come.
    pub(crate) draining: Arc<AtomicBool>,
    pub(crate) metrics: Option<PrometheusHandle>,
}

impl Health {
    /// Ready = the database answers and has its schema; a broker that is away does not count: writes go on, the
    /// outbox waits. The error says why not.
    pub(crate) async fn ready(&self) -> Result<(), &'static str> {
        if self.draining.load(Ordering::Relaxed) {
            return Err("draining");
        }
        match tokio::time::timeout(Duration::from_secs(1), self.database.ping()).await {
            Ok(Ok(())) if self.migrated.load(Ordering::Relaxed) => Ok(()),
            Ok(Ok(())) => Err("the schema is being made"),
            Ok(Err(_)) | Err(_) => Err("the database is away"),
        }
    }
}

/// `/livez`, `/readyz`, `/metrics`.
pub(crate) fn router(health: Health) -> Router {
    Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(health)
}

async fn readyz(State(health): State<Health>) -> (StatusCode, String) {
    match health.ready().await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

async fn metrics(State(health): State<Health>) -> String {
    metrics_process::Collector::default().collect();
    health.metrics.as_ref().map_or_else(String::new, PrometheusHandle::render)
}
