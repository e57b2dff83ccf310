# Runs when the list of members has changed. Newcomers join by themselves, and members that
# leave sign off; but those whose servers are lost can't.

# The addresses are words.
# shellcheck disable=SC2046
if find_healthy $(wanted); then forget_lost; fi
