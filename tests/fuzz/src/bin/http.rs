//! The front of HTTP: any bytes as the head of a request.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pxe::http::head::{Seen, read};

fuzz_target!(|bytes: &[u8]| {
    match read(bytes) {
        Seen::Whole(head, length) => {
            let (own, rest) = bytes.split_at(length);
            assert!(own.ends_with(b"\r\n\r\n"), "it ends where a head ends");
            assert!(head.path.starts_with('/') || head.path == "*");
            // What follows it (a body, the next request, a smuggled one) is no part of it.
            assert_eq!(read(own), Seen::Whole(head, length), "{rest:?}");
            // It becomes one with its last byte, and no sooner: what comes in pieces is read as what comes at once.
            assert_eq!(read(&own[..length - 1]), Seen::Part);
        }
        Seen::Refused(refusal) => {
            // A refusal stands whatever else comes.
            let more = [bytes, b"\r\n\r\n"].concat();
            assert_eq!(read(&more), Seen::Refused(refusal));
            assert!(refusal.status().code() >= 400);
        }
        Seen::Part => {}
    }
});
