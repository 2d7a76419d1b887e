//! Value that a callback passes to a future.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

#[derive(Debug)]
struct State<T> {
    given: Option<T>,
    waiting: Option<Waker>,
}

/// End of the callback, which gives the value.
#[derive(Debug)]
pub(super) struct Answer<T>(Arc<Mutex<State<T>>>);

impl<T> Answer<T> {
    /// Makes an answer, and the future that waits for it.
    pub(super) fn new() -> (Self, impl Future<Output = T>) {
        let state = Arc::new(Mutex::new(State { given: None, waiting: None }));
        let asked = Arc::clone(&state);
        let wait = poll_fn(move |context| {
            let mut state = asked.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(given) = state.given.take() {
                return Poll::Ready(given);
            }
            state.waiting = Some(context.waker().clone());
            Poll::Pending
        });
        (Self(state), wait)
    }

    pub(super) fn give(self, given: T) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.given = Some(given);
        if let Some(waiting) = state.waiting.take() {
            waiting.wake();
        }
    }
}
