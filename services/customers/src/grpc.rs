//! The API of customers: parse, call, answer.

use mall_proto::customers::v1::{self as api, customers_service_server::CustomersService};
use mall_service::{Edge, answer};
use tonic::{Request, Response, Status};

use crate::app::Customers;
use crate::domain::CustomerId;

pub struct Server {
    pub edge: Edge,
    pub app: Customers,
}

#[tonic::async_trait]
impl CustomersService for Server {
    async fn register_customer(
        &self,
        request: Request<api::RegisterCustomerRequest>,
    ) -> Result<Response<api::RegisterCustomerResponse>, Status> {
        answer(async {
            let mut work = self.edge.begin(&request);
            let request = request.get_ref();
            let id = self.app.register(&mut work, &request.name, &request.sms_number)?;
            work.commit().await?;
            Ok(api::RegisterCustomerResponse { id: id.to_string() })
        })
        .await
    }

    async fn get_customer(
        &self,
        request: Request<api::GetCustomerRequest>,
    ) -> Result<Response<api::GetCustomerResponse>, Status> {
        answer(async {
            let id = CustomerId::parse(&request.get_ref().id)?;
            let (customer, version) = self.app.get(&mut self.edge.begin(&request), id).await?;
            let customer = api::Customer {
                id: id.to_string(),
                name: customer.name,
                sms_number: customer.sms_number,
                enabled: customer.enabled,
                version,
            };
            Ok(api::GetCustomerResponse { customer: Some(customer) })
        })
        .await
    }

    async fn enable_customer(
        &self,
        request: Request<api::EnableCustomerRequest>,
    ) -> Result<Response<api::EnableCustomerResponse>, Status> {
        answer(async {
            let id = CustomerId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            self.app.enable(&mut work, id).await?;
            work.commit().await?;
            Ok(api::EnableCustomerResponse {})
        })
        .await
    }

    async fn disable_customer(
        &self,
        request: Request<api::DisableCustomerRequest>,
    ) -> Result<Response<api::DisableCustomerResponse>, Status> {
        answer(async {
            let id = CustomerId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            self.app.disable(&mut work, id).await?;
            work.commit().await?;
            Ok(api::DisableCustomerResponse {})
        })
        .await
    }

    async fn change_sms_number(
        &self,
        request: Request<api::ChangeSmsNumberRequest>,
    ) -> Result<Response<api::ChangeSmsNumberResponse>, Status> {
        answer(async {
            let id = CustomerId::parse(&request.get_ref().id)?;
            let mut work = self.edge.begin(&request);
            self.app.change_sms_number(&mut work, id, &request.get_ref().sms_number).await?;
            work.commit().await?;
            Ok(api::ChangeSmsNumberResponse {})
        })
        .await
    }
}
