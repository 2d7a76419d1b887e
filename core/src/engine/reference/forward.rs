//! Forward pass of a graph on tensors, one operation after the other.

use burn::tensor::module::{avg_pool2d, batch_norm, batch_norm_train, conv2d, max_pool2d, max_pool2d_with_indices};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions, PadMode};
use burn::tensor::{Int, Tensor, TensorData, activation};

use super::pattern::ActivationPattern;
use crate::engine::Paths;
use crate::engine::paths::owners;
use crate::graph::{
    Coefficient, Concat, Conv, EPSILON, Filter, Graph, Head, HeadLoss, IMAGE, Noise, Norm, Pool, PoolKind, Primitive,
    Sum, ValueId, Window,
};

/// Forward pass in progress.
pub(crate) struct Forward<'a> {
    pub(super) graph: &'a Graph,
    /// ω as one leaf a parameter.
    pub(super) weights: &'a [Tensor<1>],
    /// p of each searched cell.
    pub(super) p: &'a [Tensor<1>],
    /// Running means and variances, unless those of the batch are used.
    pub(super) running: Option<[Tensor<1>; 2]>,
    /// Draws of the noise operations by slot.
    pub(super) noise: Vec<Tensor<4>>,
    /// Masks by slot, `[batch, 1, 1, 1]` for a drop path and of the sum's shape for dropout; none if nothing is dropped.
    pub(super) masks: Vec<Tensor<4>>,
    pub(super) pattern: ActivationPattern,
    pub(super) paths: Paths,
    /// Means and unbiased variances of the batch norms by their first channel.
    pub(super) seen: Vec<(usize, [Tensor<1>; 2])>,
    pub(super) values: Vec<Option<Tensor<4>>>,
    pub(super) sizes: Vec<[usize; 2]>,
}

impl<'a> Forward<'a> {
    /// Pass over images of the shape of `image`, without noise and with a pattern of its own.
    pub(crate) fn new(
        graph: &'a Graph,
        weights: &'a [Tensor<1>],
        p: &'a [Tensor<1>],
        running: Option<[Tensor<1>; 2]>,
        image: &Tensor<4>,
    ) -> Self {
        let [_, _, height, width] = image.dims();
        Self {
            graph,
            weights,
            p,
            running,
            noise: Vec::new(),
            masks: Vec::new(),
            pattern: ActivationPattern::Own,
            paths: Paths::default(),
            seen: Vec::new(),
            values: Vec::new(),
            sizes: graph.sizes([height, width]),
        }
    }

    /// Means and unbiased variances that the batch norms have seen, in the order of their channels; none if running
    /// statistics were used.
    pub(crate) fn statistics(&mut self) -> Option<[Tensor<1>; 2]> {
        let mut seen = std::mem::take(&mut self.seen);
        seen.sort_by_key(|&(offset, _)| offset);
        let part = |which: usize| Tensor::cat(seen.iter().map(|(_, pair)| pair[which].clone()).collect(), 0);
        (!seen.is_empty()).then(|| [part(0), part(1)])
    }

    /// Runs all operations on an image `[batch, channels, height, width]`.
    pub(crate) fn run(&mut self, image: Tensor<4>) {
        self.values = vec![None; self.graph.values().len()];
        let (batch, owners) = (image.dims()[0], owners(self.graph));
        self.values[IMAGE] = Some(image);
        for operation in self.graph.operations() {
            let y = operation.output();
            if !self.paths.run(owners[y]) {
                continue;
            }
            let value = match operation {
                Primitive::Conv(conv) => self.conv(conv),
                Primitive::Pool(pool) => self.pool(pool),
                Primitive::Noise(Noise { slot, .. }) => self.noise[*slot].clone(),
                Primitive::Sum(sum) => self.sum(sum, batch),
                Primitive::Concat(concat) => self.concat(concat),
            };
            // Several convolutions may write the rows of one value, in their order.
            self.values[y] = Some(match self.values[y].take() {
                Some(first) => Tensor::cat(vec![first, value], 1),
                None => value,
            });
        }
    }

    pub(super) fn stored(&self, x: ValueId) -> Tensor<4> {
        self.values[x].clone().expect("operations come after those that they read")
    }

    /// Weight in its shape.
    fn weight<const D: usize>(&self, offset: usize) -> Tensor<D> {
        let place = self.graph.parameters().iter().position(|parameter| parameter.offset == offset);
        let place = place.expect("every offset of an operation is that of a parameter");
        let shape: [usize; D] = std::array::from_fn(|axis| self.graph.parameters()[place].shape[axis]);
        self.weights[place].clone().reshape(shape)
    }

