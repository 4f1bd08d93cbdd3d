//! Quantiles of all that was measured; nothing is estimated.

/// The smallest value that a share `q` of all values does not exceed (nearest rank); 0 of none.
pub(super) fn quantile(sorted: &[u64], q: f64) -> u64 {
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).or(sorted.last()).copied().unwrap_or(0)
}

/// The middle value, the lower of two; 0 of none.
pub(super) fn median(values: impl IntoIterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.into_iter().collect();
    values.sort_unstable();
    quantile(&values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|q| quantile(&hundred, q)), [1, 50, 99, 100]);
        assert_eq!([quantile(&[], 0.5), quantile(&[7], 0.99), quantile(&[1, 2, 3], 0.99)], [0, 7, 3]);
        assert_eq!([median([3, 1, 2]), median([5, 1, 4, 2, 3]), median([])], [2, 3, 0]);
    }
}
