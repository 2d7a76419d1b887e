use super::*;
use crate::graph::{Builder, CandidateContext, ValueId, register};
use crate::space::{CustomSpace, MacroLayout};

const DARTS: &str = "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), \
    ('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], \
    normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), \
    ('max_pool_3x3', 1), ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], \
    reduce_concat=[2, 3, 4, 5])";
const NAS_BENCH_201: &str = "|nor_conv_1x1~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|none~0|nor_conv_3x3~1|skip_connect~2|";

fn space(name: &str) -> Space {
    Space::named(name).unwrap()
}

/// Source of the network of a genotype at its published size.
fn derived(space: &Space, genotype: &str, auxiliary: bool) -> Result<String, PytorchError> {
    let size = NetworkSize::published(space.layout, 3, 10);
    derived_module(space, &Genotype::parse(genotype).unwrap(), size, auxiliary)
}

/// Source of a supernet at a published size of searches.
fn supernet(space: &Space) -> Result<String, PytorchError> {
    formed(space, SupernetForm::default())
}

/// Source of a supernet of a form at a published size of searches.
fn formed(space: &Space, form: SupernetForm) -> Result<String, PytorchError> {
    let cells = if space.layout == MacroLayout::Staged { 5 } else { 8 };
    supernet_module(space, NetworkSize { channels: 16, cells, image_channels: 3, classes: 10 }, form)
}

/// Names of the classes and functions of a source, without the two that its users call.
fn definitions(source: &str) -> Vec<&str> {
    let named = source.lines().filter_map(|line| line.strip_prefix("class ").or_else(|| line.strip_prefix("def ")));
    let names = named.filter_map(|line| line.split_once('(')).map(|(name, _)| name);
    names.filter(|name| !["network", "load"].contains(name)).collect()
}

#[test]
fn a_derived_network_has_what_it_uses_and_no_more() {
    let darts = derived(&space("darts"), DARTS, false).unwrap();
    let blocks = ["ReLUConvBN", "FactorizedReduce", "separable", "SepConv", "DilConv", "drop_path"];
    assert_eq!(definitions(&darts), [&blocks[..], &["Cell", "Network"]].concat());
    assert!(darts.contains("20 cells and 3349342 weights, for 10 classes"), "{darts}");
    assert!(darts.contains("            [(\"sep_conv_3x3\", 1), (\"skip_connect\", 0)],\n"), "{darts}");
    assert!(darts.contains("STEM_MULTIPLIER = 3 ") && darts.contains("AFFINE = True "), "{darts}");
    // In a derived network, pools stand alone.
    assert!(darts.contains("\"max_pool_3x3\": lambda c, stride: nn.MaxPool2d(3, stride, 1),\n"), "{darts}");

    let both = derived(&space("darts"), DARTS, true).unwrap();
    assert_eq!(definitions(&both), [&blocks[..], &["AuxiliaryHead", "Cell", "Network"]].concat());
    assert!(both.contains("3825768 weights") && both.contains("nn.AvgPool2d(5, 3)"), "{both}");

    let staged = derived(&space("nas-bench-201"), NAS_BENCH_201, false).unwrap();
    assert_eq!(definitions(&staged), ["ReLUConvBN", "Zero", "ResidualBlock", "Cell", "Network"]);
    assert!(staged.contains("5 cells a stage and 372346 weights"), "{staged}");
    assert!(staged.contains("\"skip_connect\": lambda c, stride: nn.Identity(),\n"), "{staged}");
    assert!(staged.contains("self.layers = ") && !staged.contains("_ops"), "{staged}");
}

#[test]
fn large_images_have_a_stem_of_their_own() {
    let imagenet = Space { layout: MacroLayout::ImageNet, ..space("darts") };
    let source = derived(&imagenet, DARTS, true).unwrap();
    assert!(source.contains("self.stem1 = ") && !source.contains("STEM_MULTIPLIER"), "{source}");
    assert!(source.contains("nn.AvgPool2d(5, 2)") && !source.contains("nn.BatchNorm2d(768)"), "{source}");
}

#[test]
fn a_supernet_has_the_candidates_of_every_edge() {
    let s1 = supernet(&space("s1")).unwrap();
    assert!(s1.contains("405146 weights") && s1.contains("AFFINE = False "), "{s1}");
    assert!(
        s1.contains("    [\"skip_connect\", \"dil_conv_3x3\"],\n    [\"skip_connect\", \"dil_conv_5x5\"],\n"),
        "{s1}"
    );
    assert!(s1.contains("            (0, 2, 0), (1, 2, 1), (0, 3, 1), (1, 3, 2), (2, 3, 0), "), "{s1}");
    assert!(s1.contains("norm(nn.MaxPool2d(3, stride, 1), c)") && s1.contains("self.alphas_reduce = "), "{s1}");

    let staged = supernet(&space("nas-bench-201")).unwrap();
    assert!(staged.contains("1686106 weights") && staged.contains("f\"{node}<-{source}\""), "{staged}");
    assert!(!staged.contains("alphas_reduce") && !staged.contains("norm("), "{staged}");
}

