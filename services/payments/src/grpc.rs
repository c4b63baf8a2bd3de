//! The API of payments: parse, call, answer.

use mall_domain::{AggregateId, InField};
use mall_proto::payments::v1::{self as api, payments_service_server::PaymentsService};
use mall_service::page::Page;
use mall_service::{Edge, answer, wire};
use tonic::{Request, Response, Status};

use crate::app::Payments;
use crate::domain::{Account, Bill, CustomerId, OrderId, PaymentId};

pub struct Server {
    pub edge: Edge,
    pub app: Payments,
}

#[tonic::async_trait]
impl PaymentsService for Server {
    async fn authorize_payment(
        &self,
        request: Request<api::AuthorizePaymentRequest>,
    ) -> Result<Response<api::AuthorizePaymentResponse>, Status> {
        answer(async {
            let customer = CustomerId::parse(&request.get_ref().customer_id).in_field("customerId")?;
            let amount = wire::parse_money(request.get_ref().amount.as_ref(), "amount", self.edge.currency())?;
            let mut work = self.edge.begin(&request);
            let payment = self.app.authorize(&mut work, customer, amount)?;
            work.commit().await?;
            Ok(api::AuthorizePaymentResponse { id: payment.to_string() })
        })
        .await
    }

    async fn get_payment(
        &self,
        request: Request<api::GetPaymentRequest>,
    ) -> Result<Response<api::GetPaymentResponse>, Status> {
        answer(async {
            let id = PaymentId::parse(&request.get_ref().id)?;
            let (account, version) = self.app.get(&mut self.edge.begin(&request), id).await?;
            Ok(api::GetPaymentResponse { payment: Some(wire_payment(id, &account, version)) })
        })
        .await
    }

    async fn void_payment(
        &self,
        request: Request<api::VoidPaymentRequest>,
    ) -> Result<Response<api::VoidPaymentResponse>, Status> {
        answer(async {
            let payment = PaymentId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            self.app.void(&mut work, payment).await?;
            work.commit().await?;
            Ok(api::VoidPaymentResponse {})
        })
        .await
    }

    async fn list_invoices(
        &self,
        request: Request<api::ListInvoicesRequest>,
    ) -> Result<Response<api::ListInvoicesResponse>, Status> {
        answer(async {
            let mut work = self.edge.begin(&request);
            let request = request.get_ref();
            let page = Page::parse(request.page_size, &request.page_token, "invoices")?;
            if !request.order_id.is_empty() {
                let order = OrderId::parse(&request.order_id).in_field("orderId")?;
                let invoice = self.app.invoice_if_made(&mut work, order).await?;
                let invoices = invoice.iter().map(|bill| wire_invoice(order, bill)).collect();
                return Ok(api::ListInvoicesResponse { invoices, next_page_token: String::new() });
            }
            let mut listed = self.app.invoices(&work, page.after, page.limit()).await?;
            let next_page_token = page.cut(&mut listed, "invoices", |listed| listed.order.uuid());
            let invoices = listed.iter().map(|listed| wire_invoice(listed.order, &listed.bill)).collect();
            Ok(api::ListInvoicesResponse { invoices, next_page_token })
        })
        .await
    }

    async fn get_invoice(
        &self,
        request: Request<api::GetInvoiceRequest>,
    ) -> Result<Response<api::GetInvoiceResponse>, Status> {
        answer(async {
            let order = OrderId::parse(&request.get_ref().id)?;
            let bill = self.app.invoice(&mut self.edge.begin(&request), order).await?;
            Ok(api::GetInvoiceResponse { invoice: Some(wire_invoice(order, &bill)) })
        })
        .await
    }

    async fn pay_invoice(
        &self,
        request: Request<api::PayInvoiceRequest>,
    ) -> Result<Response<api::PayInvoiceResponse>, Status> {
        answer(async {
            let order = OrderId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            self.app.pay_invoice(&mut work, order).await?;
            work.commit().await?;
            Ok(api::PayInvoiceResponse {})
        })
        .await
    }

    async fn adjust_invoice(
        &self,
        request: Request<api::AdjustInvoiceRequest>,
    ) -> Result<Response<api::AdjustInvoiceResponse>, Status> {
        answer(async {
            let order = OrderId::parse(&request.get_ref().id)?;
            let amount = wire::parse_money(request.get_ref().amount.as_ref(), "amount", self.edge.currency())?;
            let mut work = self.edge.begin(&request);
            self.app.adjust_invoice(&mut work, order, amount).await?;
            work.commit().await?;
            Ok(api::AdjustInvoiceResponse {})
        })
        .await
    }

    async fn cancel_invoice(
        &self,
        request: Request<api::CancelInvoiceRequest>,
    ) -> Result<Response<api::CancelInvoiceResponse>, Status> {
        answer(async {
            let order = OrderId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            self.app.cancel_invoice(&mut work, order).await?;
            work.commit().await?;
            Ok(api::CancelInvoiceResponse {})
        })
        .await
    }
}

fn wire_payment(id: PaymentId, account: &Account, version: i64) -> api::Payment {
    api::Payment {
        id: id.to_string(),
        customer_id: account.customer.to_string(),
        status: account.status.to_string(),
        order_id: account.status.order().map(|order| order.to_string()).unwrap_or_default(),
        authorized: Some(wire::money(account.authorized)),
        held: Some(wire::money(account.held)),
        captured: Some(wire::money(account.captured)),
        released: Some(wire::money(account.released)),
        voided: Some(wire::money(account.voided)),
        version,
    }
}

/// An invoice has its order's id.
fn wire_invoice(order: OrderId, bill: &Bill) -> api::Invoice {
    api::Invoice {
        id: order.to_string(),
        order_id: order.to_string(),
        customer_id: bill.customer.to_string(),
        payment_id: bill.payment.to_string(),
        amount: Some(wire::money(bill.amount)),
        status: bill.status.to_string(),
    }
}
