//! What can be done with stores and their products.

use mall_domain::{Aggregate, AggregateId, Money, Refused};
use mall_persistence::{Error, Work};
use uuid::Uuid;

use crate::domain::{NewProduct, Product, ProductId, Store, StoreId};
use crate::projections::products::{self, ListedProduct};
use crate::projections::stores::{self, ListedStore};

#[derive(Clone)]
pub struct Stores;

impl Stores {
    pub fn create(&self, work: &mut Work, name: &str, location: &str) -> Result<StoreId, Error> {
        let created = Store::create(name, location).map_err(Refused::from)?;
        let id = StoreId::from(Uuid::now_v7());
        work.create::<Store>(id, created)?;
        Ok(id)
    }

    pub async fn get(&self, work: &mut Work, id: StoreId) -> Result<ListedStore, Error> {
        let store = work.load::<Store>(id).await?.clone();
        let (_, version) = work.find::<Store>(id).await?;
        Ok(ListedStore { id, version, store })
    }

    pub async fn list(&self, work: &Work, after: Option<Uuid>, limit: i64) -> Result<Vec<ListedStore>, Error> {
        stores::all(work.database(), after, limit).await
    }

    pub async fn list_participating(
        &self,
        work: &Work,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<ListedStore>, Error> {
        stores::participating(work.database(), after, limit).await
    }

    pub async fn list_these(&self, work: &Work, ids: &[StoreId]) -> Result<Vec<ListedStore>, Error> {
        stores::by_ids(work.database(), ids).await
    }

    pub async fn rebrand(&self, work: &mut Work, id: StoreId, name: &str) -> Result<(), Error> {
        work.update(id, |store: &Store| store.rebrand(name)).await
    }

    pub async fn enable_participation(&self, work: &mut Work, id: StoreId) -> Result<(), Error> {
        work.update(id, Store::enable_participation).await
    }

    pub async fn disable_participation(&self, work: &mut Work, id: StoreId) -> Result<(), Error> {
        work.update(id, Store::disable_participation).await
    }

    pub async fn add_product(&self, work: &mut Work, new: &NewProduct) -> Result<ProductId, Error> {
        let added = Product::add(new).map_err(Refused::from)?;
        work.load::<Store>(new.store_id).await?;
        let id = ProductId::from(Uuid::now_v7());
        work.create::<Product>(id, added)?;
        Ok(id)
    }

    /// The store's products; an empty page only of a store that exists.
    pub async fn catalog(
        &self,
        work: &mut Work,
        store: StoreId,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<ListedProduct>, Error> {
        let products = products::catalog(work.database(), store, after, limit).await?;
        if products.is_empty() {
            work.load::<Store>(store).await?;
        }
        Ok(products)
    }

    /// A product that is not removed. Read from the table: it shows the store beside it.
    pub async fn product(&self, work: &Work, id: ProductId) -> Result<ListedProduct, Error> {
        let product = products::by_ids(work.database(), &[id]).await?.pop().filter(|product| !product.removed);
        product.ok_or(Error::NotFound { kind: Product::KIND, id: id.uuid() })
    }

    /// Those of these products that were ever added, the removed ones too.
    pub async fn products(&self, work: &Work, ids: &[ProductId]) -> Result<Vec<ListedProduct>, Error> {
        products::by_ids(work.database(), ids).await
    }

    pub async fn rebrand_product(
        &self,
        work: &mut Work,
        id: ProductId,
        name: &str,
        description: &str,
    ) -> Result<(), Error> {
        work.update(id, |product: &Product| product.rebrand(name, description)).await
    }

    pub async fn increase_price(&self, work: &mut Work, id: ProductId, price: Money) -> Result<(), Error> {
        work.update(id, |product: &Product| product.increase_price(price)).await
    }

    pub async fn decrease_price(&self, work: &mut Work, id: ProductId, price: Money) -> Result<(), Error> {
        work.update(id, |product: &Product| product.decrease_price(price)).await
    }

    pub async fn remove_product(&self, work: &mut Work, id: ProductId) -> Result<(), Error> {
        work.update(id, Product::remove).await
    }
}
