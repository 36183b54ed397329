//! `monomi ptz`: turns the camera of a channel, stops it, sends it to a preset, by the engine's own dial and dead man.

use std::io;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};
use i18n_embed_fl::fl;
use serde_json::{Value, json};

use super::console::{CliError, Console, table, value_of};
use super::own_engine::OwnEngine;
use super::signals::EndSignals;
use super::words::words_of;
use super::{Access, Exit};
use crate::bridge::{Command, Motion, PtzStatus, PtzWish, SteeringDoing, SteeringTrouble, Velocity};
use crate::i18n::Words;
use crate::store::Profile;
use crate::wording::service_function;
use ::onvif::{Preset, ServiceFunction, TourOrder};
use device::ChannelId;

/// How long a turn and an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// A hold is said again after so long.
const AGAIN: Duration = Duration::from_millis(300);
/// How fast it moves, of the fastest.
const SPEED: f32 = 0.5;

/// Steer the camera of a channel that has PTZ: turn and zoom it, stop it, send it to a preset. Ctrl+C stops it
#[derive(Args, Clone, Debug)]
#[command(group(ArgGroup::new("what").required(true).args(["list", "way", "stop", "preset", "tour"])))]
pub struct PtzArgs {
    /// Name, SITE/NAME or id of the device
    #[arg(value_name = "NAME")]
    device: String,
    /// Its channel, counted from 1
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    channel: u16,
    /// Print what the camera offers: what moves, its presets and preset tours
    #[arg(long)]
    list: bool,
    /// Move this way for as long as --for says, then stop
    #[arg(long = "move", value_name = "WAY", requires = "seconds")]
    way: Option<Way>,
    /// How long to move, in seconds, 60 at most
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds, requires = "way")]
    seconds: Option<f32>,
    /// Stop whatever moves
    #[arg(long)]
    stop: bool,
    /// Go to the preset with this name or number
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Go there also where the number may be no place but a function of the camera, such as 94, which restarts many
    #[arg(long, requires = "preset")]
    sure: bool,
    /// Begin the preset tour with this name
    #[arg(long, value_name = "NAME")]
    tour: Option<String>,
    /// End that preset tour
    #[arg(long, requires = "tour")]
    end: bool,
    /// Print one JSON object
    #[arg(long, requires = "list")]
    json: bool,
}

/// A way to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Way {
    Left,
    Right,
    Up,
    Down,
    In,
    Out,
    Near,
    Far,
}

impl Way {
    fn motion(self) -> Motion {
        let turn = |pan, tilt, zoom| Motion::Turn(Velocity { pan, tilt, zoom });
        match self {
            Self::Left => turn(-SPEED, 0.0, 0.0),
            Self::Right => turn(SPEED, 0.0, 0.0),
            Self::Up => turn(0.0, SPEED, 0.0),
            Self::Down => turn(0.0, -SPEED, 0.0),
            Self::In => turn(0.0, 0.0, SPEED),
            Self::Out => turn(0.0, 0.0, -SPEED),
            Self::Near => Motion::Focus(-SPEED),
            Self::Far => Motion::Focus(SPEED),
        }
    }
}

fn seconds(text: &str) -> Result<f32, String> {
    let seconds: f32 = text.parse().map_err(|_no_number| format!("'{text}' is no number"))?;
    match (0.1..=60.0).contains(&seconds) {
        true => Ok(seconds),
        false => Err("must be from 0.1 to 60".to_owned()),
    }
}

/// Steers the camera and prints what is asked for.
#[must_use]
pub fn run(args: &PtzArgs, profile: impl FnOnce(Access) -> Result<Profile, String>) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    let done = profile(Access::Change)
        .map_err(CliError::Failed)
        .and_then(|profile| steer(args, &profile, &mut console));
    console.end(done)
}

fn steer(args: &PtzArgs, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let registry = value_of(profile.load_registry(), console)?;
    let words = words_of(profile);
    let device = registry
        .select(&args.device)
        .map_err(|error| CliError::Input(error.to_string()))?;
    let channel = ChannelId {
        device: device.id,
        number: args.channel,
    };
    let name = registry.label_of(device).into_owned();
    if device.ptz_profile(channel).is_none() {
        let number = args.channel;
        let text = fl!(words, "cli-ptz-none", name = name.as_str(), channel = number);
        return Err(CliError::Input(text));
    }
    if !device.enabled {
        return Err(CliError::Input(fl!(words, "cli-ptz-disabled", name = name.as_str())));
    }
    let engine = OwnEngine::start(profile, Some((device, &registry)))?;
    let hand = Hand {
        engine: &engine,
        channel,
        words: &words,
        name,
    };
    let printed = engine.block_on(async {
        let doing = tokio::time::timeout(PATIENCE + Duration::from_secs(60), hand.act(args));
        let mut signals = EndSignals::new().map_err(|error| CliError::Failed(error.to_string()))?;
        tokio::select! {
            done = doing => done.unwrap_or_else(|_elapsed| Err(hand.no_turn())),
            () = signals.recv() => {
                hand.let_go().await;
                Err(CliError::Failed(fl!(words, "cli-ptz-interrupted")))
            }
        }
    });
    // Dropping the engine lets go of whatever moves.
    drop(engine);
    match printed? {
        Some(text) => console.print(&text),
        None => Ok(()),
    }
}