    /// Value through its batch norm, if any, and a ReLU, if asked for.
    fn read(&mut self, x: ValueId, relu: bool) -> Tensor<4> {
        let mut value = self.stored(x);
        if let Some(norm) = self.graph.values()[x].norm {
            value = self.norm(value, norm);
        }
        if !relu {
            return value;
        }
        match self.pattern.relu(&value) {
            Some(closed) => value.mask_fill(closed, 0.0),
            None => activation::relu(value),
        }
    }

    fn norm(&mut self, x: Tensor<4>, norm: Norm) -> Tensor<4> {
        let [batch, channels, height, width] = x.dims();
        let [scale, shift] = if let Some(offsets) = norm.affine {
            offsets.map(|offset| self.weight::<1>(offset))
        } else {
            let ones = x.clone().without_autodiff().slice([0..1, 0..channels, 0..1, 0..1]).reshape([channels]);
            [ones.clone().ones_like(), ones.zeros_like()]
        };
        if let Some([mean, variance]) = &self.running {
            let part = |all: &Tensor<1>| all.clone().slice([norm.offset..norm.offset + channels]);
            return batch_norm(x, scale, shift, part(mean), part(variance), EPSILON);
        }
        let result = batch_norm_train(x, scale, shift, EPSILON);
        #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 pixels")]
        let n = (batch * height * width) as f64;
        let variance = result.variance.without_autodiff().mul_scalar(n / (n - 1.0).max(1.0));
        self.seen.push((norm.offset, [result.mean.without_autodiff(), variance]));
        result.output
    }

    fn conv(&mut self, conv: &Conv) -> Tensor<4> {
        let x = self.read(conv.x, conv.relu);
        let channels = x.dims()[1];
        let x = match conv.depthwise {
            Some(depthwise) => self.filtered(x, depthwise, channels),
            None => x,
        };
        self.filtered(x, conv.dense, 1)
    }

    fn filtered(&self, x: Tensor<4>, Filter { weight, window }: Filter, groups: usize) -> Tensor<4> {
        let (x, window) = inside(x, window);
        let padding = window.padding.map(isize::unsigned_abs);
        let options = ConvOptions::new(window.stride, padding, window.dilation, groups);
        let y = conv2d(x.clone(), self.weight(weight), None, options);
        // Padding on both sides may give a place more than the window has.
        let [_, _, height, width] = x.dims();
        let [tall, wide] = window.output([height, width]);
        y.narrow(2, 0, tall).narrow(3, 0, wide)
    }

    fn pool(&mut self, pool: &Pool) -> Tensor<4> {
        let x = self.read(pool.x, pool.relu);
        let window = pool.window;
        let padding = window.padding.map(isize::unsigned_abs);
        if pool.kind == PoolKind::Max {
            return self.max(x, window, padding);
        }
        let [_, _, height, width] = x.dims();
        let [tall, wide] = window.output([height, width]);
        // An even window repeats the last row and column of odd sizes, so that a mean is over the pixels that exist.
        let missing = missing(window, [height, width], padding);
        let x = if missing == [0; 2] { x } else { x.pad([(0, missing[0]), (0, missing[1])], PadMode::Edge) };
        let padding = padding.map(|padding| (padding, padding));
        let y = avg_pool2d(
            x,
            AvgPoolOptions {
                kernel_size: window.kernel,
                stride: window.stride,
                padding,
                count_include_pad: false,
                ceil_mode: false,
            },
        );
        y.narrow(2, 0, tall).narrow(3, 0, wide)
    }

