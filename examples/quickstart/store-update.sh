# Runs when endpoints have arrived or changed; its arguments are the parameters' names.
set -eu
for name in "$@"; do
  list=${name%_endpoints}
  token=$(muster param get "$name" | "$app" admit "$list")

  # Stands for what takes its time in a real store: accounts, disks, migrations.
  sleep 1

  printf %s "$token" | muster output set "${list}_token"
done
