//! One change of several devices: what a person typed for all of them, what it makes of each, and what differs.

use std::fmt;

use super::{
    BrandId, Brands, Carrier, Device, DeviceEdit, DeviceId, Draft, DraftError, DraftRoad, Field, MediaTransport,
    PasswordEdit, Paths, Problem, Registry,
};

/// What is typed for several devices at once. `None` leaves a field as each device has it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BulkDraft {
    pub site: Option<String>,
    /// For one device alone, because names are unique within a site.
    pub name: Option<String>,
    pub paths: Option<BulkPaths>,
    pub host: Option<String>,
    pub port: Option<String>,
    /// Its other addresses, as [`super::Road`] writes them; an empty text is none.
    pub roads: Option<Vec<String>>,
    pub carrier: Option<Carrier>,
    pub transport: Option<MediaTransport>,
    pub user: Option<String>,
    /// `None` and [`PasswordEdit::Keep`] mean the same.
    pub password: Option<PasswordEdit>,
    /// How many channels, in digits.
    pub channels: Option<String>,
    pub enabled: Option<bool>,
}

/// The paths of all devices of a [`BulkDraft`].
#[derive(Clone, PartialEq, Eq)]
pub enum BulkPaths {
    Brand(BrandId),
    /// Own paths; without `sub` the main stream serves both.
    Own {
        main: String,
        sub: String,
    },
}

/// What a [`BulkDraft`] makes of the devices it is for, ready to be saved in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BulkPlan {
    /// Of the devices that change, in the order of the registry.
    pub edits: Vec<DeviceEdit>,
    /// The same devices as they are registered now.
    before: Vec<(Device, String)>,
    /// How many devices stay as they are.
    pub unchanged: usize,
}

/// A device for which a [`BulkDraft`] has errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkError {
    /// What the device is called, with its site where another site has one of that name.
    pub device: String,
    pub errors: Vec<DraftError>,
}

/// What a bulk edit changes of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkField {
    Site,
    Name,
    Paths,
    Host,
    Port,
    Roads,
    Carrier,
    Transport,
    User,
    Password,
    Channels,
    Enabled,
}

/// One field that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkChange {
    pub field: BulkField,
    /// The different texts that it has now and will have, as the command line writes them. Of a password there is none before, and
    /// `set` or `none` after.
    pub before: Vec<String>,
    pub after: Vec<String>,
    /// How many devices it changes for.
    pub devices: usize,
}

impl BulkDraft {
    /// Whether nothing is typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What this makes of the devices `ids`, or all errors. A port that is the usual one of a device's brand and carrier follows them
    /// where none is typed.
    pub fn plan(&self, registry: &Registry, brands: &Brands, ids: &[DeviceId]) -> Result<BulkPlan, Vec<BulkError>> {
        let mut plan = BulkPlan::default();
        let mut errors = Vec::new();
        // Each device is held against those before it: two of one name may be moved to the same site.
        let mut after = registry.clone();
        for device in registry.devices.iter().filter(|device| ids.contains(&device.id)) {
            let wrong = |errors| BulkError {
                device: registry.label_of(device).into_owned(),
                errors,
            };
            let edit = self.on(device, registry, brands).parse(&after, brands, Some(device.id));
            match edit {
                Ok(edit) if edit.device == *device && edit.password == PasswordEdit::Keep => plan.unchanged += 1,
                Ok(edit) => {
                    if after.save(edit.clone()).is_err() {
                        let (field, problem) = (Field::Name, Problem::Duplicate);
                        errors.push(wrong(vec![DraftError { field, problem }]));
                    }
                    plan.before.push((device.clone(), site_name(registry, device)));
                    plan.edits.push(edit);
                }
                Err(found) => errors.push(wrong(found)),
            }
        }
        if errors.is_empty() { Ok(plan) } else { Err(errors) }
    }

    fn on(&self, device: &Device, registry: &Registry, brands: &Brands) -> Draft {
        let mut draft = Draft::of(device, registry);
        let usual = draft.usual_port(brands);
        let typed = [
            (&self.site, &mut draft.site),
            (&self.name, &mut draft.name),
            (&self.host, &mut draft.host),
            (&self.user, &mut draft.user),
            (&self.channels, &mut draft.channels),
        ];
        for (typed, field) in typed {
            if let Some(typed) = typed {
                field.clone_from(typed);
            }
        }
        match &self.paths {
            None => {}
            Some(BulkPaths::Brand(brand)) => draft.brand = Some(brand.clone()),
            Some(BulkPaths::Own { main, sub }) => {
                draft.brand = None;
                draft.main_path.clone_from(main);
                draft.sub_path.clone_from(sub);
            }
        }
        draft.carrier = self.carrier.unwrap_or(draft.carrier);
        draft.transport = self.transport.unwrap_or(draft.transport);
        draft.enabled = self.enabled.unwrap_or(draft.enabled);
        draft.password = match &self.password {
            // There is nothing to be forgotten.
            Some(PasswordEdit::Clear) if device.password_revision == 0 => PasswordEdit::Keep,
            password => password.clone().unwrap_or_default(),
        };
        match &self.port {
            Some(port) => draft.port.clone_from(port),
            None if draft.port == usual.to_string() => draft.port = draft.usual_port(brands).to_string(),
            None => {}
        }
        if let Some(roads) = &self.roads {
            draft.roads = roads.iter().map(|text| DraftRoad::read(text, &draft.port)).collect();
        }
        draft
    }
}

