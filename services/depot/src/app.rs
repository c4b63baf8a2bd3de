//! What can be done with shopping lists.

use std::sync::Arc;

use mall_domain::{AggregateId, Refused, Uuid};
use mall_persistence::{Error, Loader, Work};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::domain::{
    Bot, BotId, Catalog, Listed, OrderId, ProductId, ProductNews, ShoppingList, ShoppingListId, ShoppingListRefusal,
    Status, StoreNews, Wanted,
};
use crate::peers::StoresPeer;
use crate::projections::{lists, products};

/// What was looked up for a batch.
struct LookedUp(Catalog);

#[derive(Clone)]
pub struct Depot {
    stores: StoresPeer,
    claims: Arc<Mutex<()>>,
}

impl Depot {
    pub fn new(stores: StoresPeer) -> Self {
        Self { stores, claims: Arc::new(Mutex::new(())) }
    }

    /// Makes a list of what an order asks for.
    pub async fn create(
        &self,
        work: &mut Work,
        list: ShoppingListId,
        order: OrderId,
        wanted: &[Wanted],
    ) -> Result<(), Error> {
        let catalog = self.catalog(work, wanted).await?;
        work.update_or_begin(list, |l: &ShoppingList| l.create(order, wanted, &catalog)).await
    }

    /// Reads what a whole batch of orders wants with one query.
    pub async fn look_up(&self, work: &mut Work, wanted: &[ProductId]) -> Result<(), Error> {
        let known = products::known(work.database(), wanted).await?;
        work.remember(LookedUp(known));
        Ok(())
    }

    /// The wanted products as far as they exist: from what was heard, else from stores itself.
    async fn catalog(&self, work: &mut Work, wanted: &[Wanted]) -> Result<Catalog, Error> {
        let mut ids: Vec<ProductId> = wanted.iter().map(|line| line.product).collect();
        ids.sort();
        ids.dedup();
        let mut catalog = Catalog::new();
        if let Some(LookedUp(known)) = work.recall() {
            catalog.extend(
                ids.iter().filter_map(|id| known.get_key_value(id)).map(|(id, product)| (*id, product.clone())),
            );
        }
        ids.retain(|id| !catalog.contains_key(id));
        if ids.is_empty() {
            return Ok(catalog);
        }
        for (product, store) in self.stores.products(&ids).await? {
            work.project(product.clone());
            work.project(store.clone());
            let id = product.id;
            catalog.extend(product.product(store).map(|product| (id, product)));
        }
        Ok(catalog)
    }

    pub async fn initiate(&self, work: &mut Work, list: ShoppingListId) -> Result<(), Error> {
        work.update(list, ShoppingList::initiate).await
    }

    /// Undoes `create`, also where nothing was created.
    pub async fn take_back(&self, work: &mut Work, list: ShoppingListId) -> Result<(), Error> {
        let bot = work.find::<ShoppingList>(list).await?.0.collecting_bot();
        work.update_or_begin(list, |l: &ShoppingList| Ok::<_, ShoppingListRefusal>(l.take_back())).await?;
        free(work, bot, list).await
    }

    /// A place in the queue of those who claim; kept until the claim is committed. Bots that claim at once would all
    /// reach for the same list, and all but one in vain.
    pub async fn claim_turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.claims).lock_owned().await
    }

    /// Gives the bot the list that has waited longest.
    pub async fn claim(&self, work: &mut Work, bot: BotId) -> Result<ShoppingListId, Error> {
        let oldest = lists::oldest_available(work.database()).await?;
        let list = oldest.ok_or_else(|| Refused::from(ShoppingListRefusal::NoneAvailable))?;
        // Between the two reads another bot may have taken it: that is a lost race, not a broken rule.
        if existing(work, list).await?.status() != Status::Available {
            return Err(Error::Conflict);
        }
        self.assign(work, list, bot).await?;
        Ok(list)
    }

    pub async fn assign(&self, work: &mut Work, list: ShoppingListId, bot: BotId) -> Result<(), Error> {
        existing(work, list).await?;
        work.update(list, |l: &ShoppingList| l.assign(bot)).await?;
        work.update_or_begin(bot, |b: &Bot| b.assign(list)).await
    }

    pub async fn complete(&self, work: &mut Work, list: ShoppingListId) -> Result<(), Error> {
        let bot = existing(work, list).await?.collecting_bot();
        work.update(list, ShoppingList::complete).await?;
        free(work, bot, list).await
    }

    /// Cancels on request of an operator.
    pub async fn cancel(&self, work: &mut Work, list: ShoppingListId) -> Result<(), Error> {
        let bot = existing(work, list).await?.collecting_bot();
        work.update(list, ShoppingList::cancel).await?;
        free(work, bot, list).await
    }

    pub async fn get<'a>(&self, work: &'a mut Work, list: ShoppingListId) -> Result<&'a ShoppingList, Error> {
        existing(work, list).await
    }

    /// At most `limit` lists after `after`, ordered by id; of one status or of all.
    pub async fn list(
        &self,
        work: &mut Work,
        status: Option<Status>,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<(ShoppingListId, ShoppingList)>, Error> {
        let ids = lists::page(work.database(), status, after, limit).await?;
        let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        work.prefetch(Loader::of::<ShoppingList>(), &uuids).await?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.push((id, work.load::<ShoppingList>(id).await?.clone()));
        }
        Ok(found)
    }

    pub fn hear_of_product(&self, work: &mut Work, news: ProductNews) {
        work.project(news);
    }

    pub fn hear_of_store(&self, work: &mut Work, news: StoreNews) {
        work.project(news);
    }
}

/// The list; a tombstone is none.
async fn existing(work: &mut Work, list: ShoppingListId) -> Result<&ShoppingList, Error> {
    let found = work.load::<ShoppingList>(list).await?;
    match found.listed() {
        Some(Listed { .. }) => Ok(found),
        None => Err(Error::NotFound { kind: "depot.ShoppingList", id: list.uuid() }),
    }
}

async fn free(work: &mut Work, bot: Option<BotId>, list: ShoppingListId) -> Result<(), Error> {
    match bot {
        Some(bot) => work.update(bot, |b: &Bot| b.free(list)).await,
        None => Ok(()),
    }
}
