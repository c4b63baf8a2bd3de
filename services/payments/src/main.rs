//! The payments service.

fn main() -> std::process::ExitCode {
    mall_service::run(payments::service)
}
