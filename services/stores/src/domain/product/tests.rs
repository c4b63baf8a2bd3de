//! What may happen to a product, and what not.

use mall_domain::Uuid;
use mall_domain::scenario::given;

use super::*;

fn new() -> NewProduct {
    NewProduct {
        store_id: StoreId::from(Uuid::from_u128(7)),
        name: "Kettle".to_owned(),
        description: "It whistles".to_owned(),
        sku: "K-1".to_owned(),
        price: Money::usd(19_99),
    }
}

fn added() -> ProductEvent {
    Product::add(&new()).expect("nothing is wrong with it")
}

fn changed(cents: i64) -> ProductEvent {
    ProductEvent::PriceChanged { price: Money::usd(cents) }
}

#[test]
fn a_product_is_added_as_it_was_typed_but_for_the_blanks_around() {
    let typed = NewProduct { name: " Kettle ".to_owned(), sku: " K-1".to_owned(), ..new() };
    let expected = ProductEvent::Added {
        store_id: StoreId::from(Uuid::from_u128(7)),
        name: "Kettle".to_owned(),
        description: "It whistles".to_owned(),
        sku: "K-1".to_owned(),
        price: Money::usd(19_99),
    };
    assert_eq!(Product::add(&typed), Ok(expected));
}

#[test]
fn a_product_needs_a_name_and_a_sku_but_no_description() {
    assert_eq!(Product::add(&NewProduct { name: String::new(), ..new() }), Err(ProductRefusal::InvalidName));
    assert_eq!(Product::add(&NewProduct { sku: " ".to_owned(), ..new() }), Err(ProductRefusal::InvalidSku));
    assert!(Product::add(&NewProduct { description: String::new(), ..new() }).is_ok());
}

#[test]
fn a_description_may_be_long_but_not_endless() {
    let endless = NewProduct { description: "x".repeat(2_001), ..new() };
    assert_eq!(Product::add(&endless), Err(ProductRefusal::InvalidDescription));
}

#[test]
fn a_price_is_between_a_cent_and_a_million() {
    for cents in [1, 100_000_000] {
        assert!(Product::add(&NewProduct { price: Money::usd(cents), ..new() }).is_ok(), "{cents}");
    }
    for cents in [-1, 0, 100_000_001] {
        let refused = Product::add(&NewProduct { price: Money::usd(cents), ..new() });
        assert_eq!(refused, Err(ProductRefusal::PriceOutOfRange), "{cents}");
    }
}

#[test]
fn an_increase_is_strictly_higher() {
    let refused = ProductRefusal::NotHigher(Money::usd(19_99));
    given::<Product>([added()]).when(|p| p.increase_price(Money::usd(20_00))).then([changed(20_00)]);
    given::<Product>([added()]).when(|p| p.increase_price(Money::usd(19_99))).then_refused(refused.clone());
    given::<Product>([added()]).when(|p| p.increase_price(Money::usd(1))).then_refused(refused);
}

#[test]
fn a_decrease_is_strictly_lower_than_the_last_price() {
    let past = || [added(), changed(25_00)];
    given::<Product>(past()).when(|p| p.decrease_price(Money::usd(24_99))).then([changed(24_99)]);
    given::<Product>(past())
        .when(|p| p.decrease_price(Money::usd(25_00)))
        .then_refused(ProductRefusal::NotLower(Money::usd(25_00)));
}

#[test]
fn a_changed_price_is_in_range_and_in_the_same_currency() {
    let euros = Money::new(Currency::parse("EUR").expect("a code"), 30_00);
    given::<Product>([added()]).when(|p| p.decrease_price(Money::usd(0))).then_refused(ProductRefusal::PriceOutOfRange);
    given::<Product>([added()])
        .when(|p| p.increase_price(Money::usd(100_000_001)))
        .then_refused(ProductRefusal::PriceOutOfRange);
    given::<Product>([added()])
        .when(|p| p.increase_price(euros))
        .then_refused(ProductRefusal::OtherCurrency(Currency::USD));
}

#[test]
fn a_rebranded_product_has_another_name_or_description() {
    let rebranded = ProductEvent::Rebranded { name: "Kettle".to_owned(), description: "It sings".to_owned() };
    given::<Product>([added()]).when(|p| p.rebrand("Kettle", "It sings")).then([rebranded.clone()]);
    given::<Product>([added(), rebranded]).when(|p| p.rebrand("Kettle", "It sings")).then_nothing();
    given::<Product>([added()]).when(|p| p.rebrand("", "It sings")).then_refused(ProductRefusal::InvalidName);
    given::<Product>([added()])
        .when(|p| p.rebrand("Kettle", &"x".repeat(2_001)))
        .then_refused(ProductRefusal::InvalidDescription);
}

#[test]
fn nothing_happens_to_a_removed_product() {
    given::<Product>([added()]).when(Product::remove).then([ProductEvent::Removed]);
    let past = || [added(), ProductEvent::Removed];
    given::<Product>(past()).when(Product::remove).then_refused(ProductRefusal::Removed);
    given::<Product>(past()).when(|p| p.rebrand("Pot", "")).then_refused(ProductRefusal::Removed);
    given::<Product>(past()).when(|p| p.increase_price(Money::usd(30_00))).then_refused(ProductRefusal::Removed);
    given::<Product>(past()).when(|p| p.decrease_price(Money::usd(10_00))).then_refused(ProductRefusal::Removed);
}

#[test]
fn a_taken_sku_is_the_callers_to_change() {
    assert_eq!(ProductRefusal::SkuTaken.kind(), RefusalKind::Exists);
    assert_eq!(ProductRefusal::SkuTaken.field(), Some("sku"));
}
