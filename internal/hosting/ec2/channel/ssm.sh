# What the transport needs where the instance has a role: signed requests to SSM.

# curl signs all headers from 7.86 on; SSM refuses a request of which some are not.
check_curl() {
	version=$(curl --version)
	version=${version#curl } && version=${version%% *} && minor=${version#*.}
	[ $((${version%%.*} * 100 + ${minor%%.*})) -ge 786 ] ||
		refuse "the server's curl $version can't sign requests to SSM, 7.86 or newer can"
}

# The whole message becomes a SecureString.
write_secret() {
	echo "secret $(printf '%s\n' "$secret" | base64 -w 0)"
}

# Takes the delivery from the group's parameter; the manifest has named its version.
fetch() {
	printf '{"Name":"%s/delivery:%s","WithDecryption":true}' "$ec2_ssm" "$count" >request
	ssm GetParameter && field Value | tr -d '\\' | base64 -d | gzip -d >delivery.new
}

# Puts the newest report into the server's parameter.
sent=
send() {
	[ -s message ] || return 0
	data=$(cat message)
	[ "$data" != "$sent" ] || return 0
	find_secrets
	type='"Type":"String"'
	[ -z "$secrets" ] || type="\"Type\":\"SecureString\"${ec2_kms:+,\"KeyId\":\"$ec2_kms\"}"
	printf '{"Name":"%s/o/%s-%s","Value":"%s",%s,"Overwrite":true,"Tier":"Intelligent-Tiering"}' \
		"$ec2_ssm" "$ec2_attempt" "$MUSTER_SLOT" "$data" "$type" >request
	ssm PutParameter && sent=$data
}

# field NAME prints a string of the JSON object in $answer.
field() {
	printf '%s\n' "$answer" | sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"
}

# ssm OPERATION sends the file request in the name of the instance's role. Sets $answer.
ssm() {
	imds placement/region services/domain
	{ item && region=$value && item && domain=$value || return; } <<-END
		$answer
	END
	imds iam/security-credentials/
	case $answer in
	?*'|200') imds "iam/security-credentials/${answer%|*}" ;;
	esac
	key=$(field AccessKeyId)
	if [ -z "$key" ]; then
		complain 'the server has no role: give the servers an instance_profile, or another channel'
		return 1
	fi
	answer=$(printf 'user = "%s:%s"\nheader = "X-Amz-Security-Token: %s"\n' \
		"$key" "$(field SecretAccessKey)" "$(field Token)" |
		curl -qs --connect-timeout 5 -m 20 -K - --aws-sigv4 "aws:amz:$region:ssm" \
			-H 'Content-Type: application/x-amz-json-1.1' -H "X-Amz-Target: AmazonSSM.$1" \
			--data-binary @request -w '|%{http_code}' "${ec2_endpoint:-https://ssm.$region.$domain}/")
	case $answer in
	*'|200') return ;;
	*Throttl* | *VersionNotFound*) ;; # for the moment
	*) complain "$1 in SSM: $(field __type) $(field '[Mm]essage') (HTTP status ${answer##*|})" ;;
	esac
	return 1
}
