//! What people can do with an open basket.

use mall_proto::baskets::v1::{AcceptPricesRequest, BasketCanceled, BasketItem, BasketStarted, CancelBasketRequest};
use mall_testkit::{field, reason};
use tonic::Code;

use crate::*;

async fn cancel(client: &mut Client, id: &str) -> Result<(), Status> {
    client.cancel_basket(CancelBasketRequest { id: id.to_owned() }).await.map(drop)
}

async fn accept(client: &mut Client, id: &str, total: i64) -> Result<(), Status> {
    client.accept_prices(AcceptPricesRequest { id: id.to_owned(), total: cents(total) }).await.map(drop)
}

#[track_caller]
fn assert_refused(answer: Result<(), Status>, refusal: &str) {
    let status = answer.expect_err("a broken rule");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, refusal));
}

#[tokio::test]
async fn a_basket_is_started_and_told_of() {
    let (shop, mut client) = start().await;
    let id = start_basket(&mut client).await;

    let (customer_id, status) = (ADA.to_owned(), "open".to_owned());
    let expected = Basket { id: id.clone(), customer_id: customer_id.clone(), status, items: vec![], total: cents(0) };
    assert_eq!(get(&mut client, &id).await.expect("it was started"), expected);
    assert_eq!(shop.sent::<BasketStarted>().await, [BasketStarted { id, customer_id }]);
}

#[tokio::test]
async fn a_basket_shows_what_was_put_in() {
    let (_shop, mut client) = start().await;
    let id = filled(&mut client).await;
    add(&mut client, &id, TEA, 1).await.expect("tea is sold");

    let basket = get(&mut client, &id).await.expect("it was started");
    let item = |product: &str, name: &str, price, quantity| BasketItem {
        store_id: STORE.to_owned(),
        store_name: "Teas".to_owned(),
        product_id: product.to_owned(),
        product_name: name.to_owned(),
        price: cents(price),
        current_price: cents(price),
        available: true,
        quantity,
    };
    assert_eq!(basket.items, [item(TEA, "Tea", 2_50, 3), item(MUG, "Mug", 7_25, 1)]);
    assert_eq!(basket.total, cents(14_75));
}

#[tokio::test]
async fn removing_some_leaves_the_rest() {
    let (_shop, mut client) = start().await;
    let id = filled(&mut client).await;
    assert_refused(remove(&mut client, &id, TEA, 3).await, "MORE_THAN_THERE_IS");
    remove(&mut client, &id, TEA, 1).await.expect("there are two");
    remove(&mut client, &id, MUG, 1).await.expect("there is one");
    assert_refused(remove(&mut client, &id, MUG, 1).await, "NOT_IN_BASKET");

    let basket = get(&mut client, &id).await.expect("it was started");
    let left: Vec<_> = basket.items.iter().map(|item| (item.product_id.as_str(), item.quantity)).collect();
    assert_eq!((left, basket.total), (vec![(TEA, 1)], cents(2_50)));
}

#[tokio::test]
async fn a_quantity_is_1_to_999() {
    let (_shop, mut client) = start().await;
    let id = filled(&mut client).await;
    for quantity in [0, -1, 1000] {
        for answer in [add(&mut client, &id, TEA, quantity).await, remove(&mut client, &id, TEA, quantity).await] {
            let status = answer.expect_err("out of range");
            assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "QUANTITY_OUT_OF_RANGE"));
            assert_eq!(field(&status), "quantity");
        }
    }
    assert_refused(add(&mut client, &id, TEA, 998).await, "LINE_FULL");
}

#[tokio::test]
async fn a_changed_price_is_shown_and_has_to_be_accepted() {
    let (shop, mut client) = start().await;
    let id = filled(&mut client).await;
    change_price(&shop, TEA, 3_00, 2).await;

    let tea = get(&mut client, &id).await.expect("it is there").items.remove(0);
    assert_eq!((tea.price, tea.current_price, tea.available), (cents(2_50), cents(3_00), true));
    assert_refused(add(&mut client, &id, TEA, 1).await, "PRICE_CHANGED");
    assert_refused(check_out(&mut client, &id, PAYMENT).await.map(drop), "PRICE_CHANGED");

    assert_refused(accept(&mut client, &id, 12_25).await, "OTHER_TOTAL");
    accept(&mut client, &id, 13_25).await.expect("two teas at 3.00 and a mug at 7.25");
    accept(&mut client, &id, 13_25).await.expect("a repeat succeeds");
    assert_eq!(get(&mut client, &id).await.expect("it is there").total, cents(13_25));
    check_out(&mut client, &id, PAYMENT).await.expect("the prices are accepted");
}

#[tokio::test]
async fn a_canceled_basket_stays_canceled() {
    let (shop, mut client) = start().await;
    let id = filled(&mut client).await;
    cancel(&mut client, &id).await.expect("it was open");

    assert_eq!(get(&mut client, &id).await.expect("it is there").status, "canceled");
    let told = BasketCanceled { id: id.clone(), customer_id: ADA.to_owned() };
    assert_eq!(shop.sent::<BasketCanceled>().await, [told]);
    assert_refused(cancel(&mut client, &id).await, "NOT_OPEN");
    assert_refused(add(&mut client, &id, TEA, 1).await, "NOT_OPEN");
    assert_refused(remove(&mut client, &id, TEA, 1).await, "NOT_OPEN");
    assert_refused(accept(&mut client, &id, 12_25).await, "NOT_OPEN");
    assert_refused(check_out(&mut client, &id, PAYMENT).await.map(drop), "NOT_OPEN");
}

#[tokio::test]
async fn an_unknown_basket_is_not_found() {
    let (_shop, mut client) = start().await;
    for answer in [
        get(&mut client, UNKNOWN).await.map(drop),
        cancel(&mut client, UNKNOWN).await,
        add(&mut client, UNKNOWN, TEA, 1).await,
        remove(&mut client, UNKNOWN, TEA, 1).await,
        accept(&mut client, UNKNOWN, 1).await,
        check_out(&mut client, UNKNOWN, PAYMENT).await.map(drop),
    ] {
        let status = answer.expect_err("nobody has this id");
        assert_eq!((status.code(), status.message()), (Code::NotFound, &*format!("there is no basket {UNKNOWN}")));
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_blamed() {
    let (_shop, mut client) = start().await;
    let id = start_basket(&mut client).await;
    let nobody = client.start_basket(StartBasketRequest { customer_id: "ada".to_owned() }).await.map(drop);
    let no_total = client.accept_prices(AcceptPricesRequest { id: id.clone(), total: None }).await.map(drop);
    for (answer, blamed) in [
        (nobody, "customerId"),
        (get(&mut client, "mine").await.map(drop), "id"),
        (cancel(&mut client, "").await, "id"),
        (add(&mut client, &id, "tea", 1).await, "productId"),
        (remove(&mut client, &id, "tea", 1).await, "productId"),
        (no_total, "total"),
        (check_out(&mut client, &id, "mine").await.map(drop), "paymentId"),
    ] {
        let status = answer.expect_err("it cannot be read");
        assert_eq!((status.code(), field(&status).as_str()), (Code::InvalidArgument, blamed));
    }
}
