//! What is a request, what is not yet one, and what is refused; by hand, and over any bytes.

use proptest::prelude::*;

use super::*;

fn whole(text: &str) -> Head {
    match read(text.as_bytes()) {
        Seen::Whole(head, length) => {
            assert_eq!(length, text.len(), "{text:?}");
            head
        }
        other => panic!("{text:?}: {other:?}"),
    }
}

fn get(target: &str, lines: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: x\r\n{lines}\r\n")
}

#[test]
fn a_request_of_each_client() {
    let table = [
        ("UefiHttpBoot/1.0", Agent::Uefi),
        ("iPXE/1.21.1+ (g988d)", Agent::Ipxe),
        ("GRUB 2.06", Agent::Grub),
        ("curl/7.76.1", Agent::Curl),
        ("Rocky Linux (anaconda)/9.8", Agent::Anaconda),
        (
            "libdnf (Rocky Linux 9.8; generic; Linux.x86_64)",
            Agent::Dnf,
        ),
        ("Wget/1.21.3", Agent::Other),
        ("", Agent::Other),
    ];
    for (words, agent) in table {
        let lines = format!("User-Agent: {words}\r\nAccept: */*\r\n");
        assert_eq!(whole(&get("/x", &lines)).agent, agent, "{words}");
    }
    assert_eq!(whole(&get("/x", "")).agent, Agent::Other);
}

#[test]
fn a_head_says_what_it_says() {
    let lines = "RANGE:  bytes=0-1 \r\nif-range: \"tag\"\r\nExpect: 100-Continue\r\nContent-Length: 007\r\n";
    let expected = Head {
        method: Method::Get,
        path: "/a%20b".to_owned(),
        range: Some("bytes=0-1".to_owned()),
        if_range: Some("\"tag\"".to_owned()),
        agent: Agent::Other,
        body: 7,
        expects: true,
        stays: true,
    };
    assert_eq!(whole(&get("/a%20b?c=/d", lines)), expected);
    assert_eq!(whole(&get("http://[::1]:80/a%20b", lines)), expected);
    assert_eq!(
        whole(&format!("\r\n\r\n{}", get("/a%20b", lines))),
        expected
    );
    assert_eq!(whole(&get("HTTP://x", "")).path, "/");
    assert!(!whole(&get("/", "Connection: TE, Close\r\n")).stays);
    let old = whole("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n");
    assert!(!old.stays && !old.expects);
    for (word, method) in [
        ("HEAD", Method::Head),
        ("POST", Method::Post),
        ("Get", Method::Other),
    ] {
        assert_eq!(
            whole(&format!("{word} / HTTP/1.1\r\nHost: x\r\n\r\n")).method,
            method
        );
    }
}

/// Lines of a POST. Each of these was, or could be, read as one request by one program and as another by the next.
const TWOFOLD: &[(&str, &str, Refusal)] = &[
    (
        "both lengths",
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        Refusal::LengthAndCoding,
    ),
    (
        "the other way round",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
        Refusal::LengthAndCoding,
    ),
    (
        "two lengths",
        "Content-Length: 3\r\nContent-Length: 4",
        Refusal::Length,
    ),
    (
        "the same length twice",
        "Content-Length: 3\r\nContent-Length: 3",
        Refusal::Length,
    ),
    ("a list of lengths", "Content-Length: 3, 3", Refusal::Length),
    ("a signed length", "Content-Length: +3", Refusal::Length),
    (
        "a length below nothing",
        "Content-Length: -1",
        Refusal::Length,
    ),
    ("a length in hex", "Content-Length: 0x3", Refusal::Length),
    ("an empty length", "Content-Length:", Refusal::Length),
    (
        "a length over 64 bits",
        "Content-Length: 18446744073709551616",
        Refusal::Length,
    ),
    (
        "a length in other digits",
        "Content-Length: \u{0663}",
        Refusal::Length,
    ),
    ("chunked", "Transfer-Encoding: Chunked", Refusal::Chunked),
    (
        "chunked, hidden",
        "Transfer-Encoding: \u{b}chunked",
        Refusal::Malformed,
    ),
    (
        "chunked twice",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        Refusal::Coding,
    ),
    (
        "another coding",
        "Transfer-Encoding: gzip, chunked",
        Refusal::Coding,
    ),
    (
        "a space before the colon",
        "Content-Length : 3",
        Refusal::Malformed,
    ),
    (
        "a folded line",
        "X: a\r\n Content-Length: 3",
        Refusal::Malformed,
    ),
    (
        "a carriage return in a value",
        "X: a\rContent-Length: 3",
        Refusal::Malformed,
    ),
    ("a zero byte", "X: a\0b", Refusal::Malformed),
    (
        "a bare line feed",
        "X: a\nContent-Length: 3",
        Refusal::BareLineFeed,
    ),
    ("two hosts", "Host: y", Refusal::Host),
    (
        "another expectation",
        "Expect: miracles",
        Refusal::Expectation,
    ),
];

