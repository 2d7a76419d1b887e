//! Room for images that are decoded at the same time: on many cores, large photos would need more memory than there is.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A number of bytes that threads take parts of.
pub(super) struct Room {
    all: u64,
    free: Mutex<u64>,
    freed: Condvar,
}

/// A part of the room, which is given back when this is dropped.
pub(super) struct Taken<'a> {
    room: &'a Room,
    bytes: u64,
}

impl Room {
    pub(super) const fn new(all: u64) -> Self {
        Self { all, free: Mutex::new(all), freed: Condvar::new() }
    }

    fn free(&self) -> MutexGuard<'_, u64> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes some bytes as soon as they are free. More than all of them are taken to be all.
    pub(super) fn take(&self, bytes: u64) -> Taken<'_> {
        let bytes = bytes.min(self.all);
        let mut free = self.free();
        while *free < bytes {
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= bytes;
        Taken { room: self, bytes }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.room.free() += self.bytes;
        self.room.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn no_more_is_taken_than_there_is() {
        let room = Room::new(10);
        let (taken, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for bytes in [3, 4, 5, 6, 100, 1] {
                let (room, taken, most) = (&room, &taken, &most);
                scope.spawn(move || {
                    for _ in 0..200 {
                        let part = room.take(bytes);
                        most.fetch_max(taken.fetch_add(part.bytes, Ordering::SeqCst) + part.bytes, Ordering::SeqCst);
                        taken.fetch_sub(part.bytes, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!((*room.free(), taken.into_inner()), (10, 0));
        let most = most.into_inner();
        assert!((6..=10).contains(&most), "{most}");
    }
}
