### The words of Monomi in English, the source language. Every message stands in every language (a test holds that).
### Style: no full stop after a single sentence in a label, no title case, … where a button asks for more.

## Durations and lists

duration-seconds = { $seconds } s
duration-minutes = { $minutes } min { $seconds } s
duration-hours = { $hours } h { $minutes } min
duration-days = { $days } d { $hours } h
list-separator = ,{" "}
