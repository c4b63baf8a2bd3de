//! What baskets promises to others, and what it listens to.

mod heard;

use mall_domain::Currency;
use mall_messaging::{Consumer, event};
use mall_persistence::{Outgoing, Publishes};
use mall_proto::baskets::v1::{self as api, basket_checked_out};
use mall_proto::customers::v1::{CustomerDisabled, CustomerEnabled, CustomerRegistered};
use mall_proto::payments::v1::{PaymentAuthorized, PaymentCaptured, PaymentConfirmed, PaymentReleased, PaymentVoided};
use mall_proto::stores::v1::{
    ProductAdded, ProductPriceChanged, ProductRebranded, ProductRemoved, StoreCreated, StoreParticipationToggled,
    StoreRebranded,
};
use mall_service::wire;

use crate::domain::{Basket, BasketEvent, BasketId, Line};

impl Publishes for Basket {
    fn message(&self, key: BasketId, happened: &BasketEvent) -> Option<Outgoing> {
        let id = key.to_string();
        let customer_id = self.customer()?.to_string();
        match happened {
            BasketEvent::Started { .. } => Some(event(key, &api::BasketStarted { id, customer_id })),
            BasketEvent::ItemAdded { .. } | BasketEvent::ItemRemoved { .. } | BasketEvent::PricesAccepted { .. } => {
                None
            }
            BasketEvent::Canceled => Some(event(key, &api::BasketCanceled { id, customer_id })),
            BasketEvent::CheckedOut { payment, total } => {
                let payment_id = payment.to_string();
                let items = self.lines().iter().map(item).collect();
                let total = Some(wire::money(*total));
                Some(event(key, &api::BasketCheckedOut { id, customer_id, payment_id, items, total }))
            }
        }
    }
}

fn item(line: &Line) -> basket_checked_out::Item {
    basket_checked_out::Item {
        product_id: line.product.to_string(),
        store_id: line.store.to_string(),
        product_name: line.product_name.clone(),
        store_name: line.store_name.clone(),
        price: Some(wire::money(line.price)),
        quantity: i32::try_from(line.quantity).expect("at most 999"),
    }
}

/// What baskets handles: facts of others, to be remembered.
#[derive(Clone)]
pub struct Messages {
    pub currency: Currency,
}

pub fn consumer(messages: Messages) -> Consumer<Messages> {
    Consumer::new("baskets", messages)
        .on_fact::<StoreCreated>()
        .on_fact::<StoreParticipationToggled>()
        .on_fact::<StoreRebranded>()
        .on_fact::<ProductAdded>()
        .on_fact::<ProductRebranded>()
        .on_fact::<ProductPriceChanged>()
        .on_fact::<ProductRemoved>()
        .on_fact::<CustomerRegistered>()
        .on_fact::<CustomerEnabled>()
        .on_fact::<CustomerDisabled>()
        .on_fact::<PaymentAuthorized>()
        .on_fact::<PaymentConfirmed>()
        .on_fact::<PaymentReleased>()
        .on_fact::<PaymentVoided>()
        .on_fact::<PaymentCaptured>()
}