/// What steers one channel.
struct Hand<'a> {
    engine: &'a OwnEngine,
    channel: ChannelId,
    words: &'a Words,
    name: String,
}

impl Hand<'_> {
    async fn act(&self, args: &PtzArgs) -> Result<Option<String>, CliError> {
        self.wish(PtzWish::Open);
        let needs_lists = args.list || args.preset.is_some() || args.tour.is_some();
        let status = self
            .until(|status| {
                let known = status.view.offer.is_some() && (status.view.complete || !needs_lists);
                known.then(|| status.clone())
            })
            .await?;
        if args.list {
            return Ok(Some(match args.json {
                true => format!("{:#}\n", as_json(&self.name, self.channel, &status)),
                false => as_table(self.words, &status),
            }));
        }
        if let Some((way, seconds)) = args.way.zip(args.seconds) {
            self.hold(way.motion(), Duration::from_secs_f32(seconds)).await?;
            return Ok(None);
        }
        let before = status.view.finished;
        if args.stop {
            self.wish(PtzWish::Halt);
        } else if let Some(typed) = &args.preset {
            let preset = self.preset(&status, typed)?;
            if let Some(service) = preset.service.filter(|_| !args.sure) {
                let what = service_function(self.words, service);
                let text = fl!(self.words, "cli-ptz-sure", preset = typed.as_str(), what = what);
                return Err(CliError::Input(text));
            }
            self.wish(PtzWish::GoTo(preset.token.clone()));
        } else if let Some(typed) = &args.tour {
            let tour = status
                .view
                .tours
                .iter()
                .find(|tour| tour.name == *typed || tour.token == *typed);
            let unknown = || CliError::Input(fl!(self.words, "cli-ptz-no-tour", tour = typed.as_str()));
            let tour = tour.ok_or_else(unknown)?;
            let order = if args.end { TourOrder::Stop } else { TourOrder::Start };
            self.wish(PtzWish::Tour(tour.token.clone(), order));
        }
        self.until(|status| (status.view.finished > before).then_some(()))
            .await?;
        Ok(None)
    }

    /// Holds it so from the moment on at which it moves.
    async fn hold(&self, motion: Motion, lasts: Duration) -> Result<(), CliError> {
        let mut since: Option<tokio::time::Instant> = None;
        let mut again = tokio::time::interval(AGAIN);
        loop {
            tokio::select! {
                _ = again.tick() => self.wish(PtzWish::Hold(motion)),
                () = self.engine.changed() => {}
                () = until(since.map(|since| since + lasts)) => break,
            }
            let state = self.engine.handle().state();
            let Some(status) = state.ptz.get(&self.channel) else {
                continue;
            };
            if let Some(why) = self.trouble(status) {
                self.let_go().await;
                return Err(CliError::Failed(why));
            }
            if status.view.doing == SteeringDoing::Moving {
                since.get_or_insert_with(tokio::time::Instant::now);
            }
        }
        let before = self.finished();
        self.wish(PtzWish::Release);
        self.until(|status| (status.view.finished > before).then_some(())).await
    }

    /// Lets go, and waits for the Stop as long as a person would.
    async fn let_go(&self) {
        let before = self.finished();
        self.wish(PtzWish::Release);
        let still = self.until(|status| {
            let is_still = matches!(status.view.doing, SteeringDoing::Still | SteeringDoing::Asking);
            (is_still || status.view.finished > before).then_some(())
        });
        tokio::time::timeout(Duration::from_secs(5), still).await.ok();
    }

    fn finished(&self) -> u32 {
        let state = self.engine.handle().state();
        state.ptz.get(&self.channel).map_or(0, |status| status.view.finished)
    }

    fn wish(&self, wish: PtzWish) {
        self.engine.handle().send(Command::Ptz(self.channel, wish));
    }

    /// Waits for what is looked for, or for a trouble.
    async fn until<T>(&self, found: impl Fn(&PtzStatus) -> Option<T>) -> Result<T, CliError> {
        let looking = async {
            loop {
                if let Some(status) = self.engine.handle().state().ptz.get(&self.channel) {
                    if let Some(found) = found(status) {
                        return Ok(found);
                    }
                    if let Some(why) = self.trouble(status) {
                        return Err(CliError::Failed(why));
                    }
                }
                self.engine.changed().await;
            }
        };
        let looked = tokio::time::timeout(PATIENCE, looking).await;
        looked.unwrap_or_else(|_elapsed| Err(self.no_turn()))
    }

    fn no_turn(&self) -> CliError {
        CliError::Failed(fl!(self.words, "cli-ptz-no-turn"))
    }

    /// Why it is not steered, in words.
    fn trouble(&self, status: &PtzStatus) -> Option<String> {
        let words = self.words;
        let why = match (&status.view.trouble, &status.failure) {
            _ if status.view.refusal.is_some() || status.not_asked.is_some() => fl!(words, "onvif-refused"),
            (Some(SteeringTrouble::MayStillMove), _) => fl!(words, "steer-may-still-move"),
            (_, Some(failure)) => format!("{} {}", failure.kind.name(), failure.detail)
                .trim_end()
                .to_owned(),
            (Some(SteeringTrouble::NotAllowed(_)), _) => fl!(words, "steer-not-allowed"),
            (Some(SteeringTrouble::NoAnswer), _) => fl!(words, "steer-no-answer"),
            (Some(SteeringTrouble::Refused(said)), _) => fl!(words, "steer-refused-said", said = said.as_str()),
            (Some(SteeringTrouble::NotSteerable), _) => fl!(words, "steer-none"),
            (None, None) => return None,
        };
        Some(format!("{}: {why}", self.name))
    }

    /// By its name, whatever the case, or by its number.
    fn preset<'s>(&self, status: &'s PtzStatus, typed: &str) -> Result<&'s Preset, CliError> {
        let presets = status.view.presets.as_deref().unwrap_or_default();
        let folded = device::folded(typed);
        let number = typed.trim().parse::<u16>().ok();
        let named = presets
            .iter()
            .find(|preset| !preset.name.is_empty() && device::folded(&preset.name) == folded);
        let found = named
            .or_else(|| {
                presets
                    .iter()
                    .find(|preset| number.is_some() && preset.number == number)
            })
            .or_else(|| presets.iter().find(|preset| preset.token == typed));
        found.ok_or_else(|| CliError::Input(fl!(self.words, "cli-ptz-no-preset", preset = typed)))
    }
}

