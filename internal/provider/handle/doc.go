// Package handle holds the small objects that Muster's resources hand each other:
// a configuration's handle, a group's handle, and an injection's wire. They say at
// plan what the next resource must know, so that nothing is looked up in another
// resource's memory, and so that dependents run again exactly when they must.
package handle
