//! Answers in CloudStack's shapes.

use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use serde_json::{Value, json};

/// A refusal: CloudStack's code, which is the HTTP status too, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) code: u16,
    pub(super) text: String,
}

impl Refused {
    pub(super) fn new(code: u16, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { code, text }
    }

    /// Wrong key, signature or time: all the same to the client.
    pub(super) fn unauthorized() -> Self {
        Self::new(
            401,
            "unable to verify user credentials and/or request signature",
        )
    }

    /// A required parameter is absent.
    pub(super) fn missing(command: &str, name: &str) -> Self {
        let text =
            format!("Unable to execute API command {command} due to missing parameter {name}");
        Self::new(431, text)
    }

    /// An id of nothing.
    pub(super) fn no_such(command: &str, name: &str, value: &str) -> Self {
        let text = format!(
            "Unable to execute API command {command} due to invalid value. Invalid parameter {name} value={value} due to \
             incorrect long value format, or entity does not exist or due to incorrect parameter annotation for the field \
             in api cmd class."
        );
        Self::new(431, text)
    }
}

/// The answer to `command` (lower case) as HTTP.
pub(super) fn response(command: &str, outcome: Result<Value, Refused>) -> Response<Body> {
    let (code, key, body) = match outcome {
        Ok(answer) => (200, format!("{command}response"), answer),
        Err(refused) if refused.code == 432 => (432, "errorresponse".to_owned(), error(refused)),
        Err(refused) => (refused.code, format!("{command}response"), error(refused)),
    };
    let mut response = Response::new(Body::from(json!({ key: body }).to_string()));
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn error(refused: Refused) -> Value {
    json!({"uuidList": [], "errorcode": refused.code, "cserrorcode": 9999, "errortext": refused.text})
}

/// A list with its count; an empty one has neither.
pub(super) fn list(key: &str, objects: Vec<Value>, count: usize) -> Value {
    match objects.is_empty() {
        true => json!({}),
        false => json!({"count": count, key: objects}),
    }
}
