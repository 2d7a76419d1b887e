use lambda_darts::saturation::Saturation;
use lambda_darts::space::{CellType, Operation};

use super::layout::{GAP, Layout, RADIUS};
use super::*;
use crate::picture::testing::{inches, smallest_type};

const NAS_BENCH_201: &str = "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_3x3~2|";
const DARTS_V2: &str = "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), \
    ('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], \
    normal_concat=range(2, 6), reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), \
    ('max_pool_3x3', 1), ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], \
    reduce_concat=range(2, 6))";

fn of(space: &str, genotype: &str) -> (Space, Genotype) {
    (Space::named(space).unwrap(), Genotype::parse(genotype).unwrap())
}

/// Weights on which the last candidate of every edge is the strongest.
fn weights(space: &Space) -> Vec<CellTypeReport> {
    let row = |candidates: usize| {
        let sizes = || (1_u32..).take(candidates).map(f64::from);
        sizes().map(|size| size / sizes().sum::<f64>()).collect()
    };
    let report = |kind: &CellType| {
        let probabilities: Vec<Vec<f64>> = kind.candidates().into_iter().map(row).collect();
        let saturation = Saturation::measure(&probabilities, &[]);
        CellTypeReport { name: kind.name.clone(), alignment: None, probabilities, saturation }
    };
    space.cell_types.iter().map(report).collect()
}

/// Checks that a drawing is well-formed and returns the number of its edges.
fn edges(svg: &str) -> usize {
    resvg::usvg::Tree::from_str(svg, &resvg::usvg::Options::default()).unwrap();
    svg.matches("<title>Edge ").count()
}

#[test]
fn every_edge_is_drawn_once_with_its_label() {
    let (space, genotype) = of("nas-bench-201", NAS_BENCH_201);
    let drawn = svg(&space, &genotype, None);
    assert_eq!(edges(&drawn), 6);
    for (name, times) in [("3×3", 2), ("skip", 1), ("none", 1), ("1×1", 1), ("avg3", 1), ("in", 1), ("out", 1)] {
        assert_eq!(drawn.matches(&format!(">{name}</text>")).count(), times, "{name}");
    }
    let (space, genotype) = of("darts", DARTS_V2);
    let drawn = svg(&space, &genotype, None);
    assert_eq!((edges(&drawn), drawn.matches("rx=").count()), (16, 16));
    assert!(drawn.contains(">normal</text>") && drawn.contains(">reduce</text>"), "the headings");
}

#[test]
fn weights_make_edges_thick_and_the_derived_ones_dark() {
    let (space, genotype) = of("darts", DARTS_V2);
    let drawn = svg(&space, &genotype, Some(&weights(&space)));
    assert_eq!(edges(&drawn), 28);
    // 1.2 + 11 · 7/28
    assert_eq!(drawn.matches("stroke-width=\"3.95\"").count(), 28);
    assert_eq!(drawn.matches("not in the derived cell").count(), 12);
    assert_eq!(drawn.matches("stroke-dasharray=\"11 9\"").count(), 5, "skip connections of the genotype");
}

#[test]
fn a_png_has_300_pixels_to_an_inch_and_ink() {
    let (space, genotype) = of("nas-bench-201", NAS_BENCH_201);
    let drawn = image::load_from_memory(&png(&space, &genotype, None).unwrap()).unwrap().into_rgb8();
    assert_eq!(drawn.width(), 1650);
    let of = |colour: [u8; 3]| drawn.pixels().filter(|pixel| pixel.0 == colour).count();
    assert!(of([0x17, 0x20, 0x2b]) > 5_000 && of([0xc6, 0x3d, 0]) > 500, "ink and a skip connection");
    assert!(drawn.enumerate_pixels().all(|(x, y, pixel)| {
        let inside = (8..1642).contains(&x) && (8..drawn.height() - 8).contains(&y);
        inside || pixel.0 == [255; 3]
    }));
}

#[test]
fn a_pdf_has_the_width_of_a_text_and_legible_type() {
    let (space, genotype) = of("darts", DARTS_V2);
    let drawn = svg(&space, &genotype, None);
    assert!((inches(&drawn)[0] - 5.5).abs() < 1e-4 && smallest_type(&drawn) >= 7.0);
    let pdf = pdf(&space, &genotype, None).unwrap();
    assert!(pdf.starts_with(b"%PDF") && String::from_utf8_lossy(&pdf).contains("/MediaBox [0 0 396 "));
}

#[test]
fn what_does_not_fit_together_is_drawn_as_far_as_it_goes() {
    let (nas, cell) = of("nas-bench-201", NAS_BENCH_201);
    let (darts, two) = of("darts", DARTS_V2);
    assert_eq!(edges(&svg(&darts, &cell, Some(&weights(&nas)))), 28);
    assert_eq!(edges(&svg(&nas, &two, None)), 16);
    let mut wrong = cell;
    wrong.cells[0].kind = "<&\"\0>".to_owned();
    wrong.cells[0].inputs = 9;
    wrong.cells[0].nodes[0] = vec![(Operation::Noise, 99); 3];
    assert_eq!(edges(&svg(&nas, &wrong, None)), 5);
    wrong.cells[0].inputs = usize::MAX;
    assert_eq!(edges(&svg(&nas, &wrong, None)), 0);
    let nothing = Genotype { cells: Vec::new() };
    assert_eq!(edges(&svg(&nas, &nothing, None)), 0);
    assert!(png(&nas, &nothing, None).is_ok() && pdf(&nas, &nothing, None).is_ok());
}

#[test]
fn no_label_covers_a_node_or_another_label() {
    let (space, mut genotype) = of("darts", DARTS_V2);
    genotype.cells.truncate(1);
    let pairs = |node: usize| (1..node).flat_map(|b| (0..b).map(move |a| vec![a, b])).collect::<Vec<_>>();
    let all = |node: usize| vec![(0..node).collect::<Vec<_>>()];
    for reads in [pairs as fn(usize) -> Vec<Vec<usize>>, all] {
        for (two, three) in
            reads(3).into_iter().flat_map(|two| reads(4).into_iter().map(move |three| (two.clone(), three)))
        {
            for four in reads(5) {
                let nodes = [&vec![0, 1], &two, &three, &four];
                genotype.cells[0].nodes =
                    nodes.map(|reads| reads.iter().map(|&from| (Operation::MaxPool3x3, from)).collect()).to_vec();
                let layout = Layout::of(&cell::cells(&space, &genotype, None)[0]);
                for (at, label) in layout.labels.iter().enumerate() {
                    let near = |x: f64, y: f64, wide: f64, high: f64| {
                        (label.middle.x - x).abs() < label.half + wide && (label.middle.y - y).abs() < GAP / 2.0 + high
                    };
                    let node = layout.nodes.iter().any(|node| near(node.x, node.y, RADIUS, RADIUS));
                    let other = layout.labels[..at].iter().any(|b| near(b.middle.x, b.middle.y, b.half, GAP / 2.0));
                    assert!(!node && !other, "{} {nodes:?}", label.edge);
                }
            }
        }
    }
}
