//! Tests of compositions: which parts go together, in which order they act, and how settings change them.

use lambda_darts::alignment::AlignmentMeasure;
use lambda_darts::method::{EpochEnd, MethodConfig, Moment, Preset};
use lambda_darts::search::SearchConfig;
use lambda_darts::space::{Architecture, Space};

const MOMENT: Moment = Moment { epoch: 0, epochs: 11, step: 3, seed: 5 };

/// Settings of a preset with one setting more.
fn with(preset: Preset, setting: &str, value: &str) -> MethodConfig {
    let mut config = SearchConfig::digits("nas-bench-201");
    config.method = MethodConfig::preset(preset);
    config.set(setting, value).expect("a setting");
    config.method
}

/// Noise stays on the simplex, and the auxiliary skip connection is added to it: weight steps alone are perturbed.
#[test]
fn auxiliary_terms_are_added_after_the_perturbation() {
    let space = Space::named("nas-bench-201").expect("a space");
    let alpha = Architecture::new(&space, 1);
    let method = with(Preset::DartsMinus, "method.random_noise.first", "0.3").build(&space).expect("a method");
    let noise = with(Preset::SdartsRs, "method.random_noise.first", "0.3").build(&space).expect("a method");
    let skip = 1;
    for pass in [0, 1] {
        let both = method.relax(&alpha, &space, &MOMENT, pass).p;
        let noise = noise.relax(&alpha, &space, &MOMENT, pass).p;
        assert_eq!(noise != alpha.probabilities(), pass == 0);
        for (both, noise) in both[0].iter().zip(&noise[0]) {
            for (k, (both, noise)) in both.iter().zip(noise).enumerate() {
                let auxiliary = if k == skip { 1.0 } else { 0.0 };
                assert!((both - noise - auxiliary).abs() < 1e-12, "pass {pass}, candidate {k}: {both}, {noise}");
            }
        }
    }
}

/// Measures halfway through a search, by hand.
#[test]
fn parts_measure_their_schedules() {
    let space = Space::named("nas-bench-201").expect("a space");
    let (alpha, moment) = (Architecture::new(&space, 1), Moment { epoch: 5, ..MOMENT });
    for (preset, measure, expected) in [
        (Preset::Gdas, "gumbel_hard.tau", 5.05),
        (Preset::Snas, "concrete.tau", 5.5),
        (Preset::PrDarts, "hard_concrete.tau", 0.55),
        (Preset::SdartsRs, "random_noise.epsilon", 0.165),
        (Preset::DartsMinus, "auxiliary_skip.beta", 0.5),
        (Preset::BetaDarts, "log_sum_exp.weight", 25.0),
        (Preset::Oles, "oles.frozen", 0.25),
    ] {
        let method = MethodConfig::preset(preset).build(&space).expect("a method");
        let stage = method.stage(moment.epoch, moment.epochs);
        let found = method.measures(&EpochEnd { alpha: &alpha, moment: &moment, stage: &stage, frozen: 0.25 });
        let value: f64 = found[measure];
        assert!((value - expected).abs() < 1e-12, "{measure}: {found:?}");
    }
}

/// A part's decay stands in the place of the configured one, and moves on in the course of the search.
#[test]
fn a_part_can_have_the_decay_of_the_weights() {
    let space = Space::named("nas-bench-201").expect("a space");
    let method = with(Preset::Darts, "method.l2_schedule.last", "0.0103").build(&space).expect("a method");
    for (epoch, expected) in [(0, 3e-4), (5, 5.3e-3), (10, 1.03e-2)] {
        let found = method.weight_decay(&Moment { epoch, ..MOMENT }).expect("a decay");
        assert!((found - expected).abs() < 1e-12_f64, "{found}, not {expected}");
    }
    let plain = MethodConfig::preset(Preset::Darts).build(&space).expect("a method");
    assert_eq!(plain.weight_decay(&MOMENT), None);
}

#[test]
fn parts_that_do_not_go_together_are_refused() {
    let (nb201, s2) = (Space::named("nas-bench-201").expect("a space"), Space::named("s4").expect("a space"));
    for (config, space, part) in [
        (with(Preset::Gdas, "method.alignment.lambda", "0.1"), &nb201, "`alignment`"),
        (with(Preset::Gdas, "method.random_noise.first", "0.1"), &nb201, "`random_noise`"),
        (with(Preset::Proxyless, "method.alignment.lambda", "0.1"), &nb201, "`alignment`"),
        (with(Preset::SdartsRs, "method.sigmoid", "{}"), &nb201, "`random_noise`"),
        (with(Preset::BetaDarts, "method.dirichlet", "{}"), &nb201, "`log_sum_exp`"),
        (with(Preset::Drnas, "method.concrete.last", "0.1"), &nb201, "two parts for one relaxation"),
        (with(Preset::Darts, "method.zero_one.weight", "1"), &nb201, "`sigmoid`"),
        (with(Preset::DartsMinus, "method.skip_dropout", "{}"), &nb201, "`skip_dropout`"),
        (MethodConfig::preset(Preset::DartsMinus), &s2, "`auxiliary_skip`"),
    ] {
        let error = config.build(space).expect_err(part).to_string();
        assert!(error.contains(part), "{error}");
    }
    let mut config = SearchConfig::digits("nas-bench-201");
    config.method = MethodConfig::preset(Preset::Gdas);
    config.measures.curvature = true;
    assert!(config.check().expect_err("no Hessian").to_string().contains("`gumbel_hard`"));
}

/// The name of a method brings its parts, and takes those of the method before.
#[test]
fn a_new_name_changes_the_parts() {
    let mut config = SearchConfig::digits("nas-bench-201");
    let before = config.method.alignment.clone().expect("an alignment");
    config.set("method.name", "lambda-darts-sign").expect("a method");
    let after = config.method.alignment.clone().expect("an alignment");
    assert_eq!((after.measure, after.epsilon), (Some(AlignmentMeasure::Sign), before.epsilon));
    config.set("method.name", "beta-darts").expect("a method");
    assert!(config.method.alignment.is_none() && config.method.log_sum_exp.is_some());
    config.set("method.name", "darts").expect("a method");
    assert_eq!(config.method, MethodConfig::preset(Preset::Darts));
    assert!(config.set("method.name", "darts-times").is_err());
}

#[test]
fn settings_are_refused_by_their_own_name() {
    let mut config = SearchConfig::digits("nas-bench-201");
    assert!(config.set("epochs", "5\nbatch = 3").expect_err("two settings").to_string().contains("epochs"));
    config.seed = u64::MAX;
    assert!(config.check().expect_err("too large").to_string().contains("`seed`"));
    config.seed = 0;
    config.set("method.alignment.cell_types", r#"["normal", "normal"]"#).expect("a list");
    assert!(config.check().expect_err("twice").to_string().contains("cell_types"));
}
