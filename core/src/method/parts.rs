//! Table of all parts: a line a part, from which settings, schema and list are made.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Method, Part, PartError, Preset, Slot};
use crate::space::Space;

/// Description of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PartInfo {
    /// Name of the settings: `method.NAME`.
    pub name: &'static str,
    /// Slot that the part fills.
    pub slot: Slot,
}

/// Makes modules, settings and the list of all parts from lines `"file" name: Settings,`.
macro_rules! parts {
    ($($file:literal $name:ident: $part:ident,)+) => {
        $(
            #[path = $file]
            mod $name;
            pub use $name::$part;
        )+

        /// Method and its settings: a preset, and the settings of each part that is in use.
        ///
        /// A part of the preset that is left out has its defaults; a part that the preset lacks is added to it.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[cfg_attr(
            feature = "typescript",
            derive(ts_rs::TS),
            ts(type = "{ name: Preset, [part: string]: unknown }")
        )]
        #[serde(default, deny_unknown_fields)]
        pub struct MethodConfig {
            /// Preset.
            pub name: Preset,
            $(
                /// Settings of the part of this name.
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $name: Option<$part>,
            )+
        }

        impl MethodConfig {
            /// Parts in use by name.
            fn parts(&self) -> Vec<(&'static str, Arc<dyn Part>)> {
                let mut parts: Vec<(&'static str, Arc<dyn Part>)> = Vec::new();
                $(
                    if let Some(part) = &self.$name {
                        parts.push((stringify!($name), Arc::new(part.clone())));
                    }
                )+
                parts
            }

            /// Every part that there is, by slot.
            #[must_use]
            pub fn all_parts() -> Vec<PartInfo> {
                let mut parts = vec![$(PartInfo { name: stringify!($name), slot: $part::default().slot() }),+];
                parts.sort_by_key(|part| part.slot);
                parts
            }
        }
    };
}

// A new part is a file and a line here.
parts! {
    "relaxation/gumbel_hard.rs" gumbel_hard: GumbelHard,
    "relaxation/concrete.rs" concrete: Concrete,
    "relaxation/dirichlet.rs" dirichlet: Dirichlet,
    "relaxation/sigmoid.rs" sigmoid: Sigmoid,
    "relaxation/hard_concrete.rs" hard_concrete: HardConcrete,
    "relaxation/two_paths.rs" two_paths: TwoPaths,
    "relaxation/uniform_path.rs" uniform_path: UniformPath,
    "relaxation/controller.rs" controller: Controller,
    "relaxation/operation_groups.rs" operation_groups: OperationGroups,
    "perturbation/random_noise.rs" random_noise: RandomNoise,
    "perturbation/adversarial.rs" adversarial: Adversarial,
    "edge_weighting/edge_normalization.rs" edge_normalization: EdgeNormalization,
    "edge_weighting/edge_pairs.rs" edge_pairs: EdgePairs,
    "auxiliary/auxiliary_skip.rs" auxiliary_skip: AuxiliarySkip,
    "mask/drop_path.rs" drop_path: DropPath,
    "mask/skip_dropout.rs" skip_dropout: SkipDropout,
    "channels/partial_channels.rs" partial_channels: PartialChannels,
    "alpha_regularizer/log_sum_exp.rs" log_sum_exp: LogSumExp,
    "alpha_regularizer/zero_one.rs" zero_one: ZeroOne,
    "alpha_regularizer/dirichlet_distance.rs" dirichlet_distance: DirichletDistance,
    "alpha_regularizer/gate_groups.rs" gate_groups: GateGroups,
    "alpha_regularizer/path_depth.rs" path_depth: PathDepth,
    "weight_regularizer/alignment.rs" alignment: Alignment,
    "weight_regularizer/l2_schedule.rs" l2_schedule: L2Schedule,
    "gradient/neumann.rs" neumann: Neumann,
    "freeze/oles.rs" oles: Oles,
    "stages/candidate_stages.rs" candidate_stages: CandidateStages,
    "stages/weights_only.rs" weights_only: WeightsOnly,
    "stop/parameter_free_share.rs" parameter_free_share: ParameterFreeShare,
    "stop/sharpness.rs" sharpness: Sharpness,
    "stop/skip_count.rs" skip_count: SkipCount,
    "stop/stable_ranking.rs" stable_ranking: StableRanking,
    "selection/threshold.rs" threshold: Threshold,
    "selection/skip_limit.rs" skip_limit: SkipLimit,
    "selection/perturbation.rs" perturbation: Perturbation,
    "selection/best_of.rs" best_of: BestOf,
    "selection/evolution.rs" evolution: Evolution,
}

impl MethodConfig {
    /// Settings of a preset with all its parts.
    #[must_use]
    pub fn preset(name: Preset) -> Self {
        Self { name, ..Self::default() }.complete()
    }

    /// Same settings with every part that the preset has, and the warnings.
    #[must_use]
    pub fn complete(mut self) -> Self {
        self.name.fill(&mut self);
        self.parameter_free_share.get_or_insert_default();
        self.sharpness.get_or_insert_default();
        self
    }

    /// Settings of another preset. Those of parts that both have are kept, but for what the preset itself decides.
    #[must_use]
    pub fn switched(self, name: Preset) -> Self {
        let (parameter_free_share, sharpness) = (self.parameter_free_share, self.sharpness);
        let mut new = Self { parameter_free_share, sharpness, ..Self::preset(name) };
        if let (Some(own), Some(before)) = (&mut new.alignment, self.alignment) {
            *own = Alignment { measure: own.measure, ..before };
        }
        new.complete()
    }

    /// Method that these settings describe.
    ///
    /// # Errors
    /// [`PartError`] if a setting is out of range, or parts do not go together or not with the space.
    pub fn build(&self, space: &Space) -> Result<Method, PartError> {
        let method = Method::new(self.clone().complete().parts());
        method.check(space)?;
        Ok(method)
    }

    /// JSON Schema of the settings: the page draws its form from it.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Parts of the method, by slot.
    #[must_use]
    pub fn parts_in_use(&self) -> Vec<PartInfo> {
        let parts = self.clone().complete().parts();
        let mut parts: Vec<_> = parts.into_iter().map(|(name, part)| PartInfo { name, slot: part.slot() }).collect();
        parts.sort_by_key(|part| part.slot);
        parts
    }
}
