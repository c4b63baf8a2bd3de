//! The ordering service.

fn main() -> std::process::ExitCode {
    mall_service::run(ordering::service)
}
