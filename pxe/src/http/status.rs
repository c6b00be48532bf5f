//! The status codes we answer with, and no others (RFC 9110 §15).

/// A status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 200.
    Ok,
    /// 206: the range that was asked for.
    PartialContent,
    /// 400: no request, or one that two readers could read differently.
    BadRequest,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 411: a body without a length in front of it.
    LengthRequired,
    /// 413.
    ContentTooLarge,
    /// 416.
    RangeNotSatisfiable,
    /// 417: an expectation that is not `100-continue`.
    ExpectationFailed,
    /// 431: more request line and headers than anybody needs.
    HeadTooLarge,
    /// 501: a transfer coding we do not know.
    NotImplemented,
    /// 503: the disk or the store is in trouble; ask again.
    Unavailable,
    /// 505.
    VersionNotSupported,
}

impl Status {
    /// The number.
    pub fn code(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::PartialContent => 206,
            Self::BadRequest => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::LengthRequired => 411,
            Self::ContentTooLarge => 413,
            Self::RangeNotSatisfiable => 416,
            Self::ExpectationFailed => 417,
            Self::HeadTooLarge => 431,
            Self::NotImplemented => 501,
            Self::Unavailable => 503,
            Self::VersionNotSupported => 505,
        }
    }

    /// The reason phrase.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::PartialContent => "Partial Content",
            Self::BadRequest => "Bad Request",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "Not Found",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::LengthRequired => "Length Required",
            Self::ContentTooLarge => "Content Too Large",
            Self::RangeNotSatisfiable => "Range Not Satisfiable",
            Self::ExpectationFailed => "Expectation Failed",
            Self::HeadTooLarge => "Request Header Fields Too Large",
            Self::NotImplemented => "Not Implemented",
            Self::Unavailable => "Service Unavailable",
            Self::VersionNotSupported => "HTTP Version Not Supported",
        }
    }
}
