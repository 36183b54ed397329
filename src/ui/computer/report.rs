//! What is said of this computer, in words.

use std::collections::BTreeMap;
use std::fmt;

use i18n_embed_fl::fl;

use crate::bridge::{DecoderUsed, EngineState, StreamStatus};
use crate::i18n::Words;
use crate::ui::about::Build;
use device::{StreamId, StreamKind};

/// What paints the windows, as its driver names itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Painter {
    /// The processor, without a graphics card.
    #[default]
    Software,
    /// wgpu: the adapter, what it is spoken to by (such as Vulkan), and the driver, which may be empty.
    Wgpu {
        adapter: String,
        backend: String,
        driver: String,
    },
    /// OpenGL: its strings `RENDERER` and `VERSION`.
    OpenGl { renderer: String, version: String },
}

/// Labels and what stands beside them. Its text has a line for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub computer: Vec<(String, String)>,
    /// What is wanted now, in the order of the registry.
    pub streams: Vec<(String, String)>,
}

impl Report {
    #[must_use]
    pub fn of(words: &Words, state: &EngineState, painter: &Painter) -> Self {
        let mut streams: Vec<(StreamId, &StreamStatus)> =
            state.streams.iter().map(|(stream, status)| (*stream, status)).collect();
        let place = |stream: &StreamId| {
            let devices = &state.registry.devices;
            devices.iter().position(|device| device.id == stream.channel.device)
        };
        streams.sort_by_key(|(stream, _)| (place(stream), *stream));
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
        let cost = state.totals.process;
        let not_measured = || fl!(words, "computer-not-measured");
        let percent = |permille: u32| format!("{}.{}", permille / 10, permille % 10);
        let processor = cost.cpu_permille.map_or_else(not_measured, |permille| {
            fl!(words, "computer-processor-is", percent = percent(permille))
        });
        let memory = match cost.memory_kib {
            0 => not_measured(),
            kib => fl!(words, "computer-memory-is", mib = (kib / 1_024), threads = cost.threads),
        };
        Self {
            computer: vec![
                (fl!(words, "computer-build"), Build::OF_THIS_PROGRAM.to_string()),
                (
                    fl!(words, "computer-system"),
                    fl!(words, "computer-system-is", system = system, processors = processors),
                ),
                (fl!(words, "computer-painter"), painter.in_words(words)),
                (fl!(words, "computer-decoders"), decoders(words, &streams)),
                (fl!(words, "computer-processor"), processor),
                (fl!(words, "computer-memory"), memory),
            ],
            streams: streams
                .into_iter()
                .map(|(id, status)| stream(words, state, id, status))
                .collect(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (label, value) in self.computer.iter().chain(&self.streams) {
            writeln!(f, "{label}: {value}")?;
        }
        Ok(())
    }
}

impl Painter {
    fn in_words(&self, words: &Words) -> String {
        match self {
            Self::Software => fl!(words, "computer-painter-software"),
            Self::Wgpu {
                adapter,
                backend,
                driver,
            } => {
                let by = match driver.trim() {
                    "" => backend.clone(),
                    driver => format!("{backend}, {driver}"),
                };
                fl!(words, "computer-painter-wgpu", adapter = adapter.as_str(), by = by)
            }
            Self::OpenGl { renderer, version } => fl!(
                words,
                "computer-painter-gl",
                renderer = renderer.as_str(),
                version = version.as_str()
            ),
        }
    }
}

/// Each decoder with how many streams it decodes.
fn decoders(words: &Words, streams: &[(StreamId, &StreamStatus)]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for used in streams.iter().filter_map(|(_, status)| status.info.decoder.as_ref()) {
        *counts.entry(decoder(words, used)).or_default() += 1;
    }
    if counts.is_empty() {
        return fl!(words, "computer-decoders-none");
    }
    let counted = counts
        .into_iter()
        .map(|(decoder, count)| format!("{decoder} × {count}"));
    words.list(&counted.collect::<Vec<_>>())
}

fn decoder(words: &Words, used: &DecoderUsed) -> String {
    let element = used.element.as_str();
    match used.hardware {
        true => fl!(words, "computer-decoder-hardware", element = element),
        false => fl!(words, "computer-decoder-software", element = element),
    }
}

fn stream(words: &Words, state: &EngineState, id: StreamId, status: &StreamStatus) -> (String, String) {
    let device = state.registry.device(id.channel.device);
    let device = device.map(|device| state.registry.label_of(device).into_owned());
    let kind = match id.kind {
        StreamKind::Main => fl!(words, "stream-main"),
        StreamKind::Sub => fl!(words, "stream-sub"),
    };
    let label = format!("{} {} {kind}", device.unwrap_or_default(), id.channel.number);
    let info = &status.info;
    let value = match &info.decoder {
        None => fl!(words, "computer-stream-none"),
        Some(used) => fl!(
            words,
            "computer-stream",
            decoder = decoder(words, used),
            codec = info.codec.as_str(),
            width = info.width.to_string(),
            height = info.height.to_string(),
            fps = format!("{:.1}", info.fps),
            rate = info.kbit_s.to_string()
        ),
    };
    (label, value)
}
