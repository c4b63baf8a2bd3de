//! The API of stores: parse, call, answer.

use mall_domain::{AggregateId, InField, parse_ids};
use mall_proto::stores::v1::{self as api, stores_service_server::StoresService};
use mall_service::page::Page;
use mall_service::{Edge, answer, wire};
use tonic::{Request, Response, Status};

use crate::app::Stores;
use crate::domain::{NewProduct, ProductId, StoreId};
use crate::projections::products::ListedProduct;
use crate::projections::stores::ListedStore;

pub struct Server {
    pub edge: Edge,
    pub app: Stores,
}

#[tonic::async_trait]
impl StoresService for Server {
    async fn create_store(
        &self,
        request: Request<api::CreateStoreRequest>,
    ) -> Result<Response<api::CreateStoreResponse>, Status> {
        answer(async {
            let mut work = self.edge.begin(&request);
            let request = request.get_ref();
            let id = self.app.create(&mut work, &request.name, &request.location)?;
            work.commit().await?;
            Ok(api::CreateStoreResponse { id: id.to_string() })
        })
        .await
    }

    async fn get_stores(
        &self,
        request: Request<api::GetStoresRequest>,
    ) -> Result<Response<api::GetStoresResponse>, Status> {
        answer(async {
            let work = self.edge.begin(&request);
            let request = request.get_ref();
            let ids = parse_ids(&request.ids, "ids", StoreId::parse)?;
            let page = Page::parse(request.page_size, &request.page_token, "stores")?;
            if !ids.is_empty() {
                let stores = self.app.list_these(&work, &ids).await?.into_iter().map(store).collect();
                return Ok(api::GetStoresResponse { stores, next_page_token: String::new() });
            }
            let mut stores = self.app.list(&work, page.after, page.limit()).await?;
            let next_page_token = page.cut(&mut stores, "stores", |store| store.id.uuid());
            Ok(api::GetStoresResponse { stores: stores.into_iter().map(store).collect(), next_page_token })
        })
        .await
    }

    async fn get_participating_stores(
        &self,
        request: Request<api::GetParticipatingStoresRequest>,
    ) -> Result<Response<api::GetParticipatingStoresResponse>, Status> {
        answer(async {
            let work = self.edge.begin(&request);
            let request = request.get_ref();
            let page = Page::parse(request.page_size, &request.page_token, "participating")?;
            let mut stores = self.app.list_participating(&work, page.after, page.limit()).await?;
            let next_page_token = page.cut(&mut stores, "participating", |store| store.id.uuid());
            Ok(api::GetParticipatingStoresResponse { stores: stores.into_iter().map(store).collect(), next_page_token })
        })
        .await
    }

    async fn get_store(
        &self,
        request: Request<api::GetStoreRequest>,
    ) -> Result<Response<api::GetStoreResponse>, Status> {
        answer(async {
            let id = StoreId::parse(&request.get_ref().id)?;
            let found = self.app.get(&mut self.edge.begin(&request), id).await?;
            Ok(api::GetStoreResponse { store: Some(store(found)) })
        })
        .await
    }

    async fn enable_participation(
        &self,
        request: Request<api::EnableParticipationRequest>,
    ) -> Result<Response<api::EnableParticipationResponse>, Status> {
        answer(async {
            let id = StoreId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            self.app.enable_participation(&mut work, id).await?;
            work.commit().await?;
            Ok(api::EnableParticipationResponse {})
        })
        .await
    }

    async fn disable_participation(
        &self,
        request: Request<api::DisableParticipationRequest>,
    ) -> Result<Response<api::DisableParticipationResponse>, Status> {
        answer(async {
            let id = StoreId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            self.app.disable_participation(&mut work, id).await?;
            work.commit().await?;
            Ok(api::DisableParticipationResponse {})
        })
        .await
    }

    async fn rebrand_store(
        &self,
        request: Request<api::RebrandStoreRequest>,
    ) -> Result<Response<api::RebrandStoreResponse>, Status> {
        answer(async {
            let id = StoreId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            self.app.rebrand(&mut work, id, &request.get_ref().name).await?;
            work.commit().await?;
            Ok(api::RebrandStoreResponse {})
        })
        .await
    }

    async fn add_product(
        &self,
        request: Request<api::AddProductRequest>,
    ) -> Result<Response<api::AddProductResponse>, Status> {
        answer(async {
            let mut work = self.edge.begin(&request);
            let request = request.into_inner();
            let new = NewProduct {
                store_id: StoreId::parse(&request.store_id).in_field("storeId")?,
                price: wire::parse_money(request.price.as_ref(), "price", self.edge.currency())?,
                name: request.name,
                description: request.description,
                sku: request.sku,
            };
            let id = self.app.add_product(&mut work, &new).await?;
            work.commit().await?;
            Ok(api::AddProductResponse { id: id.to_string() })
        })
        .await
    }

