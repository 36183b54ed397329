//! The composition root: arguments, wiring, exit codes. It knows every room; no room knows it.
// So that no console opens beside the wall; `monomi.com` is for terminals. The tests of this file print in one.
#![cfg_attr(all(windows, not(test)), windows_subsystem = "windows")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use ::settings::{Renderer, Settings, Theme};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};
use i18n_embed_fl::fl;
use monomi::app::{self, MonomiApp};
use monomi::bridge::{LetterToWrite, NoticeKind, Notification};
use monomi::cli::{
    Access, DemoProfile, Exit, alerts, backup, demo_dvr, device, diagnose, events, export, find, profile, ptz, report,
    settings, site, status, stop_signal, verify, watch,
};
use monomi::desktop::Desktop;
use monomi::engine::{self, Engine};
use monomi::i18n::{Language, Words};
use monomi::store::{Autostart, LockError, Profile};
use monomi::ui::about::Build;
use monomi::ui::diagnosis;
use monomi::ui::events::{letters, says};
use outbox::LetterText;

mod console;
mod file_dialog;
mod handbook_opener;
mod help;
mod joystick;
mod launch;
mod memory;
mod own_gstreamer;
mod screenshot;
mod work_area;

/// Live pictures of many DVRs and NVRs in one window, and never a flooded network
///
/// Without a command, the window opens. Exit codes: 0 done, 1 failed, 2 bad usage or bad input.
#[derive(Parser)]
#[command(name = "monomi", version, long_version = long_version(), propagate_version = true)]
struct Arguments {
    /// Folder of the registry, the settings, the passwords and the log [default: the platform's configuration folder]
    #[arg(long, value_name = "DIR", global = true)]
    profile: Option<PathBuf>,
    /// Language of the window, whatever the setting says
    #[arg(long, value_name = "LANG", value_parser = language)]
    lang: Option<Language>,
    /// Start a demo DVR on loopback and open the window on it, with a throw-away profile
    #[arg(long, conflicts_with = "profile")]
    demo: bool,
    /// Open this named view in the first window
    #[arg(long, value_name = "NAME", conflicts_with = "demo")]
    view: Option<String>,
    /// Open the first window on this monitor, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    monitor: Option<u8>,
    /// Open in full screen
    #[arg(long)]
    fullscreen: bool,
    /// Pictures alone on the whole screen, without a menu: left only with the password set in Settings or by `monomi
    /// settings set kiosk-password --stdin`
    #[arg(long, conflicts_with_all = ["demo", "screenshot"])]
    kiosk: bool,
    /// Theme of the demo
    #[arg(long, value_name = "system|dark|light", value_parser = theme, requires = "demo", hide = true)]
    theme: Option<Theme>,
    /// What paints the window, whatever the setting says
    #[arg(long, value_name = "auto|wgpu|glow|software", value_parser = renderer)]
    renderer: Option<Renderer>,
    /// Save a picture of the window as PNG once every tile is live (or after 60 s), then quit
    #[arg(long, value_name = "FILE", hide = true)]
    screenshot: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<CliCommand>,
}

#[derive(Subcommand)]
enum CliCommand {
    Device(device::DeviceArgs),
    Site(site::SiteArgs),
    Find(find::FindArgs),
    Diagnose(diagnose::DiagnoseArgs),
    Ptz(ptz::PtzArgs),
    Settings(settings::SettingsArgs),
    Alerts(alerts::AlertsArgs),
    Backup(backup::BackupArgs),
    Profile(profile::ProfileArgs),
    Report(report::ReportArgs),
    Events(events::EventsArgs),
    Export(export::ExportArgs),
    Verify(verify::VerifyArgs),
    Status(status::StatusArgs),
    Watch(watch::WatchArgs),
    DemoDvr(demo_dvr::DemoDvrArgs),
}

/// What `--version` says; `-V` says the version alone.
fn long_version() -> &'static str {
    static SAID: LazyLock<String> = LazyLock::new(|| Build::OF_THIS_PROGRAM.long_version());
    &SAID
}

/// The words of the window for a trace, which the command line prints, too.
const TRACE_WORDS: diagnose::TraceWords = diagnose::TraceWords {
    text: diagnosis::says::text,
    waits: diagnosis::says::waits,
};

