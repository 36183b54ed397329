//! The lines of the tree: those virtual DVRs, sites, devices and channels that are open or match the search.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::trouble::Trouble;
use device::{ChannelId, Device, DeviceId, Registry, SiteId, VirtualDvrId, VirtualDvrMember, search_form};
use wall::TreePane;

/// The thing that a line of the tree stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Site(SiteId),
    Device(DeviceId),
    Channel(ChannelId),
    Virtual(VirtualDvrId),
    /// A channel as a member of a virtual DVR.
    VirtualDvrMember(VirtualDvrId, ChannelId),
}

/// One line of the tree. `index` is its position in the registry that the lines were built from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TreeRow {
    pub node: Node,
    pub index: usize,
    pub open: bool,
}

impl TreeRow {
    /// Whether something may stand under the line.
    pub fn has_chevron(self) -> bool {
        !matches!(self.node, Node::Channel(_) | Node::VirtualDvrMember(..))
    }

    /// The site that the line stands under, or is.
    pub fn site(self, registry: &Registry) -> Option<SiteId> {
        match self.node {
            Node::Site(site) => Some(site),
            Node::Device(_) | Node::Channel(_) => Some(registry.devices.get(self.index)?.site),
            Node::Virtual(_) | Node::VirtualDvrMember(..) => None,
        }
    }
}

/// All channels below a node. A site leaves out its disabled devices; a virtual DVR leaves out members that are not
/// registered.
pub(super) fn channels_of(registry: &Registry, node: Node) -> Vec<ChannelId> {
    match node {
        Node::Site(site) => registry
            .devices_of(site)
            .filter(|device| device.enabled)
            .flat_map(Device::channel_ids)
            .collect(),
        Node::Device(device) => registry
            .device(device)
            .into_iter()
            .flat_map(Device::channel_ids)
            .collect(),
        Node::Channel(channel) => vec![channel],
        Node::Virtual(id) => {
            let members = registry.virtual_dvr(id).into_iter().flat_map(|dvr| &dvr.members);
            let channels = members.map(|member| member.channel);
            channels
                .filter(|channel| registry.device_of(*channel).is_some())
                .collect()
        }
        Node::VirtualDvrMember(_, channel) => registry.device_of(channel).map(|_| channel).into_iter().collect(),
    }
}

/// All channels below several nodes, each once.
pub(super) fn channels_of_all(registry: &Registry, nodes: &[Node]) -> Vec<ChannelId> {
    let mut seen = HashSet::new();
    let channels = nodes.iter().flat_map(|node| channels_of(registry, *node));
    channels.filter(|channel| seen.insert(*channel)).collect()
}

/// What has trouble, by all troubles of an engine state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InTrouble {
    pub devices: BTreeSet<DeviceId>,
    /// Those of their channels that are on screen.
    channels: BTreeSet<ChannelId>,
}

impl InTrouble {
    pub fn of(troubles: &[Trouble]) -> Self {
        Self {
            devices: troubles
                .iter()
                .flat_map(|trouble| trouble.devices.iter().copied())
                .collect(),
            channels: troubles
                .iter()
                .flat_map(|trouble| trouble.channels.iter().copied())
                .collect(),
        }
    }

    /// Whether this channel has trouble, or the device that it belongs to has and nothing more is known.
    fn has(&self, channel: ChannelId) -> bool {
        let numbered = |number| ChannelId { number, ..channel };
        let knows = || self.channels.range(numbered(0)..=numbered(u16::MAX)).next().is_some();
        self.channels.contains(&channel) || self.devices.contains(&channel.device) && !knows()
    }
}

