// Package channel is what travels between the provider and an instance on EC2, and in
// what form: user data at launch; deliveries in the instance's tags, which it reads
// from its metadata service; reports on its console or in SSM; secrets, sealed or as a
// pointer into SSM. Both ends are here: the Go code for the provider's; and for the
// instance's install.sh, which is the user data, and transport.sh with seal.sh or
// ssm.sh where they are needed, which make the agent of the package boot one for EC2.
//
// The forms, from the outside to the inside:
//   - A document is a payload, a delivery or a report as the package boot encodes it.
//   - Text that travels in tags, on the console or in SSM is base64 of gzip.
//   - A text of more than one tag is cut into chunks of 256 characters, which a manifest
//     names, with its length and a sum (SHA-256, cut); see manifest.go.
//   - A report is a part of a message, which also holds the server's key and, apart,
//     sensitive outputs; see message.go.
//   - A message on the console is cut into markers, each with its own sum and with a
//     token that nobody but the agent knows; see console.go.
//   - What is sealed is a passphrase encrypted with RSA-2048 (OAEP, SHA-256), and
//     the file that "openssl enc -aes-256-cbc -pbkdf2" makes with it; see seal.go.
//
// The package does no I/O.
package channel
