//! Session that is driven from outside: one event a call.

#[cfg(not(target_family = "wasm"))]
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use web_time::Instant;

use super::{Event, EventKind, ImageSettings, Position, SavedState, SessionError, Settings, Work, WorkData};
use crate::device::Device;
use crate::engine::Traffic;

/// Work that is driven one event at a time: a search or a training.
///
/// Nothing happens between two calls of [`next_event`](Self::next_event): to pause, do not call it; to stop, drop the
/// session; to save, ask for the [`state`](Self::state). The same loop runs in a terminal, an application and a
/// browser, so reads of the device are asynchronous. Outside of browsers, [`run`](Self::run) and
/// [`events`](Self::events) are the blocking forms.
#[derive(Debug)]
pub struct Session<W> {
    pub(crate) work: W,
    pub(crate) position: Position,
    began: Instant,
    /// Seconds that passed before this session, if it goes on from a state.
    before: f64,
}

/// Whole state of a session, which goes on from there as if it had never stopped.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct SessionState<W: Work> {
    pub(crate) config: W::Config,
    pub(crate) work: W::State,
    pub(crate) position: Position,
    pub(crate) seconds: f64,
    /// Fingerprint of the data.
    pub(crate) data: String,
}

// `derive` would demand `W: Clone` and `W: PartialEq`.
impl<W: Work> Clone for SessionState<W> {
    fn clone(&self) -> Self {
        let Self { config, work, position, seconds, data } = self;
        Self { config: config.clone(), work: work.clone(), position: *position, seconds: *seconds, data: data.clone() }
    }
}

impl<W: Work> PartialEq for SessionState<W> {
    fn eq(&self, other: &Self) -> bool {
        let parts = |state: &Self| (state.position, state.seconds, state.data.clone());
        parts(self) == parts(other) && self.config == other.config && self.work == other.work
    }
}

impl<W: Work> SessionState<W> {
    /// Configuration of the session.
    #[must_use]
    pub fn config(&self) -> &W::Config {
        &self.config
    }

    /// Tensors of the state by name: weights, momentum and running statistics, and α of a search.
    #[must_use]
    pub fn into_tensors(mut self) -> super::Tensors {
        std::mem::take(self.tensors())
    }

    /// Tensors of the state by name.
    pub(crate) fn tensors(&mut self) -> &mut super::Tensors {
        self.work.tensors()
    }
}

impl<W: Work<Config: ImageSettings>> SessionState<W> {
    /// Gives the session more epochs. It announces its settings again, and all schedules are those of the longer session
    /// from here on.
    ///
    /// A search that a sign of a collapse has ended goes on, until there is another one. A selection begins anew after
    /// the last epoch, with the weights as the one before left them.
    ///
    /// # Errors
    /// [`SessionError::Setting`] if it has as many epochs already.
    pub fn lengthened(mut self, epochs: usize) -> Result<Self, SessionError> {
        self.config = self.config.lengthened(epochs)?;
        self.position = Position { started: false, ended: false, stopped: false, ..self.position };
        Ok(self)
    }
}

impl<W: Work> Session<W> {
    /// Prepares a session; nothing is trained yet.
    ///
    /// # Errors
    /// [`SessionError`] if a setting is out of range, the batch larger than a part of the images, or the network cannot
    /// be built.
    pub async fn new(config: W::Config, data: Arc<W::Data>, device: &Device) -> Result<Self, SessionError> {
        Ok(Self::of(W::prepare(config, data, device).await?))
    }

    /// Session of a work that is prepared.
    pub(crate) fn of(work: W) -> Self {
        Self { work, position: Position::default(), began: Instant::now(), before: 0.0 }
    }

    /// Configuration.
    #[must_use]
    pub fn config(&self) -> &W::Config {
        self.work.config()
    }

    /// Data: the images, or the table.
    #[must_use]
    pub fn data(&self) -> &Arc<W::Data> {
        self.work.data()
    }

    /// Name of the device.
    #[must_use]
    pub fn device_name(&self) -> &str {
        self.work.device_name()
    }

