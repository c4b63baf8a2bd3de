//! A line of an order: how many pieces of a product, from which store, at which price.

use std::collections::HashMap;

use mall_domain::Money;
use serde::{Deserialize, Serialize};

use super::{OrderRefusal, ProductId, StoreId};

/// Lines of one order at most.
pub const MAX_ITEMS: usize = 100;

/// Pieces of one line at most.
pub const MAX_QUANTITY: u32 = 999;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub product: ProductId,
    pub product_name: String,
    pub store: StoreId,
    pub store_name: String,
    /// Of one piece.
    pub price: Money,
    pub quantity: u32,
}

/// What an operator orders; names and prices are the store's.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub product: ProductId,
    pub quantity: u32,
}

/// A product as its store offers it now.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub name: String,
    pub price: Money,
    pub removed: bool,
    pub store: StoreId,
    pub store_name: String,
    pub participating: bool,
}

/// The products that are to be asked for, each once.
pub fn products(lines: &[Line]) -> Result<Vec<ProductId>, OrderRefusal> {
    if lines.is_empty() {
        return Err(OrderRefusal::NoItems);
    }
    let mut products: Vec<ProductId> = lines.iter().map(|line| line.product).collect();
    products.sort();
    products.dedup();
    if products.len() > MAX_ITEMS {
        return Err(OrderRefusal::TooManyItems(products.len()));
    }
    Ok(products)
}

/// The lines at today's prices, as far as they can be bought today.
pub fn priced(lines: &[Line], offers: &HashMap<ProductId, Offer>) -> Result<Vec<Item>, OrderRefusal> {
    lines.iter().map(|line| price(line, offers)).collect()
}

fn price(line: &Line, offers: &HashMap<ProductId, Offer>) -> Result<Item, OrderRefusal> {
    let offer = offers.get(&line.product).ok_or(OrderRefusal::UnknownProduct(line.product))?;
    if offer.removed {
        return Err(OrderRefusal::ProductRemoved(offer.name.clone()));
    }
    if !offer.participating {
        return Err(OrderRefusal::StoreNotParticipating(offer.store_name.clone()));
    }
    let (product_name, store_name) = (offer.name.clone(), offer.store_name.clone());
    let Line { product, quantity } = *line;
    Ok(Item { product, product_name, store: offer.store, store_name, price: offer.price, quantity })
}

/// One line for each product, in the order in which the products first appear.
pub(super) fn added_up(items: Vec<Item>) -> Vec<Item> {
    let mut lines: Vec<Item> = Vec::with_capacity(items.len());
    for item in items {
        match lines.iter_mut().find(|line| line.product == item.product) {
            Some(line) => line.quantity = line.quantity.saturating_add(item.quantity),
            None => lines.push(item),
        }
    }
    lines
}

/// What all lines cost together.
pub(super) fn total(items: &[Item]) -> Result<Money, OrderRefusal> {
    let Some(first) = items.first() else {
        return Err(OrderRefusal::NoItems);
    };
    if items.len() > MAX_ITEMS {
        return Err(OrderRefusal::TooManyItems(items.len()));
    }
    let mut total = Money::zero(first.price.currency);
    for item in items {
        if !(1..=MAX_QUANTITY).contains(&item.quantity) {
            return Err(OrderRefusal::QuantityOutOfRange(item.quantity));
        }
        if !item.price.is_positive() {
            return Err(OrderRefusal::PriceNotPositive(item.price));
        }
        total = total.plus(item.price.times(item.quantity)?)?;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use mall_domain::{AggregateId, Uuid};

    use super::*;

    fn id<I: AggregateId>(number: u128) -> I {
        I::from_uuid(Uuid::from_u128(number))
    }

    fn line(product: u128, quantity: u32) -> Line {
        Line { product: id(product), quantity }
    }

    fn tea() -> Offer {
        let (name, store_name) = ("Tea".to_owned(), "Teas".to_owned());
        Offer { name, price: Money::usd(250), removed: false, store: id(9), store_name, participating: true }
    }

    #[test]
    fn each_product_is_asked_for_once() {
        assert_eq!(products(&[line(2, 1), line(1, 1), line(2, 5)]), Ok(vec![id(1), id(2)]));
    }

    #[test]
    fn no_lines_and_too_many_are_refused_before_anybody_is_asked() {
        assert_eq!(products(&[]), Err(OrderRefusal::NoItems));
        let many: Vec<Line> = (0..101).map(|product| line(product, 1)).collect();
        assert_eq!(products(&many), Err(OrderRefusal::TooManyItems(101)));
    }

    #[test]
    fn a_line_takes_the_names_and_the_price_of_the_store() {
        let item = Item {
            product: id(1),
            product_name: "Tea".to_owned(),
            store: id(9),
            store_name: "Teas".to_owned(),
            price: Money::usd(250),
            quantity: 3,
        };
        assert_eq!(priced(&[line(1, 3)], &HashMap::from([(id(1), tea())])), Ok(vec![item]));
    }

    #[test]
    fn what_cannot_be_bought_is_refused() {
        let refused = |offer| priced(&[line(1, 1)], &HashMap::from([(id(1), offer)])).expect_err("not for sale");
        assert_eq!(refused(Offer { removed: true, ..tea() }), OrderRefusal::ProductRemoved("Tea".to_owned()));
        let away = Offer { participating: false, ..tea() };
        assert_eq!(refused(away), OrderRefusal::StoreNotParticipating("Teas".to_owned()));
        assert_eq!(priced(&[line(1, 1)], &HashMap::new()), Err(OrderRefusal::UnknownProduct(id(1))));
    }
}
