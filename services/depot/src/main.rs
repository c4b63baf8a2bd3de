//! The depot service.

fn main() -> std::process::ExitCode {
    mall_service::run(depot::service)
}
