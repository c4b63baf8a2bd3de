//! What people and bots come for.

use std::{fmt, str::FromStr};

use crate::arrivals::Chance;

/// What one visit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Stores, a catalog, a product.
    Browse,
    /// Start a basket and put things into it.
    Basket,
    /// Authorize a payment and check a filled basket out.
    Checkout,
    /// Cancel an order that was placed before.
    Cancel,
    /// Pay the invoice of an order that is ready.
    Pay,
    /// A bot claims the oldest shopping list and completes it.
    Bots,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [Self::Browse, Self::Basket, Self::Checkout, Self::Cancel, Self::Pay, Self::Bots];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Browse => "browse",
            Self::Basket => "basket",
            Self::Checkout => "checkout",
            Self::Cancel => "cancel",
            Self::Pay => "pay",
            Self::Bots => "bots",
        }
    }
}

/// Weights of the kinds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mix(Vec<(Kind, f64)>);

/// Why a text is no mix. Meant for a terminal.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadMix(String);

impl Mix {
    /// Most look around, some buy, and bots and payments keep up with them.
    pub(crate) const USUAL: &str = "browse=50,basket=12,checkout=12,cancel=1,pay=12,bots=13";

    pub(crate) fn pick(&self, chance: &mut Chance) -> Kind {
        let mut at = chance.uniform() * self.0.iter().map(|(_, weight)| weight).sum::<f64>();
        for (kind, weight) in &self.0 {
            if at < *weight {
                return *kind;
            }
            at -= weight;
        }
        self.0[self.0.len() - 1].0
    }
}

impl FromStr for Mix {
    type Err = BadMix;

    fn from_str(text: &str) -> Result<Self, BadMix> {
        let names = || Kind::ALL.map(Kind::name).join(", ");
        let weights = text.split(',').map(|part| {
            let (name, weight) = part.trim().split_once('=').unwrap_or((part.trim(), ""));
            let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
            let kind = kind.ok_or_else(|| BadMix(format!("{name:?} is none of {}", names())))?;
            match weight.parse::<f64>() {
                Ok(weight) if weight >= 0.0 && weight.is_finite() => Ok((kind, weight)),
                _ => Err(BadMix(format!("{name} needs a weight, such as {name}=10"))),
            }
        });
        let weights: Vec<(Kind, f64)> = weights.collect::<Result<_, _>>()?;
        match weights.iter().map(|(_, weight)| weight).sum::<f64>() > 0.0 {
            true => Ok(Self(weights)),
            false => Err(BadMix("at least one weight must be above 0".to_owned())),
        }
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(kind, weight)| format!("{}={weight}", kind.name())).collect();
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_is_kept_to() {
        let mix: Mix = "browse=3,checkout=1,pay=0".parse().expect("a mix");
        let mut chance = Chance::of(3);
        let picked: Vec<Kind> = (0..4_000).map(|_| mix.pick(&mut chance)).collect();
        let browsing = picked.iter().filter(|kind| **kind == Kind::Browse).count();
        assert!((2_900..=3_100).contains(&browsing), "{browsing}");
        assert!(!picked.contains(&Kind::Pay));
        assert_eq!(mix.to_string(), "browse=3,checkout=1,pay=0");
    }

    #[test]
    fn a_bad_mix_is_told_what_is_wrong_with_it() {
        for (text, told) in [
            ("sleep=1", "\"sleep\" is none of browse, basket, checkout, cancel, pay, bots"),
            ("browse", "browse needs a weight, such as browse=10"),
            ("browse=-1", "browse needs a weight, such as browse=10"),
            ("browse=0", "at least one weight must be above 0"),
        ] {
            assert_eq!(text.parse::<Mix>(), Err(BadMix(told.to_owned())));
        }
        assert!(Mix::USUAL.parse::<Mix>().is_ok());
    }
}
