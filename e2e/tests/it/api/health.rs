//! Health of each service, and what the fleet says of itself.

use std::time::{Duration, Instant};

use reqwest::Method;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use super::send;
use crate::mall::{SERVICES, shared, turn};

async fn channel(url: String) -> Channel {
    let endpoint = Endpoint::from_shared(url).expect("our own address");
    endpoint.connect().await.expect("there is somebody who speaks gRPC")
}

#[tokio::test]
async fn every_service_says_that_it_lives_is_ready_and_serves() {
    let _turn = turn().await;
    let mall = shared().await;
    for service in SERVICES {
        let http = mall.fleet.http_address(service);
        for (path, said) in [("livez", "alive\n"), ("readyz", "ready\n")] {
            let answer = send(Method::GET, &format!("http://{http}/{path}"), None, &[]).await;
            assert_eq!(answer.status(), 200, "{service} {path}");
            assert_eq!(answer.text().await.expect("a text"), said, "{service} {path}");
        }
        let url = format!("http://{}", mall.fleet.grpc_address(service));
        let mut client = HealthClient::new(channel(url).await);
        let health = client.check(HealthCheckRequest::default()).await.expect("it tells its health").into_inner();
        assert_eq!(health.status(), ServingStatus::Serving, "{service}");
    }
}

#[tokio::test]
async fn the_gateway_answers_reflection_for_the_whole_fleet() {
    let _turn = turn().await;
    let mall = shared().await;
    let mut client = ServerReflectionClient::new(channel(mall.fleet.rest_url()).await);
    let question = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers = client.server_reflection_info(tokio_stream::iter([question])).await.expect("reflection is answered");
    let answer = answers.into_inner().message().await.expect("an answer").expect("not the end");
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("not a list of services: {answer:?}");
    };
    let names: Vec<&str> = list.service.iter().map(|service| service.name.as_str()).collect();
    for service in
        mall_proto::topology::SERVICES.iter().filter(|service| !["cosec", "notifications"].contains(&service.name))
    {
        let context = service.name;
        let wanted = format!("mallbots.{context}.v1.{}{}Service", context[..1].to_uppercase(), &context[1..]);
        assert!(names.contains(&wanted.as_str()), "{wanted} is not in {names:?}");
    }
}

#[tokio::test]
async fn a_service_that_is_asked_to_end_drains_in_time() {
    let _turn = turn().await;
    let mut mall = shared().await;
    let people = mall.people();
    let store = people.open_store("Last orders").await;
    let product = people.add_product(&store, "Pint", 500).await;
    let customer = people.register("Barfly").await;
    let mut baskets = Vec::new();
    for _ in SERVICES {
        let basket = people.start_basket(&customer).await;
        people.add_item(&basket, &product, 1).await;
        baskets.push((basket, people.authorize(&customer, 500).await));
    }
    for (service, (basket, payment)) in SERVICES.into_iter().zip(&baskets) {
        // Its order is on the way while the service ends.
        people.check_out_at_last(basket, payment).await;
        let begin = Instant::now();
        let status = mall.fleet.stop(service).await.expect("it was ours");
        assert!(status.success(), "{service} ended with {status}");
        assert!(begin.elapsed() <= Duration::from_secs(25), "{service} took {:?}", begin.elapsed());
        mall.fleet.start(service).await.expect("it starts again");
    }
    for (basket, _) in &baskets {
        people.see_order(basket, "approved").await;
    }
}
