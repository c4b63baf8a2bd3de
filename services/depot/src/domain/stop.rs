//! Stops: the stores on a bot's way, and what it collects in each.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{ProductId, ShoppingListRefusal, StoreId};

/// Pieces of one product at most.
pub const MAX_QUANTITY: u32 = 999;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    pub store: StoreId,
    pub store_name: String,
    pub location: String,
    pub items: Vec<StopItem>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StopItem {
    pub product: ProductId,
    pub name: String,
    pub quantity: u32,
}

/// What an order asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub product: ProductId,
    pub store: StoreId,
    pub quantity: u32,
}

/// What is known of a product and of its store.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    pub name: String,
    pub removed: bool,
    pub store: StoreId,
    pub store_name: String,
    pub location: String,
}

/// What is known of the products that an order may ask for.
pub type Catalog = HashMap<ProductId, Product>;

/// One stop for each store, in the order in which the stores first appear; quantities of equal products are added up.
pub fn stops(wanted: &[Wanted], catalog: &Catalog) -> Result<Vec<Stop>, ShoppingListRefusal> {
    if wanted.is_empty() {
        return Err(ShoppingListRefusal::NoItems);
    }
    let mut stops: Vec<Stop> = Vec::new();
    for line in wanted {
        let product = sold(line, catalog)?;
        let at = stops.iter().position(|stop| stop.store == line.store).unwrap_or_else(|| {
            let (store_name, location) = (product.store_name.clone(), product.location.clone());
            stops.push(Stop { store: line.store, store_name, location, items: Vec::new() });
            stops.len() - 1
        });
        collect(&mut stops[at], line, &product.name)?;
    }
    Ok(stops)
}

fn sold<'a>(line: &Wanted, catalog: &'a Catalog) -> Result<&'a Product, ShoppingListRefusal> {
    let product = catalog.get(&line.product).ok_or(ShoppingListRefusal::UnknownProduct(line.product))?;
    if product.removed {
        return Err(ShoppingListRefusal::RemovedProduct(product.name.clone()));
    }
    if product.store != line.store {
        return Err(ShoppingListRefusal::SoldElsewhere(line.product, line.store));
    }
    Ok(product)
}

fn collect(stop: &mut Stop, line: &Wanted, name: &str) -> Result<(), ShoppingListRefusal> {
    let known = stop.items.iter().position(|item| item.product == line.product);
    let at = known.unwrap_or_else(|| {
        stop.items.push(StopItem { product: line.product, name: name.to_owned(), quantity: 0 });
        stop.items.len() - 1
    });
    let quantity = stop.items[at].quantity.saturating_add(line.quantity);
    if line.quantity == 0 || quantity > MAX_QUANTITY {
        return Err(ShoppingListRefusal::QuantityOutOfRange(quantity));
    }
    stop.items[at].quantity = quantity;
    Ok(())
}

#[cfg(test)]
mod tests {
    use mall_domain::{AggregateId, Uuid};

    use super::*;

    fn id<I: AggregateId>(number: u128) -> I {
        I::from_uuid(Uuid::from_u128(number))
    }

    fn wanted(product: u128, store: u128, quantity: u32) -> Wanted {
        Wanted { product: id(product), store: id(store), quantity }
    }

    fn product(name: &str, store: u128, store_name: &str) -> Product {
        let (name, store_name, location) = (name.to_owned(), store_name.to_owned(), format!("hall {store}"));
        Product { name, removed: false, store: id(store), store_name, location }
    }

    /// Store 10 sells tea (1) and mugs (2), store 20 sells books (3) and used to sell maps (4).
    fn catalog() -> Catalog {
        Catalog::from([
            (id(1), product("Tea", 10, "Teas")),
            (id(2), product("Mug", 10, "Teas")),
            (id(3), product("Book", 20, "Books")),
            (id(4), Product { removed: true, ..product("Map", 20, "Books") }),
        ])
    }

    #[test]
    fn a_bot_visits_each_store_once() {
        let found = stops(&[wanted(1, 10, 2), wanted(3, 20, 1), wanted(2, 10, 1), wanted(1, 10, 3)], &catalog());
        let item = |product, name: &str, quantity| StopItem { product: id(product), name: name.to_owned(), quantity };
        let stop = |store, store_name: &str, items| Stop {
            store: id(store),
            store_name: store_name.to_owned(),
            location: format!("hall {store}"),
            items,
        };
        let expected = vec![
            stop(10, "Teas", vec![item(1, "Tea", 5), item(2, "Mug", 1)]),
            stop(20, "Books", vec![item(3, "Book", 1)]),
        ];
        assert_eq!(found, Ok(expected));
    }

    #[test]
    fn what_cannot_be_collected_is_refused() {
        let refused = |wanted: &[Wanted]| stops(wanted, &catalog()).expect_err("not collectable");
        assert_eq!(refused(&[]), ShoppingListRefusal::NoItems);
        assert_eq!(refused(&[wanted(1, 10, 0)]), ShoppingListRefusal::QuantityOutOfRange(0));
        let too_many = [wanted(1, 10, 999), wanted(1, 10, 1)];
        assert_eq!(refused(&too_many), ShoppingListRefusal::QuantityOutOfRange(1000));
        assert_eq!(refused(&[wanted(5, 10, 1)]), ShoppingListRefusal::UnknownProduct(id(5)));
        assert_eq!(refused(&[wanted(4, 20, 1)]), ShoppingListRefusal::RemovedProduct("Map".to_owned()));
        assert_eq!(refused(&[wanted(1, 20, 1)]), ShoppingListRefusal::SoldElsewhere(id(1), id(20)));
    }
}
