//! Whom ordering asks: stores, for the names and prices of an operator's order.

use std::collections::HashMap;

use mall_domain::{Currency, InField};
use mall_persistence::Error;
use mall_proto::stores::v1::stores_service_client::StoresServiceClient;
use mall_proto::stores::v1::{GetProductsRequest, Product};
use mall_service::{Peer, peer_away, wire};

use crate::domain::{Offer, ProductId, StoreId};

#[derive(Clone)]
pub struct StoresPeer {
    client: StoresServiceClient<Peer>,
    currency: Currency,
}

impl StoresPeer {
    pub fn new(peer: Peer, currency: Currency) -> Self {
        Self { client: StoresServiceClient::new(peer), currency }
    }

    /// What the stores offer of these products, at most 100; unknown ones are left out.
    pub async fn offers(&self, products: &[ProductId]) -> Result<HashMap<ProductId, Offer>, Error> {
        let ids = products.iter().map(ToString::to_string).collect();
        let answer = self.client.clone().get_products(GetProductsRequest { ids }).await;
        let products = answer.map_err(|status| peer_away("stores", &status))?.into_inner().products;
        products.into_iter().map(|product| self.offer(product)).collect()
    }

    fn offer(&self, product: Product) -> Result<(ProductId, Offer), Error> {
        let id = ProductId::parse(&product.id)?;
        let offer = Offer {
            name: product.name,
            price: wire::parse_money(product.price.as_ref(), "price", self.currency)?,
            removed: product.removed,
            store: StoreId::parse(&product.store_id).in_field("storeId")?,
            store_name: product.store_name,
            participating: product.participating,
        };
        Ok((id, offer))
    }
}
