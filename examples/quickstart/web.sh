# Boots a web server. It does what it can do alone, says where it will be found, and
# only then waits for what it needs of the store.
set -eu
umask 077

# Stands for what takes its time on a real server: packages, certificates, caches.
sleep 1

muster output set endpoint "$MUSTER_PRIVATE_IP:8080"
store=$(muster param get store_address)
muster param get token >token

# The program joins the store, which calls it back.
mkfifo up
"$app" web "$store" <token >up &
read -r _ <up # "up"; the end of the file where the program has failed
