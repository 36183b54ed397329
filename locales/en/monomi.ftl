### The words of Monomi in English, the source language. Every message stands in every language (a test holds that).
### Style: no full stop after a single sentence in a label, no title case, … where a button asks for more.

## Durations and lists

duration-seconds = { $seconds } s
duration-minutes = { $minutes } min { $seconds } s
duration-hours = { $hours } h { $minutes } min
duration-days = { $days } d { $hours } h
age-seconds = for { $seconds } s
age-minutes = for { $minutes } min
age-hours = for { $hours } h { $minutes } min
age-days = for { $days } d { $hours } h
list-separator = ,{" "}

## States of a tile (only the live one may say LIVE)

state-connecting = Connecting
state-live = LIVE
state-late = Late
state-awaiting-key-frame = Awaiting key frame
state-without-key-frames = No key frames
state-offline = Offline
state-waiting = Waiting its turn
state-refused = Not allowed
state-sign-in-failed = Sign-in failed
state-no-such-channel = No such channel
state-unsupported-codec = Unsupported video
state-too-large = Picture too large
state-idle = Not watched
state-failed-last = Not watched; failed last: { $what }
state-asked = Preparing
state-disabled = Switched off

channel-number = CH { $number }
channel-of-device = { $channel } · { $device }

connecting-resolve = Looking up the address
connecting-connect = Connecting to { $address }
connecting-sign-in = Signing in
connecting-open = Opening the stream
connecting-picture = Waiting for the first picture
awaiting-reply = Waiting for an answer to { $request }
since-when = { $what } ({ $age })

awaiting-key-frame = The picture is not whole: waiting for a key frame
awaiting-key-frame-next = Until it comes, the device sends only what changes
awaiting-key-frame-advice = If this takes long, set a shorter interval of key frames (I-frames) for this channel in the device.
without-key-frames = The device sends no key frames: nothing says whether the picture is whole
without-key-frames-advice = Choose a fixed interval of key frames (I-frames) for this channel in the device, and switch intra refresh off.

late-since = No new picture for { $age }
late-without-picture = No picture yet
late-next = Monomi reconnects if none comes
what-happened-before = Before that: { $reason }
next-try = Next try in { $wait }
next-try-unknown = Monomi tries again by itself
held-by-password = The password store is asked for the password
held-by-device = The device opens its channels one after another
held-by-site = The site’s limit of connection attempts is reached
held-by-outage = The site does not answer; one device is tried for all
held-by-no-network = This PC has no network; Monomi goes on when it is back
held-by-process = Other connections go first
refused-what = { $address } lies outside the internal network
refused-next = Monomi does not connect to it while “Internal network only” is on
password-store-next = Monomi asks it again only when you choose Retry now or change the password
certificate-next = Monomi does not connect until the new certificate is trusted
waits-for-change-next = Monomi tries again after Retry now, an edit, or a restart of the device that it announces
transport-silent-next = Monomi goes on listening and shows the picture as soon as it comes
too-large-next = Monomi stays connected and shows it as soon as its pictures are smaller
too-large-together-next = Monomi stays connected and shows it as soon as memory is free
sign-in-stopped = Monomi does not try again, so that the device does not lock the account
retry-now = Retry now

## The settings dialog

settings-title = Settings
settings-tab-general = General
settings-tab-network = Network
settings-tab-devices = Devices
dialog-close = Close

general-looks = Language and looks
general-language = Language
general-language-auto = As the system ({ $language })
general-theme = Theme
general-theme-system = As the system
general-theme-dark = Dark
general-theme-light = Light
general-captions = Captions on tiles
general-captions-small = Small
general-captions-medium = Medium
general-captions-large = Large
general-captions-hint = Automatic: Large on a 4K screen without scaling, else Small. Medium and Large grow with the tile, and the tree and the status bar with them. Large is read from 3 m on a wall of large screens
general-start = Start
general-start-at-login = Start Monomi when I sign in to this computer
general-start-fullscreen = Open in full screen
general-pictures = Pictures
general-automatic = Automatic
general-renderer = What paints the window
general-renderer-wgpu = Graphics card (wgpu)
general-renderer-glow = OpenGL (glow)
general-renderer-software = Without a graphics card
general-renderer-hint = Automatic takes the graphics card where there is a real one, and paints without one otherwise, which is lightest then. A window that is open keeps what it has; the next one that opens follows this choice.
general-decoder = What decodes video
general-decoder-hardware = Hardware
general-decoder-software = Software
general-decoder-hint = Hardware relieves the processor. Automatic goes back to software where the hardware makes errors.
general-figures = Show figures on the tiles
general-figures-hint = Codec, size, frames a second, bit rate, delay from arrival to painting, and drops, all as measured
general-snapshot-folder = Folder for snapshots
general-snapshot-folder-hint = Empty: the Pictures folder
general-snapshot-folder-relative = Enter the whole path of the folder, from the root
general-kiosk = Kiosk (monomi --kiosk)
general-kiosk-password = Password to leave it
general-kiosk-set = Set
general-kiosk-none = Not set
general-kiosk-set-hint = Without a menu and on the whole screen, Monomi ends or comes back to its window with this password alone.
general-kiosk-none-hint = Without a password the kiosk does not start.
general-kiosk-new = New password
general-kiosk-again = The same again
general-kiosk-differs = This is not the same password
general-kiosk-save = Set the password
general-kiosk-remove = Remove
general-updates = Newer version
general-update-address = Ask for it at
general-update-address-hint = An address of http:// or https:// that your dealer gives you. It is asked only when you press the button in Help → About Monomi. Empty: nobody is asked
general-update-address-wrong = Enter an address that begins with http:// or https://, without a user and a password
general-log = Event log
general-log-days = Days kept
general-log-size = MiB at most
general-log-hint = What is older goes, and of more the oldest; events of security go last.
general-passwords = Passwords
general-secrets = Kept in
general-secrets-keyring = The keyring of this computer
general-secrets-keyring-hint = The operating system guards the passwords; Monomi’s own files hold none.
general-secrets-file = An encrypted file in the profile
general-secrets-file-hint = This computer offers no keyring. Only your user can read the file’s key.

network-page-rules = Where and how often
network-page-sites = Sites now ({ $count })
network-where = Where Monomi may connect
network-internal-only = Internal network only
network-internal-only-on = On: Monomi connects only to private addresses (10.x.x.x, 172.16–31.x.x, 192.168.x.x), to this computer, to neighbours on the same cable (link-local), to private IPv6 addresses (ULA), and to the networks listed below. Anything else is refused before a single packet leaves, and its tile says so. This takes effect at once.
network-internal-only-not = It decides where Monomi may connect, never how often: the limits below hold either way.
network-excluded-none = No registered device is excluded
network-excluded = { $count ->
    [one] 1 device is excluded now
   *[other] { $count } devices are excluded now
}
network-excluded-device = { $name } ({ $host })
networks-title = More internal networks
networks-explanation = Networks of your own that count as internal, such as a VPN with public addresses. One network or address a line.
networks-line = Internal network { $number }
networks-remove = Remove internal network { $number }
networks-add = Add a network
networks-problem-address = Not an IP address. Write a network as 10.1.0.0/16, an address as 192.168.5.20
networks-problem-prefix = What follows the / must be a number from 0 to { $max }
networks-everything = This covers every address: the switch above then excludes nothing of this kind
networks-wide = This is wider than any private network: public addresses in it count as internal too
networks-public = This holds public addresses: they count as internal
network-sites-explanation = A site is what shares one router. When a site does not answer, one device is tried for all of it, so that the router is not flooded.
network-sites-none = No sites yet. They appear with the first device.
network-site-name = Site
network-site-state = State
network-site-live = Devices live
network-site-failed = Failed in 1 min
network-site-attempts = Tried in 1 min
network-site-half-open = Half-open
network-site-next = Next try
network-cell = { $title }: { $text }
network-site-failed-last = { $state }; failed last: { $devices }
network-of = { $part } / { $whole }
network-limits = Limits
network-checks = Devices that no tile shows
network-check-minutes = Ask whether they are there, every so many minutes (0: never)
network-checks-explanation = One connection with one small request, within the limits below and behind everything else. The answer counts in View → Health.
network-limits-explanation = You can lower them. The ceilings are part of the program: no setting and no file raises them.
limits-site-failed = Failures a minute, per site
limits-site-failed-hint = Ceiling { $ceiling }
limits-site-in-flight = Connects at once, per site
limits-process-in-flight = Connects at once, in all
limits-in-flight-hint = Ceiling { $ceiling }
limits-slow-sign-in = Try a refused sign-in again every 30 minutes
limits-slow-sign-in-hint = Off: only after the user or the password was changed. Recorders lock an account after too many wrong sign-ins.
site-state-up = Up
site-state-partial = Partly live
site-state-nothing-live = Nothing live
site-state-outage = No answer
site-state-no-network = No network

devices-view-devices = Devices ({ $count })
devices-view-sites = Sites ({ $count })
devices-list = Devices
devices-search = Search devices
devices-search-clear = Clear the search
devices-none-found = No device matches. The search looks at names, sites, addresses and brands.
devices-found = { $count } found; clear the search to reorder
devices-chosen = { $count } selected
devices-add = Add a device…
devices-edit = Edit…
devices-duplicate = Duplicate…
devices-delete = Delete
devices-enable = Enable
devices-disable = Disable
devices-up = Move up
devices-down = Move down
devices-enabled = { $name } enabled
devices-column-name = Name
devices-column-site = Site
devices-column-address = Address
devices-column-brand = Brand
devices-column-channels = Channels
devices-column-state = State
devices-removed-one = { $name } was deleted
devices-removed-many = { $count } devices were deleted: { $names }
devices-undo = Undo
devices-undo-dismiss = Dismiss
devices-empty-title = No devices yet
devices-empty-text = Add a recorder or a camera: its address, its brand and its sign-in are enough. Test shows the first picture before you save.
channels-live = { $live } / { $channels } channels live
channels-idle = { $channels ->
    [one] 1 channel
   *[other] { $channels } channels
}, none on screen
channels-partly-watched = { $live } / { $channels } channels live, { $idle } not watched
device-state-partly = { $channels }, { $state }
sites-explanation = A site is what shares one router. Give the devices behind one router the same site: when it drops, Monomi tries one of them for all.
sites-name = Name of site { $name }
sites-devices = { $count ->
    [one] 1 device
   *[other] { $count } devices
}
sites-remove = Remove
sites-remove-not-empty = Only a site without devices can be removed

## The device editor

editor-title-new = Add a device
editor-title-edit = Edit { $name }
editor-device = Device
editor-site = Site
editor-site-default = Default
editor-site-hint = Devices behind one router share a site
editor-site-new = A new site of this name is made
editor-site-choose = Choose
editor-name = Name
editor-enabled = Enabled
editor-enabled-hint = A device that is switched off is never connected to
editor-address = Address
editor-host = Host name or address
editor-host-hint = A whole rtsp:// address pasted here is split into its fields
editor-host-split = The pasted address was split into its fields
editor-port = RTSP port
editor-carrier-rtsp = RTSP
editor-carrier-rtsps = RTSPS (encrypted)
editor-roads = Other addresses
editor-roads-hint = Used in this order while the address above does not answer, such as by VPN or from outside. Sign-in and paths stay the same, and Monomi goes back by itself
editor-road = Other address { $number }
editor-road-name = Name
editor-road-add = Add another address
editor-road-raise = Move up
editor-road-remove = Remove
editor-transport = Transport
editor-transport-automatic = Automatic
editor-transport-tcp = TCP
editor-transport-udp = UDP
editor-transport-multicast = Multicast
editor-events = Events
editor-events-automatic = Automatic
editor-events-off = Off
editor-events-onvif = ONVIF
editor-events-hikvision = Hikvision
editor-events-dahua = Dahua
editor-events-hint = How the device is asked for motion, alarm inputs and its own troubles, once its pictures come. Automatic: as its brand has it, if it was set up by ONVIF
editor-transport-hint = How pictures are carried. Automatic: TCP, and UDP where the device refuses TCP
editor-sign-in = Sign-in
editor-user = User
editor-password = Password
editor-password-hint = Empty: no password
editor-password-same = same password as { $device }
editor-password-not-copied = Without a password
editor-password-unchanged = unchanged
editor-password-removed = The stored password is removed when you save
editor-password-remove = Remove the stored password
editor-password-show = Show
editor-streams = Streams
editor-brand = Brand
editor-brand-hint = Choose the maker, or type the paths that the manual names
editor-brand-search = Search brands
editor-brand-none = No brand of this name. Choose own paths.
editor-own-paths = Own paths
editor-listed-paths = As the device told (ONVIF)
editor-main-path = Path, main stream
editor-path-hint = {"{ch}"} channel from 1, {"{ch0}"} from 0, {"{s}"} 1 main 2 sub, {"{ch*100+s}"} such as 101
editor-sub-path = Path, sub stream
editor-sub-path-hint = Empty: the main stream serves both
editor-channels = Channels
editor-channels-hint = 1 to { $max }
editor-channel-names = Channel names
editor-channel-names-hint = A channel without a name shows as its number
editor-channel = CH { $number }
editor-preview = Asks channel 1 for
editor-preview-main = Main stream
editor-preview-sub = Sub stream
editor-preview-none = Known when the path is complete
editor-save = Save
editor-cancel = Cancel
editor-unsaved = There are changes that are not saved
editor-keep-editing = Keep editing
editor-discard = Discard

bulk-title = Edit { $count } devices
bulk-explanation = What you change here is set for all of them. Fields without a tick stay as each device has them.
bulk-several = different values
bulk-password-hint = empty: no password
bulk-enabled = Switched on
bulk-disabled = Switched off
bulk-carrier = Protocol
bulk-preview = What changes
bulk-nothing = Nothing so far
bulk-change = { $field }: { $devices }
bulk-devices = { $count ->
    [one] 1 device
   *[other] { $count } devices
}
bulk-values = { $before } → { $after }
bulk-none = none
bulk-password-set = the one that is typed
bulk-password-removed = removed
bulk-unchanged = { $count ->
    [one] 1 device stays as it is
   *[other] { $count } devices stay as they are
}
bulk-error = { $device }, { $field }: { $problem }
bulk-more-errors = The same or the like for { $count } more
names-and-more = { $names } and { $count } more

