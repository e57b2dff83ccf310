# Boots a web server. It says where it is found only when it answers: whoever gets the
# endpoint can use it at once.
set -eu
endpoint=$MUSTER_PRIVATE_IP:8080
mkdir -p www/cgi-bin
echo "$MUSTER_MEMBER" >www/index.html
cat >www/cgi-bin/report <<END
#!/bin/sh
sleep 1 # stands for what takes its time in a real one
# httpd ends the connection: a proxy that isn't told would use it again.
printf 'Connection: close\r\nContent-Type: text/plain\r\n\r\n'
echo "$MUSTER_MEMBER"
END
chmod +x www/cgi-bin/report

# Every process that serves a request holds the FIFO open: see web-decommission.sh.
rm -f serving
mkfifo serving
busybox httpd -f -p "$endpoint" -h www 3<>serving &
echo $! >httpd.pid

until busybox wget -q -O /dev/null "http://$endpoint/" 2>/dev/null; do
  kill -0 $! # fails, and the script with it, where the web server has ended
  sleep 0.1
done
muster output set endpoint "$endpoint"
