//! `monomi site`: what is known of the sites, and when somebody works at one. A running window takes a change over at once.

use std::io;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::console::{CliError, Console, table, value_of};
use super::site_time::{minutes_of, moment_at, now, shown};
use super::{Access, Exit};
use crate::store::Profile;
use device::{PlannedWork, Registry, Site, SiteDraft, SiteField, WorkPlan};

/// What is known of each site, and planned work: nobody is called meanwhile, and a running Monomi takes it over at once
#[derive(Args, Clone, Debug)]
pub struct SiteArgs {
    #[command(subcommand)]
    action: SiteAction,
}

#[derive(Subcommand, Clone, Debug)]
enum SiteAction {
    /// Print every site with what is known of it
    List {
        /// Print one JSON array of objects
        #[arg(long)]
        json: bool,
    },
    /// Change what is known of a site; '' takes a text away
    Edit(EditArgs),
    /// Plan work at a site, or end it; without an option, print what is planned
    Maintenance(WorkArgs),
}

#[derive(Args, Clone, Debug)]
struct EditArgs {
    /// Name of the site
    #[arg(value_name = "NAME")]
    site: String,
    /// What others have to know, shown where the site is down
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Whom to call
    #[arg(long, value_name = "TEXT")]
    contact: Option<String>,
    /// Page of the network provider or the building (https:// or http://), opened by a click
    #[arg(long, value_name = "ADDRESS")]
    page: Option<String>,
    /// The same as a feed (Atom, RSS or JSON Feed, https:// alone), read each 5 minutes at most while the site is down
    #[arg(long, value_name = "ADDRESS")]
    feed: Option<String>,
}

#[derive(Args, Clone, Debug)]
struct WorkArgs {
    /// Name of the site
    #[arg(value_name = "NAME")]
    site: String,
    /// Begin, as '2026-12-01 22:00' or 22:00
    #[arg(long, value_name = "TIME", requires = "to", conflicts_with_all = ["span", "weekly", "end", "remove"])]
    from: Option<String>,
    /// End, as '2026-12-02 05:00' or 05:00
    #[arg(long, value_name = "TIME", requires = "from")]
    to: Option<String>,
    /// Now, for so long, as 2h, 90m or 1h30m
    #[arg(long = "for", value_name = "SPAN", conflicts_with_all = ["weekly", "end", "remove"])]
    span: Option<String>,
    /// Each week, as 'sat,sun 22:00-07:00'
    #[arg(long, value_name = "HOURS", conflicts_with_all = ["end", "remove"])]
    weekly: Option<String>,
    /// What has begun is done
    #[arg(long, conflicts_with = "remove")]
    end: bool,
    /// Remove the entry with this number, as they are printed
    #[arg(long, value_name = "N")]
    remove: Option<usize>,
}

/// Runs one of the site commands.
#[must_use]
pub fn run(args: &SiteArgs, profile: impl FnOnce(Access) -> Result<Profile, String>) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    let access = match &args.action {
        SiteAction::List { .. } => Access::Read,
        SiteAction::Maintenance(args) if args.changes_nothing() => Access::Read,
        SiteAction::Edit(_) | SiteAction::Maintenance(_) => Access::Change,
    };
    let done = profile(access)
        .map_err(CliError::Failed)
        .and_then(|profile| act(&args.action, &profile, &mut console));
    console.end(done)
}

fn act(action: &SiteAction, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let registry = value_of(profile.load_registry(), console)?;
    match action {
        SiteAction::List { json } => list(*json, &registry, console),
        SiteAction::Edit(args) => {
            let before = find(&registry, &args.site)?;
            let about = args.draft(before).parse(&before.about).map_err(complaints)?;
            let after = Site {
                about,
                ..before.clone()
            };
            change(profile, move |registry| registry.edit_site(before, &after))
        }
        SiteAction::Maintenance(args) => maintenance(args, &registry, profile, console),
    }
}