removal-title = Remove { $count } devices?
removal-passwords = Their passwords go with them. Undo brings all of it back, until you remove something else or end Monomi.
removal-remove = Remove { $count }

problem-empty = Enter something here
problem-empty-site = Enter the name of the site
problem-empty-name = Enter a name
problem-empty-host = Enter the address or the host name of the device
problem-empty-path = Enter the path, or choose a brand
problem-too-long = Too long: { $max } characters at most
problem-control-character = This holds characters that cannot be seen, such as a line break or one that turns text around
problem-duplicate = Another device of this site has this name
problem-duplicate-site = Another site has this name
problem-not-a-number = Enter a number
problem-out-of-range = Enter a number from { $min } to { $max }
problem-unknown-brand = This brand is not known; choose another one
problem-bad-url = Not an address of the form rtsp://user:password@host:port/path
problem-not-in-name = “=” and “;” cannot be part of this name
problem-same-road = This address is entered twice
problem-too-many-roads = Up to { $most } other addresses can be entered
problem-not-encrypted = RTSPS does not encrypt UDP and multicast. Choose “Automatic” or “TCP”
problem-two-passwords = Holds two different passwords or tokens. Monomi keeps one for each device: leave out the one that the device does not ask for
problem-unclear-password = It cannot be told where the password in the path ends: write %2F for a / and %3F for a ? in it
problem-ambiguous = This address can be read in several ways. Choose the right one below, or write %40 for an @ and %2F for a / that belong to user, password or path
reading-with-user = Host { $host }, user { $user }
reading-without-user = Host { $host }, no user
reading-host-after = after @ number { $number }
reading-host-in-front = in front of the first /
problem-http-only = No RTSP path of this brand is known. Choose own paths and type those from the manual
problem-host-too-long = Too long: a host name has 253 characters at most
problem-host-space = There is a space in the host name
problem-host-character = “{ $character }” cannot stand in a host name
problem-host-label = A part between two dots is empty, too long, or begins or ends with “-”
problem-host-ipv4 = Not a complete IPv4 address: four numbers from 0 to 255, such as 192.168.0.20
problem-path-too-long = The path is too long
problem-path-brace = A brace is opened but not closed, or closed but not opened
problem-path-placeholder = { $name } is not known. Use {"{ch}"}, {"{ch0}"}, {"{ch:02}"}, {"{ch*100+s}"}, {"{s}"}, {"{s0}"}, {"{user}"} or {"{pass}"}
problem-path-url = Only the path after the host belongs here. Paste a whole address into the host field
problem-path-password = The path holds a password. Write {"{pass}"} in its place and enter the password above

test-title = Test
test-explanation = Connects once to channel 1, main stream, with what stands in the form. It goes through the same limits as everything else.
test-start = Test
test-again = Test again
test-cancel = Cancel the test
test-waiting = Waiting for its turn
test-waiting-until = Waiting for its turn: { $wait }
test-awaiting-reply = Waiting for the answer to { $request }
test-awaiting-picture = Waiting for the first picture
test-waited = Waited for its turn
test-took-seconds = { $s } s
test-took = { $ms } ms
test-step-now = now
test-step-failed-after = failed, { $took }
test-step-failed = failed
test-passed = The first picture came: { $codec }, { $width } × { $height }
test-picture = First picture of channel 1
test-failed-at = Failed at: { $step }
test-detail = The device says: “{ $detail }”
test-not-begun = Failed before the first step
test-not-asked = Not asked again
test-refused-before = The device refused this user and password at { $clock }
test-refused-before-advice = Change the user or the password, then test again. The same ones are asked about again after a minute at the earliest, because recorders lock an account after too many tries.
test-advice = What to do
test-stale = The form was changed since this test

step-resolve = Look up the address
step-connect = Connect
step-tls = Encrypt (TLS)
step-options = Greet (OPTIONS)
step-describe = Sign in (DESCRIBE)
step-setup = Agree on the transport (SETUP)
step-play = Start the stream (PLAY)
step-media = First picture

reason-refused = The device is there, but nothing listens on this port
reason-timeout-resolve = The name service does not answer
reason-timeout-connect = Nobody answers at this address
reason-public-silent = No answer at the public address { $address }
reason-timeout-media = No picture comes
reason-timeout-talk = The connection stands, but the device says nothing
reason-no-such-name = No address is known for this name
reason-unreachable = The network reports that there is no way to this address
reason-no-route = This PC has no way to this network
reason-password-store = Its password could not be read from the password store
reason-local = This computer could not start the attempt
reason-policy = The address lies outside the internal network
reason-auth = The device does not accept the user or the password
reason-limit = The device is full or busy
reason-limit-wait = The device is full or busy and asks to wait { $wait }
reason-broken-off = The stream broke off
reason-undecodable = Media arrives, but no picture can be made of it
reason-session-lost = The device no longer knows the session that it opened (454)
reason-transport-refused = The device refuses TCP, UDP and multicast for this stream
reason-transport-not-chosen = The device refuses the transport that was chosen for it
reason-transport-silent = The device says that it sends over UDP, but nothing arrives here
reason-transport-unopened = This computer cannot open the port, or join the multicast group, through which the device sends
reason-transport-encrypted = The device would send this stream over UDP only, which RTSPS does not encrypt
reason-answer = The device refused with “{ $answer }”
reason-protocol = What answers does not speak RTSP as expected
reason-http = A web server (HTTP) answers on this port, not RTSP
reason-tls = The encrypted connection (TLS) could not be made
reason-timeout-tls = The connection stands, but the device does not answer in TLS
reason-tls-hung-up = The device hung up when the encrypted connection (TLS) was begun
reason-tls-hangs-up = The device hangs up whenever TLS is begun: it probably speaks only old encryption
reason-tls-old = The device speaks only TLS 1.1 or older, which Monomi does not speak
reason-tls-no-cipher = The device speaks only old encryption (such as RSA key exchange)
reason-not-tls = The device answers on this port, but not in TLS
reason-tls-client-certificate = The device lets in only computers that show a certificate of their own
reason-tls-certificate = The key in the device’s certificate cannot be read or used
reason-tls-key = The device does not prove that the certificate which it shows is its own
reason-certificate-changed = The device shows another certificate than before
reason-no-such-channel = The device does not know this stream
reason-unsupported-codec = The stream holds no video that can be shown
reason-too-large = Pictures of { $width }×{ $height } pixels would take more memory than this PC can give one stream
reason-too-large-together = Pictures of { $width }×{ $height } pixels find no memory beside the other large streams

advice-refused = Check the RTSP port (usually 554) and that RTSP is switched on in the device’s network settings.
advice-resolve = Check the spelling of the host name, or enter the IP address instead.
advice-connect = Check the address, the device’s power and cable, and the port forwarding of its router.
advice-public-silent = The device itself may be up. Check the port forwarding of its router, and whether the router has another address by now.
advice-certificate-changed = If the device was replaced or updated, choose “Trust the new certificate” in the menu of its tile. If not, somebody may be in between: ask who runs the network.
advice-tls = Choose RTSP unless the device is set up for RTSPS, and check that the port is the one for RTSPS (usually 322).
advice-tls-unspoken = Update the device’s firmware. Until then choose RTSP (usually port 554), but only inside your own network or a VPN, for without TLS others can see the pictures.
advice-tls-hangs-up = Update the device’s firmware, and check that the port is the one for RTSPS (usually 322), for on others devices may hang up, too. Until then choose RTSP (usually port 554), but only inside your own network or a VPN, for without TLS others can see the pictures.
advice-not-tls = Choose RTSP instead of RTSPS for this port, or enter the device’s port for RTSPS (usually 322).
advice-tls-client-certificate = Switch client certificates (mutual TLS) off in the settings of the device: Monomi has none to show.
advice-tls-key = Restart the device. If it stays, somebody may be in between: ask who runs the network. Nothing was sent to it, your password neither.
advice-not-rtsp = Check the port: web pages (80, 443) and makers’ own ports (8000, 37777) speak no RTSP. If it is right, restart the device.
advice-undecodable = Set the channel to H.264, H.265 or MJPEG without extensions of its maker (such as H.264+ or Smart Codec); restart the device if it worked before.
advice-transport-refused = Allow RTSP over TCP (“interleaved”) or over UDP in the settings of the device, then try again.
advice-transport-not-chosen = Choose “Automatic” as the transport of this device, or allow the chosen one in the device itself.
advice-transport-silent = Let UDP from the device through the firewall of this computer and the routers on the way, or allow RTSP over TCP in the device.
advice-transport-unopened = Check that this computer is in a network that carries multicast and may receive it, or allow RTSP over TCP (“interleaved”) in the settings of the device.
advice-transport-encrypted = Allow RTSP over TCP (“interleaved”) in the settings of the device, or register it with RTSP inside its own network.
advice-answer = Monomi tries again by itself. If it goes on, restart the device or look into its log.
advice-no-picture = Check that a camera is connected to the channel and is shown on the recorder itself; then try again.
advice-no-route = Check this PC’s network cable, Wi-Fi or VPN.
advice-password-store = Unlock the password store of this computer and choose Retry now, or enter the password again.
advice-local = Monomi tries again by itself. If it stays, look at the log.
advice-policy = Add the network in the Network settings if it is yours, or switch “Internal network only” off.
advice-auth = Check user and password, and that the user may watch live pictures. Do not try many times: recorders lock the account.
advice-limit = Close other programs that watch this device, or raise its limit of connections; then try again.
advice-no-such-channel = Check the brand or the path, and that the device has this channel.
advice-unsupported-codec = Set the channel to H.264, H.265 or MJPEG in the device.
advice-too-large = Choose the sub stream for this tile, or set smaller pictures for this channel in the device.
advice-too-large-together = Show fewer large streams at once, choose the sub stream for this tile, or set smaller pictures for this channel in the device.

## The window: menus, tree, wall, status bar

app-name = Monomi
menu-file = File
menu-file-key = F
menu-view = View
menu-view-key = V
menu-help = Help
menu-help-key = H
menu-settings = Settings…
menu-add-device = Add a device…
menu-quit = Quit
menu-snapshot = Save a snapshot
menu-aspect = Picture shape
aspect-fit = Whole picture
aspect-fill = Fill the tile
aspect-stretch = Stretch to the tile
aspect-original = Original size
menu-stream = Stream
stream-automatic = Automatic
stream-main = Main stream
stream-sub = Sub stream
menu-enlarge = Enlarge
menu-zoom-reset = Zoom back to the whole picture
menu-layout = Layout
menu-alone = Show alone
menu-sound-on = Turn the sound on
menu-sound-off = Turn the sound off
menu-volume = Volume: { $percent } %
menu-all-tiles = Show all tiles
menu-previous-channel = Previous channel
menu-next-channel = Next channel
menu-previous-page = Previous page
menu-next-page = Next page
menu-clear-tile = Clear tile
menu-clear-page = Clear page
menu-clear-all = Clear all pages
menu-undo-change = Undo the change of the wall
cleared-pages = { $count ->
    [one] The page is empty now
   *[other] All { $count } pages are empty now
}
cleared-page = { $count ->
    [one] 1 channel was taken off the page
   *[other] { $count } channels were taken off the page
}
replaced-channels = { $count ->
    [one] 1 channel lost its place to another one
   *[other] { $count } channels lost their places to others
}
channels-on-new-page = { $count ->
    [one] This page was full: the channel is on page { $page }, which is new
   *[other] This page was full: the { $count } channels begin on page { $page }, which is new
}
menu-tree = Tree
menu-figures = Figures on tiles
menu-fullscreen = Full screen
menu-handbook = Handbook
menu-shortcuts = Shortcuts
menu-computer = How Monomi runs here
computer-title = How Monomi runs here
computer-hint = All of it is measured now. Copy it into a report: it names devices and holds no password.
computer-build = Version
computer-system = System
computer-system-is = { $system }, { $processors } processors
computer-painter = What paints the window
computer-painter-software = The processor, without a graphics card
computer-painter-wgpu = { $adapter } (wgpu, { $by })
computer-painter-gl = { $renderer } (OpenGL { $version })
computer-decoders = What decodes video
computer-decoders-none = nothing is decoded now
computer-decoder-hardware = { $element } (hardware)
computer-decoder-software = { $element } (software)
computer-processor = Processor time
computer-processor-is = { $percent } % of one core
computer-memory = Memory
computer-memory-is = { $mib } MiB, { $threads } threads
computer-not-measured = not measured yet
computer-stream = { $decoder }, { $codec } { $width }×{ $height }, { $fps } fps, { $rate } kbit/s
computer-stream-none = not decoded now
menu-report = Report a problem…
report-title = Report a problem
report-about = One zip file for whoever helps you: logs, settings and devices, without passwords. Nothing is sent: you see each file here, and save what you want to hand over.
report-pseudonyms = Replace names and addresses by pseudonyms (the same one for the same name in all files)
report-include = Include { $file }
report-size = { $kib } KiB
report-save = Save the report
report-saved = Saved
menu-about = About Monomi
menu-rename = Rename
menu-move-to-site = Move to site
menu-edit-device = Edit device…
menu-trust-certificate = Trust the new certificate
menu-show-here = Show on the wall
menu-enable = Switch on
menu-disable = Switch off
menu-road = Connect by
menu-road-automatic = Automatic, in this order
menu-remove-device = Remove device
page-of = { $page } / { $pages }
layout-even = { $tiles ->
    [one] 1 tile
   *[other] { $tiles } tiles
}
layout-mixed = { $name } tiles
layout-corridor = Corridor, { $tiles } tiles
layout-own = Own layout, { $tiles } tiles