async fn until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn as_table(words: &Words, status: &PtzStatus) -> String {
    let yes = |is: bool| {
        if is {
            fl!(words, "cli-yes")
        } else {
            fl!(words, "cli-no")
        }
    };
    let offer = status.view.offer.unwrap_or_default();
    let mut rows = vec![
        vec![fl!(words, "cli-ptz-turns"), yes(offer.pan_tilt)],
        vec![fl!(words, "cli-ptz-zooms"), yes(offer.zoom)],
        vec![fl!(words, "cli-ptz-focuses"), yes(offer.focus)],
    ];
    for preset in status.view.presets.iter().flatten() {
        let number = preset
            .number
            .map_or_else(|| preset.token.clone(), |number| number.to_string());
        let what = preset
            .service
            .map(|service| service_function(words, service))
            .unwrap_or_default();
        rows.push(vec![
            fl!(words, "cli-ptz-preset", number = number),
            preset.name.clone(),
            what,
        ]);
    }
    for tour in &status.view.tours {
        rows.push(vec![fl!(words, "cli-ptz-tour"), tour.name.clone()]);
    }
    table(&rows)
}

fn as_json(name: &str, channel: ChannelId, status: &PtzStatus) -> Value {
    let offer = status.view.offer.unwrap_or_default();
    let preset = |preset: &Preset| {
        json!({
            "token": preset.token,
            "name": Some(&preset.name).filter(|name| !name.is_empty()),
            "number": preset.number,
            "service": preset.service.map(word),
        })
    };
    let tours = status.view.tours.iter();
    json!({
        "device": name,
        "channel": channel.number,
        "pan_tilt": offer.pan_tilt,
        "zoom": offer.zoom,
        "focus": offer.focus,
        "presets": status.view.presets.iter().flatten().map(preset).collect::<Vec<_>>(),
        "preset_tours": tours.map(|tour| json!({ "token": tour.token, "name": tour.name, "on": tour.on })).collect::<Vec<_>>(),
    })
}

/// For scripts.
fn word(service: ServiceFunction) -> &'static str {
    match service {
        ServiceFunction::Limits => "limits",
        ServiceFunction::Reboot => "reboot",
        ServiceFunction::Menu => "menu",
        ServiceFunction::StopScan => "stop-scan",
        ServiceFunction::Scan => "scan",
        ServiceFunction::Other => "other",
    }
}
