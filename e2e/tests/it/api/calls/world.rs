//! What a call needs, made when it is named: `"<product>"` in a request becomes the id of a product of `"<store>"`.

use std::collections::BTreeMap;

use mall_cli::rest::{RestError, dollars};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::mall::{Mall, People};

/// Things of one customer and one store, each made once.
pub(super) struct World {
    people: People,
    made: BTreeMap<String, String>,
}

impl World {
    pub(super) fn new(mall: &Mall) -> Self {
        Self { people: mall.people(), made: BTreeMap::new() }
    }

    /// `template` with the things in place of their names.
    pub(super) async fn fill(&mut self, template: &Value) -> Value {
        match template {
            Value::String(text) => match name_in(text) {
                Some(name) => Value::String(self.the(name).await),
                None => template.clone(),
            },
            Value::Array(values) => {
                let mut filled = Vec::with_capacity(values.len());
                for value in values {
                    filled.push(Box::pin(self.fill(value)).await);
                }
                Value::Array(filled)
            }
            Value::Object(fields) => {
                let mut filled = serde_json::Map::new();
                for (name, value) in fields {
                    filled.insert(name.clone(), Box::pin(self.fill(value)).await);
                }
                Value::Object(filled)
            }
            _ => template.clone(),
        }
    }

    async fn the(&mut self, name: &str) -> String {
        if let Some(made) = self.made.get(name) {
            return made.clone();
        }
        let made = Box::pin(self.make(name)).await;
        self.made.insert(name.to_owned(), made.clone());
        made
    }

    async fn make(&mut self, name: &str) -> String {
        let people = self.people.clone();
        match name {
            "nobody" | "bot" => Uuid::now_v7().to_string(),
            "store" => people.open_store("Orbital Tea").await,
            "other store" => people.open_store("Meteor Cakes").await,
            "closed store" => {
                let closed = json!({"name": "Dark Matter", "location": "cellar"});
                people.rest.create("/api/stores", closed).await.expect("a store is made")
            }
            "product" => people.add_product(&self.the("store").await, "Assam", 1250).await,
            "other product" => people.add_product(&self.the("store").await, "Oolong", 900).await,
            "removed product" => {
                let product = people.add_product(&self.the("store").await, "Sencha", 800).await;
                // So that baskets knows it as it was: news of its end then come after, and nothing older follows them.
                let basket = people.start_basket(&self.the("customer").await).await;
                people.add_item(&basket, &product, 1).await;
                people.delete(&format!("/api/stores/products/{product}")).await;
                let add = json!({"productId": product, "quantity": 1});
                self.see_refused(Method::PUT, &format!("/api/baskets/{basket}/addItem"), &add).await;
                product
            }
            "product of a closed store" => people.add_product(&self.the("closed store").await, "Shadow", 100).await,
            "customer" => people.register("Ada").await,
            "disabled customer" => {
                let customer = people.register("Mallory").await;
                people.start_basket(&customer).await;
                people.disable(&customer).await;
                self.see_refused(Method::POST, "/api/baskets", &json!({"customerId": customer})).await;
                customer
            }
            _ => Box::pin(self.make_of_money(name)).await,
        }
    }

    async fn make_of_money(&mut self, name: &str) -> String {
        let people = self.people.clone();
        let customer = self.the("customer").await;
        match name {
            "payment" => people.authorize(&customer, 10_000).await,
            "small payment" => people.authorize(&customer, 1).await,
            "payment of another" => people.authorize(&people.register("Grace").await, 10_000).await,
            "voided payment" => {
                let payment = people.authorize(&customer, 10_000).await;
                people.delete(&format!("/api/payments/{payment}")).await;
                payment
            }
            "empty basket" => people.start_basket(&customer).await,
            "basket" => self.basket(2).await,
            "canceled basket" => {
                let basket = people.start_basket(&customer).await;
                people.delete(&format!("/api/baskets/{basket}")).await;
                basket
            }
            "basket with an old price" => self.basket_with_an_old_price().await,
            "approved order" => self.order_until("approved").await,
            "ready order" => self.order_until("ready").await,
            "other ready order" => self.order_until("ready").await,
            "completed order" => self.order_until("completed").await,
            "order in search" => self.order_in_search().await,
            "other order in search" => self.order_in_search().await,
            "assigned order" => self.order_of(&Uuid::now_v7().to_string()).await,
            "awaited bot" => {
                self.order_until("approved").await;
                Uuid::now_v7().to_string()
            }
            "busy bot" => {
                let bot = Uuid::now_v7().to_string();
                self.order_of(&bot).await;
                bot
            }
            other => panic!("nobody knows how to make <{other}>"),
        }
    }