tree = Sites and devices
tree-search = Search
tree-search-clear = Clear the search
tree-empty = No devices yet
tree-no-trouble = Nothing has trouble
tree-no-trouble-found = Nothing with trouble matches “{ $query }”
tree-trouble-only = Only what has trouble
tree-trouble-count = { $devices ->
    [0] No device has trouble
    [one] 1 device has trouble
   *[other] { $devices } devices have trouble
}
tree-new-name = New name of { $name }
tree-clash = Not moved: { $site } already has { $names }. Rename first (F2), then move
tree-nothing-found = Nothing found for “{ $query }”
tree-row-label = { $name }, { $state }
site-devices-live = { $live } / { $devices } devices live
site-devices-idle = { $devices ->
    [one] 1 device
   *[other] { $devices } devices
}, none on screen
site-devices-partly-watched = { $live } / { $devices } devices live, { $idle } not watched

tool-more = More
zoom-mark = Enlarged { $factor }×: only a part of the picture is shown. Click to show all of it (0)
single-back = { $tiles ->
    [one] Back to 1 tile (Esc)
   *[other] Back to { $tiles } tiles (Esc)
}
tile-label = Tile { $number }: { $name }, { $state }
tile-label-empty = Tile { $number }: empty
tile-empty-hint = Double-click a channel in the tree, or drag one here
disabled-what = { $device } is switched off
figures-rate = { $fps } fps  { $rate } kbit/s
figures-delay = delay { $ms } ms
figures-dropped = { $count } dropped

status-live = { $live } / { $total } tiles live
status-recorded = { $count ->
    [one] 1 tile plays a recording
   *[other] { $count } tiles play recordings
}
status-attempts = { $count ->
    [one] 1 connection attempt in the last minute
   *[other] { $count } connection attempts in the last minute
}
status-working = Saving or reading…
status-overload-sub = This PC is overloaded: sub streams only
status-overload-rate = This PC is overloaded: sub streams, fewer pictures a second
status-overload-hint = The selected tile is spared longest. Monomi takes everything back by itself when there is room again
status-internal-only = Internal network only

## What fails together: its panel over the tiles, and its line in the status bar

road-away = Pictures come by { $road } instead of { $preferred }
road-away-because = Pictures come by { $road }. { $preferred }: { $reason }
road-answers = Pictures come by { $road }. { $preferred } answers again
road-returns = Pictures go back from { $road } to { $preferred }
road-pinned = Reached by { $road } alone, as chosen in the menu of the device
road-tried = { $road } ({ $reason })
roads-tried = No address shows pictures: { $roads }

trouble-this-pc = This PC
trouble-all-sites = All { $count } sites
trouble-no-network = No network
trouble-no-network-next = Monomi goes on by itself when it is back
trouble-no-site-answers = No site answers
trouble-site-silent = Nothing answers at this site; one device is tried for all
trouble-site-advice = Check the site’s power, its router and its line.
trouble-silent = Nothing comes from the device any more
trouble-of-all = On every device: { $reason }
trouble-of-tried = One device is tried for all: { $reason }
trouble-next = next try in { $wait }
trouble-trying = trying now
trouble-unwatched = not on screen, tried last at { $clock }
trouble-tried = Tried { $clock }: { $result }
trouble-at-site = { $site } / { $name }
trouble-line = { $name }: { $what }
trouble-line-since = { $name }: { $what } { $age }
trouble-line-next = { $line }, next try { $wait }
trouble-line-trying = { $line }, trying now
trouble-line-unwatched = { $line }, tried last at { $clock }
trouble-more = + { $count } more
# The cause in two words: behind a name in the status bar, and as the answer to Retry now.
short-no-network = no network
short-late = late
short-refused = refused
short-no-name = name not found
short-no-answer = no answer
short-no-way = no way there
short-local = not started
short-password-store = no password
short-policy = not allowed
short-auth = sign-in failed
short-limit = busy
short-broken-off = broke off
short-protocol = wrong answer
short-http = a web server answers
short-undecodable = undecodable
short-tls = TLS failed
short-certificate = certificate changed
short-no-such-channel = no such channel
short-unsupported-codec = unsupported video
short-transport = no transport
short-too-large = picture too large

notice-more = { $count } more
notice-close = Close this notice
notice-undo = Undo
notice-file-set-aside = { $file } could not be used ({ $reason }). It stays as it is; changes are saved in { $beside }
notice-file-emptied = { $file } is empty: what stood in it is lost. Devices and views come back with File → Restore; passwords have to be entered again, and certificates confirmed
notice-file-kept = { $file }: { $reason }. Monomi goes on with what it knows, and takes the file as soon as it can be read as a whole
file-fault-gone = the file is gone or empty
file-fault-damaged = the file is damaged or just being written
file-fault-folder = a folder stands in its place
file-fault-no-file = it is no ordinary file
file-fault-too-large = the file is too large
file-fault-link = it is a link, and what it leads to is not there
file-fault-denied = no permission to read it
notice-file-warnings = { $file }: not understood and kept as it is: { $warnings }
notice-write-failed = { $file } could not be saved ({ $reason }). Nothing is lost while Monomi runs; it tries again
notice-secret-failed = The password of { $device } could not be stored or read ({ $reason })
notice-key-set-aside = secrets.key was damaged and is kept as { $aside }. Passwords that were stored before have to be entered again
notice-passwords-owed = A password that is not needed any more is still in the keyring, which is locked or away. Monomi removes it once the keyring opens
notice-edited-device-gone = A device was not changed, because another program has removed it meanwhile. It stays removed; add it again if it is to come back
notice-excluded = “Internal network only” excludes { $count ->
    [one] 1 device
   *[other] { $count } devices
}: { $devices }
notice-removed = { $count ->
    [one] Device removed
   *[other] { $count } devices removed
}: { $names }
notice-edited = { $count ->
    [one] Device edited
   *[other] { $count } devices edited
}: { $names }
note-snapshot-saved = Snapshot saved: { $path }
note-open-folder = Open folder
notice-folder-not-opened = The folder { $folder } could not be opened ({ $reason }). The snapshot is there; open the folder with a file manager
notice-handbook-not-opened = The handbook could not be opened ({ $reason }). Open the file { $file } with a web browser
kiosk-leave-title = Leave the kiosk
kiosk-quit-title = Quit Monomi
kiosk-leave = Leave
kiosk-quit = Quit
kiosk-password = Password of the kiosk
kiosk-hint = It was set in Settings → General.
kiosk-checking = Checking…
kiosk-wrong = This is not the password.
kiosk-wrong-wait = This is not the password. Next try in { $wait }
kiosk-empty = No devices yet
# Printed in the terminal; the command and the options stay as they are.
kiosk-no-password = --kiosk needs a password to leave it with, and none is set. Set it in Settings → General, or with: monomi settings set kiosk-password --stdin
cli-password-owed = the password of '{ $name }' is still in the keyring, which is locked or away; Monomi removes it as soon as it reaches the keyring
cli-head-name = NAME
cli-head-site = SITE
cli-head-host = HOST
cli-head-channels = CHANNELS
cli-head-brand = BRAND
cli-head-user = USER
cli-head-password = PASSWORD
cli-head-state = STATE
cli-head-names = NAMES
cli-head-port = PORT
cli-head-main-path = MAIN PATH
cli-head-copy = COPY
cli-head-when = WHEN
cli-head-devices = DEVICES
cli-head-views = VIEWS
cli-head-changes = CHANGES
cli-own-paths = own paths
cli-no-path = (none known)
cli-password-stored = stored
cli-password-none = none
cli-enabled = enabled
cli-disabled = disabled
cli-passwords-owed = { $count ->
    [one] the keyring still holds 1 password of a device that was removed or changed; Monomi removes it as soon as it reaches the keyring
   *[other] the keyring still holds { $count } passwords of devices that were removed or changed; Monomi removes them as soon as it reaches the keyring
}
cli-network-everything = { $network } is every { $kind } address: all of them count as internal, and internal-network-only excludes none of them
cli-network-wide = { $network } is wider than any private network: public addresses in it count as internal
cli-network-public = { $network } holds public addresses: they count as internal
cli-former-password-owed = the former password of '{ $name }' is still in the keyring, which is locked or away; Monomi removes it as soon as it reaches the keyring
cli-edited-device-gone = not changed, because another program has removed them meanwhile: { $names }. They stay removed; add them again if they are to come back
no-such-view = There is no view "{ $name }". There are: { $names }
no-such-view-none = There is no view "{ $name }": no view is saved yet
# The sign in the header of the one tile that is listened to; a click on it turns the sound off.
sound-playing = Sound on: turn off
sound-starting = Sound starts: turn off
sound-failed = No sound: turn off
sound-playing-at = Sound on, volume { $percent } %: turn off
sound-muted = Sound muted, volume 0 %: turn off
# Beside that sign, in the header of a small tile.
sound-muted-short = Muted
percent = { $percent } %
volume = Volume
notice-sound-none = { $device } sends no sound with this stream
notice-sound-unplayable = The sound of { $device } is { $codec }, which cannot be played here. G.711 and AAC can: the recorder's audio settings may offer them
notice-sound-refused = { $device } did not hand out its sound
notice-sound-no-device = No sound: this computer has no audio output that works
notice-sound-no-plugin = No sound: GStreamer cannot reach the audio output. Install one of: { $packages }
notice-sound-no-output = No sound: the audio output fails ({ $reason })
notice-sound-broken = The sound of { $device } cannot be played ({ $reason })
notice-without-key-frames = { $device } sends no key frames, so nothing says whether its pictures are whole. Choose a fixed interval of key frames (I-frames) in the device, and switch intra refresh off
notice-snapshot-no-picture = No snapshot: { $device } shows no live picture on this channel
notice-snapshot-no-folder = No snapshot: this PC has no Pictures folder. Choose a folder in Settings → General
notice-snapshot-failed = The snapshot of { $device } could not be saved ({ $reason }). Another folder can be chosen in Settings → General
notice-no-video = No picture can be shown: { $reason }
notice-virtual-dvr-removed = Virtual DVR removed: { $name }. Its channels stay where they are registered
notice-work-not-planned = Nothing was planned at { $site }: { $why }
monitor = { $number } ({ $name })
notice-no-such-monitor = There is no monitor { $number } (--monitor). There are: { $monitors }. The window is on monitor { $here }
notice-no-such-monitor-stays = There is no monitor { $number } (--monitor). There are: { $monitors }. The window stays where the desktop put it
notice-renderer = { $wanted } could not draw the window ({ $reason }); Monomi draws it another way

empty-title = Watch your first recorder
empty-text = Add a device or camera: the channels of the first one appear here, later ones are shown from the tree
empty-awaited-title = The registered devices cannot be read just now
empty-awaited-text = They are shown as soon as their file can be read; the places on the wall are kept for them
empty-demo = Try the demo
empty-demo-hint = Starts a recorder with moving pictures inside this PC; nothing leaves it


about-version = Version { $version }
about-build = Commit { $commit } of { $date }, for { $target }
about-build-undated = Commit { $commit }, for { $target }
about-build-unknown = Built without a known commit, for { $target }
about-copy = Copy
about-copy-hint = Copies version and build, for a report
update-check = Check for a newer version
update-asks = Asks { $server } when you press it, and never by itself.
update-no-address = Nobody is named who could be asked. Enter the address that your dealer gives you in Settings → General → Newer version.
update-open-settings = Open the settings
update-waiting = Waits for its turn to ask { $server } …
update-asking = Asks { $server } …
update-newest = This is the newest version that { $server } knows.
update-newer = Version { $version } is there.
update-open-page = Open its page
update-copy-page = Copy the address
update-policy = Internal network only forbids { $server } ({ $address }), so that nothing was asked. Switch it off in Settings → Network for the moment, or enter an address in your own network.
update-no-turn = { $server } was not asked: the network is away, or many connections fail just now. Try again when the recorders are live.
update-no-such-name = The name { $server } has no address, or the name server does not answer. Check the address in Settings → General, and whether this computer may reach the internet.
update-no-way = There is no way from this computer to { $server }. Check whether it may reach the internet.
update-refused = { $server } refuses the connection. Check the address and the port in Settings → General.
update-silent = { $server } does not answer. Check the address in Settings → General, or try again later.
update-untrusted = The certificate of { $server } is not to be trusted, so that nothing was asked. Check the clock of this computer, and whether something between reads along; else ask whoever gave you the address.
update-broken = The connection to { $server } broke before it had answered. Try again later.
update-status = { $server } has no version there: it answers with status { $status }. Check the address in Settings → General.
update-moved = { $server } says that the version is at { $to } now. Enter that in Settings → General if you trust it.
update-not-understood = What { $server } answers is no version. Check the address in Settings → General.
update-failed-next = Monomi does not ask again by itself.
about-licences = Licences of everything inside
about-licences-hint = The texts stand in the language in which they were given.
about-licences-back = Back
about-purpose = A calm live-video client for DVRs and NVRs
about-licence = MIT OR Apache-2.0
about-font = Fonts: M PLUS 1 and BIZ UDPGothic, SIL Open Font License 1.1

shortcuts = Shortcuts
shortcut-help = This page
shortcut-fullscreen = Full screen and back
shortcut-tree = Show or hide the tree
shortcut-figures = Figures on tiles
shortcut-layouts = Choose a layout
shortcut-more-layouts = Choose 12, 20, 48, 1+9, 2+8 or a corridor layout
key-arrows = Arrow keys
shortcut-arrows = Move the selection
shortcut-enter = Show the selected tile alone and back; in the tree, put it on the wall
shortcut-escape = Back: single view, then full screen
shortcut-pages = Previous and next page
shortcut-delete = Clear the selected tile
shortcut-zoom = Enlarge the selected tile's picture, or less
shortcut-push = Push the enlarged picture
shortcut-fill = Fill the tile with the picture, or show all of it
shortcut-zoom-reset = While enlarged: the whole picture again
shortcut-snapshot = Save a snapshot of the selected tile
shortcut-sound = Sound of the selected tile on and off
shortcut-volume = While a tile sounds: louder, softer
shortcut-retry = Retry the selected tile now
shortcut-search = Search the tree
shortcut-menus = Menus; also Alt with the underlined letter
shortcut-context-menu = Context menu of the tile or line; also the Menu key
shortcut-add = Add a device
shortcut-settings = Settings
shortcut-quit = Quit

