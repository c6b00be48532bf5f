//! Request parameters: query and body merged, in the order they came.

/// The parameters of a request. Where a name comes twice, the first counts.
#[derive(Debug, Default)]
pub(super) struct Form(pub(super) Vec<(String, String)>);

impl Form {
    /// Reads a query and a form body.
    pub(super) fn read(query: &str, body: &str) -> Self {
        let mut form = Self::default();
        for part in query.split('&').chain(body.trim_end().split('&')) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = decode(name);
            if !name.is_empty() && !form.0.iter().any(|(known, _)| *known == name) {
                form.0.push((name, decode(value)));
            }
        }
        form
    }

    /// The value of `name`, whatever its case; empty counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter();
        let found = all.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }

    /// The command in lower case, as answers name it.
    pub(super) fn command(&self) -> String {
        self.get("command").unwrap_or_default().to_lowercase()
    }
}

/// `application/x-www-form-urlencoded`: plus is a space, broken escapes stay as they are.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escape = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = escape.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        (out, rest) = match (first, byte) {
            (b'%', Some(byte)) => (pushed(out, byte), &tail[2..]),
            (b'+', _) => (pushed(out, b' '), tail),
            (other, _) => (pushed(out, other), tail),
        };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn pushed(mut bytes: Vec<u8>, byte: u8) -> Vec<u8> {
    bytes.push(byte);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_and_body_are_merged_and_the_first_counts() {
        let form = Form::read("command=listZones&name=a", "name=b&x=%E6%9D%B1+%2B%zz&=&&y");
        assert_eq!(form.get("Command"), Some("listZones"));
        assert_eq!(form.get("name"), Some("a"));
        assert_eq!(form.get("x"), Some("東 +%zz"));
        assert_eq!(form.get("y"), None);
    }
}
