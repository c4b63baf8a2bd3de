//! The notifications service.

fn main() -> std::process::ExitCode {
    mall_service::run(notifications::service)
}
