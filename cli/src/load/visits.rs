//! What people and bots do when they come, and what they leave for others to go on with.

use std::{collections::VecDeque, sync::Mutex};

use mall_cli::rest::{Rest, RestError, dollars};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::mix::Kind;
use crate::{arrivals::Chance, verbs::seed};

const CUSTOMERS: usize = 20;
/// Different products in a basket at most.
const LINES: usize = 3;
/// Covers every basket that is filled here.
const PAYMENT_CENTS: i64 = 1_000_000;

/// How a visit ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Served,
    /// There was nothing to do: no order to cancel, no list to collect, no invoice to pay.
    Nothing,
    /// The mall said no, and why: somebody else was faster, or a rule forbids it.
    Refused,
    /// No answer, or one that is the mall's fault.
    Failed(RestError),
}

/// A mall with people who know it.
pub(super) struct Mall {
    rest: Rest,
    customers: Vec<String>,
    stores: Vec<String>,
    products: Vec<String>,
    /// Filled, with whose they are.
    baskets: Mutex<VecDeque<(String, String)>>,
    placed: Mutex<VecDeque<String>>,
    collected: Mutex<VecDeque<String>>,
}

impl Mall {
    pub(super) async fn open(rest: Rest) -> Result<Self, RestError> {
        seed::into_an_empty_mall(&rest).await?;
        let mut customers = Vec::new();
        for number in 0..CUSTOMERS {
            let customer = json!({"name": format!("Visitor {number}"), "smsNumber": "+12025550100"});
            customers.push(rest.create("/api/customers", customer).await?);
        }
        let found = rest.get("/api/stores/participating?pageSize=20").await?;
        let stores = ids(&found["stores"]);
        let mut products = Vec::new();
        for store in &stores {
            products.extend(ids(&rest.get(&format!("/api/stores/{store}/products?pageSize=50")).await?["products"]));
        }
        if products.is_empty() {
            return Err(RestError::Unexpected("no participating store has a product to sell".to_owned()));
        }
        Ok(Self {
            rest,
            customers,
            stores,
            products,
            baskets: Mutex::default(),
            placed: Mutex::default(),
            collected: Mutex::default(),
        })
    }

    pub(super) async fn visit(&self, kind: Kind, chance: Chance) -> Ended {
        let visited = match kind {
            Kind::Browse => self.browse(chance).await,
            Kind::Basket => self.fill(chance).await.map(|basket| {
                leave(&self.baskets, basket);
                Ended::Served
            }),
            Kind::Checkout => self.check_out(chance).await,
            Kind::Cancel => self.cancel().await,
            Kind::Pay => self.pay().await,
            Kind::Bots => self.collect().await,
        };
        match visited {
            Ok(ended) => ended,
            Err(RestError::Refused { status, .. }) if status < 500 => Ended::Refused,
            Err(error) => Ended::Failed(error),
        }
    }

    async fn browse(&self, mut chance: Chance) -> Result<Ended, RestError> {
        self.rest.get("/api/stores/participating").await?;
        let store = &self.stores[chance.below(self.stores.len())];
        self.rest.get(&format!("/api/stores/{store}/products")).await?;
        let product = &self.products[chance.below(self.products.len())];
        self.rest.get(&format!("/api/stores/products/{product}")).await?;
        Ok(Ended::Served)
    }

    /// A basket with something in it, and whose it is.
    async fn fill(&self, mut chance: Chance) -> Result<(String, String), RestError> {
        let customer = self.customers[chance.below(self.customers.len())].clone();
        let basket = self.rest.create("/api/baskets", json!({"customerId": customer})).await?;
        for _ in 0..=chance.below(LINES) {
            let product = &self.products[chance.below(self.products.len())];
            let item = json!({"productId": product, "quantity": 1 + chance.below(3)});
            self.rest.put(&format!("/api/baskets/{basket}/addItem"), item).await?;
        }
        self.rest.get(&format!("/api/baskets/{basket}")).await?;
        Ok((basket, customer))
    }

    async fn check_out(&self, chance: Chance) -> Result<Ended, RestError> {
        let (basket, customer) = match take(&self.baskets) {
            Some(filled) => filled,
            None => self.fill(chance).await?,
        };
        let payment = json!({"customerId": customer, "amount": dollars(PAYMENT_CENTS)});
        let payment = self.rest.create("/api/payments", payment).await?;
        self.rest.put(&format!("/api/baskets/{basket}/checkout"), json!({"paymentId": payment})).await?;
        leave(&self.placed, basket);
        Ok(Ended::Served)
    }

    async fn cancel(&self) -> Result<Ended, RestError> {
        let Some(order) = take(&self.placed) else { return Ok(Ended::Nothing) };
        self.rest.call(Method::DELETE, &format!("/api/ordering/{order}"), None).await?;
        Ok(Ended::Served)
    }

    async fn pay(&self) -> Result<Ended, RestError> {
        let Some(order) = take(&self.collected) else { return Ok(Ended::Nothing) };
        self.rest.put(&format!("/api/payments/invoices/{order}/pay"), json!({})).await?;
        Ok(Ended::Served)
    }

    async fn collect(&self) -> Result<Ended, RestError> {
        let bot = json!({"botId": Uuid::now_v7()});
        let claimed = match self.rest.post("/api/depot/shopping/claim", bot).await {
            Err(RestError::Refused { status: 404, .. }) => return Ok(Ended::Nothing),
            claimed => claimed?,
        };
        let list = &claimed["shoppingList"];
        let id = list["id"].as_str().unwrap_or_default();
        self.rest.put(&format!("/api/depot/shopping/{id}/complete"), json!({})).await?;
        leave(&self.collected, list["orderId"].as_str().unwrap_or_default().to_owned());
        Ok(Ended::Served)
    }
}

fn ids(list: &Value) -> Vec<String> {
    let things = list.as_array().into_iter().flatten();
    things.filter_map(|thing| thing["id"].as_str().map(str::to_owned)).collect()
}

fn leave<T>(for_others: &Mutex<VecDeque<T>>, thing: T) {
    for_others.lock().expect("nobody panics with the lock").push_back(thing);
}

/// The oldest.
fn take<T>(from_others: &Mutex<VecDeque<T>>) -> Option<T> {
    from_others.lock().expect("nobody panics with the lock").pop_front()
}
