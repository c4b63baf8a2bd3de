//! The depot through its public edge: the API, the commands that it answers, and what it hears of stores.

mod api;
mod caches;
mod commands;

use mall_messaging::{command, event};
use mall_persistence::Outgoing;
use mall_proto::depot::v1::depot_service_client::DepotServiceClient;
use mall_proto::depot::v1::{
    CreateShoppingList, GetShoppingListRequest, InitiateShopping, ShoppingList, create_shopping_list,
};
use mall_proto::saga::v1::{Reply, reply};
use mall_proto::stores::v1::{ProductAdded, StoreCreated};
use mall_testkit::{Harness, step};
use tonic::Status;

type Client = DepotServiceClient<tonic::transport::Channel>;

const ORDER: &str = "018f4e2a-7c1b-7000-8000-000000000001";
const SECOND: &str = "018f4e2a-7c1b-7000-8000-000000000002";
const THIRD: &str = "018f4e2a-7c1b-7000-8000-000000000003";
const BOT: &str = "018f4e2a-7c1b-7000-8000-00000000000b";
const OTHER_BOT: &str = "018f4e2a-7c1b-7000-8000-00000000000c";
const TEAS: &str = "018f4e2a-7c1b-7000-8000-0000000000a0";
const TEA: &str = "018f4e2a-7c1b-7000-8000-0000000000a1";
const MUG: &str = "018f4e2a-7c1b-7000-8000-0000000000a2";
const BOOKS: &str = "018f4e2a-7c1b-7000-8000-0000000000b0";
const BOOK: &str = "018f4e2a-7c1b-7000-8000-0000000000b1";
const UNKNOWN: &str = "018f4e2a-7c1b-7000-8000-0000000000ff";

async fn start() -> (Harness, Client) {
    let shop = Harness::start(depot::service).await;
    let client = DepotServiceClient::new(shop.channel());
    (shop, client)
}

fn store_created(id: &str, name: &str) -> Outgoing {
    let location = format!("{name} hall");
    event(id, &StoreCreated { id: id.to_owned(), name: name.to_owned(), location })
}

fn product_added(store: &str, id: &str, name: &str) -> Outgoing {
    let (id, store_id, name) = (id.to_owned(), store.to_owned(), name.to_owned());
    event(id.clone(), &ProductAdded { id, store_id, name, ..ProductAdded::default() })
}

/// A depot that has heard of two stores: one sells tea and mugs, the other books.
async fn stocked() -> (Harness, Client) {
    let (shop, client) = start().await;
    shop.deliver_batch(&[
        store_created(TEAS, "Teas"),
        store_created(BOOKS, "Books"),
        product_added(TEAS, TEA, "Tea"),
        product_added(TEAS, MUG, "Mug"),
        product_added(BOOKS, BOOK, "Book"),
    ])
    .await;
    (shop, client)
}

fn create(order: &str, lines: &[(&str, &str, i32)]) -> Outgoing {
    let item = |(store, product, quantity): &(&str, &str, i32)| create_shopping_list::Item {
        product_id: (*product).to_owned(),
        store_id: (*store).to_owned(),
        quantity: *quantity,
    };
    let items = lines.iter().map(item).collect();
    command(order, &CreateShoppingList { id: order.to_owned(), order_id: order.to_owned(), items })
}

/// A tea for the order.
fn create_tea(order: &str) -> Outgoing {
    create(order, &[(TEAS, TEA, 1)])
}

fn initiate(order: &str) -> Outgoing {
    command(order, &InitiateShopping { id: order.to_owned() })
}

/// Makes a list that bots may take.
async fn make_available(shop: &Harness, order: &str) {
    assert_eq!(refusal(shop.command(create_tea(order), step(2)).await), None);
    assert_eq!(refusal(shop.command(initiate(order), step(4)).await), None);
}

/// `None` = done, else why not.
fn refusal(reply: Reply) -> Option<String> {
    match reply.result.expect("a result") {
        reply::Result::Done(_) => None,
        reply::Result::Refused(refused) => Some(refused.reason),
    }
}

async fn get(client: &mut Client, id: &str) -> Result<ShoppingList, Status> {
    let answer = client.get_shopping_list(GetShoppingListRequest { id: id.to_owned() }).await?;
    Ok(answer.into_inner().shopping_list.expect("a list"))
}

async fn status(client: &mut Client, id: &str) -> String {
    get(client, id).await.expect("the list is there").status
}
