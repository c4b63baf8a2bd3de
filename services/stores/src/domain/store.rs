//! A store: a place that offers products, which customers can buy while it participates.

use mall_domain::{Aggregate, Refusal, RefusalKind, id, text};
use serde::{Deserialize, Serialize};

id!(StoreId, "the id of a store");

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Store {
    pub name: String,
    pub location: String,
    pub participating: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum StoreEvent {
    /// A store begins without participating.
    Created {
        name: String,
        location: String,
    },
    ParticipationToggled {
        participating: bool,
    },
    Rebranded {
        name: String,
    },
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StoreRefusal {
    #[error("a store's name is one line of 1 to 200 characters")]
    InvalidName,
    #[error("a store's location is one line of 1 to 200 characters")]
    InvalidLocation,
    #[error("the store participates already")]
    AlreadyParticipating,
    #[error("the store does not participate: there is nothing to end")]
    NotParticipating,
}

impl Refusal for StoreRefusal {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::InvalidName | Self::InvalidLocation => RefusalKind::Invalid,
            Self::AlreadyParticipating | Self::NotParticipating => RefusalKind::Rule,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::InvalidName => Some("name"),
            Self::InvalidLocation => Some("location"),
            Self::AlreadyParticipating | Self::NotParticipating => None,
        }
    }
}

impl Store {
    pub fn create(name: &str, location: &str) -> Result<StoreEvent, StoreRefusal> {
        let name = text::line(name).ok_or(StoreRefusal::InvalidName)?;
        let location = text::line(location).ok_or(StoreRefusal::InvalidLocation)?;
        Ok(StoreEvent::Created { name, location })
    }

    pub fn rebrand(&self, name: &str) -> Result<Option<StoreEvent>, StoreRefusal> {
        let name = text::line(name).ok_or(StoreRefusal::InvalidName)?;
        if name == self.name {
            return Ok(None);
        }
        Ok(Some(StoreEvent::Rebranded { name }))
    }

    pub fn enable_participation(&self) -> Result<StoreEvent, StoreRefusal> {
        if self.participating {
            return Err(StoreRefusal::AlreadyParticipating);
        }
        Ok(StoreEvent::ParticipationToggled { participating: true })
    }

    pub fn disable_participation(&self) -> Result<StoreEvent, StoreRefusal> {
        if !self.participating {
            return Err(StoreRefusal::NotParticipating);
        }
        Ok(StoreEvent::ParticipationToggled { participating: false })
    }
}

impl Aggregate for Store {
    const KIND: &'static str = "stores.Store";
    type Id = StoreId;
    type Event = StoreEvent;

    fn apply(&mut self, event: &StoreEvent) {
        match event {
            StoreEvent::Created { name, location } => {
                *self = Self { name: name.clone(), location: location.clone(), participating: false };
            }
            StoreEvent::ParticipationToggled { participating } => self.participating = *participating,
            StoreEvent::Rebranded { name } => self.name.clone_from(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use mall_domain::scenario::given;

    use super::*;

    const ENABLED: StoreEvent = StoreEvent::ParticipationToggled { participating: true };
    const DISABLED: StoreEvent = StoreEvent::ParticipationToggled { participating: false };

    fn created() -> StoreEvent {
        StoreEvent::Created { name: "Waldorf Books".to_owned(), location: "Level 2".to_owned() }
    }

    #[test]
    fn a_store_has_a_name_and_a_location() {
        assert_eq!(Store::create(" Waldorf Books", "Level 2 "), Ok(created()));
        assert_eq!(Store::create(" ", "Level 2"), Err(StoreRefusal::InvalidName));
        assert_eq!(Store::create("Waldorf Books", ""), Err(StoreRefusal::InvalidLocation));
        assert_eq!(Store::create(&"x".repeat(201), "Level 2"), Err(StoreRefusal::InvalidName));
        assert_eq!(Store::create("Waldorf Books", &"x".repeat(201)), Err(StoreRefusal::InvalidLocation));
    }

    #[test]
    fn a_store_begins_without_participating() {
        given::<Store>([created()]).when(Store::disable_participation).then_refused(StoreRefusal::NotParticipating);
        given::<Store>([created()]).when(Store::enable_participation).then([ENABLED]);
    }

    #[test]
    fn participation_ends_and_begins_again() {
        let past = [created(), ENABLED];
        given::<Store>(past.clone()).when(Store::enable_participation).then_refused(StoreRefusal::AlreadyParticipating);
        given::<Store>(past).when(Store::disable_participation).then([DISABLED]);
        given::<Store>([created(), ENABLED, DISABLED]).when(Store::enable_participation).then([ENABLED]);
    }

    #[test]
    fn a_rebranded_store_has_another_name() {
        let rebranded = StoreEvent::Rebranded { name: "Statler Books".to_owned() };
        given::<Store>([created()]).when(|s| s.rebrand("Statler Books")).then([rebranded.clone()]);
        given::<Store>([created(), rebranded]).when(|s| s.rebrand("Statler Books")).then_nothing();
        given::<Store>([created()]).when(|s| s.rebrand("\t")).then_refused(StoreRefusal::InvalidName);
    }
}
