//! Custom search spaces, described in TOML.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CellType, MacroLayout, Operation, OperationStyle, Output, Space, SpaceError};
use crate::text::line_of;

/// Description of a search space, as a user writes it in TOML.
///
/// ```
/// use lambda_darts::space::CustomSpace;
///
/// let space = CustomSpace::parse(r#"
///     name = "small"
///     layout = "stacked"       # or "staged"
///     nodes = 2                # intermediate nodes of a cell
///
///     [cells.normal]
///     operations = ["skip_connect", "sep_conv_3x3"]
///
///     [cells.normal.edges]     # single edges may differ; an empty list leaves the edge out
///     "0->2" = ["max_pool_3x3", "skip_connect"]
///     "1->3" = []
/// "#)?;
/// assert_eq!(space.cell_types[0].edges.len(), 4);
/// # Ok::<(), lambda_darts::space::SpaceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct CustomSpace {
    /// Name of the space, used in reports.
    pub name: String,
    /// Macro layout: `stacked` (DARTS) or `staged` (NAS-Bench-201).
    pub layout: MacroLayoutName,
    /// Width of the stem in multiples of the channels, for a stacked layout only; 3 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stem_multiplier: Option<usize>,
    /// Style of the operations; by default that of the layout.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "convention")]
    pub style: Option<OperationStyle>,
    /// Number of input nodes of a cell: 1 or 2 in a stacked layout (2 by default), 1 in a staged one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<usize>,
    /// Number of intermediate nodes of a cell, 1 to 16.
    pub nodes: usize,
    /// Output of a cell: `concat` by default in a stacked layout; always `last` in a staged one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Output>,
    /// The types of cell by name: `normal`, and in a stacked layout `reduce` if the network is to shrink the image.
    pub cells: BTreeMap<String, CustomCell>,
}

/// Name of a macro layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum MacroLayoutName {
    /// Name of [`MacroLayout::Stacked`].
    Stacked,
    /// Name of [`MacroLayout::Staged`].
    Staged,
}

/// The candidates of one type of cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct CustomCell {
    /// The candidates of every edge that `edges` does not name.
    #[serde(default)]
    pub operations: Vec<Operation>,
    /// The candidates of single edges, keyed by `from->to`; an empty list leaves the edge out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub edges: BTreeMap<String, Vec<Operation>>,
}

/// Maximum number of intermediate nodes of a cell.
const MOST_NODES: usize = 16;
const WIDEST_STEM: usize = 64;

/// An error in a description, and the keys that lead to it.
pub(crate) struct Fault {
    pub(crate) keys: Vec<String>,
    pub(crate) what: String,
}

fn fault<T>(keys: &[&str], what: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { keys: keys.iter().map(|&key| key.to_owned()).collect(), what: what.into() })
}

impl CustomSpace {
    /// Reads a description and checks it.
    ///
    /// # Errors
    /// [`SpaceError::Custom`] with the line and the fault.
    pub fn parse(text: &str) -> Result<Space, SpaceError> {
        Self::read(text)?
            .space()
            .map_err(|Fault { keys, what }| SpaceError::Custom { line: line_of(text, &keys), what })
    }

    /// Reads a description without checking that it makes a valid space.
    ///
    /// # Errors
    /// [`SpaceError::Custom`] if the text is not TOML or has unknown or missing fields.
    pub fn read(text: &str) -> Result<Self, SpaceError> {
        toml::from_str(text).map_err(|error| SpaceError::Custom {
            line: crate::text::line_at(text, error.span().map_or(0, |span| span.start)),
            what: crate::text::plain(error.message()),
        })
    }

    /// Checks the description and makes the space.
    pub(crate) fn space(&self) -> Result<Space, Fault> {
        if self.name.is_empty() || self.name.len() > 64 {
            return fault(&["name"], "a space needs a name of 1 to 64 characters");
        }
        if !(1..=MOST_NODES).contains(&self.nodes) {
            return fault(&["nodes"], format!("a cell has 1 to {MOST_NODES} nodes, not {}", self.nodes));
        }
        let staged = self.layout == MacroLayoutName::Staged;
        let inputs = self.inputs.unwrap_or(if staged { 1 } else { 2 });
        match (staged, inputs) {
            (true, 1) | (false, 1 | 2) => {}
            (true, _) => return fault(&["inputs"], "a staged cell has one input"),
            (false, _) => return fault(&["inputs"], "a stacked cell has one or two inputs"),
        }
        let output = self.output.unwrap_or(if staged { Output::Last } else { Output::Concat });
        if staged && output == Output::Concat {
            return fault(&["output"], "the output of a staged cell is its last node: output = \"last\"");
        }
        let layout = match (staged, self.stem_multiplier) {
            (true, None) => MacroLayout::Staged,
            (true, Some(_)) => return fault(&["stem_multiplier"], "a staged layout has no stem multiplier"),
            (false, given) => match given.unwrap_or(3) {
                stem_multiplier @ 1..=WIDEST_STEM => MacroLayout::Stacked { stem_multiplier },
                _ => {
                    return fault(
                        &["stem_multiplier"],
                        format!("a stem is 1 to {WIDEST_STEM} times as wide as a cell"),
                    );
                }
            },
        };
        let style = self.style.unwrap_or(if staged { OperationStyle::NasBench201 } else { OperationStyle::Darts });

        let Some(normal) = self.cells.get("normal") else {
            return fault(&["cells"], "a space needs the cell type `normal`: [cells.normal]");
        };
        let mut cell_types = vec![self.kind("normal", normal, inputs, output)?];
        for (name, cell) in &self.cells {
            match name.as_str() {
                "normal" => {}
                "reduce" if !staged => cell_types.push(self.kind("reduce", cell, inputs, output)?),
                "reduce" => return fault(&["cells", name], "a staged layout has fixed reductions, no type `reduce`"),
                _ => return fault(&["cells", name], "a cell type is `normal` or `reduce`"),
            }
        }
        Ok(Space { name: self.name.clone(), cell_types, layout, style })
    }

