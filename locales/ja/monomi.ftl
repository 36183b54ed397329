### Monomi の日本語。すべてのメッセージは英語版と同じ名前・同じ引数を持つ（テストで確認）。

## 時間と列挙

duration-seconds = { $seconds } 秒
duration-minutes = { $minutes } 分 { $seconds } 秒
duration-hours = { $hours } 時間 { $minutes } 分
duration-days = { $days } 日 { $hours } 時間
list-separator = 、
