//! Mean, deviation and significance of values.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Returns the mean of values, and the sample standard deviation if there are two or more.
pub(crate) fn mean_and_deviation(values: &[f64]) -> (f64, Option<f64>) {
    #[expect(clippy::cast_precision_loss, reason = "seeds are few")]
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    (mean, (values.len() > 1).then(|| (squares / (count - 1.0)).sqrt()))
}

/// Returns p of Student's two-sided t-test on paired differences: the probability of a mean at least as far from 0 if
/// the pairs do not differ. Absent for fewer than two pairs, and if all differences are equal.
pub(crate) fn paired_t_test(differences: &[f64]) -> Option<f64> {
    let (mean, deviation) = mean_and_deviation(differences);
    let deviation = deviation.filter(|&deviation| deviation > 0.0)?;
    #[expect(clippy::cast_precision_loss, reason = "seeds are few")]
    let count = differences.len() as f64;
    let t = mean / (deviation / count.sqrt());
    let distribution = StudentsT::new(0.0, 1.0, count - 1.0).ok()?;
    Some(2.0 * distribution.cdf(-t.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert_eq!(mean_and_deviation(&[2.0, 4.0, 9.0]), (5.0, Some(13_f64.sqrt())));
        assert_eq!(mean_and_deviation(&[3.0]), (3.0, None));
    }

    /// Values of `scipy.stats.ttest_1samp(differences, 0).pvalue`.
    #[test]
    fn significance_equals_scipy() {
        for (differences, p) in [
            (&[1.0, 2.0, 3.0, 4.0, 5.0][..], 0.013_235_599),
            (&[14.0, 34.5, 15.0, 3.5, 21.5], 0.025_500_073),
            (&[0.5, -0.5, 1.0], 0.528_595_479),
        ] {
            assert!((paired_t_test(differences).unwrap() - p).abs() < 1e-6, "{:?}", paired_t_test(differences));
        }
        assert_eq!([paired_t_test(&[1.0]), paired_t_test(&[2.0, 2.0])], [None, None]);
    }
}
