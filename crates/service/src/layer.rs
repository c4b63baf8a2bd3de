//! What surrounds every call of the API: deadline, panic, trace, figures, and the replay of a lost race.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::FutureExt;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use mall_messaging::trace;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::Instrument;

use crate::peer::DEADLINE;
use crate::status;

/// The largest request, in bytes.
const MOST_BYTES: usize = 1024 * 1024;
/// How often a request that lost a race is run.
const TRIES: u32 = 3;

/// Wraps the API's services.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallLayer;

impl<S> Layer<S> for CallLayer {
    type Service = Calls<S>;

    fn layer(&self, inner: S) -> Calls<S> {
        Calls { inner }
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Calls<S> {
    inner: S,
}

type Answered<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

impl<S> Service<Request<Body>> for Calls<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Answered<S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        if !request.uri().path().starts_with("/mallbots.") {
            // Health and reflection: streams, not ours to replay.
            return Box::pin(inner.call(request));
        }
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let started = Instant::now();
            // A little early: tonic's own timer would answer CANCELLED.
            let deadline = timeout_of(&parts.headers).map(|timeout| started + timeout.mul_f64(0.98));
            let span = span_of(&parts);
            let method = parts.uri.path().to_owned();
            let run = within(deadline, run(&mut inner, parts, body)).instrument(span);
            let response = DEADLINE.scope(deadline, run).await?;
            record(&method, &response, started.elapsed());
            Ok(response)
        })
    }
}

/// Runs the request; again, from its bytes, when it lost a race.
async fn run<S>(inner: &mut S, parts: Parts, body: Body) -> Result<Response<Body>, S::Error>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    let bytes: Bytes = match Limited::new(body, MOST_BYTES).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => {
            let text = format!("a request may have {MOST_BYTES} bytes at most");
            return Ok(status::named(Code::InvalidArgument, "REQUEST_TOO_LARGE", &text).into_http());
        }
    };
    for _ in 1..TRIES {
        let response = once(inner, &parts, &bytes).await?;
        if code_of(&response) != Some(Code::Aborted) {
            return Ok(response);
        }
        metrics::counter!("mall_replays_total").increment(1);
    }
    once(inner, &parts, &bytes).await
}

async fn once<S>(inner: &mut S, parts: &Parts, bytes: &Bytes) -> Result<Response<Body>, S::Error>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    let request = Request::from_parts(parts.clone(), Body::new(Full::new(bytes.clone())));
    match AssertUnwindSafe(inner.call(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!(method = parts.uri.path(), "a call panicked");
            Ok(status::internal().into_http())
        }
    }
}

async fn within<E>(
    deadline: Option<Instant>,
    call: impl Future<Output = Result<Response<Body>, E>>,
) -> Result<Response<Body>, E> {
    let Some(deadline) = deadline else {
        return call.await;
    };
    match tokio::time::timeout_at(deadline.into(), call).await {
        Ok(answered) => answered,
        Err(_) => Ok(Status::deadline_exceeded("the caller's deadline has passed").into_http()),
    }
}

/// `grpc-timeout`: up to eight digits and a unit.
fn timeout_of(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let amount: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 3600)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

/// A failed call answers with its status in the headers; a good one has it in the trailers.
fn code_of(response: &Response<Body>) -> Option<Code> {
    Some(Code::from_bytes(response.headers().get("grpc-status")?.as_bytes()))
}

fn span_of(parts: &Parts) -> tracing::Span {
    if !trace::is_on() {
        return tracing::Span::none();
    }
    let path = parts.uri.path().trim_start_matches('/');
    let (service, method) = path.split_once('/').unwrap_or((path, ""));
    let span = tracing::info_span!(
        "call",
        otel.name = path,
        otel.kind = "server",
        rpc.system = "grpc",
        rpc.service = service,
        rpc.method = method,
    );
    trace::adopt(&span, parts.headers.get("traceparent").and_then(|value| value.to_str().ok()));
    span
}

fn record(method: &str, response: &Response<Body>, took: Duration) {
    let code = format!("{:?}", code_of(response).unwrap_or(Code::Ok));
    let method = method.rsplit('/').next().unwrap_or(method).to_owned();
    metrics::histogram!("rpc_server_duration_seconds", "method" => method, "code" => code).record(took.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tower::ServiceExt;

    use super::*;

    /// Calls a service that answers with what `reply` says to its nth request.
    async fn call(
        reply: impl Fn(u32) -> Code + Clone + Send + Sync + 'static,
        headers: &[(&'static str, &'static str)],
    ) -> (Option<Code>, u32) {
        let asked = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&asked);
        let inner = tower::service_fn(move |request: Request<Body>| {
            let (reply, turn) = (reply.clone(), counted.fetch_add(1, Ordering::Relaxed) + 1);
            async move {
                let bytes = request.into_body().collect().await.expect("the body comes whole").to_bytes();
                assert_eq!(bytes, "a request");
                match reply(turn) {
                    Code::Ok => Ok::<_, Infallible>(Response::new(Body::empty())),
                    Code::DeadlineExceeded => std::future::pending().await,
                    Code::Internal => panic!("in a bad mood"),
                    code => Ok(Status::new(code, "no").into_http()),
                }
            }
        });
        let mut request = Request::builder().uri("/mallbots.toy.v1.ToyService/Count");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::new(Full::new(Bytes::from("a request")))).expect("a request");
        let response = CallLayer.layer(inner).oneshot(request).await.expect("infallible");
        (code_of(&response), asked.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_request_that_lost_a_race_runs_again_from_its_bytes() {
        let second_time = |turn| if turn < 2 { Code::Aborted } else { Code::Ok };
        assert_eq!(call(second_time, &[]).await, (None, 2));
    }

    #[tokio::test]
    async fn a_request_that_loses_three_races_is_aborted() {
        assert_eq!(call(|_| Code::Aborted, &[]).await, (Some(Code::Aborted), 3));
    }

    #[tokio::test]
    async fn any_other_answer_is_not_asked_for_again() {
        assert_eq!(call(|_| Code::FailedPrecondition, &[]).await, (Some(Code::FailedPrecondition), 1));
    }

    #[tokio::test]
    async fn a_request_that_is_too_large_is_refused_by_name_and_not_passed_on() {
        use tonic_types::StatusExt;
        let inner = tower::service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>());
        let body = Body::new(Full::new(Bytes::from(vec![0; MOST_BYTES + 1])));
        let request = Request::builder().uri("/mallbots.toy.v1.ToyService/Count").body(body).expect("a request");
        let response = CallLayer.layer(inner).oneshot(request).await.expect("infallible");
        let status = Status::from_header_map(response.headers()).expect("it has failed");
        let reason = status.get_details_error_info().map(|info| info.reason);
        assert_eq!((status.code(), reason.as_deref()), (Code::InvalidArgument, Some("REQUEST_TOO_LARGE")));
    }

    #[tokio::test]
    async fn a_panic_is_internal() {
        assert_eq!(call(|_| Code::Internal, &[]).await, (Some(Code::Internal), 1));
    }

    #[tokio::test]
    async fn a_deadline_that_passes_is_exceeded_not_canceled() {
        let answered = call(|_| Code::DeadlineExceeded, &[("grpc-timeout", "20m")]).await;
        assert_eq!(answered, (Some(Code::DeadlineExceeded), 1));
    }
}
