//! An order in which every node comes after what it reads; or the cycle that forbids one.

use std::{cmp::Reverse, collections::BinaryHeap};

/// Places `0..inputs.len()` in an order in which each comes after its inputs; of those that could come next, the
/// first by place does, so that the order follows the file.
///
/// # Errors
/// The places of one cycle in the order of the data: each feeds the next, the last feeds the first.
pub fn topological(inputs: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut waiting: Vec<usize> = inputs.iter().map(Vec::len).collect();
    let mut consumers = vec![Vec::new(); inputs.len()];
    for (node, from) in inputs.iter().enumerate() {
        for producer in from {
            consumers[*producer].push(node);
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..inputs.len()).filter(|n| waiting[*n] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(inputs.len());
    while let Some(Reverse(node)) = ready.pop() {
        order.push(node);
        for consumer in &consumers[node] {
            waiting[*consumer] -= 1;
            if waiting[*consumer] == 0 {
                ready.push(Reverse(*consumer));
            }
        }
    }
    if order.len() == inputs.len() { Ok(order) } else { Err(cycle(inputs, &waiting)) }
}

/// Walks against the data, among nodes that still wait, until one is met again.
fn cycle(inputs: &[Vec<usize>], waiting: &[usize]) -> Vec<usize> {
    let mut seen_at = vec![None; inputs.len()];
    let mut path = Vec::new();
    let mut node = waiting.iter().position(|w| *w > 0);
    while let Some(at) = node {
        if let Some(start) = seen_at[at] {
            let mut found: Vec<usize> = path.split_off(start);
            found.reverse();
            // The node that stands first in the file opens the path.
            let first = found.iter().enumerate().min_by_key(|(_, n)| **n).map_or(0, |(i, _)| i);
            found.rotate_left(first);
            return found;
        }
        seen_at[at] = Some(path.len());
        path.push(at);
        // A waiting node has at least one input that waits too.
        node = inputs[at].iter().copied().find(|n| waiting[*n] > 0);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_follows_the_file_where_it_can() {
        assert_eq!(topological(&[vec![], vec![0], vec![0], vec![2, 1]]), Ok(vec![0, 1, 2, 3]));
        assert_eq!(topological(&[vec![2], vec![], vec![1]]), Ok(vec![1, 2, 0]));
    }

    #[test]
    fn a_cycle_is_given_in_the_order_of_the_data() {
        let none: [Vec<usize>; 0] = [];
        assert_eq!(topological(&none), Ok(vec![]));
        assert_eq!(topological(&[vec![0]]), Err(vec![0]));
        // 1 feeds 2, 2 feeds 3, 3 feeds 1; 4 only hangs on the cycle.
        assert_eq!(topological(&[vec![], vec![0, 3], vec![1], vec![2], vec![3]]), Err(vec![1, 2, 3]));
    }
}
