//! Exact money: an amount in minor units of one currency. Never a float.

use serde::{Deserialize, Serialize};

use crate::{Refusal, RefusalKind};

/// A three-letter ISO 4217 code of a currency with two decimals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// An amount of money, in minor units (cents).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// The amount's currency.
    pub currency: Currency,
    /// The amount in hundredths of the currency's unit.
    pub minor: i64,
}

/// Why two amounts do not make a third.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MoneyRefusal {
    /// Amounts of different currencies meet.
    #[error("{0} and {1} cannot be reckoned together")]
    OtherCurrency(Currency, Currency),
    /// The result is beyond what 64 bits of cents can hold.
    #[error("the amount is too large")]
    TooLarge,
    /// The text is not a currency code.
    #[error("a currency is three capital letters, such as USD")]
    NotACurrency,
}

impl Refusal for MoneyRefusal {
    fn kind(&self) -> RefusalKind {
        RefusalKind::Invalid
    }
}

impl Currency {
    /// US dollars, the default of an installation.
    pub const USD: Self = Self(*b"USD");

    /// Reads a code such as `USD`.
    pub fn parse(code: &str) -> Result<Self, MoneyRefusal> {
        match *code.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(MoneyRefusal::NotACurrency),
        }
    }

    /// The code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only ASCII letters get in")
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyRefusal;

    fn try_from(code: String) -> Result<Self, MoneyRefusal> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl Money {
    /// `minor` hundredths of `currency`.
    pub const fn new(currency: Currency, minor: i64) -> Self {
        Self { currency, minor }
    }

    /// `minor` US cents.
    pub const fn usd(minor: i64) -> Self {
        Self::new(Currency::USD, minor)
    }

    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(currency, 0)
    }

    /// The sum; refused for two currencies or beyond 64 bits.
    pub fn plus(self, other: Self) -> Result<Self, MoneyRefusal> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyRefusal::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// The difference; may be below zero. Refused for two currencies or beyond 64 bits.
    pub fn minus(self, other: Self) -> Result<Self, MoneyRefusal> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyRefusal::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// `quantity` times the amount; refused beyond 64 bits.
    pub fn times(self, quantity: u32) -> Result<Self, MoneyRefusal> {
        let minor = self.minor.checked_mul(i64::from(quantity)).ok_or(MoneyRefusal::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// The sum of all; zero of `currency` for none.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyRefusal> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }

    /// Whether the amount is above zero.
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Whether this covers `other`; refused for two currencies.
    pub fn covers(self, other: Self) -> Result<bool, MoneyRefusal> {
        self.same_currency(other)?;
        Ok(self.minor >= other.minor)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyRefusal> {
        if self.currency != other.currency {
            return Err(MoneyRefusal::OtherCurrency(self.currency, other.currency));
        }
        Ok(())
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        write!(f, "{sign}{}.{:02} {}", minor / 100, minor % 100, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EUR: Currency = Currency(*b"EUR");

    #[test]
    fn money_prints_with_two_decimals() {
        assert_eq!(Money::usd(123_405).to_string(), "1234.05 USD");
        assert_eq!(Money::usd(-5).to_string(), "-0.05 USD");
    }

    #[test]
    fn two_currencies_are_never_added() {
        let refusal = Money::usd(1).plus(Money::new(EUR, 1)).expect_err("two currencies");
        assert_eq!(refusal, MoneyRefusal::OtherCurrency(Currency::USD, EUR));
    }

    #[test]
    fn an_amount_survives_its_stored_form() {
        let json = serde_json::to_string(&Money::usd(1999)).expect("money is plain data");
        assert_eq!(json, r#"{"currency":"USD","minor":1999}"#);
        assert_eq!(serde_json::from_str::<Money>(&json).expect("what we wrote"), Money::usd(1999));
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        for code in ["", "US", "usd", "USDT", "U$D"] {
            assert_eq!(Currency::parse(code), Err(MoneyRefusal::NotACurrency), "{code}");
        }
    }

    /// The amount, if 64 bits hold it.
    fn exactly(minor: i128) -> Result<Money, MoneyRefusal> {
        i64::try_from(minor).map(Money::usd).map_err(|_| MoneyRefusal::TooLarge)
    }

    proptest! {
        #[test]
        fn two_amounts_are_added_and_taken_away_exactly_or_refused(one in any::<i64>(), other in any::<i64>()) {
            let (sum, difference) = (i128::from(one) + i128::from(other), i128::from(one) - i128::from(other));
            prop_assert_eq!(Money::usd(one).plus(Money::usd(other)), exactly(sum));
            prop_assert_eq!(Money::usd(one).minus(Money::usd(other)), exactly(difference));
            prop_assert_eq!(Money::usd(one).covers(Money::usd(other)), Ok(difference >= 0));
        }

        #[test]
        fn a_sum_is_exact_or_refused(amounts in prop::collection::vec(any::<i64>(), 0..20)) {
            let exact: i128 = amounts.iter().map(|minor| i128::from(*minor)).sum();
            if let Ok(sum) = Money::sum(Currency::USD, amounts.iter().copied().map(Money::usd)) {
                prop_assert_eq!(i128::from(sum.minor), exact);
            }
        }

        #[test]
        fn a_sum_of_prices_is_the_same_in_any_order_and_in_parts(
            amounts in prop::collection::vec(0..100_000_000_i64, 0..100),
            cut in any::<prop::sample::Index>(),
        ) {
            let sum = |amounts: &[i64]| Money::sum(Currency::USD, amounts.iter().copied().map(Money::usd));
            let (left, right) = amounts.split_at(cut.index(amounts.len() + 1));
            let backwards: Vec<i64> = amounts.iter().rev().copied().collect();
            let whole = sum(&amounts).expect("a hundred prices are within bounds");
            prop_assert_eq!(i128::from(whole.minor), amounts.iter().copied().map(i128::from).sum::<i128>());
            prop_assert_eq!(sum(&backwards), Ok(whole));
            prop_assert_eq!(sum(left).and_then(|left| left.plus(sum(right)?)), Ok(whole));
        }

        #[test]
        fn what_is_printed_is_the_amount(minor in any::<i64>()) {
            let text = Money::usd(minor).to_string();
            let digits: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '-').collect();
            prop_assert_eq!(digits.parse::<i64>(), Ok(minor));
        }

        #[test]
        fn a_product_is_exact_or_refused(minor in any::<i64>(), quantity in any::<u32>()) {
            let exact = i128::from(minor) * i128::from(quantity);
            prop_assert_eq!(Money::usd(minor).times(quantity), exactly(exact));
        }
    }
}
