//! What people can do with customers.

use mall_proto::customers::v1::{
    ChangeSmsNumberRequest, Customer, CustomerDisabled, CustomerEnabled, CustomerRegistered, CustomerSmsChanged,
    DisableCustomerRequest, EnableCustomerRequest, GetCustomerRequest, RegisterCustomerRequest,
};
use mall_testkit::{field, reason};
use tonic::{Code, Status};

use crate::{Client, register, start};

const UNKNOWN: &str = "018f4e2a-7c1b-7000-8000-1234567890ab";

async fn get(client: &mut Client, id: &str) -> Customer {
    let answer = client.get_customer(GetCustomerRequest { id: id.to_owned() }).await.expect("a customer");
    answer.into_inner().customer.expect("one thing answers under its name")
}

async fn enable(client: &mut Client, id: &str) -> Result<(), Status> {
    client.enable_customer(EnableCustomerRequest { id: id.to_owned() }).await.map(drop)
}

async fn disable(client: &mut Client, id: &str) -> Result<(), Status> {
    client.disable_customer(DisableCustomerRequest { id: id.to_owned() }).await.map(drop)
}

async fn change_sms(client: &mut Client, id: &str, number: &str) -> Result<(), Status> {
    let request = ChangeSmsNumberRequest { id: id.to_owned(), sms_number: number.to_owned() };
    client.change_sms_number(request).await.map(drop)
}

#[tokio::test]
async fn a_customer_is_registered_and_told_of() {
    let (shop, mut client) = start().await;
    let id = register(&mut client, " Ada Lovelace ").await;

    let (name, sms_number) = ("Ada Lovelace".to_owned(), "+4930123456".to_owned());
    let message = CustomerRegistered { id: id.clone(), name: name.clone(), sms_number: sms_number.clone() };
    let expected = Customer { id: id.clone(), name, sms_number, enabled: true, version: 1 };
    assert_eq!(get(&mut client, &id).await, expected);
    assert_eq!(shop.sent::<CustomerRegistered>().await, [message]);
}

#[tokio::test]
async fn every_change_is_kept_and_told_of_once() {
    let (shop, mut client) = start().await;
    let id = register(&mut client, "Ada").await;
    disable(&mut client, &id).await.expect("it was enabled");
    enable(&mut client, &id).await.expect("it was disabled");
    change_sms(&mut client, &id, "+4930999999").await.expect("a number");
    change_sms(&mut client, &id, "+4930999999").await.expect("a repeat succeeds");
    disable(&mut client, &id).await.expect("it was enabled");

    let customer = get(&mut client, &id).await;
    assert_eq!((customer.sms_number.as_str(), customer.enabled, customer.version), ("+4930999999", false, 5));
    assert_eq!(shop.sent::<CustomerDisabled>().await, [(); 2].map(|()| CustomerDisabled { id: id.clone() }));
    assert_eq!(shop.sent::<CustomerEnabled>().await, [CustomerEnabled { id: id.clone() }]);
    let changed = CustomerSmsChanged { id, sms_number: "+4930999999".to_owned() };
    assert_eq!(shop.sent::<CustomerSmsChanged>().await, [changed]);
}

#[tokio::test]
async fn nothing_is_registered_that_breaks_a_rule() {
    let (shop, mut client) = start().await;
    for (name, number, refusal, blamed) in [
        (" ", "+4930123456", "INVALID_NAME", "name"),
        ("nul\0", "+4930123456", "INVALID_NAME", "name"),
        ("Ada", "030123456", "INVALID_SMS_NUMBER", "smsNumber"),
    ] {
        let request = RegisterCustomerRequest { name: name.to_owned(), sms_number: number.to_owned() };
        let status = client.register_customer(request).await.expect_err("a broken rule");
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!((reason(&status).as_str(), field(&status).as_str()), (refusal, blamed));
    }
    assert_eq!(shop.sent::<CustomerRegistered>().await, []);
}

#[tokio::test]
async fn a_customer_is_enabled_and_disabled_only_when_that_changes_it() {
    let (_shop, mut client) = start().await;
    let id = register(&mut client, "Ada").await;
    let status = enable(&mut client, &id).await.expect_err("it is enabled");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "ALREADY_ENABLED"));

    disable(&mut client, &id).await.expect("it was enabled");
    let status = disable(&mut client, &id).await.expect_err("it is disabled");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "ALREADY_DISABLED"));
    assert_eq!(get(&mut client, &id).await.version, 2);
}

#[tokio::test]
async fn a_number_does_not_change_to_nonsense() {
    let (_shop, mut client) = start().await;
    let id = register(&mut client, "Ada").await;
    let status = change_sms(&mut client, &id, "call me").await.expect_err("not a number");
    assert_eq!((status.code(), field(&status).as_str()), (Code::InvalidArgument, "smsNumber"));
    assert_eq!(get(&mut client, &id).await.sms_number, "+4930123456");
}

#[tokio::test]
async fn an_unknown_customer_is_not_found() {
    let (_shop, mut client) = start().await;
    let got = client.get_customer(GetCustomerRequest { id: UNKNOWN.to_owned() }).await.map(drop);
    for answer in [
        got,
        enable(&mut client, UNKNOWN).await,
        disable(&mut client, UNKNOWN).await,
        change_sms(&mut client, UNKNOWN, "+4930123456").await,
    ] {
        let status = answer.expect_err("nobody has this id");
        assert_eq!((status.code(), status.message()), (Code::NotFound, &*format!("there is no customer {UNKNOWN}")));
    }
}

#[tokio::test]
async fn an_id_that_is_none_is_blamed() {
    let (_shop, mut client) = start().await;
    let got = client.get_customer(GetCustomerRequest { id: "ada".to_owned() }).await.map(drop);
    for answer in [
        got,
        enable(&mut client, "").await,
        disable(&mut client, "ada").await,
        change_sms(&mut client, "ada", "+4930123456").await,
    ] {
        let status = answer.expect_err("not an id");
        assert_eq!((status.code(), field(&status).as_str()), (Code::InvalidArgument, "id"));
    }
}
