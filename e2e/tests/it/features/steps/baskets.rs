//! The sentences about stores, what they offer, and baskets.

use cucumber::{given, then, when};
use mall_cli::rest::dollars;
use reqwest::Method;
use serde_json::{Value, json};

use super::{assert_refused, cents};
use crate::features::Journey;

#[given(regex = r#"^the store "(.+)" sells "(.+)" for ([\d.]+)$"#)]
async fn a_store_sells(journey: &mut Journey, store: String, product: String, price: String) {
    let id = journey.people.open_store(&store).await;
    let sold = journey.people.add_product(&id, &product, cents(&price)).await;
    journey.stores.insert(store, id);
    journey.products.insert(product, sold);
}

#[given(regex = r#"^the store (raises|lowers) the price of "(\w+)" to ([\d.]+)$"#)]
#[when(regex = r#"^the store (raises|lowers) the price of "(\w+)" to ([\d.]+)$"#)]
async fn changes_a_price(journey: &mut Journey, how: String, product: String, price: String) {
    let verb = if how == "raises" { "increasePrice" } else { "decreasePrice" };
    let path = format!("/api/stores/products/{}/{verb}", journey.products[&product]);
    journey.people.put(&path, json!({"price": dollars(cents(&price))})).await;
}

#[when(regex = r#"^the store removes "(\w+)"$"#)]
async fn removes_a_product(journey: &mut Journey, product: String) {
    let path = format!("/api/stores/products/{}", journey.products[&product]);
    journey.people.rest.call(Method::DELETE, &path, None).await.expect("a product is removed");
}

#[given(regex = r#"^"(.+)" (leaves the mall|comes back)$"#)]
#[when(regex = r#"^"(.+)" (leaves the mall|comes back)$"#)]
async fn leaves_or_comes_back(journey: &mut Journey, store: String, what: String) {
    let path = format!("/api/stores/{}/participating", journey.stores[&store]);
    let (method, body) = if what == "comes back" { (Method::PUT, Some(json!({}))) } else { (Method::DELETE, None) };
    journey.people.rest.call(method, &path, body).await.expect("a store comes and goes");
}

#[given(regex = r#"^\w+ has filled a basket with (\d+) "(\w+)"$"#)]
async fn fills_a_basket(journey: &mut Journey, quantity: i64, product: String) {
    journey.basket = journey.people.start_basket(&journey.customer).await;
    adds(journey, quantity, product).await;
}

#[given(regex = r#"^\w+ adds (\d+) "(\w+)"$"#)]
#[when(regex = r#"^\w+ adds (\d+) "(\w+)"$"#)]
async fn adds(journey: &mut Journey, quantity: i64, product: String) {
    journey.people.add_item(&journey.basket, &journey.products[&product], quantity).await;
}

#[then(regex = r#"^adding (\d+) "(\w+)" is refused because "(.+)"$"#)]
async fn adding_is_refused(journey: &mut Journey, quantity: i64, product: String, because: String) {
    let item = json!({"productId": journey.products[&product], "quantity": quantity});
    let path = format!("/api/baskets/{}/addItem", journey.basket);
    assert_refused(journey.people.rest.put(&path, item).await, &because);
}

#[when(regex = r#"^\w+ takes (\d+) "(\w+)" out$"#)]
async fn takes_out(journey: &mut Journey, quantity: i64, product: String) {
    let item = json!({"productId": journey.products[&product], "quantity": quantity});
    journey.people.put(&format!("/api/baskets/{}/removeItem", journey.basket), item).await;
}

#[when(regex = r"^\w+ accepts a total of ([\d.]+)$")]
async fn accepts(journey: &mut Journey, total: String) {
    let total = json!({"total": dollars(cents(&total))});
    journey.people.put(&format!("/api/baskets/{}/acceptPrices", journey.basket), total).await;
}

#[then(regex = r#"^accepting a total of ([\d.]+) is refused because "(.+)"$"#)]
async fn accepting_is_refused(journey: &mut Journey, total: String, because: String) {
    let total = json!({"total": dollars(cents(&total))});
    let path = format!("/api/baskets/{}/acceptPrices", journey.basket);
    assert_refused(journey.people.rest.put(&path, total).await, &because);
}

#[given(regex = r#"^\w+ checks out (\d+) "(\w+)"$"#)]
#[when(regex = r#"^\w+ checks out (\d+) "(\w+)"$"#)]
async fn checks_out(journey: &mut Journey, quantity: i64, product: String) {
    fills_a_basket(journey, quantity, product).await;
    checks_out_the_basket(journey).await;
}

#[when(regex = r#"^\w+ checks out (\d+) "(\w+)" and (\d+) "(\w+)"$"#)]
async fn checks_out_two(journey: &mut Journey, quantity: i64, product: String, other: i64, other_product: String) {
    fills_a_basket(journey, quantity, product).await;
    adds(journey, other, other_product).await;
    checks_out_the_basket(journey).await;
}

#[given(regex = r"^\w+ checks out that basket$")]
#[when(regex = r"^\w+ checks out (?:that basket|the same basket again)$")]
pub(super) async fn checks_out_the_basket(journey: &mut Journey) {
    // A service that does not work may be one that the checkout asks, for what it has not heard of yet.
    journey.order = journey.people.check_out_at_last(&journey.basket, &journey.payment).await;
    journey.answers.push(journey.order.clone());
}

#[then(regex = r#"^checking out is refused because "(.+)"$"#)]
async fn checking_out_is_refused(journey: &mut Journey, because: String) {
    let path = format!("/api/baskets/{}/checkout", journey.basket);
    let payment = json!({"paymentId": journey.payment});
    assert_refused(journey.people.rest.put(&path, payment).await, &because);
}

/// The basket's line of this product.
async fn line(journey: &Journey, product: &str) -> Value {
    let mut basket = journey.people.get(&format!("/api/baskets/{}", journey.basket)).await["basket"].take();
    let lines = basket["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let found = lines.into_iter().find(|line| line["productId"] == journey.products[product]);
    found.unwrap_or_else(|| panic!("no {product} is in the basket"))
}

#[then(regex = r#"^the basket shows "(\w+)" for ([\d.]+), now for ([\d.]+)$"#)]
async fn the_basket_shows(journey: &mut Journey, product: String, then: String, now: String) {
    let line = line(journey, &product).await;
    let (then, now) = (dollars(cents(&then)), dollars(cents(&now)));
    assert_eq!((&line["price"], &line["currentPrice"], &line["available"]), (&then, &now, &json!(true)));
}

#[then(regex = r#"^the basket shows "(\w+)" for ([\d.]+), now for ([\d.]+), as long as baskets hears from (\w+)$"#)]
async fn the_basket_always_shows(journey: &mut Journey, product: String, then: String, now: String, owner: String) {
    loop {
        let is_last = journey.ledger.is_heard(&owner).await;
        the_basket_shows(journey, product.clone(), then.clone(), now.clone()).await;
        if is_last {
            return;
        }
    }
}

#[then(regex = r#"^the basket shows that "(\w+)" is not available$"#)]
async fn is_not_available(journey: &mut Journey, product: String) {
    assert_eq!(line(journey, &product).await["available"], json!(false));
}
