# Runs before a web server is terminated. The proxies have acknowledged that it goes, so
# nothing new comes; what has begun is served to its end.
set -eu
exec 4<>serving 5<serving 4>&- # to open a FIFO for reading alone waits for a writer

kill "$(cat httpd.pid)" # accepts no more; the processes of its requests go on
cat <&5                 # ends with the last of them