impl Draft {
    /// The port that a device of this brand and carrier has where nobody typed another.
    #[must_use]
    pub fn usual_port(&self, brands: &Brands) -> u16 {
        let of_brand = self.brand.as_ref().and_then(|brand| brands.get(brand));
        match of_brand.map(|brand| brand.port) {
            Some(port) if port != Self::RTSP_PORT => port,
            _ => self.carrier.default_port(),
        }
    }
}

impl BulkPlan {
    /// Each field that changes, in the order of the form.
    #[must_use]
    pub fn changes(&self) -> Vec<BulkChange> {
        let change = |field: BulkField| {
            let mut change = BulkChange {
                field,
                before: Vec::new(),
                after: Vec::new(),
                devices: 0,
            };
            for ((device, site), edit) in self.before.iter().zip(&self.edits) {
                let (was, is) = match (field, &edit.password) {
                    (BulkField::Password, PasswordEdit::Keep) => continue,
                    (BulkField::Password, PasswordEdit::Clear) => (None, "none".to_owned()),
                    (BulkField::Password, _) => (None, "set".to_owned()),
                    _ => (
                        Some(field.text(device, site)),
                        field.text(&edit.device, &edit.site.name),
                    ),
                };
                if was.as_ref() == Some(&is) {
                    continue;
                }
                change.devices += 1;
                for (texts, text) in [(&mut change.before, was), (&mut change.after, Some(is))] {
                    if let Some(text) = text.filter(|text| !texts.contains(text)) {
                        texts.push(text);
                    }
                }
            }
            (change.devices > 0).then_some(change)
        };
        BulkField::ALL.into_iter().filter_map(change).collect()
    }
}

impl BulkField {
    pub const ALL: [Self; 12] = [
        Self::Site,
        Self::Name,
        Self::Enabled,
        Self::Paths,
        Self::Host,
        Self::Port,
        Self::Roads,
        Self::Carrier,
        Self::Transport,
        Self::User,
        Self::Password,
        Self::Channels,
    ];

    fn text(self, device: &Device, site: &str) -> String {
        match self {
            Self::Site => site.to_owned(),
            Self::Name => device.name.clone(),
            Self::Paths => match &device.paths {
                Paths::Brand(brand) => brand.to_string(),
                Paths::Own { main, sub: None } => main.to_string(),
                Paths::Own { main, sub: Some(sub) } => format!("{main} {sub}"),
                Paths::Listed(listed) => listed
                    .first()
                    .map(|paths| format!("{} …", paths.main))
                    .unwrap_or_default(),
            },
            Self::Host => device.host.to_string(),
            Self::Port => device.port.to_string(),
            Self::Roads => {
                let roads: Vec<_> = device.roads.others.iter().map(ToString::to_string).collect();
                roads.join("; ")
            }
            Self::Carrier => match device.carrier {
                Carrier::Rtsp => "rtsp".to_owned(),
                Carrier::Rtsps => "rtsps".to_owned(),
            },
            Self::Transport => device.transport.as_str().to_owned(),
            Self::User => device.user.clone(),
            Self::Password => String::new(),
            Self::Channels => device.channels.len().to_string(),
            Self::Enabled => if device.enabled { "enabled" } else { "disabled" }.to_owned(),
        }
    }
}

/// In English, for the command line and the log.
impl fmt::Display for BulkField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Site => "site",
            Self::Name => "name",
            Self::Paths => "brand or paths",
            Self::Host => "host",
            Self::Port => "port",
            Self::Roads => "other addresses",
            Self::Carrier => "carrier",
            Self::Transport => "transport",
            Self::User => "user",
            Self::Password => "password",
            Self::Channels => "channels",
            Self::Enabled => "state",
        })
    }
}

