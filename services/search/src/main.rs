//! The search service.

fn main() -> std::process::ExitCode {
    mall_service::run(search::service)
}
