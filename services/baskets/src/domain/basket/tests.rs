//! What may happen to a basket, and what not.

use mall_domain::Uuid;
use mall_domain::scenario::{Given, given};

use super::BasketEvent::*;
use super::*;
use crate::domain::{Availability, StoreId};

fn ada() -> CustomerId {
    Uuid::from_u128(0xada).into()
}

fn payment(number: u128) -> PaymentId {
    Uuid::from_u128(number).into()
}

fn product(number: u128) -> ProductId {
    Uuid::from_u128(number).into()
}

/// A product for 5.00 USD, on sale.
fn offer(number: u128) -> Offer {
    Offer {
        product: product(number),
        product_name: format!("product {number}"),
        store: StoreId::from(Uuid::from_u128(0x5)),
        store_name: "Waldorf Books".to_owned(),
        price: Money::usd(500),
        availability: Availability::Available,
    }
}

fn offers(offers: impl IntoIterator<Item = Offer>) -> Offers {
    offers.into_iter().map(|offer| (offer.product, offer)).collect()
}

fn hold(cents: i64) -> Hold {
    Hold { customer: ada(), authorized: Money::usd(cents), is_free: true }
}

fn started() -> BasketEvent {
    Started { customer: ada() }
}

fn added(number: u128, quantity: u32) -> BasketEvent {
    ItemAdded { line: Line::of(&offer(number), quantity) }
}

fn checked_out() -> BasketEvent {
    CheckedOut { payment: payment(1), total: Money::usd(1000) }
}

/// Two pieces of product 1: 10.00 USD.
fn filled() -> Given<Basket> {
    given([started(), added(1, 2)])
}

#[test]
fn only_an_enabled_customer_starts_a_basket() {
    let customer = ada();
    assert_eq!(Basket::start(Shopper { customer, enabled: true }), Ok(started()));
    let refusal = BasketRefusal::CustomerDisabled(customer);
    assert_eq!(Basket::start(Shopper { customer, enabled: false }), Err(refusal));
}

#[test]
fn pieces_of_one_product_share_a_line() {
    filled().when(|basket| basket.add_item(&offer(1), 3)).then([added(1, 3)]);
    let basket = given::<Basket>([started(), added(1, 2), added(2, 1), added(1, 3)]).state();
    let quantities: Vec<_> = basket.lines().iter().map(|line| (line.product, line.quantity)).collect();
    assert_eq!(quantities, [(product(1), 5), (product(2), 1)]);
    assert_eq!(basket.total(Currency::USD), Ok(Money::usd(3000)));
}

#[test]
fn a_line_holds_1_to_999_pieces() {
    filled().when(|basket| basket.add_item(&offer(2), 0)).then_refused(BasketRefusal::QuantityOutOfRange);
    filled().when(|basket| basket.add_item(&offer(2), 1000)).then_refused(BasketRefusal::QuantityOutOfRange);
    filled().when(|basket| basket.add_item(&offer(1), 998)).then_refused(BasketRefusal::LineFull { has: 2 });
    filled().when(|basket| basket.add_item(&offer(1), 997)).then([added(1, 997)]);
}

#[test]
fn a_total_beyond_what_money_can_hold_is_refused() {
    let dear = Offer { price: Money::usd(i64::MAX), ..offer(1) };
    let dear_line = ItemAdded { line: Line::of(&dear, 2) };
    let too_large = BasketRefusal::Money(mall_domain::MoneyRefusal::TooLarge);
    given::<Basket>([started(), dear_line])
        .when(|basket| basket.check_out(&offers([dear.clone()]), payment(1), hold(1000)))
        .then_refused(too_large);
}

#[test]
fn a_basket_holds_100_lines() {
    let full = || given::<Basket>(std::iter::once(started()).chain((1..=100).map(|number| added(number, 1))));
    full().when(|basket| basket.add_item(&offer(101), 1)).then_refused(BasketRefusal::BasketFull);
    full().when(|basket| basket.add_item(&offer(100), 1)).then([added(100, 1)]);
}

#[test]
fn only_what_is_sold_now_is_added() {
    let removed = Offer { availability: Availability::Removed, ..offer(2) };
    let gone = BasketRefusal::ProductRemoved("product 2".to_owned());
    filled().when(|basket| basket.add_item(&removed, 1)).then_refused(gone);
    let closed = Offer { availability: Availability::StoreNotParticipating, ..offer(1) };
    let refusal = BasketRefusal::StoreNotParticipating("Waldorf Books".to_owned());
    filled().when(|basket| basket.add_item(&closed, 1)).then_refused(refusal);
}

#[test]
fn removing_some_leaves_the_rest() {
    let removed = |quantity| ItemRemoved { product: product(1), quantity };
    filled().when(|basket| basket.remove_item(product(1), 1)).then([removed(1)]);
    let left = given::<Basket>([started(), added(1, 2), removed(1)]).state();
    assert_eq!(left.lines().first().map(|line| line.quantity), Some(1));
    let empty = given::<Basket>([started(), added(1, 2), removed(2)]).state();
    assert_eq!(empty.lines(), []);
}