## Views and windows

menu-views = Views
menu-save-view = Save as a view…
menu-edit-views = Edit views…
menu-new-window = New window
menu-close-window = Close window
shortcut-views = Views: open, rename, order, files
shortcut-save-view = Save what the window shows as a view
shortcut-open-view = Open view 1 to 9
shortcut-new-window = New window
shortcut-close-window = Close this window (not the first one)
views = Views
views-none-yet = No views yet
views-save-heading = Save what this window shows
views-name = Name of the view
views-save = Save
views-replace = Replace the view of this name
views-list = Saved views
views-of = { $layout }, { $channels ->
    [one] 1 channel
   *[other] { $channels } channels
}
views-unknown = { $count ->
    [one] 1 channel is not registered any more; its tile stays empty
   *[other] { $count } channels are not registered any more; their tiles stay empty
}
views-open = Open
views-open-window = Open in a new window
views-rename = Rename…
views-new-name = New name
views-rename-done = Rename
views-up = Move up
views-down = Move down
views-remove = Delete
views-removed = “{ $name }” was deleted
views-undo = Undo
views-files = Files
views-file = Path of the file
views-file-hint = A TOML file. Devices are found again by their name on another computer.
views-export-all = Export all
views-export-one = Export the chosen one
views-import = Import
views-exported = Written
views-imported = { $count ->
    [one] 1 view was added
   *[other] { $count } views were added
}
views-imported-missing = Not registered here, so their tiles stay empty: { $devices }
views-name-empty = Enter a name
views-name-taken = There is a view of this name already
views-name-long = A name has at most { $most } characters
views-name-control = A name cannot hold characters that cannot be seen
views-file-relative = Enter the whole path of the file, from the root
views-file-not-found = There is no such file or folder
views-file-exists = There is a file of this name already; choose another name
views-file-denied = You have no permission for this file or folder
views-file-broken = This is no file of views: { $reason }
views-file-empty = The file holds no views
views-file-other = It was not possible: { $reason }

tour = Tour
tour-start = Start the tour
tour-stop = Stop the tour
tour-resume = Go on now
tour-needs = A tour goes through saved views or through pages: there must be two
tour-at = Tour { $stop } / { $stops }
tour-running = next in { $wait }
tour-next-not-ready = waiting for the next pictures
tour-paused = paused, goes on in { $wait }
tour-keys = T stops it
tour-over-views = Through the saved views
tour-over-pages = Through the pages of the window
tour-seconds = Seconds each
tour-seconds-of-view = Seconds of this view in a tour
tour-skip-dead = Skip what shows nothing live
shortcut-tour = Start and stop the tour

### Starting

start-already-running = Monomi is already running with this profile.
start-ok = OK

## Virtual DVRs

virtual-dvr = Virtual DVR
virtual-dvr-explanation = Channels of any devices under one name. It connects to nothing itself.
virtual-dvr-name = Name of the virtual DVR
virtual-dvr-layout = Layout when it is opened
virtual-dvr-layout-kept = Leave as it is
virtual-dvr-channels = { $count ->
    [one] 1 channel
   *[other] { $count } channels
}
virtual-dvr-empty = No channels yet: drag them here from the tree or the wall
virtual-dvr-label = Label { $number }, { $channel }
virtual-dvr-up = Move { $name } up
virtual-dvr-down = Move { $name } down
virtual-dvr-remove = Remove { $name }
virtual-dvr-gone = Not registered any more
virtual-dvr-no-name = Enter a name
virtual-dvr-name-taken = Another virtual DVR has this name
menu-new-virtual-dvr = New virtual DVR…
menu-add-to-virtual-dvr = Add to virtual DVR
menu-edit-virtual-dvr = Edit virtual DVR…
menu-remove-virtual-dvr = Remove virtual DVR
menu-remove-member = Remove from the virtual DVR
menu-member-up = Move up
menu-member-down = Move down
menu-remove-devices = Remove { $count } devices
menu-edit-devices = Edit { $count } devices…
tree-several = { $name } and { $count } more
shortcut-group = New virtual DVR from what is selected in the tree, else from the page
key-mark = Ctrl / Shift + click
shortcut-mark = Select several in the tree (keys: Shift+arrows; Ctrl+arrows and Space)
shortcut-virtual-dvr = Remove a virtual DVR or its channel, move its channel

## Own layouts

menu-edit-layouts = Edit layouts…
layouts-all = All layouts
layouts-title = Own layouts
layouts-new = New layout
layouts-none = No own layouts yet
layouts-removed = Deleted: { $name }
layouts-columns = Columns
layouts-rows = Rows
layouts-grid = Grid of { $columns } columns and { $rows } rows
layouts-cell = Cell { $number }: column { $column }, row { $row }
layouts-hint = Drag over cells, or use the arrow keys with Shift
layouts-merge = Merge
layouts-split = Split
layouts-tiles = { $count ->
    [one] 1 tile in all
   *[other] { $count } tiles in all
}
layouts-name = Name of the layout
layouts-no-name = Enter a name
layouts-name-taken = Another layout has this name
layouts-use = Use
layouts-delete = Delete
shortcut-layout-editor = Own layouts (in the grid: Shift+arrows select, M merges, S splits)

## Help of the command line (monomi --help)

help-word-usage = Usage
help-word-options = Options
help-word-commands = Commands
help-word-arguments = Arguments
help-of-help = Print help
help-of-version = Print version
help-of-help-command = Print this message or the help of a command
# What is wrong with the arguments of a command. Names of options and commands stay as they are.
usage-unknown = { $name } is no option here
usage-no-command = { $name } is no command
usage-missing = { $name } is missing
usage-value = { $name } does not take "{ $value }"
usage-conflict = { $name } cannot stand beside { $other }
usage-other = these arguments do not fit together
usage-values = Possible values
usage-meant = Perhaps meant
usage-help = --help lists what there is
help-monomi =
    Live pictures of many DVRs and NVRs in one window, and never a flooded network

    Without a command, the window opens. Exit codes: 0 done, 1 failed, 2 bad usage or bad input.
