//! JSON-RPC over a byte stream has no frames (RFC 7047 §4: JSON texts one after the other); here they are found. Pure.

use serde_json::Value;

/// Bytes received and not yet understood.
#[derive(Debug, Default)]
pub(super) struct Frames {
    buffer: Vec<u8>,
}

impl Frames {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    pub(super) fn waiting(&self) -> usize {
        self.buffer.len()
    }

    /// The next whole message; none until more bytes come.
    pub(super) fn next(&mut self) -> Result<Option<Value>, serde_json::Error> {
        let mut stream = serde_json::Deserializer::from_slice(&self.buffer).into_iter();
        match stream.next() {
            Some(Ok(message)) => {
                let used = stream.byte_offset();
                self.buffer.drain(..used);
                Ok(Some(message))
            }
            Some(Err(error)) if error.is_eof() => Ok(None),
            Some(Err(error)) => Err(error),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    proptest! {
        #[test]
        fn however_the_bytes_arrive_the_messages_are_the_same(cuts in proptest::collection::vec(1usize..9, 1..60)) {
            let messages = vec![json!({"id": "echo", "params": []}), json!({"a": "}{\"\\ 日"}), json!({})];
            let text: String = messages.iter().map(Value::to_string).collect();
            let mut bytes = text.as_bytes();
            let (mut frames, mut seen) = (Frames::default(), Vec::new());
            for cut in cuts.into_iter().cycle() {
                if bytes.is_empty() { break; }
                let (now, later) = bytes.split_at(cut.min(bytes.len()));
                frames.push(now);
                bytes = later;
                while let Some(message) = frames.next().unwrap() { seen.push(message); }
            }
            prop_assert_eq!(seen, messages);
            prop_assert_eq!(frames.waiting(), 0);
        }
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        let mut frames = Frames::default();
        frames.push(b"SSH-2.0-OpenSSH_9.2\r\n");
        assert!(frames.next().is_err());
    }
}
