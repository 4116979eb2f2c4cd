export const USAGE = `Usage:
  measure  --package FOLDER [--json]
  bless    --model M --version V [--signing-key FILE] [--json]
  promote  --model M --version V --expect-champion VERSION|none|compared [WAIT] [WHO]
           [--approved-by NAME] [--force] [--json]
  rollback --model M --reason TEXT [--to V] [--expect-champion V] [WAIT] [WHO] [--force] [--json]
  describe --model M --version V [--markdown] [--json]
  history  --model M [--limit N] [--markdown] [--json]
  rollout  --model M [--version V] --prometheus URL [--replicas URL[,URL...]] [--plan FILE]
           [--steps PERCENT[,PERCENT...]] [--begin shadow|canary|baking] [--once | --interval-seconds N | --end]
           [--again] [--approved-by NAME] [--by NAME] [--json]
  rollouts --model M [--limit N] [--markdown] [--json]
  traffic  --model M [--canary V:PERCENT] [--shadow V[:PERCENT]] [--standby V] [--clear] [--json]
  quarantine --model M --version V (--reason TEXT | --lift) [--by NAME] [--json]
  verify   --model M --version V [--public-keys FILE] [--json]
  status   --replicas URL[,URL...] [--json]
  replay-dead-letters [--reason R[,R...]] [--limit N] [--max-replays N] [--dry-run] [--json]
  api-key new --name NAME [--models M[,M...]] [--routes R[,R...]] [--expires-in-days N] [--json]
  signing-key new --private FILE --public FILE [--json]

  WAIT     --wait --replicas URL[,URL...] [--timeout-seconds N]
           returns only when every replica serves the version, or says which does not and why; dns+http://NAME:PORT
           stands for all addresses of that name, such as those of a headless Service
  WHO      --by NAME --reason TEXT
           for the history; --by is the user of this machine unless given
  rollout  takes a version through shadow, canary, promotion and baking, by what Prometheus has counted; the same command
           goes on where another one has ended or was killed. --once looks once, for schedulers. --begin baking watches
           the champion; then --version may be left out. --again begins anew what is over. --end takes one that runs
           back, if the version is not champion yet; --steps takes the place of the plan's percents
  promote  with --expect-champion compared, only if champion is what the pipeline has compared the version with
  --force  promotes without a blessing; needs --reason, and the version is marked for good

The registry is read from MLFLOW_TRACKING_URI (and _USERNAME, _PASSWORD, _TOKEN). BLESSING_SIGNING_KEY_FILE stands for
--signing-key, SIGNATURE_PUBLIC_KEYS_FILE for --public-keys; where the latter is set, promote and rollback ask for a
signature too. replay-dead-letters reads the KAFKA_ and STREAM_ settings of the stream. With --json, stdout is one JSON object however the command ends; one that failed has code and reason.
Exit status: 0 done, 1 failed, 2 usage, 3 refused, 4 champion has moved, 5 registry unreachable,
6 not every replica agrees, 7 the registry denies access, 8 no such model version;
of rollout also: 10 it goes on, 11 it was ended before its promotion or could not be judged, 12 champion was rolled back.`;
