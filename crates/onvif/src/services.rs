//! Where on its host a device has each service.

use super::address::web_target;
use super::envelope::Service;
use super::xml::XmlTree;

/// Path and query of each service that the device named. The host that it names is nobody's business.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServicePaths {
    media1: Option<String>,
    media2: Option<String>,
    ptz: Option<String>,
    imaging: Option<String>,
    events: Option<String>,
    search: Option<String>,
    replay: Option<String>,
}

impl ServicePaths {
    /// From the answer to GetServices.
    pub(crate) fn read_services(&mut self, tree: &XmlTree) {
        for service in tree.top().all("Service") {
            let (Some(namespace), Some(address)) = (service.text_of(&["Namespace"]), service.text_of(&["XAddr"]))
            else {
                continue;
            };
            let namespace = namespace.trim_end_matches('/');
            let named = [
                Service::Media1,
                Service::Media2,
                Service::Ptz,
                Service::Imaging,
                Service::Events,
                Service::Search,
                Service::Replay,
            ];
            if let Some(service) = named.into_iter().find(|service| service.namespace() == namespace) {
                self.add(service, web_target(address));
            }
        }
    }

    /// From the answer to GetCapabilities, which knows no second media service.
    pub(crate) fn read_capabilities(&mut self, tree: &XmlTree) {
        for (name, service) in [
            ("Media", Service::Media1),
            ("PTZ", Service::Ptz),
            ("Imaging", Service::Imaging),
            ("Events", Service::Events),
            ("Search", Service::Search),
            ("Replay", Service::Replay),
        ] {
            let named = tree.find(name).and_then(|found| web_target(found.text_of(&["XAddr"])?));
            self.add(service, named);
        }
    }

    pub(crate) fn path(&self, service: Service) -> Option<&str> {
        match service {
            // A subscription has an address of its own.
            Service::Device | Service::Subscription => None,
            Service::Media1 => self.media1.as_deref(),
            Service::Media2 => self.media2.as_deref(),
            Service::Ptz => self.ptz.as_deref(),
            Service::Imaging => self.imaging.as_deref(),
            Service::Events => self.events.as_deref(),
            Service::Search => self.search.as_deref(),
            Service::Replay => self.replay.as_deref(),
        }
    }

    pub(crate) fn has_media(&self) -> bool {
        self.media1.is_some() || self.media2.is_some()
    }

    /// The media service that is asked first: the second one knows H.265.
    pub(crate) fn media(&self) -> Service {
        match self.media2 {
            Some(_) => Service::Media2,
            None => Service::Media1,
        }
    }

    /// The first place that is named counts.
    fn add(&mut self, service: Service, path: Option<String>) {
        let place = match service {
            Service::Device | Service::Subscription => return,
            Service::Media1 => &mut self.media1,
            Service::Media2 => &mut self.media2,
            Service::Ptz => &mut self.ptz,
            Service::Imaging => &mut self.imaging,
            Service::Events => &mut self.events,
            Service::Search => &mut self.search,
            Service::Replay => &mut self.replay,
        };
        if place.is_none() {
            *place = path;
        }
    }
}
