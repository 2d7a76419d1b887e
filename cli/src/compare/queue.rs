//! The jobs that are left, in the order in which they are tried.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Jobs that are left. Those that were put back come after all others.
pub(super) struct Queue<T> {
    /// Jobs with the times at which they were put back.
    jobs: Mutex<VecDeque<(T, Option<Instant>)>>,
    /// Time from which a job that was put back is tried again.
    pause: Duration,
}

/// Answer to a thread that asks for a job.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<T> {
    Job(T),
    /// Only jobs that were put back a moment ago are left.
    Later,
    None,
}

impl<T> Queue<T> {
    pub(super) fn new(jobs: impl IntoIterator<Item = T>, pause: Duration) -> Self {
        Self { jobs: Mutex::new(jobs.into_iter().map(|job| (job, None)).collect()), pause }
    }

    /// Takes the next job out.
    pub(super) fn next(&self) -> Next<T> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, Some(back))) = jobs.front()
            && back.elapsed() < self.pause
        {
            return Next::Later;
        }
        jobs.pop_front().map_or(Next::None, |(job, _)| Next::Job(job))
    }

    /// Puts a job back that cannot be done at present.
    pub(super) fn put_back(&self, job: T) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push_back((job, Some(Instant::now())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_that_were_put_back_come_last_and_later() {
        let pause = Duration::from_millis(30);
        let queue = Queue::new([1, 2], pause);
        assert_eq!(queue.next(), Next::Job(1));
        queue.put_back(1);
        assert_eq!(queue.next(), Next::Job(2));
        std::thread::sleep(pause);
        assert_eq!(queue.next(), Next::Job(1));
        assert_eq!(queue.next(), Next::None);
        let patient = Queue::new([1], Duration::from_hours(1));
        assert_eq!(patient.next(), Next::Job(1));
        patient.put_back(1);
        assert_eq!(patient.next(), Next::Later);
    }
}
