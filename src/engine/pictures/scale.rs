//! A picture made smaller: each pixel is the mean of those that it stands for.

/// The picture at this width at most, in its own shape, four bytes a pixel; `None`: it has no pixels, or fewer bytes than its size says.
pub(super) fn scaled(width: u32, height: u32, rgba: &[u8], most: u32) -> Option<(u32, u32, Vec<u8>)> {
    let (w, h) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
    let bytes = w.checked_mul(h)?.checked_mul(4)?;
    if bytes == 0 || rgba.len() < bytes {
        return None;
    }
    let step = width.div_ceil(most.max(1)).max(1);
    let (to_width, to_height) = (width.div_ceil(step), height.div_ceil(step));
    let step = usize::try_from(step).ok()?;
    let mut out = Vec::with_capacity(bytes / (step * step) + 4);
    for top in (0..h).step_by(step) {
        for left in (0..w).step_by(step) {
            let mut sums = [0_u32; 3];
            let mut count = 0_u32;
            for y in top..(top + step).min(h) {
                for x in left..(left + step).min(w) {
                    let at = (y * w + x) * 4;
                    for (sum, value) in sums.iter_mut().zip(&rgba[at..at + 3]) {
                        *sum += u32::from(*value);
                    }
                    count += 1;
                }
            }
            out.extend(sums.map(|sum| u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX)));
            out.push(u8::MAX);
        }
    }
    Some((to_width, to_height, out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_the_mean_of_its_pixels_and_keeps_its_shape() {
        let pixel = |value: u8| [value, value, value, 255];
        let four: Vec<u8> = [0, 100, 200, 100].into_iter().flat_map(pixel).collect();
        assert_eq!(scaled(2, 2, &four, 1), Some((1, 1, pixel(100).to_vec())));
        assert_eq!(scaled(2, 2, &four, 2), Some((2, 2, four.clone())));
        let large = scaled(1_920, 1_080, &vec![9; 1_920 * 1_080 * 4], 400).map(|(w, h, out)| (w, h, out.len()));
        assert_eq!(large, Some((384, 216, 384 * 216 * 4)));
        let odd = scaled(3, 1, &[9; 12], 2).map(|(w, h, out)| (w, h, out.len()));
        assert_eq!(odd, Some((2, 1, 8)));
        assert_eq!(scaled(2, 2, &four[..15], 1), None);
        assert_eq!(scaled(0, 2, &[], 1), None);
    }
}
