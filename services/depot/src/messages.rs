//! What the depot promises to others, and what it listens to.

#![deny(clippy::wildcard_enum_match_arm)]

use mall_domain::InField;
use mall_messaging::{Consumer, Handle, Prepare, Received, event, undecodable};
use mall_persistence::{Error, Outgoing, Publishes, Work};
use mall_proto::depot::v1::{
    CancelShoppingList, CreateShoppingList, InitiateShopping, ShoppingListCanceled, ShoppingListCompleted,
    create_shopping_list,
};
use mall_proto::stores::v1::{ProductAdded, ProductRebranded, ProductRemoved, StoreCreated, StoreRebranded};

use crate::app::Depot;
use crate::domain::{
    Bot, BotEvent, BotId, OrderId, ProductId, ProductNews, ShoppingList, ShoppingListEvent, ShoppingListId, StoreId,
    StoreNews, Wanted,
};

impl Publishes for ShoppingList {
    fn message(&self, id: ShoppingListId, happened: &ShoppingListEvent) -> Option<Outgoing> {
        let order = self.listed()?.order;
        let (id, order_id) = (id.to_string(), order.to_string());
        match happened {
            ShoppingListEvent::Completed => Some(event(order, &ShoppingListCompleted { id, order_id })),
            ShoppingListEvent::Canceled => Some(event(order, &ShoppingListCanceled { id, order_id })),
            // The order that goods are returned for has ended before: nobody waits for that.
            ShoppingListEvent::Returned
            | ShoppingListEvent::Created { .. }
            | ShoppingListEvent::Initiated
            | ShoppingListEvent::Assigned { .. }
            | ShoppingListEvent::CanceledBeforehand => None,
        }
    }
}

impl Publishes for Bot {
    fn message(&self, _: BotId, happened: &BotEvent) -> Option<Outgoing> {
        match happened {
            BotEvent::Assigned { .. } | BotEvent::Freed => None,
        }
    }
}

pub fn consumer(app: Depot) -> Consumer<Depot> {
    Consumer::new("depot", app)
        .on_command::<CreateShoppingList, ShoppingList>(|m| ShoppingListId::parse(&m.id))
        .prepared::<CreateShoppingList>()
        .on_command::<InitiateShopping, ShoppingList>(|m| ShoppingListId::parse(&m.id))
        .on_undo::<CancelShoppingList, ShoppingList>(|m| ShoppingListId::parse(&m.id))
        .on_fact::<ProductAdded>()
        .on_fact::<ProductRebranded>()
        .on_fact::<ProductRemoved>()
        .on_fact::<StoreCreated>()
        .on_fact::<StoreRebranded>()
}

impl Prepare<CreateShoppingList> for Depot {
    async fn prepare(&self, work: &mut Work, commands: &[&CreateShoppingList]) -> Result<(), Error> {
        let items = commands.iter().flat_map(|command| &command.items);
        let mut products: Vec<ProductId> = items.filter_map(|item| ProductId::parse(&item.product_id).ok()).collect();
        products.sort();
        products.dedup();
        self.look_up(work, &products).await
    }
}

impl Handle<CreateShoppingList> for Depot {
    async fn handle(&self, work: &mut Work, command: Received<CreateShoppingList>) -> Result<(), Error> {
        let list = ShoppingListId::parse(&command.id).map_err(undecodable)?;
        let order = OrderId::parse(&command.order_id).in_field("orderId").map_err(undecodable)?;
        let wanted = command.items.iter().map(wanted).collect::<Result<Vec<Wanted>, Error>>()?;
        self.create(work, list, order, &wanted).await
    }
}

/// A negative quantity is as wrong as none: the domain says so.
fn wanted(item: &create_shopping_list::Item) -> Result<Wanted, Error> {
    Ok(Wanted {
        product: ProductId::parse(&item.product_id).in_field("productId").map_err(undecodable)?,
        store: StoreId::parse(&item.store_id).in_field("storeId").map_err(undecodable)?,
        quantity: u32::try_from(item.quantity).unwrap_or(0),
    })
}

impl Handle<InitiateShopping> for Depot {
    async fn handle(&self, work: &mut Work, command: Received<InitiateShopping>) -> Result<(), Error> {
        self.initiate(work, ShoppingListId::parse(&command.id).map_err(undecodable)?).await
    }
}

impl Handle<CancelShoppingList> for Depot {
    async fn handle(&self, work: &mut Work, command: Received<CancelShoppingList>) -> Result<(), Error> {
        self.take_back(work, ShoppingListId::parse(&command.id).map_err(undecodable)?).await
    }
}

impl Handle<ProductAdded> for Depot {
    async fn handle(&self, work: &mut Work, product: Received<ProductAdded>) -> Result<(), Error> {
        let store = StoreId::parse(&product.store_id).in_field("storeId").map_err(undecodable)?;
        let name = Some(product.name.clone());
        let news = ProductNews { store: Some(store), name, ..product_news(&product.id, product.version)? };
        self.hear_of_product(work, news);
        Ok(())
    }
}

impl Handle<ProductRebranded> for Depot {
    async fn handle(&self, work: &mut Work, product: Received<ProductRebranded>) -> Result<(), Error> {
        let name = Some(product.name.clone());
        self.hear_of_product(work, ProductNews { name, ..product_news(&product.id, product.version)? });
        Ok(())
    }
}

impl Handle<ProductRemoved> for Depot {
    async fn handle(&self, work: &mut Work, product: Received<ProductRemoved>) -> Result<(), Error> {
        self.hear_of_product(work, ProductNews { removed: true, ..product_news(&product.id, product.version)? });
        Ok(())
    }
}

impl Handle<StoreCreated> for Depot {
    async fn handle(&self, work: &mut Work, store: Received<StoreCreated>) -> Result<(), Error> {
        let (name, location) = (Some(store.name.clone()), Some(store.location.clone()));
        self.hear_of_store(work, StoreNews { name, location, ..store_news(&store.id, store.version)? });
        Ok(())
    }
}

impl Handle<StoreRebranded> for Depot {
    async fn handle(&self, work: &mut Work, store: Received<StoreRebranded>) -> Result<(), Error> {
        let name = Some(store.name.clone());
        self.hear_of_store(work, StoreNews { name, ..store_news(&store.id, store.version)? });
        Ok(())
    }
}

/// That the product is there, and nothing else.
fn product_news(id: &str, version: i64) -> Result<ProductNews, Error> {
    let id = ProductId::parse(id).map_err(undecodable)?;
    Ok(ProductNews { id, version, store: None, name: None, removed: false })
}

/// That the store is there, and nothing else.
fn store_news(id: &str, version: i64) -> Result<StoreNews, Error> {
    let id = StoreId::parse(id).map_err(undecodable)?;
    Ok(StoreNews { id, version, name: None, location: None })
}
