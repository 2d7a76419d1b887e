//! Weighted sums, zeros and noise.

use super::IMAGES;
use super::OnnxError;
use super::attribute::int;
use super::network::{Network, single};
use crate::graph::{Coefficient, Sum, ValueId};

impl Network<'_> {
    /// Writes a sum. A sum of one value is that value, and one without summands is zero.
    pub(super) fn sum(&mut self, sum: &Sum) -> Result<String, OnnxError> {
        let y = sum.y;
        let mut terms = Vec::with_capacity(sum.terms.len());
        for (at, &(x, coefficient)) in sum.terms.iter().enumerate() {
            let x = self.read(x, false);
            terms.push(match coefficient {
                Coefficient::One => x,
                Coefficient::Operation { cell, index } => {
                    let Some(&p) = self.p.get(cell).and_then(|p| p.get(index)) else {
                        return Err(OnnxError::Operation { value: y, reason: "its cell has fewer operation weights" });
                    };
                    let p = self.writer.floats(&format!("p.{cell}.{index}"), &[], [single(p)]);
                    self.writer.node("Mul", &format!("sum.{y}.{at}"), vec![x, p], Vec::new())
                }
            });
        }
        Ok(match terms.len() {
            0 => self.zeros(&format!("sum.{y}"), y),
            1 => terms.swap_remove(0),
            _ => self.writer.node("Sum", &format!("sum.{y}"), terms, Vec::new()),
        })
    }

    /// Writes standard normal noise.
    pub(super) fn noise(&mut self, slot: usize, y: ValueId) -> String {
        let name = &self.graph.noises()[slot];
        let like = self.zeros(&format!("{name}.like"), y);
        self.writer.node("RandomNormalLike", name, vec![like], Vec::new())
    }

    /// Writes zeros of the shape of value `y`.
    fn zeros(&mut self, name: &str, y: ValueId) -> String {
        let batch = self.batch();
        let [height, width] = self.sizes[y];
        let sides = [self.graph.values()[y].channels, height, width].map(usize::cast_signed);
        let sides = self.writer.integers(&format!("{name}.sides"), &sides);
        let shape = self.writer.node("Concat", &format!("{name}.shape"), vec![batch, sides], vec![int("axis", -1)]);
        self.writer.node("ConstantOfShape", name, vec![shape], Vec::new())
    }

    /// Returns the name of the number of images, a vector of one.
    fn batch(&mut self) -> String {
        let writer = &mut self.writer;
        let shape = || writer.node("Shape", "batch", vec![IMAGES.to_owned()], vec![int("end", 1)]);
        self.batch.get_or_insert_with(shape).clone()
    }
}
