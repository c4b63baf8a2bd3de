//! The cosec service.

fn main() -> std::process::ExitCode {
    mall_service::run(cosec::service)
}
