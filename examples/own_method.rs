//! A method of one's own: a part that is written outside of the library and joins the others in a search.
//!
//! The part adds to the loss of α a penalty on operations without weights, c · mean_e Σ_{k without weights} softmax(α_e)_k.

use std::sync::Arc;

use lambda_darts::data::ImageData;
use lambda_darts::device::Device;
use lambda_darts::method::{MethodConfig, Moment, Part, PartError, Preset, Relaxed, Slot};
use lambda_darts::search::{EventKind, SearchConfig, Session};
use lambda_darts::space::{Architecture, Operation, Space};

#[derive(Debug)]
struct WeightFreePenalty {
    coefficient: f64,
    /// True for each candidate without weights, in the order of α.
    weight_free: Vec<bool>,
}

impl WeightFreePenalty {
    fn new(coefficient: f64, space: &Space) -> Self {
        let weight_free = |operation: &Operation| {
            matches!(
                operation,
                Operation::None | Operation::SkipConnect | Operation::MaxPool3x3 | Operation::AvgPool3x3
            )
        };
        let edges = space.cell_types.iter().flat_map(|cell_type| &cell_type.edges);
        Self { coefficient, weight_free: edges.flat_map(|edge| edge.operations.iter().map(weight_free)).collect() }
    }
}

impl Part for WeightFreePenalty {
    fn slot(&self) -> Slot {
        Slot::AlphaRegularizer
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check(self.coefficient >= 0.0, "coefficient", "0 or more", &self.coefficient)
    }

    fn regularize_alpha(&self, alpha: &Architecture, _: &Relaxed, _: &Space, _: &Moment, gradient: &mut [f64]) {
        let rows: Vec<Vec<f64>> = alpha.probabilities().concat();
        // A row of the mean has the weight 1 / rows.
        let coefficient = self.coefficient / rows.iter().map(|_| 1.0).sum::<f64>();
        let mut start = 0;
        for p in rows {
            let free = &self.weight_free[start..start + p.len()];
            let share: f64 = p.iter().zip(free).filter(|(_, free)| **free).map(|(p, _)| p).sum();
            for ((slope, p), &free) in gradient[start..].iter_mut().zip(&p).zip(free) {
                *slope += coefficient * p * (f64::from(u8::from(free)) - share);
            }
            start += p.len();
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut config = SearchConfig::digits("nas-bench-201");
    (config.epochs, config.data.images) = (10, Some(800));
    config.method = MethodConfig::preset(Preset::Darts);
    let space = config.search_space()?;
    for coefficient in [0.0, 3.0] {
        let data = Arc::new(ImageData::load(&config.data, config.seed)?);
        let part: Arc<dyn Part> = Arc::new(WeightFreePenalty::new(coefficient, &space));
        let parts = vec![("weight_free_penalty", part)];
        let device = Device::cpu();
        let mut session = pollster::block_on(Session::with_parts(config.clone(), data, &device, parts))?;
        for event in session.events() {
            if let EventKind::End { genotype, .. } = event?.kind {
                println!("coefficient {coefficient}: {}", genotype.to_nas_bench_201().unwrap_or_default());
            }
        }
    }
    Ok(())
}