    /// Waits until baskets has heard of an end that another service has announced.
    async fn see_refused(&self, method: Method, path: &str, body: &Value) {
        mall_testkit::eventually("baskets refuses", async || {
            let answer = self.people.rest.call(method.clone(), path, Some(body.clone())).await;
            matches!(answer, Err(RestError::Refused { status: 400, .. })).then_some(())
        })
        .await;
    }

    /// Of the customer, with so many pieces of the product.
    async fn basket(&mut self, quantity: i64) -> String {
        let (customer, product) = (self.the("customer").await, self.the("product").await);
        let basket = self.people.start_basket(&customer).await;
        self.people.add_item(&basket, &product, quantity).await;
        basket
    }

    /// One piece at 9.00, which is 10.00 by now; and baskets has heard of it.
    async fn basket_with_an_old_price(&mut self) -> String {
        let (customer, product) = (self.the("customer").await, self.the("other product").await);
        let basket = self.people.start_basket(&customer).await;
        self.people.add_item(&basket, &product, 1).await;
        let path = format!("/api/stores/products/{product}/increasePrice");
        self.people.put(&path, json!({"price": dollars(1000)})).await;
        let is_heard = |answer: &Value| answer["basket"]["items"][0]["currentPrice"] == dollars(1000);
        let seen = self.people.rest.wait_for("the new price", &format!("/api/baskets/{basket}"), is_heard).await;
        seen.expect("the price comes");
        basket
    }

    /// A new order of two pieces, taken until it has this status.
    async fn order_until(&mut self, status: &str) -> String {
        let basket = self.basket(2).await;
        let customer = self.the("customer").await;
        let payment = self.people.authorize(&customer, 10_000).await;
        let order = self.people.check_out(&basket, &payment).await;
        self.people.see_order(&order, "approved").await;
        if status == "approved" {
            return order;
        }
        self.people.collect(&order).await;
        self.people.see_order(&order, "ready").await;
        let invoice = format!("/api/payments/invoices/{order}");
        self.people.see(&invoice, "invoice", "pending").await;
        if status == "completed" {
            self.people.put(&format!("{invoice}/pay"), json!({})).await;
            self.people.see_order(&order, "completed").await;
        }
        order
    }

    /// An approved order whose list this bot has.
    async fn order_of(&mut self, bot: &str) -> String {
        let order = self.order_until("approved").await;
        let list = format!("/api/depot/shopping/{order}");
        self.people.see(&list, "shoppingList", "available").await;
        self.people.put(&format!("{list}/assign"), json!({"botId": bot})).await;
        order
    }

    /// An approved order that search knows with its customer's name.
    async fn order_in_search(&mut self) -> String {
        let order = self.order_until("approved").await;
        let is_known = |answer: &Value| {
            let order = &answer["order"];
            order["status"] == "approved" && order["customerName"] == "Ada"
        };
        let path = format!("/api/search/orders/{order}");
        self.people.rest.wait_for("the order in search", &path, is_known).await.expect("search hears of it");
        order
    }
}

/// `product` in `<product>`; nothing in what stands for any value.
fn name_in(text: &str) -> Option<&str> {
    let name = text.strip_prefix('<')?.strip_suffix('>')?;
    (!["an id", "a time", "anything"].contains(&name)).then_some(name)
}

/// Whether an answer is the wanted one. `<an id>`, `<a time>` and `<anything>` stand for what cannot be known before.
pub(super) fn agrees(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::String(wanted), found) if wanted == "<anything>" => !found.is_null(),
        (Value::String(wanted), Value::String(found)) => match wanted.as_str() {
            "<an id>" => Uuid::try_parse(found).is_ok(),
            "<a time>" => found.len() >= 20 && found.ends_with('Z') && found.contains('T'),
            wanted => wanted == found,
        },
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len() && wanted.iter().zip(found).all(|(wanted, found)| agrees(wanted, found))
        }
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.len() == found.len()
                && wanted.iter().all(|(name, wanted)| found.get(name).is_some_and(|found| agrees(wanted, found)))
        }
        _ => wanted == found,
    }
}

#[test]
fn an_answer_agrees_with_all_that_is_known_and_nothing_else() {
    let wanted = json!({"id": "<an id>", "name": "Tea", "items": [{"at": "<a time>"}], "token": "<anything>"});
    let mut found = json!({"id": Uuid::nil(), "name": "Tea", "items": [{"at": "2026-01-31T12:00:00Z"}], "token": ""});
    assert!(agrees(&wanted, &found));
    for (field, other) in [("id", json!("")), ("name", json!("Cake")), ("items", json!([])), ("more", json!(1))] {
        let before = found.clone();
        found[field] = other;
        assert!(!agrees(&wanted, &found), "{found}");
        found = before;
    }
}
