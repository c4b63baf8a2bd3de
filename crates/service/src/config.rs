//! Configuration: defaults here, an optional file, the environment on top. Parsed once; a bad value is one clear line.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use mall_domain::Currency;
use mall_messaging::KafkaOptions;
use mall_saga::SagaPolicy;
use serde::Deserialize;

/// Everything a service can be told. In the environment `grpc.listen` is `MALL__GRPC__LISTEN`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The service's own database.
    pub database: Database,
    /// The broker.
    pub kafka: Kafka,
    /// The API.
    pub grpc: Grpc,
    /// Health and metrics.
    pub http: Http,
    /// Addresses of other services: `peers.stores = "http://host:port"`.
    pub peers: BTreeMap<String, String>,
    /// Where traces go.
    pub otlp: Otlp,
    /// What the mall is like.
    pub shop: Shop,
    /// Logs.
    pub log: Log,
    /// How patient sagas are.
    pub saga: SagaTimes,
}

/// `database.*`
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `postgres://user:password@host:port/name`. Secret: never logged.
    pub url: String,
    /// A file that holds the URL instead, for secrets that are mounted.
    pub url_file: Option<String>,
    /// Connections held at most.
    pub connections: u32,
    /// Whether a start makes the schema. If not, it waits for `<service> migrate`, run under a role of its own.
    pub migrate: bool,
    /// Whom `<service> migrate` lets use the tables: the role that the service runs under.
    pub application_role: Option<String>,
}

/// `kafka.*`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kafka {
    /// `host:port`, comma-separated.
    pub bootstrap: String,
    /// How the broker knows us.
    pub security: KafkaSecurity,
    /// Certificates of authorities to trust instead of the system's.
    pub ca_file: Option<String>,
    /// Our certificate, of `certificate`.
    pub certificate_file: Option<String>,
    /// Its key.
    pub key_file: Option<String>,
    /// Our name, of `scram`.
    pub user: Option<String>,
    /// A file that holds its password.
    pub password_file: Option<String>,
}

/// Anything but `plaintext` needs a program built with the feature `tls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KafkaSecurity {
    /// Not at all, and unencrypted.
    Plaintext,
    /// By a certificate of ours.
    Certificate,
    /// By name and password (SCRAM-SHA-512), encrypted.
    Scram,
}

/// `grpc.*`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grpc {
    /// The address and port of the API; port 0 takes a free one.
    pub listen: SocketAddr,
}

/// `http.*`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// The address and port of health and metrics; port 0 takes a free one.
    pub listen: SocketAddr,
}

/// `otlp.*`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Otlp {
    /// `http://host:4317`; without it no spans are made.
    pub endpoint: Option<String>,
    /// The share of journeys that are traced, 0.0 to 1.0.
    pub sample: f64,
}

/// `shop.*`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shop {
    /// The one currency of this installation, with two decimals.
    pub currency: Currency,
}

/// `log.*`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `json` or `pretty`.
    pub format: LogFormat,
    /// A filter such as `info` or `info,mall_messaging=debug`.
    pub level: String,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

/// `saga.*`, in milliseconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SagaTimes {
    /// How long a step up to the pivot may take.
    pub deadline_ms: Option<u64>,
    /// The wait before the first resend; the following ones are two and a half and five times as long.
    pub resend_ms: Option<u64>,
    /// How often the timer looks.
    pub tick_ms: Option<u64>,
}

/// One line that says what is wrong.
#[derive(Debug, thiserror::Error)]
#[error("configuration: {0}")]
pub struct ConfigError(String);

impl ConfigError {
    pub(crate) fn new(key: &str, error: &dyn std::fmt::Display) -> Self {
        Self(format!("{key}: {error}"))
    }
}

impl Default for Database {
    fn default() -> Self {
        Self { url: String::new(), url_file: None, connections: 8, migrate: true, application_role: None }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("url", &"(redacted)").field("connections", &self.connections).finish()
    }
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            bootstrap: "127.0.0.1:8301".to_owned(),
            security: KafkaSecurity::Plaintext,
            ca_file: None,
            certificate_file: None,
            key_file: None,
            user: None,
            password_file: None,
        }
    }
}

impl Default for Grpc {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8100)) }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8200)) }
    }
}

impl Default for Otlp {
    fn default() -> Self {
        Self { endpoint: None, sample: 1.0 }
    }
}

impl Default for Shop {
    fn default() -> Self {
        Self { currency: Currency::USD }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Json, level: "info".to_owned() }
    }
}

impl Config {
    /// Reads the file named by `MALL_CONFIG` (if any) and the environment.
    #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
    pub fn load() -> Result<Self, ConfigError> {
        let mut sources = config::Config::builder();
        if let Ok(file) = std::env::var("MALL_CONFIG") {
            sources = sources.add_source(config::File::new(&file, config::FileFormat::Toml));
        }
        let environment = config::Environment::with_prefix("MALL").prefix_separator("__").separator("__");
        Self::from_sources(sources.add_source(environment))
    }

