//! A time code that a program reads back from the painted picture: it measures delay from the encoder to the screen.

/// Black and white cells along the lower edge: white, black, 32 bits with the highest first, black, white.
const CELLS: usize = 36;
const START: [bool; 2] = [true, false];
const END: [bool; 2] = [false, true];

/// The strip is one `HEIGHT_PART`th of the picture high.
const HEIGHT_PART: usize = 20;

/// Where the strip is in a picture of `height` rows: its first row and its rows.
pub(super) fn rows(height: usize) -> (usize, usize) {
    let strip = (height / HEIGHT_PART).max(2);
    (height.saturating_sub(strip), strip)
}

/// Whether the cell at column `x` of `width` is white when the strip says `code`.
pub(super) fn is_white(x: usize, width: usize, code: u32) -> bool {
    cell(x * CELLS / width.max(1), code)
}

fn cell(index: usize, code: u32) -> bool {
    match index {
        0 | 1 => START[index],
        2..=33 => code >> (33 - index) & 1 == 1,
        _ => END[(index - 34).min(1)],
    }
}

/// Reads the time code of a demo picture in RGBA, of any size: milliseconds since 1970-01-01 UTC, modulo 2³². `None` when
/// there is no time code to be seen.
#[must_use]
pub fn read(width: usize, height: usize, rgba: &[u8]) -> Option<u32> {
    let (first, strip) = rows(height);
    let y = first + strip / 2;
    let bits: Vec<bool> = (0..CELLS)
        .map(|index| {
            let x = (2 * index + 1) * width / (2 * CELLS);
            let pixel = rgba.get((y * width + x) * 4..)?.get(..3)?;
            let brightness = pixel.iter().map(|&value| u32::from(value)).sum::<u32>() / 3;
            // Grey is neither black nor white: the picture is damaged there.
            (!(96..160).contains(&brightness)).then_some(brightness >= 160)
        })
        .collect::<Option<_>>()?;
    if bits[..2] != START || bits[34..] != END {
        return None;
    }
    Some(bits[2..34].iter().fold(0, |code, &bit| code << 1 | u32::from(bit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_painted_is_read_back_at_any_size() {
        for (width, height) in [(352, 240), (480, 270), (1280, 720), (171, 97)] {
            for code in [0, 1, 0x8000_0001, 0xdead_beef, u32::MAX] {
                let (first, _) = rows(height);
                let rgba: Vec<u8> = (0..height)
                    .flat_map(|y| (0..width).map(move |x| (x, y)))
                    .flat_map(|(x, y)| {
                        let value = if y < first {
                            128
                        } else {
                            u8::from(is_white(x, width, code)) * 235
                        };
                        [value, value, value, 255]
                    })
                    .collect();
                assert_eq!(read(width, height, &rgba), Some(code), "{width}x{height} {code:x}");
            }
        }
    }

    #[test]
    fn other_pictures_have_no_time_code() {
        assert_eq!(read(64, 64, &[128; 64 * 64 * 4]), None);
        assert_eq!(read(64, 64, &[255; 64 * 64 * 4]), None);
        assert_eq!(read(64, 64, &[]), None);
        assert_eq!(read(0, 0, &[]), None);
    }
}