help-profile = Folder of the registry, the settings, the passwords and the log [default: the platform's configuration folder]
help-lang = Language of the window, whatever the setting says
help-demo = Start a demo DVR on loopback and open the window on it, with a throw-away profile
help-view = Open this named view in the first window
help-monitor = Open the first window on this monitor, counted from 1
help-fullscreen = Open in full screen
help-kiosk = Pictures alone on the whole screen, without a menu: left only with the password set in Settings or by `monomi settings set kiosk-password --stdin`
help-renderer = What paints the window, whatever the setting says
help-device = Add, edit, list and remove devices; a running Monomi takes the change over at once
help-device-add = Register a recorder or camera
help-device-edit = Change fields of one or many devices at once
help-device-export = Write every device to a table for spreadsheets, without passwords
help-device-import = Add and change devices as a table says, all in one step
help-export-csv = The new file, in UTF-8; `-` is standard output. No password is written
help-import-csv = A table of devices: of Monomi, of a spreadsheet, or the batch template of iVMS-4200; `-` is standard input
help-import-csv-site = Site of new devices of which the table does not say one [default: Default]
help-import-csv-skip-bad = Leave out rows that cannot be taken, instead of taking none
help-import-csv-json = Print one JSON object
help-device-list = Print every device, without passwords
help-device-remove = Forget a device and its password
help-device-trust = Forget the certificate that an RTSPS device showed until now; the one it shows next is remembered
help-device-enable = Connect to a device again
help-device-disable = Keep a device, but do not connect to it
help-device-brands = Print the brands that --brand takes
help-name = The device: its name, or SITE/NAME where several sites have one of that name
help-setting-name = Its name
help-json = Print one JSON array of objects
help-add-site = Site: what shares one way out; made where it is not there [default: Default]
help-add-name = Name of the device; where it is left out, with --url its host and with --onvif its model
help-add-host = Address or name of the device; it is resolved anew at every attempt
help-add-endpoint = Other address to take when the preferred one is dead, such as VPN=10.8.0.5:554; several in order of use
help-add-port = RTSP port [default: that of the brand, or 554]
help-add-brand = Brand preset, see `monomi device brands` [default: hikvision]
help-add-main-path = Own path of the main stream, such as { $example }; also { $more }
help-add-sub-path = Own path of the sub stream [default: the main stream]
help-add-channels = Number of channels, 1 to 256 [default: 1]
help-add-user = User to sign in with
help-add-password-stdin = Read the password from standard input
help-add-rtsps = Use RTSP over TLS
help-add-transport = How pictures are carried (automatic, tcp, udp, multicast); automatic is TCP, and UDP where the device refuses TCP
help-add-events = How the device is asked for what happens at it (automatic, off, onvif, hikvision, dahua); automatic is as its brand has it, where it was asked by ONVIF
help-add-disabled = Register without connecting
help-add-onvif = Ask this host by ONVIF for its channels, their names and addresses: HOST, HOST:PORT or https://HOST/PATH
help-add-url = All in one: rtsp://user:password@host:port/path (or rtsps), raw or percent-encoded. Other users of this computer can see a password in a command line: --password-stdin is safer
help-edit-devices = Devices to change: names, or SITE/NAME where several sites have one of that name
help-edit-site = Also every device of this site; may be given several times
help-edit-brand = Also every device of this brand; may be given several times
help-edit-all = Every device
help-edit-dry-run = Print what would change, and change nothing
help-edit-new-site = Move to this site, which is made where it is not there
help-edit-new-name = Another name, for one device alone
help-edit-new-brand = Another brand preset; a port that was the usual one of the former brand follows
help-edit-main-path = Own path of the main stream, as for `device add`
help-edit-sub-path = Own path of the sub stream
help-edit-host = Address or name
help-edit-endpoint = Other address to take when the preferred one is dead, such as VPN=10.8.0.5:554, in order of use; these take the place of all before, and '' is none
help-edit-port = RTSP port
help-edit-carrier = RTSP over TLS (rtsps), or without it (rtsp)
help-edit-transport = How pictures are carried
help-edit-user = User to sign in with; empty for none
help-edit-password-stdin = Read the password from standard input
help-edit-no-password = Forget the password
help-edit-channels = Number of channels, 1 to 256
help-edit-enable = Connect to them
help-edit-disable = Keep them, but do not connect
help-alerts = Try who is told of events elsewhere, list the rules, keep the secrets
help-alerts-test = Send a test and say what came of it; ends with 1 where it did not arrive
help-alerts-list = Print which events call by which means
help-alerts-secret = Keep a secret, read from standard input (one line); an empty one removes it
help-alerts-messenger = By which of them; else by all that have a server
help-alerts-of = mail: the password of the mail server; webhook-key: the key that signs requests; webhook-path: path and query of the address
cli-alerts-no-server = { $messenger } has no server: set one first (monomi settings list)
cli-alerts-nobody = nobody elsewhere is told of events: no mail server, no webhook and no syslog server is set
cli-alerts-no-webhook = set the server of the webhook first: monomi settings set webhook https://…
cli-alerts-no-path = a path begins with / and holds no blanks
cli-alerts-not-understood = not understood
cli-alerts-off = off
help-settings = Read and change settings by name; a running Monomi takes the change over at once
help-settings-set = Change a setting
help-settings-get = Print the value of one setting
help-settings-list = Print every setting with its value and what it means
help-set-value = true or false, a number, a word, or a list divided by commas; see `monomi settings list`
help-set-stdin = Read the value from standard input (one line), as passwords are
help-backup = List and restore dated copies of devices and views: one after each of the last 10 changes, one a day for 30 days
help-backup-list = Print every copy, the newest first, with what a restore would change (+ comes back, - goes, ~ changes, = nothing)
help-backup-restore = Make devices and views those of a copy; what is there now is a copy afterwards
help-copy = The name of the copy, as `monomi backup list` prints it
help-move = Move devices, views, settings and passwords to another computer, in one file that a passphrase seals
help-export = Write the profile to a new file
help-import = Print what a file would bring; with --yes, take it over. What is there now is kept as a dated copy
help-file = The file
help-passphrase-stdin = Read the passphrase from standard input (one line) instead of asking for it
help-import-yes = Take it over
help-import-settings = Take the settings over, too [default: only where no device is registered yet]
help-report = Write a problem report: logs, settings and devices in one zip file, without passwords
help-status = Print how every registered device is and how available it was, as Monomi's window wrote it down last (each 5 minutes)
help-status-json = Print one JSON array
help-status-html = Write a page for a browser to this new file, to be printed or published
help-report-output = The new zip file
help-report-pseudonyms = Replace names and addresses by pseudonyms, the same for the same name in all files
help-events = Print what happened, the oldest first: troubles, what devices reported, what was changed
help-events-json = Print one JSON object per line
help-events-since = Since a date and time (2026-11-30, 2026-11-30T08:00), or for so long: 30m, 12h, 7d
help-events-category = Of this category only; may be given several times
help-events-site = Of the site with this name or id
help-events-text = Only what has this in its name, its words or its details
help-events-alerts = Alarms only
help-events-most = No more than the newest so many [default: 1000]
help-events-follow = Go on with what happens from now on, until it is interrupted
help-watch = Connect and decode every enabled channel without a window, and print what changes
help-watch-json = Print one JSON object a line (events: attempt, outcome, state, site, stats)
help-watch-duration = End after this many seconds [default: run until SIGINT, SIGTERM or SIGHUP]
help-watch-stream = Which stream of each channel (main, sub) [default: main for up to 16 channels, sub above and with --demo]
help-watch-demo = Watch a built-in demo DVR with a throw-away profile
help-demo-dvr = Serve moving test pictures over RTSP, like a recorder
help-demo-dvr-listen = Address and port to listen on; port 0 takes any free one [default: 127.0.0.1:8554]
help-demo-dvr-channels = Number of channels [default: 16]
help-demo-dvr-user = Ask for sign-in (Digest) with this user
help-demo-dvr-password = The user's password

# File → Export devices and Import devices: the registry as a table for spreadsheets.
menu-export-csv = Export devices (CSV)…
menu-import-csv = Import devices (CSV)…
csv-export = Export devices (CSV)
csv-export-about = A table of all devices for spreadsheets such as Excel. Passwords are never written to it.
csv-import = Import devices (CSV)
csv-import-about = A table that Monomi exported, one of your own with at least the columns Name and Host, or the batch template of iVMS-4200. First you see what it would do; nothing is saved before that.
csv-site = Site of new devices for which the table names none
csv-import-do = { $count ->
    [one] Import 1 device
   *[other] Import { $count } devices
}
csv-left-out = { $count ->
    [one] 1 row cannot be taken and is left out
   *[other] { $count } rows cannot be taken and are left out
}
csv-read-as = Read as { $encoding }. As registered already: { $same }
csv-template = Template of iVMS-4200: its ports are not for RTSP and are left out, so that the usual RTSP port is set
csv-ignored = Columns that mean nothing here and are left out: { $columns }
csv-all = All ({ $count })
csv-new = New ({ $count })
csv-changed = Changed ({ $count })
csv-bad = Cannot be taken ({ $count })
csv-none = No row
csv-row = Row { $number }
csv-row-new = New: { $address }
csv-row-same = As registered
csv-change = { $column }: { $before } → { $after }
csv-password-set = Password: the one in the table
csv-mistake = “{ $column }”: { $reason }
csv-column-id = Device ID
csv-column-adding-mode = Adding mode
csv-not-an-id = this is no device ID; a spreadsheet may have made a number of it. Empty the cell, and the device is found by its name
csv-not-yes-or-no = enter yes or no
csv-unknown-carrier = enter rtsp or rtsps
csv-unknown-transport = enter automatic, tcp, udp or multicast
csv-same-as-row = Row { $row } is about the same device: keep one of the two
csv-too-many-cells = The row has more cells than the first row: put a text that holds a separator in quotation marks
csv-open-quote = A quotation mark opens a text that does not end: close it, or double it
csv-adding-mode = Monomi connects to addresses and domain names only (0): enter the address of the device and 0 here
cli-csv-new = row { $row }: + { $name }
cli-csv-changed = row { $row }: ~ { $name }: { $changes }
cli-csv-bad-cell = row { $row }, column '{ $column }': { $reason }
cli-csv-bad-row = row { $row }: { $reason }
cli-csv-nothing = (none)
cli-csv-counts = new { $new }, changed { $changed }, same { $same }, bad { $bad }
cli-csv-would = would be new { $new }, would be changed { $changed }, same { $same }, bad { $bad }
cli-csv-refused = { $count ->
    [one] 1 row cannot be taken
   *[other] { $count } rows cannot be taken
}; nothing was saved; mend the table, or leave these rows out with --skip-bad
csv-empty = There is nothing in the file
csv-too-large = The file is larger than 16 MiB: divide the table
csv-encoding = The characters of the file are neither UTF-8 nor UTF-16 nor Shift_JIS: save it as “CSV UTF-8” in the spreadsheet
csv-no-header = No row names the columns: the first row needs at least the columns Name and Host (or Nickname and Address)
csv-twice = Two columns mean “{ $column }”: remove one of them
notice-devices-added = { $added ->
    [one] 1 device added
   *[other] { $added } devices added
}{ $changed ->
    [0] {""}
    [one] , 1 changed
   *[other] , { $changed } changed
}

# File → Restore, Export profile, Import profile; the command line prints some of these, too.
menu-restore = Restore…
menu-export-profile = Export profile…
menu-import-profile = Import profile…
restore = Restore devices and views
restore-about = Monomi keeps a copy after each of the last 10 changes, and one a day for 30 days. What is there now is a copy afterwards, so that a restore can be undone here.
restore-copies = Copies
restore-none = There is no copy yet. The first one is made with the next change
restore-copy = { $when }: { $devices ->
    [one] 1 device
   *[other] { $devices } devices
 }, { $views ->
    [one] 1 view
   *[other] { $views } views
 }
restore-current = This is what is there now
restore-back = Comes back: { $names }
restore-gone = Goes: { $names }
restore-changed = Changes: { $names }
restore-rest = Sites, virtual DVRs, layouts, the tour or the windows change, too
restore-damaged = A file of this copy is damaged or missing: it cannot be restored
restore-do = Restore
restore-done = Restored. What was there before is in the list
restore-without = Without their passwords, which went when they were removed: { $names }. Enter the passwords again
profile-export = Export profile
profile-export-about = One file with devices, views, settings and passwords, to move to another PC. Only who knows the passphrase can read it.
profile-export-do = Export
profile-exported = Exported
profile-import = Import profile
profile-import-about = Adds what another PC exported. First you see what comes; what is there now is kept as a copy in File → Restore.
profile-look = Show what comes
profile-import-do = Import
profile-imported = Imported. What was there before is in File → Restore
profile-with-settings = Take the settings over, too
profile-passphrase = Passphrase
profile-passphrase-again = Passphrase again
profile-passphrase-empty = Enter a passphrase
profile-passphrase-differs = The two passphrases are not the same
profile-new-devices = New devices: { $names }
profile-changed-devices = Devices that are replaced: { $names }
profile-new-views = New views: { $names }
profile-changed-views = Views that are replaced: { $names }
profile-passwords = Passwords in the file: { $count }
profile-without = Without the passwords of { $names }, which could not be read
profile-missing = The export is not complete. Not understood, and so not in it: { $parts }
profile-not-stored = The passwords of { $names } could not be stored; enter them again
profile-not-found = There is no such file, folder or copy
profile-exists = There is a file of this name already; choose another name
profile-denied = You have no permission for this file or folder
profile-foreign = This is no profile that Monomi exported
profile-truncated = The end of the file is missing: copy it again from where it was exported
profile-wrong-passphrase = This is not the passphrase that the file was exported with
profile-damaged = The file was changed or damaged since it was exported: copy it again
profile-newer = The file was exported by a newer Monomi: update this one first
profile-other = It was not possible: { $reason }
profile-unreadable = { $file }: { $reason }. Nothing was changed or written
copy-damaged = the file is damaged, or a part of it is missing
cli-import-not-yet = nothing is changed yet; add --yes to take it over
cli-passphrase-needed = add --passphrase-stdin to give the passphrase on standard input
cli-trust-damaged = devices with RTSPS wait until you trust their certificates anew (monomi device trust NAME) or the file is whole again
short-certificate-unsure = certificate lost
reason-certificate-unsure = The certificate remembered of the device is lost
certificate-unsure-next = Monomi waits for your decision
advice-certificate-unsure = trust.toml is damaged. Put a whole copy of it back, or choose “Trust the new certificate” if you trust your network now.
cli-file-unreadable = { $file } cannot be read ({ $reason }). It stays as it is

## Reasons of the system

system-not-found = there is no such file or folder
system-denied = no permission
system-exists = there is such a file already
system-full = the disk is full
system-quota = your share of the disk is used up
system-read-only = nothing can be written there
system-no-folder = a part of the path is no folder
system-name = the name is not possible there
system-busy = another program uses it
system-timeout = it took too long
system-share = the network folder does not answer
system-memory = this PC has no memory left
system-disk = the disk reports an error
system-files = too many files are open
system-number = the system reports error { $number }
system-line = line { $line } is not understood
system-newer = it is of a newer Monomi
system-unknown = the log has the reason
system-defect = a defect of Monomi; start it again
notice-details = Details: { $said }
keyring-locked = the keyring is locked
keyring-silent = the keyring does not answer
keyring-absent = no keyring service runs on this PC
keyring-denied = the keyring refuses access
keyring-entry = what the keyring holds is no password; enter it again
keyring-other = the keyring reports an error
secret-unreadable = the stored password cannot be decrypted; enter it again
demo-site = Demo
demo-device = Demo DVR
profile-folder-changed = the folder of the profile is another one than before, and this file is not in it
secret-key-file = the key file for passwords cannot be used
video-missing = { $element } of GStreamer is missing
video-no-decoder = { $codec } cannot be decoded
video-install = { $what }; install { $package }
video-install-again = { $what }; install Monomi again
video-no-start = GStreamer does not start
video-no-pipeline = the decoder cannot be set up
video-decoder = the decoder reports an error
renderer-no-card = there is no graphics card for it
renderer-no-window = it cannot open a window
choose = Choose…
choose-open = Open…
choose-save = Save as…
choose-none = This desktop has no dialog for files: type the path
demo-sign = Demo: test pictures from inside this PC
demo-title = { $program } – Demo
shortcuts-search = Search words or keys
shortcuts-none = No key matches “{ $query }”
shortcuts-wall = Wall
shortcuts-tree = Tree
shortcuts-views = Views
shortcuts-window = Windows and program
shortcut-rename = Rename the selected site, device or virtual DVR in the tree

## Events: what happened, and who is called about it

menu-events = Event log…
shortcut-events = Event log
events-title = Event log
events-none = Nothing happened. A trouble that lasts for { $after } is listed here.
events-since = Since
events-until = Until
events-lasted = Lasted
events-where = Where
events-what = What
events-all-sites = All sites
events-site = { $name } ({ $count ->
    [one] 1 device
   *[other] { $count } devices
})
events-lasts = still
events-program-ended = not known (Monomi ended { $clock })
events-while-off = not known (it ended while Monomi was off, after { $clock })
events-not-watched = not known (watched until { $clock })
events-at-least = at least { $duration }
events-times = { $what }, { $count } times
events-row = { $place }: { $what }, since { $since }, until { $until }, { $lasted }, { $seen }
events-seen = seen
events-unseen = not seen
events-see-all = Mark all as seen
events-alerts = Alerts…
events-unseen-count = { $count ->
    [one] 1 event not seen
   *[other] { $count } events not seen
}
events-category = Category
events-more = Details
events-search = Search names, events, details
events-category-all = All categories
events-category-several = { $count } categories
events-period = Period
events-period-any = Any time
events-period-hour = Last hour
events-period-today = Today
events-period-day = Last 24 hours
events-period-week = Last 7 days
events-period-month = Last 30 days
events-period-dates = From … to …
events-first-day = From (2026-11-01)
events-last-day = To (today)
events-day-wrong = Type a date such as 2026-11-30.
events-days-turned = The last day is before the first one.
events-site-choice = Site
events-device-choice = Device
events-device-all = All devices
events-alarms = Alarms only
events-none-found = Nothing was found. Choose other categories, another period or other words.
events-count = { $count ->
    [one] 1 event
   *[other] { $count } events
}
events-count-more = More than { $count } events
events-unreadable = The event log cannot be read ({ $reason }). Monomi tries again by itself; the list above has what is in memory.
events-row-menu = What can be done with this event
events-show-cameras = Show its cameras
events-acknowledge = Acknowledge…
events-acknowledge-do = Acknowledge
events-acknowledge-about = It is marked as seen, and does not call again when it comes and goes. The note stands in the log.
events-note = Note
events-note-long = The note is too long.
events-acknowledged = acknowledged by { $who }
events-acknowledged-note = acknowledged by { $who }: { $note }
events-details = What is a part of it
events-details-of = A part of: { $name }
events-details-back = Back to all events
events-only-device = Only this device
events-only-category = Only this category
events-moment-row = { $place }: { $what }, { $since }
events-csv = Save as CSV…
events-json = Save as JSON…
events-written = { $count ->
    [one] 1 event was written.
   *[other] { $count } events were written.
}
events-severity = Severity
events-channels = Channels
events-count-of = Times
events-device-time = Clock of the device
events-who = User
events-acknowledged-at = Acknowledged
events-acknowledged-by = Acknowledged by
category-connection = Connection
category-device = Device
category-video = Video
category-analytics = Motion and analytics
category-input-output = Inputs and outputs
category-storage = Storage
category-security = Security
category-user = User actions
category-program = Monomi
severity-info = Information
severity-warning = Warning
severity-alarm = Alarm

settings-tab-alerts = Alerts
alerts-how = How you are called
alerts-how-about = When a trouble begins while nobody looks, Monomi calls once for it and says once when it is over. What happened is listed in View → Event log either way.
alerts-sound = Sound
alerts-sound-off = Off
alerts-sound-once = Once
alerts-sound-until-seen = Until someone has seen it
alerts-sound-hint = Seen means: someone pressed a key or clicked in the list of what happened.
alerts-attention = Ask for attention in the task bar
alerts-notification = Notification of the desktop
alerts-kiosk = Show it in a kiosk, too
alerts-kiosk-hint = A kiosk calls by sound and task bar as any window. There, any key or click ends the sound. What a notification says is read by those who pass by.
alerts-try = Try it
alerts-try-about = Calls now by what is switched on above
alerts-trial-sound = Sound: { $answer }
alerts-trial-notification = Notification: { $answer }
alerts-trial-off = switched off
alerts-trial-under-way = under way…
alerts-trial-done = done
alerts-when = When you are called
alerts-after = After
alerts-after-hint = seconds; a trouble that is over sooner is none
alerts-quiet = Quiet hours
alerts-quiet-hint = Nobody is called in these hours. What lasts at their end calls then.
alerts-quiet-from = From
alerts-quiet-to = To
alerts-quiet-problem = Write a time of day as 22:00
alerts-days = They begin on
alerts-day-mon = Mon
alerts-day-tue = Tue
alerts-day-wed = Wed
alerts-day-thu = Thu
alerts-day-fri = Fri
alerts-day-sat = Sat
alerts-day-sun = Sun
alerts-what = What you are called about
alerts-what-about = A means that is switched off above calls about nothing.
alerts-site = For
alerts-site-all = All sites
alerts-site-own = This site has rules of its own
alerts-column-sound = Sound
alerts-column-attention = Task bar
alerts-column-notification = Notification
alerts-cell = { $kind }: { $means }
alert-kind-no-answer = No answer
alert-kind-refused = Connection refused
alert-kind-sign-in = Sign-in failed
alert-kind-certificate = Certificate or TLS
alert-kind-no-picture = Pictures missing
alert-kind-computer = This PC has no network

# What the desktop is told
alert-several = { $count } troubles
alert-goes-on = Monomi goes on trying and says when it is over.
alert-waits = Monomi waits for you: its tile says what to do.
alert-over = Over: { $name }
alert-over-several = Over: { $count } troubles
alert-over-unseen = It ended while nobody watched; it had lasted { $duration } by then
alert-over-after = after { $duration }
alert-trial = This is how Monomi calls
alert-trial-body = Nothing has happened: somebody tries the alerts.
notice-alert-sound = Alerts make no sound: { $reason }. What happened is listed all the same (View → Event log).
notice-alert-notification = Alerts are not shown on the desktop: its notifications do not answer. What happened is listed all the same (View → Event log).
alert-notification-none = the desktop's notifications do not answer
alert-sound-no-device = this computer has no audio output that works
alert-sound-no-plugin = GStreamer has no audio output here; one of these packages has it: { $packages }

# Letters to somebody elsewhere: mail, webhook, syslog
letter-subject = [Monomi] { $subject }
letter-sign = Monomi, { $clock } by the clock of its computer
letter-since = Since { $clock }
letter-until = Until { $clock }
letter-trial = This is how Monomi writes
letter-trial-body = Nothing has happened: somebody tries whether letters arrive.
alarm-title = Alarm
alarm-since = since { $clock }
alarm-over = over since { $clock }
alarm-dismiss = Dismiss
alarm-dismiss-key = Backspace dismisses the newest
alarm-dismiss-all = Dismiss all
alarm-tile = An alarm is about this camera
own-rules = Rules of your own
own-rules-about = For what devices report, for certain hours, or to open cameras. The first rule that fits decides; where none does, the table above does.
own-rules-add = Add a rule
own-rules-edit = Edit
own-rules-up = Up
own-rules-remove = Remove
own-rules-unnamed = Rule { $number }
own-rules-not-understood = Not understood, and kept as it is: { $text }
own-rules-everything = Everything
own-rules-everywhere = everywhere
own-rules-from = from { $severity }
own-rules-after-said = after { $seconds } s
own-rules-calls-nobody = calls nobody
own-rules-holidays = Holidays
own-rules-holidays-hint = Days, divided by commas: 2026-12-29..2027-01-03, or 12-29..01-03 for every year
own-rules-holidays-wrong = “{ $day }” is no day. Write 2026-12-29, 2026-12-29..2027-01-03 or 12-29..01-03.
own-rules-japanese = The public holidays of Japan, too
own-rule-name = Name
own-rule-name-wrong = At most 60 characters, without comma and semicolon
own-rule-what = What happens
own-rule-least = At least
own-rule-where = Where
own-rule-when = When
own-rule-always = Always
own-rule-hours-hint = Hours such as 22:00-06:00 12:00-13:00; what passes midnight belongs to the day on which it begins.
own-rule-hours-none = none
own-rule-hours-wrong = Write hours as 22:00-06:00, several with a blank between them.
own-rule-holidays-own = Holidays have hours of their own
own-rule-holidays = Holidays
own-rule-after = After
own-rule-after-hint = seconds: what is over by then calls nobody
own-rule-means = Call by
own-rule-border = Border of the tile
own-rule-opens = Open cameras
own-rule-opens-hint = In a window of their own, beside what you watch.
own-rule-of-event = Those of the event
own-rule-cameras = Cameras
own-rule-monitor = Monitor
own-rule-monitor-any = any
own-rule-replaces = Take the place of what that monitor shows
own-rule-closes = Close by itself when it is over
messenger-pictures = Attach pictures
messenger-pictures-hint = Of each affected camera the last picture, at most a minute older than the trouble; four at most. Their times are said.
messenger-webhook-address-hint = Only the server is shown here: what stands behind it is kept with the passwords.
letter-picture = Picture: { $name }, { $clock }
letter-digest = { $count } messages that could not be sent earlier
messenger-mail = Mail
messenger-mail-about = A mail when a trouble has lasted, and one when it is over. What begins within a minute is one mail.
messenger-webhook = Webhook
messenger-webhook-about = The same as JSON, by POST to an address of the web.
messenger-webhook-address = Address
messenger-webhook-key = Key of the signature
messenger-webhook-key-hint = Each request has a header Monomi-Signature by HMAC-SHA256, so that its receiver knows that it is from here.
messenger-syslog = Syslog
messenger-syslog-about = The same as lines of RFC 5424 over TCP.
messenger-syslog-server-hint = Such as log.example.jp:6514. Without a port: 514, in TLS 6514.
messenger-syslog-tls = In TLS
messenger-server = Server
messenger-server-wrong = Write a name or an address, with :port or without, such as mail.example.jp:587
messenger-mail-server-hint = Such as mail.example.jp. Without a port it is the usual one: 587, 465 or 25.
messenger-security = Encryption
messenger-security-starttls = STARTTLS
messenger-security-tls = TLS
messenger-security-none = None
messenger-user = User
messenger-user-hint = Leave it empty where the server wants no sign-in.
messenger-password = Password
messenger-clear = Sign in although others can read the connection
messenger-from = Sender
messenger-to = To
messenger-to-hint = Several are divided by commas.
messenger-keep = Set
messenger-forget = Remove
messenger-try = Send a test
messenger-trial-done = { $server } has it. Look whether it arrives.
messenger-last = Sent last: { $clock }
messenger-waiting = { $count ->
    [one] One message waits.
   *[other] { $count } messages wait.
} { $next }
messenger-next = Next try: { $clock }
messenger-waits = Nothing is tried before something is changed here, or a test is sent.
messenger-goes-on = Monomi goes on trying, and sends what waits.
notice-messenger = { $messenger } about alerts: { $reason } { $next }
messenger-policy = Internal network only forbids { $server } ({ $address }), so that nothing was sent. Enter a server in your own network, or add its network in Settings → Network.
messenger-no-such-name = The name { $server } has no address, or the name server does not answer.
messenger-refused = { $server } refuses the connection. Check the server and the port.
messenger-silent = { $server } does not answer.
messenger-no-way = There is no way from this computer to { $server }.
messenger-untrusted = The certificate of { $server } is not to be trusted, so that nothing was sent. Check the name of the server; a certificate of your own authority has to be known to this computer.
messenger-broken = The connection to { $server } broke.
messenger-no-starttls = { $server } does not offer STARTTLS, so that nothing was sent. Choose another encryption.
messenger-no-sign-in = { $server } offers no sign-in with a password. Leave the user empty, or choose another encryption.
messenger-in-clear = { $server } is not signed in to, because others could read the password. Choose an encryption, or allow it.
messenger-sign-in = { $server } refuses user or password: “{ $text }”
messenger-denied = { $server } does not take it: “{ $text }”
messenger-busy = { $server } does not take it now: “{ $text }”
messenger-not-understood = What { $server } answers is not understood. Check the port and the encryption.
messenger-unwritten = The mail cannot be written: { $text }. Check the addresses.
messenger-status = { $server } answers with status { $status }.
messenger-moved = { $server } says that it is at { $to } now. Enter that if you trust it.
messenger-no-password = The password for { $server } cannot be read from the password store.
messenger-path-of-other = The kept path of the webhook belongs to another server than { $server }. Enter the whole address again.
messenger-no-turn = { $server } was not asked: the network is away, or many connections fail just now.

# Ask by ONVIF

onvif-title = Ask by ONVIF
onvif-explanation = Most recorders tell their channels, names and addresses. They are filled in here; nothing is saved yet.
onvif-start = Ask by ONVIF
onvif-cancel = Cancel asking
onvif-port = ONVIF port
onvif-port-wrong = The port of ONVIF is a number from 1 to 65535, mostly 80.
onvif-asking = Asking what it can do…
onvif-asking-identity = Asking what it is…
onvif-asking-profiles = Asking for its channels…
onvif-asking-streams = Asking for the address of each stream…
onvif-channels = {$count ->
    [one] 1 channel
   *[other] {$count} channels
}
onvif-main = main {$stream}
onvif-sub = sub {$stream}
onvif-stream-unknown = codec not told
onvif-no-address = {$stream}: no address, left out
onvif-no-user = The device wants a user and a password.
onvif-no-user-advice = Enter them on the left and ask again.
onvif-in-clear = The device wants the password in clear, and Monomi does not send it so.
onvif-in-clear-advice = Switch its ONVIF sign-in to digest, or choose the brand by hand.
onvif-refused = The device refused the sign-in. Monomi does not try it again by itself.
onvif-locked = It has locked the account.
onvif-locked-minutes = It has locked the account for {$minutes} minutes.
onvif-attempts-left = It allows {$left} more tries.
onvif-refused-advice = Check user and password, whether ONVIF is switched on at the device, whether its ONVIF has users of its own, and its clock.
onvif-none = Nothing speaks ONVIF at this port (HTTP {$status}).
onvif-none-advice = Switch ONVIF on at the device, try another port (80, 8899, 8000, 2020), or choose the brand by hand. A brand that fits what the device answered is chosen already.
onvif-not-allowed = This user may not ask for the channels.
onvif-not-allowed-advice = Use a user with more rights, or choose the brand by hand.
onvif-busy = The device is busy and answers later.
onvif-busy-advice = Ask again in a minute.
onvif-unreadable = The device answered in a way that Monomi does not understand.
onvif-no-channels = The device names no channel.
onvif-by-hand-advice = Choose the brand by hand.
onvif-failed-advice = Check the address and the port of ONVIF. Monomi asks again only when you do.
identity-firmware = firmware {$firmware}
identity-serial = serial number {$serial}
identity-clock-right = clock right
identity-clock = clock {$off}
identity-seconds = {$seconds} s
identity-minutes = {$minutes} min {$seconds} s
identity-hours = {$hours} h {$minutes} min
editor-listed-own = Type paths instead
cli-onvif-failed = { $host }: { $why } Nothing was added.
cli-onvif-preset = { $host }: { $why } By what it answers, the brand preset { $brand } is used.
cli-onvif-no-address = channel { $number }: the device tells no address of its stream, so that it is left out
cli-onvif-no-turn = The device had no turn within five minutes.
## Find recorders: what answers on the network, and adding it

menu-find = Find recorders…
find-title = Find recorders
find-hint = Every recorder and camera on this network that speaks ONVIF is asked for its name. Nothing is signed in to.
find-ranges = Also beyond routers
find-ranges-example = 192.168.5.*, 192.168.6.10-40, 10.0.8.0/22
find-ranges-hint = Addresses in other networks, divided by commas; { $count } in all
find-range-not = “{ $text }” is no range. Write it like 192.168.1.*, 192.168.1.10-40 or 192.168.1.0/24.
find-range-backwards = “{ $text }” begins after its end. Write the smaller address first.
find-range-wide = “{ $text }” has more than { $most } addresses. Divide it, or take a network of /20 at most.
find-range-no-host = “{ $text }” is not the address of a device
find-start = Find
find-again = Refresh
find-cancel = Cancel the search
find-by-itself = Look at the start and every two hours, too
find-by-itself-hint = Slowly, and without a sign-in. A device that has moved is noticed so.
find-follow = Connect to a device that has moved at once, if it signs in by Digest
find-follow-hint = Otherwise a click is asked for. A device that only claims to be the same never gets the password in the clear.
find-progress = { $asked } of { $all } addresses asked
find-progress-group = Asking this network
find-knock = Also try connections
find-knock-cost = { $silent } addresses stayed silent. At most { $most } connections, four at once; about { $lasts } where nobody is there, within the limit on failed attempts.
find-knocking = { $done } of { $all } connections tried
find-count = { $count ->
    [one] 1 device found
   *[other] { $count } devices found
}
find-asked-from = asked from { $addresses }
find-no-network = This computer has no network over which recorders can be asked. Check its cable or Wi-Fi, then search again.
find-nothing = Nothing has answered. Recorders in other networks answer only where their addresses are typed; some have ONVIF or discovery switched off.
find-not-yet = Press Find: what answers stands here
find-full = More answers than { $count } came; the rest is left out
find-forbidden = { $count ->
    [one] 1 address was not asked, because internal network only forbids it
   *[other] { $count } addresses were not asked, because internal network only forbids them
}
find-maker = Maker
find-model = Model
find-name = Name
find-address = Address
find-serial = Serial number
find-state = State
find-state-new = New
find-state-registered = Registered: { $name }
find-state-moved = { $name }, which has moved
find-state-elsewhere = Not reachable from this PC’s network
find-row = { $address }, { $maker } { $model } { $name }, { $state }
find-select-new = Choose all new ones
find-select-none = Choose none
find-take-moved = Use the new addresses
cli-find-late = the search did not end in time
find-add-site = Site
find-add-user = User
find-add-password = Password
find-add-channels = Channels of each
find-add-brand = Preset where the maker is not known
find-add = { $count ->
    [one] Add 1 device
   *[other] Add { $count } devices
}
find-add-hint = The user and the password are for all that are chosen. Each is asked for its channels by ONVIF; one that speaks none gets the preset of its maker.
find-add-failed = Not added: { $reason }
moved-to = Answers at { $address } now
moved-advice = If this is the same device, press the button: Monomi connects to the new address. Nothing is sent there before.
moved-take = Use { $address }
unconfirmed-what = Found at this address by itself; it does not accept the password by Digest
unconfirmed-next = Monomi sends no password in the clear to a device that nobody has confirmed
unconfirmed-advice = If this is the same device, press the button; otherwise edit its address.
unconfirmed-take = It is this device
help-find = Look for recorders: on every network of this computer, and at the addresses of --range or of the setting find-ranges
help-find-range = Addresses beyond routers, such as 192.168.5.*, 192.168.5.10-40 or 10.0.8.0/22; in place of find-ranges
help-find-knock = Then try connections to the addresses that stayed silent, within the budget; how many and how long is said first

# Certificates
certificate-of-streams = Certificate of RTSPS
certificate-of-port = Certificate of HTTPS port { $port }
certificate-of-road = { $name } at { $road }
certificate-line = { $name }: { $said }
certificate-until = valid until { $day }
certificate-expired = expired on { $day }
certificate-until-unknown = says no end
certificate-by = issued by { $issuer }
certificate-own = the device’s own ({ $subject })
certificate-of-device = { $name } ({ $day })
notice-certificates-changed = { $count ->
    [one] { $names } shows another certificate than before and is not connected to there. Trust it only if the device was replaced or updated; if not, ask who runs the network
   *[other] { $count } devices show other certificates than before and are not connected to there. Trust them only if they were replaced or updated; if not, ask who runs the network: { $names }
}
notice-certificates-changed-by = { $count ->
    [one] { $names } shows another certificate than before, issued by { $issuer }, and is not connected to there. Trust it only if the device was replaced or updated
   *[other] { $count } devices show other certificates than before, all issued by { $issuer }, and are not connected to there. Trust them only if they were replaced or updated: { $names }
}
notice-certificates-changed-each = { $count } devices show other certificates than before, by different issuers, and are not connected to there. If they were replaced or updated, trust them in the tree, by the menu of a device or a site: { $names }
notice-certificates-trust = { $count ->
    [one] Trust it
   *[other] Trust these { $count }
}
menu-trust-certificates = Trust the new certificates of { $count } devices
notice-certificates-expire = { $count ->
    [one] A certificate expires
   *[other] Certificates of { $count } devices expire
} within { $days ->
    [one] a day
   *[other] { $days } days
}. Monomi goes on connecting; renew { $count ->
    [one] it
   *[other] them
} for browsers and other programs: { $names }
notice-certificates-expired = { $count ->
    [one] A certificate has expired
   *[other] Certificates of { $count } devices have expired
}. Monomi goes on connecting; browsers and other programs may refuse: { $names }

# Adding what was found
find-row-waiting = Waits its turn
find-row-waiting-until = Waits its turn, { $wait }
find-row-asking = Asking for its channels…
find-row-added = Added, { $count ->
    [one] 1 channel
   *[other] { $count } channels
}
find-row-added-preset = Added by the preset { $brand }, { $count ->
    [one] 1 channel
   *[other] { $count } channels
}: it speaks no ONVIF
find-row-cancelled = cancelled
find-row-said = { $reason } (it said: { $said })
find-add-cancel = Cancel ({ $done } of { $all } done)
find-row-not-saved = the list of devices was changed by others meanwhile; try again

## Diagnose: why there is no picture, step by step

menu-diagnose = Diagnose
menu-diagnose-host = Diagnose…
diagnose-title = Diagnose
diagnose-hint = Tries once, as Retry now does, and writes down each step. What is said and answered is shown without passwords.
diagnose-host = Device or host
diagnose-host-example = 192.168.0.20, dvr.example.com:8554 or rtsp://…
diagnose-start = Diagnose this
diagnose-again = Again
diagnose-cancel = Cancel
diagnose-copy = Copy as text
diagnose-ambiguous = Several devices are called so. Say which one: { $names }
trace-of = { $name } at { $place }, channel { $channel }
trace-stream = To the first picture
trace-step-policy = Allowed by the settings
trace-step-route = Way through the network
trace-step-turn = Wait for its turn
trace-step-sign-in = Sign in
trace-step-describe = Ask for the streams (DESCRIBE)
trace-step-packet = First packet (PLAY)
trace-step-key-frame = First key frame
trace-step-clock = Clock
trace-step-services = Services
trace-step-identity = Model
trace-step-channels = Channels
trace-earlier = earlier
trace-not-needed = not needed
trace-before = Was over before this diagnosis began
trace-is-address = It is an address; no name server was asked
trace-allowed = Every address is allowed
trace-allowed-internal = Internal network only is on and allows { $addresses }
trace-no-sign-in = The device asks for no sign-in
trace-no-tls = The device is registered with RTSP, which is not encrypted
trace-certificate = Certificate { $fingerprint }
trace-sign-in-known = Signed in with the first request, as the device has asked for lately
trace-signed-in = The device accepted the sign-in
trace-not-asked = The device refused this user and password a short while ago. It is not asked again, because it may lock the account.
trace-way-here = It is this PC itself
trace-way-none = This PC has no way there
trace-way-unknown = This system does not tell
trace-way-direct = In the same network, by { $interface }
trace-way-direct-silent = In the same network, by { $interface }; nobody answers there at this address
trace-way-router = By the router { $router } and { $interface }
trace-way-router-answers = By the router { $router } and { $interface }; the router answers
trace-way-router-silent = By the router { $router } and { $interface }; the router does not answer
trace-waits-until = { $held }: { $wait }
trace-redirected = The device sent Monomi on to { $to }
trace-others = Others at the same site: { $all }; now with a picture: { $live }, without an answer: { $failing }
trace-said = Monomi said
trace-answered = The device answered
trace-exchange = { $head } (after { $at })
trace-onvif-later = Asked after the stream
trace-onvif-no-place = Not asked: nobody has said where this device speaks ONVIF. The device page has a button for it.
trace-onvif-nothing-answers = Not asked: nothing answers at this address, and another try would bring the same
trace-onvif-no-way = Not asked: there was no attempt at its address
verdict-works = Network and recorder work: the picture came.
verdict-policy = It is the settings of this PC: they forbid this address. No packet was sent.
verdict-name = It is the name: it leads to no address. Whether the recorder works is not known.
verdict-no-way = It is the network of this PC: there is no way to this address. No packet was sent.
verdict-this-computer = It is this PC: it could not begin. Nothing is known of the network or the recorder.
verdict-router = It is the network of this PC: the router { $router } does not answer.
verdict-nobody-there = Nobody in this network has this address. The recorder is off, its cable is out, or it has another address now.
verdict-recorder-alone = { $count ->
    [one] It is the recorder: another one at the same site shows a picture, so the network there works. This one does not answer.
   *[other] It is the recorder: { $count } others at the same site show pictures, so the network there works. This one does not answer.
}
verdict-whole-site = { $count ->
    [one] It is the network or the power of the site: another device there does not answer, either, and none shows a picture.
   *[other] It is the network or the power of the site: { $count } others there do not answer, either, and none shows a picture.
}
verdict-port-closed = It is the recorder: its host answers, so the network works, but nothing listens at port { $port }.
verdict-recorder = It is the recorder: it took the connection, so the network works.
verdict-unknown = Nothing answers. No other device at this site is watched now, so nothing tells whether it is the network or the recorder.
help-diagnose = Say why a device shows no picture: one attempt and one enquiry, step by step, without passwords
help-diagnose-device = A device by its name (or SITE/NAME), or a host that is not registered: HOST, HOST:PORT or an rtsp address
help-diagnose-json = Print one JSON object
## Steering a camera (PTZ)

steer = Steer the camera (PTZ)
steer-end = End steering
steer-ring = Steer: press an arrow, or drag from the middle
steer-zoom-in = Zoom the camera in
steer-zoom-out = Zoom the camera out
steer-focus-far = Focus far
steer-focus-near = Focus near
steer-presets = Presets
steer-stop = Stop the camera
steer-all-numbers = All numbers
steer-no-presets = The camera has no presets
steer-tours = Preset tours
steer-asking = Asking what the camera offers…
steer-connecting = Connecting to steer…
steer-waiting = It is the recorder's turn in { $wait }
steer-moving = Steering
steer-stopping = Stopping the camera…
steer-not-allowed = This account may only watch: the device lets it see, but not steer. Sign in as a user who may operate PTZ.
steer-may-still-move = The camera has not confirmed that it stopped. It may still be moving.
steer-no-answer = The camera does not answer. It was told to stop; try again.
steer-refused = The camera refused to move.
steer-refused-said = The camera refused: { $said }
steer-none = The device says that this channel has no PTZ. Ask it for its channels again in the device's dialog.
steer-failed = Cannot steer: { $why }
steer-service-title = Go to number { $number }?
steer-service-may = On many cameras this number is no place: it { $what }.
steer-service-why = Cameras keep functions of their own among the presets. If somebody saved a place under this number, the camera goes there.
steer-service-go = Go to { $number }
steer-service-limits = sets a limit for turning at the present position
steer-service-reboot = restarts the camera
steer-service-menu = opens the camera's own menu over the picture
steer-service-stop-scan = ends a scan
steer-service-scan = starts a scan or a patrol
steer-service-other = does something of the maker's choice
shortcuts-steer = Steering a camera (PTZ)
shortcut-steer = Steer the camera of the selected tile, or end that
shortcut-steer-turn = Turn the camera, with Shift fast; Esc ends steering
shortcut-steer-zoom = Zoom the camera, as the wheel does
shortcut-steer-focus = Focus near or far
shortcut-steer-stop = Stop the camera
cli-ptz-none = { $name } has no PTZ on channel { $channel }, as far as it said when its channels were asked for by ONVIF
cli-ptz-disabled = { $name } is disabled
cli-ptz-interrupted = interrupted: the camera was told to stop
cli-ptz-no-turn = The device gave no answer within a minute.
cli-ptz-no-preset = there is no preset '{ $preset }'; --list shows all
cli-ptz-no-tour = there is no preset tour '{ $tour }'; --list shows all
cli-ptz-sure = '{ $preset }' is no place on many cameras: it { $what }. Add --sure to go there.
cli-ptz-turns = turns
cli-ptz-zooms = zooms
cli-ptz-focuses = focuses
cli-ptz-preset = preset { $number }
cli-ptz-tour = preset tour
cli-yes = yes
cli-no = no
help-ptz = Steer the camera of a channel that has PTZ: turn and zoom it, stop it, send it to a preset. Ctrl+C stops it
help-ptz-device = Name, SITE/NAME or id of the device
help-ptz-channel = Its channel, counted from 1 [default: 1]
help-ptz-list = Print what the camera offers: what moves, its presets and preset tours
help-ptz-move = Move this way (left, right, up, down, in, out, near, far) for as long as --for says, then stop
help-ptz-for = How long to move, in seconds, 60 at most
help-ptz-stop = Stop whatever moves
help-ptz-preset = Go to the preset with this name or number
help-ptz-sure = Go there also where the number may be no place but a function of the camera, such as 94, which restarts many
help-ptz-tour = Begin the preset tour with this name
help-ptz-end = End that preset tour
help-ptz-json = Print one JSON object

# What happened, as the event log says it.
event-video-loss = Video loss
event-tamper = Camera tampered with
event-motion = Motion
event-line-crossing = Line crossed
event-intrusion = Intrusion
event-region-entered = Area entered
event-region-left = Area left
event-person = Person
event-vehicle = Vehicle
event-face = Face
event-animal = Animal
event-package = Object left or taken
event-visitor = Visitor
event-sound = Sound
event-input = Alarm input
event-output = Alarm output
event-storage-failure = Disk failure
event-storage-full = Disk full
event-storage-missing = Disk missing
event-recording-stopped = Recording stopped
event-fan-failure = Fan failure
event-power-failure = Power failure
event-overheated = Overheated
event-restarted = Device restarted
event-clock-wrong = Clock wrong
event-link-lost = Network lost on the device
event-address-conflict = Address conflict
event-road-changed = Reached by another address
event-unheard = No word of its events
event-sign-in-failed = Sign-in refused by the device
event-account-locked = Account locked
event-device-added = Device added
event-device-edited = Device changed
event-device-removed = Device removed
event-site-added = Site added
event-site-edited = Site changed
event-site-removed = Site removed
event-virtual-dvr-added = Virtual DVR added
event-virtual-dvr-edited = Virtual DVR changed
event-virtual-dvr-removed = Virtual DVR removed
event-settings-edited = Settings changed
event-policy-edited = Policy changed
event-certificate-trusted = Certificate trusted
event-kiosk-unlocked = Kiosk unlocked
event-kiosk-refused = Kiosk password wrong
event-program-started = Monomi started
event-program-ended = Monomi ended
event-program-crashed = Monomi had not ended properly
event-log-damaged = Event log damaged
event-too-many = Events left out (too many)

menu-health = Health…
health-title = Health
health-about = Every registered device. Availability is of the time in which somebody looked: a device that no tile shows is neither there nor away.
health-search = Search
health-only-troubles = Troubles only
health-count = { $count } devices
health-device = Device
health-site = Site
health-state = State
health-since = Since
health-day = 24 h
health-week = 7 days
health-month = 30 days
health-outage = Last outage
health-heard = Last event
health-model = Model
health-firmware = Firmware
health-clock = Clock
health-certificate = Certificate ends
health-password = Password
health-traffic = Receives
health-live = Pictures come
health-answers = Answers
health-down = Down
health-trying = Connecting
health-not-watched = Not watched
health-excluded = Outside the internal network
health-outage-lasts = since { $since }
health-outage-cause = { $span }: { $cause }
health-offset = { $seconds } s
health-events-off = Not asked for
health-events-waiting = Waiting
health-events-none-yet = None yet
health-events-nothing = None; perhaps switched off at the device
health-events-sign-in = Sign-in refused
health-events-unsupported = The device has none
health-events-refused = The device takes no more listeners
health-events-silent = The device fell silent
health-events-closed = The device closed the connection
health-password-empty = None is set
health-password-default = A maker's default
health-password-weak = Weak
health-csv = Save as CSV…
health-page = Save as a page to print…
health-written = Saved.

# Planned work, and what a person wrote down of a site.
event-planned-work = Planned work
planned-until = Planned work until { $until }
trouble-line-planned = { $line } · { $planned }
menu-planned-work = Planned work
menu-planned-hours = Now, for { $hours } h
menu-planned-end = End planned work
menu-edit-site = Edit site…
sites-edit = Edit…
site-editor-title = Site { $name }
site-editor-about = What others have to know
site-editor-note = Note
site-editor-note-hint = Shown where the site is down, such as where the key is. Passwords do not belong here.
site-editor-contact = Contact
site-editor-contact-hint = Whom to call, in one line.
site-editor-page = Status page
site-editor-page-hint = The page of the network provider or of the building, opened by a click. It begins with https:// or http://.
site-editor-feed = Status feed
site-editor-feed-hint = The same as a feed (Atom, RSS or JSON Feed, https:// alone). Monomi reads it every 5 minutes at most, and only while the site is down.
site-editor-work = Planned work
site-work-explanation = While somebody works at the site, nobody is called for it, it is tried once a minute at most, and what is down does not count as down. Pictures that come are shown. What is changed here counts at once.
site-work-from = From, as 2026-12-01 22:00
site-work-to = To, as 2026-12-02 05:00
site-work-hours = Hours, as 02:00-04:00
site-work-add-once = Plan once
site-work-add-weekly = Plan each week
site-work-remove = Remove
site-work-once = { $from } – { $to }
site-work-weekly = Each week on { $days }, { $from } – { $to }
site-work-done = Ended by hand at { $from }; nothing that had begun counts until { $to }
site-work-unknown = Not understood by this version, and kept: { $text }
day-monday = Mon
day-tuesday = Tue
day-wednesday = Wed
day-thursday = Thu
day-friday = Fri
day-saturday = Sat
day-sunday = Sun
problem-work-time = Write date and time as 2026-12-01 22:00.
problem-work-hours = Write hours as 02:00-04:00.
problem-work-empty = The end must be after the begin.
problem-work-long = Planned work is { $days } days long at most.
problem-work-no-day = Choose a day of the week.
problem-work-over = It is over already.
problem-work-many = A site has { $most } entries at most. Remove one first.
problem-feed-not-secure = A feed is read over https:// alone.
problem-address-not-web = The address must begin with https:// or http://.
problem-address-user = The address holds a user or a password, which would be kept in clear.
problem-address-character = The address holds a character that must be percent-encoded, such as a space.
panel-contact = Contact: { $contact }
panel-open-page = Open the status page
help-site = What is known of each site, and planned work: nobody is called meanwhile, and a running Monomi takes it over at once
help-site-list = Print every site with what is known of it
help-site-edit = Change what is known of a site; '' takes a text away
help-site-maintenance = Plan work at a site, or end it; without an option, print what is planned
help-site-name = Name of the site
help-site-note = What others have to know, shown where the site is down
help-site-contact = Whom to call
help-site-page = Page of the network provider or the building (https:// or http://), opened by a click
help-site-feed = The same as a feed (Atom, RSS or JSON Feed, https:// alone), read each 5 minutes at most while the site is down
help-site-from = Begin, as '2026-12-01 22:00' or 22:00
help-site-to = End, as '2026-12-02 05:00' or 05:00
help-site-for = Now, for so long, as 2h, 90m or 1h30m
help-site-weekly = Each week, as 'sat,sun 22:00-07:00'
help-site-end = What has begun is done
help-site-remove = Remove the entry with this number, as they are printed
panel-feed = Status feed: { $title }
panel-feed-at = Status feed: { $title } ({ $at })
feed-policy = Internal network only forbids { $server }, so that its status feed is not read.
feed-no-answer = { $server } does not answer; its status feed is asked for again in 5 minutes.
feed-untrusted = The certificate of { $server } is not to be trusted, so that its status feed is not read.
feed-status = { $server } has no status feed there: it answers with status { $status }.
feed-moved = { $server } says that its status feed is elsewhere now. Enter the new address in the site.
feed-none = What { $server } says is no status feed.
feed-empty = The status feed of { $server } has no entry.
reason-public-no-picture = { $address } (public) answers, but no picture comes: { $reason }
change-waits-for-contact = What was changed of it since its last pictures waits for the next contact.

event-decoder-restarted = Decoder started anew
event-program-stuck = Monomi stood still
event-own-memory = Monomi takes much memory
event-own-memory-grows = Monomi takes more and more memory
event-own-handles = Monomi has nearly as many open files as it may
event-own-disk = The disk of the profile is nearly full
event-own-delay = Monomi is late
event-own-queue = Much waits inside Monomi
event-own-decoders = Decoders fail again and again
advice-decoder-restarted = The connection stayed. Where this happens often, update the driver of the graphics card, or choose the decoder in software.
advice-program-stuck = Please send a problem report (Help → Report a problem).
advice-own-memory = Large pictures wait until there is room. Close other programs, or show fewer or smaller streams.
advice-own-memory-grows = Monomi goes on. Please send a problem report (Help → Report a problem), and start Monomi again when it suits you.
advice-own-handles = New connections will fail at the limit. Show fewer cameras, or raise the limit of open files of this computer.
advice-own-disk = Without room, settings, devices and events cannot be written; pictures go on. Please make room.
advice-own-delay = Pictures go on; commands and events come late. Close other programs, or show fewer cameras.
advice-own-queue = Pictures go on; commands and events come late. Close other programs, or show fewer cameras.
advice-own-decoders = Each is started anew alone. Update the driver of the graphics card.
notice-stands-still = Monomi's engine stands still, so that no state is known. Please close Monomi, start it again and send a problem report (Help → Report a problem).
menu-own-figures = Monomi's own figures…
own-title = Monomi's own figures
own-about = What Monomi itself takes from this computer: the worst of each minute, and of each hour where more than two days are shown.
own-none-yet = The first figures come after a minute.
own-unknown = This computer does not tell: { $figures }
own-grows = { $size } an hour; too much in { $hours } h at this pace
own-chart = { $name }: now { $now }, between { $least } and { $most }
own-memory = Memory
own-cpu = Processor time (of one core)
own-handles = Open files and sockets
own-threads = Threads
own-tasks = Tasks
own-delay = Delay of the engine
own-queue = Waits for the engine
own-decoders = Decoders started anew
own-disk = Free space of the profile's disk
own-gpu = Graphics card in use (all programs)
own-gpu-memory = Memory of the graphics card (all programs)
help-status-program = What Monomi itself costs instead: the figures of the last minute and the worst of the last 24 hours
health-attempts = Connects, 24 h
health-attempts-of = { $count } (at most { $syns } SYNs)
health-storage = Disks, recording
health-storage-since = { $what } since { $since }

## Recording

settings-tab-recording = Recording
recording-where = Where and how much
recording-folder = Folder for recordings
recording-folder-hint = Empty: Monomi in the folder of videos
recording-floor = Keep free on the disk (GiB)
recording-floor-hint = When less is free, the oldest recordings of Monomi are removed
recording-size = At most for all recordings (GiB)
recording-size-hint = 0: as much as the disk has
recording-days = Keep for days
recording-days-hint = 0: until the room is needed
recording-events = Events
recording-before = Seconds before an event
recording-before-hint = These pictures are kept in memory until something happens
recording-after = Seconds after it
recording-by-itself = What is recorded by itself
recording-by-itself-about = A recorded stream stays connected, whether a window shows it or not. Where a tile shows the other stream, that is a second connection. Pictures are saved as the device sends them, without sound.
recording-hours-hint = mon-fri 08:00-20:00; sat+sun 00:00-00:00
recording-hours-wrong = Write the hours as always, 08:00-20:00 or mon-fri 08:00-20:00, several divided by ;
recording-on-event = On events
recording-remove = Remove
recording-remove-rule = Record { $name } by itself no more
recording-add-for = Also record
recording-add = Add
recording-no-devices = Add a device first
recording-all-channels = All channels
recording-channel = channel { $number }
recording-main = Main stream
recording-sub = Sub stream
menu-record = Record
menu-record-end = Stop recording
shortcut-record = Record the selected tile, or stop that
recorded-since = Recorded since { $time }
record-too-slow = The disk is too slow: { $count } groups of pictures were not recorded
record-no-space = Not recorded: the disk is full, and no older recording is left to remove. Make room, or choose another folder in Settings → Recording
record-not-written = Not recorded: the files cannot be written ({ $reason }). It is tried again every 10 seconds
record-codec = Not recorded: { $codec } cannot be put into a file. Set the camera to H.264 or H.265
menu-recordings = Recordings…
shortcut-recordings = Recordings of this computer
events-recording = Show the recording of this PC
recordings-title = Recordings
recordings-day-before = Day before
recordings-day = Day
recordings-day-after = Day after
recordings-today = Today
recordings-reading = Looking for recordings…
recordings-unreadable = The folder for recordings cannot be read: { $reason }. It is chosen in Settings → Recording
recordings-none = Nothing is recorded on this day
recordings-nothing-then = Nothing of this channel is recorded at that time
recordings-damaged = { $count } files cannot be read as recordings
recordings-channel = { $device } channel { $number }
recordings-bar = { $name }: { $minutes } minutes recorded
recordings-schedule = By schedule
recordings-manual = By hand
recordings-event = Event
recordings-part = { $from } – { $to }   { $cause }   { $stream }   { $size } MiB
recordings-part-open = { $from } – { $to }   { $cause }   { $stream }   { $size } MiB, being written
recordings-play = Play
recordings-export-of = Export { $name }
recordings-from = from
recordings-to = to
recordings-folder = Folder…
recordings-export = Export
recordings-ends-wrong = Write both times as 09:05 or 09:05:30, the second later than the first
recordings-stop = Stop
recordings-not-exported = Not exported: { $reason }
recordings-nothing-exported = Nothing was exported: nothing is recorded for that time
recordings-exported = { $count ->
    [one] One file exported and read back, with its signed statement
   *[other] { $count } files exported and read back, each with its signed statement
}
cli-export-order = --to has to be later than --from
cli-export-no-folder = The folder for recordings is not known: set it with monomi settings set recording-folder FOLDER
cli-export-nothing = Nothing is recorded of this for that time
cli-export-gap = nothing is there from { $from } to { $to }
cli-export-empty = { $name } channel { $number }: nothing is recorded for that time
cli-export-damaged = { $path } is damaged or gone and was left out; what it had is missing
cli-export-key = Signed with the key of this computer, whose print is { $print }
cli-verify-failed = NOT what was exported: { $reason }
cli-verify-other-key = it was signed with another key, whose print is { $print }
cli-verify-same = { $file } is unchanged since it was exported
cli-verify-by = exported by { $operator } at { $time }
cli-verify-key = Signed with the key { $print }. Compare this print with the one of the computer that exported it (monomi export prints it): anybody can sign with a key of their own
cli-verify-key-right = Signed with the key that was asked for: { $print }
cli-verify-proves = This proves that video and statement are unchanged since the holder of that key exported them. It does not prove that the device sent true pictures, or that the clock of the computer was right.
help-record-export = Write recordings of a time to MP4 files, as the cameras sent them, each with a signed statement beside it (FILE.mp4.json)
help-record-export-channel = A channel as NAME/3 or SITE/NAME/3, or NAME for all of its channels; may be given several times
help-record-export-from = From this local time on (2026-11-28T09:00, 2026-11-28T09:00:30); the file begins with the key picture before it
help-record-export-to = Up to this local time
help-record-export-output = The folder for the files [default: the current folder]
help-record-export-json = Print one JSON object
help-verify = Check whether an export is unchanged since it was signed: the video, its statement and the signature
help-verify-file = The video, or the statement beside it (FILE.mp4.json)
help-verify-key = The print of the key that has to have signed it, as `monomi export` printed it on the computer that exported

## Recordings of the recorder

menu-playback = Play its recordings
menu-live = Back to live
key-space = Space
playback-label = Recording of { $time }
playback-live = Live
playback-play = Play
playback-pause = Pause
playback-step = Next picture
playback-slower = Slower
playback-faster = Faster
playback-reverse = Reverse
playback-day-before = Day before
playback-day-after = Day after
playback-jump = Jump to a time
playback-jump-hint = 9:12 or 11-28 9:12
playback-jump-wrong = This is no time. Write 9:12, 9:12:30 or 2026-11-28 9:12.
playback-bar = Recordings from { $from } to { $to }; the mark is at { $at }
playback-about = about { $time }
playback-no-picture = no picture yet
playback-connecting = Connecting to the recorder for its recordings…
playback-seeking = Looking for { $time }…
playback-playing = Playing, { $speed }
playback-paused = Paused
playback-ended = The recording ends here.
playback-silent = The recorder sends nothing any more, and did not say that the recording ends. Press another place of the bar.
playback-gap = Nothing was recorded from { $from } to { $to }.
playback-other-time = The recorder plays another time: { $asked } was asked for, and it began at { $came }.
playback-other-reading = The recorder reads times in another zone than its preset says: what plays is off by that.
playback-other-speed = The recorder plays { $speed } times as fast instead.
playback-clock-ahead = The recorder's clock is { $seconds } s ahead of this computer's; times here are this computer's.
playback-clock-behind = The recorder's clock is { $seconds } s behind this computer's; times here are this computer's.
playback-no-way = It is not known how this device is asked for recordings. Choose its brand in the editor of the device, if it is in the list.
playback-no-recording = The recorder has no recording at { $time }. Press another place of the bar.
playback-full = The recorder has no free playback: it is used elsewhere, or it has none beside live pictures. Monomi does not try again by itself; press the bar to try.
playback-unknown = The recorder knows no such playback: { $said }
playback-refused = The recorder refused to play: { $said }
playback-failed = Cannot play: { $why }. Press the bar to try again.
shortcuts-playback = Recordings
shortcut-playback = Recordings of the selected tile, or live again
shortcut-playback-pause = Pause, or play on
shortcut-playback-step = The next picture
shortcut-playback-back = A second back
shortcut-playback-speed = Slower, faster
shortcut-playback-reverse = Backwards, where the recorder can
playback-search-asking = Asking the recorder what it has…
playback-search-failed = What the recorder has is not known: { $why }
playback-search-none = it has no search for recordings (ONVIF Profile G).
playback-search-no-recording = it does not say which of its recordings is of this channel.
playback-search-rough = it names only its oldest and its newest picture.
playback-search-closes = it closes each connection without an answer.
playback-search-not-asked = it refused the same sign-in before, and is not asked again.
playback-search-gone = the device is switched off.
events-playback = Play the recorder’s recording
