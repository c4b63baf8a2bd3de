//! What can be done with a store.

use mall_proto::stores::v1::{
    CreateStoreRequest, DisableParticipationRequest, EnableParticipationRequest, GetStoreRequest, RebrandStoreRequest,
    Store, StoreCreated, StoreParticipationToggled, StoreRebranded,
};
use mall_testkit::{field, reason};
use tonic::{Code, Status};

use crate::{Client, UNKNOWN, create_store, start};

async fn get(client: &mut Client, id: &str) -> Result<Store, Status> {
    let answer = client.get_store(GetStoreRequest { id: id.to_owned() }).await?;
    Ok(answer.into_inner().store.expect("one thing answers under its name"))
}

async fn enable(client: &mut Client, id: &str) -> Result<(), Status> {
    client.enable_participation(EnableParticipationRequest { id: id.to_owned() }).await.map(drop)
}

async fn disable(client: &mut Client, id: &str) -> Result<(), Status> {
    client.disable_participation(DisableParticipationRequest { id: id.to_owned() }).await.map(drop)
}

async fn rebrand(client: &mut Client, id: &str, name: &str) -> Result<(), Status> {
    client.rebrand_store(RebrandStoreRequest { id: id.to_owned(), name: name.to_owned() }).await.map(drop)
}

#[tokio::test]
async fn a_store_begins_without_participating() {
    let (shop, mut client) = start().await;
    let id = create_store(&mut client, "Waldorf Books").await;
    let (name, location) = ("Waldorf Books".to_owned(), "Level 2".to_owned());
    let message = StoreCreated { id: id.clone(), name: name.clone(), location: location.clone() };
    let expected = Store { id: id.clone(), name, location, participating: false, version: 1 };
    assert_eq!(get(&mut client, &id).await.expect("it was created"), expected);
    assert_eq!(shop.sent::<StoreCreated>().await, [message]);
}

#[tokio::test]
async fn a_store_needs_a_name_and_a_location() {
    let (_shop, mut client) = start().await;
    for (name, location, refusal, blamed) in
        [("", "Level 2", "INVALID_NAME", "name"), ("Books", " ", "INVALID_LOCATION", "location")]
    {
        let request = CreateStoreRequest { name: name.to_owned(), location: location.to_owned() };
        let status = client.create_store(request).await.expect_err("something is missing");
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!((reason(&status).as_str(), field(&status).as_str()), (refusal, blamed));
    }
}

#[tokio::test]
async fn participation_toggles_only_when_it_changes() {
    let (shop, mut client) = start().await;
    let id = create_store(&mut client, "Waldorf Books").await;
    let status = disable(&mut client, &id).await.expect_err("it does not participate yet");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NOT_PARTICIPATING"));
    enable(&mut client, &id).await.expect("it did not participate");
    let status = enable(&mut client, &id).await.expect_err("it participates");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "ALREADY_PARTICIPATING"));
    disable(&mut client, &id).await.expect("it participated");

    let store = get(&mut client, &id).await.expect("it was created");
    assert_eq!((store.participating, store.version), (false, 3));
    let toggled = [true, false].map(|participating| StoreParticipationToggled { id: id.clone(), participating });
    assert_eq!(shop.sent::<StoreParticipationToggled>().await, toggled);
}

#[tokio::test]
async fn a_rebranded_store_is_told_of_once() {
    let (shop, mut client) = start().await;
    let id = create_store(&mut client, "Waldorf Books").await;
    rebrand(&mut client, &id, "Statler Books").await.expect("another name");
    rebrand(&mut client, &id, "Statler Books").await.expect("a repeat succeeds");
    let status = rebrand(&mut client, &id, "").await.expect_err("no name");
    assert_eq!((status.code(), field(&status).as_str()), (Code::InvalidArgument, "name"));

    let store = get(&mut client, &id).await.expect("it was created");
    assert_eq!((store.name.as_str(), store.version), ("Statler Books", 2));
    assert_eq!(shop.sent::<StoreRebranded>().await, [StoreRebranded { id, name: "Statler Books".to_owned() }]);
}

#[tokio::test]
async fn an_unknown_store_is_not_found_and_nonsense_is_blamed() {
    let (_shop, mut client) = start().await;
    for (id, code) in [(UNKNOWN, Code::NotFound), ("books", Code::InvalidArgument)] {
        for answer in [
            get(&mut client, id).await.map(drop),
            enable(&mut client, id).await,
            disable(&mut client, id).await,
            rebrand(&mut client, id, "Books").await,
        ] {
            assert_eq!(answer.expect_err("no store").code(), code);
        }
    }
}