    async fn get_catalog(
        &self,
        request: Request<api::GetCatalogRequest>,
    ) -> Result<Response<api::GetCatalogResponse>, Status> {
        answer(async {
            let mut work = self.edge.begin(&request);
            let request = request.get_ref();
            let store = StoreId::parse(&request.store_id).in_field("storeId")?;
            let filter = store.to_string();
            let page = Page::parse(request.page_size, &request.page_token, &filter)?;
            let mut products = self.app.catalog(&mut work, store, page.after, page.limit()).await?;
            let next_page_token = page.cut(&mut products, &filter, |product| product.id.uuid());
            Ok(api::GetCatalogResponse { products: products.into_iter().map(product).collect(), next_page_token })
        })
        .await
    }

    async fn get_product(
        &self,
        request: Request<api::GetProductRequest>,
    ) -> Result<Response<api::GetProductResponse>, Status> {
        answer(async {
            let id = ProductId::parse(&request.get_ref().id)?;
            let found = self.app.product(&self.edge.begin(&request), id).await?;
            Ok(api::GetProductResponse { product: Some(product(found)) })
        })
        .await
    }

    async fn get_products(
        &self,
        request: Request<api::GetProductsRequest>,
    ) -> Result<Response<api::GetProductsResponse>, Status> {
        answer(async {
            let ids = parse_ids(&request.get_ref().ids, "ids", ProductId::parse)?;
            let products = self.app.products(&self.edge.begin(&request), &ids).await?;
            Ok(api::GetProductsResponse { products: products.into_iter().map(product).collect() })
        })
        .await
    }

    async fn rebrand_product(
        &self,
        request: Request<api::RebrandProductRequest>,
    ) -> Result<Response<api::RebrandProductResponse>, Status> {
        answer(async {
            let id = ProductId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            let request = request.get_ref();
            self.app.rebrand_product(&mut work, id, &request.name, &request.description).await?;
            work.commit().await?;
            Ok(api::RebrandProductResponse {})
        })
        .await
    }

    async fn increase_product_price(
        &self,
        request: Request<api::IncreaseProductPriceRequest>,
    ) -> Result<Response<api::IncreaseProductPriceResponse>, Status> {
        answer(async {
            let id = ProductId::parse(&request.get_ref().id)?;
            let price = wire::parse_money(request.get_ref().price.as_ref(), "price", self.edge.currency())?;
            let mut work = self.edge.begin(&request);
            self.app.increase_price(&mut work, id, price).await?;
            work.commit().await?;
            Ok(api::IncreaseProductPriceResponse {})
        })
        .await
    }

    async fn decrease_product_price(
        &self,
        request: Request<api::DecreaseProductPriceRequest>,
    ) -> Result<Response<api::DecreaseProductPriceResponse>, Status> {
        answer(async {
            let id = ProductId::parse(&request.get_ref().id)?;
            let price = wire::parse_money(request.get_ref().price.as_ref(), "price", self.edge.currency())?;
            let mut work = self.edge.begin(&request);
            self.app.decrease_price(&mut work, id, price).await?;
            work.commit().await?;
            Ok(api::DecreaseProductPriceResponse {})
        })
        .await
    }

    async fn remove_product(
        &self,
        request: Request<api::RemoveProductRequest>,
    ) -> Result<Response<api::RemoveProductResponse>, Status> {
        answer(async {
            let id = ProductId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            self.app.remove_product(&mut work, id).await?;
            work.commit().await?;
            Ok(api::RemoveProductResponse {})
        })
        .await
    }
}

fn store(listed: ListedStore) -> api::Store {
    api::Store {
        id: listed.id.to_string(),
        name: listed.store.name,
        location: listed.store.location,
        participating: listed.store.participating,
        version: listed.version,
    }
}

fn product(listed: ListedProduct) -> api::Product {
    api::Product {
        id: listed.id.to_string(),
        store_id: listed.store.id.to_string(),
        name: listed.name,
        description: listed.description,
        sku: listed.sku,
        price: Some(wire::money(listed.price)),
        version: listed.version,
        removed: listed.removed,
        store_name: listed.store.store.name,
        store_location: listed.store.store.location,
        participating: listed.store.store.participating,
        store_version: listed.store.version,
    }
}
