//! How sure the pairs make us: the mean change of a paired ratio and its confidence bounds.
//! Ratios are compared by their logarithms, so that twice as slow and twice as fast weigh the same.

/// 95 % quantiles of Student's t for 1, 2, … degrees of freedom.
const T_95: [f64; 30] = [
    6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753,
    1.746, 1.740, 1.734, 1.729, 1.725, 1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703, 1.701, 1.699, 1.697,
];

/// The change of a ratio, as a share: 0.05 is five hundredths slower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Change {
    pub(crate) mean: f64,
    /// The true mean is above it with a confidence of 95 %.
    pub(crate) lower: f64,
    /// The true mean is below it with a confidence of 95 %.
    pub(crate) upper: f64,
}

/// Of `(reference, other)` pairs; `None` for fewer than two, which tell no spread.
pub(crate) fn change(pairs: &[(f64, f64)]) -> Option<Change> {
    let logs: Vec<f64> = pairs.iter().map(|(reference, other)| (other / reference).ln()).collect();
    let freedom = logs.len().checked_sub(1).filter(|freedom| *freedom > 0)?;
    let count = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / count;
    let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / freedom as f64;
    let t = T_95[freedom.min(T_95.len()) - 1];
    let doubt = t * (variance / count).sqrt();
    let [mean, lower, upper] = [mean, mean - doubt, mean + doubt].map(|log| log.exp() - 1.0);
    Some(Change { mean, lower, upper })
}

#[cfg(test)]
mod tests {
    use super::change;

    #[test]
    fn equal_pairs_have_no_change_and_no_doubt() {
        let change = change(&[(5.0, 5.0), (8.0, 8.0), (3.0, 3.0)]).unwrap();
        assert_eq!((change.mean, change.lower, change.upper), (0.0, 0.0, 0.0));
    }

    #[test]
    fn the_bound_is_the_mean_and_t_standard_errors() {
        // ln 1, ln 1.1, ln 1.2: mean 0.09254, standard deviation 0.09135, t of two degrees 2.920
        let change = change(&[(1.0, 1.0), (1.0, 1.1), (1.0, 1.2)]).unwrap();
        assert!((change.mean - 0.0970).abs() < 1e-3, "{change:?}");
        assert!((change.upper - 0.2798).abs() < 2e-3, "{change:?}");
        assert!((change.lower + 0.0596).abs() < 2e-3, "{change:?}");
    }

    #[test]
    fn one_pair_says_nothing() {
        assert_eq!(change(&[(1.0, 1.0)]), None);
        assert_eq!(change(&[]), None);
    }

    #[test]
    fn what_is_always_slower_by_a_fifth_is_found_however_few_rounds_scatter() {
        let pairs: Vec<_> = [4.0, 6.0, 5.0, 7.0].map(|reference| (reference, reference * 1.2)).to_vec();
        let change = change(&pairs).unwrap();
        assert!(change.upper > 0.199, "{change:?}");
    }
}
