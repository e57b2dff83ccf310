
# ---- Runs before the server is terminated. A primary hands over to its standbys what
# they haven't got yet.
pg_ctl --pgdata=data --mode=fast --silent stop
