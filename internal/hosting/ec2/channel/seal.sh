# What the transport needs for secrets that travel without a role: OpenSSL.

oaep='-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256'

# Checks for openssl, and makes the key that deliveries are sealed to.
check_openssl() {
	: | openssl enc -aes-256-cbc -pbkdf2 -pass file:token >/dev/null 2>&1 ||
		refuse 'the server lacks the program openssl, 1.1.1 or newer, which secrets need'
	[ -n "$sensitive" ] && [ ! -s key.pub ] || return 0
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem 2>/dev/null &&
		openssl pkey -in key.pem -pubout -outform DER -out key.der &&
		echo "$(base64 -w 0 key.der)" >key.new && mv key.new key.pub || refuse 'openssl can make no key'
	sync key.pem key.pub 2>/dev/null
}

# Prints $secret so that only the provider can read it: a passphrase, encrypted with
# RSA-2048, and what it opens.
write_secret() {
	# The options are words.
	# shellcheck disable=SC2086
	head -c 32 /dev/urandom | base64 -w 0 >out.pass &&
		printf %s "$ec2_key" | base64 -d >out.key &&
		openssl pkeyutl -encrypt -pubin -keyform DER -inkey out.key $oaep -in out.pass -out out.rsa &&
		printf '%s\n' "$secret" | openssl enc -aes-256-cbc -pbkdf2 -pass file:out.pass -out out.aes &&
		echo "sealed $(base64 -w 0 out.rsa) $(base64 -w 0 out.aes)"
}

# Opens the file blob, which is made in the same way, into delivery.new.
unseal() {
	head -c 256 blob >in.rsa
	# shellcheck disable=SC2086 # words
	openssl pkeyutl -decrypt -inkey key.pem $oaep -in in.rsa -out in.pass &&
		tail -c +257 blob | openssl enc -d -aes-256-cbc -pbkdf2 -pass file:in.pass | gzip -d >delivery.new
}
