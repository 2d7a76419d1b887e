//! Derived architectures, and their notations in the literature.
//!
//! | notation | example | by |
//! |---|---|---|
//! | DARTS | `Genotype(normal=[('sep_conv_3x3', 1), …], normal_concat=range(2, 6), …)` | [`Genotype::to_darts`] |
//! | NAS-Bench-201 | `\|nor_conv_3x3~0\|+\|none~0\|skip_connect~1\|+…` | [`Genotype::to_nas_bench_201`] |
//! | JSON | the fields of [`Genotype`] | serde |
//!
//! [`Genotype::parse`] reads all three, and the forms in which other projects write them.

mod darts;
mod nas_bench_201;
mod nni;
mod notation;
mod python;
mod scan;

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Operation, Space};

/// A discrete architecture: for every type of cell, the operations and the inputs of each node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Genotype {
    /// The types of cell, `normal` first.
    pub cells: Vec<GenotypeCell>,
}

/// One type of cell of a [`Genotype`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct GenotypeCell {
    /// Name of the type: `normal` or `reduce`.
    pub kind: String,
    /// Number of input nodes of the cell; the numbers of nodes start with them.
    pub inputs: usize,
    /// Operations of every intermediate node, each with the number of the node that it reads; the node is their sum.
    pub nodes: Vec<Vec<(Operation, usize)>>,
    /// Numbers of the nodes that make up the output.
    pub output: Vec<usize>,
}

/// Error of a text that is not a genotype.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a genotype: at character {at}: {what}")]
pub struct GenotypeError {
    /// Position in the text, in characters counted from 1.
    pub at: usize,
    /// Description of the fault.
    pub what: String,
}

/// Maximum length of a text in bytes; longer texts are refused before they are read.
const LONGEST: usize = 64 * 1024;
/// Maximum number of intermediate nodes of a cell.
const MOST_NODES: usize = 64;

