//! A request's head, from bytes to a value. httparse reads the grammar; here is refused what two readers could read as two
//! different requests (RFC 9112 §11.2), and what nobody who boots needs.
//!
//! Pure: no socket, no time.

use super::status::Status;

/// Request line and headers together, bytes.
pub(super) const HEAD_MAX: usize = 16 * 1024;
/// Header lines: Anaconda sends under 20, and one for each NIC.
const LINES_MAX: usize = 100;

/// What is asked to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// HEAD.
    Head,
    /// POST.
    Post,
    /// Any other: it has no place here.
    Other,
}

impl Method {
    /// As logged.
    pub fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Other => "another method",
        }
    }
}

/// The head of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// What is asked to be done.
    pub method: Method,
    /// The path, encoded as it came, without query; begins with a slash.
    pub path: String,
    /// `Range`.
    pub range: Option<String>,
    /// `If-Range`.
    pub if_range: Option<String>,
    /// What kind of program asks.
    pub agent: Agent,
    /// Bytes of the body behind the head.
    pub body: u64,
    /// Whether the client waits for `100 Continue` before it sends the body.
    pub expects: bool,
    /// Whether the client asks on the same connection again.
    pub stays: bool,
}

/// What kind of program asks, as far as `User-Agent` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Agent {
    /// UEFI firmware, or shim.
    Uefi,
    /// iPXE.
    Ipxe,
    /// GRUB.
    Grub,
    /// curl: the installer's initramfs and its scripts.
    Curl,
    /// Anaconda itself.
    Anaconda,
    /// libdnf.
    Dnf,
    /// Anything else.
    #[default]
    Other,
}

/// What the bytes at hand are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The head is not complete.
    Part,
    /// A head and its length in bytes.
    Whole(Head, usize),
    /// No request of ours: answered with a status, and the connection ends.
    Refused(Refusal),
}

/// Why bytes are no request of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Not the grammar of RFC 9112.
    Malformed,
    /// A line that ends without a carriage return: some readers see two lines there, some one.
    BareLineFeed,
    /// No or more than one `Host` (RFC 9112 §3.2).
    Host,
    /// `Content-Length` twice, or not a number.
    Length,
    /// `Content-Length` and `Transfer-Encoding` together.
    LengthAndCoding,
    /// A chunked body; who boots knows how much it sends.
    Chunked,
    /// Another transfer coding.
    Coding,
    /// An expectation other than `100-continue`.
    Expectation,
    /// Longer than [`HEAD_MAX`], or more than [`LINES_MAX`] lines.
    TooLarge,
    /// HTTP/2 or later, or none.
    Version,
}

impl Refusal {
    /// What is answered.
    pub fn status(self) -> Status {
        match self {
            Self::Malformed
            | Self::BareLineFeed
            | Self::Host
            | Self::Length
            | Self::LengthAndCoding => Status::BadRequest,
            Self::Chunked => Status::LengthRequired,
            Self::Coding => Status::NotImplemented,
            Self::Expectation => Status::ExpectationFailed,
            Self::TooLarge => Status::HeadTooLarge,
            Self::Version => Status::VersionNotSupported,
        }
    }
}

/// Reads the head at the beginning of `bytes`. Empty lines before it are part of it (RFC 9112 §2.2).
pub fn read(bytes: &[u8]) -> Seen {
    match end(bytes) {
        Err(refusal) => Seen::Refused(refusal),
        Ok(None) if bytes.len() >= HEAD_MAX => Seen::Refused(Refusal::TooLarge),
        Ok(None) => Seen::Part,
        Ok(Some(end)) if end > HEAD_MAX => Seen::Refused(Refusal::TooLarge),
        Ok(Some(end)) => match parse(&bytes[..end]) {
            Ok(head) => Seen::Whole(head, end),
            Err(refusal) => Seen::Refused(refusal),
        },
    }
}

/// Where the head ends: behind its empty line.
fn end(bytes: &[u8]) -> Result<Option<usize>, Refusal> {
    let mut line = 0;
    let mut has_begun = false;
    let feeds = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    for (at, _) in feeds {
        if at == line || bytes[at - 1] != b'\r' {
            return Err(Refusal::BareLineFeed);
        }
        let is_empty = at == line + 1;
        if is_empty && has_begun {
            return Ok(Some(at + 1));
        }
        has_begun |= !is_empty;
        line = at + 1;
    }
    Ok(None)
}

