//! Cost of a network: parameters, multiply-adds and the size of its feature maps.

use super::derived::{NetworkError, NetworkOptions};
use super::{Graph, NetworkSize, Primitive};
use crate::space::{Genotype, Space};

/// Cost of a network for one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Cost {
    /// Number of trained parameters; running statistics are none.
    pub parameters: u64,
    /// Multiplications of the convolutions and the classifier for one image, each with an addition. Papers call them
    /// multiply-adds, MACs or, loosely, FLOPs. Some papers count batch norms, ReLUs and pools besides, which adds 2 to 3 %
    /// (ptflops 0.6 gives the published 586 and 557 million of PC-DARTS and P-DARTS on ImageNet that way; here they have
    /// 571 and 543). No way of counting gives the
    /// 574 million of the DARTS paper for its published cell, which has 530.
    pub multiply_adds: u64,
}

impl Cost {
    /// Cost of a derived network, without its weights; images have `image` = (height, width).
    ///
    /// # Errors
    /// As [`Graph::derived`].
    ///
    /// ```
    /// use lambda_darts::graph::{Cost, NetworkSize};
    /// use lambda_darts::space::{Genotype, Space};
    ///
    /// // The second cell of the DARTS paper, which gives its network 3.3 million parameters.
    /// let cell = Genotype::parse(
    ///     "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), \
    ///      ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], \
    ///      normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), \
    ///      ('max_pool_3x3', 1), ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), \
    ///      ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])",
    /// )?;
    /// let space = Space::named("darts")?;
    /// let cost = Cost::derived(&space, &cell, NetworkSize::published(space.layout, 3, 10), [32, 32])?;
    /// assert_eq!((cost.parameters, cost.multiply_adds), (3_349_342, 528_359_040));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn derived(
        space: &Space,
        genotype: &Genotype,
        size: NetworkSize,
        image: [usize; 2],
    ) -> Result<Self, NetworkError> {
        let graph = Graph::derived(space, genotype, size, NetworkOptions::default())?;
        Ok(Self { parameters: graph.parameter_count() as u64, multiply_adds: graph.multiply_adds(image) })
    }
}

impl Graph {
    /// Multiplications of the convolutions and the classifiers for one image of `image` = (height, width), each with an
    /// addition.
    #[must_use]
    pub fn multiply_adds(&self, image: [usize; 2]) -> u64 {
        let sizes = self.sizes(image);
        let channels = |value: usize| self.values[value].channels as u128;
        let convolutions = self.operations.iter().filter_map(|operation| {
            let Primitive::Conv(conv) = operation else { return None };
            let pixels = sizes[conv.y].iter().map(|&side| side as u128).product();
            Some(conv.multiply_adds(channels(conv.x), pixels))
        });
        let heads = self.heads.iter().map(|head| channels(head.x) * head.classes as u128);
        u64::try_from(convolutions.chain(heads).sum::<u128>()).unwrap_or(u64::MAX)
    }

    /// Numbers in all feature maps of one image of `image` = (height, width).
    #[must_use]
    pub fn activations(&self, image: [usize; 2]) -> u64 {
        let sizes = self.sizes(image);
        let count = |(value, size): (&super::Value, &[usize; 2])| {
            value.channels as u128 * size.iter().map(|&side| side as u128).product::<u128>()
        };
        u64::try_from(self.values.iter().zip(&sizes).map(count).sum::<u128>()).unwrap_or(u64::MAX)
    }
}