/// The words of the window for those who are told of events elsewhere, which the command line prints, too.
fn alert_words() -> alerts::AlertWords {
    let writer = Arc::new(|told: &LetterToWrite| {
        let words = Words::new(app::language_of(told.state.settings.language));
        let (subject, body) = letters::letter(&words, told);
        LetterText { subject, body }
    });
    alerts::AlertWords {
        writer,
        fault: letters::fault,
        messenger: letters::messenger,
    }
}

/// What the program says of itself and the computer in a report.
fn of_this_program() -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let (build, video) = (Build::OF_THIS_PROGRAM, monomi::video::about());
    format!("{build}\n{system} {architecture}, {processors} processors\n{video}")
}

fn language(word: &str) -> Result<Language, String> {
    Language::from_tag(word).ok_or_else(|| {
        let tags = Language::ALL.map(Language::tag);
        format!("'{word}' is none of: {}", tags.join(", "))
    })
}

fn renderer(word: &str) -> Result<Renderer, String> {
    Renderer::from_word(word).ok_or_else(|| format!("'{word}' is none of: {}", Renderer::WORDS.join(", ")))
}

fn theme(word: &str) -> Result<Theme, String> {
    Theme::from_word(word).ok_or_else(|| format!("'{word}' is none of: {}", Theme::WORDS.join(", ")))
}

fn main() -> ExitCode {
    memory::keep_one_arena();
    console::take_that_of_the_terminal();
    own_gstreamer::use_it();
    let arguments = Arguments::try_parse().unwrap_or_else(|error| explain(&error));
    let folder = arguments.profile.clone();
    let open = |access: Access| access.open(folder).map_err(|error| error.to_string());
    match arguments.command {
        Some(CliCommand::Device(args)) => device::run(&args, open).into(),
        Some(CliCommand::Site(args)) => site::run(&args, open).into(),
        Some(CliCommand::Find(args)) => find::run(&args, open).into(),
        Some(CliCommand::Diagnose(args)) => diagnose::run(&args, TRACE_WORDS, open).into(),
        Some(CliCommand::Ptz(args)) => ptz::run(&args, open).into(),
        Some(CliCommand::Settings(args)) => settings::run(&args, open).into(),
        Some(CliCommand::Alerts(args)) => alerts::run(&args, alert_words, open).into(),
        Some(CliCommand::Backup(args)) => backup::run(&args, open).into(),
        Some(CliCommand::Profile(args)) => profile::run(&args, open).into(),
        Some(CliCommand::Report(args)) => report::run(&args, of_this_program(), open).into(),
        Some(CliCommand::Events(args)) => events::run(&args, open).into(),
        Some(CliCommand::Export(args)) => export::run(&args, open).into(),
        Some(CliCommand::Verify(args)) => verify::run(&args).into(),
        Some(CliCommand::Status(args)) => status::run(&args, open).into(),
        Some(CliCommand::Watch(args)) => {
            memory::give_back_now_and_then();
            watch::run(&args, || open(Access::Change)).into()
        }
        Some(CliCommand::DemoDvr(args)) => demo_dvr::run(args),
        None => match check(&arguments).and_then(|()| window(&arguments).map_err(failed)) {
            Ok(()) => Exit::Done.into(),
            Err((exit, message)) => {
                complain(&message);
                exit.into()
            }
        },
    }
}

/// Prints the help or what is wrong with the arguments, and ends.
fn explain(error: &clap::Error) -> ! {
    let asked = error.kind() == ErrorKind::DisplayHelp;
    if asked || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let arguments: Vec<_> = std::env::args_os().skip(1).collect();
        if let Some(text) = help::in_other_language(Arguments::command(), &arguments) {
            let _ = match asked {
                true => write!(std::io::stdout(), "{text}"),
                false => write!(std::io::stderr(), "{text}"),
            };
            std::process::exit(error.exit_code());
        }
    }
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if error.use_stderr()
        && let Some(text) = help::fault_in_other_language(error, &arguments)
    {
        let _ = write!(std::io::stderr(), "{text}");
        std::process::exit(error.exit_code());
    }
    error.exit()
}

/// A terminal that is gone is no reason to stop.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "monomi: {message}");
}

