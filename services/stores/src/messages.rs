//! What stores promises. It listens to nobody.

use mall_messaging::event;
use mall_persistence::{Outgoing, Publishes};
use mall_proto::stores::v1::{
    ProductAdded, ProductPriceChanged, ProductRebranded, ProductRemoved, StoreCreated, StoreParticipationToggled,
    StoreRebranded,
};
use mall_service::wire;

use crate::domain::{Product, ProductEvent, ProductId, Store, StoreEvent, StoreId};

impl Publishes for Store {
    fn message(&self, store: StoreId, event_: &StoreEvent) -> Option<Outgoing> {
        let id = store.to_string();
        Some(match event_.clone() {
            StoreEvent::Created { name, location } => event(store, &StoreCreated { id, name, location }),
            StoreEvent::ParticipationToggled { participating } => {
                event(store, &StoreParticipationToggled { id, participating })
            }
            StoreEvent::Rebranded { name } => event(store, &StoreRebranded { id, name }),
        })
    }
}

impl Publishes for Product {
    fn message(&self, product: ProductId, event_: &ProductEvent) -> Option<Outgoing> {
        let id = product.to_string();
        Some(match event_.clone() {
            ProductEvent::Added { store_id, name, description, sku, price } => {
                let (store_id, price) = (store_id.to_string(), Some(wire::money(price)));
                event(product, &ProductAdded { id, store_id, name, description, sku, price })
            }
            ProductEvent::Rebranded { name, description } => {
                event(product, &ProductRebranded { id, name, description })
            }
            ProductEvent::PriceChanged { price } => {
                event(product, &ProductPriceChanged { id, price: Some(wire::money(price)) })
            }
            ProductEvent::Removed => event(product, &ProductRemoved { id }),
        })
    }
}