const PC_DARTS: SupernetForm = SupernetForm { partial_channels: Some(4), edge_normalization: true };

/// The candidates of NAS-Bench-201 have a sixteenth of their 1,612,800 weights; all else is as it was.
#[test]
fn a_supernet_has_the_form_of_its_method() {
    let staged = formed(&space("nas-bench-201"), PC_DARTS).unwrap();
    assert!(staged.contains(&format!("{} weights", 1_686_106 - 1_612_800 / 16 * 15)), "{staged}");
    assert!(staged.contains("PARTIAL_CHANNELS = 4 ") && staged.contains("zip(weights, self)"), "{staged}");
    assert!(staged.contains("self.betas_normal = ") && !staged.contains("betas_reduce"), "{staged}");
    let stacked = formed(&space("darts"), PC_DARTS).unwrap();
    assert!(stacked.contains("self.betas_reduce = ") && stacked.contains("zip(weights, self._ops)"), "{stacked}");
    let edges = formed(&space("s1"), SupernetForm { partial_channels: None, ..PC_DARTS }).unwrap();
    assert!(edges.contains("405146 weights") && !edges.contains("joined("), "{edges}");
    let odd = formed(&space("s1"), SupernetForm { partial_channels: Some(3), ..PC_DARTS });
    assert!(matches!(odd, Err(PytorchError::Network(_))), "{odd:?}");
}

#[test]
fn modules_are_tidy() {
    let text =
        "name = \"small\"\nlayout = \"stacked\"\nnodes = 2\ninputs = 1\n[cells.normal]\noperations = [\"noise\"]\n";
    let mut spaces = vec![CustomSpace::parse(text).unwrap()];
    spaces.extend(Space::NAMES.map(space));
    let mut sources: Vec<String> = spaces.iter().map(|space| supernet(space).unwrap()).collect();
    sources.extend(["nas-bench-201", "darts", "s3"].map(|name| formed(&space(name), PC_DARTS).unwrap()));
    sources.push(derived(&space("darts"), DARTS, true).unwrap());
    sources.push(derived(&space("nas-bench-201"), NAS_BENCH_201, false).unwrap());
    assert_eq!(definitions(&sources[0]), ["ReLUConvBN", "Noise", "MixedOp", "alphas", "Cell", "Network"]);
    for source in &sources {
        for line in source.lines() {
            let directive = ["# if ", "# else", "# end"].iter().any(|start| line.trim_start().starts_with(start));
            assert!(!directive && line.len() <= 100 && line.trim_end() == line, "{line}");
        }
        for name in definitions(source) {
            assert!(source.matches(name).count() > 1, "{name} is not used");
        }
        let lines = source.lines().count();
        assert!(lines <= 270, "{lines} lines: {source}");
    }
}

#[test]
fn a_name_is_no_code() {
    let name = "\"\"\"\nimport os\n\\\"\"\"".to_owned();
    let source = supernet(&Space { name, ..space("s2") }).unwrap();
    assert!(source.contains(r#"the search space "\"\"\"\U0000000aimport os\U0000000a\\\"\"\"", in"#), "{source}");
    assert!(!source.lines().any(|line| line == "import os"), "{source}");
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let message = |result: Result<String, PytorchError>| result.unwrap_err().to_string();

    let own = register("pytorch_test", |builder: &mut Builder, x: ValueId, _: CandidateContext| builder.stored(x));
    let mut added = space("s2");
    added.cell_types[0].edges[3].operations.push(own.unwrap());
    assert_eq!(supernet(&added), Err(PytorchError::Operation { name: "pytorch_test".to_owned() }));
    let mut genotype = Genotype::parse(DARTS).unwrap();
    genotype.cells[1].nodes[0][0].0 = added.cell_types[0].edges[3].operations[2];
    let size = NetworkSize::published(added.layout, 3, 10);
    let refused = derived_module(&space("darts"), &genotype, size, false);
    assert_eq!(refused, Err(PytorchError::Operation { name: "pytorch_test".to_owned() }));

    genotype.cells[1].nodes[0].clear();
    assert_eq!(message(derived_module(&space("darts"), &genotype, size, false)), "reduce: node 2 reads nothing");

    let none = NetworkSize { cells: 0, ..size };
    assert!(message(supernet_module(&space("s2"), none, SupernetForm::default())).contains("cells"));
    assert!(matches!(derived(&space("darts"), NAS_BENCH_201, false), Err(PytorchError::Network(_))));
    assert!(matches!(derived(&space("nas-bench-201"), NAS_BENCH_201, true), Err(PytorchError::Network(_))));

    let mut other = space("s2");
    other.cell_types[1].name = "x\"]".to_owned();
    assert!(message(supernet(&other)).contains("`normal`, `x\"]`"));
    let mut gap = space("nas-bench-201");
    gap.cell_types[0].edges.retain(|edge| edge.to != 2);
    assert_eq!(message(supernet(&gap)), "normal: node 2 reads nothing");
    gap.cell_types[0].inputs = 2;
    assert!(message(supernet(&gap)).ends_with("inputs, 1"));
}