    fn from_sources(sources: config::ConfigBuilder<config::builder::DefaultState>) -> Result<Self, ConfigError> {
        let raw = sources.build().map_err(|error| ConfigError(error.to_string()))?;
        let mut parsed: Self = raw.try_deserialize().map_err(|error| ConfigError(error.to_string()))?;
        if let Some(file) = &parsed.database.url_file {
            parsed.database.url = read("database.url_file", file)?;
        }
        parsed.check()?;
        Ok(parsed)
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.database.url.is_empty() {
            return Err(ConfigError("database.url (MALL__DATABASE__URL) is missing".to_owned()));
        }
        if !(0.0..=1.0).contains(&self.otlp.sample) {
            return Err(ConfigError(format!("otlp.sample (MALL__OTLP__SAMPLE) is {}, not 0 to 1", self.otlp.sample)));
        }
        if self.database.connections < 4 {
            return Err(ConfigError("database.connections (MALL__DATABASE__CONNECTIONS) must be 4 or more".to_owned()));
        }
        self.kafka_options()?;
        for (name, address) in &self.peers {
            if mall_proto::topology::service(name).is_none() {
                return Err(ConfigError(format!("peers.{name}: there is no such service")));
            }
            if tonic::transport::Endpoint::from_shared(address.clone()).is_err() {
                return Err(ConfigError(format!(
                    "peers.{name}: {address:?} is not an address such as http://host:port"
                )));
            }
        }
        Ok(())
    }

    /// How Kafka is reached, as configured, in librdkafka's words.
    pub(crate) fn kafka_options(&self) -> Result<KafkaOptions, ConfigError> {
        let Kafka { bootstrap, security, ca_file, certificate_file, key_file, user, password_file } = &self.kafka;
        let needed = |key: &str, value: &Option<String>| {
            let missing = || ConfigError(format!("kafka.{key} is missing: kafka.security is {security:?}"));
            value.clone().ok_or_else(missing)
        };
        let mut settings = match security {
            KafkaSecurity::Plaintext => return Ok(KafkaOptions::plaintext(bootstrap.clone())),
            KafkaSecurity::Certificate => vec![
                ("security.protocol", "SSL".to_owned()),
                ("ssl.certificate.location", needed("certificate_file", certificate_file)?),
                ("ssl.key.location", needed("key_file", key_file)?),
            ],
            KafkaSecurity::Scram => vec![
                ("security.protocol", "SASL_SSL".to_owned()),
                ("sasl.mechanism", "SCRAM-SHA-512".to_owned()),
                ("sasl.username", needed("user", user)?),
                ("sasl.password", read("kafka.password_file", &needed("password_file", password_file)?)?),
            ],
        };
        settings.extend(ca_file.clone().map(|file| ("ssl.ca.location", file)));
        Ok(KafkaOptions { bootstrap: bootstrap.clone(), security: settings })
    }

    /// How patient sagas are, as configured.
    pub(crate) fn saga_policy(&self) -> SagaPolicy {
        let mut policy = SagaPolicy::default();
        if let Some(deadline) = self.saga.deadline_ms {
            policy.deadline = Duration::from_millis(deadline);
        }
        if let Some(first) = self.saga.resend_ms {
            policy.resends = [first, first * 5 / 2, first * 5].map(Duration::from_millis).to_vec();
        }
        if let Some(tick) = self.saga.tick_ms {
            policy.tick = Duration::from_millis(tick);
        }
        policy
    }
}

/// A secret that is mounted as a file.
fn read(key: &str, file: &str) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(file).map_err(|error| ConfigError(format!("{key} {file}: {error}")))?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let mut sources = config::Config::builder().set_default("database.url", "postgres://x").expect("a key");
        for (key, value) in pairs {
            sources = sources.set_override(*key, *value).expect("a key");
        }
        Config::from_sources(sources).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_enough_but_for_the_database() {
        let config = parse(&[]).expect("defaults");
        assert_eq!(config.shop.currency, Currency::USD);
        assert_eq!(config.database.connections, 8);
    }

    #[test]
    fn a_bad_value_is_named() {
        for (key, value) in [
            ("grpc.listen", "nowhere"),
            ("shop.currency", "dollars"),
            ("peers.shops", "http://x"),
            ("otlp.sample", "2"),
            ("kafka.security", "scram"),
        ] {
            let error = parse(&[(key, value)]).expect_err("a bad value");
            assert!(error.contains(key) || error.contains(value), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(parse(&[("kafka.botstrap", "x")]).expect_err("a misspelt key").contains("botstrap"));
    }

    #[test]
    fn a_broker_that_wants_a_name_gets_it_with_the_password_from_its_file() {
        let file = std::env::temp_dir().join(format!("mall-password-{}", std::process::id()));
        std::fs::write(&file, "secret\n").expect("a file");
        let file = file.to_str().expect("a plain path");
        let named = [("kafka.security", "scram"), ("kafka.user", "ordering"), ("kafka.password_file", file)];
        let options = parse(&named).and_then(|config| config.kafka_options().map_err(|error| error.to_string()));
        std::fs::remove_file(file).expect("it was there");
        let settings = options.expect("all that it takes").security;
        let has = |key, value: &str| settings.contains(&(key, value.to_owned()));
        assert!(has("security.protocol", "SASL_SSL") && has("sasl.username", "ordering"), "{settings:?}");
        assert!(has("sasl.password", "secret"), "{settings:?}");
    }

    #[test]
    fn the_databases_url_is_never_printed() {
        let config = parse(&[("database.url", "postgres://mall:secret@db/x")]).expect("a URL");
        assert!(!format!("{config:?}").contains("secret"));
    }
}
