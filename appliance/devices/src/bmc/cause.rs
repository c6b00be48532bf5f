//! Why a request got no answer, from the error and what caused it.

use std::error::Error;
use std::io;

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The error and its causes in one line.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<_> = causes(error).map(ToString::to_string).collect();
    texts.join(": ")
}

/// True if the handshake failed on what was said in it. An `io::Error` hides its inner error from `source`.
pub(super) fn is_tls(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        let inner = io.and_then(io::Error::get_ref);
        inner.is_some_and(|inner| inner.is::<rustls::Error>()) || cause.is::<rustls::Error>()
    })
}