    /// Steps in an epoch; the maximum, if their number depends on the steps.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.work.steps()
    }

    /// Advances the session to its next event (start, a step, the end of an epoch, a piece of a selection); `None`
    /// after the end.
    ///
    /// # Errors
    /// [`SessionError::NotFinite`] or [`SessionError::Engine`]; the session is as it was before the call, unless the
    /// device is lost.
    pub async fn next_event(&mut self) -> Result<Option<Event>, SessionError> {
        let Position { started, ended, stopped, epoch, .. } = self.position;
        if ended {
            return Ok(None);
        }
        let kind = if !started {
            self.position.started = true;
            self.work.start()
        } else if epoch == self.config().epochs() || stopped {
            if let Some(kind) = self.work.finish(self.position).await? {
                kind
            } else {
                self.position.ended = true;
                self.work.end()
            }
        } else if self.work.is_end_of_epoch(self.position) {
            let (kind, stopped) = self.work.end_epoch(self.position).await?;
            self.position = Position { epoch: epoch + 1, step: 0, stopped, ..self.position };
            kind
        } else {
            let kind = self.work.step(self.position).await?;
            self.position.step += 1;
            kind
        };
        Ok(Some(self.event(kind)))
    }

    pub(crate) fn event(&self, kind: EventKind) -> Event {
        Event { version: Event::VERSION, seconds: self.seconds(), kind }
    }

    /// Runs the session and gives every event to `observe`, until `observe` breaks or the session ends.
    ///
    /// # Errors
    /// As [`next_event`](Self::next_event).
    #[cfg(not(target_family = "wasm"))]
    pub fn run(&mut self, mut observe: impl FnMut(&Event) -> ControlFlow<()>) -> Result<(), SessionError> {
        for event in self.events() {
            if observe(&event?).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Iterator over the events of the session; it takes a step when its event is requested. An error is the last item.
    #[cfg(not(target_family = "wasm"))]
    pub fn events(&mut self) -> impl Iterator<Item = Result<Event, SessionError>> {
        let mut failed = false;
        std::iter::from_fn(move || {
            let event = if failed { Ok(None) } else { pollster::block_on(self.next_event()) };
            failed = event.is_err();
            event.transpose()
        })
    }

    /// Seconds since the session began, those of earlier sessions included.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.before + self.began.elapsed().as_secs_f64()
    }

    /// True if no step was taken.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.position.is_new()
    }

    /// True if the session ends before its last epoch, as a search does at a sign of a collapse.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.position.stopped
    }

    /// Number of kernels that the session has launched on its device so far; absent if it launches none, as on the CPU.
    #[must_use]
    pub fn launches(&self) -> Option<u64> {
        self.work.launches()
    }

    /// Traffic with the GPU so far; absent on the CPU.
    #[must_use]
    pub fn traffic(&self) -> Option<Traffic> {
        self.work.traffic()
    }

    /// Number of weights of the network.
    #[must_use]
    pub fn weights(&self) -> usize {
        self.work.weights()
    }

    /// Takes a step, measures it and takes it back: the session ends with the same bits. Its clock goes on meanwhile, and
    /// a GPU without room for the batch is replaced by the CPU, as in any step.
    ///
    /// The step is one of the last epoch, in which regularizers and drop paths have their full strength. The first one on a device also makes its
    /// buffers and kernels; measure twice where that matters.
    ///
    /// # Errors
    /// As [`next_event`](Self::next_event).
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use lambda_darts::{data::ImageData, device::Device};
    /// # use lambda_darts::search::{SearchConfig, Session};
    /// # let config = SearchConfig { batch: 8, ..SearchConfig::digits("nas-bench-201") };
    /// # let data = Arc::new(ImageData::load(&config.data, 0)?);
    /// let mut session = pollster::block_on(Session::new(config, data, &Device::cpu()))?;
    /// let step = pollster::block_on(session.time_step())?;
    /// println!("an epoch takes about {:.0} s", session.steps() as f64 * step.as_secs_f64());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn time_step(&mut self) -> Result<Duration, SessionError> {
        let held = self.work.state().await?;
        let last = Position { epoch: self.config().epochs() - 1, ..Position::default() };
        let began = Instant::now();
        let step = self.work.step(last).await;
        let took = began.elapsed();
        self.work.restore(held, self.position).await?;
        step.map(|_| took)
    }

    /// Whole state, on the host.
    ///
    /// # Errors
    /// [`SessionError::Engine`] if the device fails.
    pub async fn state(&mut self) -> Result<SessionState<W>, SessionError> {
        Ok(SessionState {
            config: self.config().clone(),
            work: self.work.state().await?,
            position: self.position,
            seconds: self.seconds(),
            data: self.work.data().fingerprint(),
        })
    }

    /// Session that goes on where `state` was taken, on the same data.
    ///
    /// # Errors
    /// As [`new`](Self::new), [`SessionError::State`] if the state does not fit, and [`SessionError::OtherImages`] or
    /// [`SessionError::OtherTable`] if it was taken on other data.
    pub async fn restore(state: SessionState<W>, data: Arc<W::Data>, device: &Device) -> Result<Self, SessionError> {
        state.check_data(&data)?;
        let session = Self::new(state.config.clone(), data, device).await?;
        session.continued(state).await
    }

    /// Same session at a state.
    pub(crate) async fn continued(mut self, state: SessionState<W>) -> Result<Self, SessionError> {
        let SessionState { work, position, seconds, .. } = state;
        let wrong = |what: &str| Err(SessionError::State(what.to_owned()));
        if position.epoch > self.config().epochs() || position.step > self.steps() {
            return wrong("its progress is that of another session");
        }
        if !(seconds.is_finite() && seconds >= 0.0) {
            return wrong("its time is not a number of seconds");
        }
        self.work.restore(work, position).await?;
        (self.position, self.before) = (position, seconds);
        Ok(self)
    }
}

impl<W: Work> SessionState<W> {
    /// Checks that the state was taken on these data.
    pub(crate) fn check_data(&self, data: &W::Data) -> Result<(), SessionError> {
        if self.data == data.fingerprint() { Ok(()) } else { Err(W::Data::other()) }
    }
}