fn change(
    profile: &Profile,
    edit: impl FnOnce(&mut Registry) -> Result<(), device::RegistryError>,
) -> Result<(), CliError> {
    let changed = profile.update_registry(edit)?;
    changed.map_err(|error| CliError::Failed(error.to_string()))
}

fn find<'a>(registry: &'a Registry, name: &str) -> Result<&'a Site, CliError> {
    registry.find_site_by_name(name).ok_or_else(|| {
        let sites: Vec<&str> = registry.sites.iter().map(|site| site.name.as_str()).collect();
        let text = format!("there is no site '{}'; there are: {}", name.trim(), sites.join(", "));
        CliError::Input(text)
    })
}

impl EditArgs {
    fn draft(&self, site: &Site) -> SiteDraft {
        let known = SiteDraft::of(&site.about);
        SiteDraft {
            note: self.note.clone().unwrap_or(known.note),
            contact: self.contact.clone().unwrap_or(known.contact),
            page: self.page.clone().unwrap_or(known.page),
            feed: self.feed.clone().unwrap_or(known.feed),
        }
    }
}

fn complaints(wrong: Vec<(SiteField, device::SiteProblem)>) -> CliError {
    let lines = wrong.into_iter().map(|(field, problem)| {
        let option = match field {
            SiteField::Note => "--note",
            SiteField::Contact => "--contact",
            SiteField::Page => "--page",
            SiteField::Feed => "--feed",
        };
        format!("{option}: {problem}")
    });
    CliError::Input(lines.collect::<Vec<_>>().join("\n"))
}

impl WorkArgs {
    fn changes_nothing(&self) -> bool {
        let is_any = self.from.is_some() || self.span.is_some() || self.weekly.is_some();
        !is_any && !self.end && self.remove.is_none()
    }

    /// The plan of a site with what is asked for.
    fn plan(&self, plan: &WorkPlan) -> Result<WorkPlan, CliError> {
        let at = now();
        let input = |option: &str, text: &str| CliError::Input(format!("{option}: {text}"));
        if self.end {
            return Ok(plan.done(at));
        }
        if let Some(number) = self.remove {
            let work = number.checked_sub(1).and_then(|index| plan.iter().nth(index));
            let work = work.ok_or_else(|| input("--remove", "there is no entry with this number"))?;
            return Ok(plan.without(work));
        }
        let (option, changed) = match (&self.span, &self.weekly, &self.from, &self.to) {
            (Some(span), ..) => {
                let minutes = minutes_of(span).ok_or_else(|| input("--for", "is not of the form 2h, 90m or 1h30m"))?;
                ("--for", plan.with_work_for(minutes, at))
            }
            (_, Some(weekly), ..) => {
                let work = PlannedWork::read_weekly(weekly);
                let work = work.ok_or_else(|| input("--weekly", "is not of the form sat,sun 22:00-07:00"))?;
                ("--weekly", plan.with(work, at))
            }
            (.., Some(from), Some(to)) => {
                let form = "is not of the form '2026-12-01 22:00' or 22:00";
                let from = moment_at(from, at.unix - 60).ok_or_else(|| input("--from", form))?;
                let to = moment_at(to, from + 1).ok_or_else(|| input("--to", form))?;
                let work = PlannedWork::once(from, to).and_then(|work| plan.with(work, at));
                ("--to", work)
            }
            _ => return Ok(plan.clone()),
        };
        changed.map_err(|problem| input(option, &problem.to_string()))
    }
}

fn maintenance(
    args: &WorkArgs,
    registry: &Registry,
    profile: &Profile,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    let before = find(registry, &args.site)?;
    let mut after = before.clone();
    if !args.changes_nothing() {
        after.about.work = args.plan(&before.about.work)?;
        let kept = after.clone();
        change(profile, move |registry| registry.edit_site(before, &kept))?;
    }
    console.print(&told(&after))
}