#[test]
fn no_more_is_removed_than_there_is() {
    filled().when(|basket| basket.remove_item(product(1), 3)).then_refused(BasketRefusal::MoreThanThereIs { has: 2 });
    filled().when(|basket| basket.remove_item(product(2), 1)).then_refused(BasketRefusal::NotInBasket);
    filled().when(|basket| basket.remove_item(product(1), 0)).then_refused(BasketRefusal::QuantityOutOfRange);
}

#[test]
fn a_changed_price_is_accepted_before_anything_else_is_bought() {
    let dearer = Offer { price: Money::usd(600), ..offer(1) };
    let changed =
        || BasketRefusal::PriceChanged { name: "product 1".to_owned(), then: Money::usd(500), now: Money::usd(600) };
    filled().when(|basket| basket.add_item(&dearer, 1)).then_refused(changed());
    let now = offers([dearer]);
    filled().when(|basket| basket.check_out(&now, payment(1), hold(5000))).then_refused(changed());
    let accepted = PricesAccepted { prices: vec![(product(1), Money::usd(600))] };
    filled()
        .when(|basket| basket.accept_prices(&now, Money::usd(1000)))
        .then_refused(BasketRefusal::OtherTotal(Money::usd(1200)));
    filled().when(|basket| basket.accept_prices(&now, Money::usd(1200))).then([accepted.clone()]);
    given::<Basket>([started(), added(1, 2), accepted])
        .when(|basket| basket.check_out(&now, payment(1), hold(5000)))
        .then([CheckedOut { payment: payment(1), total: Money::usd(1200) }]);
}

#[test]
fn accepting_unchanged_prices_changes_nothing() {
    filled().when(|basket| basket.accept_prices(&offers([offer(1)]), Money::usd(1000))).then_nothing();
}

#[test]
fn a_checkout_needs_a_payment_that_covers_the_total() {
    let now = offers([offer(1)]);
    let check_out = |hold| filled().when(|basket| basket.check_out(&now, payment(1), hold));
    check_out(hold(1000)).then([checked_out()]);
    let (authorized, total) = (Money::usd(999), Money::usd(1000));
    check_out(hold(999)).then_refused(BasketRefusal::PaymentTooSmall { authorized, total });
    check_out(Hold { is_free: false, ..hold(1000) }).then_refused(BasketRefusal::PaymentNotAuthorized);
    let bob = CustomerId::from(Uuid::from_u128(0xb0b));
    check_out(Hold { customer: bob, ..hold(1000) }).then_refused(BasketRefusal::PaymentOfAnother(ada()));
    let eur = Currency::parse("EUR").expect("a currency");
    check_out(Hold { authorized: Money::new(eur, 1000), ..hold(0) })
        .then_refused(MoneyRefusal::OtherCurrency(eur, Currency::USD).into());
}

#[test]
fn a_checkout_needs_a_line_and_products_that_are_still_sold() {
    given::<Basket>([started()])
        .when(|basket| basket.check_out(&offers([]), payment(1), hold(1000)))
        .then_refused(BasketRefusal::Empty);
    let gone = || BasketRefusal::ProductRemoved("product 1".to_owned());
    filled().when(|basket| basket.check_out(&offers([]), payment(1), hold(1000))).then_refused(gone());
    let removed = offers([Offer { availability: Availability::Removed, ..offer(1) }]);
    filled().when(|basket| basket.check_out(&removed, payment(1), hold(1000))).then_refused(gone());
}

#[test]
fn a_repeated_checkout_succeeds_before_any_other_check() {
    let repeat = |payment| {
        given::<Basket>([started(), added(1, 2), checked_out()])
            .when(move |basket| basket.check_out(&offers([]), payment, hold(0)))
    };
    repeat(payment(1)).then_nothing();
    repeat(payment(2)).then_refused(BasketRefusal::CheckedOutOtherwise);
}

#[test]
fn a_closed_basket_stays_as_it_is() {
    for (end, status) in [(Canceled, BasketStatus::Canceled), (checked_out(), BasketStatus::CheckedOut(payment(1)))] {
        let closed = || given::<Basket>([started(), added(1, 2), end.clone()]);
        let not_open = || BasketRefusal::NotOpen(status);
        closed().when(|basket| basket.add_item(&offer(1), 1)).then_refused(not_open());
        closed().when(|basket| basket.remove_item(product(1), 1)).then_refused(not_open());
        closed().when(|basket| basket.accept_prices(&offers([]), Money::usd(1000))).then_refused(not_open());
        closed().when(Basket::cancel).then_refused(not_open());
    }
    given::<Basket>([started(), Canceled])
        .when(|basket| basket.check_out(&offers([]), payment(1), hold(1)))
        .then_refused(BasketRefusal::NotOpen(BasketStatus::Canceled));
    filled().when(Basket::cancel).then([Canceled]);
}
