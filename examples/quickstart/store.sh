# Boots the store. It opens at once, to nobody; then it needs the addresses of the
# web servers, which nobody knows before they are launched.
set -eu
umask 077
head -c 24 /dev/urandom | base64 >token

# The program closes its end of the FIFO when it listens.
mkfifo listening
"$app" store -address "$MUSTER_PRIVATE_IP" -token token >listening &
read -r line <listening
echo "$line"

muster param get web_addresses | "$app" admit -address "$MUSTER_PRIVATE_IP" -token token -list web

# Stands for what takes its time on a real server: packages, disks, migrations.
sleep 1

muster output set join_token <token