/// The plan of a site, with the numbers of its entries and what counts now.
fn told(site: &Site) -> String {
    let mut rows = Vec::new();
    for (number, work) in (1..).zip(site.about.work.iter()) {
        rows.push(vec![format!("{number}"), in_words(work)]);
    }
    let state = match site.about.work.current(now()) {
        Some(span) => format!("planned work until {}\n", shown(span.to)),
        None => "no planned work now\n".to_owned(),
    };
    table(&rows) + &state
}

fn in_words(work: &PlannedWork) -> String {
    match work {
        PlannedWork::Once(span) => format!("{} - {}", shown(span.from), shown(span.to)),
        PlannedWork::Done(span) => format!("ended at {}, until {}", shown(span.from), shown(span.to)),
        PlannedWork::Weekly { .. } | PlannedWork::Unknown(_) => work.to_string(),
    }
}

fn list(json: bool, registry: &Registry, console: &mut Console<'_>) -> Result<(), CliError> {
    if json {
        let all = registry.sites.iter().map(|site| as_value(site, registry));
        return console.print(&format!("{:#}\n", Value::Array(all.collect())));
    }
    let row = |site: &Site| {
        let about = &site.about;
        let work = about.work.current(now()).map(|span| shown(span.to)).unwrap_or_default();
        let page = about.page.as_ref().map(ToString::to_string).unwrap_or_default();
        let devices = registry.devices_of(site.id).count().to_string();
        vec![site.name.clone(), devices, work, about.contact.clone(), page]
    };
    let head = ["NAME", "DEVICES", "WORK UNTIL", "CONTACT", "PAGE"].map(str::to_owned);
    let rows: Vec<Vec<String>> = std::iter::once(head.to_vec())
        .chain(registry.sites.iter().map(row))
        .collect();
    console.print(&table(&rows))
}

