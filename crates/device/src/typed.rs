//! What a person typed into one field, as it is read wherever such a field stands.

use super::Problem;
use super::letters::half_width;

/// The longest name of a site, a device, a channel or an address, in characters after trimming.
pub(super) const MAX_NAME: usize = 200;

/// A number from `min` to `max`, in half-width digits or full-width ones.
pub(super) fn number(typed: &str, min: u32, max: u32) -> Result<u32, Problem> {
    let digits = half_width(typed);
    if digits.is_empty() {
        return Err(Problem::Empty);
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::NotANumber);
    }
    digits
        .parse()
        .ok()
        .filter(|number| (min..=max).contains(number))
        .ok_or(Problem::OutOfRange { min, max })
}
