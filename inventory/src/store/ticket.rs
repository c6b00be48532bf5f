//! The promise that a change becomes durable or is refused: waited on by a thread or by a task.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::{Committed, StoreError};

#[derive(Default)]
struct Inner {
    result: Option<Result<Committed, StoreError>>,
    is_settled: bool,
    waker: Option<Waker>,
}

#[derive(Default)]
struct Shared {
    inner: Mutex<Inner>,
    settled: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Settles when the change is durable (or refused). Dropping it does not take the change back.
pub struct Ticket(Arc<Shared>);

/// The other end of a [`Ticket`], held by the store. Dropped unsettled, it settles as [`StoreError::Closed`].
pub struct Settle(Arc<Shared>);

impl Ticket {
    /// A promise and the means to keep it.
    pub fn new() -> (Ticket, Settle) {
        let shared = Arc::new(Shared::default());
        (Ticket(shared.clone()), Settle(shared))
    }

    /// Blocks this thread until the change is durable or refused.
    pub fn wait(self) -> Result<Committed, StoreError> {
        let mut inner = self.0.lock();
        loop {
            if let Some(result) = inner.result.take() {
                return result;
            }
            inner = self
                .0
                .settled
                .wait(inner)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Future for Ticket {
    type Output = Result<Committed, StoreError>;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut inner = self.0.lock();
        match inner.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                inner.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Settle {
    /// Keeps the promise.
    pub fn settle(self, result: Result<Committed, StoreError>) {
        self.finish(result);
    }

    fn finish(&self, result: Result<Committed, StoreError>) {
        let mut inner = self.0.lock();
        inner.result = Some(result);
        inner.is_settled = true;
        let waker = inner.waker.take();
        drop(inner);
        self.0.settled.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Drop for Settle {
    fn drop(&mut self) {
        let is_settled = self.0.lock().is_settled;
        if !is_settled {
            self.finish(Err(StoreError::Closed));
        }
    }
}
