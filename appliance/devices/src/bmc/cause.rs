//! Why a request got no answer, from the error and what caused it.

use std::error::Error;
use std::io;

type Cause = dyn Error + 'static;

fn causes(error: &Cause) -> impl Iterator<Item = &Cause> {
    std::iter::successors(Some(error), |&error| next(error))
}

/// An `io::Error` hides the error that it wraps from `source`.
fn next(error: &Cause) -> Option<&Cause> {
    let io = error.downcast_ref::<io::Error>();
    match io.and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

/// The error and its causes in one line; one that only repeats the one before is left out.
pub(super) fn chain(error: &Cause) -> String {
    let mut texts: Vec<_> = causes(error).map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}

/// True if the handshake failed on what was said in it.
pub(super) fn is_tls(error: &Cause) -> bool {
    causes(error).any(|cause| cause.is::<rustls::Error>())
}