/// Opens the window on the profile, or on a demo DVR, and runs it until it is closed.
fn window(arguments: &Arguments) -> Result<(), String> {
    memory::give_back_now_and_then();
    if cfg!(target_os = "linux")
        && ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .all(|name| std::env::var_os(name).is_none())
    {
        let hint = "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); `monomi watch` needs none";
        return Err(hint.to_owned());
    }
    // It goes last, when nobody has a file of its profile open.
    let demo = if arguments.demo {
        monomi::video::init().map_err(|error| error.to_string())?;
        Some(DemoProfile::start(
            arguments.theme,
            &words(&Settings::default(), arguments.lang),
        )?)
    } else {
        None
    };
    let profile = match &demo {
        Some(demo) => demo.profile()?,
        None => Profile::open(arguments.profile.clone()).map_err(|error| error.to_string())?,
    };
    let settings = profile.load_settings().value;
    let _lock = match profile.lock() {
        Ok(lock) => lock,
        Err(error) => {
            if matches!(error, LockError::Held { .. }) {
                launch::say_already_running(arguments.lang.unwrap_or_default());
            }
            return Err(error.to_string());
        }
    };
    let log = monomi::log::start(&profile.log_dir());
    let _log = log.inspect_err(|error| complain(&format!("no log is written: {error}")));
    let brands = monomi::store::brands();
    // The demo's profile is deleted when its window closes, so that no session can start it.
    let autostart = if arguments.demo {
        None
    } else {
        Autostart::of_this_program(arguments.profile.as_deref())
    };
    let guard = engine::Guard::new(profile.clone(), may_start_again(arguments), true);
    let mut engine = Engine::start(engine::Options {
        profile,
        brands: Arc::new(brands.clone()),
        events: None,
        want_all: None,
        listen: true,
        hears: true,
        autostart,
        open_folder: engine::by_the_desktop(),
        output: monomi::video::SoundOutput::default(),
        notifier: notifier(arguments, settings.language),
        letters: letter_writer(arguments, settings.language),
    })
    .map_err(|error| error.to_string())?;
    engine.guard(guard);
    let chosen = arguments.renderer;
    let renderer = chosen.unwrap_or(settings.renderer);
    let fullscreen = arguments.fullscreen || arguments.kiosk || settings.start_fullscreen;
    let ending = Arc::new(AtomicBool::new(false));
    let first = engine
        .handle()
        .state()
        .windows
        .first()
        .map(|window| window.place)
        .unwrap_or_default();
    let fault = Arc::new(OnceLock::new());
    let result = launch::run(renderer, first, fullscreen, |start| {
        close_on_signal(&engine, start.ctx, &ending);
        if let Some(launch::FellBack { wanted, reason }) = start.fell_back {
            engine.notice(NoticeKind::RendererFellBack { wanted, reason });
        }
        let options = app::WindowOptions {
            language: arguments.lang,
            brands: brands.clone(),
            try_demo: Some(Box::new(move |language, theme| start_demo(language, theme, chosen))),
            open_handbook: Some(handbook_opener::opener(engine.handle().clone())),
            demo: arguments.demo,
            chooser: file_dialog::chooser(),
            fullscreen: arguments.fullscreen,
            kiosk: arguments.kiosk.then(|| Arc::clone(&ending)),
            view: arguments.view.clone(),
            monitor: arguments.monitor.map(usize::from),
            free_areas: Some(Box::new(work_area::ask)),
            folder: documents(),
            picture_waker: start.picture_waker,
            painter: start.painter,
            joystick: Some(joystick::reader()),
        };
        let app = MonomiApp::new(start.ctx, engine.handle().clone(), options);
        let path = arguments.screenshot.clone();
        screenshot::Screenshot::new(app, engine.handle().clone(), path, Arc::clone(&fault))
    });
    drop(engine);
    result?;
    fault.get().map_or(Ok(()), |fault| Err(fault.clone()))
}

/// The arguments of this run, where it may start itself again: a demo has a profile that goes with it, and a picture is taken once.
fn may_start_again(arguments: &Arguments) -> Option<Vec<std::ffi::OsString>> {
    let once = arguments.demo || arguments.screenshot.is_some();
    (!once).then(|| std::env::args_os().skip(1).collect())
}

/// Says on the desktop what happened, in the language of the window.
fn notifier(arguments: &Arguments, first: ::settings::Language) -> Option<engine::Notifier> {
    if arguments.screenshot.is_some() {
        return None;
    }
    let (desktop, of_command_line) = (Desktop::default(), arguments.lang);
    Some(Arc::new(move |told: &Notification| {
        let chosen = told.state.settings.language;
        // The language of the command line holds until another one is chosen.
        let language = of_command_line.filter(|_| chosen == first);
        let words = Words::new(language.unwrap_or_else(|| app::language_of(chosen)));
        let (summary, body) = says::notification(&words, told);
        desktop.say(told.call, &summary, &body)
    }))
}

