//! Asking other services: connects when first needed, passes on the deadline and the trace.

use std::time::{Duration, Instant};

use mall_messaging::trace;
use mall_persistence::Error;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::config::Config;

/// The time that a question may take where the caller set no deadline.
const PATIENCE: Duration = Duration::from_secs(5);

tokio::task_local! {
    /// When the request at work must be answered.
    pub(crate) static DEADLINE: Option<Instant>;
}

/// A channel to another service.
pub type Peer = InterceptedService<Channel, Forward>;

/// Adds what travels with every question: the time left and the trace.
#[derive(Clone, Copy, Debug)]
pub struct Forward;

impl Interceptor for Forward {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let deadline = DEADLINE.try_with(|deadline| *deadline).ok().flatten();
        let left = deadline.map_or(PATIENCE, |at| at.saturating_duration_since(Instant::now()).min(PATIENCE));
        if left.is_zero() {
            return Err(Status::deadline_exceeded("no time is left to ask another service"));
        }
        request.set_timeout(left);
        if let Some(traceparent) = trace::traceparent(&tracing::Span::current(), None)
            && let Ok(value) = traceparent.parse()
        {
            request.metadata_mut().insert("traceparent", value);
        }
        Ok(request)
    }
}

/// The channel to the service `name`, at its configured address.
pub fn peer(config: &Config, name: &str) -> Peer {
    let address = config.peers.get(name).cloned().unwrap_or_else(|| format!("http://{name}:8100"));
    let endpoint = Endpoint::from_shared(address).expect("the configuration checked it");
    let endpoint = endpoint.connect_timeout(Duration::from_secs(1)).tcp_nodelay(true);
    InterceptedService::new(endpoint.connect_lazy(), Forward)
}

/// What an unanswered question means to the one who asked.
pub fn peer_away(peer: &'static str, status: &Status) -> Error {
    Error::PeerAway { peer, cause: format!("{:?}: {}", status.code(), status.message()) }
}
