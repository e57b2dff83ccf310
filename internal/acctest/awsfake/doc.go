// Package awsfake is an endpoint that speaks the protocols of the AWS APIs as the SDK
// does, and behaves like them where that hurts: EC2, SSM Parameter Store, STS and
// CloudWatch of one account and region. Only tests import it.
//
// It checks every request's signature, shows things late, throttles, loses answers
// after it has done what was asked, launches a part of what was asked, and refuses
// what AWS refuses. Its instances can run their user data for real; see the package
// machine.
//
// It reads no clock but time.Now and sleeps nowhere, so that it can live in the bubble
// of testing/synctest, where an hour of throttling takes no time.
package awsfake
