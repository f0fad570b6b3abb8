//! Signing in, as far as a stand-in can: nobody leaves the page, and the words
//! of a prompt decide whether it is refused.

use super::message;
use serde_json::{Value, json};

/// Whether this connection is signed in.
pub(super) struct SignIn(bool);

impl Default for SignIn {
    fn default() -> SignIn {
        SignIn(true)
    }
}

impl SignIn {
    pub(super) fn is_signed_in(&self) -> bool {
        self.0
    }

    /// What a query gets instead of an answer: nothing, mostly.
    pub(super) fn refusal(&mut self, prompt: &str) -> Option<Value> {
        let is_said = |wanted: &str| {
            let mut words = prompt.split(|letter: char| !letter.is_alphanumeric());
            words.any(|word| word.eq_ignore_ascii_case(wanted))
        };
        if is_said("expired") {
            self.0 = false;
            return Some(message("auth_expired", json!({"message": "The session has expired."})));
        }
        (!self.0).then(|| message("auth_required", json!({"message": "Sign in to send a query."})))
    }

    /// The answers to the messages about it.
    pub(super) fn receive(&mut self, kind: &str) -> Vec<Value> {
        match kind {
            "oauth_login" => {
                self.0 = true;
                vec![
                    message("oauth_login_initiated", json!({"message": "Opening the browser."})),
                    message("oauth_login_url", json!({"url": "https://sign-in.example/authorize"})),
                    message("oauth_success", json!({"message": "Signed in."})),
                ]
            }
            "oauth_logout" => {
                self.0 = false;
                vec![message("oauth_logout_success", json!({"message": "Signed out."}))]
            }
            "oauth_refresh" if self.0 => {
                vec![message("oauth_refresh_success", json!({"message": "Refreshed."}))]
            }
            "oauth_refresh" => {
                vec![message("oauth_refresh_error", json!({"error": "Nobody is signed in."}))]
            }
            "oauth_status" => vec![message("oauth_status", json!({"authenticated": self.0}))],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(messages: &[Value]) -> Vec<&str> {
        messages.iter().filter_map(|message| message["type"].as_str()).collect()
    }

    #[test]
    fn an_expired_session_is_refused_until_somebody_signs_in() {
        let mut sign_in = SignIn::default();
        assert_eq!(sign_in.refusal("unexpired"), None);
        let refused = |refusal: Option<Value>| refusal.unwrap()["type"].clone();
        assert_eq!(refused(sign_in.refusal("Act as if it had expired.")), json!("auth_expired"));
        assert_eq!(refused(sign_in.refusal("hello")), json!("auth_required"));
        assert_eq!(kinds(&sign_in.receive("oauth_refresh")), ["oauth_refresh_error"]);
        let expected = ["oauth_login_initiated", "oauth_login_url", "oauth_success"];
        assert_eq!(kinds(&sign_in.receive("oauth_login")), expected);
        assert_eq!(sign_in.refusal("hello"), None);
        assert!(sign_in.receive("batch").is_empty());
    }
}