    fn kind(&self, name: &str, cell: &CustomCell, inputs: usize, output: Output) -> Result<CellType, Fault> {
        distinct(&cell.operations, &["cells", name, "operations"])?;
        let mut single = BTreeMap::new();
        for (key, operations) in &cell.edges {
            let keys = ["cells", name, "edges", key];
            let ends = key.split_once("->").and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)));
            let Some((from, to)) = ends else {
                return fault(&keys, "an edge is named \"from->to\", for example \"0->2\"");
            };
            if from >= to || !(inputs..inputs + self.nodes).contains(&to) {
                return fault(
                    &keys,
                    format!(
                        "no edge {from}->{to}: edges lead from an earlier node to one of the nodes {inputs} to {}",
                        inputs + self.nodes - 1
                    ),
                );
            }
            distinct(operations, &keys)?;
            if single.insert((from, to), operations).is_some() {
                return fault(&keys, format!("the edge {from}->{to} is described twice"));
            }
        }
        let kind = CellType::dense(name, inputs, self.nodes, output, |from, to| {
            single.get(&(from, to)).map_or_else(|| cell.operations.clone(), |&own| own.clone())
        });
        for node in kind.intermediate() {
            if kind.edges_into(node).next().is_none() {
                return fault(&["cells", name], format!("no edge leads to node {node}: give it candidate operations"));
            }
        }
        Ok(kind)
    }
}

