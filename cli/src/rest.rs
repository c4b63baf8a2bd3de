//! A small client of the REST API, for `mall`'s own verbs and for tests.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

/// Why a call has no answer to use. Its text is meant for a terminal.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    #[error("{method} {url}: no answer")]
    Unreachable { method: Method, url: String, source: reqwest::Error },
    #[error("{method} {path}: {status} {message}")]
    Refused { method: Method, path: String, status: u16, message: String },
    #[error("{what} did not happen within {seconds} s; last seen: {last}")]
    TooLate { what: String, seconds: u64, last: String },
    #[error("{0}")]
    Unexpected(String),
}

/// A client of one gateway.
#[derive(Clone, Debug)]
pub struct Rest {
    client: reqwest::Client,
    base: String,
}

impl Rest {
    pub fn new(base: impl Into<String>) -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build();
        Self { client: client.expect("a client without TLS has nothing that can fail"), base: base.into() }
    }

    /// The answer's JSON; an HTTP status of 400 or above is an error.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, RestError> {
        let url = format!("{}{path}", self.base);
        let unreachable = |source| RestError::Unreachable { method: method.clone(), url: url.clone(), source };
        let mut request = self.client.request(method.clone(), &url);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let text = answer.text().await.map_err(unreachable)?;
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(value);
        }
        let message = value["message"].as_str().unwrap_or(text.trim()).to_owned();
        Err(RestError::Refused { method, path: path.to_owned(), status: status.as_u16(), message })
    }

    pub async fn get(&self, path: &str) -> Result<Value, RestError> {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Result<Value, RestError> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Result<Value, RestError> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// POST, and the `id` of what it made.
    pub async fn create(&self, path: &str, body: Value) -> Result<String, RestError> {
        let answer = self.post(path, body).await?;
        Ok(answer["id"].as_str().unwrap_or_default().to_owned())
    }

    /// Asks every few milliseconds until the answer is as wanted. NOT_FOUND counts as not yet.
    pub async fn wait_for(&self, what: &str, path: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value, RestError> {
        const PATIENCE: Duration = Duration::from_secs(30);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let last = match self.get(path).await {
                Ok(answer) if wanted(&answer) => return Ok(answer),
                Ok(answer) => answer.to_string(),
                Err(RestError::Refused { status: 404, message, .. }) => message,
                Err(error) => return Err(error),
            };
            if Instant::now() > deadline {
                return Err(RestError::TooLate { what: what.to_owned(), seconds: PATIENCE.as_secs(), last });
            }
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
    }
}

/// An amount of US dollars as the API wants it, from cents.
pub fn dollars(cents: i64) -> Value {
    json!({"currencyCode": "USD", "units": (cents / 100).to_string(), "nanos": cents % 100 * 10_000_000})
}

/// An amount as the API shows it, for people: `12.50 USD`.
pub fn show_money(money: &Value) -> String {
    let units: i64 = money["units"].as_str().and_then(|units| units.parse().ok()).unwrap_or_default();
    let cents = money["nanos"].as_i64().unwrap_or_default() / 10_000_000;
    format!("{units}.{cents:02} {}", money["currencyCode"].as_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_goes_there_and_back() {
        assert_eq!(dollars(1_205), json!({"currencyCode": "USD", "units": "12", "nanos": 50_000_000}));
        assert_eq!(show_money(&dollars(1_205)), "12.05 USD");
    }
}
