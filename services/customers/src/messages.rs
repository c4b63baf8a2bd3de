//! What customers promises, and the command that it answers.

use mall_messaging::{Consumer, Handle, Received, event, undecodable};
use mall_persistence::{Error, Outgoing, Publishes, Work};
use mall_proto::customers::v1::{
    AuthorizeCustomer, CustomerDisabled, CustomerEnabled, CustomerRegistered, CustomerSmsChanged,
};

use crate::app::Customers;
use crate::domain::{Customer, CustomerEvent, CustomerId};

impl Publishes for Customer {
    fn message(&self, id: CustomerId, event_: &CustomerEvent) -> Option<Outgoing> {
        Some(match event_.clone() {
            CustomerEvent::Registered { name, sms_number } => {
                event(id, &CustomerRegistered { id: id.to_string(), name, sms_number })
            }
            CustomerEvent::SmsChanged { sms_number } => {
                event(id, &CustomerSmsChanged { id: id.to_string(), sms_number })
            }
            CustomerEvent::Enabled => event(id, &CustomerEnabled { id: id.to_string() }),
            CustomerEvent::Disabled => event(id, &CustomerDisabled { id: id.to_string() }),
        })
    }
}

pub fn consumer(app: Customers) -> Consumer<Customers> {
    Consumer::new("customers", app).on_command::<AuthorizeCustomer, Customer>(|m| CustomerId::parse(&m.id))
}

impl Handle<AuthorizeCustomer> for Customers {
    async fn handle(&self, work: &mut Work, m: Received<AuthorizeCustomer>) -> Result<(), Error> {
        self.authorize(work, CustomerId::parse(&m.id).map_err(undecodable)?).await
    }
}