fn distinct(operations: &[Operation], keys: &[&str]) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    match operations.iter().find(|&&operation| !seen.insert(operation)) {
        Some(twice) => fault(keys, format!("`{twice}` is listed twice")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SMALL: &str = "name = \"small\"\nlayout = \"stacked\"\nnodes = 2\n\n[cells.normal]\noperations = [\"skip_connect\", \"sep_conv_3x3\"]\n";

    fn message(text: &str) -> String {
        CustomSpace::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn defaults_follow_the_layout() {
        let space = CustomSpace::parse(SMALL).unwrap();
        assert_eq!(space.layout, MacroLayout::Stacked { stem_multiplier: 3 });
        assert_eq!(space.style, OperationStyle::Darts);
        assert_eq!(space.cell_types.len(), 1);
        assert_eq!(space.cell_types[0].edges.len(), 5);
        assert_eq!(space.cells(6), [0; 6], "without a reduce kind no cell reduces");
        let staged = CustomSpace::parse(&SMALL.replace("stacked", "staged")).unwrap();
        assert_eq!((staged.layout, staged.cell_types[0].edges.len()), (MacroLayout::Staged, 3));
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line, part) in [
            (SMALL.replace("nodes = 2", "nodes = 0"), 3, "1 to 16 nodes"),
            (SMALL.replace("nodes = 2", "nodse = 2"), 3, "nodse"),
            (SMALL.replace("\"sep_conv_3x3\"", "\"conv\""), 6, "unknown operation `conv`"),
            (SMALL.replace("\"sep_conv_3x3\"", "\"skip_connect\""), 6, "listed twice"),
            (SMALL.replace("cells.normal", "cells.abnormal"), 5, "normal"),
            (format!("{SMALL}\n[cells.normal.edges]\n\"3->2\" = []\n"), 9, "no edge 3->2"),
            (format!("{SMALL}\n[cells.normal.edges]\n\"zero\" = []\n"), 9, "from->to"),
            (format!("{SMALL}\n[cells.normal.edges]\n\"0->2\" = []\n\"1->2\" = []\n"), 5, "no edge leads to node 2"),
            (SMALL.replace("stacked", "staged").replace("nodes = 2", "nodes = 2\ninputs = 2"), 4, "one input"),
            (format!("{SMALL}]"), 7, ""),
        ] {
            let message = message(&text);
            assert!(message.starts_with(&format!("line {line}:")) && message.contains(part), "{message}\n{text}");
        }
    }

    /// Generates lists of distinct operations in any order.
    fn operations(least: usize) -> impl Strategy<Value = Vec<Operation>> {
        proptest::sample::subsequence(Operation::ALL.to_vec(), least..=Operation::ALL.len()).prop_shuffle()
    }

    /// Generates cells in which some edges have candidates of their own or none; the edge from the node before is never
    /// left out.
    fn cell(inputs: usize, nodes: usize) -> impl Strategy<Value = CustomCell> {
        let places: Vec<_> = (inputs..inputs + nodes).flat_map(|to| (0..to).map(move |from| (from, to))).collect();
        let own = proptest::collection::vec(proptest::option::of(operations(0)), places.len());
        (operations(1), own).prop_map(move |(operations, own)| {
            let own = places.iter().zip(own).filter_map(|(&(from, to), own)| Some((from, to, own?)));
            let own = own.filter(|(from, to, operations)| from + 1 < *to || !operations.is_empty());
            let edges = own.map(|(from, to, operations)| (format!("{from}->{to}"), operations)).collect();
            CustomCell { operations, edges }
        })
    }

    fn space() -> impl Strategy<Value = CustomSpace> {
        (any::<bool>(), 1_usize..=2, 1_usize..=4).prop_flat_map(|(staged, inputs, nodes)| {
            let inputs = if staged { 1 } else { inputs };
            let outputs = [None, Some(Output::Last), Some(Output::Concat)];
            let stems = [None, Some(1), Some(WIDEST_STEM)];
            let styles = [None, Some(OperationStyle::Darts), Some(OperationStyle::NasBench201)];
            let fields = (
                "\\PC{1,16}",
                proptest::sample::select(outputs[..if staged { 2 } else { 3 }].to_vec()),
                proptest::sample::select(stems[..if staged { 1 } else { 3 }].to_vec()),
                proptest::sample::select(styles.to_vec()),
                cell(inputs, nodes),
                proptest::option::of(cell(inputs, nodes)),
            );
            fields.prop_map(move |(name, output, stem_multiplier, style, normal, reduce)| {
                let reduce = reduce.filter(|_| !staged).map(|cell| ("reduce".to_owned(), cell));
                CustomSpace {
                    name,
                    layout: if staged { MacroLayoutName::Staged } else { MacroLayoutName::Stacked },
                    stem_multiplier,
                    style,
                    inputs: (inputs == 1).then_some(1),
                    nodes,
                    output,
                    cells: std::iter::once(("normal".to_owned(), normal)).chain(reduce).collect(),
                }
            })
        })
    }

    /// Checks that a text is a space, or an error on one of its lines.
    fn has_its_line(text: &str) -> Result<(), TestCaseError> {
        match CustomSpace::parse(text) {
            Ok(space) => prop_assert!(!space.cell_types.is_empty()),
            Err(SpaceError::Custom { line, what }) => {
                let lines = text.split('\n').count();
                prop_assert!((1..=lines).contains(&line), "line {line} of {lines}: {what}\n{text}");
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn a_space_survives_toml_and_has_the_edges_described(own in space()) {
            let text = toml::to_string(&own).unwrap();
            prop_assert_eq!(&CustomSpace::read(&text).unwrap(), &own);
            let made = CustomSpace::parse(&text).unwrap();
            prop_assert_eq!((&made.name, made.cell_types.len()), (&own.name, own.cells.len()));
            for kind in &made.cell_types {
                let cell = &own.cells[&kind.name];
                for edge in &kind.edges {
                    let single = cell.edges.get(&format!("{}->{}", edge.from, edge.to));
                    prop_assert_eq!(&edge.operations, single.unwrap_or(&cell.operations));
                }
                let all: usize = kind.intermediate().sum();
                let left_out = cell.edges.values().filter(|operations| operations.is_empty()).count();
                prop_assert_eq!(kind.edges.len(), all - left_out);
            }
        }

        #[test]
        fn damage_to_a_space_has_a_line(
            own in space(),
            place in any::<proptest::sample::Index>(),
            with in "\\PC?|\n|\"|\\[|\\]|->",
        ) {
            let text = toml::to_string(&own).unwrap();
            let places: Vec<_> = text.char_indices().collect();
            let (at, c) = places[place.index(places.len())];
            has_its_line(&format!("{}{with}{}", &text[..at], &text[at + c.len_utf8()..]))?;
        }

        #[test]
        fn any_text_is_a_space_or_an_error_with_a_line(
            text in "(name|layout|nodes|cells|normal|edges|operations|skip_connect|->|[\\[\\]{}=\".,#0-9 \n]|\\PC){0,40}",
        ) {
            has_its_line(&text)?;
        }
    }
}
