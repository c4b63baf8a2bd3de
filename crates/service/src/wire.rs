//! Between the wire's types and ours.

use mall_domain::{Currency, Money, OffsetDateTime, RefusalKind, Refused};
use mall_persistence::Error;
use mall_proto::google::r#type::Money as WireMoney;
use prost_types::Timestamp;

/// A hundredth in nanos.
const CENT: i32 = 10_000_000;

/// An amount in `google.type.Money`'s shape.
pub fn money(amount: Money) -> WireMoney {
    let nanos = i32::try_from(amount.minor % 100).expect("below 100") * CENT;
    WireMoney { currency_code: amount.currency.code().to_owned(), units: amount.minor / 100, nanos }
}

/// Reads an amount: exactly in cents, of the installation's currency. Errors blame `field`.
pub fn parse_money(wire: Option<&WireMoney>, field: &'static str, currency: Currency) -> Result<Money, Error> {
    let bad = |reason: &str, text: String| {
        Error::Refused(Refused { kind: RefusalKind::Invalid, reason: reason.to_owned(), text, field: Some(field) })
    };
    let Some(wire) = wire else {
        return Err(bad("MONEY_MISSING", format!("{field} is missing: an amount with currencyCode, units and nanos")));
    };
    if wire.currency_code != currency.code() {
        return Err(bad("OTHER_CURRENCY", format!("{field} must be in {currency}, the currency of this mall")));
    }
    let nanos = i64::from(wire.nanos);
    if (wire.units > 0 && nanos < 0) || (wire.units < 0 && nanos > 0) || nanos.abs() > 999_999_999 {
        return Err(bad(
            "MALFORMED_MONEY",
            format!("{field}: units and nanos must have one sign, nanos below one unit"),
        ));
    }
    if nanos % i64::from(CENT) != 0 {
        return Err(bad("NOT_WHOLE_CENTS", format!("{field} must be in whole cents")));
    }
    let minor = wire.units.checked_mul(100).and_then(|minor| minor.checked_add(nanos / i64::from(CENT)));
    let minor = minor.ok_or_else(|| bad("TOO_LARGE", format!("{field} is too large")))?;
    Ok(Money::new(currency, minor))
}

/// A time in `google.protobuf.Timestamp`'s shape.
pub fn timestamp(time: OffsetDateTime) -> Timestamp {
    Timestamp { seconds: time.unix_timestamp(), nanos: i32::try_from(time.nanosecond()).expect("below a second") }
}

/// Reads a time. Errors blame `field`.
pub fn parse_timestamp(wire: &Timestamp, field: &'static str) -> Result<OffsetDateTime, Error> {
    let nanos = i128::from(wire.seconds) * 1_000_000_000 + i128::from(wire.nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| {
        Error::Refused(Refused {
            kind: RefusalKind::Invalid,
            reason: "INVALID_TIME".to_owned(),
            text: format!("{field} is not a time such as 2026-01-31T12:00:00Z"),
            field: Some(field),
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wire(code: &str, units: i64, nanos: i32) -> WireMoney {
        WireMoney { currency_code: code.to_owned(), units, nanos }
    }

    #[test]
    fn an_amount_survives_the_wire() {
        for minor in [0, 1, 99, 100, 1999, -250, i64::MAX, i64::MIN] {
            let there = money(Money::usd(minor));
            assert_eq!(parse_money(Some(&there), "price", Currency::USD).expect("our own"), Money::usd(minor));
        }
        assert_eq!(money(Money::usd(1999)), wire("USD", 19, 990_000_000));
    }

    proptest! {
        #[test]
        fn every_amount_survives_the_wire(minor in any::<i64>()) {
            let there = money(Money::usd(minor));
            prop_assert_eq!(parse_money(Some(&there), "price", Currency::USD).ok(), Some(Money::usd(minor)));
        }

        /// Nothing is rounded: what is read is what was written, to the billionth, or it is refused.
        #[test]
        fn what_is_read_is_exactly_what_was_written(
            units in prop_oneof![any::<i64>(), -1_000_000..1_000_000_i64],
            nanos in prop_oneof![any::<i32>(), (-99..=99_i32).prop_map(|cents| cents * CENT)],
        ) {
            let written = i128::from(units) * 1_000_000_000 + i128::from(nanos);
            let is_well_formed = nanos.abs() < 1_000_000_000 && (units == 0 || nanos == 0 || (units > 0) == (nanos > 0));
            let cents = i64::try_from(written / i128::from(CENT)).ok().filter(|_| written % i128::from(CENT) == 0);
            let wanted = cents.filter(|_| is_well_formed).map(Money::usd);
            prop_assert_eq!(parse_money(Some(&wire("USD", units, nanos)), "price", Currency::USD).ok(), wanted);
        }
    }

    #[test]
    fn a_time_survives_the_wire_and_one_beyond_the_calendar_is_refused() {
        let time = OffsetDateTime::UNIX_EPOCH + std::time::Duration::new(1_900_000_000, 5);
        assert_eq!(parse_timestamp(&timestamp(time), "after").expect("our own"), time);
        match parse_timestamp(&Timestamp { seconds: i64::MAX, nanos: 0 }, "after") {
            Err(Error::Refused(refused)) => {
                assert_eq!((refused.reason.as_str(), refused.field), ("INVALID_TIME", Some("after")));
            }
            other => panic!("a refusal was expected, not {other:?}"),
        }
    }

    #[test]
    fn a_bad_amount_is_refused_by_name() {
        for (amount, reason) in [
            (None, "MONEY_MISSING"),
            (Some(wire("EUR", 1, 0)), "OTHER_CURRENCY"),
            (Some(wire("USD", 1, -10_000_000)), "MALFORMED_MONEY"),
            (Some(wire("USD", 1, 5_000_000)), "NOT_WHOLE_CENTS"),
            (Some(wire("USD", i64::MAX, 0)), "TOO_LARGE"),
        ] {
            match parse_money(amount.as_ref(), "price", Currency::USD) {
                Err(Error::Refused(refused)) => {
                    assert_eq!((refused.reason.as_str(), refused.field), (reason, Some("price")))
                }
                other => panic!("{reason} was expected, not {other:?}"),
            }
        }
    }
}
