//! What a fleet tells its operators: one trace over all services that an order visits, and logs and topics without phone
//! numbers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::any_value::Value,
    trace::v1::ResourceSpans,
};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

use crate::mall::{Mall, SERVICES, turn};

const NUMBER: &str = "+12025550147";

#[derive(Clone, Debug)]
struct Span {
    service: String,
    name: String,
    trace: Vec<u8>,
    id: Vec<u8>,
    parent: Vec<u8>,
}

/// Takes spans from whoever sends them.
#[derive(Clone, Debug, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
    /// Everything that came, in words.
    words: Arc<Mutex<String>>,
}

impl Collector {
    /// The address to send to.
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there are free ports");
        let address = listener.local_addr().expect("a bound socket has an address");
        let server = Server::builder().add_service(TraceServiceServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        format!("http://{address}")
    }

    fn spans(&self) -> Vec<Span> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let sent = request.into_inner();
        self.words.lock().unwrap_or_else(PoisonError::into_inner).push_str(&format!("{sent:?}"));
        let spans = sent.resource_spans.iter().flat_map(spans_of);
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).extend(spans);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn spans_of(of_resource: &ResourceSpans) -> Vec<Span> {
    let attributes = of_resource.resource.iter().flat_map(|resource| &resource.attributes);
    let service =
        attributes.filter(|attribute| attribute.key == "service.name").find_map(|attribute| {
            match attribute.value.as_ref()?.value.as_ref()? {
                Value::StringValue(name) => Some(name.clone()),
                other => panic!("a service's name is a text, not {other:?}"),
            }
        });
    let service = service.expect("spans tell whose they are");
    let spans = of_resource.scope_spans.iter().flat_map(|scope| &scope.spans);
    let spans = spans.map(|span| Span {
        service: service.clone(),
        name: span.name.clone(),
        trace: span.trace_id.clone(),
        id: span.span_id.clone(),
        parent: span.parent_span_id.clone(),
    });
    spans.collect()
}

/// A span and all that it came from, the oldest first: `baskets: send baskets.events`.
fn ancestry(span: &Span, by_id: &BTreeMap<Vec<u8>, Span>) -> Vec<String> {
    let mut path = vec![format!("{}: {}", span.service, span.name)];
    let mut at = span;
    while let Some(parent) = by_id.get(&at.parent) {
        path.insert(0, format!("{}: {}", parent.service, parent.name));
        at = parent;
    }
    path
}

/// The trace of the checkout, as the ancestry of each of its spans, if it has come as far as `last`.
fn trace_of_the_checkout(spans: &[Span], last: &[&str]) -> Option<BTreeSet<Vec<String>>> {
    let root = spans.iter().find(|span| span.name.ends_with("/CheckoutBasket"))?;
    let trace: Vec<&Span> = spans.iter().filter(|span| span.trace == root.trace).collect();
    let by_id: BTreeMap<Vec<u8>, Span> = trace.iter().map(|span| (span.id.clone(), (*span).clone())).collect();
    // Spans arrive in no order: those whose parents are missing wait for them.
    let is_whole = trace.iter().all(|span| span.id == root.id || by_id.contains_key(&span.parent));
    let paths: BTreeSet<Vec<String>> = trace.iter().map(|span| ancestry(span, &by_id)).collect();
    (is_whole && last.iter().all(|last| paths.iter().any(|path| path.last().is_some_and(|name| name == last))))
        .then_some(paths)
}

/// One whole order, in a mall that sends its spans to `collector`.
async fn one_order(mall: &Mall) {
    let people = mall.people();
    let store = people.open_store("Traces").await;
    let product = people.add_product(&store, "Thread", 300).await;
    let customer = people.register_with_number("Ariadne", NUMBER).await;
    let payment = people.authorize(&customer, 300).await;
    let basket = people.start_basket(&customer).await;
    people.add_item(&basket, &product, 1).await;
    let order = people.check_out(&basket, &payment).await;
    people.collect(&order).await;
    let invoice = format!("/api/payments/invoices/{order}");
    people.see(&invoice, "invoice", "pending").await;
    people.put(&format!("{invoice}/pay"), json!({})).await;
    people.see_order(&order, "completed").await;
    mall_testkit::eventually("all texts have arrived", async || {
        (mall.ledger().texts(&order).await == ["completed", "created", "ready"]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn one_trace_links_all_services_and_only_customers_tells_a_phone_number() {
    let _turn = turn().await;
    let collector = Collector::default();
    let endpoint = collector.start().await;
    // Spans are sent a little sooner than they would be.
    let environment = [("MALL__OTLP__ENDPOINT", endpoint.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "200")];
    let mall = Mall::private("telemetry", &environment).await;
    one_order(&mall).await;

    let last = ["search: process ordering.events", "notifications: process ordering.events"];
    let paths = mall_testkit::eventually("the trace of the checkout is whole", async || {
        trace_of_the_checkout(&collector.spans(), &last)
    })
    .await;
    for wanted in [
        vec!["baskets: mallbots.baskets.v1.BasketsService/CheckoutBasket"],
        vec!["baskets: send baskets.events", "ordering: process baskets.events"],
        vec!["ordering: send ordering.events", "cosec: process ordering.events"],
        vec![
            "cosec: send customers.commands",
            "customers: process customers.commands",
            "customers: send cosec.replies",
        ],
        vec!["cosec: process cosec.replies", "cosec: send depot.commands", "depot: process depot.commands"],
        vec!["cosec: send payments.commands", "payments: process payments.commands"],
        vec!["cosec: send ordering.commands", "ordering: process ordering.commands", "ordering: send ordering.events"],
        vec!["ordering: send ordering.events", "search: process ordering.events"],
        vec!["ordering: send ordering.events", "notifications: process ordering.events"],
    ] {
        let is_there = paths.iter().any(|path| path.windows(wanted.len()).any(|window| window == wanted));
        assert!(is_there, "{wanted:?} is not in {paths:#?}");
    }

    let words = collector.words.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(!words.contains(&NUMBER[1..]), "a span tells a phone number");
    for service in SERVICES {
        let log = mall.log_of(service);
        assert!(log.contains("\"started\"") || log.contains("started"), "{service} logs nothing: {log}");
        assert!(!log.contains(&NUMBER[1..]), "{service} logs a phone number");
    }
    for (name, log) in mall.logs() {
        assert!(!log.contains(&NUMBER[1..]), "{name} tells a phone number");
    }
    let told: BTreeSet<String> =
        mall.records().await.into_iter().filter(|record| record.contains(&NUMBER[1..])).map(|it| it.topic).collect();
    assert_eq!(told, BTreeSet::from(["customers.events".to_owned()]), "only customers tells a phone number");
}
