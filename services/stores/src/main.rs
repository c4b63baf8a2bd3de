//! The stores service.

fn main() -> std::process::ExitCode {
    mall_service::run(stores::service)
}
