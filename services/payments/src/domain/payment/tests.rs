//! What happens to held money, told as given, when, then.

use mall_domain::scenario::given;
use mall_domain::{Currency, Uuid};

use super::PaymentEvent::*;
use super::*;

fn ada() -> CustomerId {
    Uuid::from_u128(0xada).into()
}

fn order(number: u128) -> OrderId {
    Uuid::from_u128(number).into()
}

fn noon() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::hours(12)
}

/// 20.00 USD of Ada's, authorized at noon of the first day.
fn authorized() -> PaymentEvent {
    Authorized { customer: ada(), amount: Money::usd(2000), expires_at: noon() + Duration::days(1) }
}

fn confirmed() -> PaymentEvent {
    Confirmed { order: order(1), amount: Money::usd(1500) }
}

#[test]
fn a_payment_is_authorized_for_a_day() {
    assert_eq!(Payment::authorize(ada(), Money::usd(2000), noon()), Ok(authorized()));
}

#[test]
fn nothing_or_less_cannot_be_authorized() {
    for amount in [Money::usd(0), Money::usd(-1)] {
        let refusal = PaymentRefusal::AmountNotPositive(amount);
        assert_eq!(Payment::authorize(ada(), amount, noon()), Err(refusal));
    }
}

#[test]
fn an_order_takes_an_authorized_payment_once() {
    let confirm = |payment: &Payment| payment.confirm(order(1), ada(), Money::usd(1500));
    given::<Payment>([authorized()]).when(confirm).then([confirmed()]);
    given::<Payment>([authorized(), confirmed()]).when(confirm).then_nothing();
    let captured = Captured { order: order(1), amount: Money::usd(1500) };
    given::<Payment>([authorized(), confirmed(), captured]).when(confirm).then_nothing();
}

#[test]
fn a_repeat_succeeds_before_any_other_check() {
    let barred = OrderBarred { order: order(1) };
    given::<Payment>([authorized(), confirmed(), barred])
        .when(|payment| payment.confirm(order(1), Uuid::from_u128(0xb0b).into(), Money::usd(9_999_999)))
        .then_nothing();
}

#[test]
fn a_payment_serves_one_order_only() {
    given::<Payment>([authorized(), confirmed()])
        .when(|payment| payment.confirm(order(2), ada(), Money::usd(1)))
        .then_refused(PaymentRefusal::NotAuthorized(PaymentStatus::Confirmed(order(1))));
}

#[test]
fn an_order_can_only_take_what_its_customer_authorized() {
    let bob = CustomerId::from(Uuid::from_u128(0xb0b));
    let eur = Currency::parse("EUR").expect("a currency");
    let confirm = |customer, amount| {
        given::<Payment>([authorized()]).when(move |payment| payment.confirm(order(1), customer, amount))
    };
    confirm(bob, Money::usd(1)).then_refused(PaymentRefusal::OtherCustomer(bob));
    confirm(ada(), Money::usd(2001))
        .then_refused(PaymentRefusal::AboveAuthorized { asked: Money::usd(2001), authorized: Money::usd(2000) });
    confirm(ada(), Money::usd(0)).then_refused(PaymentRefusal::AmountNotPositive(Money::usd(0)));
    confirm(ada(), Money::new(eur, 1)).then_refused(MoneyRefusal::OtherCurrency(Currency::USD, eur).into());
}

#[test]
fn a_capture_lets_go_of_the_rest() {
    given::<Payment>([authorized(), confirmed()]).when(|payment| payment.capture(order(1), Money::usd(1200))).then([
        Captured { order: order(1), amount: Money::usd(1200) },
        RestReleased { order: order(1), amount: Money::usd(800) },
    ]);
    given::<Payment>([authorized(), confirmed()])
        .when(|payment| payment.capture(order(1), Money::usd(2000)))
        .then([Captured { order: order(1), amount: Money::usd(2000) }]);
}

#[test]
fn only_the_order_that_confirmed_can_capture() {
    given::<Payment>([authorized(), confirmed()])
        .when(|payment| payment.capture(order(2), Money::usd(1)))
        .then_refused(PaymentRefusal::NotConfirmed { status: PaymentStatus::Confirmed(order(1)), order: order(2) });
}

#[test]
fn a_release_frees_the_payment_of_its_order_once() {
    let released = Released { order: order(1), amount: Money::usd(2000) };
    let release = |payment: &Payment| Ok::<_, PaymentRefusal>(payment.release(order(1)));
    given::<Payment>([authorized(), confirmed()]).when(release).then([released.clone()]);
    given::<Payment>([authorized(), confirmed(), released.clone()]).when(release).then_nothing();
    given::<Payment>([authorized(), confirmed(), released])
        .when(|payment| payment.confirm(order(1), ada(), Money::usd(1)))
        .then_refused(PaymentRefusal::ReleasedForOrder(order(1)));
}

#[test]
fn a_release_that_comes_first_bars_its_order_and_no_other() {
    let barred = OrderBarred { order: order(1) };
    let release = |payment: &Payment| Ok::<_, PaymentRefusal>(payment.release(order(1)));
    given::<Payment>([authorized()]).when(release).then([barred.clone()]);
    given::<Payment>([authorized(), barred.clone()]).when(release).then_nothing();
    given::<Payment>([authorized(), barred.clone()])
        .when(|payment| payment.confirm(order(1), ada(), Money::usd(1)))
        .then_refused(PaymentRefusal::ReleasedForOrder(order(1)));
    given::<Payment>([authorized(), barred])
        .when(|payment| payment.confirm(order(2), ada(), Money::usd(1)))
        .then([Confirmed { order: order(2), amount: Money::usd(1) }]);
}

#[test]
fn a_release_for_another_order_leaves_the_money_held() {
    given::<Payment>([authorized(), confirmed()])
        .when(|payment| Ok::<_, PaymentRefusal>(payment.release(order(2))))
        .then([OrderBarred { order: order(2) }]);
}

#[test]
fn a_payment_known_only_from_a_release_holds_nothing() {
    let barred = OrderBarred { order: order(1) };
    given::<Payment>([]).when(|payment| Ok::<_, PaymentRefusal>(payment.release(order(1)))).then([barred.clone()]);
    given::<Payment>([barred.clone()]).when(Payment::void).then_refused(PaymentRefusal::NeverAuthorized);
    assert_eq!(given::<Payment>([barred]).state().account(), None);
}

#[test]
fn only_an_authorized_payment_is_voided() {
    given::<Payment>([authorized()]).when(Payment::void).then([Voided { amount: Money::usd(2000) }]);
    given::<Payment>([authorized(), confirmed()])
        .when(Payment::void)
        .then_refused(PaymentRefusal::NotAuthorized(PaymentStatus::Confirmed(order(1))));
}

#[test]
fn a_payment_expires_a_day_after_it_was_authorized() {
    let expire_at = |now| move |payment: &Payment| Ok::<_, PaymentRefusal>(payment.expire(now));
    let day_after = noon() + Duration::days(1);
    given::<Payment>([authorized()]).when(expire_at(day_after)).then([Voided { amount: Money::usd(2000) }]);
    given::<Payment>([authorized()]).when(expire_at(day_after - Duration::seconds(1))).then_nothing();
    given::<Payment>([authorized(), confirmed()]).when(expire_at(day_after)).then_nothing();
}
