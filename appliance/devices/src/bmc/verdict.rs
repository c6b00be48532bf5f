//! What an HTTP status means for the one who asked. Pure.

use reqwest::{Method, StatusCode};
use serde_json::Value;

/// Longest piece of a BMC's own words kept, characters.
const WORDS_MAX: usize = 200;

/// What an answer amounts to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine,
    /// Nothing was done; the same request may be sent again soon.
    Passing(String),
    Denied(u16),
    Unsupported(String),
    /// The resource is no longer as it was when its ETag was read.
    Outdated,
    Refused(String),
}

/// Reads a status and body. A GET may be repeated after any fault of the server; what changes something is repeated
/// only when the BMC said that it did not begin (429, 503).
pub(super) fn verdict(method: &Method, status: StatusCode, body: &Value) -> Verdict {
    let said = || format!("answered {}{}", status.as_u16(), words(body));
    match status.as_u16() {
        200..=299 => Verdict::Fine,
        code @ (401 | 403) => Verdict::Denied(code),
        404 | 405 | 410 | 501 => Verdict::Unsupported(said()),
        412 => Verdict::Outdated,
        408 | 429 | 503 => Verdict::Passing(said()),
        500..=599 if *method == Method::GET => Verdict::Passing(said()),
        _ => Verdict::Refused(said()),
    }
}

/// The BMC's own words: the first message of the extended error information (DSP0266 §8.6), else the general one.
fn words(body: &Value) -> String {
    let error = &body["error"];
    let details = error["@Message.ExtendedInfo"].as_array();
    let detail = details.and_then(|list| list.iter().find_map(|info| info["Message"].as_str()));
    match detail.or_else(|| error["message"].as_str()) {
        Some(text) => format!(": {}", text.chars().take(WORDS_MAX).collect::<String>()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_safe_is_repeated() {
        let passing = |method: &Method, code: u16| {
            let status = StatusCode::from_u16(code).unwrap();
            matches!(verdict(method, status, &Value::Null), Verdict::Passing(_))
        };
        let table = [
            ("a read after a fault", Method::GET, 500, true),
            (
                "a reset after a fault: it may have begun",
                Method::POST,
                500,
                false,
            ),
            ("a reset that was not begun", Method::POST, 503, true),
            ("a change after a gateway fault", Method::PATCH, 502, false),
            ("a refused login", Method::GET, 401, false),
            ("a bad request", Method::GET, 400, false),
        ];
        for (name, method, code, repeated) in table {
            assert_eq!(passing(&method, code), repeated, "{name}");
        }
    }

    #[test]
    fn the_words_of_the_bmc_are_kept() {
        let body = json!({"error": {"message": "general", "@Message.ExtendedInfo": [
            {"MessageId": "x"}, {"Message": "The value is not allowed."}]}});
        let refused = verdict(&Method::PATCH, StatusCode::BAD_REQUEST, &body);
        assert_eq!(
            refused,
            Verdict::Refused("answered 400: The value is not allowed.".into())
        );
    }
}
