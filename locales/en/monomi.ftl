### The words of Monomi in English, the source language. Every message stands in every language (a test holds that).
### Style: no full stop after a single sentence in a label, no title case, … where a button asks for more.

## Durations and lists

duration-seconds = { $seconds } s
duration-minutes = { $minutes } min { $seconds } s
duration-hours = { $hours } h { $minutes } min
duration-days = { $days } d { $hours } h
list-separator = ,{" "}

## States of a tile (only the live one may say LIVE)

state-connecting = Connecting
state-live = LIVE
state-late = Late
state-offline = Off-line
state-waiting = Waiting its turn
state-refused = Not allowed
state-sign-in-failed = Sign-in failed
state-no-such-channel = No such channel
state-unsupported-codec = Unsupported video
state-idle = Not watched
state-disabled = Switched off

channel-number = CH { $number }
channel-of-device = { $channel } · { $device }

connecting-resolve = Looking up the address of { $device }
connecting-connect = Connecting to { $device } ({ $address })
connecting-sign-in = Signing in to { $device }
connecting-open = Opening the stream of { $device }
connecting-picture = Waiting for the first picture of { $device }

late-since = No new picture for { $age }
late-without-picture = No picture from { $device } yet
late-next = The connection stands; Monomi reconnects if no picture comes
what-happened = { $device }: { $reason }
what-happened-before = Before that: { $reason }
next-try = Next try in { $wait }
next-try-unknown = Monomi tries again by itself
held-by-device = { $device } opens its channels one after another
held-by-site = The site’s limit of connection attempts is reached
held-by-outage = The site does not answer; one device is tried for all
held-by-no-network = This PC has no network; Monomi goes on when it is back
held-by-process = Other connections go first
refused-what = { $device } ({ $address }) lies outside the internal network
refused-next = Monomi does not connect to it while “Internal network only” is on
sign-in-stopped = Monomi does not try again, so that the device does not lock the account
retry-now = Retry now