/// Puts in words what is said to somebody elsewhere, in the language of the window.
fn letter_writer(arguments: &Arguments, first: ::settings::Language) -> Option<engine::LetterWriter> {
    if arguments.screenshot.is_some() {
        return None;
    }
    let of_command_line = arguments.lang;
    Some(Arc::new(move |told: &LetterToWrite| {
        let chosen = told.state.settings.language;
        let language = of_command_line.filter(|_| chosen == first);
        let words = Words::new(language.unwrap_or_else(|| app::language_of(chosen)));
        let (subject, body) = letters::letter(&words, told);
        LetterText { subject, body }
    }))
}

fn failed(message: String) -> (Exit, String) {
    (Exit::Failed, message)
}

/// Checks the arguments before anything opens.
fn check(arguments: &Arguments) -> Result<(), (Exit, String)> {
    if arguments.view.is_none() && !arguments.kiosk {
        return Ok(());
    }
    let profile = Profile::open_to_read(arguments.profile.clone()).map_err(|error| failed(error.to_string()))?;
    if let Some(name) = &arguments.view {
        check_view(&profile, name, arguments.lang)?;
    }
    if arguments.kiosk {
        check_kiosk(&profile.load_settings().value, arguments.lang)?;
    }
    Ok(())
}

/// Refuses to start a kiosk that nobody can leave.
fn check_kiosk(settings: &Settings, language: Option<Language>) -> Result<(), (Exit, String)> {
    if settings.kiosk_password.is_some() {
        return Ok(());
    }
    Err((Exit::BadInput, fl!(words(settings, language), "kiosk-no-password")))
}

/// The texts in the language that the window would have.
fn words(settings: &Settings, language: Option<Language>) -> Words {
    Words::new(language.unwrap_or_else(|| app::language_of(settings.language)))
}

/// Refuses a view that does not exist: a kiosk that opened something else would watch the wrong doors.
fn check_view(profile: &Profile, name: &str, language: Option<Language>) -> Result<(), (Exit, String)> {
    let views = profile.load_views().value;
    if views.find(name).is_some() {
        return Ok(());
    }
    let words = words(&profile.load_settings().value, language);
    let names: Vec<String> = views.list().iter().map(|view| view.name.clone()).collect();
    let message = match names[..] {
        [] => fl!(words, "no-such-view-none", name = name),
        _ => fl!(words, "no-such-view", name = name, names = words.list(&names)),
    };
    Err((Exit::BadInput, message))
}

/// The folder of the user's documents, else the home folder, else the one that the program runs in.
fn documents() -> PathBuf {
    let folder = directories::UserDirs::new().map(|user| {
        let documents = user.document_dir().filter(|documents| documents.is_dir());
        documents.unwrap_or_else(|| user.home_dir()).to_owned()
    });
    folder.or_else(|| std::env::current_dir().ok()).unwrap_or_default()
}

/// Closes the window when the system asks the program to end. `ending` is set first, so that a kiosk asks for no
/// password then.
fn close_on_signal(engine: &Engine, context: &egui::Context, ending: &Arc<AtomicBool>) {
    let (context, ending) = (context.clone(), Arc::clone(ending));
    engine.spawn(async move {
        match stop_signal().await {
            Ok(()) => {
                ending.store(true, Ordering::Release);
                context.send_viewport_cmd(egui::ViewportCommand::Close);
                context.request_repaint();
            }
            Err(error) => tracing::warn!(%error, "signals are not heard"),
        }
    });
}

/// Opens a second window on a demo DVR, with a profile of its own and the looks of this one.
fn start_demo(language: Language, theme: Theme, renderer: Option<Renderer>) {
    let demo = monomi::packaged::program().and_then(|program| {
        let mut command = std::process::Command::new(program);
        command.args(["--demo", "--lang", language.tag(), "--theme", theme.as_str()]);
        if let Some(renderer) = renderer {
            command.args(["--renderer", renderer.as_str()]);
        }
        command.spawn()
    });
    if let Err(error) = demo {
        tracing::warn!(%error, "the demo did not start");
    }
}
