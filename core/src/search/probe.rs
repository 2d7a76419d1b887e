//! Time of a step, measured before a search begins.

use std::time::Duration;

use web_time::Instant;

use super::{SearchError, Session};

impl Session {
    /// Takes a step, measures it and takes it back: the search ends with the same bits. Its clock goes on meanwhile, and a
    /// GPU without room for the batch is replaced by the CPU, as in any step.
    ///
    /// The step is one of the last epoch, in which every regularizer is at work. The first one on a device also makes its
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
    pub async fn time_step(&mut self) -> Result<Duration, SearchError> {
        let state = self.bilevel.state().await?;
        let (progress, phases) = (self.progress.clone(), self.bilevel.phases);
        self.progress.epoch = self.config.epochs - 1;
        self.progress.step = 0;
        let began = Instant::now();
        let step = self.step().await;
        let took = began.elapsed();
        (self.progress, self.bilevel.phases) = (progress, phases);
        self.bilevel.restore(state).await?;
        step.map(|_| took)
    }
}
