//! Fuzz target of files of weights: weights that were read have the lengths of the network, and are the same after they
//! are written and read again; any other input is an error of one line.

#![no_main]

use std::sync::LazyLock;

use lambda_darts::exchange::weights::NetworkWeights;
use lambda_darts::graph::{Builder, Graph, HeadLoss, Window};
use libfuzzer_sys::fuzz_target;

/// Network of the files in the corpus.
static GRAPH: LazyLock<Graph> = LazyLock::new(|| {
    let mut builder = Builder::new(1);
    let x = builder.within("stem", |builder| {
        let y = builder.conv(builder.image(), false, "0", 2, Window::ONE);
        builder.norm(y, "1", true);
        y
    });
    builder.head(x, true, "classifier", 2, HeadLoss::default());
    builder.finish(x).expect("the norm is read once")
});

fuzz_target!(|data: &[u8]| {
    match NetworkWeights::parse(&GRAPH, data) {
        Ok(weights) => {
            assert_eq!(weights.parameters.len(), GRAPH.parameter_count());
            for running in [&weights.running_mean, &weights.running_variance] {
                assert_eq!(running.len(), GRAPH.normalized_channels());
            }
            // The bytes are compared, since a number may be NaN, which is unequal to itself.
            let bytes = weights.to_safetensors(&GRAPH).expect("it was read");
            let again = NetworkWeights::parse(&GRAPH, &bytes).expect("it was written");
            assert!(again.to_safetensors(&GRAPH).expect("it was read") == bytes);
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
});
