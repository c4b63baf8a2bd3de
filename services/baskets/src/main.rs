//! The baskets service.

fn main() -> std::process::ExitCode {
    mall_service::run(baskets::service)
}
