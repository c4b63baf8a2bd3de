//! A broker or a database that is away: what still works, what says so, and that all comes back by itself.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::{ask, detail, send};
use crate::mall::{Mall, People, SERVICES, turn};

async fn open_store(mall: &Mall, headers: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/api/stores", mall.fleet.rest_url());
    ask(Method::POST, &url, Some(json!({"name": "Stubborn", "location": "here"})), headers).await
}

async fn said(mall: &Mall, service: &str, path: &str) -> u16 {
    send(Method::GET, &format!("http://{}/{path}", mall.fleet.http_address(service)), None, &[]).await.status().as_u16()
}

async fn see_an_approved_order(people: &People) {
    let store = people.open_store("After").await;
    let product = people.add_product(&store, "Rainbow", 700).await;
    let customer = people.register("Noah").await;
    let payment = people.authorize(&customer, 700).await;
    let basket = people.start_basket(&customer).await;
    people.add_item(&basket, &product, 1).await;
    let order = people.check_out_at_last(&basket, &payment).await;
    people.see_order(&order, "approved").await;
}

#[tokio::test]
async fn outages_are_told_and_pass() {
    let _turn = turn().await;
    let mut mall = Mall::private("outages", &[]).await;
    let pids = SERVICES.map(|service| mall.fleet.pid(service));
    see_an_approved_order(&mall.people()).await;
    without_kafka_writes_go_on(&mut mall).await;
    a_passed_deadline_is_told(&mut mall).await;
    without_its_database_a_service_is_unavailable(&mut mall).await;
    assert_eq!(SERVICES.map(|service| mall.fleet.pid(service)), pids);
    assert!(SERVICES.iter().all(|service| mall.fleet.is_running(service)), "nobody ends because of an outage");
}

async fn without_kafka_writes_go_on(mall: &mut Mall) {
    mall.servers.as_mut().and_then(|servers| servers.kafka.as_mut()).expect("a private Kafka").stop().await;
    let (status, made) = open_store(mall, &[]).await;
    assert_eq!(status, 200, "{made}");
    let store = format!("/api/stores/{}", made["id"].as_str().expect("an id"));
    assert_eq!(mall.people().get(&store).await["store"]["name"], "Stubborn", "an API reads its own writes");
    for service in SERVICES {
        assert_eq!(said(mall, service, "readyz").await, 200, "{service}: a broker that is away takes no API away");
    }
    let kafka = mall.servers.as_mut().and_then(|servers| servers.kafka.as_mut()).expect("a private Kafka");
    kafka.restart().await.expect("Kafka starts again");
    mall.ledger().see_published("stores").await;
    see_an_approved_order(&mall.people()).await;
}

async fn a_passed_deadline_is_told(mall: &mut Mall) {
    mall.servers.as_mut().expect("private servers").postgres.pause();
    let (status, error) = open_store(mall, &[("grpc-timeout", "300m")]).await;
    mall.servers.as_mut().expect("private servers").postgres.resume();
    assert_eq!((status, &error["code"]), (504, &json!(4)), "{error}");
}

async fn without_its_database_a_service_is_unavailable(mall: &mut Mall) {
    mall.servers.as_mut().expect("private servers").postgres.stop().await;
    let begin = Instant::now();
    let (status, error) = open_store(mall, &[]).await;
    assert_eq!((status, &error["code"]), (503, &json!(14)), "{error}");
    assert_eq!(detail(&error, "google.rpc.ErrorInfo")["reason"], "DATABASE_AWAY");
    assert!(begin.elapsed() < Duration::from_secs(5), "it took {:?}", begin.elapsed());
    for service in SERVICES {
        assert_eq!((said(mall, service, "livez").await, said(mall, service, "readyz").await), (200, 503), "{service}");
    }
    mall.servers.as_mut().expect("private servers").postgres.restart().await.expect("PostgreSQL starts again");
    mall_testkit::eventually("every service is ready again", async || {
        for service in SERVICES {
            if said(mall, service, "readyz").await != 200 {
                return None;
            }
        }
        Some(())
    })
    .await;
    see_an_approved_order(&mall.people()).await;
}
