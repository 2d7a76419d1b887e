//! Parts that do not go together, in one place, by the names of their settings.

use super::PartError;

/// Relaxations under which an edge reads one candidate in a pass.
const ONE_CANDIDATE: &[&str] = &["controller", "gumbel_hard", "two_paths", "uniform_path"];

/// Relaxations by gates, whose weights on an edge have no common sum.
const GATES: &[&str] = &["hard_concrete", "sigmoid"];

/// Weightings of edges, by which derived nodes compare them.
const EDGE_WEIGHTS: &[&str] = &["edge_normalization", "edge_pairs"];

/// Relaxation without a gradient of α.
const NO_GRADIENT: &[&str] = &["uniform_path"];

/// Rule that parts and others do not go together.
struct Apart {
    parts: &'static [&'static str],
    others: &'static [&'static str],
    why: &'static str,
}

/// Rule that a part is of no use without another.
struct Needed {
    part: &'static str,
    other: &'static str,
    why: &'static str,
}

const APART: &[Apart] = &[
    Apart {
        parts: &["alignment"],
        others: ONE_CANDIDATE,
        why: "the former compares the gradients of all candidates, and one an edge decides them under the latter",
    },
    Apart {
        parts: &["random_noise", "adversarial"],
        others: ONE_CANDIDATE,
        why: "the former spreads p over the candidates, and the latter reads one of them",
    },
    Apart {
        parts: &["random_noise", "adversarial"],
        others: GATES,
        why: "the former scales the weights of an edge to the sum 1, which those of the latter do not have",
    },
    Apart { parts: &["adversarial"], others: &["random_noise"], why: "the former begins with such noise itself" },
    Apart {
        parts: &["log_sum_exp"],
        others: &["dirichlet", "hard_concrete", "sigmoid"],
        why: "the former keeps a softmax from saturating, and the latter has none",
    },
    Apart {
        parts: &["skip_dropout"],
        others: &["auxiliary_skip"],
        why: "the latter adds the skip connection that the former drops",
    },
    Apart {
        parts: &["perturbation"],
        others: ONE_CANDIDATE,
        why: "the former asks what a mixture loses without a candidate, and evaluations of the latter read one",
    },
    Apart {
        parts: &[
            "log_sum_exp",
            "neumann",
            "candidate_stages",
            "weights_only",
            "skip_count",
            "stable_ranking",
            "skip_limit",
        ],
        others: NO_GRADIENT,
        why: "the former is about what α learns, and with the latter it learns nothing",
    },
    Apart {
        parts: &["log_sum_exp", "neumann", "oles"],
        others: &["controller"],
        why: "the former acts on the gradients of an architecture step, and the latter learns from rewards",
    },
    Apart {
        parts: EDGE_WEIGHTS,
        others: &["controller", "uniform_path"],
        why: "the former learns in architecture steps with a gradient, and the latter has none",
    },
    Apart {
        parts: EDGE_WEIGHTS,
        others: &["threshold", "skip_limit", "perturbation", "best_of", "evolution"],
        why: "both choose the edges of a node",
    },
    Apart {
        parts: &["partial_channels"],
        others: GATES,
        why: "channels that pass by have the weight of their edge, the sum of its p, which gates do not keep",
    },
    Apart {
        parts: &["operation_groups"],
        others: &["random_noise", "adversarial"],
        why: "the latter scales the weights of an edge to the sum 1, and the former has this sum in each group",
    },
    Apart {
        parts: &["operation_groups"],
        others: &["log_sum_exp"],
        why: "the latter is about one softmax over all candidates of an edge, and the former has one a group",
    },
    Apart {
        parts: &["operation_groups"],
        others: &["candidate_stages", "edge_normalization", "skip_limit"],
        why: "the latter ranks all candidates of an edge by α, which are not compared between the groups of the former",
    },
    Apart {
        parts: &["candidate_stages"],
        others: &["controller"],
        why: "by the former candidates leave by their α, which the latter has along its likeliest choices alone",
    },
];

const NEEDED: &[Needed] = &[
    Needed {
        part: "threshold",
        other: "sigmoid",
        why: "it is about weights that do not compete, as those of a softmax do",
    },
    Needed { part: "zero_one", other: "sigmoid", why: "it pushes σ(α) to 0 or 1, which no other relaxation reads" },
    Needed { part: "dirichlet_distance", other: "dirichlet", why: "it is about the distributions of that relaxation" },
    Needed { part: "gate_groups", other: "hard_concrete", why: "it is about the gates of that relaxation" },
    Needed { part: "path_depth", other: "hard_concrete", why: "it is about the gates of that relaxation" },
];

/// Checks a part against the others of its method.
///
/// # Errors
/// [`PartError::Composition`] with a sentence that says why they do not go together.
pub(super) fn check(part: &str, others: &[&'static str]) -> Result<(), PartError> {
    for rule in APART.iter().filter(|rule| rule.parts.contains(&part)) {
        if let Some(other) = others.iter().find(|other| rule.others.contains(other)) {
            let why = format!("`{part}` and `{other}` do not go together: {}", rule.why);
            return Err(PartError::Composition { why });
        }
    }
    if let Some(rule) = NEEDED.iter().find(|rule| rule.part == part && !others.contains(&rule.other)) {
        let why = format!("`{part}` needs `{}`: {}", rule.other, rule.why);
        return Err(PartError::Composition { why });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::MethodConfig;

    /// A name that no part has would make a rule that never holds.
    #[test]
    fn rules_are_about_parts_that_there_are() {
        let all: Vec<&str> = MethodConfig::all_parts().iter().map(|part| part.name).collect();
        let apart = APART.iter().flat_map(|rule| rule.parts.iter().chain(rule.others));
        let needed = NEEDED.iter().flat_map(|rule| [&rule.part, &rule.other]);
        for name in apart.chain(needed) {
            assert!(all.contains(name), "{name}");
        }
    }

    #[test]
    fn sentences_name_both_parts() {
        let why = |part, others: &[&'static str]| check(part, others).unwrap_err().to_string();
        assert_eq!(
            why("adversarial", &["random_noise"]),
            "`adversarial` and `random_noise` do not go together: the former begins with such noise itself"
        );
        assert!(why("zero_one", &["dirichlet"]).starts_with("`zero_one` needs `sigmoid`: it pushes"));
        assert_eq!(check("zero_one", &["sigmoid"]), Ok(()));
        assert_eq!(check("my_own", &["sigmoid", "gumbel_hard"]), Ok(()));
    }
}
