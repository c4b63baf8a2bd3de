//! Whom the depot asks: stores, for products that it has not heard of yet.

use mall_domain::InField;
use mall_persistence::Error;
use mall_proto::stores::v1::stores_service_client::StoresServiceClient;
use mall_proto::stores::v1::{GetProductsRequest, Product};
use mall_service::{Peer, peer_away};

use crate::domain::{ProductId, ProductNews, StoreId, StoreNews};

/// How many products stores tells of in one answer.
const AT_ONCE: usize = 100;

#[derive(Clone)]
pub struct StoresPeer {
    client: StoresServiceClient<Peer>,
}

impl StoresPeer {
    pub fn new(peer: Peer) -> Self {
        Self { client: StoresServiceClient::new(peer) }
    }

    /// All there is to know of these products and of their stores; unknown ones are left out.
    pub async fn products(&self, products: &[ProductId]) -> Result<Vec<(ProductNews, StoreNews)>, Error> {
        let mut news = Vec::with_capacity(products.len());
        for products in products.chunks(AT_ONCE) {
            let ids = products.iter().map(ToString::to_string).collect();
            let answer = self.client.clone().get_products(GetProductsRequest { ids }).await;
            let products = answer.map_err(|status| peer_away("stores", &status))?.into_inner().products;
            for product in products {
                news.push(told(product)?);
            }
        }
        Ok(news)
    }
}

fn told(product: Product) -> Result<(ProductNews, StoreNews), Error> {
    let store = StoreId::parse(&product.store_id).in_field("storeId")?;
    let product_news = ProductNews {
        id: ProductId::parse(&product.id)?,
        version: product.version,
        store: Some(store),
        name: Some(product.name),
        removed: product.removed,
    };
    let store_news = StoreNews {
        id: store,
        version: product.store_version,
        name: Some(product.store_name),
        location: Some(product.store_location),
    };
    Ok((product_news, store_news))
}
