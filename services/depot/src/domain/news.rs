//! News of products and stores, as the depot remembers them: what a piece of news does not tell stays as it was.

use std::collections::BTreeMap;

use super::{Product, ProductId, StoreId};

#[derive(Clone, Debug, PartialEq)]
pub struct ProductNews {
    pub id: ProductId,
    pub version: i64,
    pub store: Option<StoreId>,
    pub name: Option<String>,
    /// For ever: a removed product does not come back.
    pub removed: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct StoreNews {
    pub id: StoreId,
    pub version: i64,
    pub name: Option<String>,
    pub location: Option<String>,
}

impl ProductNews {
    fn add(&mut self, newer: &Self) {
        self.version = newer.version;
        self.store = newer.store.or(self.store);
        self.name = newer.name.clone().or(self.name.take());
        self.removed |= newer.removed;
    }

    /// The product, if enough is known of it and of its store.
    pub fn product(self, store: StoreNews) -> Option<Product> {
        Some(Product {
            name: self.name?,
            removed: self.removed,
            store: self.store?,
            store_name: store.name?,
            location: store.location?,
        })
    }
}

impl StoreNews {
    fn add(&mut self, newer: &Self) {
        self.version = newer.version;
        self.name = newer.name.clone().or(self.name.take());
        self.location = newer.location.clone().or(self.location.take());
    }
}

/// All that a batch tells of each product, ordered by id. What is older than what was told before is left out.
pub fn by_product(news: &[&ProductNews]) -> Vec<ProductNews> {
    let mut known: BTreeMap<ProductId, ProductNews> = BTreeMap::new();
    for news in news {
        let known = known.entry(news.id).or_insert_with(|| (*news).clone());
        if news.version > known.version {
            known.add(news);
        }
    }
    known.into_values().collect()
}

/// All that a batch tells of each store, ordered by id. What is older than what was told before is left out.
pub fn by_store(news: &[&StoreNews]) -> Vec<StoreNews> {
    let mut known: BTreeMap<StoreId, StoreNews> = BTreeMap::new();
    for news in news {
        let known = known.entry(news.id).or_insert_with(|| (*news).clone());
        if news.version > known.version {
            known.add(news);
        }
    }
    known.into_values().collect()
}

#[cfg(test)]
mod tests {
    use mall_domain::Uuid;

    use super::*;

    fn product(version: i64, name: Option<&str>, removed: bool) -> ProductNews {
        let (id, store) = (ProductId::from(Uuid::from_u128(1)), Some(StoreId::from(Uuid::from_u128(9))));
        let store = if version == 1 { store } else { None };
        ProductNews { id, version, store, name: name.map(str::to_owned), removed }
    }

    fn store(version: i64, name: Option<&str>, location: Option<&str>) -> StoreNews {
        let id = StoreId::from(Uuid::from_u128(9));
        StoreNews { id, version, name: name.map(str::to_owned), location: location.map(str::to_owned) }
    }

    #[test]
    fn news_of_one_product_add_up() {
        let (added, renamed) = (product(1, Some("Tea"), false), product(2, Some("Green tea"), false));
        let removed = product(4, None, true);
        let expected = ProductNews { version: 4, store: added.store, ..product(4, Some("Green tea"), true) };
        assert_eq!(by_product(&[&added, &renamed, &removed]), vec![expected]);
    }

    #[test]
    fn old_news_change_nothing() {
        let (asked, late) = (product(5, Some("Green tea"), false), product(2, Some("Tea"), false));
        assert_eq!(by_product(&[&asked, &late]), vec![asked]);
        let (asked, late) = (store(5, Some("Teas"), Some("hall 9")), store(2, Some("Tea"), None));
        assert_eq!(by_store(&[&asked, &late]), vec![asked]);
    }

    #[test]
    fn news_of_one_store_add_up() {
        let (created, renamed) = (store(1, Some("Tea"), Some("hall 9")), store(3, Some("Teas"), None));
        assert_eq!(by_store(&[&created, &renamed]), vec![store(3, Some("Teas"), Some("hall 9"))]);
    }

    #[test]
    fn a_product_is_known_when_its_store_is() {
        let tea = || product(1, Some("Tea"), false);
        assert_eq!(tea().product(store(1, Some("Teas"), None)), None);
        assert_eq!(product(2, Some("Tea"), false).product(store(1, Some("Teas"), Some("hall 9"))), None);
        let known = tea().product(store(1, Some("Teas"), Some("hall 9"))).expect("all of it is known");
        assert_eq!(
            (known.name.as_str(), known.store_name.as_str(), known.location.as_str()),
            ("Tea", "Teas", "hall 9")
        );
    }
}
