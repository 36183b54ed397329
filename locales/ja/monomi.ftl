### Monomi の日本語。すべてのメッセージは英語版と同じ名前・同じ引数を持つ（テストで確認）。

## 時間と列挙

duration-seconds = { $seconds } 秒
duration-minutes = { $minutes } 分 { $seconds } 秒
duration-hours = { $hours } 時間 { $minutes } 分
duration-days = { $days } 日 { $hours } 時間
list-separator = 、

## タイルの状態（「ライブ」と書けるのはライブのときだけ）

state-connecting = 接続中
state-live = ライブ
state-late = 遅延
state-offline = オフライン
state-waiting = 順番待ち
state-refused = 接続不可
state-sign-in-failed = ログイン失敗
state-no-such-channel = チャンネルなし
state-unsupported-codec = 非対応の映像
state-idle = 未表示
state-disabled = 無効

channel-number = CH { $number }
channel-of-device = { $channel } · { $device }

connecting-resolve = { $device } のアドレスを調べています
connecting-connect = { $device }（{ $address }）に接続しています
connecting-sign-in = { $device } にログインしています
connecting-open = { $device } の映像を要求しています
connecting-picture = { $device } の最初の映像を待っています

late-since = { $age }間、新しい映像がありません
late-without-picture = { $device } からまだ映像が届いていません
late-next = 接続は維持されています。映像が来なければ再接続します
what-happened = { $device }：{ $reason }
what-happened-before = 直前の状況：{ $reason }
next-try = { $wait }後に再試行します
next-try-unknown = 自動で再試行します
held-by-device = { $device } のチャンネルを 1 つずつ開いています
held-by-site = この拠点の接続試行が上限に達しています
held-by-outage = 拠点が応答しません。1 台だけで復旧を確認しています
held-by-no-network = この PC はネットワークに接続されていません。復旧すると自動で再開します
held-by-process = 他の接続を先に処理しています
refused-what = { $device }（{ $address }）は内部ネットワークの外にあります
refused-next = 「内部ネットワークのみ」が有効な間は接続しません
sign-in-stopped = アカウントのロックを防ぐため、再試行を止めています
retry-now = 今すぐ再試行