fn site_name(registry: &Registry, device: &Device) -> String {
    registry
        .site(device.site)
        .map(|site| site.name.clone())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Brand, Password, SiteId, sample};

    fn brands() -> Brands {
        let brand = |id: &str, port| Brand {
            id: BrandId(id.to_owned()),
            names: vec![id.to_owned()],
            main: Some("/{ch}".parse().unwrap()),
            sub: None,
            port,
            notes: std::collections::BTreeMap::new(),
            events: None,
            playback: None,
        };
        Brands::new(vec![brand("hikvision", 554), brand("odd", 9554)])
    }

    /// `DVR1` of two sites, and `Gate` of the second one on another port.
    fn registry() -> Registry {
        let at = |site, device| Device {
            site: SiteId(site),
            ..device
        };
        let mut registry = sample::registry(&[
            sample::device(1, "DVR1", 4),
            at(2, sample::device(2, "DVR1", 4)),
            at(
                2,
                Device {
                    port: 8554,
                    ..sample::device(3, "Gate", 1)
                },
            ),
        ]);
        registry.sites.push(sample::site(SiteId(2), "Osaka"));
        registry
    }

    const ALL: [DeviceId; 3] = [DeviceId(1), DeviceId(2), DeviceId(3)];

    fn said(plan: &BulkPlan) -> Vec<String> {
        let one = |change: &BulkChange| {
            let (before, after) = (change.before.join(","), change.after.join(","));
            format!("{}: {before} -> {after} ({})", change.field, change.devices)
        };
        plan.changes().iter().map(one).collect()
    }

    #[test]
    fn what_is_not_typed_stays_and_the_rest_is_told_with_its_count() {
        let draft = BulkDraft {
            port: Some("554".to_owned()),
            user: Some("viewer".to_owned()),
            password: Some(PasswordEdit::Set(Password::new("s3cret"))),
            ..BulkDraft::default()
        };
        let registry = registry();
        let plan = draft.plan(&registry, &brands(), &ALL).unwrap();
        assert_eq!(
            said(&plan),
            ["port: 8554 -> 554 (1)", "user:  -> viewer (3)", "password:  -> set (3)"]
        );
        assert!(!format!("{plan:?}").contains("s3cret"));
        let mut after = registry.clone();
        plan.edits.iter().for_each(|edit| after.save(edit.clone()).unwrap());
        for (was, is) in registry.devices.iter().zip(&after.devices) {
            let expected = Device {
                port: 554,
                user: "viewer".to_owned(),
                password_revision: 1,
                ..was.clone()
            };
            assert_eq!(*is, expected);
        }
        let nothing = BulkDraft::default().plan(&registry, &brands(), &ALL).unwrap();
        assert_eq!((nothing.edits.len(), nothing.unchanged), (0, 3));
        let some = BulkDraft {
            port: Some("554".to_owned()),
            ..BulkDraft::default()
        };
        assert_eq!(some.plan(&registry, &brands(), &ALL).unwrap().unchanged, 2);
    }

    #[test]
    fn a_usual_port_follows_brand_and_carrier_and_another_one_does_not() {
        let to_odd = BulkDraft {
            paths: Some(BulkPaths::Brand(BrandId("odd".to_owned()))),
            ..BulkDraft::default()
        };
        let plan = to_odd.plan(&registry(), &brands(), &ALL).unwrap();
        assert_eq!(
            said(&plan),
            ["brand or paths: /{ch} -> odd (3)", "port: 554 -> 9554 (2)"]
        );
        let to_tls = BulkDraft {
            carrier: Some(Carrier::Rtsps),
            ..BulkDraft::default()
        };
        let plan = to_tls.plan(&registry(), &brands(), &ALL).unwrap();
        assert_eq!(said(&plan), ["port: 554 -> 322 (2)", "carrier: rtsp -> rtsps (3)"]);
    }

    #[test]
    fn an_error_names_its_device_and_two_of_one_name_do_not_fit_into_a_site() {
        let draft = BulkDraft {
            site: Some("Nagoya".to_owned()),
            ..BulkDraft::default()
        };
        let errors = draft.plan(&registry(), &brands(), &ALL).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].device, "Osaka/DVR1");
        assert_eq!(errors[0].errors[0].problem, Problem::Duplicate);
        let plan = draft.plan(&registry(), &brands(), &[DeviceId(2), DeviceId(3)]).unwrap();
        assert_eq!(said(&plan), ["site: Osaka -> Nagoya (2)"]);
        let mut after = registry();
        plan.edits.iter().for_each(|edit| after.save(edit.clone()).unwrap());
        assert_eq!(after.sites.len(), 3, "the new site is made once");
        let wrong = BulkDraft {
            port: Some("0".to_owned()),
            channels: Some("many".to_owned()),
            ..BulkDraft::default()
        };
        let errors = wrong.plan(&registry(), &brands(), &ALL).unwrap_err();
        assert_eq!((errors.len(), errors[0].errors.len()), (3, 2));
    }
}
