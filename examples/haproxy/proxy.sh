# Boots the proxy; and runs again, with the parameter's name as its argument, when the
# list of web servers has changed. It ends when the new list is all that is used.
set -eu
PATH=$PATH:/usr/sbin # for haproxy, where the user has no such path

# configuration LIST prints haproxy's configuration for a list of endpoints.
configuration() {
  cat <<END
global
  # A reload hands the listening socket over, so that no connection is refused.
  stats socket unix@haproxy.sock mode 600 level admin expose-fd listeners
  # What a client may take at most to end what it began before a reload.
  hard-stop-after 1m

defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout http-request 10s
  timeout http-keep-alive 5s
  # A server that breaks down is passed over before the checks have found it.
  retries 3
  option redispatch 1

frontend all
  bind $MUSTER_PRIVATE_IP:8080
  # In a reload, a connection that waits for its next request gets one more answer,
  # with "Connection: close", and isn't closed under the client's hands.
  option idle-close-on-response
  default_backend web

backend web
  option httpchk GET /
  default-server check inter 1s
END
  for endpoint in $(echo "$1" | tr , ' '); do
    echo "  server $endpoint $endpoint"
  done
}

# answers tells whether the proxy serves requests.
answers() {
  busybox wget -q -O /dev/null "http://$MUSTER_PRIVATE_IP:8080/" 2>/dev/null
}

list=$(muster param get web_endpoints)
configuration "$list" >haproxy.cfg.new
haproxy -c -q -f haproxy.cfg.new
mv haproxy.cfg.new haproxy.cfg

if [ $# -eq 0 ]; then
  haproxy -W -f haproxy.cfg -p haproxy.pid &
  master=$! old=
else
  # The workers that know the former list.
  master=$(cat haproxy.pid)
  old=$(cat "/proc/$master/task/$master/children")
  kill -USR2 "$master"
fi

# They end when their last requests are answered. Only then can nobody use a server that
# is off the list: this is what the web group waits for before it lets one go.
for worker in $old; do
  while kill -0 "$worker" 2>/dev/null; do sleep 0.1; done
done
until answers; do
  kill -0 "$master" # fails, and the script with it, where haproxy has ended
  sleep 0.1
done
echo "the proxy uses $list"
