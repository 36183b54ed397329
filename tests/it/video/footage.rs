//! Real CCTV footage (people on a campus, seen from a roof) goes in, and the same scene comes out, picture by picture.
//!
//! It is the clip of Debian's opencv-doc, which `make test` fetches and names in `MONOMI_BENCH_CLIP`.

use std::path::PathBuf;
use std::process::Command;

use monomi::bridge::Frame;

use super::source::{H264, H265, JPEG, Watched, encode_pictures, installed};

const PICTURES: usize = 26;

/// Every how many pixels the pictures are compared, in each direction.
const GRID: (usize, usize) = (44, 30);

/// Where the footage is; says what is skipped where there is none.
fn footage() -> Option<PathBuf> {
    let named = std::env::var_os("MONOMI_BENCH_CLIP").filter(|path| !path.is_empty());
    let path = named.map_or_else(
        || "/usr/share/doc/opencv-doc/examples/data/vtest.avi".into(),
        PathBuf::from,
    );
    if path.exists() {
        return Some(path);
    }
    eprintln!(
        "SKIPPED: real footage: {} is not there; `make test` fetches it",
        path.display()
    );
    None
}

/// Its pictures at this size, as RGBA.
fn pictures((width, height): (usize, usize)) -> Option<Vec<Vec<u8>>> {
    let footage = footage()?;
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(footage)
        .args([
            "-vf",
            &format!("scale={width}:{height}"),
            "-frames:v",
            &PICTURES.to_string(),
        ])
        .args(["-f", "rawvideo", "-pix_fmt", "rgba", "-"])
        .output();
    let Ok(output) = output else {
        crate::skipped::skip("real footage", "ffmpeg is not installed");
        return None;
    };
    let pictures: Vec<Vec<u8>> = output
        .stdout
        .chunks_exact(width * height * 4)
        .map(<[u8]>::to_vec)
        .collect();
    assert_eq!(pictures.len(), PICTURES, "{}", String::from_utf8_lossy(&output.stderr));
    Some(pictures)
}

/// A coarse look at a picture: the mean brightness of each part, so that sizes can be compared.
fn look(data: &[u8], (width, height): (usize, usize)) -> Vec<f64> {
    let part = |column: usize, row: usize| {
        let (left, right) = (column * width / GRID.0, (column + 1) * width / GRID.0);
        let (top, bottom) = (row * height / GRID.1, (row + 1) * height / GRID.1);
        let pixels = (top..bottom).flat_map(|y| (left..right).map(move |x| (y * width + x) * 4));
        let bright = |at: usize| data[at..at + 3].iter().map(|byte| f64::from(*byte)).sum::<f64>() / 3.0;
        pixels.map(bright).sum::<f64>() / ((right - left) * (bottom - top)) as f64
    };
    (0..GRID.1)
        .flat_map(|row| (0..GRID.0).map(move |column| part(column, row)))
        .collect()
}

fn look_at(frame: &Frame) -> Vec<f64> {
    look(&frame.data, (frame.width as usize, frame.height as usize))
}

/// The mean difference of two looks.
fn difference(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / a.len() as f64
}

/// How far the parts of a picture are from their mean: nothing for a grey one.
fn contrast(look: &[f64]) -> f64 {
    let mean = look.iter().sum::<f64>() / look.len() as f64;
    difference(look, &vec![mean; look.len()])
}