fn as_value(site: &Site, registry: &Registry) -> Value {
    let about = &site.about;
    let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    json!({
        "id": site.id.to_string(),
        "name": site.name,
        "devices": registry.devices_of(site.id).count(),
        "note": said(&about.note),
        "contact": said(&about.contact),
        "page": about.page.as_ref().map(ToString::to_string),
        "feed": about.feed.as_ref().map(ToString::to_string),
        "planned_work": about.work.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "planned_work_until": about.work.current(now()).map(|span| shown(span.to)),
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use device::{SiteId, WorkSpan};

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: SiteArgs,
    }

    fn run(profile: &Profile, args: &[&str]) -> (Exit, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let cli = Cli::try_parse_from(std::iter::once(&"site").chain(args)).unwrap();
        let mut console = Console {
            input: &mut io::empty(),
            out: &mut out,
            complaints: &mut err,
        };
        let done = act(&cli.args.action, profile, &mut console);
        let exit = console.end(done);
        (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    fn profile() -> (tempfile::TempDir, Profile) {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap().without_keyring();
        let site = Site::new(SiteId(1), "大阪".to_owned());
        profile
            .update_registry(|registry| registry.save_site(site))
            .unwrap()
            .unwrap();
        (dir, profile)
    }

    fn span(profile: &Profile) -> Option<WorkSpan> {
        profile.load_registry().value.sites[0].about.work.current(now())
    }

    #[test]
    fn work_begins_now_is_planned_for_later_and_ends() {
        let (_dir, profile) = profile();
        let (exit, out, err) = run(&profile, &["maintenance", "大阪", "--for", "1h30m"]);
        assert_eq!((exit, err.as_str()), (Exit::Done, ""));
        assert!(out.contains("planned work until"), "{out}");
        let begun = span(&profile).unwrap();
        assert_eq!(begun.to - begun.from, 5_400);
        let (_, out, _) = run(&profile, &["maintenance", "大阪", "--end"]);
        assert!(out.contains("no planned work now"), "{out}");
        assert_eq!(span(&profile), None);
        let later = [
            "maintenance",
            "大阪",
            "--from",
            "2999-01-01 22:00",
            "--to",
            "2999-01-02 05:00",
        ];
        assert_eq!(run(&profile, &later).0, Exit::Done);
        assert_eq!(
            run(&profile, &["maintenance", "大阪", "--weekly", "sat,sun 22:00-07:00"]).0,
            Exit::Done
        );
        let (_, out, _) = run(&profile, &["maintenance", "大阪"]);
        assert!(
            out.contains("2999-01-01 22:00") && out.contains("weekly sat,sun 22:00-07:00"),
            "{out}"
        );
        let count = profile.load_registry().value.sites[0].about.work.iter().count();
        assert_eq!(run(&profile, &["maintenance", "大阪", "--remove", "1"]).0, Exit::Done);
        assert_eq!(
            profile.load_registry().value.sites[0].about.work.iter().count(),
            count - 1
        );
    }

    #[test]
    fn what_cannot_be_planned_is_said_where_it_was_typed_and_changes_nothing() {
        let (_dir, profile) = profile();
        for (args, complaint) in [
            (&["--for", "soon"][..], "--for: is not of the form"),
            (&["--for", "1000h"][..], "--for: planned work is 31 days long at most"),
            (&["--weekly", "noday 1:00-2:00"][..], "--weekly: is not of the form"),
            (
                &["--from", "2020-01-01 1:00", "--to", "2020-01-01 2:00"][..],
                "--to: it is over already",
            ),
            (
                &["--from", "2999-01-02 1:00", "--to", "2999-01-01 2:00"][..],
                "--to: the end is not after the begin",
            ),
            (&["--from", "x", "--to", "5:00"][..], "--from: is not of the form"),
            (&["--remove", "1"][..], "--remove: there is no entry"),
        ] {
            let args: Vec<&str> = ["maintenance", "大阪"].iter().chain(args).copied().collect();
            let (exit, _, err) = run(&profile, &args);
            assert!(exit == Exit::BadInput && err.contains(complaint), "{args:?}: {err}");
        }
        let (exit, _, err) = run(&profile, &["maintenance", "神戸", "--end"]);
        assert!(exit == Exit::BadInput && err.contains("大阪"), "{err}");
        assert!(profile.load_registry().value.sites[0].about.work.is_empty());
    }

    #[test]
    fn what_is_known_of_a_site_is_edited_and_listed_field_by_field() {
        let (_dir, profile) = profile();
        let contact = [
            "edit",
            "大阪",
            "--contact",
            "山田 06-1234-5678",
            "--page",
            "https://status.example.jp/",
        ];
        assert_eq!(run(&profile, &contact), (Exit::Done, String::new(), String::new()));
        assert_eq!(run(&profile, &["edit", "大阪", "--note", "鍵は 1 階"]).0, Exit::Done);
        let (_, list, _) = run(&profile, &["list"]);
        assert!(
            list.contains("山田 06-1234-5678") && list.contains("https://status.example.jp/"),
            "{list}"
        );
        let json: Value = serde_json::from_str(&run(&profile, &["list", "--json"]).1).unwrap();
        assert_eq!(
            (&json[0]["note"], &json[0]["feed"]),
            (&json!("鍵は 1 階"), &Value::Null)
        );
        let (exit, _, err) = run(&profile, &["edit", "大阪", "--page", "ftp://x", "--feed", "http://x/"]);
        assert_eq!(exit, Exit::BadInput);
        assert!(
            err.contains("--page: the address must begin") && err.contains("--feed: a feed is read over"),
            "{err}"
        );
        assert_eq!(run(&profile, &["edit", "大阪", "--contact", ""]).0, Exit::Done);
        let about = &profile.load_registry().value.sites[0].about;
        assert!(about.contact.is_empty() && about.page.is_some());
    }
}
