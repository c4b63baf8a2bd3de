//! What people do in a mall, by REST through the gateway.

use std::time::{Duration, Instant};

use mall_cli::rest::{Rest, RestError, dollars};
use serde_json::{Value, json};
use uuid::Uuid;

/// A client of the API that expects to be served, but where it says otherwise.
#[derive(Clone, Debug)]
pub(crate) struct People {
    pub(crate) rest: Rest,
}

impl People {
    pub(crate) fn new(rest: Rest) -> Self {
        Self { rest }
    }

    async fn create(&self, path: &str, body: Value) -> String {
        let id = self.rest.create(path, body).await.expect("a new thing is made");
        assert!(Uuid::try_parse(&id).is_ok(), "POST {path} answered no id but {id:?}");
        id
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Value {
        self.rest.put(path, body).await.expect("a change is taken")
    }

    pub(crate) async fn delete(&self, path: &str) {
        self.rest.call(reqwest::Method::DELETE, path, None).await.expect("an end is taken");
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.rest.get(path).await.expect("there is an answer")
    }

    /// A store that takes part.
    pub(crate) async fn open_store(&self, name: &str) -> String {
        let store = self.create("/api/stores", json!({"name": name, "location": "ground floor"})).await;
        self.put(&format!("/api/stores/{store}/participating"), json!({})).await;
        store
    }

    pub(crate) async fn add_product(&self, store: &str, name: &str, cents: i64) -> String {
        let product = json!({"name": name, "description": "", "sku": name, "price": dollars(cents)});
        self.create(&format!("/api/stores/{store}/products"), product).await
    }

    pub(crate) async fn register(&self, name: &str) -> String {
        self.register_with_number(name, "+12025550100").await
    }

    pub(crate) async fn register_with_number(&self, name: &str, number: &str) -> String {
        self.create("/api/customers", json!({"name": name, "smsNumber": number})).await
    }

    pub(crate) async fn disable(&self, customer: &str) {
        self.put(&format!("/api/customers/{customer}/disable"), json!({})).await;
    }

    pub(crate) async fn authorize(&self, customer: &str, cents: i64) -> String {
        self.create("/api/payments", json!({"customerId": customer, "amount": dollars(cents)})).await
    }

    pub(crate) async fn start_basket(&self, customer: &str) -> String {
        self.create("/api/baskets", json!({"customerId": customer})).await
    }

    pub(crate) async fn add_item(&self, basket: &str, product: &str, quantity: i64) {
        let item = json!({"productId": product, "quantity": quantity});
        self.put(&format!("/api/baskets/{basket}/addItem"), item).await;
    }

    /// The order's id.
    pub(crate) async fn check_out(&self, basket: &str, payment: &str) -> String {
        self.try_to_check_out(basket, payment).await.expect("a checkout is taken")
    }

    pub(crate) async fn try_to_check_out(&self, basket: &str, payment: &str) -> Result<String, RestError> {
        let answer = self.rest.put(&format!("/api/baskets/{basket}/checkout"), json!({"paymentId": payment})).await?;
        Ok(answer["orderId"].as_str().expect("a checkout answers the order's id").to_owned())
    }

    /// Again and again, until it is acknowledged: what nobody answered may be repeated.
    pub(crate) async fn check_out_at_last(&self, basket: &str, payment: &str) -> String {
        self.check_out_meanwhile(basket, payment, |_, _| {}).await
    }

    /// The same; `failed` is told why an attempt was not served, and how long it took to say so.
    pub(crate) async fn check_out_meanwhile(
        &self,
        basket: &str,
        payment: &str,
        mut failed: impl FnMut(&RestError, Duration),
    ) -> String {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let begin = Instant::now();
            match self.try_to_check_out(basket, payment).await {
                Ok(order) => return order,
                Err(error @ RestError::Refused { status: ..500, .. }) => panic!("a checkout was refused: {error}"),
                Err(error) => {
                    failed(&error, begin.elapsed());
                    assert!(Instant::now() < deadline, "a checkout is not taken: {error}");
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn order(&self, order: &str) -> Value {
        self.get(&format!("/api/ordering/{order}")).await["order"].take()
    }

    pub(crate) async fn cancel(&self, order: &str) {
        self.delete(&format!("/api/ordering/{order}")).await;
    }

    /// Waits until the order has this status.
    pub(crate) async fn see_order(&self, order: &str, status: &str) -> Value {
        self.see(&format!("/api/ordering/{order}"), "order", status).await
    }

    /// Waits until the order is approved or rejected, and says which.
    pub(crate) async fn see_decided(&self, order: &str) -> String {
        let decided = |answer: &Value| answer["order"]["status"].as_str().is_some_and(|status| status != "pending");
        let seen = self.rest.wait_for("a decision", &format!("/api/ordering/{order}"), decided).await;
        let seen = seen.unwrap_or_else(|error| panic!("{error}"));
        seen["order"]["status"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits until what answers under `name` has this status.
    pub(crate) async fn see(&self, path: &str, name: &str, status: &str) -> Value {
        let wanted = |answer: &Value| answer[name]["status"] == status;
        let seen = self.rest.wait_for(&format!("{name} {status}"), path, wanted).await;
        seen.unwrap_or_else(|error| panic!("{error}"))[name].take()
    }

    /// Plays the bot, from the list that is available to the one that is completed. A list has its order's id.
    pub(crate) async fn collect(&self, order: &str) {
        let list = format!("/api/depot/shopping/{order}");
        self.see(&list, "shoppingList", "available").await;
        self.put(&format!("{list}/assign"), json!({"botId": Uuid::now_v7()})).await;
        self.put(&format!("{list}/complete"), json!({})).await;
    }
}
