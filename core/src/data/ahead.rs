//! Batches made in advance, on a thread during the step before.

use std::fmt::Debug;

/// Maker of the batches of any step.
pub(super) trait Maker: Clone + Debug + Send + 'static {
    /// Batches of one step.
    type Made: Debug + Send + 'static;

    /// Returns the number of steps of an epoch.
    fn steps(&self) -> usize;

    /// Makes the batches of a step. They depend on the epoch and the step alone.
    fn make(&mut self, epoch: usize, step: usize) -> Self::Made;
}

/// Batches of a maker. A thread makes them in advance as long as the steps are asked for one after the other.
#[derive(Debug)]
pub(super) struct Ahead<M: Maker> {
    maker: M,
    #[cfg(not(target_family = "wasm"))]
    worker: Option<worker::Worker<M::Made>>,
}

impl<M: Maker> Ahead<M> {
    pub(super) fn new(maker: M) -> Self {
        Self {
            maker,
            #[cfg(not(target_family = "wasm"))]
            worker: None,
        }
    }

    pub(super) const fn maker(&self) -> &M {
        &self.maker
    }

    /// Returns the batches of a step.
    ///
    /// # Panics
    /// Panics if `step` is not below the maker's number of steps.
    pub(super) fn take(&mut self, epoch: usize, step: usize) -> M::Made {
        let steps = self.maker.steps();
        assert!(step < steps, "step {step} of an epoch of {steps} steps");
        #[cfg(not(target_family = "wasm"))]
        {
            if self.worker.as_ref().is_none_or(|worker| worker.coming() != (epoch, step)) {
                // The old worker ends before the new one starts.
                self.worker = None;
                self.worker = worker::Worker::start(self.maker.clone(), epoch, step);
            }
            if let Some(made) = self.worker.as_mut().and_then(worker::Worker::take) {
                return made;
            }
            self.worker = None;
        }
        self.maker.make(epoch, step)
    }
}

#[cfg(not(target_family = "wasm"))]
mod worker {
    //! The thread that makes batches in advance.

    use std::sync::mpsc::{Receiver, sync_channel};
    use std::thread::{Builder, JoinHandle};

    use super::Maker;

    /// Maximum number of finished steps that wait to be taken.
    const AHEAD: usize = 2;

    #[derive(Debug)]
    pub(super) struct Worker<T> {
        /// Receiver of the finished batches; `None` only while the worker is dropped.
        made: Option<Receiver<T>>,
        thread: Option<JoinHandle<()>>,
        steps: usize,
        /// Epoch and step of the next batches.
        next: (usize, usize),
    }

    impl<T: Send + 'static> Worker<T> {
        /// Starts the thread; returns `None` if the system cannot start one.
        pub(super) fn start(mut maker: impl Maker<Made = T>, epoch: usize, step: usize) -> Option<Self> {
            let steps = maker.steps();
            let (sender, made) = sync_channel(AHEAD);
            let run = move || {
                let (mut epoch, mut step) = (epoch, step);
                // Sending fails once the worker is dropped.
                while sender.send(maker.make(epoch, step)).is_ok() {
                    (epoch, step) = after(epoch, step, steps);
                }
            };
            let thread = Builder::new().name("batches".into()).spawn(run).ok()?;
            Some(Self { made: Some(made), thread: Some(thread), steps, next: (epoch, step) })
        }

        pub(super) const fn coming(&self) -> (usize, usize) {
            self.next
        }

        /// Returns the next batches, or `None` if the thread has ended.
        pub(super) fn take(&mut self) -> Option<T> {
            let made = self.made.as_ref()?.recv().ok()?;
            self.next = after(self.next.0, self.next.1, self.steps);
            Some(made)
        }
    }

    impl<T> Drop for Worker<T> {
        fn drop(&mut self) {
            // The thread ends at its next step, as it has no receiver.
            self.made = None;
            if let Some(thread) = self.thread.take() {
                drop(thread.join());
            }
        }
    }

    const fn after(epoch: usize, step: usize, steps: usize) -> (usize, usize) {
        if step + 1 < steps { (epoch, step + 1) } else { (epoch.wrapping_add(1), 0) }
    }
}
