//! Exact decimal numbers: [`Decimal<SCALE>`], a whole number of 10^-SCALE.

mod arithmetic;
mod convert;
mod rounding;
#[cfg(test)]
mod tests;
mod text;

pub use rounding::Rounding;
pub use text::ParseDecimalError;

/// The largest scale: 10^38 is the largest power of ten in an `i128`.
pub const MAX_SCALE: u8 = 38;

/// An exact decimal number with `SCALE` places after the point, at most 38; about 38 digits in all.
///
/// `+`, `-` and `* integer` are exact and panic on overflow, in every build: money does not wrap. [`Decimal::times`]
/// multiplies two decimals exactly, into one that has the places of both. What cannot be exact names its
/// [`Rounding`].
///
/// ```
/// # extern crate dyeline_processors as dyeline;
/// use dyeline::decimal::{Decimal, Rounding};
///
/// let shares: Decimal<2> = "1234.56".parse()?;
/// let change: Decimal<4> = "-0.0125".parse()?;
/// let income: Decimal<6> = shares.times(change);
/// assert_eq!(income.to_string(), "-15.432000");
/// assert_eq!(income.round_to::<2>(Rounding::HalfEven).to_string(), "-15.43");
/// # Ok::<(), dyeline::decimal::ParseDecimalError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Decimal<const SCALE: u8>(i128);

impl<const SCALE: u8> Decimal<SCALE> {
    /// 0.
    pub const ZERO: Self = Self(0);
    /// The largest value.
    pub const MAX: Self = Self(i128::MAX);
    /// The smallest value.
    pub const MIN: Self = Self(i128::MIN);

    /// What 1 is as a mantissa: 10^SCALE.
    pub(crate) const UNIT: i128 = {
        assert!(SCALE <= MAX_SCALE, "a decimal has at most 38 places");
        10i128.pow(SCALE as u32)
    };

    /// The number `mantissa` · 10^-SCALE: for cents, `Decimal::<2>::from_mantissa(cents)`.
    #[inline]
    pub const fn from_mantissa(mantissa: i128) -> Self {
        let _ = Self::UNIT;
        Self(mantissa)
    }

    /// The number times 10^SCALE.
    #[inline]
    pub const fn mantissa(self) -> i128 {
        self.0
    }

    /// A whole number; `None` if it does not fit.
    #[inline]
    pub const fn from_int(value: i64) -> Option<Self> {
        match (value as i128).checked_mul(Self::UNIT) {
            Some(mantissa) => Some(Self(mantissa)),
            None => None,
        }
    }

    /// Whether it is 0.
    #[inline]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is less than 0.
    #[inline]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}