impl Genotype {
    /// Reads a genotype as people write it.
    ///
    /// | notation | forms |
    /// |---|---|
    /// | DARTS | after an assignment or in a line of a log; fields in any order or without names; `range(…)`, lists and tuples; a list for each node (pt.darts, AutoDL-Projects); `(op, node, from)` (FairDARTS); `(op, from, weight)` without the weight (GDAS) |
    /// | NAS-Bench-201 | within `Structure(…)`, a list or an answer of the API; edges in any order, with `none` for those left out; lists of pairs; NASLib's six numbers |
    /// | NNI | the dictionary of a cell of NAS-Bench-201 or DARTS |
    /// | JSON | the fields of [`Genotype`] |
    ///
    /// Comments, typographic quotes and byte order marks are no obstacle. A text with two different genotypes is refused.
    ///
    /// # Errors
    /// [`GenotypeError`] with the position in the text.
    ///
    /// ```
    /// use lambda_darts::space::Genotype;
    ///
    /// let text = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";
    /// let genotype = Genotype::parse(text)?;
    /// assert_eq!(genotype.to_nas_bench_201().as_deref(), Some(text));
    /// assert_eq!((genotype.skip_connections(), genotype.parameter_free()), (1, 4));
    /// // NASLib's numbers of the same operations.
    /// assert_eq!(Genotype::parse("(2, 1, 4, 0, 1, 3)")?, genotype);
    /// # Ok::<(), lambda_darts::space::GenotypeError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, GenotypeError> {
        if text.len() > LONGEST {
            return Err(GenotypeError { at: 1, what: format!("longer than {LONGEST} bytes; give the genotype alone") });
        }
        let genotype = notation::read(text)?;
        genotype.check().map_err(|what| GenotypeError { at: 1, what })?;
        Ok(genotype)
    }

    /// Returns how often each operation occurs, over all types of cell.
    #[must_use]
    pub fn operations(&self) -> BTreeMap<Operation, usize> {
        let mut counts = BTreeMap::new();
        for (operation, _) in self.cells.iter().flat_map(|cell| cell.nodes.iter().flatten()) {
            *counts.entry(*operation).or_default() += 1;
        }
        counts
    }

    /// Returns the number of operations without weights, over all types of cell.
    #[must_use]
    pub fn parameter_free(&self) -> usize {
        self.operations().iter().filter(|(operation, _)| operation.is_parameter_free()).map(|(_, count)| count).sum()
    }

    /// Returns the number of skip connections among the operations, over all types of cell.
    #[must_use]
    pub fn skip_connections(&self) -> usize {
        self.operations().get(&Operation::SkipConnect).copied().unwrap_or_default()
    }

    /// Returns the genotype in DARTS's notation, or `None` unless every node reads exactly two others.
    #[must_use]
    pub fn to_darts(&self) -> Option<String> {
        darts::write(self)
    }

    /// Returns the genotype in NAS-Bench-201's notation, or `None` unless it has a single type of cell with one input
    /// whose nodes read all earlier ones in order.
    #[must_use]
    pub fn to_nas_bench_201(&self) -> Option<String> {
        nas_bench_201::write(self)
    }

    /// Checks that the architecture can be derived from `space`.
    ///
    /// # Errors
    /// A sentence that names the type of cell, the node and the operation that the space lacks.
    pub fn fits(&self, space: &Space) -> Result<(), String> {
        if self.cells.len() != space.cell_types.len() {
            return Err(format!(
                "{} types of cell, but {} has {}",
                self.cells.len(),
                space.name,
                space.cell_types.len()
            ));
        }
        for (cell, kind) in self.cells.iter().zip(&space.cell_types) {
            if (cell.kind.as_str(), cell.inputs, cell.nodes.len()) != (&kind.name, kind.inputs, kind.nodes) {
                return Err(format!(
                    "a cell `{}` of {} inputs and {} nodes, but {} has `{}` of {} and {}",
                    cell.kind,
                    cell.inputs,
                    cell.nodes.len(),
                    space.name,
                    kind.name,
                    kind.inputs,
                    kind.nodes
                ));
            }
            for (node, reads) in kind.intermediate().zip(&cell.nodes) {
                for &(operation, from) in reads {
                    let edge = kind.edges.iter().find(|edge| (edge.from, edge.to) == (from, node));
                    if !edge.is_some_and(|edge| edge.operations.contains(&operation)) {
                        return Err(format!(
                            "{}, node {node}: {} has no `{operation}` from node {from}",
                            kind.name, space.name
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// Checks what serde cannot: node numbers are in range, and each type of cell occurs once.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.cells.is_empty() || self.cells.len() > 2 {
            return Err("a genotype has one or two types of cell".to_owned());
        }
        for (place, cell) in self.cells.iter().enumerate() {
            if cell.kind != ["normal", "reduce"][place] {
                return Err(format!("the types of cell are `normal`, then `reduce`; found `{}`", cell.kind));
            }
            if !(1..=2).contains(&cell.inputs) || cell.nodes.is_empty() || cell.nodes.len() > MOST_NODES {
                return Err(format!("{}: a cell has 1 or 2 inputs and 1 to {MOST_NODES} nodes", cell.kind));
            }
            for (node, reads) in (cell.inputs..).zip(&cell.nodes) {
                if let Some((_, from)) = reads.iter().find(|(_, from)| *from >= node) {
                    return Err(format!("{}, node {node} reads node {from}, which does not come before it", cell.kind));
                }
            }
            let nodes = cell.inputs + cell.nodes.len();
            if let Some(out) = cell.output.iter().find(|&&out| out >= nodes) {
                return Err(format!("{}: the output takes node {out}, but there are {nodes}", cell.kind));
            }
            if cell.output.is_empty() || cell.output.len() > nodes {
                return Err(format!("{}: the output takes 1 to {nodes} nodes", cell.kind));
            }
        }
        Ok(())
    }
}

impl FromStr for Genotype {
    type Err = GenotypeError;

    fn from_str(text: &str) -> Result<Self, GenotypeError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn operation() -> impl Strategy<Value = Operation> {
        proptest::sample::select(Operation::ALL.to_vec())
    }

    fn darts_cell(kind: &'static str) -> impl Strategy<Value = GenotypeCell> {
        (1_usize..6).prop_flat_map(move |nodes| {
            let reads: Vec<_> = (2..2 + nodes).map(|to| proptest::collection::vec((operation(), 0..to), 2)).collect();
            let output = proptest::collection::vec(0..2 + nodes, 1..=nodes);
            (reads, output).prop_map(move |(nodes, output)| GenotypeCell {
                kind: kind.to_owned(),
                inputs: 2,
                nodes,
                output,
            })
        })
    }

    fn nas_bench_201() -> impl Strategy<Value = Genotype> {
        (1_usize..6).prop_flat_map(|nodes| {
            let reads: Vec<_> = (1..=nodes).map(|to| proptest::collection::vec(operation(), to)).collect();
            reads.prop_map(move |reads| {
                let nodes: Vec<Vec<_>> = reads.into_iter().map(|ops| ops.into_iter().zip(0..).collect()).collect();
                let output = vec![nodes.len()];
                Genotype { cells: vec![GenotypeCell { kind: "normal".to_owned(), inputs: 1, nodes, output }] }
            })
        })
    }

    proptest! {
        #[test]
        fn darts_notation_round_trips(normal in darts_cell("normal"), reduce in darts_cell("reduce")) {
            let genotype = Genotype { cells: vec![normal, reduce] };
            prop_assert_eq!(Genotype::parse(&genotype.to_darts().unwrap()).unwrap(), genotype);
        }

        #[test]
        fn nas_bench_201_notation_round_trips(genotype in nas_bench_201()) {
            prop_assert_eq!(Genotype::parse(&genotype.to_nas_bench_201().unwrap()).unwrap(), genotype);
        }

        #[test]
        fn json_round_trips(normal in darts_cell("normal"), reduce in darts_cell("reduce")) {
            let genotype = Genotype { cells: vec![normal, reduce] };
            prop_assert_eq!(Genotype::parse(&serde_json::to_string(&genotype).unwrap()).unwrap(), genotype);
        }

        #[test]
        fn damage_is_an_error_or_another_genotype(genotype in nas_bench_201(), cut in 0.0..1.0_f64, byte in 0_u8..128) {
            let mut text = genotype.to_nas_bench_201().unwrap().into_bytes();
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let place = (cut * text.len() as f64) as usize;
            text[place] = byte;
            let text = String::from_utf8(text).unwrap();
            if let Ok(other) = Genotype::parse(&text) {
                prop_assert_eq!(Genotype::parse(&other.to_nas_bench_201().unwrap()).unwrap(), other);
            }
        }

        #[test]
        fn no_text_panics(text in "[|G{(\\[]?[ -~]{0,80}") {
            has_its_place(&text)?;
        }

        #[test]
        fn no_text_of_the_right_words_panics(
            first in "Genotype\\(normal=\\[|\\||\\{\"cells\":\\[|\n? ?",
            words in "(none|noise|normal|reduce|_concat|=|range|kind|inputs|nodes|output|[\\[\\](){}|+~,:'\" \n0-9]|\\PC){0,40}",
        ) {
            has_its_place(&format!("{first}{words}"))?;
        }

        #[test]
        fn damage_to_any_notation_has_a_place(
            normal in darts_cell("normal"),
            reduce in darts_cell("reduce"),
            json in any::<bool>(),
            place in any::<proptest::sample::Index>(),
            with in "\\PC?|\n",
        ) {
            let genotype = Genotype { cells: vec![normal, reduce] };
            let text = if json { serde_json::to_string(&genotype).unwrap() } else { genotype.to_darts().unwrap() };
            let at = place.index(text.len());
            has_its_place(&format!("{}{with}{}", &text[..at], &text[at + 1..]))?;
        }
    }

    /// Checks that a text is a genotype that can be written and read again, or an error with a position in the text.
    fn has_its_place(text: &str) -> Result<(), TestCaseError> {
        match Genotype::parse(text) {
            Ok(genotype) => {
                let json = serde_json::to_string(&genotype).unwrap();
                prop_assert_eq!(Genotype::parse(&json).unwrap(), genotype.clone());
                if let Some(darts) = genotype.to_darts() {
                    prop_assert_eq!(Genotype::parse(&darts).unwrap(), genotype);
                }
            }
            Err(error) => {
                // If the text ends too early, the position is the one after the last character.
                prop_assert!((1..=text.chars().count() + 1).contains(&error.at), "{error}: {text}");
                prop_assert!(!error.what.is_empty());
            }
        }
        Ok(())
    }

    #[test]
    fn a_genotype_built_by_hand_is_written_or_not() {
        let cell = |inputs, output: &[usize]| GenotypeCell {
            kind: "normal".to_owned(),
            inputs,
            nodes: vec![vec![(Operation::None, 0), (Operation::None, 1)]],
            output: output.to_vec(),
        };
        for (cell, text) in [
            (
                cell(2, &[2]),
                Some(
                    "Genotype(normal=[('none', 0), ('none', 1)], normal_concat=range(2, 3), reduce=[], reduce_concat=[])",
                ),
            ),
            (cell(2, &[]), None),
            (cell(2, &[usize::MAX]), None),
            (cell(1, &[]), None),
        ] {
            let genotype = Genotype { cells: vec![cell] };
            assert_eq!((genotype.to_darts().as_deref(), genotype.to_nas_bench_201()), (text, None));
            if let Some(text) = text {
                assert_eq!(Genotype::parse(text).unwrap(), genotype);
            }
        }
    }

    #[test]
    fn an_output_of_every_node_is_read_again() {
        let nodes = vec![vec![(Operation::None, 0), (Operation::None, 1)]; MOST_NODES];
        let cell = GenotypeCell { kind: "normal".to_owned(), inputs: 2, nodes, output: vec![0; MOST_NODES + 2] };
        let genotype = Genotype { cells: vec![cell] };
        assert_eq!(Genotype::parse(&serde_json::to_string(&genotype).unwrap()), Ok(genotype.clone()));
        assert_eq!(Genotype::parse(&genotype.to_darts().unwrap()), Ok(genotype));
    }

    #[test]
    fn a_place_in_json_counts_characters() {
        let error = Genotype::parse("{\"cells\":\n\n  [\"éé\", 3]}").unwrap_err();
        assert_eq!(error.at, 18, "{error}");
    }

    /// Cell in DARTS's notation, in the forms that people paste.
    #[test]
    fn forms_of_the_darts_notation_are_one_genotype() {
        let normal = "('sep_conv_3x3', 0), ('skip_connect', 1), ('none', 2), ('dil_conv_5x5', 0)";
        let reduce = "('max_pool_3x3', 1), ('noise', 0), ('skip_connect', 0), ('avg_pool_3x3', 2)";
        let text = format!(
            "Genotype(normal=[{normal}], normal_concat=range(2, 4), reduce=[{reduce}], reduce_concat=range(2, 4))"
        );
        let genotype = Genotype::parse(&text).unwrap();
        assert_eq!(genotype.to_darts().as_deref(), Some(text.as_str()));
        let nested = |list: &str, [open, close]: [&str; 2]| {
            let (first, second) = list.split_at(list.match_indices(", (").nth(1).unwrap().0);
            format!("{open}{first}{close}, {open}{}{close}", &second[2..])
        };
        let (normal_lists, reduce_tuples) = (nested(normal, ["[", "]"]), nested(reduce, ["(", ")"]));
        let nodes = |list: &str| {
            let edges = list.split("), ").enumerate();
            let with_node = |(place, edge): (usize, &str)| edge.replace("', ", &format!("', {}, ", 2 + place / 2));
            edges.map(with_node).collect::<Vec<_>>().join("), ")
        };
        let weights = |list: &str| list.replace(')', ", 0.25)");
        for form in [
            format!("\u{feff}  {text}\n"),
            format!("BEST = {text}  # the best one"),
            format!("2026-01-02 03:04:05,678 genotype = {text}\n2026-01-02 03:04:06,001 train 000 1.23"),
            format!("genotypes.{text}"),
            format!("old: {text}\nnew: {text}"),
            text.replace('\'', "\""),
            text.replace('\'', "’"),
            text.replace("('", "(‘").replace("',", "’,"),
            text.replace("('", "(“").replace("',", "”,"),
            text.replace("), (", "),  # an operation\n  ("),
            format!("Genotype([{normal}], range(2, 4), [{reduce}], [2, 3])"),
            format!(
                "Genotype(reduce_concat=(2, 3,), reduce=[{reduce}], normal_concat=list(range(2, 4)), normal=[{normal}])"
            ),
            format!(
                "Genotype(\n  normal=[{normal_lists}],\n  normal_concat=[2, 3],\n  reduce=({reduce_tuples},),\n  \
                 reduce_concat=[2, 3],\n  connectN=None, connects=None,\n)"
            ),
            format!(
                "Genotype(normal=[{}], normal_concat=[2, 3], reduce=[{}], reduce_concat=[2, 3])",
                nodes(normal),
                nodes(reduce)
            ),
            format!(
                "Genotype(normal=[{}], normal_concat=[2, 3], reduce=[{}], reduce_concat=[2, 3])",
                weights(normal),
                weights(reduce)
            ),
            "{'width': 16, 'normal/op_2_0': 'sep_conv_3x3', 'normal/input_2_0': 0, 'normal/op_2_1': 'skip_connect', \
             'normal/input_2_1': [1], 'normal/op_3_0': 'none', 'normal/input_3_0': 2, 'normal/op_3_1': 'dil_conv_5x5', \
             'normal/input_3_1': 0, 'reduce/op_2_0': 'max_pool_3x3', 'reduce/input_2_0': 1, 'reduce/op_2_1': 'noise', \
             'reduce/input_2_1': 0, 'reduce/op_3_0': 'skip_connect', 'reduce/input_3_0': [0], \
             'reduce/op_3_1': 'avg_pool_3x3', 'reduce/input_3_1': 2}"
                .to_owned(),
        ] {
            assert_eq!(Genotype::parse(&form).as_ref(), Ok(&genotype), "{form}");
        }
    }

    /// Cell of NAS-Bench-201, in the forms that people paste.
    #[test]
    fn forms_of_the_nas_bench_201_notation_are_one_genotype() {
        let text = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";
        let genotype = Genotype::parse(text).unwrap();
        for form in [
            format!("Structure(4 nodes with {text})"),
            format!("['{text}']"),
            format!("ArchResults(arch-index=12, arch={text}, 3 runs, clear=True)\ndatasets : ['cifar10'] | acc | 93.1"),
            format!("{text}\n{text}"),
            text.replace('|', " | "),
            "|nor_conv_3x3~0|+|skip_connect~1|+|nor_conv_1x1~2|avg_pool_3x3~0| accuracy 93.1".to_owned(),
            "[(('nor_conv_3x3', 0),), (('none', 0), ('skip_connect', 1)), [('avg_pool_3x3', 0), ('none', 1), \
             ('nor_conv_1x1', 2)]]"
                .to_owned(),
            "(2, 1, 4, 0, 1, 3)".to_owned(),
            "op_indices = [2, 1, 4, 0, 1, 3]".to_owned(),
            "{'0_1': 'conv_3x3', '0_2': 'none', '1_2': 'skip_connect', '0_3': 'avg_pool_3x3', '1_3': 'none', \
             'cell/2_3': 'conv_1x1'}"
                .to_owned(),
        ] {
            assert_eq!(Genotype::parse(&form).as_ref(), Ok(&genotype), "{form}");
        }
        let empty = Genotype::parse("|none~0|+||+|skip_connect~2|").unwrap();
        assert_eq!(empty.to_nas_bench_201().unwrap(), "|none~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|");
    }

    #[test]
    fn what_is_not_a_genotype_is_refused_by_its_name() {
        let pair = "[('none', 0), ('none', 1)]";
        for (text, what) in [
            (
                "|nor_conv_3x3~0|+|skip_conect~0|".to_owned(),
                "unknown operation `skip_conect`; the nearest known one is `skip_connect`",
            ),
            ("|qwertyuiop~0|".to_owned(), "unknown operation `qwertyuiop`"),
            ("|none~0|+|none~0|none~0|".to_owned(), "node 2 reads node 0 twice"),
            (
                format!("Genotype(normal={pair}, reduce={pair}, reduce_concat=[2])"),
                "the field `normal_concat` is missing",
            ),
            (format!("Genotype(normal={pair}, normal_concat=[2], normal={pair})"), "a second field `normal`"),
            (format!("Genotype(normal={pair}, normal_concat=[2], depth=3)"), "expected the fields normal, "),
            (
                format!("Genotype(normal={pair}, normal_concat=[2])\nGenotype(normal={pair}, normal_concat=[0])"),
                "another genotype than that of line 1",
            ),
            (
                "Genotype(normal=[('none', 3, 0)], normal_concat=[2])".to_owned(),
                "node 3 comes before node 2 has an operation",
            ),
            ("Genotype(normal=[('none', 0)], normal_concat=[2])".to_owned(), "expected two operations for every node"),
            (
                "Genotype(normal=[('none', 0, 1, 2)], normal_concat=[2])".to_owned(),
                "expected an operation and the node",
            ),
            ("Genotype(normal=[[]], normal_concat=[2])".to_owned(), "node 2 reads nothing"),
            ("(2, 1, 4, 0, 1, 5)".to_owned(), "expected NASLib's number of an operation, 0 to 4"),
            ("(2, 1, 4, 0, 1)".to_owned(), "expected `Genotype("),
            ("{'normal/op_2_0': 'none'}".to_owned(), "'normal/input_2_0' is missing"),
            ("{'layer': 'none'}".to_owned(), "expected NNI's keys"),
            (format!("{}1{}", "[".repeat(2000), "]".repeat(2000)), "more than 16 lists in one another"),
        ] {
            let error = Genotype::parse(&text).unwrap_err();
            assert!(error.what.starts_with(what), "{text}: {error}");
        }
    }

    #[test]
    fn errors_have_a_place() {
        for (text, at) in [
            ("", 1),
            ("hello", 1),
            ("|nor_conv_3x3~0|+|nose~0|", 19),
            ("|nor_conv_3x3~1|", 15),
            ("|nor_conv_3x3~0", 16),
            ("Genotype(normal=[('sep_conv_3x3', 9), ('none', 0)], normal_concat=[2])", 35),
            ("Genotype(normal=[('sep_conv', 0), ('none', 0)], normal_concat=[2])", 20),
            ("{\"cells\": 3}", 11),
        ] {
            assert_eq!(Genotype::parse(text).unwrap_err().at, at, "{text}: {}", Genotype::parse(text).unwrap_err());
        }
    }
}
