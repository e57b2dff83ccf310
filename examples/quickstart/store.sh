# Boots the store. It listens at once and talks to nobody: which web servers there
# are is not known before they have told.
set -eu
mkfifo up
"$app" store >up &
read -r _ <up # "up"; the end of the file where the program has failed
