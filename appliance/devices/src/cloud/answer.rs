//! Reading what the controller says. Pure.
//!
//! One outer key; lists without their array when empty; one object or a one-element array; error bodies with
//! `uuidList`; HTTP codes of CloudStack's own (430 to 537).

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::command::Command;

/// An error body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// CloudStack's code, or the HTTP status where the body has none.
    pub(super) code: u16,
    /// Its text, shortened.
    pub(super) text: String,
}

/// Longest text of a stranger that goes into an error, characters.
const TEXT_MAX: usize = 600;

/// Unpacks the outer object of the answer to `command`.
pub(super) fn unpack(command: Command, status: u16, body: &[u8]) -> Result<Value, Fault> {
    let outer = serde_json::from_slice(body).ok();
    let inner = outer.and_then(|outer| inner(command, outer));
    match inner {
        Some(answer) if (200..300).contains(&status) && answer.get("errorcode").is_none() => {
            Ok(answer)
        }
        Some(answer) => Err(fault(status, &answer)),
        None => Err(Fault {
            code: if status == 200 {
                NOT_CLOUDSTACK
            } else {
                status
            },
            text: shortened(&String::from_utf8_lossy(body)),
        }),
    }
}

/// Our code for a 200 that is no CloudStack answer: a web page, a proxy.
pub(super) const NOT_CLOUDSTACK: u16 = 0;

fn inner(command: Command, outer: Value) -> Option<Value> {
    let Value::Object(mut outer) = outer else {
        return None;
    };
    let key = format!("{}response", command.name().to_lowercase());
    // An unusable command name is answered under this key.
    outer.remove(&key).or_else(|| outer.remove("errorresponse"))
}

fn fault(status: u16, answer: &Value) -> Fault {
    let code = answer.get("errorcode").and_then(Value::as_u64);
    let text = answer.get("errortext").and_then(Value::as_str);
    Fault {
        code: code
            .and_then(|code| u16::try_from(code).ok())
            .unwrap_or(status),
        text: shortened(text.unwrap_or("no text")),
    }
}

fn shortened(text: &str) -> String {
    text.trim().chars().take(TEXT_MAX).collect()
}

/// The objects of an answer: an array, one object, or nothing at all.
pub(super) fn objects<T: DeserializeOwned>(
    command: Command,
    answer: &Value,
) -> Result<Vec<T>, serde_json::Error> {
    match answer.get(command.object()) {
        None => Ok(Vec::new()),
        Some(list @ Value::Array(_)) => serde_json::from_value(list.clone()),
        Some(one) => Ok(vec![serde_json::from_value(one.clone())?]),
    }
}

/// How many there are on all pages, where the answer says so.
pub(super) fn count(answer: &Value) -> usize {
    let count = answer.get("count").and_then(Value::as_u64).unwrap_or(0);
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(body: &str) -> Result<usize, Fault> {
        let answer = unpack(Command::ListHosts, 200, body.as_bytes())?;
        let hosts: Vec<Value> = objects(Command::ListHosts, &answer).unwrap();
        Ok(hosts.len())
    }

    #[test]
    fn objects_come_in_three_shapes() {
        for (case, body, found) in [
            (
                "an empty list has no array",
                r#"{"listhostsresponse":{}}"#,
                0,
            ),
            (
                "a list",
                r#"{"listhostsresponse":{"count":2,"host":[{"id":"1"},{"id":"2"}]}}"#,
                2,
            ),
            (
                "one object",
                r#"{"listhostsresponse":{"host":{"id":"1"}}}"#,
                1,
            ),
        ] {
            assert_eq!(listed(body), Ok(found), "{case}");
        }
    }

    #[test]
    fn errors_tell_code_and_text() {
        for (case, status, body, code, text) in [
            (
                "CloudStack's own",
                530,
                r#"{"addhostresponse":{"uuidList":[],"errorcode":530,"cserrorcode":9999,"errortext":"Could not add host"}}"#,
                530,
                "Could not add host",
            ),
            (
                "an unusable command",
                432,
                r#"{"errorresponse":{"errorcode":432,"errortext":"The given command does not exist"}}"#,
                432,
                "The given command does not exist",
            ),
            (
                "an error with status 200",
                200,
                r#"{"addhostresponse":{"errorcode":431,"errortext":"zoneid"}}"#,
                431,
                "zoneid",
            ),
            (
                "a proxy",
                502,
                "<h1>Bad Gateway</h1>",
                502,
                "<h1>Bad Gateway</h1>",
            ),
            (
                "a web page",
                200,
                "<h1>It works!</h1>",
                NOT_CLOUDSTACK,
                "<h1>It works!</h1>",
            ),
            (
                "another command's answer",
                200,
                r#"{"listzonesresponse":{}}"#,
                NOT_CLOUDSTACK,
                "{\"listzonesresponse\":{}}",
            ),
            ("an array", 200, "[]", NOT_CLOUDSTACK, "[]"),
            ("nothing", 401, "", 401, ""),
        ] {
            let want = Fault {
                code,
                text: text.to_owned(),
            };
            assert_eq!(
                unpack(Command::AddHost, status, body.as_bytes()),
                Err(want),
                "{case}"
            );
        }
    }

    #[test]
    fn a_long_text_is_shortened() {
        let fault = unpack(Command::AddHost, 500, "火".repeat(5000).as_bytes()).unwrap_err();
        assert_eq!(fault.text.chars().count(), TEXT_MAX);
    }
}
