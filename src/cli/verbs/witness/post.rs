//! Carries a request to a witness over HTTP and brings back what it says.

use std::time::Duration;

use ureq::Agent;
use ureq::http::header::CONTENT_TYPE;

use crate::witness::Reply;

/// More of an answer is not read: a hundred cosignature lines are shorter.
const ANSWER_BYTES: u64 = 64 * 1024;

/// A witness's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    base: String,
}

impl Address {
    /// Takes the submission prefix of C2SP tlog-witness: an `http` or `https` URL, with or without a last slash.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let base = text.trim_end_matches('/');
        let after = ["http://", "https://"].into_iter().find_map(|scheme| base.strip_prefix(scheme))?;
        let plain = !after.is_empty() && !base.contains(|symbol: char| symbol.is_whitespace() || "?#".contains(symbol));
        plain.then(|| Self { base: base.to_owned() })
    }

    /// The prefix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.base
    }

    /// On this machine a proxy has no business.
    fn is_local(&self) -> bool {
        let host = self.base.split("://").nth(1).unwrap_or_default();
        let host = host.split('/').next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        name == "localhost" || name.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    }
}

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NoAnswer {
    /// In words.
    pub why: String,
}

/// Posts a request's body. Redirections are not followed; every status is an answer.
///
/// # Errors
/// [`NoAnswer`].
pub fn post(address: &Address, body: &str, timeout: Duration) -> Result<Reply, NoAnswer> {
    let no_answer = |error: ureq::Error| NoAnswer { why: error.to_string() };
    let config = Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("ceasefire/", env!("CARGO_PKG_VERSION")));
    let config = if address.is_local() { config.proxy(None) } else { config };
    let agent = Agent::new_with_config(config.build());
    let url = format!("{}/add-checkpoint", address.base);
    let answered = agent.post(url).header(CONTENT_TYPE, "text/plain; charset=utf-8").send(body);
    let mut response = answered.map_err(no_answer)?;
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec();
    Ok(Reply { status, media_type, body: body.map_err(no_answer)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_plain_web_address() {
        assert_eq!(Address::parse("https://w.example/x/").unwrap().as_str(), "https://w.example/x");
        for wrong in ["", "http://", "ftp://w.example", "w.example", "http://w.example/ x", "http://w.example/?a"] {
            assert_eq!(Address::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_lies_on_this_machine_is_asked_without_a_proxy() {
        let is_local = |text: &str| Address::parse(text).unwrap().is_local();
        for local in ["http://127.0.0.1:7380", "http://localhost:1/x", "http://[::1]:7380"] {
            assert!(is_local(local), "{local}");
        }
        for other in ["http://127.example:1", "https://localhost.example", "http://192.168.0.1"] {
            assert!(!is_local(other), "{other}");
        }
    }
}
