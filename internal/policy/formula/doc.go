// Package formula computes one number from the signals of a scaling policy.
//
// The language is a small part of Expr (https://expr-lang.org/docs/language-definition),
// which users know from KEDA's scalingModifiers:
//
//   - numbers, + - * / ** and comparisons, && || !, condition ? this : that
//   - abs ceil floor round of a number; min max mean median of numbers and lists
//   - len sum count any all filter map flatten of lists, with # for a list's number, as in
//     count(cpu, # > 80)
//   - jobs ?? 8 for what may be missing, and jobs == nil to ask for it
//   - let busy = mean(cpu); before the formula, to name a number
//
// A formula means something only where all that it looks at is there. What is missing, and
// what is no finite number, ends it with an error as soon as it is computed with: nothing,
// such as min or a comparison, hides it. All numbers are float64, and so a whole number
// neither overflows nor is divided to a whole number.
//
// A formula can do no harm. Everything that isn't listed above is refused when it is
// compiled: what reads the clock, text, regular expressions, ranges, fields. No list can be
// looked at inside of # conditions, and so the time that a formula takes is at most
// proportional to its length, which is limited, and to the length of its lists.
//
// The package is pure, as package policy is.
package formula