fn parse(bytes: &[u8]) -> Result<Head, Refusal> {
    let mut lines = [httparse::EMPTY_HEADER; LINES_MAX];
    let mut request = httparse::Request::new(&mut lines);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Ok(httparse::Status::Complete(_) | httparse::Status::Partial) => {
            return Err(Refusal::Malformed);
        }
        Err(error) => return Err(refusal(error)),
    }
    let is_old = request.version == Some(0);
    let mut fields = Fields::default();
    for line in &*request.headers {
        fields.take(line)?;
    }
    if fields.hosts > 1 || (fields.hosts == 0 && !is_old) {
        return Err(Refusal::Host);
    }
    Ok(Head {
        method: method(request.method.unwrap_or_default()),
        path: path(request.path.unwrap_or_default())
            .ok_or(Refusal::Malformed)?
            .to_owned(),
        body: fields.body()?,
        range: fields.range.map(str::to_owned),
        if_range: fields.if_range.map(str::to_owned),
        agent: fields.agent,
        // HTTP/1.0 knows neither (RFC 9110 §10.1.1); its own way to stay is not needed by anybody here.
        expects: fields.expects && !is_old,
        stays: !fields.closes && !is_old,
    })
}

fn refusal(error: httparse::Error) -> Refusal {
    match error {
        httparse::Error::TooManyHeaders => Refusal::TooLarge,
        httparse::Error::Version => Refusal::Version,
        httparse::Error::HeaderName
        | httparse::Error::HeaderValue
        | httparse::Error::NewLine
        | httparse::Error::Status
        | httparse::Error::Token => Refusal::Malformed,
    }
}

fn method(word: &str) -> Method {
    match word {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        _ => Method::Other,
    }
}

/// The path of a request target: in origin form, or in absolute form, which every server must take (RFC 9112 §3.2.2).
fn path(target: &str) -> Option<&str> {
    let is_http = |scheme: &&str| scheme.eq_ignore_ascii_case("http://");
    let path = match target.get(..7).filter(is_http) {
        Some(_) => target[7..].find('/').map_or("/", |at| &target[7 + at..]),
        None => target,
    };
    let path = path.split(['?', '#']).next()?;
    // `*` is OPTIONS' alone; it leads nowhere here.
    (path.starts_with('/') || path == "*").then_some(path)
}

/// The header lines that mean something here.
#[derive(Default)]
struct Fields<'a> {
    hosts: usize,
    length: Option<u64>,
    coding: Option<&'a str>,
    expects: bool,
    closes: bool,
    range: Option<&'a str>,
    if_range: Option<&'a str>,
    agent: Agent,
}

impl<'a> Fields<'a> {
    fn take(&mut self, line: &httparse::Header<'a>) -> Result<(), Refusal> {
        let is = |name: &str| line.name.eq_ignore_ascii_case(name);
        // What is not ASCII is nothing we know; in a length or a coding it is refused below.
        let value = std::str::from_utf8(line.value)
            .unwrap_or("?")
            .trim_matches([' ', '\t']);
        if is("content-length") {
            let length = number(value).filter(|_| self.length.is_none());
            self.length = Some(length.ok_or(Refusal::Length)?);
        } else if is("transfer-encoding") {
            let is_first = self.coding.replace(value).is_none();
            return is_first.then_some(()).ok_or(Refusal::Coding);
        } else if is("host") {
            self.hosts += 1;
        } else if is("connection") {
            let mut words = value.split(',').map(str::trim);
            self.closes |= words.any(|word| word.eq_ignore_ascii_case("close"));
        } else if is("expect") {
            let is_known = value.eq_ignore_ascii_case("100-continue");
            self.expects = is_known.then_some(true).ok_or(Refusal::Expectation)?;
        } else if is("range") {
            self.range = Some(value);
        } else if is("if-range") {
            self.if_range = Some(value);
        } else if is("user-agent") {
            self.agent = agent(value);
        }
        Ok(())
    }

    /// The length of the body. There is exactly one way to say it here.
    fn body(&self) -> Result<u64, Refusal> {
        match (self.length, self.coding) {
            (length, None) => Ok(length.unwrap_or(0)),
            (Some(_), Some(_)) => Err(Refusal::LengthAndCoding),
            (None, Some(coding)) if coding.eq_ignore_ascii_case("chunked") => Err(Refusal::Chunked),
            (None, Some(_)) => Err(Refusal::Coding),
        }
    }
}

/// Digits only: no sign, no list.
fn number(text: &str) -> Option<u64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

fn agent(words: &str) -> Agent {
    let known = [
        ("UefiHttpBoot", Agent::Uefi),
        ("iPXE", Agent::Ipxe),
        ("GRUB", Agent::Grub),
        ("curl", Agent::Curl),
        ("libdnf", Agent::Dnf),
    ];
    let known = known.iter().find(|(name, _)| words.starts_with(name));
    match known {
        Some((_, agent)) => *agent,
        // `Rocky Linux (anaconda)/9.8`
        None if words.contains("(anaconda)") => Agent::Anaconda,
        None => Agent::Other,
    }
}

#[cfg(test)]
mod tests;
