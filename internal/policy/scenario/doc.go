// Package scenario reads policies and snapshots written as data: JSON, or what
// Terraform hands to a provider's function. Names are those of the arguments of
// muster_scaling_policy, so that what a user writes can be tried as it is.
//
// A scenario is the two and the decision that is expected of them. A file of
// scenarios is a JSON object:
//
//	{
//	  "source": "where the cases come from",
//	  "policy": { … },                  // for all cases that have none of their own
//	  "cases": [
//	    {
//	      "name": "what it shows",
//	      "policy": { … },              // as the resource's arguments
//	      "snapshot": { … },            // what there is to see; see DecodeSnapshot
//	      "expected": { "desired": 6 }  // see Expected
//	    }
//	  ]
//	}
package scenario
