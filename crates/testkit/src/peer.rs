//! Another service's API without the service: it answers as the test says.

use std::convert::Infallible;

use prost::Message;
use tonic::server::Grpc;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::service_fn;

/// An API of the methods that a test needs.
#[derive(Debug, Default)]
pub struct FakePeer {
    router: axum::Router,
}

impl FakePeer {
    /// An API without methods.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers `method`, such as `/mallbots.stores.v1.StoresService/GetProducts`.
    #[must_use]
    pub fn on<Q, A>(
        mut self,
        method: &str,
        answer: impl Fn(Q) -> Result<A, Status> + Clone + Send + Sync + 'static,
    ) -> Self
    where
        Q: Message + Default + 'static,
        A: Message + Default + 'static,
    {
        let call = service_fn(move |request: http::Request<axum::body::Body>| {
            let answer = answer.clone();
            async move {
                let unary = service_fn(move |request: Request<Q>| {
                    let answered = answer(request.into_inner()).map(Response::new);
                    async move { answered }
                });
                let answered = Grpc::new(ProstCodec::<A, Q>::default()).unary(unary, request).await;
                Ok::<_, Infallible>(answered)
            }
        });
        self.router = self.router.route_service(method, call);
        self
    }

    /// Listens on a free port until the test ends; gives the address for `config.peers`.
    pub async fn start(self) -> String {
        let incoming = TcpIncoming::bind(([127, 0, 0, 1], 0).into()).expect("there is a free port");
        let address = incoming.local_addr().expect("it listens");
        tokio::spawn(Server::builder().add_routes(Routes::from(self.router)).serve_with_incoming(incoming));
        format!("http://{address}")
    }
}
