# Runs when addresses have changed; its arguments are the parameters' names.
set -eu
for name in "$@"; do
  muster param get "$name" | "$app" admit -address "$MUSTER_PRIVATE_IP" -token token -list "${name%_addresses}"
done
