//! The edge: where a request becomes a unit of work.

use mall_domain::{Currency, Uuid};
use mall_messaging::trace;
use mall_persistence::{Context, Database, Work};
use tonic::Request;

/// What a gRPC service needs besides its use cases.
#[derive(Clone, Debug)]
pub struct Edge {
    database: Database,
    currency: Currency,
}

impl Edge {
    pub(crate) fn new(database: Database, currency: Currency) -> Self {
        Self { database, currency }
    }

    /// Begins the unit of work for a request. The caller may name the journey in `x-correlation-id` (a UUID).
    pub fn begin<T>(&self, request: &Request<T>) -> Work {
        let mut context = Context::begin();
        let named = request.metadata().get("x-correlation-id").and_then(|value| value.to_str().ok());
        if let Some(id) = named.and_then(|text| Uuid::try_parse(text).ok()) {
            context.correlation_id = id;
        }
        let received = request.metadata().get("traceparent").and_then(|value| value.to_str().ok());
        context.traceparent = trace::traceparent(&tracing::Span::current(), received.map(str::to_owned));
        self.database.begin(context)
    }

    /// The database, for queries of lists.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The one currency of this installation.
    pub fn currency(&self) -> Currency {
        self.currency
    }
}
