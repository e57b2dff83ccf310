# Boots a web server. It runs from the first moment, and waits for what it needs
# where it needs it.
set -eu
umask 077
store=$(muster param get store_address)
muster param get join_token >token

# The program joins the store, which calls it back, and says so.
mkfifo joined
"$app" web -address "$MUSTER_PRIVATE_IP" -token token -store "$store" -name "$MUSTER_MEMBER" >joined &
read -r line <joined
echo "$line"
