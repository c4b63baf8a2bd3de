//! Trace context across messages. This crate knows spans only; whoever exports them hands in how a W3C `traceparent`
//! becomes a span's parent, and how the current one is written.

use std::sync::OnceLock;

use tracing::Span;

/// How trace context gets into and out of spans.
#[derive(Clone, Copy, Debug)]
pub struct Propagation {
    /// Makes the span a child of the remote span that the `traceparent` names.
    pub adopt: fn(&Span, &str),
    /// The `traceparent` of a span; `None` where it is not recorded.
    pub traceparent: fn(&Span) -> Option<String>,
}

static PROPAGATION: OnceLock<Propagation> = OnceLock::new();

/// Sets the propagation once for the process; without it messages carry the context they came with.
pub fn set_propagation(propagation: Propagation) {
    let _ = PROPAGATION.set(propagation);
}

/// Whether spans are exported at all; otherwise none are made.
pub fn is_on() -> bool {
    PROPAGATION.get().is_some()
}

/// Makes `span` a child of the span named by `traceparent`.
pub fn adopt(span: &Span, traceparent: Option<&str>) {
    if let (Some(propagation), Some(traceparent)) = (PROPAGATION.get(), traceparent) {
        (propagation.adopt)(span, traceparent);
    }
}

/// The `traceparent` of `span`, or `otherwise`.
pub fn traceparent(span: &Span, otherwise: Option<String>) -> Option<String> {
    PROPAGATION.get().and_then(|propagation| (propagation.traceparent)(span)).or(otherwise)
}
