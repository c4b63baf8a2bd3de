//! What baskets has not heard of yet it asks its owner, and it asks again before it refuses.

use mall_proto::customers::v1::{Customer, GetCustomerRequest, GetCustomerResponse};
use mall_proto::payments::v1::{GetPaymentRequest, GetPaymentResponse, Payment};
use mall_proto::stores::v1::{GetProductsRequest, GetProductsResponse, Product};
use mall_testkit::{FakePeer, reason};
use tonic::Code;

use crate::*;

const GET_PRODUCTS: &str = "/mallbots.stores.v1.StoresService/GetProducts";
const GET_CUSTOMER: &str = "/mallbots.customers.v1.CustomersService/GetCustomer";
const GET_PAYMENT: &str = "/mallbots.payments.v1.PaymentsService/GetPayment";

/// What the owners know, at version 5 of everything.
#[derive(Clone)]
struct Owners {
    enabled: bool,
    removed: bool,
    participating: bool,
    payment: &'static str,
}

const FINE: Owners = Owners { enabled: true, removed: false, participating: true, payment: "authorized" };

impl Owners {
    fn customer(&self, request: &GetCustomerRequest) -> Result<GetCustomerResponse, Status> {
        known(&request.id, ADA)?;
        let customer = Customer { id: ADA.to_owned(), enabled: self.enabled, version: 5, ..Customer::default() };
        Ok(GetCustomerResponse { customer: Some(customer) })
    }

    fn products(&self, request: &GetProductsRequest) -> GetProductsResponse {
        let tea = Product {
            id: TEA.to_owned(),
            store_id: STORE.to_owned(),
            name: "Tea".to_owned(),
            price: cents(2_50),
            version: 5,
            removed: self.removed,
            store_name: "Teas".to_owned(),
            participating: self.participating,
            store_version: 5,
            ..Product::default()
        };
        GetProductsResponse { products: if request.ids == [TEA] { vec![tea] } else { vec![] } }
    }

    fn payment(&self, request: &GetPaymentRequest) -> Result<GetPaymentResponse, Status> {
        known(&request.id, PAYMENT)?;
        let payment = Payment {
            id: PAYMENT.to_owned(),
            customer_id: ADA.to_owned(),
            status: self.payment.to_owned(),
            authorized: cents(20_00),
            version: 5,
            ..Payment::default()
        };
        Ok(GetPaymentResponse { payment: Some(payment) })
    }
}

fn known(asked: &str, id: &str) -> Result<(), Status> {
    if asked == id { Ok(()) } else { Err(Status::not_found("nobody has this id")) }
}

/// A shop that has heard of nothing, among these owners.
async fn start_among(owners: Owners) -> (Harness, Client) {
    let (stores, customers, payments) = (owners.clone(), owners.clone(), owners);
    let fake = FakePeer::new()
        .on(GET_PRODUCTS, move |request| Ok(stores.products(&request)))
        .on(GET_CUSTOMER, move |request| customers.customer(&request))
        .on(GET_PAYMENT, move |request| payments.payment(&request));
    let address = fake.start().await;
    let shop = Harness::start_with(baskets::service, |config| {
        for peer in ["stores", "customers", "payments"] {
            config.peers.insert(peer.to_owned(), address.clone());
        }
    })
    .await;
    let client = BasketsServiceClient::new(shop.channel());
    (shop, client)
}

async fn shop_with(client: &mut Client) -> Result<(), Status> {
    let request = StartBasketRequest { customer_id: ADA.to_owned() };
    let basket = client.start_basket(request).await?.into_inner().id;
    add(client, &basket, TEA, 2).await?;
    check_out(client, &basket, PAYMENT).await.map(drop)
}

#[tokio::test]
async fn a_shop_that_has_heard_of_nothing_asks() {
    let (_shop, mut client) = start_among(FINE).await;
    shop_with(&mut client).await.expect("the owners know");
}

#[tokio::test]
async fn what_an_owner_said_is_kept_and_not_replaced_by_older_news() {
    let (shop, mut client) = start_among(FINE).await;
    let basket = start_basket(&mut client).await;
    add(&mut client, &basket, TEA, 2).await.expect("the owner knows");
    change_price(&shop, TEA, 1_00, 4).await;
    participate(&shop, false, 4).await;

    let tea = get(&mut client, &basket).await.expect("it is there").items.remove(0);
    assert_eq!((tea.current_price, tea.available), (cents(2_50), true));
    change_price(&shop, TEA, 3_00, 6).await;
    let tea = get(&mut client, &basket).await.expect("it is there").items.remove(0);
    assert_eq!(tea.current_price, cents(3_00));
}

#[tokio::test]
async fn old_news_is_checked_before_it_becomes_a_refusal() {
    let (shop, mut client) = start_among(FINE).await;
    let store = StoreCreated { id: STORE.to_owned(), name: "Teas".to_owned(), location: String::new() };
    shop.deliver(event(STORE, &store)).await;
    shop.deliver(event(TEA, &product(TEA, "Tea", 2_50))).await;
    shop_with(&mut client).await.expect("the store has begun to participate since");
}

#[tokio::test]
async fn what_the_owners_refuse_is_refused() {
    for (owners, refusal) in [
        (Owners { enabled: false, ..FINE }, "CUSTOMER_DISABLED"),
        (Owners { removed: true, ..FINE }, "PRODUCT_REMOVED"),
        (Owners { participating: false, ..FINE }, "STORE_NOT_PARTICIPATING"),
        (Owners { payment: "confirmed", ..FINE }, "PAYMENT_NOT_AUTHORIZED"),
    ] {
        let (_shop, mut client) = start_among(owners).await;
        let status = shop_with(&mut client).await.expect_err(refusal);
        assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, refusal));
    }
}

#[tokio::test]
async fn what_the_owners_do_not_know_is_not_found() {
    let (_shop, mut client) = start_among(FINE).await;
    let request = StartBasketRequest { customer_id: UNKNOWN.to_owned() };
    let nobody = client.start_basket(request).await.expect_err("nobody has this id");
    assert_eq!((nobody.code(), nobody.message()), (Code::NotFound, &*format!("there is no customer {UNKNOWN}")));
    let basket = start_basket(&mut client).await;
    let nothing = add(&mut client, &basket, UNKNOWN, 1).await.expect_err("nothing has this id");
    assert_eq!((nothing.code(), nothing.message()), (Code::NotFound, &*format!("there is no product {UNKNOWN}")));
    add(&mut client, &basket, TEA, 1).await.expect("tea is known");
    let none = check_out(&mut client, &basket, UNKNOWN).await.expect_err("no payment has this id");
    assert_eq!((none.code(), none.message()), (Code::NotFound, &*format!("there is no payment {UNKNOWN}")));
}

#[tokio::test]
async fn without_its_owners_it_says_that_they_are_away() {
    let shop = Harness::start(baskets::service).await;
    let mut client = BasketsServiceClient::new(shop.channel());
    let request = StartBasketRequest { customer_id: ADA.to_owned() };
    let status = client.start_basket(request).await.expect_err("customers is away");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "PEER_AWAY"));
}