/// The lines of the tree from top to bottom. A query leaves only what matches it, under its site and device; `only` leaves
/// what has trouble. Neither minds what is folded above the lines that it leaves.
pub(super) fn rows(registry: &Registry, query: &str, only: Option<&InTrouble>, pane: &TreePane) -> Vec<TreeRow> {
    let query = search_form(query.trim());
    let searching = !query.is_empty();
    let matches = |text: &str| search_form(text).contains(&query);
    let wanted = |channel: ChannelId| only.is_none_or(|only| only.has(channel));
    let mut by_site: HashMap<SiteId, Vec<usize>> = HashMap::new();
    for (index, device) in registry.devices.iter().enumerate() {
        by_site.entry(device.site).or_default().push(index);
    }
    let mut rows = Vec::new();
    for (index, dvr) in registry.virtual_dvrs.iter().enumerate() {
        let node = Node::Virtual(dvr.id);
        let found = |member: &VirtualDvrMember| {
            let own = registry.device_of(member.channel);
            let own = own.map(|device| device.channels[usize::from(member.channel.number) - 1].name.as_str());
            searching && (matches(&member.label) || own.is_some_and(&matches))
        };
        if only.is_some() && !dvr.members.iter().any(|member| wanted(member.channel)) {
            continue;
        }
        let itself = !searching || matches(&dvr.name);
        let all = itself && pane.open_virtual_dvrs.contains(&dvr.id);
        let members = dvr.members.iter().filter(|member| wanted(member.channel));
        let members: Vec<&VirtualDvrMember> = members.filter(|member| all || found(member)).collect();
        if !itself && members.is_empty() {
            continue;
        }
        let open = all || !members.is_empty();
        rows.push(TreeRow { node, index, open });
        rows.extend(members.into_iter().map(|member| TreeRow {
            node: Node::VirtualDvrMember(dvr.id, member.channel),
            index,
            open: false,
        }));
    }
    for (site_index, site) in registry.sites.iter().enumerate() {
        let site_matches = searching && matches(&site.name);
        let open = searching || only.is_some() || !pane.closed_sites.contains(&site.id);
        let site_row = TreeRow {
            node: Node::Site(site.id),
            index: site_index,
            open,
        };
        let before = rows.len();
        rows.push(site_row);
        for &index in by_site.get(&site.id).into_iter().flatten().filter(|_| open) {
            let device = &registry.devices[index];
            if only.is_some_and(|only| !only.devices.contains(&device.id)) {
                continue;
            }
            let device_matches = site_matches
                || searching
                    && (matches(&device.name)
                        || matches(&device.host.to_string())
                        || query.contains('/') && matches(&format!("{}/{}", site.name, device.name)));
            let found: Vec<ChannelId> = if searching {
                let named = |channel: &ChannelId| matches(&device.channels[usize::from(channel.number) - 1].name);
                device.channel_ids().filter(named).filter(|id| wanted(*id)).collect()
            } else {
                Vec::new()
            };
            if searching && !device_matches && found.is_empty() {
                continue;
            }
            let opened = pane.open_devices.contains(&device.id);
            let open = opened || !found.is_empty();
            rows.push(TreeRow {
                node: Node::Device(device.id),
                index,
                open,
            });
            let all = opened && (device_matches || !searching);
            let channels = if all {
                device.channel_ids().filter(|id| wanted(*id)).collect()
            } else {
                found
            };
            rows.extend(channels.into_iter().map(|channel| TreeRow {
                node: Node::Channel(channel),
                index,
                open: false,
            }));
        }
        let keeps_empty = only.is_none() && (!searching || site_matches);
        if !keeps_empty && rows.len() == before + 1 {
            rows.pop();
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::{VirtualDvr, sample};

    fn registry(devices: &[(u64, &str, &[&str])]) -> Registry {
        let device = |(id, (site, name, channels)): (usize, &(u64, &str, &[&str]))| Device {
            site: SiteId(*site),
            channels: sample::channels(channels),
            ..sample::device(id as u64, name, 1)
        };
        Registry {
            sites: vec![sample::site(SiteId(1), "本店"), sample::site(SiteId(2), "Warehouse")],
            devices: devices.iter().enumerate().map(device).collect(),
            ..Registry::default()
        }
    }

    /// The rows as text, two spaces for a device, four for a channel.
    fn said(registry: &Registry, query: &str, closed: &[u64], open: &[u64]) -> Vec<String> {
        let pane = TreePane {
            closed_sites: closed.iter().map(|id| SiteId(*id)).collect(),
            open_devices: open.iter().map(|id| DeviceId(*id)).collect(),
            ..TreePane::default()
        };
        said_of(registry, query, None, &pane)
    }

    fn said_of(registry: &Registry, query: &str, only: Option<&InTrouble>, pane: &TreePane) -> Vec<String> {
        let name = |row: &TreeRow| match row.node {
            Node::Site(_) => registry.sites[row.index].name.clone(),
            Node::Device(_) => format!("  {}", registry.devices[row.index].name),
            Node::Channel(channel) => format!("    {}", channel.number),
            Node::Virtual(_) => format!("*{}", registry.virtual_dvrs[row.index].name),
            Node::VirtualDvrMember(_, channel) => format!("  *{}/{}", channel.device.0, channel.number),
        };
        rows(registry, query, only, pane).iter().map(name).collect()
    }

    fn fleet() -> Registry {
        registry(&[
            (1, "Lobby DVR", &["入口", "Door"]),
            (2, "Gate", &["入口", ""]),
            (1, "DVR 7", &[""]),
        ])
    }

    #[test]
    fn sites_hold_their_devices_and_devices_open_on_demand() {
        assert_eq!(
            said(&fleet(), "", &[], &[]),
            ["本店", "  Lobby DVR", "  DVR 7", "Warehouse", "  Gate"]
        );
        assert_eq!(
            said(&fleet(), "", &[1], &[1]),
            ["本店", "Warehouse", "  Gate", "    1", "    2"]
        );
    }

    #[test]
    fn search_finds_sites_devices_and_channels_whatever_is_closed() {
        assert_eq!(
            said(&fleet(), "入口", &[1, 2], &[]),
            ["本店", "  Lobby DVR", "    1", "Warehouse", "  Gate", "    1"]
        );
        assert_eq!(said(&fleet(), "lobby", &[], &[]), ["本店", "  Lobby DVR"]);
        assert_eq!(
            said(&fleet(), "ＤＶＲ　７", &[], &[]),
            ["本店", "  DVR 7"],
            "full width"
        );
        let other = registry(&[(1, "ｶﾒﾗ ①", &["Ⅳ 階"])]);
        for query in ["カメラ 1", "ｶﾒﾗ", "IV", "ⅳ", "１９２．０．２"] {
            assert!(!said(&other, query, &[], &[]).is_empty(), "{query}");
        }
        assert_eq!(said(&fleet(), "warehouse", &[], &[]), ["Warehouse", "  Gate"]);
        assert_eq!(said(&fleet(), "warehouse/ga", &[], &[]), ["Warehouse", "  Gate"]);
        assert_eq!(said(&fleet(), "本店/DVR", &[], &[]), ["本店", "  DVR 7"]);
        assert!(said(&fleet(), "nothing", &[], &[]).is_empty());
    }

    #[test]
    fn a_node_stands_for_all_its_channels() {
        let fleet = fleet();
        assert_eq!(channels_of(&fleet, Node::Site(SiteId(1))).len(), 3);
        assert_eq!(channels_of(&fleet, Node::Device(DeviceId(1))).len(), 2);
        assert_eq!(channels_of(&fleet, Node::Device(DeviceId(99))), []);
    }

    fn with_virtual_dvr() -> Registry {
        let mut registry = fleet();
        let mut dvr = VirtualDvr {
            id: VirtualDvrId(1),
            name: "All gates".to_owned(),
            members: vec![],
            layout: String::new(),
        };
        let channel = |device, number| ChannelId {
            device: DeviceId(device),
            number,
        };
        dvr.add(&[channel(1, 1), channel(9, 3), channel(0, 2)], None);
        dvr.members[2].label = "Back entrance".to_owned();
        registry.virtual_dvrs.push(dvr);
        registry
    }

    #[test]
    fn a_virtual_dvr_stands_above_the_sites_and_stands_for_what_is_registered() {
        let registry = with_virtual_dvr();
        assert_eq!(said(&registry, "", &[1, 2], &[]), ["*All gates", "本店", "Warehouse"]);
        let opened = TreePane {
            open_virtual_dvrs: [VirtualDvrId(1)].into(),
            ..TreePane::default()
        };
        assert_eq!(rows(&registry, "", None, &opened).len(), 1 + 3 + 5);
        let gone = channels_of(&registry, Node::Virtual(VirtualDvrId(1)));
        assert_eq!(gone.len(), 2, "the device 9 is not registered");
        let nodes = [
            Node::Device(DeviceId(0)),
            Node::Virtual(VirtualDvrId(1)),
            Node::Virtual(VirtualDvrId(7)),
        ];
        assert_eq!(channels_of_all(&registry, &nodes).len(), 3, "none twice");
    }

    #[test]
    fn search_finds_virtual_dvrs_by_name_label_and_channel() {
        let registry = with_virtual_dvr();
        assert_eq!(said(&registry, "all", &[], &[]), ["*All gates"]);
        assert_eq!(said(&registry, "entrance", &[], &[]), ["*All gates", "  *0/2"]);
        let found = said(&registry, "入口", &[], &[]);
        assert_eq!(found[..2], ["*All gates", "  *1/1"]);
    }

    #[test]
    fn an_empty_registry_has_no_rows_but_empty_sites_stay() {
        assert!(rows(&Registry::default(), "", None, &TreePane::default()).is_empty());
        assert_eq!(said(&registry(&[]), "", &[], &[]), ["本店", "Warehouse"]);
    }

    #[test]
    fn only_trouble_leaves_what_has_it_whatever_is_folded_and_the_search_goes_on_within() {
        let registry = with_virtual_dvr();
        let channel = |device, number| ChannelId {
            device: DeviceId(device),
            number,
        };
        let only = InTrouble {
            devices: [DeviceId(1), DeviceId(2)].into(),
            channels: [channel(1, 2)].into(),
        };
        let pane = TreePane {
            closed_sites: [SiteId(1), SiteId(2)].into(),
            open_devices: [DeviceId(1), DeviceId(2)].into(),
            open_virtual_dvrs: [VirtualDvrId(1)].into(),
            ..TreePane::default()
        };
        assert_eq!(
            said_of(&registry, "", Some(&only), &pane),
            ["本店", "  DVR 7", "    1", "Warehouse", "  Gate", "    2"],
            "of what nobody watches, all; of the virtual DVR, nothing is concerned"
        );
        assert_eq!(
            said_of(&registry, "gate", Some(&only), &pane),
            ["Warehouse", "  Gate", "    2"]
        );
        assert!(said_of(&registry, "lobby", Some(&only), &pane).is_empty(), "it is well");
        assert!(said_of(&registry, "", Some(&InTrouble::default()), &pane).is_empty());
        let other = InTrouble {
            devices: [DeviceId(1)].into(),
            channels: [channel(1, 1)].into(),
        };
        assert_eq!(
            said_of(&registry, "", Some(&other), &pane)[..2],
            ["*All gates", "  *1/1"],
            "and of its members that one alone"
        );
    }
}
