//! Logs, traces and figures of a process.

use std::collections::HashMap;

use mall_messaging::trace::{Propagation, set_propagation};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{Config, ConfigError, LogFormat};

/// Upper bounds of duration buckets, in seconds.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];
/// Upper bounds of batch sizes, in messages.
const SIZES: [f64; 8] = [1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 250.0, 500.0];

/// What has to be closed at the end.
pub(crate) struct Telemetry {
    pub(crate) metrics: Option<PrometheusHandle>,
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Starts logs, figures and, where an endpoint is set, traces. Within a runtime.
    pub(crate) fn start(service: &'static str, config: &Config) -> Result<Self, ConfigError> {
        let traces = config.otlp.endpoint.as_deref().map(|endpoint| exporter(service, endpoint, config.otlp.sample));
        let traces = traces.transpose()?;
        let filter = EnvFilter::try_new(&config.log.level).map_err(|error| ConfigError::new("log.level", &error))?;
        let lines = match config.log.format {
            LogFormat::Json => tracing_subscriber::fmt::layer().json().flatten_event(true).boxed(),
            LogFormat::Pretty => tracing_subscriber::fmt::layer().compact().boxed(),
        };
        let spans = traces.as_ref().map(|provider| {
            tracing_opentelemetry::layer().with_tracer(provider.tracer("mallbots")).with_filter(EnvFilter::new("info"))
        });
        // A second start in one process (tests) keeps the first one's subscriber and recorder.
        let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).try_init();
        if traces.is_some() {
            set_propagation(Propagation { adopt, traceparent });
        }
        Ok(Self { metrics: recorder(), traces })
    }

    /// Sends what is left.
    pub(crate) fn end(self) {
        if let Some(Err(error)) = self.traces.map(|traces| traces.shutdown()) {
            tracing::debug!(%error, "some spans were not sent");
        }
    }
}

fn recorder() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), &SIZES))
        .expect("buckets are not empty");
    builder.install_recorder().ok()
}

fn exporter(service: &'static str, endpoint: &str, sample: f64) -> Result<SdkTracerProvider, ConfigError> {
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()
        .map_err(|error| ConfigError::new("otlp.endpoint", &error))?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(sample))))
        .with_resource(Resource::builder().with_service_name(service).build())
        .build())
}

fn adopt(span: &Span, traceparent: &str) {
    let carrier = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    let _ = span.set_parent(TraceContextPropagator::new().extract(&carrier));
}

fn traceparent(span: &Span) -> Option<String> {
    let context = span.context();
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.remove("traceparent")
}
