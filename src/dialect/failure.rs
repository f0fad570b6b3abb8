//! Failures, named the way Claude Code's `StopFailure` names them.

/// By the service's error type.
const TYPES: &[(&str, &str)] = &[
    ("authentication_error", "authentication_failed"),
    ("billing_error", "billing_error"),
    ("rate_limit_error", "rate_limit"),
    ("overloaded_error", "overloaded"),
    ("invalid_request_error", "invalid_request"),
    ("request_too_large", "invalid_request"),
    ("api_error", "server_error"),
    ("model_overloaded_error", "overloaded"),
    ("model_rate_limited_error", "rate_limit"),
    ("model_request_failed_error", "server_error"),
    ("timeout_error", "server_error"),
];

/// By the HTTP status.
const STATUSES: &[(u32, &str)] = &[
    (400, "invalid_request"),
    (401, "authentication_failed"),
    (402, "billing_error"),
    (413, "invalid_request"),
    (422, "invalid_request"),
    (429, "rate_limit"),
    (529, "overloaded"),
];

/// The name of a failure, from the service's error type or, without one, from
/// the HTTP status (0 for none).
pub(super) fn name(error_type: &[u8], message: &[u8], status: u32) -> &'static str {
    if let Some((_, name)) = TYPES.iter().find(|(known, _)| known.as_bytes() == error_type) {
        return name;
    }
    if error_type == b"not_found_error" && message.windows(5).any(|word| word == b"model") {
        return "model_not_found";
    }
    if let Some((_, name)) = STATUSES.iter().find(|(known, _)| *known == status) {
        return name;
    }
    if status >= 500 { "server_error" } else { "unknown" }
}

/// The failures that Claude Code names itself.
const NAMES: &[&str] = &[
    "account_on_hold",
    "authentication_failed",
    "billing_error",
    "cloud_credential_error",
    "invalid_request",
    "max_output_tokens",
    "model_not_found",
    "oauth_org_not_allowed",
    "overloaded",
    "rate_limit",
    "server_error",
    "verification_required",
];

/// The name as it is, if it is one of a failure.
pub(super) fn known(name: &[u8]) -> &'static str {
    NAMES.iter().find(|known| known.as_bytes() == name).copied().unwrap_or("unknown")
}
