//! The number of a picture, burned along its lower edge as black and white cells, and read back from the screen.
//!
//! (The demo DVR's time code is a clock. A clip that is encoded once can carry only its own place; the server knows when it
//! sent which.)

/// White, black, 16 bits of the number with the highest first, the same 16 bits inverted, black, white.
const CELLS: usize = 36;
const START: [bool; 2] = [true, false];
const END: [bool; 2] = [false, true];

/// The strip is one `HEIGHT_PART`th of the picture high.
const HEIGHT_PART: usize = 20;

/// Burns `number` into an I420 picture.
pub fn burn(i420: &mut [u8], width: usize, height: usize, number: u16) {
    let rows = (height / HEIGHT_PART) & !1;
    let first = height - rows;
    for y in first..height {
        for x in 0..width {
            i420[y * width + x] = if cell(x * CELLS / width, number) { 235 } else { 16 };
        }
    }
    let (luma, chroma) = (width * height, width * height / 4);
    for plane in 0..2 {
        let start = luma + plane * chroma;
        i420[start + first / 2 * (width / 2)..start + chroma].fill(128);
    }
}

fn cell(index: usize, number: u16) -> bool {
    match index {
        0 | 1 => START[index],
        2..=17 => number >> (17 - index) & 1 == 1,
        18..=33 => number >> (33 - index) & 1 == 0,
        _ => END[(index - 34).min(1)],
    }
}

/// Reads the number out of one row of pixels that the strip fills from `left` over `width` pixels; `None`: no strip.
/// `pixels`: four bytes each, of which the first three are the colour.
pub fn read(pixels: &[u8], left: usize, width: usize) -> Option<u16> {
    let bit = |index: usize| {
        let x = left + (2 * index + 1) * width / (2 * CELLS);
        let pixel = pixels.get(x * 4..x * 4 + 3)?;
        let brightness = pixel.iter().map(|&value| u32::from(value)).sum::<u32>() / 3;
        (!(96..160).contains(&brightness)).then_some(brightness >= 160)
    };
    if bit(0)? != START[0] || bit(1)? != START[1] || bit(35)? != END[1] || bit(34)? != END[0] {
        return None;
    }
    let word = |from: usize| (from..from + 16).try_fold(0_u16, |word, index| Some(word << 1 | u16::from(bit(index)?)));
    let (number, inverted) = (word(2)?, word(18)?);
    (number == !inverted).then_some(number)
}
