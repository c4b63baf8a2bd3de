//! What an order must be to be found.

use mall_domain::{Money, OffsetDateTime};

use super::{CustomerId, ProductId, Status, StoreId};

/// An order must pass all that are given; an empty list passes everything.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    pub customer: Option<CustomerId>,
    /// Inclusive.
    pub after: Option<OffsetDateTime>,
    /// Exclusive.
    pub before: Option<OffsetDateTime>,
    /// Has goods of any of these.
    pub stores: Vec<StoreId>,
    /// Has any of these.
    pub products: Vec<ProductId>,
    /// Inclusive.
    pub min_total: Option<Money>,
    /// Inclusive.
    pub max_total: Option<Money>,
    pub status: Option<Status>,
}

impl Filters {
    /// Tells these filters from others: the next page is only for the filters of the page before.
    pub fn fingerprint(&self) -> String {
        format!("{self:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_is_in_the_fingerprint() {
        let one = |change: fn(&mut Filters)| {
            let mut filters = Filters::default();
            change(&mut filters);
            filters.fingerprint()
        };
        let nil = mall_domain::Uuid::nil();
        assert_eq!(one(|_| ()), Filters::default().fingerprint());
        let prints = [
            one(|_| ()),
            one(|f| f.after = Some(OffsetDateTime::UNIX_EPOCH)),
            one(|f| f.before = Some(OffsetDateTime::UNIX_EPOCH)),
            one(|f| f.min_total = Some(Money::usd(1))),
            one(|f| f.max_total = Some(Money::usd(1))),
            one(|f| f.status = Some(Status::Ready)),
            Filters { customer: Some(CustomerId::from(nil)), ..Filters::default() }.fingerprint(),
            Filters { stores: vec![StoreId::from(nil)], ..Filters::default() }.fingerprint(),
            Filters { products: vec![ProductId::from(nil)], ..Filters::default() }.fingerprint(),
        ];
        let distinct: std::collections::HashSet<&String> = prints.iter().collect();
        assert_eq!(distinct.len(), 9);
    }
}
