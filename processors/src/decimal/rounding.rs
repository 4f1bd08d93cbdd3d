//! Division, which says how it rounds.

/// Which neighbour stands for a number between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// The nearer; of two equally near ones the even one ("banker's rounding").
    HalfEven,
    /// The nearer; of two equally near ones the one farther from 0.
    HalfUp,
    /// The one nearer to 0: cuts places off.
    Down,
    /// The one farther from 0.
    Up,
    /// The lesser.
    Floor,
    /// The greater.
    Ceiling,
}

/// The quotient of two whole numbers as a whole number; `None` if the divisor is 0 or on overflow.
pub(crate) fn divide(number: i128, divisor: i128, rounding: Rounding) -> Option<i128> {
    let quotient = number.checked_div(divisor)?;
    let rest = number % divisor;
    if rest == 0 {
        return Some(quotient);
    }
    let negative = (number < 0) != (divisor < 0);
    let (rest, divisor) = (rest.unsigned_abs(), divisor.unsigned_abs());
    // rest compared with divisor - rest, so that nothing overflows: below, at or above the half.
    let half = rest.cmp(&(divisor - rest));
    let away = match rounding {
        Rounding::HalfEven => half.is_gt() || half.is_eq() && quotient & 1 == 1,
        Rounding::HalfUp => half.is_ge(),
        Rounding::Down => false,
        Rounding::Up => true,
        Rounding::Floor => negative,
        Rounding::Ceiling => !negative,
    };
    match (away, negative) {
        (false, _) => Some(quotient),
        (true, false) => quotient.checked_add(1),
        (true, true) => quotient.checked_sub(1),
    }
}
