//! A fleet on free ports: members die, drain, freeze and come back one by one. Needs the nine binaries (`make test`).

use mall_cli::{
    Fleet, FleetOptions,
    rest::Rest,
    servers::{PrivateServers, ports},
};
use serde_json::json;

#[tokio::test]
async fn members_of_a_fleet_die_and_come_back_without_the_others() {
    let servers = PrivateServers::start(true).await.expect("the servers start");
    let kafka = servers.kafka.as_ref().expect("it was asked for").bootstrap();
    let options = FleetOptions::new(servers.state(), &servers.postgres.url(), &kafka).expect("ports are free");
    let mut fleet = Fleet::launch(options).await.expect("the fleet starts");
    let rest = Rest::new(fleet.rest_url());
    let store = json!({"name": "Kept", "location": "here"});
    let id = rest.create("/api/stores", store).await.expect("stores serves");

    fleet.kill("stores");
    assert_eq!(fleet.pid("stores"), None);
    let away = rest.get("/api/stores").await.expect_err("stores is dead");
    assert_eq!(away.to_string(), "GET /api/stores: 503 the service is not available");
    assert!(fleet.is_running("ordering"));

    fleet.start("stores").await.expect("stores comes back");
    let kept = rest.get(&format!("/api/stores/{id}")).await.expect("the store was committed");
    assert_eq!(kept["store"]["name"], "Kept");

    fleet.pause("stores");
    fleet.resume("stores");
    let status = fleet.stop("stores").await.expect("it ran");
    assert_eq!(status.code(), Some(0), "a service drains and ends with 0");

    let address = fleet.http_address("ordering");
    assert!(!ports::is_free(address.port()));
    drop(fleet);
    assert!(ports::is_free(address.port()), "a dropped fleet runs no more");
}
