fn main() -> std::process::ExitCode {
    mall_service::run(payments::service)
}