/// Whole texts that are no request.
const NONE: &[(&str, &str, Refusal)] = &[
    (
        "line feeds only",
        "GET / HTTP/1.1\nHost: x\n\n",
        Refusal::BareLineFeed,
    ),
    (
        "a line feed first",
        "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        Refusal::BareLineFeed,
    ),
    ("no host", "GET / HTTP/1.1\r\n\r\n", Refusal::Host),
    (
        "a path that is none",
        "GET x HTTP/1.1\r\nHost: x\r\n\r\n",
        Refusal::Malformed,
    ),
    (
        "an empty path",
        "GET  HTTP/1.1\r\nHost: x\r\n\r\n",
        Refusal::Malformed,
    ),
    (
        "two spaces",
        "GET  /x HTTP/1.1\r\nHost: x\r\n\r\n",
        Refusal::Malformed,
    ),
    ("no version", "GET /\r\nHost: x\r\n\r\n", Refusal::Malformed),
    ("HTTP/2", "PRI * HTTP/2.0\r\n\r\n", Refusal::Version),
    ("TLS", "\u{16}\u{3}\u{1}\r\n\r\n", Refusal::Malformed),
];

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    for (name, lines, refusal) in TWOFOLD {
        let text = format!("POST / HTTP/1.1\r\nHost: x\r\n{lines}\r\n\r\n");
        assert_eq!(read(text.as_bytes()), Seen::Refused(*refusal), "{name}");
    }
    for (name, text, refusal) in NONE {
        assert_eq!(read(text.as_bytes()), Seen::Refused(*refusal), "{name}");
    }
}

#[test]
fn a_head_has_bounds() {
    let line = "X: y\r\n";
    assert!(matches!(
        read(get("/", &line.repeat(99)).as_bytes()),
        Seen::Whole(..)
    ));
    let over = Seen::Refused(Refusal::TooLarge);
    assert_eq!(read(get("/", &line.repeat(100)).as_bytes()), over, "lines");
    let fits = HEAD_MAX - get("/", "").len();
    let long = |size: usize| get(&format!("/{}", "a".repeat(size)), "");
    assert!(matches!(read(long(fits).as_bytes()), Seen::Whole(..)));
    assert_eq!(read(long(fits + 1).as_bytes()), over, "bytes");
    assert_eq!(
        read("a".repeat(HEAD_MAX).as_bytes()),
        over,
        "without an end"
    );
    assert_eq!(
        read("\r\n".repeat(HEAD_MAX).as_bytes()),
        over,
        "without a beginning"
    );
    assert_eq!(read("a".repeat(HEAD_MAX - 1).as_bytes()), Seen::Part);
}

#[test]
fn what_comes_in_pieces_is_read_once_it_is_all_there() {
    let text = get("/x", "Range: bytes=1-\r\n");
    for cut in 0..text.len() {
        assert_eq!(read(&text.as_bytes()[..cut]), Seen::Part, "{cut}");
    }
    let two = format!("{text}{}", get("/y", ""));
    assert!(matches!(read(two.as_bytes()), Seen::Whole(head, length)
        if head.path == "/x" && length == text.len()));
}

proptest! {
    /// Any bytes, and heads with a few bytes changed: an answer, no panic, and never a head longer than what is there.
    #[test]
    fn any_bytes_are_something(bytes in prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..600),
        (proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)).prop_map(|changes| {
            let mut bytes = get("/os/x/y?z", "Content-Length: 12\r\nRange: bytes=1-2\r\n").into_bytes();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes
        }),
    ]) {
        match read(&bytes) {
            Seen::Whole(head, length) => {
                prop_assert!(length <= bytes.len());
                prop_assert!(head.path.starts_with('/') || head.path == "*");
                prop_assert!(bytes[..length].ends_with(b"\r\n\r\n"));
            }
            Seen::Part => prop_assert!(bytes.len() < HEAD_MAX),
            Seen::Refused(_) => {}
        }
    }
}