/// Plays all pictures of one encoding, at the stream's own size; each one must be the one that went in.
fn every_picture_is_the_one_that_went_in(size: (usize, usize), raw: &str, elements: &str) {
    if !installed(elements) {
        return;
    }
    let Some(pictures) = pictures(size) else { return };
    let originals: Vec<Vec<f64>> = pictures.iter().map(|picture| look(picture, size)).collect();
    let rtp = encode_pictures(pictures.into_iter(), size, raw, elements);
    let watched = Watched::new(&rtp.caps);
    for (index, packets) in rtp.pictures.iter().enumerate() {
        watched.play(std::slice::from_ref(packets));
        let frame = watched.slot.take().unwrap();
        assert_eq!((frame.width as usize, frame.height as usize), size, "{elements}");
        let seen = look_at(&frame);
        assert!(contrast(&seen) > 15.0, "{elements} {index}: grey, {}", contrast(&seen));
        let own = difference(&seen, &originals[index]);
        assert!(own < 4.0, "{elements} {index}: {own} off what went in");
        // People walk: a picture is nearer to its own original than to those of a second before or after.
        for other in [index.checked_sub(10), Some(index + 10)].into_iter().flatten() {
            if let Some(other) = originals.get(other) {
                assert!(own < difference(&seen, other), "{elements} {index}: another moment");
            }
        }
    }
    let counts = watched.slot.counts();
    assert_eq!((counts.published as usize, counts.lost), (PICTURES, 0), "{elements}");
}

#[test]
fn every_picture_of_a_camera_comes_out_of_every_codec() {
    every_picture_is_the_one_that_went_in((704, 480), "", H264);
    every_picture_is_the_one_that_went_in((704, 480), "", H265);
    every_picture_is_the_one_that_went_in((704, 480), ",colorimetry=1:4:0:0", JPEG);
}

#[test]
fn interlaced_and_odd_sizes_of_old_recorders_come_out_whole() {
    let interlaced = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 bitrate=4000 interlaced=true \
                      ! rtph264pay pt=96 config-interval=-1";
    every_picture_is_the_one_that_went_in((704, 480), ",interlace-mode=interleaved", interlaced);
    // No multiple of a macro block: what lies beyond the picture is cut off.
    every_picture_is_the_one_that_went_in((354, 242), "", H264);
    every_picture_is_the_one_that_went_in((354, 242), "", H265);
    // RTP counts JPEG in blocks of eight.
    every_picture_is_the_one_that_went_in((360, 248), ",colorimetry=1:4:0:0", JPEG);
}

#[test]
fn main_and_sub_stream_show_the_same_scene_in_the_size_of_their_tile() {
    let interlaced = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 bitrate=4000 interlaced=true \
                      ! rtph264pay pt=96 config-interval=-1";
    if !installed(interlaced) || !installed(H264) {
        return;
    }
    let (main, sub) = ((960, 576), (352, 240));
    let (Some(large), Some(small)) = (pictures(main), pictures(sub)) else {
        return;
    };
    let large = encode_pictures(large.into_iter(), main, ",interlace-mode=interleaved", interlaced);
    let small = encode_pictures(small.into_iter(), sub, "", H264);
    let tile = (320, 218);
    let (main, sub) = (
        Watched::with(&large.caps, Some(tile), true),
        // As in a wall that has grown: the other stream begins later, at its key frame.
        Watched::with(&small.caps, Some(tile), false),
    );
    main.play(&large.pictures[..15]);
    small.pictures[..15].iter().for_each(|packets| sub.push(packets));
    assert_eq!(sub.slot.counts().published, 0, "not decoded yet");
    sub.player.set_decode(true);
    small.pictures[15..20].iter().for_each(|packets| sub.push(packets));
    main.play(&large.pictures[15..20]);
    for (large, small) in large.pictures[20..].iter().zip(&small.pictures[20..]) {
        main.play(std::slice::from_ref(large));
        sub.play(std::slice::from_ref(small));
        let (large, small) = (main.slot.take().unwrap(), sub.slot.take().unwrap());
        assert_eq!((large.width, large.height), tile);
        assert_eq!((small.width, small.height), tile);
        let off = difference(&look_at(&large), &look_at(&small));
        assert!(off < 6.0, "the streams differ by {off}");
    }
    assert_eq!(
        (main.slot.source(), sub.slot.source()),
        (Some((960, 576)), Some((352, 240)))
    );
}
