//! Convolutions, and the batch norms that become part of them.

use super::OnnxError;
use super::attribute::{count, int, sizes};
use super::network::{Network, layer, single};
use super::window::pads;
use crate::graph::{Conv, Norm, ValueId, Window};

impl Network<'_> {
    /// Writes a convolution, which may give some of the channels of its value.
    pub(super) fn conv(&mut self, conv: &Conv) -> Result<String, OnnxError> {
        let Conv { x, relu, depthwise, dense, y, .. } = *conv;
        let (mut name, mut size) = (self.read(x, relu), self.sizes[x]);
        if let Some(depthwise) = depthwise {
            let parameters = vec![self.parameter(y, depthwise.weight)?];
            let groups = self.graph.values()[x].channels;
            name = self.filtered(y, name, size, depthwise.window, parameters, groups)?;
            size = depthwise.window.output(size);
        }
        let parameters = match self.graph.values()[y].norm {
            Some(norm) if self.fold_norms => self.folded(conv, norm)?,
            _ => vec![self.parameter(y, dense.weight)?],
        };
        self.filtered(y, name, size, dense.window, parameters, 1)
    }

    /// Writes a filter over a feature map `x` of a size; its parameters are a weight and perhaps a bias.
    fn filtered(
        &mut self,
        y: ValueId,
        x: String,
        size: [usize; 2],
        window: Window,
        parameters: Vec<String>,
        groups: usize,
    ) -> Result<String, OnnxError> {
        let name = parameters.first().map_or_else(|| format!("conv.{y}"), |weight| layer(weight).to_owned());
        let (x, pads) = self.windowed(y, &name, x, size, window)?;
        let attributes = vec![
            sizes("kernel_shape", window.kernel),
            sizes("strides", window.stride),
            sizes("pads", pads),
            sizes("dilations", window.dilation),
            int("group", count(groups)),
        ];
        Ok(self.writer.node("Conv", &name, [vec![x], parameters].concat(), attributes))
    }

    /// Returns a feature map whose window has no negative padding, and that padding above, to the left, below and to
    /// the right. A window may begin inside of the image or leave more out at its end than the stride skips.
    fn windowed(
        &mut self,
        y: ValueId,
        name: &str,
        mut x: String,
        size: [usize; 2],
        window: Window,
    ) -> Result<(String, [usize; 4]), OnnxError> {
        let [begin, end] = pads(window, size);
        let outside = |padding: isize| padding.max(0).unsigned_abs();
        if (0..2).all(|axis| begin[axis] >= 0 && end[axis] > -window.stride[axis].cast_signed()) {
            return Ok((x, [begin[0], begin[1], end[0], end[1]].map(outside)));
        }
        let ends = [0, 1].map(|axis| size[axis].cast_signed() + end[axis]);
        if ends.iter().any(|&end| end <= 0) {
            return Err(OnnxError::Operation { value: y, reason: "its window lies outside of the image" });
        }
        if end.iter().any(|&end| end > 0) {
            let zeros = [0, 0, 0, 0, 0, 0, end[0].max(0), end[1].max(0)];
            let zeros = self.writer.integers(&format!("{name}.pads"), &zeros);
            x = self.writer.node("Pad", &format!("{name}.pad"), vec![x, zeros], Vec::new());
        }
        let starts = begin.map(|begin| (-begin).max(0));
        let bounds = [("starts", starts), ("ends", ends), ("axes", [2, 3])]
            .map(|(what, values)| self.writer.integers(&format!("{name}.{what}"), &values));
        let inputs = std::iter::once(x).chain(bounds).collect();
        let x = self.writer.node("Slice", &format!("{name}.slice"), inputs, Vec::new());
        Ok((x, [outside(begin[0]), outside(begin[1]), 0, 0]))
    }

    /// Returns the names of the weight and the bias of a convolution and its batch norm in one, rounded once.
    fn folded(&mut self, conv: &Conv, norm: Norm) -> Result<Vec<String>, OnnxError> {
        let parameter = self.found(conv.y, conv.dense.weight)?;
        let factors = self.factors(norm, conv.first..conv.first + conv.rows);
        let taps = parameter.shape.iter().skip(1).product::<usize>().max(1);
        let rows = self.weights.parameters[parameter.range()].chunks(taps).zip(&factors);
        let weights =
            rows.flat_map(|(row, &[factor, _])| row.iter().map(move |&weight| single(f64::from(weight) * factor)));
        let weight = self.writer.floats(&parameter.name, &parameter.shape, weights);
        let biases = factors.iter().map(|&[_, summand]| single(summand));
        let bias = self.writer.floats(&format!("{}.bias", layer(&weight)), &[conv.rows], biases);
        Ok(vec![weight, bias])
    }
}
