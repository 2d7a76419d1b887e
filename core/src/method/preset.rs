//! Table of presets: the published methods as compositions of parts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MethodConfig;
use super::parts::{BestOf, CandidateStages, OperationGroups, SkipDropout, WeightsOnly};
use crate::alignment::AlignmentMeasure;

/// Makes the presets from lines `Variant "name" "paper" "what" |config| parts;`.
macro_rules! presets {
    ($($variant:ident $name:literal $paper:literal $what:literal $fill:expr;)+) => {
        /// Published method by the name of its composition.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
        #[non_exhaustive]
        pub enum Preset {
            $(
                #[doc = concat!($what, " (`", $paper, "`).")]
                #[serde(rename = $name)]
                $variant,
            )+
            /// Λ-DARTS with the cosine measure Λ (arXiv:2210.07998).
            #[default]
            #[serde(rename = "lambda-darts")]
            LambdaDarts,
        }

        /// Every preset.
        pub const PRESETS: &[Preset] = &[Preset::LambdaDarts, $(Preset::$variant),+];

        impl Preset {
            /// Name in settings and on the command line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    Self::LambdaDarts => "lambda-darts",
                    $(Self::$variant => $name,)+
                }
            }

            /// Preset of a name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                PRESETS.iter().copied().find(|preset| preset.name() == name)
            }

            /// Identifier of the paper.
            #[must_use]
            pub const fn paper(self) -> &'static str {
                match self {
                    Self::LambdaDarts => "arXiv:2210.07998",
                    $(Self::$variant => $paper,)+
                }
            }

            /// Description in a few words.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self {
                    Self::LambdaDarts => "Λ-DARTS with the cosine measure Λ",
                    $(Self::$variant => $what,)+
                }
            }

            /// Adds the parts of the preset that have no settings yet.
            pub(super) fn fill(self, config: &mut MethodConfig) {
                match self {
                    Self::LambdaDarts => alignment(config, AlignmentMeasure::Cosine),
                    $(Self::$variant => {
                        let fill: fn(&mut MethodConfig) = $fill;
                        fill(config);
                    })+
                }
            }
        }
    };
}

// A published method is a line here.
presets! {
    Darts "darts" "arXiv:1806.09055" "DARTS" |_| {};
    LambdaDartsSign "lambda-darts-sign" "arXiv:2210.07998" "Λ-DARTS with the sign measure Λ±" |config| alignment(config, AlignmentMeasure::Sign);
    BetaDarts "beta-darts" "arXiv:2203.01665" "β-DARTS" |config| { config.log_sum_exp.get_or_insert_default(); };
    DartsMinus "darts-minus" "arXiv:2009.01027" "DARTS−" |config| { config.auxiliary_skip.get_or_insert_default(); };
    SdartsRs "sdarts-rs" "arXiv:2002.05283" "SDARTS-RS" |config| { config.random_noise.get_or_insert_default(); };
    SdartsAdv "sdarts-adv" "arXiv:2002.05283" "SDARTS-ADV" |config| { config.adversarial.get_or_insert_default(); };
    Gdas "gdas" "arXiv:1910.04465" "GDAS" |config| { config.gumbel_hard.get_or_insert_default(); };
    Snas "snas" "arXiv:1812.09926" "SNAS" |config| { config.concrete.get_or_insert_default(); };
    Drnas "drnas" "arXiv:2006.10355" "DrNAS" |config| { config.dirichlet.get_or_insert_default(); };
    Proxyless "proxyless" "arXiv:1812.00332" "ProxylessNAS" |config| { config.two_paths.get_or_insert_default(); };
    PrDarts "pr-darts" "arXiv:2006.16537" "PR-DARTS" |config| {
        config.hard_concrete.get_or_insert_default();
        config.gate_groups.get_or_insert_default();
        config.path_depth.get_or_insert_default();
    };
    Idarts "idarts" "arXiv:2106.10784" "iDARTS" |config| { config.neumann.get_or_insert_default(); };
    Oles "oles" "https://openreview.net/forum?id=yAOwkf4FyL" "OLES" |config| { config.oles.get_or_insert_default(); };
    DartsPlus "darts-plus" "arXiv:1909.06035" "DARTS+" |config| { config.skip_count.get_or_insert_default(); };
    DartsPt "darts-pt" "arXiv:2108.04392" "DARTS-PT" |config| { config.perturbation.get_or_insert_default(); };
    PcDarts "pc-darts" "arXiv:1907.05737" "PC-DARTS" |config| {
        config.partial_channels.get_or_insert_default();
        config.edge_normalization.get_or_insert_default();
        config.weights_only.get_or_insert(WeightsOnly { share: 0.3 });
    };
    FairDarts "fair-darts" "arXiv:1911.12126" "FairDARTS" |config| {
        config.sigmoid.get_or_insert_default();
        config.zero_one.get_or_insert_default();
        config.threshold.get_or_insert_default();
    };
    PDarts "p-darts" "arXiv:1904.12760" "P-DARTS" |config| {
        config.candidate_stages.get_or_insert_with(CandidateStages::p_darts);
        config.weights_only.get_or_insert_default();
        config.skip_dropout.get_or_insert_with(SkipDropout::p_darts);
        config.skip_limit.get_or_insert_default();
    };
    Dots "dots" "arXiv:2010.04969" "DOTS" |config| {
        config.operation_groups.get_or_insert_with(OperationGroups::dots);
        config.edge_pairs.get_or_insert_default();
        config.weights_only.get_or_insert(WeightsOnly { share: 0.5 });
    };
    Spos "spos" "arXiv:1904.00420" "Single path one-shot" |config| {
        config.uniform_path.get_or_insert_default();
        config.evolution.get_or_insert_default();
    };
    Rsws "rsws" "arXiv:1902.07638" "Random search with weight sharing" |config| {
        config.uniform_path.get_or_insert_default();
        config.best_of.get_or_insert_default();
    };
    Enas "enas" "arXiv:1802.03268" "ENAS" |config| {
        config.controller.get_or_insert_default();
        config.best_of.get_or_insert_with(BestOf::enas);
    };
}

fn alignment(config: &mut MethodConfig, measure: AlignmentMeasure) {
    config.alignment.get_or_insert_default().measure.get_or_insert(measure);
}
