//! Sums, differences and products, exact or not at all.

use std::{
    iter::Sum,
    ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign},
};

use super::{Decimal, Rounding, rounding::divide};

impl<const SCALE: u8> Decimal<SCALE> {
    /// The sum; `None` on overflow.
    #[inline]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The difference; `None` on overflow.
    #[inline]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }

    /// The product with a whole number; `None` on overflow.
    #[inline]
    pub fn checked_mul(self, factor: i64) -> Option<Self> {
        multiply(self.0, i128::from(factor)).map(Self)
    }

    /// The absolute value; `None` for [`Decimal::MIN`].
    #[inline]
    pub const fn checked_abs(self) -> Option<Self> {
        match self.0.checked_abs() {
            Some(mantissa) => Some(Self(mantissa)),
            None => None,
        }
    }

    /// The exact product with a decimal of another scale. The result has the places of both: that `C` is `SCALE + B`
    /// is checked by the compiler.
    ///
    /// # Panics
    /// On overflow, see [`Decimal::checked_times`].
    #[inline]
    #[track_caller]
    pub fn times<const B: u8, const C: u8>(self, other: Decimal<B>) -> Decimal<C> {
        match self.checked_times(other) {
            Some(product) => product,
            None => overflow("multiply"),
        }
    }

    /// The exact product with a decimal of another scale; `None` on overflow.
    #[inline]
    pub fn checked_times<const B: u8, const C: u8>(self, other: Decimal<B>) -> Option<Decimal<C>> {
        const {
            assert!(
                C == SCALE + B,
                "the product of two decimals has the places of both: write `Decimal<6>` for a `Decimal<2>` times a `Decimal<4>`"
            );
        };
        multiply(self.0, other.0).map(Decimal)
    }

    /// The quotient, rounded to `C` places; `None` if the divisor is 0 or on overflow.
    pub fn checked_div<const B: u8, const C: u8>(
        self,
        divisor: Decimal<B>,
        rounding: Rounding,
    ) -> Option<Decimal<C>> {
        // self · 10^-SCALE / (divisor · 10^-B) · 10^C
        let (mut up, mut down) = (self.0, divisor.0);
        let places = i32::from(C) + i32::from(B) - i32::from(SCALE);
        let power = 10i128.checked_pow(places.unsigned_abs())?;
        if places >= 0 {
            up = multiply(up, power)?;
        } else {
            down = multiply(down, power)?;
        }
        divide(up, down, rounding).map(Decimal)
    }

    /// The same number with more places: that `C` is at least `SCALE` is checked by the compiler. `None` on overflow.
    #[inline]
    pub fn widen<const C: u8>(self) -> Option<Decimal<C>> {
        const { assert!(C >= SCALE, "widen goes to more places: use round_to for fewer") };
        multiply(self.0, const { 10i128.pow((C - SCALE) as u32) }).map(Decimal)
    }

    /// The nearest number with `C` places: that `C` is at most `SCALE` is checked by the compiler.
    #[inline]
    pub fn round_to<const C: u8>(self, rounding: Rounding) -> Decimal<C> {
        const { assert!(C <= SCALE, "round_to goes to fewer places: use widen for more") };
        let divisor = const { 10i128.pow((SCALE - C) as u32) };
        // The quotient is no larger than what was divided, and the divisor is not 0 or -1.
        Decimal(divide(self.0, divisor, rounding).unwrap_or_default())
    }
}

/// A product; quick for factors that fit 64 bits, which nearly all do.
#[inline]
fn multiply(a: i128, b: i128) -> Option<i128> {
    match (i64::try_from(a), i64::try_from(b)) {
        (Ok(a), Ok(b)) => Some(i128::from(a) * i128::from(b)),
        _ => a.checked_mul(b),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
#[expect(
    clippy::panic,
    reason = "like an integer's overflow, but in every build; the attempt fails, no total is wrong"
)]
fn overflow(what: &str) -> ! {
    panic!("a decimal overflowed: attempt to {what}")
}

impl<const SCALE: u8> Add for Decimal<SCALE> {
    type Output = Self;

    #[inline]
    #[track_caller]
    fn add(self, other: Self) -> Self {
        match self.checked_add(other) {
            Some(sum) => sum,
            None => overflow("add"),
        }
    }
}

impl<const SCALE: u8> Sub for Decimal<SCALE> {
    type Output = Self;

    #[inline]
    #[track_caller]
    fn sub(self, other: Self) -> Self {
        match self.checked_sub(other) {
            Some(difference) => difference,
            None => overflow("subtract"),
        }
    }
}

impl<const SCALE: u8> Mul<i64> for Decimal<SCALE> {
    type Output = Self;

    #[inline]
    #[track_caller]
    fn mul(self, factor: i64) -> Self {
        match self.checked_mul(factor) {
            Some(product) => product,
            None => overflow("multiply"),
        }
    }
}

impl<const SCALE: u8> Neg for Decimal<SCALE> {
    type Output = Self;

    #[inline]
    #[track_caller]
    fn neg(self) -> Self {
        match self.0.checked_neg() {
            Some(mantissa) => Self(mantissa),
            None => overflow("negate"),
        }
    }
}

impl<const SCALE: u8> AddAssign for Decimal<SCALE> {
    #[inline]
    #[track_caller]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<const SCALE: u8> SubAssign for Decimal<SCALE> {
    #[inline]
    #[track_caller]
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl<const SCALE: u8> Sum for Decimal<SCALE> {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::ZERO, Add::add)
    }
}

impl<'a, const SCALE: u8> Sum<&'a Self> for Decimal<SCALE> {
    fn sum<I: Iterator<Item = &'a Self>>(numbers: I) -> Self {
        numbers.copied().sum()
    }
}