    fn max(&mut self, x: Tensor<4>, window: Window, padding: [usize; 2]) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let [tall, wide] = window.output([height, width]);
        // An even window repeats the last row and column of odd sizes, which wins no maximum that they do not.
        let missing = missing(window, [height, width], padding);
        let x = if missing == [0; 2] { x } else { x.pad([(0, missing[0]), (0, missing[1])], PadMode::Edge) };
        let [batch, channels, height, width] = x.dims();
        if let Some(winners) = self.pattern.winners() {
            let flat = x.reshape([batch, channels, height * width]);
            return flat.gather(2, winners).reshape([batch, channels, tall, wide]);
        }
        let options = MaxPoolOptions {
            kernel_size: window.kernel,
            stride: window.stride,
            padding: padding.map(|padding| (padding, padding)),
            dilation: [1; 2],
            ceil_mode: false,
        };
        if !self.pattern.records() {
            return max_pool2d(x, options);
        }
        let (y, winners) = max_pool2d_with_indices(x, options);
        self.pattern.push_winners(winners.without_autodiff().reshape([batch, channels, tall * wide]));
        y
    }

    fn sum(&mut self, sum: &Sum, batch: usize) -> Tensor<4> {
        let mut total: Option<Tensor<4>> = None;
        let terms: Vec<_> = self.paths.summands(&sum.terms).copied().collect();
        for (x, coefficient) in terms {
            let mut term = self.read(x, false);
            if let Coefficient::Operation { cell, index } = coefficient {
                term = term.mul(self.operation_weight(cell, index));
            }
            total = Some(match total {
                Some(total) => total.add(term),
                None => term,
            });
        }
        let total = total.unwrap_or_else(|| {
            let [height, width] = self.sizes[sum.y];
            let one = self.stored(IMAGE).without_autodiff().slice([0..1, 0..1, 0..1, 0..1]).zeros_like();
            one.expand([batch, self.graph.values()[sum.y].channels, height, width])
        });
        // The product of a weight of 0 with an output of ones.
        let ones = self.paths.ones(&sum.weights);
        let total = ones.fold(total, |total, &(cell, index)| total.add(self.operation_weight(cell, index)));
        match sum.mask.and_then(|slot| self.masks.get(slot)) {
            Some(mask) => total.mul(mask.clone()),
            None => total,
        }
    }

    fn concat(&self, concat: &Concat) -> Tensor<4> {
        let (values, order) = concat.gathered(self.graph);
        let joined = Tensor::cat(values.into_iter().map(|x| self.stored(x)).collect(), 1);
        let Some(order) = order else { return joined };
        let order: Vec<i64> = order.into_iter().map(|channel| channel.cast_signed() as i64).collect();
        let count = order.len();
        let device = joined.clone().without_autodiff().device();
        let order: Tensor<1, Int> = Tensor::from_data(TensorData::new(order, [count]), &device);
        joined.select(1, order)
    }

    fn operation_weight(&self, cell: usize, index: usize) -> Tensor<4> {
        self.p[cell].clone().slice([index..index + 1]).reshape([1, 1, 1, 1])
    }

    /// Logits `[batch, classes]` of a head.
    pub(crate) fn logits(&mut self, head: &Head) -> Tensor<2> {
        let x = self.read(head.x, head.relu);
        let [batch, channels, height, width] = x.dims();
        let pooled: Tensor<2> = x.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels]);
        pooled.matmul(self.weight::<2>(head.weight).transpose()).add(self.weight::<1>(head.bias).unsqueeze_dim(0))
    }
}

/// Rows and columns that the last places of a pool's window miss below and to the right.
fn missing(window: Window, size: [usize; 2], padding: [usize; 2]) -> [usize; 2] {
    let places = window.output(size);
    [0, 1].map(|axis| {
        let reach = (places[axis] - 1) * window.stride[axis] + window.kernel[axis];
        reach.saturating_sub(size[axis] + 2 * padding[axis])
    })
}

/// Window whose padding is not negative, over the part of the image that it reads; odd sizes get a row or column of
/// zeros, so that shifted windows have as many places as others.
fn inside(x: Tensor<4>, window: Window) -> (Tensor<4>, Window) {
    let shift = window.padding.map(|padding| padding.min(0).unsigned_abs());
    if shift == [0; 2] {
        return (x, window);
    }
    let [_, _, height, width] = x.dims();
    let [tall, wide] = window.output([height, width]);
    let needed = [0, 1].map(|axis| {
        let places = [tall, wide][axis];
        shift[axis] + (places - 1) * window.stride[axis] + (window.kernel[axis] - 1) * window.dilation[axis] + 1
    });
    let missing = [needed[0].saturating_sub(height), needed[1].saturating_sub(width)];
    let x = if missing == [0; 2] { x } else { x.pad([(0, missing[0]), (0, missing[1])], 0.0) };
    let [_, _, height, width] = x.dims();
    let x = x.narrow(2, shift[0], height - shift[0]).narrow(3, shift[1], width - shift[1]);
    (x, Window { padding: window.padding.map(|padding| padding.max(0)), ..window })
}

/// Loss of a head: the mean over the batch.
pub(super) fn cross_entropy(logits: Tensor<2>, labels: Tensor<1, Int>, loss: HeadLoss) -> Tensor<1> {
    let logarithms = activation::log_softmax(logits, 1);
    let own = logarithms.clone().gather(1, labels.unsqueeze_dim(1)).mean().neg();
    if loss.smoothing == 0.0 {
        return own.mul_scalar(loss.weight);
    }
    let all = logarithms.mean().neg();
    own.mul_scalar(1.0 - loss.smoothing).add(all.mul_scalar(loss.smoothing)).mul_scalar(loss.weight)
}
