//! The customers service.

fn main() -> std::process::ExitCode {
    mall_service::run(customers::service)
}
