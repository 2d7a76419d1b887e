//! The cells as graphs in DOT, for Graphviz.

use std::fmt::Write;

use lambda_darts::space::Genotype;

/// Writes a graph for every type of cell; their names begin with `name`.
pub(super) fn write(name: &str, genotype: &Genotype) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut text = String::new();
    for cell in &genotype.cells {
        let name = quoted(&format!("{name} {}", cell.kind));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "digraph {name} {{\n  rankdir=LR; node [shape=circle];");
        for (node, reads) in (cell.inputs..).zip(&cell.nodes) {
            for (operation, from) in reads {
                let _ = writeln!(text, "  {from} -> {node} [label={}];", quoted(&operation.to_string()));
            }
        }
        text.push_str("}\n");
    }
    text
}
