//! A customer: somebody who may order while enabled, and can be texted.

use mall_domain::{Aggregate, Refusal, RefusalKind, id, text};
use serde::{Deserialize, Serialize};

id!(CustomerId, "the id of a customer");

#[derive(Clone, Debug, Default)]
pub struct Customer {
    pub name: String,
    pub sms_number: String,
    pub enabled: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum CustomerEvent {
    /// A customer begins enabled.
    Registered {
        name: String,
        sms_number: String,
    },
    SmsChanged {
        sms_number: String,
    },
    Enabled,
    Disabled,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CustomerRefusal {
    #[error("a customer's name is one line of 1 to 200 characters")]
    InvalidName,
    #[error("an SMS number is a plus sign and 7 to 15 digits, country code first, as in +4930123456")]
    InvalidSmsNumber,
    #[error("the customer is enabled already")]
    AlreadyEnabled,
    #[error("the customer is disabled already")]
    AlreadyDisabled,
    #[error("the customer is disabled: enable it before it orders")]
    Disabled,
}

impl Refusal for CustomerRefusal {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::InvalidName | Self::InvalidSmsNumber => RefusalKind::Invalid,
            Self::AlreadyEnabled | Self::AlreadyDisabled | Self::Disabled => RefusalKind::Rule,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::InvalidName => Some("name"),
            Self::InvalidSmsNumber => Some("smsNumber"),
            Self::AlreadyEnabled | Self::AlreadyDisabled | Self::Disabled => None,
        }
    }
}

impl Customer {
    pub fn register(name: &str, sms_number: &str) -> Result<CustomerEvent, CustomerRefusal> {
        let name = text::line(name).ok_or(CustomerRefusal::InvalidName)?;
        let sms_number = parse_sms_number(sms_number)?;
        Ok(CustomerEvent::Registered { name, sms_number })
    }

    pub fn change_sms_number(&self, sms_number: &str) -> Result<Option<CustomerEvent>, CustomerRefusal> {
        let sms_number = parse_sms_number(sms_number)?;
        if sms_number == self.sms_number {
            return Ok(None);
        }
        Ok(Some(CustomerEvent::SmsChanged { sms_number }))
    }

    pub fn enable(&self) -> Result<CustomerEvent, CustomerRefusal> {
        if self.enabled {
            return Err(CustomerRefusal::AlreadyEnabled);
        }
        Ok(CustomerEvent::Enabled)
    }

    pub fn disable(&self) -> Result<CustomerEvent, CustomerRefusal> {
        if !self.enabled {
            return Err(CustomerRefusal::AlreadyDisabled);
        }
        Ok(CustomerEvent::Disabled)
    }

    /// Whether the customer may order. Changes nothing.
    pub fn authorize(&self) -> Result<(), CustomerRefusal> {
        if !self.enabled {
            return Err(CustomerRefusal::Disabled);
        }
        Ok(())
    }
}

/// E.164: at most 15 digits, no country code begins with 0. Seven is the shortest number in use.
fn parse_sms_number(text: &str) -> Result<String, CustomerRefusal> {
    let digits = text.strip_prefix('+').ok_or(CustomerRefusal::InvalidSmsNumber)?;
    let is_number = digits.bytes().all(|digit| digit.is_ascii_digit()) && !digits.starts_with('0');
    if !is_number || !(7..=15).contains(&digits.len()) {
        return Err(CustomerRefusal::InvalidSmsNumber);
    }
    Ok(text.to_owned())
}

impl Aggregate for Customer {
    const KIND: &'static str = "customers.Customer";
    type Id = CustomerId;
    type Event = CustomerEvent;

    fn apply(&mut self, event: &CustomerEvent) {
        match event {
            CustomerEvent::Registered { name, sms_number } => {
                *self = Self { name: name.clone(), sms_number: sms_number.clone(), enabled: true };
            }
            CustomerEvent::SmsChanged { sms_number } => self.sms_number.clone_from(sms_number),
            CustomerEvent::Enabled => self.enabled = true,
            CustomerEvent::Disabled => self.enabled = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use mall_domain::scenario::given;

    use super::*;

    const NUMBER: &str = "+4930123456";

    fn registered() -> CustomerEvent {
        CustomerEvent::Registered { name: "Ada".to_owned(), sms_number: NUMBER.to_owned() }
    }

    #[test]
    fn a_customer_is_registered_under_a_trimmed_name() {
        assert_eq!(Customer::register(" Ada ", NUMBER), Ok(registered()));
    }

    #[test]
    fn a_blank_or_overlong_name_is_refused() {
        for name in ["", "   ", &"a".repeat(201)] {
            assert_eq!(Customer::register(name, NUMBER), Err(CustomerRefusal::InvalidName));
        }
    }

    #[test]
    fn only_an_international_number_can_be_texted() {
        for number in [
            "",
            "+",
            "030123456",
            "4930123456",
            "+0930123456",
            "+49 30123456",
            "+493012",
            "+1234567890123456",
            "+49３0123456",
        ] {
            assert_eq!(Customer::register("Ada", number), Err(CustomerRefusal::InvalidSmsNumber), "{number}");
        }
        for number in ["+6834000", "+123456789012345"] {
            assert!(Customer::register("Ada", number).is_ok(), "{number}");
        }
    }

    #[test]
    fn a_number_changes_once() {
        let changed = CustomerEvent::SmsChanged { sms_number: "+4930999999".to_owned() };
        given::<Customer>([registered()]).when(|c| c.change_sms_number("+4930999999")).then([changed.clone()]);
        given::<Customer>([registered(), changed]).when(|c| c.change_sms_number("+4930999999")).then_nothing();
    }

    #[test]
    fn a_number_does_not_change_to_nonsense() {
        given::<Customer>([registered()])
            .when(|c| c.change_sms_number("call me"))
            .then_refused(CustomerRefusal::InvalidSmsNumber);
    }

    #[test]
    fn a_customer_begins_enabled() {
        given::<Customer>([registered()]).when(Customer::enable).then_refused(CustomerRefusal::AlreadyEnabled);
        given::<Customer>([registered()]).when(Customer::disable).then([CustomerEvent::Disabled]);
    }

    #[test]
    fn a_disabled_customer_can_only_be_enabled() {
        let past = [registered(), CustomerEvent::Disabled];
        given::<Customer>(past.clone()).when(Customer::disable).then_refused(CustomerRefusal::AlreadyDisabled);
        given::<Customer>(past).when(Customer::enable).then([CustomerEvent::Enabled]);
    }

    #[test]
    fn only_an_enabled_customer_is_authorized() {
        let authorize = |past: Vec<CustomerEvent>| given::<Customer>(past).state().authorize();
        assert_eq!(authorize(vec![registered()]), Ok(()));
        assert_eq!(authorize(vec![registered(), CustomerEvent::Disabled]), Err(CustomerRefusal::Disabled));
        assert_eq!(authorize(vec![registered(), CustomerEvent::Disabled, CustomerEvent::Enabled]), Ok(()));
    }
}
